"""The plot area of the embedding map: layers of points, gestures, zoom and keys."""

from __future__ import annotations

from enum import Enum

import numpy as np
import pyqtgraph as pg
from numpy.typing import NDArray
from PySide6.QtCore import QEvent, QPointF, QRectF, Qt, Signal
from PySide6.QtGui import QColor, QKeyEvent, QMouseEvent, QPainter, QPen, QPolygonF, QResizeEvent
from PySide6.QtWidgets import QApplication, QWidget

from negnn_gui.app.views.embedding_map_points import FloatArray, PointsItem, transformed
from negnn_gui.app.views.plot_style import bare_plot, plot_colours, style_plot

_MARGIN = 0.06
_ZOOM_STEP = 0.8
# Below that much room, in pixels, there are points instead of axes.
_LEAST_FOR_AXES = (190, 130)
_BESIDE_TITLE = 44
Modifier = Qt.KeyboardModifier
Key = Qt.Key


class Tool(Enum):
    """What dragging with the left button does."""

    LASSO = "Lasso"
    RECTANGLE = "Rectangle"
    PAN = "Pan"


class MapPlot(pg.PlotWidget):
    """Scatter plot with lasso, rectangle, pan, wheel zoom and keys.

    ``clicked`` carries the place in pixels and the keyboard modifiers, ``outlined`` a closed polygon in
    pixels and the modifiers, ``pointed`` the place of the mouse in pixels or None when it left, ``stepped``
    +1 or -1 when the keyboard asks for the next or previous point, ``activated`` the modifiers when it
    chooses that point.
    """

    clicked = Signal(QPointF, object)
    outlined = Signal(QPolygonF, object)
    pointed = Signal(object)
    stepped = Signal(int)
    activated = Signal(object)
    cleared = Signal()
    view_changed = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.tool = Tool.LASSO
        self._press: QPointF | None = None
        self._last = QPointF()
        self._trail: list[QPointF] = []
        self._bounds = QRectF(-1.0, -1.0, 2.0, 2.0)
        self._titles = {"bottom": "", "left": ""}
        self._axes_wanted = True
        self.setMouseTracking(True)
        bare_plot(self)
        self.getViewBox().disableAutoRange()
        self.getPlotItem().layout.setContentsMargins(6, 4, 6, 4)
        self.known_points = PointsItem(4.0)
        self.site_points = PointsItem(9.0, 1.0)
        self.marked_points = PointsItem(11.0, 2.0)
        self.selected_points = PointsItem(12.0, 2.5)
        self.hover_point = PointsItem(16.0, 1.5)
        self.point_layers = (self.known_points, self.site_points, self.marked_points, self.selected_points)
        self.density_image = pg.ImageItem()
        for level, item in enumerate(
            (
                self.known_points,
                self.density_image,
                self.site_points,
                self.marked_points,
                self.selected_points,
                self.hover_point,
            )
        ):
            item.setZValue(10 + level)
            self.addItem(item)
        self.getViewBox().sigTransformChanged.connect(self._on_transform)
        self.follow_palette()

    # --- coordinates --------------------------------------------------------------------------------

    def to_pixels(self, xy: FloatArray) -> FloatArray:
        """(N, 2) places of the map in pixels of this widget."""
        view = self.getViewBox()
        return transformed(xy, view.childTransform() * view.sceneTransform() * self.viewportTransform())

    def set_bounds(self, xy: FloatArray) -> None:
        """Remember the extent of the points, for "show all"."""
        known = xy[np.isfinite(xy).all(axis=1)]
        if not len(known):
            self._bounds = QRectF(-1.0, -1.0, 2.0, 2.0)
            return
        low, high = known.min(axis=0), known.max(axis=0)
        size = np.where(high - low > 1e-9, high - low, 1.0)
        low = np.where(high - low > 1e-9, low, low - 0.5)
        self._bounds = QRectF(low[0], low[1], size[0], size[1])

    def view_of_all(self) -> QRectF:
        """The extent of the points with a margin."""
        across, down = _MARGIN * self._bounds.width(), _MARGIN * self._bounds.height()
        return self._bounds.adjusted(-across, -down, across, down)

    def show_all(self) -> None:
        """Zoom to the extent of the points."""
        self.getViewBox().setRange(self.view_of_all(), padding=0, disableAutoRange=True)

    def set_axes_visible(self, visible: bool) -> None:
        """Show or hide both axes (there is nothing to read on an empty map)."""
        self._axes_wanted = visible
        self._fit_axes()

    def set_titles(self, bottom: str, left: str) -> None:
        """What the axes mean; a title that has no room is left out."""
        self._titles = {"bottom": bottom, "left": left}
        for name, title in self._titles.items():
            self.setLabel(name, title)
        self._fit_axes()

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Leave out what has no room."""
        super().resizeEvent(event)
        if hasattr(self, "hover_point") and self.getPlotItem() is not None:  # not while it is made or closed
            self._fit_axes()

    def _fit_axes(self) -> None:
        roomy = self.width() >= _LEAST_FOR_AXES[0] and self.height() >= _LEAST_FOR_AXES[1]
        room = {"bottom": self.width(), "left": self.height()}
        for name, title in self._titles.items():
            self.getPlotItem().showAxis(name, self._axes_wanted and roomy)
            axis = self.getAxis(name)
            needed = self.fontMetrics().horizontalAdvance(title) + _BESIDE_TITLE
            axis.showLabel(bool(title) and needed <= room[name])
            axis.resizeEvent()  # pyqtgraph centres a title only then

    # --- look ---------------------------------------------------------------------------------------

    def follow_palette(self) -> None:
        """Take the colours of the palette."""
        colours = plot_colours(self.palette())
        style_plot(self, colours, self.font())
        edge = QColor(colours.text)
        edge.setAlpha(150)  # light elements have to stand out on a light ground, dark ones on a dark ground
        self.site_points.set_look(outline=edge)
        self.selected_points.set_look(outline=colours.accent)
        self.marked_points.set_look(outline=colours.text, filled=False)
        self.hover_point.set_look(outline=colours.text, filled=False)
        self.viewport().update()

    def changeEvent(self, event: QEvent) -> None:
        """Follow light, dark and font."""
        super().changeEvent(event)
        if event.type() in (QEvent.Type.PaletteChange, QEvent.Type.FontChange) and hasattr(
            self, "hover_point"
        ):
            self.follow_palette()

    def drawForeground(self, painter: QPainter, rect: QRectF | object) -> None:
        """Draw the outline that is being dragged."""
        super().drawForeground(painter, rect)
        if len(self._trail) < 2 or self.tool is Tool.PAN:
            return
        accent = plot_colours(self.palette()).accent
        fill = QColor(accent)
        fill.setAlpha(40)
        painter.save()
        painter.resetTransform()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(QPen(accent, 1.5, Qt.PenStyle.DashLine))
        painter.setBrush(fill)
        painter.drawPolygon(self._outline())
        painter.restore()

    # --- mouse --------------------------------------------------------------------------------------

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Begin a click or a drag."""
        if event.button() != Qt.MouseButton.LeftButton:
            super().mousePressEvent(event)
            return
        self.setFocus(Qt.FocusReason.MouseFocusReason)
        self._press = self._last = event.position()
        self._trail = []
        event.accept()

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Drag, or point."""
        place = event.position()
        if self._press is None:
            super().mouseMoveEvent(event)
            self.pointed.emit(place if not event.buttons() else None)
            return
        if not self._trail and (place - self._press).manhattanLength() < QApplication.startDragDistance():
            return
        if not self._trail:
            self._trail = [self._press]
            self.pointed.emit(None)
        self._trail.append(place)
        if self.tool is Tool.PAN:
            self._pan(place - self._last)
        self._last = place
        self.viewport().update()
        event.accept()

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        """End a click or a drag."""
        if event.button() != Qt.MouseButton.LeftButton or self._press is None:
            super().mouseReleaseEvent(event)
            return
        trail, self._press = self._trail, None
        if not trail:
            self.clicked.emit(event.position(), event.modifiers())
        elif self.tool is not Tool.PAN:
            self.outlined.emit(self._outline(), event.modifiers())
        self._trail = []
        self.viewport().update()
        event.accept()

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        """Show all."""
        if event.button() == Qt.MouseButton.LeftButton:
            self.show_all()
            event.accept()

    def leaveEvent(self, event: QEvent) -> None:
        """Point at nothing."""
        super().leaveEvent(event)
        self.pointed.emit(None)

    # --- keys ---------------------------------------------------------------------------------------

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Arrows go from point to point, Enter chooses, + and - zoom, = or Home shows all, Escape clears."""
        key = event.key()
        if key in (Key.Key_Right, Key.Key_Down):
            self.stepped.emit(1)
        elif key in (Key.Key_Left, Key.Key_Up):
            self.stepped.emit(-1)
        elif key in (Key.Key_Return, Key.Key_Enter, Key.Key_Space):
            self.activated.emit(event.modifiers())
        elif key in (Key.Key_Equal, Key.Key_Home):
            self.show_all()
        elif key == Key.Key_Plus:
            self._zoom(_ZOOM_STEP)
        elif key == Key.Key_Minus:
            self._zoom(1.0 / _ZOOM_STEP)
        elif key == Key.Key_Escape:
            if self._press is None:
                self.cleared.emit()
            self._press, self._trail = None, []
            self.viewport().update()
        else:
            super().keyPressEvent(event)
            return
        event.accept()

    def _zoom(self, factor: float) -> None:
        self.getViewBox().scaleBy((factor, factor))

    def _pan(self, step: QPointF) -> None:
        width, height = self.getViewBox().viewPixelSize()
        self.getViewBox().translateBy(x=-step.x() * width, y=step.y() * height)

    def _on_transform(self) -> None:
        self.view_changed.emit()

    def _outline(self) -> QPolygonF:
        if self.tool is Tool.RECTANGLE:
            return QPolygonF(QRectF(self._trail[0], self._trail[-1]).normalized())
        return QPolygonF(self._trail)


