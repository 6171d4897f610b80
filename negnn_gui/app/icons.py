"""The program's own icons: SVG line drawings painted in the colour of the text around them."""

from __future__ import annotations

from functools import cache

from PySide6.QtCore import QByteArray, QPoint, QRect, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QIcon, QIconEngine, QPainter, QPalette, QPixmap
from PySide6.QtSvg import QSvgRenderer
from PySide6.QtWidgets import QApplication

from negnn_gui import locations


def app_icon() -> QIcon:
    """Icon of the window and the task bar."""
    icon = QIcon()
    for size in (16, 32, 64, 128):
        pixmap = _transparent(QSize(size, size))
        _draw(_source("negnn-gui"), pixmap, pixmap.rect())
        icon.addPixmap(pixmap)
    return icon


def line_icon(name: str) -> QIcon:
    """A line drawing that takes its colour from the application's palette each time it is painted."""
    return QIcon(_LineIcon(name))


def tinted(name: str, colour: QColor, size: int, pixel_ratio: float = 1.0) -> QPixmap:
    """A line drawing in one colour, ``size`` device-independent pixels wide."""
    pixels = round(size * pixel_ratio)
    pixmap = _transparent(QSize(pixels, pixels))
    _draw(_coloured(name, colour.name()), pixmap, pixmap.rect())
    pixmap.setDevicePixelRatio(pixel_ratio)
    return pixmap


class _LineIcon(QIconEngine):
    """Paints on demand: nothing is rendered at start-up, and light or dark need no new icons."""

    def __init__(self, name: str) -> None:
        super().__init__()
        self._name = name

    def paint(self, painter: QPainter, rect: QRect, mode: QIcon.Mode, state: QIcon.State) -> None:
        QSvgRenderer(QByteArray(_coloured(self._name, _shade(mode, state)))).render(painter, QRectF(rect))

    def pixmap(self, size: QSize, mode: QIcon.Mode, state: QIcon.State) -> QPixmap:
        pixmap = _transparent(size)
        painter = QPainter(pixmap)
        self.paint(painter, QRect(QPoint(0, 0), size), mode, state)
        painter.end()
        return pixmap

    def clone(self) -> QIconEngine:
        return _LineIcon(self._name)


def _shade(mode: QIcon.Mode, state: QIcon.State) -> str:
    colours = QApplication.palette()
    if mode == QIcon.Mode.Disabled:
        colour = colours.color(QPalette.ColorGroup.Disabled, QPalette.ColorRole.ButtonText)
    elif mode == QIcon.Mode.Selected or state == QIcon.State.On:
        colour = colours.color(QPalette.ColorRole.HighlightedText)
    else:
        colour = colours.color(QPalette.ColorRole.ButtonText)
    return colour.name()


def _coloured(name: str, colour: str) -> bytes:
    return _source(name).replace(b"currentColor", colour.encode())


@cache
def _source(name: str) -> bytes:
    return (locations.resources_dir() / "icons" / f"{name}.svg").read_bytes()


def _transparent(size: QSize) -> QPixmap:
    pixmap = QPixmap(size)
    pixmap.fill(Qt.GlobalColor.transparent)
    return pixmap


def _draw(source: bytes, target: QPixmap, rect: QRect) -> None:
    painter = QPainter(target)
    QSvgRenderer(QByteArray(source)).render(painter, QRectF(rect))
    painter.end()
