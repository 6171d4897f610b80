"""Tens of thousands of round points, drawn from a strip of ready-made discs in one call of the painter."""

from __future__ import annotations

from typing import cast

import numpy as np
import pyqtgraph as pg
import shiboken6
from numpy.typing import NDArray
from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QPaintEngine, QPainter, QPen, QPixmap, QTransform
from PySide6.QtWidgets import QStyleOptionGraphicsItem, QWidget

FloatArray = NDArray[np.float64]
ColourArray = NDArray[np.uint8]

_MAX_COLOURS = 512
_FEW = 12_000  # so many discs take a painter without graphics card about 12 ms
_COARSER = np.array([1.0, 1.5, 2.0, 3.0, 4.0])
_FADED = 150
_VECTOR = (QPaintEngine.Type.SVG, QPaintEngine.Type.Pdf)


class PointsItem(pg.GraphicsObject):
    """Discs of one size in many colours; later points lie on top.

    Parameters
    ----------
    diameter : float
        Width of a disc in device-independent pixels, with its outline.
    outline_width : float
        0 draws no outline.
    """

    def __init__(self, diameter: float, outline_width: float = 0.0) -> None:
        super().__init__()
        self._diameter = diameter
        self._outline_width = outline_width
        self._outline = QColor(0, 0, 0)
        self._filled = True
        self._xy: FloatArray = np.empty((0, 2))
        self._colour_of: NDArray[np.int64] = np.empty(0, dtype=np.int64)
        self._colours: ColourArray = np.empty((0, 4), dtype=np.uint8)
        self._faded: NDArray[np.bool_] | None = None
        self._scales: FloatArray | None = None
        self._hurried = False
        self._strip: QPixmap | None = None
        self._strip_ratio = 0.0

    @property
    def xy(self) -> FloatArray:
        """(N, 2) places in the coordinates of the view."""
        return self._xy

    def set_look(self, *, outline: QColor, filled: bool = True) -> None:
        """Colour of the outline; ``filled`` False draws rings."""
        self._outline, self._filled = outline, filled
        self._strip = None
        self.update()

    def set_points(self, xy: FloatArray, colours: ColourArray) -> None:
        """Show (N, 2) places in (N, 4) colours, red green blue alpha."""
        packed = np.ascontiguousarray(colours, dtype=np.uint8).reshape(-1, 4).view(np.uint32).ravel()
        distinct, colour_of = np.unique(packed, return_inverse=True)
        if len(distinct) > _MAX_COLOURS:
            # A continuous colour map: steps of eight in each channel cannot be told apart on a dot.
            coarse = (np.asarray(colours, dtype=np.uint8) & 0xF8) | 4
            packed = np.ascontiguousarray(coarse).view(np.uint32).ravel()
            distinct, colour_of = np.unique(packed, return_inverse=True)
        table = distinct.view(np.uint8).reshape(-1, 4)
        if not np.array_equal(table, self._colours):
            self._colours, self._strip = table, None
        self._colour_of, self._faded, self._scales = colour_of.astype(np.int64), None, None
        self.move_points(xy)

    def move_points(self, xy: FloatArray) -> None:
        """Put the same points in other places."""
        self._xy = np.ascontiguousarray(xy, dtype=np.float64).reshape(-1, 2)
        self.update()

    def set_faded(self, faded: NDArray[np.bool_] | None) -> None:
        """Let (N,) points step back behind the others, or none."""
        self._faded = faded
        self.update()

    def set_scales(self, scales: FloatArray | None) -> None:
        """Give each of (N,) points a diameter of its own, in units of the usual one; None for all alike."""
        self._scales = scales
        self.update()

    def set_hurried(self, hurried: bool) -> None:
        """Leave out discs that lie under others where very many are in view: the view is moving."""
        if self._hurried and not hurried and len(self._xy) > _FEW:
            self.update()
        self._hurried = hurried

    def clear(self) -> None:
        """Show nothing."""
        self.set_points(np.empty((0, 2)), np.empty((0, 4), dtype=np.uint8))

    def boundingRect(self) -> QRectF:
        """All that is in view: discs are sized in pixels, so no rectangle in data coordinates holds them."""
        return QRectF(self.viewRect() or QRectF())

    def viewTransformChanged(self) -> None:
        """Follow pan and zoom."""
        self.prepareGeometryChange()
        super().viewTransformChanged()

    def paint(
        self, painter: QPainter, option: QStyleOptionGraphicsItem, widget: QWidget | None = None
    ) -> None:
        """Draw the discs that are in view."""
        if not len(self._xy):
            return
        if painter.paintEngine().type() in _VECTOR:
            self._paint_outlines(painter)
            return
        ratio = painter.device().devicePixelRatioF()
        if self._strip is None or ratio != self._strip_ratio:
            self._strip, self._strip_ratio = self._draw_strip(ratio), ratio
        transform = painter.worldTransform()
        pixels = transformed(self._xy, transform)
        area = transform.mapRect(self.boundingRect())
        margin = self._diameter
        seen = (
            (pixels[:, 0] > area.left() - margin)
            & (pixels[:, 0] < area.right() + margin)
            & (pixels[:, 1] > area.top() - margin)
            & (pixels[:, 1] < area.bottom() + margin)
        )
        shown = np.flatnonzero(seen)
        if not len(shown):
            return
        under: NDArray[np.int64] | None = None
        if self._hurried and len(shown) > _FEW:
            # counted from the origin of the data, so that panning does not change which ones are drawn
            x, y = pixels[shown, 0] - transform.dx(), pixels[shown, 1] - transform.dy()
            top, under = topmost(x, y, self._diameter / 3, _FEW)
            shown = shown[top]
        cell = self._cell(ratio)
        # Memory layout of QPainter.PixmapFragment: x, y, source rectangle, scale, rotation, opacity.
        fragments = np.empty((len(shown), 10))
        fragments[:, 0:2] = pixels[shown]
        fragments[:, 2] = self._colour_of[shown] * cell
        if self._faded is not None:
            fragments[:, 2] += self._faded[shown] * (cell * len(self._colours))
        fragments[:, 3:9] = [0.0, cell, cell, 1.0 / ratio, 1.0 / ratio, 0.0]
        fragments[:, 9] = 1.0 if self._outline_width else self._opacity_of(shown, under)
        if self._scales is not None:
            fragments[:, 6:8] *= self._scales[shown, None]
        first = cast(
            QPainter.PixmapFragment,
            shiboken6.wrapInstance(fragments.ctypes.data, QPainter.PixmapFragment),
        )
        painter.save()
        painter.setWorldTransform(QTransform())
        painter.drawPixmapFragments(first, len(shown), self._strip)
        painter.restore()

    def _paint_outlines(self, painter: QPainter) -> None:
        """Draw the discs one by one: a picture of each would make a vector file large and coarse."""
        view = painter.worldTransform().mapRect(self.boundingRect())
        width = self._outline_width
        painter.save()
        pixels = transformed(self._xy, painter.worldTransform())
        painter.setWorldTransform(QTransform())
        painter.setPen(QPen(self._outline, width) if width else Qt.PenStyle.NoPen)
        radius = 0.5 * (self._diameter - width)
        for row, (x, y) in enumerate(pixels.tolist()):
            if view.contains(x, y):
                red, green, blue, alpha = self._colours[self._colour_of[row]].tolist()
                faded = self._faded is not None and self._faded[row]
                fill = QColor(red, green, blue, min(alpha, _FADED) if faded else alpha)
                painter.setBrush(fill if self._filled else Qt.BrushStyle.NoBrush)
                scaled = radius if self._scales is None else radius * float(self._scales[row])
                painter.drawEllipse(QPointF(x, y), scaled, scaled)
        painter.restore()

    def _opacity_of(self, shown: NDArray[np.int64], under: NDArray[np.int64] | None) -> FloatArray:
        """Opacity of discs without outline; one that stands for several is as opaque as these together."""
        alpha: FloatArray = self._colours[self._colour_of[shown], 3] / 255.0
        return alpha if under is None else 1.0 - (1.0 - alpha) ** under

    def _cell(self, ratio: float) -> int:
        return int(np.ceil(self._diameter * ratio)) + 2

    def _draw_strip(self, ratio: float) -> QPixmap:
        cell = self._cell(ratio)
        faded = self._colours.copy()
        faded[:, 3] = np.minimum(faded[:, 3], _FADED)
        colours = np.concatenate([self._colours, faded])
        if not self._outline_width:
            colours[:, 3] = 255  # each fragment has its opacity
        strip = QPixmap(cell * max(1, len(colours)), cell)
        strip.fill(Qt.GlobalColor.transparent)
        painter = QPainter(strip)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        width = self._outline_width * ratio
        painter.setPen(QPen(self._outline, width) if width else Qt.PenStyle.NoPen)
        radius = 0.5 * (self._diameter * ratio - width)
        for number, (red, green, blue, alpha) in enumerate(colours.tolist()):
            painter.setBrush(QColor(red, green, blue, alpha) if self._filled else Qt.BrushStyle.NoBrush)
            painter.drawEllipse(QPointF((number + 0.5) * cell, 0.5 * cell), radius, radius)
        painter.end()
        return strip


