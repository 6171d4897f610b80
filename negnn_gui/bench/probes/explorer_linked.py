"""One selection in the map, the table and the plots with very many sites, and the memory of the explorer."""

from __future__ import annotations

import argparse

import numpy as np
from PySide6.QtCore import QPointF
from PySide6.QtGui import QPolygonF
from PySide6.QtWidgets import QApplication

from negnn_gui import locations
from negnn_gui.analysis.atlas import Atlas
from negnn_gui.app.session import Session
from negnn_gui.app.views.embedding_map import EmbeddingMap
from negnn_gui.app.views.moment_plots import MomentPlots
from negnn_gui.app.views.sites_table import SitesTable
from negnn_gui.bench.benchmark import median_ms
from negnn_gui.bench.probes.answer import answer
from negnn_gui.bench.probes.large_crystal import resident_mb
from negnn_gui.bench.probes.many_sites import many_structures, random_analysis


def main() -> None:
    """Mark a tenth of the sites of ten structures in all views; the time is the median from the outline on."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--points", type=int, required=True)
    parser.add_argument("--repeats", type=int, required=True)
    chosen = parser.parse_args()
    application = QApplication([])
    atlas_mb = _memory_of_atlas(application)
    session = Session()
    view, table, plots = EmbeddingMap(), SitesTable(), MomentPlots()
    for widget in (view, table, plots):
        widget.resize(800, 600)
        widget.show()
        session.selection_changed.connect(widget.set_selection)
    entries = many_structures(chosen.points)
    session.add_entries(entries)
    generation = session.begin_prediction(entry.id for entry in entries)
    for number, entry in enumerate(entries):
        session.accept(generation, random_analysis(entry, number))
    for widget in (view, table, plots):
        widget.set_analyses(session.entries, session.analyses)
    application.processEvents()
    outline = _around_a_tenth(view)

    def select() -> None:
        session.select(view.layers.sites.index.refs(view.layers.rows_in(outline)))

    def clear() -> None:
        session.select(frozenset())
        application.processEvents()

    times = []
    for _ in range(chosen.repeats):
        clear()
        times.append(median_ms(select, 1))
    answer(
        linked_ms=float(np.median(times)),
        selected=len(session.selection),
        atlas_mb=atlas_mb,
    )


def _memory_of_atlas(application: QApplication) -> float | None:
    """What the shipped atlas adds, in MB: loaded, on a map, and looked up in."""
    warm = EmbeddingMap()
    warm.show()
    application.processEvents()
    before = resident_mb()
    atlas = Atlas.load(locations.resources_dir() / "atlas")
    warm.set_atlas(atlas)
    application.processEvents()
    for levels in ("1", "01"):
        atlas.nearest(atlas.vectors(levels, slice(0, 1)), levels, 10)
    after = resident_mb()
    warm.finalise()
    return None if before is None or after is None else after - before


def _around_a_tenth(view: EmbeddingMap) -> QPolygonF:
    """An outline on the plot that holds a tenth of the points: a circle around their middle."""
    pixels = view.plot.to_pixels(view.layers.xy)
    middle = np.median(pixels, axis=0)
    radius = float(np.quantile(np.linalg.norm(pixels - middle, axis=1), 0.1))
    turns = np.linspace(0, 2 * np.pi, 60)
    return QPolygonF([QPointF(middle[0] + radius * np.cos(t), middle[1] + radius * np.sin(t)) for t in turns])


if __name__ == "__main__":
    main()
