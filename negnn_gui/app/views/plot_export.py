"""Saving a plot: as PNG, SVG or PDF just as it is shown, legend included."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QPoint, QSize, QSizeF
from PySide6.QtGui import QImage, QPageSize, QPainter, QPdfWriter
from PySide6.QtSvg import QSvgGenerator
from PySide6.QtWidgets import QWidget

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
    with path.open("wb"):
        pass  # Qt tells only that it failed, not why
    shown = legend if legend is not None and not legend.isHidden() else None
    size = QSize(plot.width() + (shown.width() if shown is not None else 0), plot.height())
    if suffix == ".png":
        image = QImage(size * scale, QImage.Format.Format_ARGB32)
        image.setDevicePixelRatio(scale)
        image.fill(plot.palette().base().color())
        _draw(image, size, plot, shown)
        saved = image.save(str(path))
    elif suffix == ".svg":
        generator = QSvgGenerator()
        generator.setFileName(str(path))
        generator.setSize(size)
        generator.setViewBox(plot.rect().united(plot.rect().adjusted(0, 0, size.width() - plot.width(), 0)))
        saved = _draw(generator, size, plot, shown)
    else:
        writer = QPdfWriter(str(path))
        writer.setPageSize(QPageSize(QSizeF(size) * _POINTS_PER_PIXEL, QPageSize.Unit.Point))
        writer.setPageMargins(writer.pageLayout().minimumMargins())
        writer.setResolution(96)
        saved = _draw(writer, size, plot, shown)
    if not saved:
        raise OSError(f"{path} could not be written")


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
