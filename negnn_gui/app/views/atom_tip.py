"""What the tool tip of an atom in 3D says: which image of which site, where it is, and its moments."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING

import numpy as np

from negnn_gui.app.scene.measure import AtomRef
from negnn_gui.app.views.hover_card import site_lines

if TYPE_CHECKING:
    from negnn_gui.results import Analysis
    from negnn_gui.structures.entry import StructureEntry


def atom_tip(entry: StructureEntry, analysis: Analysis | None, atom: AtomRef) -> str:
    """Rich text: label, element, index with cell offset, fractional coordinates, moments with intervals."""
    title, lines = site_lines(entry, analysis, atom.site)
    frac = np.asarray(entry.structure[atom.site].frac_coords) + np.array(atom.offset)
    index = f"site {atom.site}"
    if any(atom.offset):
        index += f", cell ({' '.join(f'{step:d}' for step in atom.offset)})".replace("-", "−")
    where = "  ".join(f"{value + 0.0:.4f}" for value in np.round(frac, 4)).replace("-", "−")
    shown = [("", index), ("frac.", where), *(line for line in lines if line[0] != "in")]
    rows = "".join(
        f"<tr><td style='white-space:nowrap'>{escape(what)}&nbsp;&nbsp;</td>"
        f"<td style='white-space:nowrap'>{escape(value)}</td></tr>"
        if what
        else f"<tr><td colspan='2' style='white-space:nowrap'>{escape(value)}</td></tr>"
        for what, value in shown
    )
    return f"<b>{escape(title)}</b><table cellspacing='0' cellpadding='1'>{rows}</table>"
