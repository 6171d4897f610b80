"""Taking the map away: its picture, and where every site lies as CSV."""

from __future__ import annotations

import csv
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from negnn_gui.app.views.plot_menu import PlotMenu

if TYPE_CHECKING:
    from negnn_gui.app.views.embedding_map import EmbeddingMap
    from negnn_gui.app.views.embedding_map_layers import MapLayers

CSV_COLUMNS = (
    "kind",
    "structure",
    "formula",
    "site_index",
    "site_label",
    "element",
    "map_x",
    "map_y",
    "map",
    "levels",
    "group",
)


def write_map_csv(path: Path, layers: MapLayers) -> None:
    """Write every site and every known site with its place; OSError where the file cannot be written.

    ``group`` is the element, cluster or motif that colours mean, empty where they mean a number.
    """
    method = "pca" if layers.fitted is None else layers.fitted.map.axis_titles[0].removesuffix(" 1").lower()
    method = method.replace("-", "")
    with path.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.writer(stream)
        writer.writerow(CSV_COLUMNS)
        for row, (x, y) in enumerate(layers.xy.tolist()):
            entry, _, site = layers.sites.site(row)
            named = [entry.name, entry.formula, site, entry.site_labels[site], entry.elements[site]]
            group = "" if layers.names is None else layers.names[row]
            writer.writerow(["site", *named, f"{x:.6g}", f"{y:.6g}", method, layers.levels, group])
        atlas = layers.sites.atlas
        if atlas is not None:
            for row, (x, y) in zip(layers.known_rows.tolist(), layers.known_xy.tolist(), strict=True):
                named = ["", atlas.sites.formula[row], "", "", atlas.sites.element[row]]
                writer.writerow(["known", *named, f"{x:.6g}", f"{y:.6g}", method, layers.levels, ""])


class MapExport(PlotMenu):
    """The context menu of a map, and what its entries do."""

    def __init__(self, view: EmbeddingMap) -> None:
        layers = view.layers
        super().__init__(
            view.plot,
            "embedding-map",
            lambda path: write_map_csv(path, layers),
            lambda: bool(np.isfinite(layers.xy).any() or len(layers.known_xy)),
            view.legend,
            "Save places as CSV…",
        )
        self.menu.addSeparator()
        self.menu.addAction("Show all").triggered.connect(view.plot.show_all)
