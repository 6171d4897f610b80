"""Pictures for files, drawn in small parts: of one crystal, or of several side by side under their names."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray
from vtkmodules.util.numpy_support import vtk_to_numpy
from vtkmodules.vtkCommonDataModel import vtkImageData
from vtkmodules.vtkRenderingCore import vtkTextProperty, vtkTextRenderer

from negnn_gui.app.scene.crystal import CrystalScene
from negnn_gui.app.scene.overlay import RGB, Text, set_font
from negnn_gui.app.scene.stage import Tile

# Side of a picture, in pixels, at which its texts have their size on a screen.
_REFERENCE_SIDE = 640.0
# Drawn at twice the size, a part of so many pixels takes software OpenGL less than a tenth of a second.
_TILE_WIDTH, _TILE_HEIGHT = 1024, 256
_NAME_SIZE, _NAME_STRIP = 14.0, 26.0


def picture_unit(width: int, height: int) -> float:
    """Size of a logical pixel in a picture for a file: texts grow with the picture."""
    return max(min(width, height) / _REFERENCE_SIDE, 0.7)


@dataclass(frozen=True, eq=False)
class Panel:
    """A crystal of a picture, and the name above it ("" for none)."""

    scene: CrystalScene
    name: str = ""


class Picture:
    """Rows of panels that share a picture evenly.

    Parameters
    ----------
    rows : sequence of sequences of Panel
        From the top down, each from left to right; the picture releases their scenes in the end.
    width, height : int
        Pixels.
    transparent : bool
        Leave the background out.
    """

    def __init__(
        self, rows: Sequence[Sequence[Panel]], width: int, height: int, transparent: bool = False
    ) -> None:
        self.width, self.height = width, height
        self._rows, self._transparent = rows, transparent
        lanes = max(len(row) for row in rows)
        self._unit = picture_unit(width // lanes, height // len(rows))

    def bands(self) -> Iterator[tuple[float, NDArray[np.uint8] | None]]:
        """Draw it bit by bit.

        Yields
        ------
        share : float
            How much of it is drawn, 0 to 1.
        band : (rows, width, 4) uint8, or None
            The next rows from the top, once they are complete; RGBA.

        Raises
        ------
        GraphicsError
            This machine offers no OpenGL.
        """
        edges = _edges(self.height, len(self._rows))
        for row, top, bottom in zip(self._rows, edges[:-1], edges[1:], strict=True):
            strip = self._names(row, bottom - top)
            if strip is not None:
                yield top / self.height, strip
                top += len(strip)
            yield from self._row(row, top, bottom)

    def image(self) -> NDArray[np.uint8]:
        """(height, width, 4) uint8: all of it at once, RGBA."""
        return np.concatenate([band for _, band in self.bands() if band is not None])

    def release(self) -> None:
        """Free the OpenGL windows of its scenes."""
        for row in self._rows:
            for panel in row:
                panel.scene.release()

    def _row(
        self, row: Sequence[Panel], top: int, bottom: int
    ) -> Iterator[tuple[float, NDArray[np.uint8] | None]]:
        edges = _edges(self.width, len(row))
        height = bottom - top
        tiles = [_tiles(right - left, height) for left, right in pairwise(edges)]
        drawn = [
            panel.scene.render_tiles(
                right - left,
                height,
                [tile for band in bands for tile in band],
                self._transparent,
                unit=self._unit,
            )
            for panel, bands, left, right in zip(row, tiles, edges[:-1], edges[1:], strict=True)
        ]
        for number, lower in enumerate(tiles[0]):
            above = top + lower[0].top
            band = np.empty((lower[0].height, self.width, 4), dtype=np.uint8)
            for left, bands, parts in zip(edges, tiles, drawn, strict=False):
                for tile in bands[number]:
                    begin = left + tile.left
                    band[:, begin : begin + tile.width] = next(parts)
                    yield (above + tile.height * (begin + tile.width) / self.width) / self.height, None
            yield (above + lower[0].height) / self.height, band

    def _names(self, row: Sequence[Panel], height: int) -> NDArray[np.uint8] | None:
        """The rows with the names above the panels; None where they have none."""
        rows = min(round(_NAME_STRIP * self._unit), height - 1)
        if rows < 1 or not any(panel.name for panel in row):
            return None
        theme = row[0].scene.theme
        strip = np.zeros((rows, self.width, 4), dtype=np.uint8)
        strip[...] = (*theme.background, 0 if self._transparent else 255)
        edges = _edges(self.width, len(row))
        for panel, left, right in zip(row, edges[:-1], edges[1:], strict=True):
            if panel.name:
                _write(strip[:, left:right], panel.name, _NAME_SIZE * self._unit, theme.foreground)
        return strip


def _edges(length: int, parts: int) -> list[int]:
    return [round(number * length / parts) for number in range(parts + 1)]


def _tiles(width: int, height: int) -> list[list[Tile]]:
    """Bands of tiles that cover a picture."""
    return [
        [
            Tile(left, top, min(_TILE_WIDTH, width - left), min(_TILE_HEIGHT, height - top))
            for left in range(0, width, _TILE_WIDTH)
        ]
        for top in range(0, height, _TILE_HEIGHT)
    ]


def _write(area: NDArray[np.uint8], words: str, size: float, colour: RGB) -> None:
    """Write a line into the middle of (h, w, 4) pixels; what does not fit is cut off at the right."""
    look = vtkTextProperty()
    set_font(look, Text("", 0, 0, size, colour, bold=True))
    picture = vtkImageData()
    ends = [0, 0]
    vtkTextRenderer.GetInstance().RenderString(look, words, picture, ends, 72)
    width, height, _ = picture.GetDimensions()
    # VTK pads its picture on the right and above.
    drawn = vtk_to_numpy(picture.GetPointData().GetScalars()).reshape(height, width, 4)[: ends[1], : ends[0]][
        ::-1
    ]
    drawn = drawn[: area.shape[0], : area.shape[1]]
    top, left = (area.shape[0] - drawn.shape[0]) // 2, (area.shape[1] - drawn.shape[1]) // 2
    target = area[top : top + drawn.shape[0], left : left + drawn.shape[1]]
    share = drawn[..., 3:].astype(np.float32) / 255.0
    under = target[..., 3:].astype(np.float32) / 255.0
    covered = share + under * (1.0 - share)
    mixed = np.array(colour, dtype=np.float32) * share + target[..., :3] * under * (1.0 - share)
    target[..., :3] = np.rint(mixed / np.maximum(covered, 1e-6))
    target[..., 3:] = np.rint(255.0 * covered)
