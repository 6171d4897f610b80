"""How moments are spread over all analysed sites, and how sure the model is of them."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QPointF, Qt, Signal
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QCheckBox, QComboBox, QHBoxLayout, QLabel, QSizePolicy, QVBoxLayout, QWidget

from negnn_gui.analysis.sites import SiteIndex, analysed
from negnn_gui.app.scene.colouring import INFO, Colouring
from negnn_gui.app.scene.colours import RGB, element_colours
from negnn_gui.app.views.embedding_map_legend import MapLegend
from negnn_gui.app.views.hover_card import HoverCard
from negnn_gui.app.views.moment_plots_charts import FloatArray, IntArray, element_boxes, stacked_bars
from negnn_gui.app.views.moment_plots_export import write_plotted_csv
from negnn_gui.app.views.moment_plots_plot import ChartPlot
from negnn_gui.app.views.plot_menu import PlotMenu
from negnn_gui.app.views.site_text import count_text
from negnn_gui.results import Analysis, MomentPrediction, SiteRef
from negnn_gui.structures.entry import StructureEntry

_NEARLY_NONE_MUB = 0.1
_EMPTY = "Open a structure and predict it:\nits moments are counted here."
_HISTOGRAM, _BY_ELEMENT, _WIDTHS = range(3)


class MomentPlots(QWidget):
    """Plots of predicted magnitudes; what is clicked becomes the selection.

    ``picked`` carries a ``frozenset[SiteRef]`` and "replace", "add" or "toggle".
    """

    picked = Signal(object, str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._selection: frozenset[SiteRef] = frozenset()
        self._scheme = "vesta"
        self._pairs: list[tuple[StructureEntry, Analysis]] = []
        self._index = SiteIndex({})
        self._elements: NDArray[np.object_] = np.empty(0, dtype=object)
        self._build()
        self._draw()

    # --- what to show -------------------------------------------------------------------------------

    def set_analyses(self, entries: Mapping[str, StructureEntry], analyses: Mapping[str, Analysis]) -> None:
        """Count the sites of all analysed entries."""
        self._pairs = analysed(entries, analyses)
        self._index = SiteIndex({entry.id: entry.n_sites for entry, _ in self._pairs})
        symbols = [symbol for entry, _ in self._pairs for symbol in entry.elements]
        self._elements = np.array(symbols, dtype=object)
        self._draw()

    def set_selection(self, selection: frozenset[SiteRef]) -> None:
        """Mark the selected sites in every bar and column."""
        self._selection = selection
        self._mark()

    def set_colouring(self, colouring: Colouring) -> None:
        """Take over the choice of element colours."""
        if colouring.scheme != self._scheme:
            self._scheme = colouring.scheme
            self._draw()

    # --- construction -------------------------------------------------------------------------------

    def _build(self) -> None:
        self.chart = QComboBox(self)
        self.chart.addItems(["Histogram", "By element", "Interval widths"])
        self.chart.setAccessibleName("Kind of plot")
        self.chart.setToolTip("What is plotted of the predicted moments (μB)")
        self.head = QComboBox(self)
        self.head.addItems(["DFT", "Experiment"])
        self.head.setAccessibleName("Calculated-like or measured-like moments")
        self.head.setToolTip("Moments as DFT gives them, or as they are measured (μB)")
        self.strong = QCheckBox("Above 0.1 μB", self)
        self.strong.setToolTip("Leave out sites that carry next to no moment")
        self.note = QLabel(self)
        self.note.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        self.note.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        self.plot = ChartPlot(self)
        self.plot.setAccessibleName("Moments")
        self.plot.setToolTip("Magnitudes in μB; a click on a bar selects its sites")
        self.legend = MapLegend(self)
        self.export = PlotMenu(
            self.plot,
            "moments",
            self._write_csv,
            lambda: bool(np.isfinite(self._values()[0]).any()),
            self.legend,
        )
        self.card = HoverCard(self.plot)
        self.message = QLabel(_EMPTY, self.plot)
        self.message.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.message.setWordWrap(True)
        self.message.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        for box in (self.chart, self.head):
            box.currentIndexChanged.connect(self._draw)
        self.strong.toggled.connect(self._draw)
        self.plot.chosen.connect(self._on_chosen)
        self.plot.pointed.connect(self._on_pointed)
        self.plot.restyled.connect(self._draw)
        self.legend.categories.hidden_changed.connect(self._draw)
        bar = QHBoxLayout()
        bar.setContentsMargins(4, 3, 8, 3)
        bar.setSpacing(8)
        for widget in (self.chart, self.head, self.strong):
            bar.addWidget(widget)
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

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Keep the message in the middle."""
        super().resizeEvent(event)
        self.message.setGeometry(self.plot.rect().adjusted(16, 16, -16, -16))

    # --- from data to bars --------------------------------------------------------------------------

    def _draw(self) -> None:
        self.card.hide()
        counts = dict(zip(*np.unique(self._elements.astype(str), return_counts=True), strict=True))
        colours = element_colours(counts, self._scheme)
        values, left_out = self._values()
        drawn = {name for name, finite in zip(self._elements, np.isfinite(values), strict=True) if finite}
        hidden = self.legend.categories.hidden_names
        self.legend.show_categories(
            {n: (c, int(counts[n])) for n, c in colours.items() if n in drawn | hidden}
        )
        self._draw_chart(values, colours)
        self._mark()
        self.plot.getPlotItem().showAxis("left", bool(drawn))
        self.plot.getPlotItem().showAxis("bottom", bool(drawn))
        empty = _EMPTY if not len(self._index) else "The model has no such data for these sites."
        self.message.setText(empty)
        self.message.setVisible(not drawn)
        self.note.setText(f"{count_text(left_out, 'site')} without data" if left_out else "")
        self.note.setToolTip(self.note.text())

    def _mark(self) -> None:
        self.plot.mark(self._index.mask(self._selection))

    def _draw_chart(self, values: FloatArray, colours: Mapping[str, RGB]) -> None:
        info = INFO["moment" if self.head.currentIndex() == 0 else "moment_exp"]
        order = list(colours)
        if self.chart.currentIndex() == _BY_ELEMENT:
            boxes = element_boxes(values, self._elements, order)
            self.plot.show_boxes(boxes, values, colours, info.label)
            return
        title = info.label
        if self.chart.currentIndex() == _WIDTHS:
            title = f"90 % interval width of {info.title} ({info.unit})"
        self.plot.show_bars(stacked_bars(values, self._elements, order), colours, title, info.unit)

    def _values(self) -> tuple[FloatArray, int]:
        """(N,) numbers to plot, NaN where there are none, and how many the model has no data for."""
        moment = self._joined("median")
        values = moment if self.chart.currentIndex() != _WIDTHS else self._joined("hi") - self._joined("lo")
        left_out = int((~np.isfinite(values)).sum())
        values = values.copy()
        if self.strong.isChecked():
            values[~(moment > _NEARLY_NONE_MUB)] = np.nan
        hidden = list(self.legend.categories.hidden_names)
        if hidden and len(values):
            values[np.isin(self._elements.astype(str), hidden)] = np.nan
        return values, left_out

    def _write_csv(self, path: Path) -> None:
        head = "moment" if self.head.currentIndex() == 0 else "moment_exp"
        what = "interval_width" if self.chart.currentIndex() == _WIDTHS else "pred"
        write_plotted_csv(path, self._pairs, self._values()[0], f"{head}_{what}_muB")

    def _joined(self, part: str) -> FloatArray:
        def moments(analysis: Analysis) -> MomentPrediction:
            return analysis.moment if self.head.currentIndex() == 0 else analysis.moment_exp

        parts = [getattr(moments(analysis), part) for _, analysis in self._pairs]
        return np.concatenate(parts) if parts else np.empty(0)

    # --- intents ------------------------------------------------------------------------------------

    def _on_chosen(self, rows: IntArray, modifiers: Qt.KeyboardModifier) -> None:
        kept = modifiers & (Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.ShiftModifier)
        if len(rows) or not kept:
            self.picked.emit(self._index.refs(rows), "add" if kept else "replace")

    def _on_pointed(self, title: str, text: str, place: QPointF) -> None:
        if title:
            self.card.show_at(place.toPoint(), title, [("", text)])
        else:
            self.card.hide()
