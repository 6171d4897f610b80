"""Saving a plot: as PNG, SVG or PDF just as it is shown, legend included."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QBuffer, QIODevice, QPoint, QSize, QSizeF
from PySide6.QtGui import QImage, QPageSize, QPainter, QPdfWriter
from PySide6.QtSvg import QSvgGenerator
from PySide6.QtWidgets import QWidget

from negnn_gui.export.atomic import write_whole

SUFFIXES = (".png", ".svg", ".pdf")
PICTURE_FILTER = "PNG (*.png);;SVG (*.svg);;PDF (*.pdf)"
_POINTS_PER_PIXEL = 72 / 96


def save_picture(path: Path, plot: QWidget, legend: QWidget | None = None, *, scale: float = 2.0) -> None:
    """Draw a plot, and a legend that is shown at its right, into a file.

    Parameters
    ----------
    path : Path
        Ends in .png, .svg or .pdf.
    scale : float
        Pixels of a PNG for each pixel on the screen.

    Raises
    ------
    ValueError
        The ending of the name is another.
    OSError
        The file cannot be written.
    """
    suffix = path.suffix.lower()
    if suffix not in SUFFIXES:
        raise ValueError(
            f"a plot is saved as {', '.join(SUFFIXES)}, not as {path.suffix or 'a file without ending'}"
        )
    # In memory first: Qt tells only that writing failed, not why, and the older file is then gone.
    buffer = QBuffer()
    buffer.open(QIODevice.OpenModeFlag.WriteOnly)
    shown = legend if legend is not None and not legend.isHidden() else None
    size = QSize(plot.width() + (shown.width() if shown is not None else 0), plot.height())
    if suffix == ".png":
        image = QImage(size * scale, QImage.Format.Format_ARGB32)
        image.setDevicePixelRatio(scale)
        image.fill(plot.palette().base().color())
        _draw(image, size, plot, shown)
        drawn = image.save(buffer, "PNG")  # type: ignore[call-overload]  # it takes a device too
    elif suffix == ".svg":
        generator = QSvgGenerator()
        generator.setOutputDevice(buffer)
        generator.setSize(size)
        generator.setViewBox(plot.rect().united(plot.rect().adjusted(0, 0, size.width() - plot.width(), 0)))
        drawn = _draw(generator, size, plot, shown)
    else:
        writer = QPdfWriter(buffer)
        writer.setPageSize(QPageSize(QSizeF(size) * _POINTS_PER_PIXEL, QPageSize.Unit.Point))
        writer.setPageMargins(writer.pageLayout().minimumMargins())
        writer.setResolution(96)
        drawn = _draw(writer, size, plot, shown)
    if not drawn:
        raise ValueError("it could not be drawn; try it with a smaller window")
    write_whole(path, bytes(buffer.data().data()))


def _draw(
    device: QImage | QSvgGenerator | QPdfWriter, size: QSize, plot: QWidget, legend: QWidget | None
) -> bool:
    painter = QPainter()
    if not painter.begin(device):
        return False
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.fillRect(0, 0, size.width(), size.height(), plot.palette().base())
    QWidget.render(plot, painter, QPoint(0, 0))
    if legend is not None:
        legend.render(painter, QPoint(plot.width(), 0))
    return bool(painter.end())
