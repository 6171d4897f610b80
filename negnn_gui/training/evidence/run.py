"""A run of ``negnn reproduce``: measure the cells of a plan, then write figures and report from what there is."""

from __future__ import annotations

import json
import logging
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from negnn_gui import __version__
from negnn_gui.models import registry
from negnn_gui.training.cards import machine
from negnn_gui.training.evidence.cells import Cell, CellTable, Outcome, run_cells
from negnn_gui.training.evidence.claims import claims
from negnn_gui.training.evidence.embeddings import published_encoders
from negnn_gui.training.evidence.figures import draw_all
from negnn_gui.training.evidence.plan import SIZES, TABLES, chosen_cells, plan
from negnn_gui.training.evidence.report import Report, markdown, write_html

log = logging.getLogger(__name__)

REPORT = "report.html"
_RUN_FILE = "run.json"
_INTERRUPTED = "the run was interrupted"
_LEFT_OUT = "left out by --representations"


class RunMismatchError(ValueError):
    """What lies in the folder belongs to another run; one sentence for the user."""


@dataclass(frozen=True)
class ReproduceOptions:
    """What to measure.

    Attributes
    ----------
    encoder : str or None
        Id; None for the default one.
    tasks : tuple of str
        Only these tasks; all where there are none.
    size : str
        "quick", "small" or "full".
    resume : bool
        Keep the cells that are in the folder.
    max_seconds : float or None
        No cell is begun after so long.
    command : str
        For the report.
    representations : tuple of str or None
        Only cells of these: "ours", "published" and names of descriptors; None for all.
    """

    encoder: str | None
    tasks: tuple[str, ...]
    size: str
    resume: bool
    max_seconds: float | None
    command: str
    representations: tuple[str, ...] | None = None


def reproduce(
    data: Path,
    out: Path,
    options: ReproduceOptions,
    progress: Callable[[int, int, str], None] = lambda done, total, name: None,
) -> Outcome:
    """Measure, and write tables, figures and report to ``out``; an interrupted run leaves a report too.

    Raises
    ------
    RunMismatchError
        ``out`` holds a run with another encoder or other sizes, or one and ``resume`` is false.
    UnknownModelError, ValueError
        The encoder or the task is unknown.
    """
    info = registry.get(options.encoder or registry.default_id("encoder"), "encoder")
    published = published_encoders()
    sizes = SIZES[options.size]
    cells = plan(data, out, sizes, info.id, [p for p in published if p != info.id], options.tasks)
    chosen = chosen_cells(cells, info.id, options.representations)
    # of the weights: a model card that is worded anew measures nothing anew
    _claim_folder(out, info.id, str(info.config.get("weights_sha256", info.sha256)), options)
    tables = {spec.name: CellTable(out, spec, resume=True) for spec in TABLES}
    begin = time.monotonic()
    stop_at = None if options.max_seconds is None else begin + options.max_seconds
    outcome = Outcome(0, 0, {cell.name: _INTERRUPTED for cell in chosen})
    try:
        outcome = run_cells(chosen, tables, stop_at, progress)
    finally:
        _write_report(out, info.id, published, tables, cells, outcome, options)
    return outcome


def _claim_folder(out: Path, encoder: str, sha256: str, options: ReproduceOptions) -> None:
    """Say in ``out`` which run it holds, or refuse another one.

    A run may go on with a further encoder: the cells of both stand in the tables under their ids.
    """
    path = out / _RUN_FILE
    out.mkdir(parents=True, exist_ok=True)
    encoders: dict[str, str] = {}
    if path.is_file():
        if not options.resume:
            raise RunMismatchError(
                f"{out} holds a run already: go on with --resume, or choose another folder with --out"
            )
        try:
            known = json.loads(path.read_text(encoding="utf-8"))
            encoders, size = dict(known["encoders"]), known["size"]
        except (ValueError, KeyError, TypeError) as error:
            raise RunMismatchError(f"{path} cannot be read: choose another folder with --out") from error
        if size != options.size or encoders.get(encoder, sha256) != sha256:
            raise RunMismatchError(
                f"{out} holds a run of another size, or with another encoder of the name {encoder}: "
                "choose another folder with --out"
            )
    run = {"size": options.size, "encoders": {**encoders, encoder: sha256}}
    path.write_text(json.dumps(run, indent=1) + "\n", encoding="utf-8")


def _owner(row: Mapping[str, str]) -> str:
    """Id of the encoder of a cell; "" for none."""
    return (row.get("representation") or row.get("nodes") or "").rpartition(":")[0]


def _write_report(
    out: Path,
    encoder: str,
    published: list[str],
    tables: dict[str, CellTable],
    cells: list[Cell],
    outcome: Outcome,
    options: ReproduceOptions,
) -> None:
    missing = {
        cell.name: outcome.missing.get(cell.name, _LEFT_OUT)
        for cell in cells
        if cell not in tables[cell.table.name]
    }
    # a folder may hold cells of an earlier encoder of ours too: they stay in its tables
    owners = {"", encoder, *published}
    rows = {name: [row for row in table.rows if _owner(row) in owners] for name, table in tables.items()}
    spent = sum(float(row["cpu_seconds"]) for own in rows.values() for row in own)
    n_cells = sum(len(own) for own in rows.values())
    sizes = SIZES[options.size]
    compared = sizes.compared
    facts = {
        "command": options.command,
        "program": f"negnn-gui {__version__}",
        "hardware": machine(),
        "size": f"{options.size}: networks {sizes.learning.steps} steps of 16 structures, width "
        f"{sizes.learning.width} (MPNN {sizes.learning.mpnn_width}), {sizes.learning.layers} layers; regression up to "
        f"{sizes.site_rows} sites or {sizes.structure_rows} structures, protocol {sizes.protocol_rows} sites",
        "encoder": encoder,
        "published encoders": ", ".join(published) or "none imported (negnn models import)",
        "cells": f"{n_cells} measured in {spent / 3600:.2f} hours of one processor, {len(missing)} not measured",
        "spread": "standard deviation between seeds or parts",
    }
    report = Report(
        options.size, encoder, facts, claims(rows, encoder, compared, published), rows, compared, missing
    )
    figures = draw_all(rows, out, encoder, compared)
    write_html(out / REPORT, report, figures)
    (out / "report.md").write_text(markdown(report, figures, "figures"), encoding="utf-8")
