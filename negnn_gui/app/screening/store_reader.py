"""The thread between the window of a screening and the process that reads its store: it only waits.

The process keeps the GUI thread free; this thread keeps the order of questions and drops answers that nobody
waits for any more.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from PySide6.QtCore import QObject, Signal

from negnn_gui.analysis.site_filter import FilterError
from negnn_gui.app.jobs import Worker
from negnn_gui.screening.store_process import StoreProcess
from negnn_gui.screening.store_server import Copy, Failures, OpenStore, Order, Page, Query
from negnn_gui.screening.store_tables import QueryCancelledError


@dataclass(frozen=True)
class Question:
    """A query with what only this process knows of it.

    Attributes
    ----------
    number, page : int
        Come back with the answer; an older answer is dropped.
    still_wanted : callable
        Whether anybody waits for the answer.
    """

    query: Query
    number: int = 0
    page: int = 0
    still_wanted: Callable[[], bool] = lambda: True


class StoreReader(Worker):
    """Answers in the order of asking.

    ``opened`` carries rows of the structures and of the sites; ``ordered`` table, number of the question, rows,
    first part and number of parts; ``misread`` table, number and a sentence about the filter; ``paged`` table,
    number, page and columns; ``copied`` text and number of rows; ``failures`` the store and a list of ``Failure``;
    ``refused`` a sentence.
    """

    opened = Signal(int, int)
    ordered = Signal(str, int, object, int, int)
    misread = Signal(str, int, str)
    paged = Signal(str, int, int, object)
    copied = Signal(str, int)
    failures = Signal(object, object)
    refused = Signal(str)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._process = StoreProcess(self._closing.is_set)

    @property
    def pid(self) -> int:
        """Id of the process that reads; 0 while there is none."""
        return self._process.pid

    def run(self) -> None:
        """Serve requests; the process ends with this thread."""
        try:
            super().run()
        finally:
            self._process.stop()

    def serve(self, question: Question) -> None:
        """Ask one question."""
        if not question.still_wanted():
            return
        query = question.query
        try:
            answer = self._process.ask(query, lambda: self.cancelled() or not question.still_wanted())
        except FilterError as error:
            assert isinstance(query, Order)
            self.misread.emit(query.table, question.number, str(error))
            return
        except QueryCancelledError:
            return
        if answer is None:  # no store is open
            return
        match query:
            case OpenStore():
                self.opened.emit(*answer)
            case Order(table, _, _, first_part):
                rows, n_parts = answer
                self.ordered.emit(table, question.number, rows, first_part, n_parts)
            case Page(table, _):
                self.paged.emit(table, question.number, question.page, answer)
            case Copy(_, rows, _):
                self.copied.emit(answer, len(rows))
            case Failures(folder):
                self.failures.emit(folder, answer)

    def refuse(self, question: Question, reason: str) -> None:
        """Say what could not be read."""
        self.refused.emit(f"The results cannot be read: {reason}")
