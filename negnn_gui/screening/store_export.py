"""Results of a screening as files for others: all of them, the filtered or the selected rows, in every format."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from negnn_gui.export.atomic import write_whole
from negnn_gui.export.blocks import table_columns
from negnn_gui.export.codecs import Codec, Embeddings, SitesJson, SitesParquet, Summary, sites_codec
from negnn_gui.export.sidecars import RunRecord, meta_path, meta_text, why_not_overwrite
from negnn_gui.export.text import printable
from negnn_gui.export.writers import TableWriter, new_table
from negnn_gui.results import Analysis, ModelRef, MomentPrediction, NearestKnown
from negnn_gui.screening.reading import ReadTask, read_frames
from negnn_gui.screening.request import Disorder, ScreeningError
from negnn_gui.screening.result_store import TableName, read_header, warnings_of
from negnn_gui.screening.rounds import rounds
from negnn_gui.screening.store_tables import Columns, StoreTables
from negnn_gui.structures.entry import StructureEntry

IntArray = NDArray[np.int64]
ExportKind = Literal[
    "csv", "parquet", "summary", "json", "extxyz", "cif", "mcif", "embeddings", "embeddings-csv"
]

_STRUCTURES_AT_ONCE = 500
_WARNINGS_LISTED = 1000
_WITH_STRUCTURE = ("extxyz", "cif", "mcif")


class ExportCancelledError(Exception):
    """The export was given up; nothing was written."""


@dataclass(frozen=True)
class ExportRequest:
    """What to save.

    Attributes
    ----------
    folder : Path
        The store.
    target : Path
        File to write.
    kind : str
        One of the ``ExportKind``.
    table : "structures" or "sites"
        What ``rows`` number.
    rows : (N,) int or None
        Rows of the store, in the order wanted; None for all. Sites of a structure that were not chosen are
        left out of tables of sites; formats of whole crystals take every crystal of which a site was chosen.
    """

    folder: Path
    target: Path
    kind: ExportKind
    table: TableName = "sites"
    rows: IntArray | None = None


def export_store(
    request: ExportRequest,
    *,
    progress: Callable[[int, int], None] = lambda done, total: None,
    cancelled: Callable[[], bool] = lambda: False,
) -> int:
    """Write the file and its JSON sidecar; returns how many structures it holds.

    Raises
    ------
    ScreeningError
        The target is a structure file of the user's, or embeddings were not kept, or a file cannot be read again.
    ExportCancelledError
    OSError
        The folder cannot be written or the disk is full; an older file is then untouched.
    """
    began = time.monotonic()
    fault = why_not_overwrite(request.target)
    if fault is not None:
        raise ScreeningError(fault)
    header = read_header(request.folder)
    done = rounds(request.folder)
    tables = StoreTables(request.folder, done[-1].n_parts if done else 0)
    if request.kind.startswith("embeddings") and not header.levels:
        raise ScreeningError("this screening kept no embeddings; begin one that does to export them")
    chosen = _Chosen(tables, request)
    n_sites = 0
    with new_table(request.target, _codec(request.kind, header.levels)) as writer:
        for first in range(0, len(chosen), _STRUCTURES_AT_ONCE):
            if cancelled():
                raise ExportCancelledError
            structures = chosen.structures[first : first + _STRUCTURES_AT_ONCE]
            sites = chosen.sites_of(structures)
            n_sites += len(sites)
            if request.kind in _WITH_STRUCTURE:
                _append_crystals(
                    writer, tables, chosen, structures, header.disorder, header.models, cancelled
                )
            else:
                table: TableName = "embeddings" if request.kind.startswith("embeddings") else "sites"
                writer.append_rows(table_columns(tables.take(table, sites)))
            writer.commit()
            progress(min(first + _STRUCTURES_AT_ONCE, len(chosen)), len(chosen))
    last = done[-1].last if done else None
    warnings = list(warnings_of(request.folder, tables.n_parts))
    record = RunRecord(
        models=header.models,
        device=", ".join(last.devices) if last else "",
        options={"program": "window", "disorder": header.disorder, "format": request.kind},
        inputs=header.inputs,
        outputs=(request.target.name, meta_path(request.target).name),
        started=header.started,
        wall_time_s=round((last.wall_time_s if last else 0.0) + time.monotonic() - began, 3),
        structures=len(chosen),
        sites=n_sites,
        failures=last.failures if last else 0,
        warnings=tuple(warnings[:_WARNINGS_LISTED]),
        n_warnings=len(warnings),
    )
    write_whole(meta_path(request.target), meta_text(record).encode())
    return len(chosen)


class _Chosen:
    """Which structures, in which order, and which of their sites."""

    def __init__(self, tables: StoreTables, request: ExportRequest) -> None:
        n_structures = tables.n_rows("structures")
        self.starts = np.zeros(n_structures + 1, dtype=np.int64)
        np.cumsum(tables.column("structures", "n_sites"), out=self.starts[1:])
        self._wanted: NDArray[np.bool_] | None = None
        if request.rows is None:
            self.structures = np.arange(n_structures, dtype=np.int64)
        elif request.table == "structures":
            self.structures = request.rows
        else:
            owners = np.searchsorted(self.starts, request.rows, side="right") - 1
            _, first = np.unique(owners, return_index=True)
            self.structures = owners[np.sort(first)]
            if request.kind not in (*_WITH_STRUCTURE, "summary", "json"):
                self._wanted = np.zeros(self.starts[-1], dtype=np.bool_)
                self._wanted[request.rows] = True

    def __len__(self) -> int:
        return len(self.structures)

    def sites_of(self, structures: IntArray) -> IntArray:
        """Rows of the chosen sites of some structures, structure after structure."""
        spans = [np.arange(self.starts[k], self.starts[k + 1], dtype=np.int64) for k in structures]
        rows = np.concatenate(spans) if spans else np.empty(0, dtype=np.int64)
        return rows if self._wanted is None else rows[self._wanted[rows]]


def _codec(kind: ExportKind, levels: str) -> Codec:
    match kind:
        case "summary":
            return Summary("csv")
        case "embeddings":
            return Embeddings(levels, None, "parquet")
        case "embeddings-csv":
            return Embeddings(levels, None, "csv")
        case "json":
            return SitesJson()
        case "parquet":
            return SitesParquet()
        case _:
            return sites_codec(kind)


def _append_crystals(
    writer: TableWriter,
    tables: StoreTables,
    chosen: _Chosen,
    structures: IntArray,
    disorder: Disorder,
    models: dict[str, ModelRef],
    cancelled: Callable[[], bool],
) -> None:
    """Read the crystals again, and give them the numbers of the store: nothing is predicted anew."""
    summary = tables.rows("structures", structures)
    for place, row in enumerate(structures):
        if cancelled():
            raise ExportCancelledError
        source, frame = summary["source_file"][place], int(summary["frame"][place])
        entry = crystal_of(Path(source), frame, summary["structure"][place], disorder)
        columns = tables.rows("sites", chosen.sites_of(np.array([row])))
        if entry.n_sites != len(columns["frame"]) or list(entry.elements) != list(columns["element"]):
            raise ScreeningError(f"{source} was changed since it was screened; screen it again")
        writer.append(entry, analysis_of(entry, columns, models))


def crystal_of(path: Path, frame: int, name: str, disorder: Disorder) -> StructureEntry:
    """The crystal of a row of a store, read again from its file.

    Raises
    ------
    ScreeningError
        The file is gone, damaged, or holds no such structure any more.
    """
    for entry in _from_frame(path, frame, disorder):
        if printable(entry.name) == name and entry.frame == frame:
            return entry
    raise ScreeningError(
        f"{printable(path)} holds no such structure any more; it was changed since it was screened"
    )


def _from_frame(path: Path, frame: int, disorder: Disorder) -> Iterator[StructureEntry]:
    for result in read_frames(ReadTask(path, disorder, skip=frame)):
        if result is None:
            continue
        if result.failure is not None and not result.entries:
            raise ScreeningError(f"{printable(path)}: {result.failure.reason}")
        yield from result.entries
        if any(entry.frame > frame for entry in result.entries):
            return


def analysis_of(entry: StructureEntry, columns: Columns, models: dict[str, ModelRef]) -> Analysis:
    """What a store's rows say about a crystal; without embeddings."""

    def moment(prefix: str, alt: bool) -> MomentPrediction:
        nothing = np.full(entry.n_sites, np.nan)
        values = [columns[f"{prefix}_{part}_muB"] for part in ("pred", "lo", "hi")]
        others = [columns["moment_alt_muB"], columns["moment_alt_weight"]] if alt else [nothing, nothing]
        return MomentPrediction(*values, *others)

    return Analysis(
        entry_id=entry.id,
        atomic_numbers=np.zeros(entry.n_sites, dtype=np.int64),
        embeddings=np.empty((0, entry.n_sites, 64), dtype=np.float32),
        moment=moment("moment", alt=True),
        moment_exp=moment("moment_exp", alt=False),
        ood_score=columns["ood_score"],
        nearest=NearestKnown(
            tuple(columns["nn_formula"]),
            tuple(columns["nn_element"]),
            columns["nn_moment_muB"],
            columns["nn_distance"],
        ),
        encoder=models["encoder"],
        model=models.get("moment"),
        device="",
    )
