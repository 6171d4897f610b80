"""What is predicted for a whole cell, as rows of text for the Details dock."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from negnn_gui.app.views.site_text import NO_DATA, count_text

if TYPE_CHECKING:
    from negnn_gui.analysis.doubt import Kind
    from negnn_gui.results import Analysis
    from negnn_gui.structures.entry import StructureEntry

Row = tuple[str, str]

HEADS: tuple[tuple[Kind, str], ...] = (("moment", "abs(m) DFT"), ("moment_exp", "abs(m) exp."))
_MOST_NAMED = 4


def moment_rows(entry: StructureEntry, analysis: Analysis) -> list[Row]:
    """Sums of magnitudes over the cell and per formula unit, what is missing or doubtful, and who predicted it."""
    rows: list[Row] = []
    for kind, title in HEADS:
        rows += _total_rows(entry, analysis, kind, title)
    rows += _second_state_rows(entry, analysis)
    for kind, title in HEADS:
        rows += _doubt_rows(entry, analysis, kind, title)
    model = "none (embeddings only)" if analysis.model is None else analysis.model.id
    return [*rows, ("Moments by", model), ("on embeddings of", analysis.encoder.id), ("on", analysis.device)]


def _total_rows(entry: StructureEntry, analysis: Analysis, kind: Kind, title: str) -> list[Row]:
    from negnn_gui.analysis.cell_moments import cell_total

    prediction = analysis.moment if kind == "moment" else analysis.moment_exp
    found = cell_total(entry, prediction)
    if not found.known:
        return [(f"Σ {title}", NO_DATA)]
    sites = "" if found.complete else f", {found.known:,} of {count_text(found.sites, 'site')}"
    rows = [(f"Σ {title}, cell", f"{found.total:.2f} μB{sites}")]
    if found.formula_units != 1.0:
        rows.append((f"per {entry.formula}", f"{found.per_formula_unit:.2f} μB"))
    missing = dict.fromkeys(entry.elements[site] for site in np.flatnonzero(np.isnan(prediction.median)))
    if missing:
        rows.append(("no data for", ", ".join(missing)))
    return rows


def _second_state_rows(entry: StructureEntry, analysis: Analysis) -> list[Row]:
    moment = analysis.moment
    alike: dict[str, list[str]] = {}  # equivalent sites say the same: told once
    for i in np.flatnonzero(np.isfinite(moment.alt)):
        text = f"{moment.median[i]:.2f} or {moment.alt[i]:.2f} μB ({100 * moment.alt_weight[i]:.0f} %)"
        alike.setdefault(text, []).append(entry.site_labels[i])
    if not alike:
        return []
    named = "; ".join(
        f"{labels[0]}{f' and {len(labels) - 1:,} alike' if len(labels) > 1 else ''}: {text}"
        for text, labels in list(alike.items())[:_MOST_NAMED]
    )
    left = sum(len(labels) for labels in list(alike.values())[_MOST_NAMED:])
    return [("Second spin state", named + (f"; and {left:,} more" if left else ""))]


def _doubt_rows(entry: StructureEntry, analysis: Analysis, kind: Kind, title: str) -> list[Row]:
    from negnn_gui.analysis.doubt import doubtful

    sites = np.flatnonzero(doubtful(analysis, kind))
    if not len(sites):
        return []
    named = ", ".join(entry.site_labels[i] for i in sites[:_MOST_NAMED])
    more = f" and {len(sites) - _MOST_NAMED:,} more" if len(sites) > _MOST_NAMED else ""
    return [(f"⚠ {title} unsure", f"{named}{more}: wide interval, or unlike the training data")]
