"""Where a scene is drawn: the crystal's renderer, the layer in front of it, and the window behind both."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from vtkmodules.vtkRenderingCore import vtkRenderer

from negnn_gui.app.scene.camera import VIEW_ANGLE, Camera
from negnn_gui.app.scene.overlay import Overlay, light_up
from negnn_gui.app.scene.window import OffscreenWindow

RGB = tuple[int, int, int]


@dataclass(frozen=True)
class Tile:
    """A part of a picture, in pixels of that picture from its top left corner."""

    left: int
    top: int
    width: int
    height: int

    def camera_window(self, width: int, height: int) -> tuple[float, float, float]:
        """How a camera that sees all of a ``width`` x ``height`` picture sees this part of it.

        Returns
        -------
        x, y, share : float
            VTK's window centre, and the part's share of the picture's height.
        """
        x = (2 * self.left + self.width - width) / self.width
        y = (height - 2 * self.top - self.height) / self.height
        return x, y, self.height / height


# Pictures of at most this many pixels are drawn at twice the size and averaged: edges as smooth as in print.
SMOOTH_PIXELS = 36_000_000


class Stage:
    """Draws a crystal and what frames it.

    Attributes
    ----------
    renderer : vtkRenderer
        Holds the crystal.
    overlay : Overlay
        Texts and legend, in pixels of the drawn picture.
    """

    def __init__(self) -> None:
        self.renderer = vtkRenderer()
        light_up(self.renderer)
        self.overlay = Overlay()
        self._window: OffscreenWindow | None = None

    def draw(self, width: int, height: int, background: RGB | None, *, smooth: bool) -> NDArray[np.uint8]:
        """Draw the two layers.

        Parameters
        ----------
        width, height : int
            Pixels of the result; the overlay must have been built ``enlargement`` times as large.
        background : (r, g, b) or None
            None leaves it out.

        Returns
        -------
        (height, width, 4) uint8
            RGBA, not multiplied by alpha.
        """
        enlarged = enlargement(width, height, smooth)
        # Pictures too large to be drawn enlarged have their edges smoothed afterwards. That pass is slow in
        # software, so it is not for pictures of a moving crystal, and it spoils the alpha channel.
        fxaa = smooth and enlarged == 1 and background is not None
        return self._draw(width, height, background, enlarged=enlarged, fxaa=fxaa)

    def _draw(
        self, width: int, height: int, background: RGB | None, *, enlarged: int, fxaa: bool
    ) -> NDArray[np.uint8]:
        shown = background or (0, 0, 0)
        self.renderer.SetBackground(*(channel / 255.0 for channel in shown))
        self.renderer.SetBackgroundAlpha(0.0 if background is None else 1.0)
        self.renderer.SetUseFXAA(fxaa)
        pixels = self._ensure_window().draw(width * enlarged, height * enlarged)
        image = _average(pixels) if enlarged == 2 else pixels.copy()
        if background is None:
            return _unmultiply(image)
        image[..., 3] = 255
        return image

    def draw_tile(self, tile: Tile, size: tuple[int, int], background: RGB | None) -> NDArray[np.uint8]:
        """Draw a part of the two layers at twice the size, and average.

        Parameters
        ----------
        tile : Tile
            The part, in pixels of the result.
        size : (width, height)
            The whole picture; the overlay must have been built twice as large.
        background : (r, g, b) or None
            None leaves it out.

        Returns
        -------
        (tile height, tile width, 4) uint8
            RGBA, not multiplied by alpha.
        """
        camera = self.renderer.GetActiveCamera()
        scale, angle = camera.GetParallelScale(), camera.GetViewAngle()
        x, y, share = tile.camera_window(*size)
        try:
            camera.SetWindowCenter(x, y)
            camera.SetParallelScale(scale * share)
            camera.SetViewAngle(2.0 * np.degrees(np.arctan(np.tan(np.radians(angle) / 2.0) * share)))
            self.overlay.show_part(2 * tile.left, 2 * tile.top, 2 * tile.width, 2 * tile.height)
            return self._draw(tile.width, tile.height, background, enlarged=2, fxaa=False)
        finally:
            camera.SetWindowCenter(0.0, 0.0)
            camera.SetParallelScale(scale)
            camera.SetViewAngle(angle)
            self.overlay.show_part(0, 0, 2 * size[0], 2 * size[1])

    def aim(self, camera: Camera, reach: float) -> None:
        """Look through ``camera``; everything lies within ``reach`` Å of its focal point."""
        target = self.renderer.GetActiveCamera()
        distance = camera.distance if camera.perspective else 2.0 * reach
        target.SetParallelProjection(not camera.perspective)
        target.SetViewAngle(VIEW_ANGLE)
        target.SetParallelScale(camera.half_height)
        target.SetFocalPoint(*camera.focal)
        target.SetPosition(*(camera.focal + distance * camera.back))
        target.SetViewUp(*camera.up)
        target.SetClippingRange(max(distance - reach, 0.005 * distance), distance + reach)

    def describe(self) -> str:
        """Name of the OpenGL renderer that draws."""
        return self._ensure_window().describe()

    def release(self) -> None:
        """Free the OpenGL window; may be called again. A later picture opens a new one."""
        if self._window is not None:
            self._window.release()
            self._window = None

    def _ensure_window(self) -> OffscreenWindow:
        if self._window is None:
            window = OffscreenWindow()
            window.add(self.renderer, 0)
            window.add(self.overlay.renderer, 1)
            self._window = window
        return self._window


def enlargement(width: int, height: int, smooth: bool) -> int:
    """How many times larger a picture of this size is drawn before it is averaged."""
    return 2 if smooth and 4 * width * height <= SMOOTH_PIXELS else 1


def _average(pixels: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Half the size: each pixel the mean of four.

    A pixel is one number of 32 bits here; two of its channels at a time are summed in the 16 bits that each has then.
    """
    whole = pixels.view(np.uint32)[..., 0]
    quarters = whole[0::2, 0::2], whole[1::2, 0::2], whole[0::2, 1::2], whole[1::2, 1::2]
    channels, half = np.uint32(0x00FF00FF), np.uint32(0x00020002)
    mean = np.zeros_like(quarters[0])
    for shift in (np.uint32(0), np.uint32(8)):
        total = np.full_like(mean, half)
        for quarter in quarters:
            total += (quarter >> shift) & channels
        mean |= ((total >> np.uint32(2)) & channels) << shift
    return mean.view(np.uint8).reshape(*mean.shape, 4)


def _unmultiply(image: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Undo the multiplication by alpha that drawing onto nothing leaves."""
    alpha = image[..., 3:].astype(np.float32) / 255.0
    colour = np.where(alpha > 0.0, image[..., :3] / np.maximum(alpha, 1e-6), 0.0)
    return np.concatenate([np.clip(np.rint(colour), 0, 255).astype(np.uint8), image[..., 3:]], axis=2)
