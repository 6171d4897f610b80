"""Reading a result store: a few rows of it, one column of it, or the rows that meet a condition.

Rows are numbered through all parts. Nothing of the store is held but one array for each column that was sorted
by and the parts that were looked at last.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from numpy.typing import NDArray

from negnn_gui.analysis.site_filter import filter_mask
from negnn_gui.export.tables import SITE_COLUMNS, SUMMARY_COLUMNS
from negnn_gui.screening.request import ScreeningError
from negnn_gui.screening.result_store import TableName, part_path, read_header, schema

IntArray = NDArray[np.int64]
Columns = dict[str, NDArray[Any]]

_PARTS_HELD = 96


class QueryCancelledError(Exception):
    """Nobody waits for the answer any more."""


class StoreTables:
    """The tables of a store as far as they are written; for one thread at a time.

    Parameters
    ----------
    folder : Path
        The store.
    n_parts : int
        How many of its parts may be read; :meth:`grow` raises it.
    """

    def __init__(self, folder: Path, n_parts: int) -> None:
        self.folder = folder
        self._levels = read_header(folder).levels
        self._counts: dict[TableName, list[int]] = {"sites": [], "structures": []}
        self._held: OrderedDict[tuple[TableName, int], pa.Table] = OrderedDict()
        self._open: tuple[tuple[TableName, int] | None, pq.ParquetFile | None] = (None, None)
        self._sort_keys: dict[tuple[TableName, str], tuple[int, NDArray[Any]]] = {}
        self.grow(n_parts)

    @property
    def n_parts(self) -> int:
        """Parts that are read."""
        return len(self._counts["sites"])

    def grow(self, n_parts: int) -> None:
        """More parts have been written."""
        for part in range(self.n_parts, n_parts):
            for table, counts in self._counts.items():
                counts.append(self._count(table, part))

    def n_rows(self, table: TableName) -> int:
        """Rows of a table."""
        return sum(self._counts[_numbered_as(table)])

    def starts(self, table: TableName) -> IntArray:
        """First row of each part, and the number of rows at the end."""
        counts = self._counts[_numbered_as(table)]
        starts = np.zeros(len(counts) + 1, dtype=np.int64)
        np.cumsum(counts, out=starts[1:])
        return starts

    def part_columns(self, table: TableName, part: int) -> Mapping[str, NDArray[Any]]:
        """Columns of one part, each read when it is asked for: objects for text, "" and NaN for not known."""
        return _LazyColumns(self, table, part)

    def column(self, table: TableName, name: str) -> NDArray[Any]:
        """One column of the whole table."""
        kind = schema(table).field(name).type
        pieces = [self._column(table, part, name) for part in range(self.n_parts)]
        return _array(pa.chunked_array(pieces, type=kind))

    def rows(self, table: TableName, rows: IntArray) -> Columns:
        """All columns of some rows, in the order asked for."""
        return arrays(self.take(table, rows))

    def take(self, table: TableName, rows: IntArray) -> pa.Table:
        """Some rows as Arrow, in the order asked for."""
        starts = self.starts(table)
        part_of = np.searchsorted(starts, rows, side="right") - 1
        pieces, places = [], []
        for part in np.unique(part_of):
            wanted = np.flatnonzero(part_of == part)
            pieces.append(self._part(table, int(part)).take(pa.array(rows[wanted] - starts[part])))
            places.append(wanted)
        if not pieces:
            return schema(table, self._levels).empty_table()
        together = pa.concat_tables(pieces)
        return together.take(pa.array(np.argsort(np.concatenate(places), kind="stable")))

    # --- filter and order ---------------------------------------------------------------------------

    def matching(
        self,
        table: TableName,
        expression: str,
        cancelled: Callable[[], bool] = lambda: False,
        first_part: int = 0,
    ) -> IntArray:
        """Rows that meet a filter expression, part after part from ``first_part`` on.

        Raises
        ------
        FilterError
            The expression cannot be used.
        QueryCancelledError
        """
        starts = self.starts(table)
        if not expression.strip():
            return np.arange(starts[min(first_part, self.n_parts)], starts[-1], dtype=np.int64)
        names = SITE_COLUMNS if table == "sites" else SUMMARY_COLUMNS
        # Also where there is nothing yet, a mistake is told.
        filter_mask(expression, arrays(schema(table).empty_table().select(list(names))))
        found = [np.empty(0, dtype=np.int64)]
        for part in range(first_part, self.n_parts):
            if cancelled():
                raise QueryCancelledError
            if starts[part] < starts[part + 1]:
                mask = filter_mask(expression, self.part_columns(table, part))
                found.append(np.flatnonzero(mask) + starts[part])
        return np.concatenate(found)

    def ordered(
        self,
        table: TableName,
        rows: IntArray,
        column: str,
        descending: bool,
        cancelled: Callable[[], bool] = lambda: False,
    ) -> IntArray:
        """The same rows sorted by a column; what is not known comes last either way.

        Raises
        ------
        QueryCancelledError
        """
        keys = self._keys(table, column, cancelled)[rows]
        unknown = ~np.isfinite(keys)
        order = np.argsort(-keys if descending else keys, kind="stable")
        if unknown.any():
            behind = unknown[order]
            order = np.concatenate([order[~behind], order[behind]])
        return rows[order]

    def _keys(self, table: TableName, column: str, cancelled: Callable[[], bool]) -> NDArray[Any]:
        """(rows,) float: numbers themselves, texts by their place in the alphabet, NaN where not known."""
        n_parts, keys = self._sort_keys.get((table, column), (0, np.empty(0)))
        if n_parts == self.n_parts:
            return keys
        pieces = []
        for part in range(self.n_parts):
            if cancelled():
                raise QueryCancelledError
            pieces.append(self._column(table, part, column))
        kind = schema(table).field(column).type
        values = pa.chunked_array(pieces, type=kind)
        keys = _text_keys(values) if pa.types.is_string(kind) else _number_keys(values)
        self._sort_keys = {(table, column): (self.n_parts, keys)}
        return keys

    # --- parts --------------------------------------------------------------------------------------

    def _count(self, table: TableName, part: int) -> int:
        path = part_path(self.folder, table, part)
        try:
            return int(pq.read_metadata(path).num_rows) if path.exists() else 0  # it may hold failures alone
        except pa.ArrowException as error:
            raise _damaged(path, error) from error

    def _part(self, table: TableName, part: int) -> pa.Table:
        key = (table, part)
        if key in self._held:
            self._held.move_to_end(key)
            return self._held[key]
        self._held[key] = self._read(table, part, None)
        while len(self._held) > _PARTS_HELD:
            self._held.popitem(last=False)
        return self._held[key]

    def _column(self, table: TableName, part: int, name: str) -> pa.Array:
        held = self._held.get((table, part))
        column = (self._read(table, part, [name]) if held is None else held).column(name)
        return column.combine_chunks()

    def _read(self, table: TableName, part: int, names: list[str] | None) -> pa.Table:
        kinds = schema(table, self._levels)
        if names is not None:
            kinds = pa.schema([kinds.field(name) for name in names])
        file = self._file(table, part)
        if file is None:
            return kinds.empty_table()
        try:
            return file.read(columns=kinds.names, use_threads=False).select(kinds.names).cast(kinds)
        except (pa.ArrowException, KeyError) as error:
            raise _damaged(part_path(self.folder, table, part), error) from error

    def _file(self, table: TableName, part: int) -> pq.ParquetFile | None:
        """A part, opened; the last one stays open, because a filter reads one column after the other."""
        key = (table, part)
        if self._open[0] != key:
            path = part_path(self.folder, table, part)
            try:
                self._open = (key, pq.ParquetFile(path) if path.exists() else None)
            except pa.ArrowException as error:
                raise _damaged(path, error) from error
        return self._open[1]


class _LazyColumns(Mapping[str, NDArray[Any]]):
    """Columns of one part; a filter reads only those it names."""

    def __init__(self, tables: StoreTables, table: TableName, part: int) -> None:
        self._tables, self._table, self._number = tables, table, part
        self._names = SITE_COLUMNS if table == "sites" else SUMMARY_COLUMNS
        self._read: Columns = {}

    def __getitem__(self, name: str) -> NDArray[Any]:
        if name not in self._names:
            raise KeyError(name)
        if name not in self._read:
            self._read[name] = _array(self._tables._column(self._table, self._number, name))
        return self._read[name]

    def __iter__(self) -> Iterator[str]:
        # The number of rows is told by the first column, so that is a small one.
        yield "frame"
        yield from (name for name in self._names if name != "frame")

    def __contains__(self, name: object) -> bool:
        return name in self._names

    def __len__(self) -> int:
        return len(self._names)


def _damaged(path: Path, error: Exception) -> ScreeningError:
    return ScreeningError(f"{path} is damaged ({error}); the screening must be begun anew")


def arrays(table: pa.Table) -> Columns:
    """Columns as NumPy has them: objects for text, "" and NaN for what is not known."""
    return {name: _array(table.column(name).combine_chunks()) for name in table.column_names}


def _array(values: pa.Array | pa.ChunkedArray) -> NDArray[Any]:
    if pa.types.is_string(values.type):
        # Few different texts stand in many rows: each becomes one object.
        coded = pc.dictionary_encode(pc.fill_null(values, ""))
        if isinstance(coded, pa.ChunkedArray):
            coded = coded.combine_chunks()
        words = np.array([*coded.dictionary.to_pylist(), ""], dtype=object)[:-1]
        return np.asarray(words[coded.indices.to_numpy(zero_copy_only=False)], dtype=object)
    found: NDArray[Any] = values.to_numpy(zero_copy_only=False)
    return found


def _number_keys(values: pa.ChunkedArray) -> NDArray[Any]:
    return np.asarray(values.to_numpy(), dtype=np.float64)


def _text_keys(values: pa.ChunkedArray) -> NDArray[Any]:
    coded = pc.dictionary_encode(values).combine_chunks()
    if isinstance(coded, pa.ChunkedArray):
        coded = coded.chunk(0) if coded.num_chunks else pa.array([], type=coded.type)
    places = np.empty(len(coded.dictionary), dtype=np.float64)
    places[pc.sort_indices(coded.dictionary).to_numpy()] = np.arange(len(places))
    indices = coded.indices.to_numpy(zero_copy_only=False).astype(np.float64)  # NaN where there is no text
    known = np.isfinite(indices)
    indices[known] = places[indices[known].astype(np.int64)]
    return np.asarray(indices)


def _numbered_as(table: TableName) -> TableName:
    """Embeddings have the rows of the sites."""
    return "sites" if table == "embeddings" else table
