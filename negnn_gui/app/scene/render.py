"""A structure as a picture file, on a machine with or without a display."""

from __future__ import annotations

import struct
import zlib
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from negnn_gui.app.scene.camera import STANDARD
from negnn_gui.app.scene.colouring import Colouring, Property, doubtful_sites, site_values
from negnn_gui.app.scene.crystal import CrystalScene
from negnn_gui.app.scene.style import LIGHT, Style, Theme
from negnn_gui.export.atomic import write_whole

if TYPE_CHECKING:
    from negnn_gui.results import Analysis
    from negnn_gui.structures.entry import StructureEntry

LARGEST = 8000
# Side of a picture, in pixels, at which its texts have their size on a screen.
_REFERENCE_SIDE = 640.0


def render_file_image(
    entry: StructureEntry,
    analysis: Analysis | None,
    *,
    size: tuple[int, int] = (1200, 900),
    view: str = STANDARD,
    colouring: Colouring | None = None,
    style: Style | None = None,
    theme: Theme = LIGHT,
    transparent: bool = False,
) -> NDArray[np.uint8]:
    """Draw a structure.

    Parameters
    ----------
    analysis : Analysis or None
        What was predicted; without it a colouring by a prediction is grey ("no data").
    size : (width, height)
        Pixels, 1 to ``LARGEST`` each.
    view : str
        See ``camera.view_directions``.

    Returns
    -------
    (height, width, 4) uint8
        RGBA.

    Raises
    ------
    ValueError
        Size, view or style make no sense; the message says which.
    GraphicsError
        This machine offers no OpenGL.
    """
    width, height = size
    if not (1 <= width <= LARGEST and 1 <= height <= LARGEST):
        raise ValueError(f"a picture has 1 to {LARGEST} pixels each way, not {width} x {height}")
    colouring = colouring or Colouring()
    scene = CrystalScene(theme, style)
    try:
        scene.set_structure(entry)
        scene.set_values(
            colouring,
            site_values(entry, analysis, colouring.property),
            doubtful=doubtful_sites(analysis, colouring.property),
        )
        scene.look(view)
        return scene.render_image(width, height, transparent, unit=picture_unit(width, height))
    finally:
        scene.release()


def picture_unit(width: int, height: int) -> float:
    """Size of a logical pixel in a picture for a file: texts grow with the picture."""
    return max(min(width, height) / _REFERENCE_SIDE, 0.7)


def render_png(
    entry: StructureEntry,
    analysis: Analysis | None,
    path: Path,
    *,
    size: tuple[int, int] = (1200, 900),
    view: str = "c",
    colour: Property = "element",
    transparent: bool = False,
    legend: bool = True,
) -> None:
    """Draw a structure into a PNG file of exactly ``size`` pixels; see ``render_file_image``.

    Raises
    ------
    ValueError, GraphicsError
        As ``render_file_image``.
    OSError
        The file cannot be written.
    """
    style = Style(legend=legend)
    image = render_file_image(
        entry,
        analysis,
        size=size,
        view=view,
        colouring=Colouring(colour),
        style=style,
        transparent=transparent,
    )
    save_png(path, image)


def save_png(path: Path, rgba: NDArray[np.uint8], dots_per_inch: float | None = None) -> None:
    """Write a (height, width, 4) uint8 array as a PNG file, with its resolution where one is given."""
    height, width = rgba.shape[:2]
    rows = np.zeros((height, 1 + 4 * width), dtype=np.uint8)  # each row starts with 0: no filter
    rows[:, 1:] = np.ascontiguousarray(rgba, dtype=np.uint8).reshape(height, -1)
    chunks = [(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 6, 0, 0, 0))]
    if dots_per_inch is not None:
        per_metre = round(dots_per_inch / 0.0254)
        chunks.append((b"pHYs", struct.pack(">IIB", per_metre, per_metre, 1)))
    chunks += [(b"IDAT", zlib.compress(rows.tobytes(), 6)), (b"IEND", b"")]
    parts = [b"\x89PNG\r\n\x1a\n"]
    for kind, body in chunks:
        parts += [struct.pack(">I", len(body)), kind, body, struct.pack(">I", zlib.crc32(kind + body))]
    write_whole(path, b"".join(parts))