def inside(polygon: QPolygonF, pixels: FloatArray) -> NDArray[np.bool_]:
    """Which of (N, 2) points lie inside a closed polygon (odd-even rule)."""
    corners = np.array([(corner.x(), corner.y()) for corner in polygon.toList()])
    within = np.zeros(len(pixels), dtype=np.bool_)
    box = np.isfinite(pixels).all(axis=1)
    box &= ((pixels >= corners.min(axis=0)) & (pixels <= corners.max(axis=0))).all(axis=1)
    candidates = np.flatnonzero(box)
    x, y = pixels[candidates].T
    odd = np.zeros(len(candidates), dtype=np.bool_)
    previous = corners[-1]
    for corner in corners:
        crosses = (corner[1] > y) != (previous[1] > y)
        if crosses.any():
            slope = (previous[0] - corner[0]) / (previous[1] - corner[1]) if previous[1] != corner[1] else 0.0
            odd ^= crosses & (x < slope * (y - corner[1]) + corner[0])
        previous = corner
    within[candidates] = odd
    return within


def nearest_within(place: QPointF, pixels: FloatArray, reach: float) -> int | None:
    """Row of the point nearest to a place within ``reach`` pixels; of equally near ones the topmost."""
    if not len(pixels):
        return None
    square = (pixels[:, 0] - place.x()) ** 2 + (pixels[:, 1] - place.y()) ** 2
    square[~np.isfinite(square)] = np.inf
    row = len(square) - 1 - int(np.argmin(square[::-1]))
    return row if square[row] <= reach**2 else None