def topmost(
    x: FloatArray, y: FloatArray, finest: float, few: int
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """The last of the points (N,), (N,) in each cell of a grid that leaves about ``few`` of them.

    The cells are ``finest`` pixels wide, wider where that leaves many more.

    Returns
    -------
    rows : (M,) int
        In ascending order.
    counts : (M,) int
        How many points each of them stands for, itself among them.
    """
    number = np.arange(len(x))
    for width in finest * _COARSER:
        column, row = _cells(x, width), _cells(y, width)
        across = int(row.max()) + 1
        cell = column * across + row
        last = np.zeros((int(column.max()) + 1) * across, dtype=np.int64)
        last[cell] = number  # of several values for one place NumPy keeps the last
        rows = np.flatnonzero(last[cell] == number)
        if len(rows) <= few:
            break
    return rows, np.bincount(cell)[cell[rows]]


def _cells(pixels: FloatArray, width: float) -> NDArray[np.int64]:
    steps = pixels * (1.0 / width)
    steps -= np.floor(steps.min())
    return steps.astype(np.int64)


def transformed(xy: FloatArray, transform: QTransform) -> FloatArray:
    """(N, 2) points through an affine transform."""
    if transform.m12() == transform.m21() == 0.0:  # several times as fast as a product of matrices
        scaled: FloatArray = xy * (transform.m11(), transform.m22())
        scaled += (transform.dx(), transform.dy())
        return scaled
    matrix = np.array([[transform.m11(), transform.m12()], [transform.m21(), transform.m22()]])
    moved: FloatArray = xy @ matrix + [transform.dx(), transform.dy()]
    return moved


def opaque(colours: ColourArray, alpha: int = 255) -> ColourArray:
    """(N, 3) colours with an alpha channel, (N, 4)."""
    return np.column_stack([colours, np.full(len(colours), alpha, dtype=np.uint8)])
