"""Two charts over the levels: how far neighbours agree with a site, and how their moments spread."""

from __future__ import annotations

import numpy as np
import pyqtgraph as pg
from PySide6.QtCore import QEvent, Qt
from PySide6.QtGui import QColor, QPalette
from PySide6.QtWidgets import QHBoxLayout, QLabel, QVBoxLayout, QWidget

from negnn_gui.analysis.level_neighbours import LevelNeighbours
from negnn_gui.app.scene.colours import category_colours
from negnn_gui.app.views.plot_style import bare_plot, plot_colours, style_plot

_SHARES = (
    ("same element", "same_element", "o", "●"),
    ("same motif", "same_motif", "s", "■"),
    ("kept", "kept", "t", "▼"),
)


class LevelChart(QWidget):
    """Shares (0 to 1) at the left, known abs(m) of the neighbours (μB) beside the prediction at the right."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._found: LevelNeighbours | None = None
        self._predicted = float("nan")
        self.shares, self.moments = pg.PlotWidget(self), pg.PlotWidget(self)
        self._keys = {self.shares: QLabel(self), self.moments: QLabel(self)}
        layout = QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        for plot, name in (
            (self.shares, "Share of the nearest known sites, by level"),
            (self.moments, "Moments of the nearest known sites, by level"),
        ):
            bare_plot(plot)
            plot.setMouseEnabled(False, False)
            plot.setAccessibleName(name)
            plot.getPlotItem().layout.setContentsMargins(6, 4, 8, 4)
            # right clicks belong to the panel, which offers to save both charts together
            plot.setContextMenuPolicy(Qt.ContextMenuPolicy.NoContextMenu)
            key = self._keys[plot]
            key.setAlignment(Qt.AlignmentFlag.AlignCenter)
            key.setWordWrap(True)
            column = QVBoxLayout()
            column.setSpacing(0)
            column.addWidget(key)
            column.addWidget(plot, 1)
            layout.addLayout(column, 1)
        self.setAutoFillBackground(True)
        self.setBackgroundRole(QPalette.ColorRole.Base)

    def show_levels(self, found: LevelNeighbours | None, predicted: float) -> None:
        """Draw the neighbours of a site; ``predicted`` is its abs(m) in μB, NaN for none."""
        self._found, self._predicted = found, predicted
        self._draw()

    def _draw(self) -> None:
        colours = plot_colours(self.palette())
        for plot in (self.shares, self.moments):
            plot.clear()
            style_plot(plot, colours, self.font())
            plot.setLabel("bottom", "level")
            # pyqtgraph measures with its own font: in ours the label would lie on the numbers
            plot.getAxis("bottom").setHeight(int(2.6 * self.fontMetrics().height()))
        found = self._found
        if found is None:
            return
        levels = np.arange(found.n_levels)
        tints = category_colours(len(_SHARES)).tolist()
        self._entitle(
            self.shares,
            [(mark, QColor(*tint), name) for (name, *_, mark), tint in zip(_SHARES, tints, strict=True)],
        )
        for (_, attribute, symbol, _), tint in zip(_SHARES, tints, strict=True):
            values = getattr(found, attribute)
            known = np.isfinite(values)
            if known.any():
                self.shares.plot(
                    levels[known], values[known], pen=pg.mkPen(QColor(*tint), width=2),
                    symbol=symbol, symbolSize=7, symbolBrush=QColor(*tint), symbolPen=None,
                )  # fmt: skip
        self.shares.setLabel("left", "share")
        self.shares.setRange(xRange=(-0.2, levels[-1] + 0.2), yRange=(0, 1), padding=0.04)
        self._draw_moments(found, levels)

    def _draw_moments(self, found: LevelNeighbours, levels: np.ndarray) -> None:
        colours = plot_colours(self.palette())
        known = np.isfinite(found.median)
        marks = [("●", colours.text, "median"), ("│", colours.faint, "all")]
        if np.isfinite(self._predicted):
            marks.append(("╌", colours.accent, "predicted"))
        self._entitle(self.moments, marks)
        self.moments.setLabel("left", "abs(m) (μB)")
        if known.any():
            middle = found.median[known]
            bars = pg.ErrorBarItem(
                x=levels[known], y=middle, top=found.highest[known] - middle,
                bottom=middle - found.lowest[known], beam=0.15, pen=pg.mkPen(colours.faint, width=1.5),
            )  # fmt: skip
            self.moments.addItem(bars)
            self.moments.plot(
                levels[known], middle, pen=pg.mkPen(colours.text, width=2), symbol="o", symbolSize=7,
                symbolBrush=colours.text, symbolPen=None,
            )  # fmt: skip
        highest = float(np.nanmax([*found.highest[known], self._predicted, 0.5]))
        if np.isfinite(self._predicted):
            dashes = pg.mkPen(colours.accent, width=2, style=Qt.PenStyle.DashLine)
            self.moments.addItem(pg.InfiniteLine(self._predicted, angle=0, pen=dashes))
        self.moments.setRange(xRange=(-0.2, levels[-1] + 0.2), yRange=(0, 1.06 * highest), padding=0.02)

    def _entitle(self, plot: pg.PlotWidget, marks: list[tuple[str, QColor, str]]) -> None:
        """What marks mean, above the chart: inside it curves would run through the words."""
        words = [
            f"<span style='color:{colour.name()}'>{mark}</span>&nbsp;{name.replace(' ', '&nbsp;')}"
            for mark, colour, name in marks
        ]
        self._keys[plot].setText(" &nbsp; ".join(words))

    def changeEvent(self, event: QEvent) -> None:
        """Draw again in the colours of the palette."""
        super().changeEvent(event)
        if event.type() == QEvent.Type.PaletteChange and hasattr(self, "moments"):
            self._draw()
