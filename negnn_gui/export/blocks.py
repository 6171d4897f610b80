"""Tables on their way to Parquet: self-contained Arrow streams one after the other in one growing file.

Parquet itself cannot grow: its index is written last, so a kill would cost everything.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from negnn_gui.export.tables import INTEGER_COLUMNS, TEXT_COLUMNS
from negnn_gui.export.text import Column

_ROWS_PER_GROUP = 100_000


def table_schema(names: Sequence[str]) -> pa.Schema:
    """Arrow types of the columns: texts, integers, float32 components of vectors, else float64."""
    return pa.schema([(name, _kind(name)) for name in names])


def table_block(tables: Sequence[Mapping[str, Column]], schema: pa.Schema) -> bytes:
    """Several small tables as one Arrow stream; what is not known (NaN, "") becomes null."""
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, schema) as stream:
        stream.write_table(
            pa.concat_tables([arrow_table(columns, schema) for columns in tables]).combine_chunks()
        )
    block: bytes = sink.getvalue().to_pybytes()
    return block


def table_columns(table: pa.Table) -> dict[str, Column]:
    """An Arrow table as columns: the inverse of what ``table_block`` does to them."""
    return {name: _column(table.column(name)) for name in table.column_names}


def parquet_bytes(tables: Sequence[Mapping[str, Column]], schema: pa.Schema) -> bytes:
    """Several small tables as one Parquet file in memory (zstd)."""
    sink = pa.BufferOutputStream()
    whole = pa.concat_tables([arrow_table(columns, schema) for columns in tables] or [schema.empty_table()])
    pq.write_table(whole.combine_chunks(), sink, compression="zstd")
    data: bytes = sink.getvalue().to_pybytes()
    return data


def read_parquet_bytes(data: bytes) -> pa.Table:
    """Inverse of ``parquet_bytes``."""
    return pq.read_table(pa.BufferReader(data))


def blocks_to_parquet(working: Path, product: Path, schema: pa.Schema) -> None:
    """Read the blocks of ``working`` one by one and write them as one Parquet file (zstd)."""
    with pq.ParquetWriter(product, schema, compression="zstd") as writer:
        waiting: list[pa.Table] = []
        rows = 0
        for block in _blocks(working):
            waiting.append(block)
            rows += block.num_rows
            if rows >= _ROWS_PER_GROUP:
                writer.write_table(pa.concat_tables(waiting).combine_chunks())
                waiting, rows = [], 0
        if waiting:
            writer.write_table(pa.concat_tables(waiting).combine_chunks())


def _blocks(working: Path) -> Iterator[pa.Table]:
    size = working.stat().st_size
    with pa.OSFile(str(working), "rb") as file:
        while file.tell() < size:
            with pa.ipc.open_stream(file) as stream:
                yield stream.read_all()


def arrow_table(columns: Mapping[str, Column], schema: pa.Schema) -> pa.Table:
    """A small table as Arrow; what is not known (NaN, "") becomes null."""
    return pa.table([_arrow_array(columns[field.name], field.type) for field in schema], schema=schema)


def _arrow_array(values: Column, kind: pa.DataType) -> pa.Array:
    if isinstance(values, list):
        return pa.array([value or None for value in values], type=kind)
    # Arrow wants contiguous memory; a column of a matrix is not.
    return pa.array(np.ascontiguousarray(values), type=kind, from_pandas=True)


def _column(values: pa.ChunkedArray) -> Column:
    if pa.types.is_string(values.type) or pa.types.is_large_string(values.type):
        return [value or "" for value in values.to_pylist()]
    # Integers with gaps become floats with NaN.
    column: Column = values.to_numpy()
    return column


def _kind(name: str) -> pa.DataType:
    if name in TEXT_COLUMNS or name == "text":
        return pa.string()
    if name in INTEGER_COLUMNS:
        return pa.int64()
    return pa.float32() if name.startswith("emb_") else pa.float64()
