"""A run on the workers of a Dask scheduler: files go out in orders, parts of the tables come back in their order.

What is not yet handed back is held by the cluster, which computes it again where a worker is lost. Only who
takes the parts writes them, one after the other, so nothing is lost and nothing is there twice.
"""

from __future__ import annotations

import os
import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from itertools import islice
from types import TracebackType
from typing import Any

from negnn_gui import __version__
from negnn_gui.export.codecs import Codec
from negnn_gui.results import ModelRef
from negnn_gui.screening import cluster_work
from negnn_gui.screening.batches import MAX_STRUCTURES
from negnn_gui.screening.cluster_work import Description, Order, Part, WorkerRefusal
from negnn_gui.screening.journal import Position
from negnn_gui.screening.model_choice import ModelChoice
from negnn_gui.screening.predicting import CancelledError
from negnn_gui.screening.reading import Failure, ReadTask
from negnn_gui.screening.request import ScreeningError

_CONNECT_LIMIT_S = 20.0
_CONNECT_TRY_S = 4.0
"""Between two tries it is asked whether the user has given up."""

_LOOK_EVERY_S = 0.5
_PATIENCE_S = 10.0
"""Without a worker for this long, the user is told what is being waited for."""

_ORDERS_A_THREAD = 3
"""Orders that wait or are at work for each thread of the cluster: one at work, the others to be taken up at once."""


@dataclass
class _Sent:
    order: Order
    future: Any


