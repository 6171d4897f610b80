"""A structure as a picture file, on a machine with or without a display."""

from __future__ import annotations

from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from negnn_gui.app.scene.camera import STANDARD
from negnn_gui.app.scene.colouring import Colouring, doubtful_sites, site_values
from negnn_gui.app.scene.crystal import CrystalScene
from negnn_gui.app.scene.moments import shown_magnitudes
from negnn_gui.app.scene.picture import Panel, Picture
from negnn_gui.app.scene.png import PngWriter
from negnn_gui.app.scene.style import LIGHT, Style, Theme

if TYPE_CHECKING:
    from negnn_gui.results import Analysis
    from negnn_gui.structures.entry import StructureEntry

LARGEST = 8000


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
    scene = _scene(entry, analysis, size, view, colouring or Colouring(), style, theme)
    try:
        return Picture([[Panel(scene)]], *size, transparent).image()
    finally:
        scene.release()


def render_png(
    entry: StructureEntry,
    analysis: Analysis | None,
    path: Path,
    *,
    size: tuple[int, int] = (1200, 900),
    view: str = "c",
    colouring: Colouring | None = None,
    style: Style | None = None,
    transparent: bool = False,
    dots_per_inch: float | None = None,
) -> None:
    """Draw a structure into a PNG file of exactly ``size`` pixels; see ``render_file_image``.

    Raises
    ------
    ValueError, GraphicsError
        As ``render_file_image``.
    OSError
        The file cannot be written.
    """
    scene = _scene(entry, analysis, size, view, colouring or Colouring(), style, LIGHT)
    picture = Picture([[Panel(scene)]], *size, transparent)
    writer = None
    try:
        bands = picture.bands()
        first = next(bands)  # where nothing can be drawn, nothing is written
        writer = PngWriter(path, *size, dots_per_inch)
        for _, band in chain([first], bands):
            if band is not None:
                writer.add(band)
        writer.finish()
    finally:
        picture.release()
        if writer is not None:
            writer.discard()


def _scene(
    entry: StructureEntry,
    analysis: Analysis | None,
    size: tuple[int, int],
    view: str,
    colouring: Colouring,
    style: Style | None,
    theme: Theme,
) -> CrystalScene:
    """A structure, ready to be drawn; ValueError as ``render_file_image``."""
    width, height = size
    if not (1 <= width <= LARGEST and 1 <= height <= LARGEST):
        raise ValueError(f"a picture has 1 to {LARGEST} pixels each way, not {width} x {height}")
    found = None
    if style is not None and style.bond_rule == "crystalnn":
        from negnn_gui.app.scene.crystalnn import crystalnn_bonds

        found = crystalnn_bonds(entry.structure)
    scene = CrystalScene(theme, style)
    scene.set_structure(entry, found=found)
    scene.set_values(
        colouring,
        site_values(entry, analysis, colouring.property),
        shown_magnitudes(analysis, colouring.property),
        doubtful_sites(analysis, colouring.property),
    )
    scene.look(view)
    return scene


def save_png(path: Path, rgba: NDArray[np.uint8], dots_per_inch: float | None = None) -> None:
    """Write a (height, width, 4) uint8 array as a PNG file, with its resolution where one is given."""
    height, width = rgba.shape[:2]
    writer = PngWriter(path, width, height, dots_per_inch)
    try:
        writer.add(rgba)
        writer.finish()
    finally:
        writer.discard()
