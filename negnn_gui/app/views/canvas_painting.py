"""What the 3D view paints around the crystal's pixels: an invitation, the measurement, the rubber band."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QColor, QImage, QPainter, QPalette, QPen
from PySide6.QtWidgets import QWidget

from negnn_gui.app.scene.style import DARK, LIGHT, Theme

_Role = QPalette.ColorRole
_LIFT = 0.15


def theme_of(palette: QPalette) -> Theme:
    """The scene's surroundings in the colours of a palette.

    A dark scene is a little lighter than the lists beside it: the dark end of viridis, which is a moment of 0, has
    the luminance of a nearly black background and would not be seen on it.
    """
    background, text = palette.color(_Role.Base), palette.color(_Role.Text)
    nearest, lift = (DARK, _LIFT) if text.lightness() > background.lightness() else (LIGHT, 0.0)
    behind, letters = ((colour.red(), colour.green(), colour.blue()) for colour in (background, text))
    red, green, blue = (
        round(dark + lift * (light - dark)) for dark, light in zip(behind, letters, strict=True)
    )
    return replace(
        nearest,
        background=(red, green, blue),
        foreground=letters,
    )


def to_image(pixels: NDArray[np.uint8]) -> QImage:
    """(height, width, 4) uint8 RGBA as a picture with memory of its own."""
    height, width = pixels.shape[:2]
    data = np.ascontiguousarray(pixels)
    return QImage(data.data, width, height, 4 * width, QImage.Format.Format_RGBA8888).copy()


def paint_words(painter: QPainter, widget: QWidget, words: str) -> None:
    """A sentence in the middle of the empty view."""
    painter.fillRect(widget.rect(), widget.palette().color(_Role.Base))
    painter.setPen(widget.palette().color(_Role.PlaceholderText))
    area = widget.rect().adjusted(24, 24, -24, -24)
    painter.drawText(area, Qt.AlignmentFlag.AlignCenter | Qt.TextFlag.TextWordWrap, words)


def paint_measurement(painter: QPainter, widget: QWidget, words: str) -> None:
    """The measurement in a panel at the top left."""
    metrics = widget.fontMetrics()
    shown = metrics.elidedText(words, Qt.TextElideMode.ElideRight, max(widget.width() - 36, 40))
    panel = QRectF(10, 10, metrics.horizontalAdvance(shown) + 16, metrics.height() + 8)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setPen(widget.palette().color(_Role.Mid))
    painter.setBrush(_veil(widget.palette().color(_Role.Base), 225))
    painter.drawRoundedRect(panel, 4, 4)
    painter.setPen(widget.palette().color(_Role.Text))
    painter.drawText(panel, Qt.AlignmentFlag.AlignCenter, shown)


def paint_rubber_band(painter: QPainter, widget: QWidget, band: QRectF) -> None:
    """The rectangle that is being drawn to select atoms."""
    accent = widget.palette().color(_Role.Highlight)
    painter.setPen(QPen(accent, 1.0))
    painter.setBrush(_veil(accent, 40))
    painter.drawRect(band)


def _veil(colour: QColor, alpha: int) -> QColor:
    thin = QColor(colour)
    thin.setAlpha(alpha)
    return thin