class Cluster:
    """A connection to a scheduler; use as a context.

    Parameters
    ----------
    address : str
        Such as ``tcp://10.0.0.1:8786``; ``tls://`` with the certificates of Dask's own configuration.
    choice : ModelChoice
        The models that each worker loads for itself, once.
    cancelled, notify : callable
        Asked often; told where the run waits for workers.

    Attributes
    ----------
    models : dict of str to ModelRef
        What the workers compute with, by what it does.

    Raises
    ------
    ScreeningError
        No scheduler answers, or its workers have another version or not these models.
    """

    def __init__(
        self,
        address: str,
        choice: ModelChoice,
        *,
        cancelled: Callable[[], bool] = lambda: False,
        notify: Callable[[str], None] = lambda text: None,
    ) -> None:
        self._address = address
        self._choice = choice
        self._cancelled = cancelled
        self._notify = notify
        self._client = _connect(address, cancelled)
        try:
            description = self._describe()
        except BaseException:
            self.close()
            raise
        self.models: dict[str, ModelRef] = description.models

    def __enter__(self) -> Cluster:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Leave; work that is not finished is given up, the workers stay."""
        self._client.close(timeout=5)

    def parts(
        self,
        tasks: Iterable[ReadTask],
        start: Position,
        codecs: Mapping[str, Codec],
        *,
        time_limit_s: float = 30.0,
    ) -> Iterator[Part]:
        """Parts of the tables in the order of the files, each file once.

        Parameters
        ----------
        tasks : iterable of ReadTask
            The files left; the first is file ``start.file`` of the run and skips ``start.frames`` frames.
        codecs : dict of str to Codec
            The tables asked for.
        time_limit_s : float
            Seconds that a worker may take for reading one structure.

        Raises
        ------
        CancelledError
            ``cancelled()`` said so.
        ScreeningError
            The scheduler is gone, the workers do not see the files or have other models.
        """
        orders = self._orders(iter(tasks), start, codecs, time_limit_s)
        sent: deque[_Sent] = deque()
        while True:
            room = max(4, _ORDERS_A_THREAD * self._threads())
            sent.extend(self._send(order) for order in islice(orders, max(0, room - len(sent))))
            if not sent:
                return
            head = sent.popleft()
            try:
                part = self._take(head.future)
            except _LostTooOften as lost:
                # The work of one of these files kills its worker: halves, until it stands alone.
                halves = _halves(head.order)
                if not halves:
                    yield self._given_up(head.order, str(lost))
                sent.extendleft(reversed([self._send(order) for order in halves]))
                continue
            finally:
                head.future.release()
            self._check(part)
            end = Position(head.order.start.file + len(head.order.tasks))
            if part.end != end:
                sent.appendleft(self._send(_rest(head.order, part.end)))
            yield part

    # --- orders -------------------------------------------------------------------------------------

    def _orders(
        self, tasks: Iterator[ReadTask], start: Position, codecs: Mapping[str, Codec], time_limit_s: float
    ) -> Iterator[Order]:
        while group := tuple(islice(tasks, MAX_STRUCTURES)):
            located = tuple(
                task if task.text is not None else replace(task, location=task.path.absolute())
                for task in group
            )
            yield Order(located, start, self._choice, codecs, time_limit_s)
            start = Position(start.file + len(group))

    def _send(self, order: Order) -> _Sent:
        return _Sent(order, self._client.submit(cluster_work.carry_out, order, pure=False))

    def _threads(self) -> int:
        return sum(self._client.nthreads().values())

    # --- answers ------------------------------------------------------------------------------------

    def _describe(self) -> Description:
        try:
            answer: Description = self._take(
                self._client.submit(cluster_work.describe, self._choice, pure=False)
            )
        except _LostTooOften as lost:
            raise ScreeningError(f"the workers of {self._address} cannot load the models: {lost}") from lost
        if answer.version != __version__:
            raise ScreeningError(
                f"the workers of {self._address} have negnn-gui {answer.version}, this is {__version__}; "
                "install the same version there"
            )
        return answer

    def _take(self, future: Any) -> Any:
        """Wait for an answer."""
        from distributed import wait
        from distributed.scheduler import KilledWorker

        begin = time.monotonic()
        told = False
        while not future.done():
            if self._cancelled():
                raise CancelledError
            try:
                with self._client.as_current():
                    wait([future], timeout=_LOOK_EVERY_S)
            except TimeoutError:
                if not told and time.monotonic() - begin > _PATIENCE_S and self._threads() == 0:
                    told = True
                    self._notify(f"waiting for a worker to join the scheduler at {self._address}")
        if future.status == "finished":
            return future.result()
        if future.status != "error":
            raise ScreeningError(
                f"the connection to the scheduler at {self._address} was lost; "
                "what is done is kept, go on from there when it answers again (--resume)"
            )
        error = future.exception()
        if isinstance(error, KilledWorker):
            raise _LostTooOften("its worker ended unexpectedly each time it was tried; it may lack memory")
        if isinstance(error, WorkerRefusal):
            raise ScreeningError(f"the workers of {self._address} cannot do this: {error}") from error
        raise ScreeningError(
            f"a worker of {self._address} failed ({type(error).__name__}: {error}); "
            "install the same version of negnn-gui there"
        ) from error

    def _check(self, part: Part) -> None:
        if part.models != self.models:
            raise ScreeningError(
                f"the workers of {self._address} have different models of the same name; install the same ones"
            )
        for path in part.unseen:
            if os.path.lexists(path):
                raise ScreeningError(
                    f"the workers of {self._address} do not see {path}; put the files where all machines share them"
                )

    def _given_up(self, order: Order, reason: str) -> Part:
        """The part of a single file whose worker dies each time."""
        task = order.tasks[0]
        failure = Failure(task.path, task.skip or None, reason[:1].upper() + reason[1:] + ".")
        end = Position(order.start.file + 1)
        return Part(end, {}, (failure,), (), structures=0, n_sites=0, devices=(), models=self.models)


class _LostTooOften(Exception):
    """The scheduler gave a task up because its workers died."""


def _connect(address: str, cancelled: Callable[[], bool]) -> Any:
    try:
        from distributed import Client
    except ModuleNotFoundError as error:
        raise ScreeningError(f"{error.name} is missing: pip install 'negnn-gui[cluster]'") from error
    end = time.monotonic() + _CONNECT_LIMIT_S
    while True:
        if cancelled():
            raise CancelledError
        try:
            # Nobody's default: the same process may hold connections of its own.
            return Client(address, timeout=min(_CONNECT_TRY_S, _CONNECT_LIMIT_S), set_as_default=False)
        except (OSError, TimeoutError) as error:
            if time.monotonic() >= end:
                raise ScreeningError(f"no Dask scheduler answers at {address}; check the address") from error
        except (ValueError, TypeError, RuntimeError) as error:
            raise ScreeningError(
                f"{address} is no scheduler's address such as tcp://HOST:8786: {error}"
            ) from error


def _halves(order: Order) -> list[Order]:
    """The order as two; none where there is only one file."""
    middle = len(order.tasks) // 2
    if middle == 0:
        return []
    later = Position(order.start.file + middle)
    return [
        replace(order, tasks=order.tasks[:middle]),
        replace(order, tasks=order.tasks[middle:], start=later),
    ]


def _rest(order: Order, end: Position) -> Order:
    """What is left of an order whose part ended early."""
    first, *others = order.tasks[end.file - order.start.file :]
    return replace(order, tasks=(replace(first, skip=end.frames), *others), start=end)
