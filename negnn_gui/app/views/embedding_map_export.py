"""Taking the map away: its picture, and where every site lies as CSV."""

from __future__ import annotations

import csv
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from PySide6.QtCore import QObject, QPoint, Qt
from PySide6.QtWidgets import QFileDialog, QMenu, QMessageBox

from negnn_gui.app.views.plot_export import PICTURE_FILTER, SUFFIXES, save_picture

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
    method = "pca" if layers.fitted is None else "tsne"
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


class MapExport(QObject):
    """The context menu of a map, and what its entries do."""

    def __init__(self, view: EmbeddingMap) -> None:
        super().__init__(view)
        self._view = view
        self.menu = QMenu(view.plot)
        self.picture = self.menu.addAction("Save picture…")
        self.picture.setToolTip("PNG, SVG or PDF, as it is shown")
        self.data = self.menu.addAction("Save places as CSV…")
        self.menu.addSeparator()
        self.menu.addAction("Show all").triggered.connect(view.plot.show_all)
        self.picture.triggered.connect(self.ask_picture)
        self.data.triggered.connect(self.ask_csv)
        view.plot.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
        view.plot.customContextMenuRequested.connect(self._on_menu)

    def ask_picture(self) -> None:
        """Ask for a file and save the picture."""
        path, chosen = QFileDialog.getSaveFileName(
            self._view, "Save the map", "embedding-map.png", PICTURE_FILTER
        )
        if path:
            named = Path(path)
            if named.suffix.lower() not in SUFFIXES:
                named = named.with_name(named.name + chosen[chosen.rindex("*") + 1 : -1])
            self.save(named)

    def ask_csv(self) -> None:
        """Ask for a file and save the places."""
        path, _ = QFileDialog.getSaveFileName(
            self._view, "Save the places of all sites", "embedding-map.csv", "CSV (*.csv)"
        )
        if path:
            self.save(Path(path) if Path(path).suffix else Path(path).with_suffix(".csv"))

    def save(self, path: Path) -> bool:
        """Save the places (.csv) or the picture; a failure is told in a message, and False."""
        try:
            if path.suffix.lower() == ".csv":
                write_map_csv(path, self._view.layers)
            else:
                save_picture(path, self._view.plot, self._view.legend)
        except (OSError, ValueError) as error:
            reason = getattr(error, "strerror", None) or str(error)
            QMessageBox.warning(self._view, "Not saved", f"{path.name} was not saved: {reason}.")
            return False
        return True

    def _on_menu(self, place: QPoint) -> None:
        anything = bool(np.isfinite(self._view.layers.xy).any() or len(self._view.layers.known_xy))
        self.picture.setEnabled(anything)
        self.data.setEnabled(anything)
        self.menu.popup(self._view.plot.mapToGlobal(place))
