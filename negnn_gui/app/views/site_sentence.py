"""One site in words, for the status bar while the mouse is over it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from negnn_gui.app.views.site_text import NO_DATA, interval_text, moment_text

if TYPE_CHECKING:
    from negnn_gui.results import Analysis, MomentPrediction
    from negnn_gui.structures.entry import StructureEntry


def site_sentence(entry: StructureEntry, site: int, analysis: Analysis | None) -> str:
    """Such as "NiO, Ni1 (Ni): abs(m) DFT 1.70 μB (1.55 to 1.82), exp. no data"."""
    who = f"{entry.name}, {entry.site_labels[site]} ({entry.elements[site]})"
    if analysis is None:
        return f"{who}: not predicted"
    return f"{who}: abs(m) DFT {_moment(analysis.moment, site)}, exp. {_moment(analysis.moment_exp, site)}"


def _moment(prediction: MomentPrediction, site: int) -> str:
    text = moment_text(float(prediction.median[site]), float(prediction.alt[site]))
    if text == NO_DATA:
        return text
    interval = interval_text(float(prediction.lo[site]), float(prediction.hi[site]))
    return f"{text} μB" + (f" ({interval})" if interval else "")
