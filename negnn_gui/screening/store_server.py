"""Answers about a result store from a process of its own.

Filtering and sorting millions of rows keeps Python busy, and a table on the screen asks Python for every cell it
paints: in one process the two would wait for each other.
"""

from __future__ import annotations

import contextlib
import pickle
from collections.abc import Callable
from dataclasses import dataclass
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from negnn_gui.analysis.site_filter import FilterError
from negnn_gui.export.text import raw_text
from negnn_gui.screening.child import begin_child
from negnn_gui.screening.request import ScreeningError
from negnn_gui.screening.result_store import TableName
from negnn_gui.screening.rounds import live_failures
from negnn_gui.screening.store_tables import QueryCancelledError, StoreTables

IntArray = NDArray[np.int64]

GIVEN_UP = b"given up"
"""Sent after a query that nobody waits for any more."""


@dataclass(frozen=True)
class OpenStore:
    """Read another store from now on (None: none), or more parts of the same: rows of structures and of sites."""

    folder: Path | None
    n_parts: int


@dataclass(frozen=True)
class Order:
    """Find the rows that meet a filter, in an order: the rows and the number of parts they were found in.

    Attributes
    ----------
    sort : (str, bool) or None
        Column, and whether the largest comes first; None is the order of the files.
    first_part : int
        Parts before it are known already (only without ``sort``).
    """

    table: TableName
    expression: str
    sort: tuple[str, bool] | None
    first_part: int


@dataclass(frozen=True)
class Page:
    """Read some rows: columns by name."""

    table: TableName
    rows: IntArray


@dataclass(frozen=True)
class Copy:
    """Some rows as tab-separated values under the names of their columns: text for the clipboard."""

    table: TableName
    rows: IntArray
    names: tuple[str, ...]


@dataclass(frozen=True)
class Failures:
    """List what failed."""

    folder: Path


Query = OpenStore | Order | Page | Copy | Failures


class StoreServer:
    """Answers one query after the other.

    Raises
    ------
    FilterError, QueryCancelledError, ScreeningError, OSError
        By :meth:`answer`.
    """

    def __init__(self) -> None:
        self._tables: StoreTables | None = None

    def answer(self, query: Query, given_up: Callable[[], bool] = lambda: False) -> Any:
        """What the query asks for; None where no store is open."""
        match query:
            case OpenStore(folder, n_parts):
                return self._open(folder, n_parts)
            case Failures(folder):
                return live_failures(folder)
        tables = self._tables
        if tables is None:
            return None
        match query:
            case Order(table, expression, sort, first_part):
                rows = tables.matching(table, expression, given_up, first_part)
                if sort is not None:
                    rows = tables.ordered(table, rows, *sort, given_up)
                return rows, tables.n_parts
            case Page(table, rows):
                return tables.rows(table, rows)
            case Copy(table, rows, names):
                columns = tables.rows(table, rows)
                lines = zip(*(map(raw_text, columns[name]) for name in names), strict=True)
                return "\n".join(["\t".join(names), *map("\t".join, lines)]) + "\n"

    def _open(self, folder: Path | None, n_parts: int) -> tuple[int, int]:
        if folder is None:
            self._tables = None
            return 0, 0
        if self._tables is None or self._tables.folder != folder or self._tables.n_parts > n_parts:
            self._tables = StoreTables(folder, n_parts)
        else:
            self._tables.grow(n_parts)
        return self._tables.n_rows("structures"), self._tables.n_rows("sites")


def serve(connection: Connection) -> None:
    """Answer what comes through a pipe until it closes: pairs of an answer and an error, one of them None."""
    begin_child()
    server = StoreServer()
    with contextlib.suppress(EOFError, ConnectionError):
        while True:
            query = connection.recv()
            if query == GIVEN_UP:  # it came too late: the answer was on its way
                continue
            given_up = _Ears(connection)
            answer, fault = None, None
            try:
                answer = server.answer(query, given_up)
            except (FilterError, QueryCancelledError, ScreeningError) as error:
                fault = error
            except OSError as error:
                fault = ScreeningError(
                    f"{error.filename}: {error.strerror}" if error.filename else str(error)
                )
            connection.send_bytes(pickle.dumps((answer, fault), protocol=pickle.HIGHEST_PROTOCOL))


class _Ears:
    """Whether the other side has given up the query in hand: nothing else comes before it is answered."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._heard = False

    def __call__(self) -> bool:
        if not self._heard and self._connection.poll():
            self._heard = self._connection.recv() == GIVEN_UP
        return self._heard
