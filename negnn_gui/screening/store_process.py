"""Our end of the process that answers about a result store."""

from __future__ import annotations

import multiprocessing
import pickle
from collections.abc import Callable
from typing import Any

from negnn_gui.screening.reader_start import ChildProcess, start_child
from negnn_gui.screening.request import ScreeningError
from negnn_gui.screening.store_server import GIVEN_UP, OpenStore, Query, serve
from negnn_gui.screening.store_tables import QueryCancelledError

_LOOK_EVERY_S = 0.05


class StoreProcess:
    """Asks one question at a time; the process is started with the first one, and again if it is lost.

    Parameters
    ----------
    closing : callable
        Whether no answer will be waited for any more: the process is then ended, whatever it is at.
    """

    def __init__(self, closing: Callable[[], bool] = lambda: False) -> None:
        self._closing = closing
        self._process: ChildProcess | None = None
        self._opened: OpenStore | None = None

    @property
    def pid(self) -> int:
        """Its id; 0 where there is none."""
        return 0 if self._process is None else self._process.pid or 0

    def ask(self, query: Query, given_up: Callable[[], bool] = lambda: False) -> Any:
        """The answer of :meth:`StoreServer.answer`.

        Raises
        ------
        FilterError, QueryCancelledError
            The expression cannot be used; ``given_up()`` said so.
        ScreeningError
            The store is damaged, or the process was lost twice.
        """
        try:
            answer = self._ask(query, given_up)
        except (EOFError, OSError):  # killed, or out of memory: another one, with the same store
            self.stop()
            try:
                if self._opened is not None and not isinstance(query, OpenStore):
                    self._ask(self._opened, given_up)
                answer = self._ask(query, given_up)
            except (EOFError, OSError) as error:
                self.stop()
                raise ScreeningError(
                    "the process that reads them ended unexpectedly; it may lack memory"
                ) from error
        if isinstance(query, OpenStore):
            self._opened = query
        return answer

    def stop(self) -> None:
        """End the process."""
        if self._process is not None:
            self._process.kill()
            self._process.wait(10)
            self._connection.close()
            self._process = None

    def _ask(self, query: Query, given_up: Callable[[], bool]) -> Any:
        if self._process is None:
            self._connection, theirs = multiprocessing.get_context("spawn").Pipe()
            self._process = start_child(serve, theirs, "negnn-store")
            theirs.close()
        self._connection.send(query)
        told = False
        while not self._connection.poll(_LOOK_EVERY_S):
            if self._closing():
                self.stop()
                raise QueryCancelledError
            if not told and given_up():
                self._connection.send(GIVEN_UP)
                told = True
        answer, fault = pickle.loads(self._connection.recv_bytes())
        if fault is not None:
            raise fault
        return answer
