"""How alike the chosen sites are to each other: cosine similarity at the level shown, as a matrix."""

from __future__ import annotations

import csv
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pyqtgraph as pg
from PySide6.QtCore import QEvent, QPointF, QRectF, Qt, QTimer, Signal
from PySide6.QtGui import QMouseEvent, QResizeEvent, QShowEvent
from PySide6.QtWidgets import QCheckBox, QHBoxLayout, QLabel, QVBoxLayout, QWidget

from negnn_gui.analysis.similarity import MAX_SITES, Similarity, similarity
from negnn_gui.app.scene.colouring import ColourScale
from negnn_gui.app.views.elided_label import ElidedLabel
from negnn_gui.app.views.embedding_map_legend import MapLegend
from negnn_gui.app.views.hover_card import HoverCard
from negnn_gui.app.views.known_sites_panel import is_behind
from negnn_gui.app.views.like_this_query import Query, queries
from negnn_gui.app.views.plot_menu import PlotMenu
from negnn_gui.app.views.plot_style import bare_plot, plot_colours, style_plot
from negnn_gui.app.views.site_text import count_text
from negnn_gui.results import Analysis, SiteRef
from negnn_gui.structures.entry import StructureEntry

_SCALE = ColourScale("blue-red", -1.0, 1.0, "cosine similarity", missing=False)
_EMPTY = "Open a structure and predict it:\nhow alike its sites are appears here."
_REFRESH_MS = 60
_MOST_LABELS = 40
_MOST_LOOKED_AT = 5_000  # among these sites distinct ones are looked for; more would hold up the window
_ROUND = 3  # decimals up to which vectors are the same surroundings


class MatrixPlot(pg.PlotWidget):
    """Plot area; ``pointed`` carries (row, column) or None, ``chosen`` (row, column) and the keyboard modifiers."""

    pointed = Signal(object)
    chosen = Signal(object, object)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setMouseTracking(True)
        self.size_of_matrix = 0
        bare_plot(self)
        self.image = pg.ImageItem(axisOrder="row-major")
        self.addItem(self.image)
        view = self.getViewBox()
        view.setMouseEnabled(False, False)
        view.invertY(True)
        view.setAspectLocked(True)

    def cell_at(self, place: QPointF) -> tuple[int, int] | None:
        """Row and column at a place in pixels."""
        at = self.getViewBox().mapSceneToView(self.mapToScene(place.toPoint()))
        row, column = int(np.floor(at.y())), int(np.floor(at.x()))
        return (row, column) if 0 <= row < self.size_of_matrix > column >= 0 else None

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Point."""
        super().mouseMoveEvent(event)
        self.pointed.emit(self.cell_at(event.position()))

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Choose the pair of sites."""
        cell = self.cell_at(event.position())
        if event.button() == Qt.MouseButton.LeftButton and cell is not None:
            self.chosen.emit(cell, event.modifiers())
            event.accept()
        else:
            super().mousePressEvent(event)

    def leaveEvent(self, event: QEvent) -> None:
        """Point at nothing."""
        super().leaveEvent(event)
        self.pointed.emit(None)


