"""Draw the icon in all the sizes that desktops ask for, from the one SVG that is kept.

``icons.py FOLDER`` writes ``negnn-gui-<size>.png``, and ``.ico`` and ``.icns`` of them for Windows and macOS. Qt draws
them without a display, so no other program is needed.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
SVG = ROOT / "resources" / "icons" / "negnn-gui.svg"
SIZES = (16, 22, 24, 32, 48, 64, 128, 256, 512)
"""Edges in pixels: those of the hicolor theme; 512 is asked for by AppStream and macOS."""


def draw(folder: Path) -> dict[int, Path]:
    """PNG by edge length, written into ``folder``."""
    os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    from PySide6.QtCore import Qt
    from PySide6.QtGui import QGuiApplication, QImage, QPainter
    from PySide6.QtSvg import QSvgRenderer

    application = QGuiApplication.instance() or QGuiApplication([])
    renderer = QSvgRenderer(str(SVG))
    if not renderer.isValid():
        raise ValueError(f"{SVG} is no SVG that Qt can draw")
    folder.mkdir(parents=True, exist_ok=True)
    drawn = {}
    for size in SIZES:
        image = QImage(size, size, QImage.Format.Format_ARGB32)
        image.fill(Qt.GlobalColor.transparent)
        painter = QPainter(image)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        renderer.render(painter)
        painter.end()
        drawn[size] = folder / f"negnn-gui-{size}.png"
        if not image.save(str(drawn[size])):
            raise OSError(f"{drawn[size]} could not be written")
    del application
    return drawn


def collect(drawn: dict[int, Path], folder: Path) -> None:
    """``negnn-gui.ico`` and ``negnn-gui.icns``, each with several sizes inside."""
    from PIL import Image

    with Image.open(drawn[512]) as largest:
        largest.save(folder / "negnn-gui.icns")
    with Image.open(drawn[256]) as large:
        sizes = [(size, size) for size in SIZES if size <= 256]
        large.save(folder / "negnn-gui.ico", sizes=sizes)


if __name__ == "__main__":
    destination = Path(sys.argv[1])
    collect(draw(destination), destination)
