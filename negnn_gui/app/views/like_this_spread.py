"""A strip that shows the known moments of like sites beside the predicted interval."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QPainter, QPaintEvent, QPalette, QPen
from PySide6.QtWidgets import QSizePolicy, QWidget

from negnn_gui.app.scene.colouring import tick_values
from negnn_gui.app.views.plot_style import plot_colours

_DOT = 3.5
_LEFT = 78.0
_RIGHT = 14.0


class MomentSpread(QWidget):
    """Two lines over one axis in μB: dots for the like sites, a bar with a mark for the prediction."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._known: NDArray[np.float64] = np.empty(0)
        self._predicted: tuple[float, float, float] = (np.nan, np.nan, np.nan)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)

    def sizeHint(self) -> QSize:
        """Three lines of text high."""
        return QSize(240, 3 * self.fontMetrics().height() + 12)

    def show_moments(self, known: NDArray[np.float64], median: float, lo: float, hi: float) -> None:
        """Show (k,) known moments and a prediction with its interval, μB; NaN is left out."""
        self._known = known[np.isfinite(known)]
        self._predicted = median, lo, hi
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw both lines and the axis."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        look, height = plot_colours(self.palette()), self.fontMetrics().height()
        predicted = np.array(self._predicted)
        largest = float(np.nanmax(np.concatenate([self._known, predicted[np.isfinite(predicted)], [0.5]])))
        ticks = tick_values(0.0, 1.05 * largest)
        rows = [4 + 0.5 * height, 6 + 1.5 * height]
        painter.setPen(self.palette().color(QPalette.ColorRole.WindowText))
        for y, text in zip(rows, ("like sites", "predicted"), strict=True):
            painter.drawText(
                QRectF(6, y - height, _LEFT - 12, 2 * height), Qt.AlignmentFlag.AlignVCenter, text
            )
        self._draw_axis(painter, ticks, 1.05 * largest, look.line)
        dot = QColor(look.text)
        dot.setAlpha(120)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(dot)
        for moment in self._known.tolist():
            painter.drawEllipse(QPointF(self._x(moment, 1.05 * largest), rows[0]), _DOT, _DOT)
        self._draw_prediction(painter, rows[1], 1.05 * largest, look.accent)
        painter.end()

    def _draw_axis(self, painter: QPainter, ticks: list[float], largest: float, line: QColor) -> None:
        metrics = self.fontMetrics()
        y = 2.0 * metrics.height() + 8
        text = self.palette().color(QPalette.ColorRole.WindowText)
        for tick in ticks:
            x = self._x(tick, largest)
            painter.setPen(QPen(line, 1))
            painter.drawLine(QPointF(x, 2), QPointF(x, y))
            painter.setPen(text)
            label = f"{tick:g}" + (" μB" if tick == ticks[-1] else "")
            place = min(
                x - 0.5 * metrics.horizontalAdvance(f"{tick:g}"),
                self.width() - metrics.horizontalAdvance(label) - 2,
            )
            painter.drawText(QPointF(place, y + metrics.ascent()), label)

    def _draw_prediction(self, painter: QPainter, y: float, largest: float, accent: QColor) -> None:
        median, lo, hi = self._predicted
        if np.isfinite(lo) and np.isfinite(hi):
            painter.setPen(QPen(accent, 4, Qt.PenStyle.SolidLine, Qt.PenCapStyle.FlatCap))
            painter.drawLine(QPointF(self._x(lo, largest), y), QPointF(self._x(hi, largest), y))
        if np.isfinite(median):
            painter.setPen(QPen(self.palette().color(QPalette.ColorRole.WindowText), 2))
            x = self._x(median, largest)
            painter.drawLine(QPointF(x, y - 6), QPointF(x, y + 6))

    def _x(self, moment: float, largest: float) -> float:
        return _LEFT + (self.width() - _LEFT - _RIGHT) * moment / largest
