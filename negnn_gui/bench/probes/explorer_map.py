"""The plot of the embedding map with very many points, drawn in software as the window draws it."""

from __future__ import annotations

import argparse

import numpy as np
from PySide6.QtCore import QPointF
from PySide6.QtGui import QPolygonF
from PySide6.QtWidgets import QApplication

from negnn_gui.app.scene.colours import category_colours
from negnn_gui.app.views.embedding_map_plot import MapPlot, inside
from negnn_gui.app.views.embedding_map_points import opaque
from negnn_gui.bench.benchmark import median_ms
from negnn_gui.bench.probes.answer import answer


def main() -> None:
    """Pan and zoom over all points, and find and mark a tenth of them inside an outline; the times are medians."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--points", type=int, required=True)
    parser.add_argument("--repeats", type=int, required=True)
    chosen = parser.parse_args()
    application = QApplication([])
    plot = MapPlot()
    plot.resize(800, 600)
    plot.show()
    random = np.random.default_rng(0)
    xy = random.normal(size=(chosen.points, 2))
    colours = category_colours(12)[random.integers(0, 12, chosen.points)]
    plot.site_points.set_points(xy, opaque(colours))
    plot.set_bounds(xy)
    plot.show_all()
    application.processEvents()
    view = plot.getViewBox()

    def frame() -> None:
        plot.viewport().repaint()
        application.processEvents()

    def pan() -> None:
        view.translateBy(x=0.01, y=0.0)
        frame()

    def zoom() -> None:
        view.scaleBy((0.995, 0.995))
        frame()

    # a circle that holds a tenth of a normal distribution
    radius = float(np.sqrt(-2 * np.log(0.9)))
    turns = np.linspace(0, 2 * np.pi, 60)
    ring = plot.to_pixels(np.column_stack([radius * np.cos(turns), radius * np.sin(turns)]))
    outline = QPolygonF([QPointF(x, y) for x, y in ring.tolist()])

    def select() -> None:
        rows = inside(outline, plot.to_pixels(xy))
        plot.site_points.set_faded(~rows)
        plot.selected_points.set_points(xy[rows], opaque(colours[rows]))

    selecting = median_ms(select, chosen.repeats)
    plot.site_points.set_faded(None)
    plot.selected_points.clear()
    panning = median_ms(pan, chosen.repeats)
    answer(pan_ms=panning, zoom_ms=median_ms(zoom, chosen.repeats), select_ms=selecting)


if __name__ == "__main__":
    main()
