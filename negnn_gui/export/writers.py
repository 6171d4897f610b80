"""Tables written structure by structure: memory stays flat, and the target appears whole or not at all.

A writer collects structures and turns them into one block of bytes on ``commit``. Blocks are appended to a
working file, and ``finish`` makes the table out of it. Equal blocks give equal tables, byte for byte, whether
one process wrote them or several one after the other.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Literal, Protocol, get_args

import pandas as pd

from negnn_gui.export.atomic import AppendedFile, publish, write_whole
from negnn_gui.export.blocks import blocks_to_parquet, table_block, table_schema
from negnn_gui.export.extxyz import extxyz_frame
from negnn_gui.export.sidecars import RunRecord, meta_path, meta_text
from negnn_gui.export.tables import (
    SITE_COLUMNS,
    Pool,
    embedding_columns,
    embedding_names,
    site_columns,
)
from negnn_gui.export.text import Column, csv_line, csv_rows, csv_table

if TYPE_CHECKING:
    from negnn_gui.results import Analysis
    from negnn_gui.structures.entry import StructureEntry

SitesFormat = Literal["csv", "parquet", "extxyz"]
EmbeddingsFormat = Literal["csv", "parquet"]
Result = tuple["StructureEntry", "Analysis"]

SITES_FORMATS: tuple[SitesFormat, ...] = get_args(SitesFormat)

_log = logging.getLogger(__name__)
_STRUCTURES_PER_BLOCK = 256


class _Codec(Protocol):
    """How results become bytes of the working file, and that file the table."""

    @property
    def header(self) -> bytes: ...

    def block(self, results: Sequence[Result]) -> bytes: ...

    def complete(self, working: Path) -> Path: ...


class _SitesCsv:
    header = csv_line(SITE_COLUMNS).encode()

    def block(self, results: Sequence[Result]) -> bytes:
        return "".join(csv_rows(site_columns(*result)) for result in results).encode()

    def complete(self, working: Path) -> Path:
        return working


class _SitesExtxyz:
    header = b""

    def block(self, results: Sequence[Result]) -> bytes:
        return "".join(extxyz_frame(*result) for result in results).encode()

    def complete(self, working: Path) -> Path:
        return working


class _Parquet:
    header = b""

    def __init__(self, names: Sequence[str]) -> None:
        self._schema = table_schema(names)

    def columns(self, result: Result) -> dict[str, Column]:
        return site_columns(*result)

    def block(self, results: Sequence[Result]) -> bytes:
        return table_block([self.columns(result) for result in results], self._schema)

    def complete(self, working: Path) -> Path:
        product = working.with_name(working.name + ".parquet")
        blocks_to_parquet(working, product, self._schema)
        return product


class _EmbeddingsCsv:
    def __init__(self, levels: str, pool: Pool | None) -> None:
        self._levels, self._pool = levels, pool
        self.header = csv_line(embedding_names(levels)).encode()

    def block(self, results: Sequence[Result]) -> bytes:
        tables = (embedding_columns(*result, self._levels, self._pool) for result in results)
        return "".join(map(csv_rows, tables)).encode()

    def complete(self, working: Path) -> Path:
        return working


class _EmbeddingsParquet(_Parquet):
    def __init__(self, levels: str, pool: Pool | None) -> None:
        super().__init__(embedding_names(levels))
        self._levels, self._pool = levels, pool

    def columns(self, result: Result) -> dict[str, Column]:
        return embedding_columns(*result, self._levels, self._pool)


class TableWriter:
    """One table being written.

    Parameters
    ----------
    target : Path
        Where the table shall appear.
    working : Path
        The growing file; on the same disk as the target, or the last step is a copy.
    keep : int
        Bytes of ``working`` that an earlier process committed; 0 starts anew.
    """

    def __init__(self, target: Path, codec: _Codec, working: Path, keep: int = 0) -> None:
        self.target = target
        self._codec = codec
        self._waiting: list[Result] = []
        self._file = AppendedFile(working, keep)
        if keep == 0:
            self._file.append(codec.header)

    def append(self, entry: StructureEntry, analysis: Analysis) -> None:
        """Add the rows of one structure."""
        self._waiting.append((entry, analysis))

    def commit(self) -> int:
        """Write what was appended as one block and bring it to the disk; the size that can now be trusted."""
        if self._waiting:
            self._file.append(self._codec.block(self._waiting))
            self._waiting = []
        return self._file.commit()

    def finish(self) -> None:
        """Commit, make the table and put it in the place of an older one."""
        self.commit()
        self._file.close()
        product = self._codec.complete(self._file.path)
        publish(product, self.target)
        self._file.path.unlink(missing_ok=True)

    def close(self) -> None:
        """Close the working file and leave it as it is."""
        self._file.close()


class SitesWriter(TableWriter):
    """The sites table as CSV, Parquet or extended XYZ."""

    def __init__(self, target: Path, working: Path, *, kind: SitesFormat = "csv", keep: int = 0) -> None:
        super().__init__(target, _sites_codec(kind), working, keep)


def _sites_codec(kind: SitesFormat) -> _Codec:
    if kind == "parquet":
        return _Parquet(SITE_COLUMNS)
    return _SitesCsv() if kind == "csv" else _SitesExtxyz()


class EmbeddingsWriter(TableWriter):
    """The embeddings table as Parquet or CSV."""

    def __init__(
        self,
        target: Path,
        working: Path,
        *,
        levels: str,
        pool: Pool | None = None,
        kind: EmbeddingsFormat = "parquet",
        keep: int = 0,
    ) -> None:
        codec = _EmbeddingsCsv(levels, pool) if kind == "csv" else _EmbeddingsParquet(levels, pool)
        super().__init__(target, codec, working, keep)


def write_results(
    target: Path, results: Iterable[Result], record: RunRecord | None = None, *, kind: SitesFormat = "csv"
) -> None:
    """Write the sites of many structures, and the JSON sidecar where a ``record`` is given.

    Raises
    ------
    OSError
        The folder cannot be written or the disk is full; an older file at ``target`` is then untouched.
    """
    working = target.with_name(f".{target.name}.negnn-working")
    try:
        writer = SitesWriter(target, working, kind=kind)
        try:
            for count, (entry, analysis) in enumerate(results, start=1):
                writer.append(entry, analysis)
                if count % _STRUCTURES_PER_BLOCK == 0:
                    writer.commit()
            writer.finish()
        finally:
            writer.close()
    finally:
        working.unlink(missing_ok=True)
    if record is not None:
        write_whole(meta_path(target), meta_text(record).encode())


def write_sites_csv(target: Path, rows: pd.DataFrame, record: RunRecord | None = None) -> None:
    """Write rows of the sites table (all, the filtered or the selected ones) and the JSON sidecar.

    Raises
    ------
    OSError
        The folder cannot be written or the disk is full; an older file at ``target`` is then untouched.
    """
    write_whole(target, csv_table(rows[list(SITE_COLUMNS)]).encode())
    if record is not None:
        write_whole(meta_path(target), meta_text(record).encode())
