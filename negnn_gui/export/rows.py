"""Rows of the sites table, wherever they are kept, as a file: all of them, the filtered or the selected ones."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, Literal, TypeAlias, get_args

import numpy as np
import pandas as pd
import pyarrow as pa

from negnn_gui.export.atomic import write_whole
from negnn_gui.export.blocks import table_columns
from negnn_gui.export.codecs import Codec, SitesCsv, SitesJson, SitesParquet, Summary
from negnn_gui.export.sidecars import RunRecord, meta_path, meta_text
from negnn_gui.export.tables import INTEGER_COLUMNS, SITE_COLUMNS, TEXT_COLUMNS
from negnn_gui.export.text import Column
from negnn_gui.export.writers import new_table

RowsFormat = Literal["csv", "parquet", "json", "summary", "summary-parquet"]
"""Formats that need no structure, only rows; "summary" has one row a structure."""

ROWS_FORMATS: tuple[RowsFormat, ...] = get_args(RowsFormat)

_CODECS: dict[RowsFormat, type[SitesCsv] | type[SitesParquet] | type[SitesJson]] = {
    "csv": SitesCsv,
    "parquet": SitesParquet,
    "json": SitesJson,
}

Table: TypeAlias = pa.Table | pd.DataFrame | Mapping[str, Column]


def write_rows(
    target: Path, tables: Iterable[Table], record: RunRecord | None = None, *, kind: RowsFormat = "csv"
) -> int:
    """Write rows of the sites table; memory holds one table at a time.

    Parameters
    ----------
    target : Path
        Replaced in one step once everything is written.
    tables : iterable of Arrow tables, DataFrames or columns by name
        With the columns of ``SITE_COLUMNS``, moments in μB, coordinates in Å. For "json" and the summaries
        the rows of a structure lie in one table, together.
    record : RunRecord or None
        For the JSON sidecar.
    kind : str
        One of ``ROWS_FORMATS``.

    Returns
    -------
    int
        Rows read.

    Raises
    ------
    OSError
        The folder cannot be written or the disk is full; an older file at ``target`` is then untouched.
    """
    count = 0
    with new_table(target, _codec(kind)) as writer:
        for table in tables:
            rows = _columns(table)
            if len(rows["structure"]) == 0:
                continue
            count += len(rows["structure"])
            writer.append_rows(rows)
            writer.commit()
    if record is not None:
        write_whole(meta_path(target), meta_text(record).encode())
    return count


def _codec(kind: RowsFormat) -> Codec:
    if kind == "summary" or kind == "summary-parquet":
        return Summary("csv" if kind == "summary" else "parquet")
    return _CODECS[kind]()


def _columns(table: Table) -> dict[str, Column]:
    if isinstance(table, pa.Table):
        return table_columns(table.select(list(SITE_COLUMNS)))
    if isinstance(table, pd.DataFrame):
        return {name: _from_series(name, table[name]) for name in SITE_COLUMNS}
    return {name: table[name] for name in SITE_COLUMNS}


def _from_series(name: str, values: pd.Series[Any]) -> Column:
    if name in TEXT_COLUMNS:
        return ["" if missing else str(v) for v, missing in zip(values, values.isna(), strict=True)]
    if name in INTEGER_COLUMNS:
        return np.asarray(values.to_numpy(), dtype=np.int64)
    return values.to_numpy(dtype=np.float64, na_value=np.nan)