class SimilarityMatrix(QWidget):
    """Similarity of the selected sites, or of the structure shown where fewer than two are selected.

    ``picked`` carries a ``frozenset[SiteRef]`` and "replace" or "add": the two sites of a cell.
    """

    picked = Signal(object, str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._entries: dict[str, StructureEntry] = {}
        self._analyses: dict[str, Analysis] = {}
        self._selection: frozenset[SiteRef] = frozenset()
        self._current: str | None = None
        self._levels = "1"
        self.sites: list[Query] = []
        self.shown: Similarity | None = None
        self._stale = False
        self._build()
        self._timer = QTimer(self, singleShot=True, interval=_REFRESH_MS)
        self._timer.timeout.connect(self._draw)
        self._draw()

    # --- what to show -------------------------------------------------------------------------------

    def set_query(
        self,
        entries: Mapping[str, StructureEntry],
        analyses: Mapping[str, Analysis],
        selection: frozenset[SiteRef],
        current: str | None,
    ) -> None:
        """Compare the selected sites, or those of the entry ``current``."""
        self._entries, self._analyses = dict(entries), dict(analyses)
        self._selection, self._current = selection, current
        self._draw_soon()

    def set_levels(self, levels: str) -> None:
        """Compare at another choice of levels."""
        self._levels = levels
        self._draw_soon()

    def _draw_soon(self) -> None:
        if not self._timer.isActive():
            self._timer.start()

    # --- construction -------------------------------------------------------------------------------

    def _build(self) -> None:
        self.plot = MatrixPlot(self)
        self.plot.setAccessibleName("Similarity of sites")
        self.plot.pointed.connect(self._on_pointed)
        self.plot.chosen.connect(self._on_chosen)
        self.legend = MapLegend(self)
        self.card = HoverCard(self.plot)
        self.distinct = QCheckBox("Distinct sites", self)
        self.distinct.setChecked(True)
        self.distinct.setToolTip("Of sites with the same element and surroundings show one")
        self.by_likeness = QCheckBox("Order by likeness", self)
        self.by_likeness.setToolTip("Put like sites side by side, instead of the order of the file")
        for box in (self.distinct, self.by_likeness):
            box.toggled.connect(lambda _: self._draw())
        self.note = ElidedLabel(self)
        self.note.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        self.export = PlotMenu(
            self.plot, "similarity", self.write_csv, lambda: self.shown is not None, self.legend
        )
        self.message = QLabel(_EMPTY, self.plot)
        self.message.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.message.setWordWrap(True)
        self.message.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        bar = QHBoxLayout()
        bar.setContentsMargins(6, 2, 6, 2)
        bar.addWidget(self.distinct)
        bar.addWidget(self.by_likeness)
        bar.addWidget(self.note, 1)
        bar.addWidget(self.export.button(self))
        middle = QHBoxLayout()
        middle.setSpacing(0)
        middle.addWidget(self.plot, 1)
        middle.addWidget(self.legend)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.addLayout(bar)
        layout.addLayout(middle, 1)

    # --- from sites to the matrix -------------------------------------------------------------------

    def _chosen_sites(self) -> tuple[list[Query], str, int]:
        """The sites to compare, what they are, and how many there would be."""
        asked = queries(self._entries, self._analyses, self._selection)
        if len(asked) > 1:
            return asked[:_MOST_LOOKED_AT], count_text(len(asked), "selected site"), len(asked)
        entry = self._entries.get(self._current or "")
        if entry is None or entry.id not in self._analyses:
            return [], "", 0
        first = frozenset(SiteRef(entry.id, site) for site in range(min(entry.n_sites, _MOST_LOOKED_AT)))
        subject = f"all {entry.n_sites:,} sites of {entry.name}"
        return queries({entry.id: entry}, self._analyses, first), subject, entry.n_sites

    def showEvent(self, event: QShowEvent) -> None:
        """Catch up: nothing is compared for a panel that nobody looks at."""
        super().showEvent(event)
        if self._stale:
            self._draw_soon()

    def _draw(self) -> None:
        self._stale = is_behind(self)
        if self._stale:
            return
        found, subject, of = self._chosen_sites()
        encoder = found[0].analysis.encoder.sha256 if found else ""
        found = [query for query in found if query.analysis.encoder.sha256 == encoder]
        if self.distinct.isChecked():
            found = _distinct(found)
        found = found[:MAX_SITES]
        problem = "" if found else _EMPTY
        self.shown = None
        try:
            if found:
                self.shown = similarity(np.stack([query.vector(self._levels) for query in found]))
        except ValueError as error:
            problem = f"The sites cannot be compared: {error}."
        if self.shown is not None and self.by_likeness.isChecked():
            order = self.shown.order_by_likeness()
            found = [found[row] for row in order]
            self.shown = Similarity(self.shown.cosine[np.ix_(order, order)])
        self.sites = found if self.shown is not None else []
        self.message.setText(problem)
        self.message.setVisible(bool(problem))
        fewer = f", {len(found)} shown" if len(found) < of else ""
        self.note.setText(f"{subject}{fewer} · level {self._levels}" if found else "")
        self.note.setToolTip(self.note.text())
        self.plot.setAccessibleDescription(self.note.text())
        self._paint()

    def _paint(self) -> None:
        self.card.hide()
        colours = plot_colours(self.palette())
        style_plot(self.plot, colours, self.font())
        n = len(self.sites)
        self.plot.size_of_matrix = n
        for name in ("left", "bottom"):
            self.plot.getPlotItem().showAxis(name, bool(n))
        if self.shown is None:
            self.plot.image.clear()
            self.legend.show_categories({})
            return
        pixels = _SCALE.colours(self.shown.cosine.ravel()).reshape(n, n, 3)
        self.plot.image.setImage(pixels, levels=(0, 255))
        self.plot.image.setRect(QRectF(0, 0, n, n))
        self.plot.getViewBox().setRange(QRectF(0, 0, n, n), padding=0.01)
        every = max(1, int(np.ceil(n / _MOST_LABELS)))
        several = len({query.entry.id for query in self.sites}) > 1
        ticks = [
            (row + 0.5, query.label if several else query.entry.site_labels[query.site])
            for row, query in enumerate(self.sites)
            if row % every == 0
        ]
        self.plot.getAxis("left").setTicks([ticks])
        short = ticks if n <= 12 and not several else []
        self.plot.getAxis("bottom").setTicks([short])
        self.legend.show_scale(_SCALE)

    # --- taking it away -----------------------------------------------------------------------------

    def write_csv(self, path: Path) -> None:
        """Write one line for each pair of sites; OSError where the file cannot be written."""
        assert self.shown is not None
        with path.open("w", encoding="utf-8", newline="") as stream:
            writer = csv.writer(stream)
            names = ("structure", "site_index", "site_label", "element")
            writer.writerow([*(f"{n}_1" for n in names), *(f"{n}_2" for n in names), "levels", "cosine"])
            for row, first in enumerate(self.sites):
                for column, second in enumerate(self.sites):
                    value = self.shown.cosine[row, column]
                    number = f"{value:.6g}" if np.isfinite(value) else ""
                    writer.writerow([*_named(first), *_named(second), self._levels, number])

    # --- intents ------------------------------------------------------------------------------------

    def _on_pointed(self, cell: tuple[int, int] | None) -> None:
        if cell is None or self.shown is None:
            self.card.hide()
            return
        first, second = self.sites[cell[0]], self.sites[cell[1]]
        value = self.shown.cosine[cell]
        text = f"{value:.3f}" if np.isfinite(value) else "no data"
        lines = [("and", second.label), ("cosine", text), ("level", self._levels)]
        at = self.plot.getViewBox().mapViewToScene(QPointF(cell[1] + 0.5, cell[0] + 0.5))
        self.card.show_at(self.plot.mapFromScene(at), first.label, lines)

    def _on_chosen(self, cell: tuple[int, int], modifiers: Qt.KeyboardModifier) -> None:
        pair = [self.sites[cell[0]], self.sites[cell[1]]]
        adding = bool(modifiers & (Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.ShiftModifier))
        refs = frozenset(SiteRef(query.entry.id, query.site) for query in pair)
        self.picked.emit(refs, "add" if adding else "replace")

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Keep the message in the middle."""
        super().resizeEvent(event)
        self.message.setGeometry(self.plot.rect().adjusted(16, 16, -16, -16))

    def changeEvent(self, event: QEvent) -> None:
        """Draw again in the colours of the palette."""
        super().changeEvent(event)
        if event.type() == QEvent.Type.PaletteChange and hasattr(self, "shown"):
            self._paint()


def _distinct(found: list[Query]) -> list[Query]:
    """The first of the sites that have the same element and the same vectors at every level."""
    seen: set[tuple[str, bytes]] = set()
    kept = []
    for query in found:
        vectors = np.round(query.analysis.embeddings[:, query.site].astype(np.float64), _ROUND) + 0.0
        key = (query.element, vectors.tobytes())
        if key not in seen:
            seen.add(key)
            kept.append(query)
    return kept


def _named(query: Query) -> list[object]:
    return [query.entry.name, query.site, query.entry.site_labels[query.site], query.element]
