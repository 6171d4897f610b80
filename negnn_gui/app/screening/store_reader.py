"""The thread that reads a result store for the tables: which rows, in which order, and what stands in some of them."""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import Signal

from negnn_gui.analysis.site_filter import FilterError
from negnn_gui.app.jobs import Worker
from negnn_gui.app.views.sites_table_columns import raw_text
from negnn_gui.screening.result_store import TableName
from negnn_gui.screening.rounds import live_failures
from negnn_gui.screening.store_tables import QueryCancelledError, StoreTables

IntArray = NDArray[np.int64]

_TURN_S = 0.0002


@dataclass(frozen=True)
class OpenStore:
    """Read another store from now on; None: none."""

    folder: Path | None
    n_parts: int


@dataclass(frozen=True)
class Grow:
    """More parts of a store can be read."""

    folder: Path
    n_parts: int


@dataclass(frozen=True)
class Order:
    """Find the rows that meet a filter, in an order.

    Attributes
    ----------
    number : int
        Comes back with the answer; an older answer is dropped.
    sort : (str, bool) or None
        Column, and whether the largest comes first; None is the order of the files.
    first_part : int
        Parts before it are known already (only without ``sort``).
    still_wanted : callable
        Whether anybody waits for the answer.
    """

    table: TableName
    number: int
    expression: str
    sort: tuple[str, bool] | None
    first_part: int
    still_wanted: Callable[[], bool]


@dataclass(frozen=True)
class Page:
    """Read some rows."""

    table: TableName
    number: int
    page: int
    rows: IntArray
    still_wanted: Callable[[], bool]


@dataclass(frozen=True)
class Copy:
    """Some rows as tab-separated values under the names of their columns, for the clipboard."""

    table: TableName
    rows: IntArray
    names: tuple[str, ...]


@dataclass(frozen=True)
class Failures:
    """List what failed."""

    folder: Path


Request = OpenStore | Grow | Order | Page | Copy | Failures


class StoreReader(Worker):
    """Answers in the order of asking.

    ``opened`` carries rows of the structures and of the sites; ``ordered`` table, number of the request, rows,
    first part and number of parts; ``misread`` table, number and a sentence about the filter; ``paged`` table,
    number, page and columns; ``copied`` text and number of rows; ``failures`` a list of ``Failure``; ``refused`` a
    sentence.
    """

    opened = Signal(int, int)
    ordered = Signal(str, int, object, int, int)
    misread = Signal(str, int, str)
    paged = Signal(str, int, int, object)
    copied = Signal(str, int)
    failures = Signal(object)
    refused = Signal(str)

    _tables: StoreTables | None = None

    def run(self) -> None:
        """Serve requests, and let the GUI thread have its turn quickly: painting a table asks for it once a cell."""
        before = sys.getswitchinterval()
        sys.setswitchinterval(_TURN_S)
        try:
            super().run()
        finally:
            sys.setswitchinterval(before)

    def serve(self, request: Request) -> None:
        """Do one request."""
        match request:
            case OpenStore(folder, n_parts):
                self._tables = None if folder is None else StoreTables(folder, n_parts)
                self._tell_rows()
            case Grow(folder, n_parts):
                if self._tables is None or self._tables.folder != folder:
                    self._tables = StoreTables(folder, n_parts)
                else:
                    self._tables.grow(n_parts)
                self._tell_rows()
            case Failures(folder):
                self.failures.emit(live_failures(folder))
            case Order():
                if self._tables is not None and request.still_wanted():
                    self._order(self._tables, request)
            case Page():
                if self._tables is not None and request.still_wanted():
                    columns = self._tables.rows(request.table, request.rows)
                    self.paged.emit(request.table, request.number, request.page, columns)

            case Copy(table, rows, names):
                if self._tables is not None:
                    columns = self._tables.rows(table, rows)
                    lines = zip(*(map(raw_text, columns[name]) for name in names), strict=True)
                    text = "\n".join(["\t".join(names), *map("\t".join, lines)])
                    self.copied.emit(text + "\n", len(rows))

    def _tell_rows(self) -> None:
        tables = self._tables
        counts = (0, 0) if tables is None else (tables.n_rows("structures"), tables.n_rows("sites"))
        self.opened.emit(*counts)

    def _order(self, tables: StoreTables, request: Order) -> None:
        def given_up() -> bool:
            return self.cancelled() or not request.still_wanted()

        try:
            rows = tables.matching(request.table, request.expression, given_up, request.first_part)
            if request.sort is not None:
                rows = tables.ordered(request.table, rows, *request.sort, given_up)
        except FilterError as error:
            self.misread.emit(request.table, request.number, str(error))
        except QueryCancelledError:
            return
        else:
            self.ordered.emit(request.table, request.number, rows, request.first_part, tables.n_parts)

    def refuse(self, request: Request, reason: str) -> None:
        """Say what could not be read."""
        self.refused.emit(f"The results cannot be read: {reason}")
