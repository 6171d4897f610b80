"""The data behind the moment plots as CSV: one row for each site that is drawn."""

from __future__ import annotations

import csv
from collections.abc import Iterable
from pathlib import Path

import numpy as np

from negnn_gui.results import Analysis, FloatArray
from negnn_gui.structures.entry import StructureEntry


def write_plotted_csv(
    path: Path, pairs: Iterable[tuple[StructureEntry, Analysis]], values: FloatArray, column: str
) -> None:
    """Write structure, site, element and the plotted number of each site.

    Parameters
    ----------
    values : (N,) float
        One number for each site of all structures in turn, μB; a site with NaN is not drawn and left out.
    column : str
        Name of the numbers, such as "moment_pred_muB".

    Raises
    ------
    OSError
        The file cannot be written.
    """
    with path.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.writer(stream)
        writer.writerow(("structure", "site_index", "site_label", "element", column))
        start = 0
        for entry, _ in pairs:
            own = values[start : start + entry.n_sites]
            start += entry.n_sites
            for site in np.flatnonzero(np.isfinite(own)).tolist():
                row = (entry.name, site, entry.site_labels[site], entry.elements[site], f"{own[site]:.6g}")
                writer.writerow(row)
