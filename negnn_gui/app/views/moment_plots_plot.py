"""The plot area of the moment plots: stacked bars or boxes with points, that answer to mouse and keys."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pyqtgraph as pg
from numpy.typing import NDArray
from PySide6.QtCore import QEvent, QPointF, Qt, Signal
from PySide6.QtGui import QColor, QKeyEvent, QMouseEvent
from PySide6.QtWidgets import QWidget

from negnn_gui.app.scene.colours import RGB
from negnn_gui.app.views.embedding_map_plot import nearest_within
from negnn_gui.app.views.embedding_map_points import FloatArray, PointsItem, opaque, transformed
from negnn_gui.app.views.moment_plots_charts import Bar, Box, IntArray, scattered
from negnn_gui.app.views.plot_style import bare_plot, plot_colours, style_plot
from negnn_gui.app.views.site_text import count_text

_REACH_PX = 7.0
_HALF_BOX = 0.36
_FEW_SITES = 6
Key = Qt.Key


class ChartPlot(pg.PlotWidget):
    """Bars or boxes that can be clicked.

    ``chosen`` carries rows of sites and the keyboard modifiers, ``pointed`` a title, a text and a place in
    pixels; the title is empty where there is nothing.
    """

    chosen = Signal(object, object)
    pointed = Signal(str, str, QPointF)
    restyled = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        bare_plot(self)
        self.setMouseEnabled(False, False)
        self.getPlotItem().layout.setContentsMargins(6, 4, 8, 4)
        self.setMouseTracking(True)
        self._bars: list[Bar] = []
        self._boxes: list[Box] = []
        self._points: FloatArray = np.empty((0, 2))
        self._point_rows: IntArray = np.empty(0, dtype=np.int64)
        self._tints: NDArray[np.uint8] = np.empty((0, 3), dtype=np.uint8)
        self._mark: pg.GraphicsObject | None = None
        self._cursor = -1
        self._drawn: list[pg.GraphicsObject] = []
        self._unit = ""
        self.follow_palette()

    # --- drawing ------------------------------------------------------------------------------------

    def show_bars(self, bars: Sequence[Bar], colours: Mapping[str, RGB], title: str, unit: str) -> None:
        """Draw a stacked histogram."""
        self._clear()
        self._bars, self._unit = list(bars), unit
        look = plot_colours(self.palette())
        for name in dict.fromkeys(bar.name for bar in bars):
            self._add_bars([bar for bar in bars if bar.name == name], colours[name], look.text)
        self.setLabel("bottom", title)
        self.setLabel("left", "Sites")
        self.getAxis("bottom").setTicks(None)
        right = max((bar.hi for bar in bars), default=1.0)
        top = max((bar.top for bar in bars), default=1)
        # Sites come whole: left alone, a short axis would be divided into halves and fifths of one.
        whole = [(count, str(count)) for count in range(top + 1)]
        self.getAxis("left").setTicks([whole] if top <= _FEW_SITES else None)
        self.setRange(xRange=(0, right), yRange=(0, 1.05 * top), padding=0.01)

    def show_boxes(
        self, boxes: Sequence[Box], values: FloatArray, colours: Mapping[str, RGB], title: str
    ) -> None:
        """Draw a column of points with a box for each element."""
        self._clear()
        self._boxes = list(boxes)
        look = plot_colours(self.palette())
        for box in boxes:
            column = np.column_stack([box.place + scattered(len(box.rows)), values[box.rows]])
            tint = np.tile(np.array(colours[box.name], dtype=np.uint8), (len(box.rows), 1))
            self._points = np.concatenate([self._points, column])
            self._point_rows = np.concatenate([self._point_rows, box.rows])
            self._tints = np.concatenate([self._tints, tint])
            self._add_box(box, look.text)
        edge = QColor(look.text)
        edge.setAlpha(120)
        everything = np.ones(len(self._points), dtype=np.bool_)
        self._add(self._points_item(7.0, 1.0, edge, everything), 3)
        self.setLabel("bottom", "Element")
        self.setLabel("left", title)
        self.getAxis("left").setTicks(None)
        self.getAxis("bottom").setTicks([[(box.place, box.name) for box in boxes]])
        top = float(self._points[:, 1].max()) if len(self._points) else 1.0
        self.setRange(xRange=(-0.6, max(len(boxes) - 0.4, 0.6)), yRange=(0, 1.05 * top + 0.01), padding=0.01)

    def mark(self, selected: NDArray[np.bool_]) -> None:
        """Mark the selected of all (N,) sites: their share of each bar from below, or their points."""
        if self._mark is not None:
            self.removeItem(self._mark)
            self._mark = None
        if self._bars:
            self._mark = self._selected_shares(selected)
        elif self._boxes:
            accent = plot_colours(self.palette()).accent
            self._mark = self._points_item(9.0, 2.0, accent, selected[self._point_rows])
        if self._mark is not None:
            self._mark.setZValue(5)
            self.addItem(self._mark)

    def _clear(self) -> None:
        for item in self._drawn:
            self.removeItem(item)
        self._drawn, self._bars, self._boxes = [], [], []
        self._points, self._point_rows = np.empty((0, 2)), np.empty(0, dtype=np.int64)
        self._tints = np.empty((0, 3), dtype=np.uint8)
        self._cursor = -1

    def _add(self, item: pg.GraphicsObject, level: int) -> None:
        item.setZValue(level)
        self.addItem(item)
        self._drawn.append(item)

    def _add_bars(self, bars: Sequence[Bar], colour: RGB, edge: QColor) -> None:
        outline = QColor(edge)
        outline.setAlpha(110)
        self._add(
            pg.BarGraphItem(
                x0=[bar.lo for bar in bars],
                x1=[bar.hi for bar in bars],
                y0=[bar.bottom for bar in bars],
                y1=[bar.top for bar in bars],
                brush=pg.mkBrush(*colour),
                pen=pg.mkPen(outline, width=1),
            ),
            1,
        )

    def _selected_shares(self, selected: NDArray[np.bool_]) -> pg.GraphicsObject | None:
        shares = [(bar, int(selected[bar.rows].sum())) for bar in self._bars]
        shares = [(bar, count) for bar, count in shares if count]
        if not shares:
            return None
        accent = plot_colours(self.palette()).accent
        fill = QColor(accent)
        fill.setAlpha(150)
        return pg.BarGraphItem(
            x0=[bar.lo for bar, _ in shares],
            x1=[bar.hi for bar, _ in shares],
            y0=[bar.bottom for bar, _ in shares],
            y1=[bar.bottom + count for bar, count in shares],
            brush=pg.mkBrush(fill),
            pen=pg.mkPen(accent, width=2),
        )

    def _points_item(
        self, size: float, width: float, outline: QColor, wanted: NDArray[np.bool_]
    ) -> PointsItem:
        item = PointsItem(size, width)
        item.set_look(outline=outline)
        item.set_points(self._points[wanted], opaque(self._tints[wanted]))
        return item

    def _add_box(self, box: Box, colour: QColor) -> None:
        low, first, median, third, high = box.quantiles.tolist()
        left, right = box.place - _HALF_BOX, box.place + _HALF_BOX
        x = [left, right, right, left, left, np.nan, left, right, np.nan]
        y = [first, first, third, third, first, np.nan, median, median, np.nan]
        x += [box.place, box.place, np.nan, box.place, box.place]
        y += [low, first, np.nan, third, high]
        self._add(
            pg.PlotCurveItem(np.array(x), np.array(y), pen=pg.mkPen(colour, width=1.5), connect="finite"), 4
        )

    def follow_palette(self) -> None:
        """Take the colours of the palette."""
        style_plot(self, plot_colours(self.palette()), self.font())

    def changeEvent(self, event: QEvent) -> None:
        """Follow light, dark and font; ``restyled`` asks for what is drawn to be drawn again."""
        super().changeEvent(event)
        # pyqtgraph changes the palette while it is being made.
        if event.type() in (QEvent.Type.PaletteChange, QEvent.Type.FontChange) and hasattr(self, "_drawn"):
            self.follow_palette()
            self.restyled.emit()

    # --- intents ------------------------------------------------------------------------------------

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Choose what is under the mouse."""
        self.setFocus(Qt.FocusReason.MouseFocusReason)
        if event.button() == Qt.MouseButton.LeftButton:
            rows, _ = self._under(event.position())
            if rows is not None:
                self.chosen.emit(rows, event.modifiers())
        event.accept()

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        """A press has chosen already."""
        event.accept()

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Say what is under the mouse."""
        _, part = self._under(event.position())
        self._point_at(part, event.position())
        event.accept()

    def leaveEvent(self, event: QEvent) -> None:
        """Nothing is under the mouse."""
        super().leaveEvent(event)
        self.pointed.emit("", "", QPointF())

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Arrows go from bar to bar, Enter or space chooses."""
        parts: Sequence[Bar | Box] = self._bars or self._boxes
        key = event.key()
        if not parts or key not in (
            Key.Key_Left,
            Key.Key_Right,
            Key.Key_Return,
            Key.Key_Enter,
            Key.Key_Space,
        ):
            super().keyPressEvent(event)
            return
        if key in (Key.Key_Left, Key.Key_Right):
            step = 1 if key == Key.Key_Right else -1
            self._cursor = (self._cursor + step) % len(parts) if self._cursor >= 0 else 0
            part = parts[self._cursor]
            self._point_at(part, self._centre(part))
        elif self._cursor >= 0:
            self.chosen.emit(parts[self._cursor].rows, event.modifiers())
        event.accept()

    def _under(self, place: QPointF) -> tuple[IntArray | None, Bar | Box | None]:
        """Rows of the sites under a place in pixels (None outside the axes), and the bar or box there."""
        nothing = np.empty(0, dtype=np.int64)
        view, scene = self.getViewBox(), self.mapToScene(place.toPoint())
        if not view.sceneBoundingRect().contains(scene) or not (self._bars or self._boxes):
            return None, None
        point = view.mapSceneToView(scene)
        for bar in self._bars:
            if bar.lo <= point.x() < bar.hi and bar.bottom <= point.y() < bar.top:
                return bar.rows, bar
        found = nearest_within(place, self._to_pixels(self._points), _REACH_PX)
        for box in self._boxes:
            if abs(point.x() - box.place) < 0.5:
                return (box.rows if found is None else self._point_rows[[found]]), box
        return nothing, None

    def _point_at(self, part: Bar | Box | None, place: QPointF) -> None:
        if isinstance(part, Bar):
            self.pointed.emit(part.name, f"{part.lo:g} to {part.hi:g} {self._unit}: {_sites(part)}", place)
        elif isinstance(part, Box):
            low, _, median, _, high = part.quantiles
            spread = f"median {median:.2f} μB, 90 % within {low:.2f} to {high:.2f} μB"
            self.pointed.emit(part.name, f"{_sites(part)}, {spread}", place)
        else:
            self.pointed.emit("", "", place)

    def _centre(self, part: Bar | Box) -> QPointF:
        if isinstance(part, Bar):
            point = [0.5 * (part.lo + part.hi), 0.5 * (part.bottom + part.top)]
        else:
            point = [float(part.place), float(part.quantiles[2])]
        x, y = self._to_pixels(np.array([point]))[0]
        return QPointF(x, y)

    def _to_pixels(self, xy: FloatArray) -> FloatArray:
        view = self.getViewBox()
        return transformed(xy, view.childTransform() * view.sceneTransform() * self.viewportTransform())


def _sites(part: Bar | Box) -> str:
    return count_text(len(part.rows), "site")
