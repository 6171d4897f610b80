"""Tables written structure by structure: memory stays flat, and the target appears whole or not at all.

A writer collects structures and turns them into one block of bytes on ``commit``. Blocks are appended to a
working file, and ``finish`` makes the table out of it. Equal blocks give equal tables, byte for byte, whether
one process wrote them or several one after the other.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import pandas as pd

from negnn_gui.export.atomic import AppendedFile, publish, replacing, write_whole
from negnn_gui.export.codecs import (
    SITES_FORMATS,
    Codec,
    Embeddings,
    EmbeddingsFormat,
    Rows,
    SitesFormat,
    Summary,
    sites_codec,
)
from negnn_gui.export.sidecars import RunRecord, meta_path, meta_text
from negnn_gui.export.tables import SITE_COLUMNS, Pool
from negnn_gui.export.text import csv_table

if TYPE_CHECKING:
    from negnn_gui.results import Analysis
    from negnn_gui.structures.entry import StructureEntry

__all__ = [
    "SITES_FORMATS",
    "EmbeddingsFormat",
    "EmbeddingsWriter",
    "Result",
    "SitesFormat",
    "SitesWriter",
    "TableWriter",
    "new_table",
    "write_results",
    "write_sites_csv",
]

Result = tuple["StructureEntry", "Analysis"]

_STRUCTURES_PER_BLOCK = 256


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

    def __init__(self, target: Path, codec: Codec, working: Path, keep: int = 0) -> None:
        self.target = target
        self._codec = codec
        self._waiting: list[Rows] = []
        self._file = AppendedFile(working, keep)
        if keep == 0:
            try:
                self._file.append(codec.header)
            except OSError:
                self._file.close()
                raise

    def append(self, entry: StructureEntry, analysis: Analysis) -> None:
        """Add the rows of one structure."""
        self._waiting.append(self._codec.rows(entry, analysis))

    def append_rows(self, rows: Rows) -> None:
        """Add rows that the codec of this table made elsewhere: whole structures."""
        self._waiting.append(rows)

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
    """The sites table in one of its formats."""

    def __init__(self, target: Path, working: Path, *, kind: SitesFormat = "csv", keep: int = 0) -> None:
        super().__init__(target, sites_codec(kind), working, keep)


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
        super().__init__(target, Embeddings(levels, pool, kind), working, keep)


@contextmanager
def new_table(target: Path, codec: Codec) -> Iterator[TableWriter]:
    """A writer whose table is put in place at the end of the block; an error leaves the older file whole."""
    working = target.with_name(f".{target.name}.negnn-working")
    try:
        writer = TableWriter(target, codec, working)
        try:
            yield writer
            writer.finish()
        finally:
            writer.close()
    finally:
        working.unlink(missing_ok=True)


def write_results(
    target: Path,
    results: Iterable[Result],
    record: RunRecord | None = None,
    *,
    kind: SitesFormat | Literal["summary"] = "csv",
) -> None:
    """Write the sites of many structures, or one row for each, and the JSON sidecar where a ``record`` is given.

    Raises
    ------
    OSError
        The folder cannot be written or the disk is full; an older file at ``target`` is then untouched.
    """
    codec = Summary() if kind == "summary" else sites_codec(kind)
    with ExitStack() as stack:
        if (
            record is not None
        ):  # first, so that a full disk cannot leave a table beside the sidecar of another
            stack.enter_context(replacing(meta_path(target))).write_bytes(meta_text(record).encode())
        writer = stack.enter_context(new_table(target, codec))
        for count, (entry, analysis) in enumerate(results, start=1):
            writer.append(entry, analysis)
            if count % _STRUCTURES_PER_BLOCK == 0:
                writer.commit()


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
