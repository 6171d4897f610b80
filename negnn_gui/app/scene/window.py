"""The invisible VTK window that pictures are drawn in: on a display, on Wayland, or with neither."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np
import vtkmodules.vtkRenderingFreeType  # noqa: F401  (registers the text renderer)
import vtkmodules.vtkRenderingOpenGL2 as opengl
from numpy.typing import NDArray
from vtkmodules.util.numpy_support import vtk_to_numpy
from vtkmodules.vtkCommonCore import vtkLogger, vtkUnsignedCharArray
from vtkmodules.vtkRenderingCore import vtkRenderer, vtkRenderWindow


class GraphicsError(RuntimeError):
    """This machine gives the program no OpenGL; the message is one sentence for the user."""


class OffscreenWindow:
    """Draws renderers into memory.

    Raises
    ------
    GraphicsError
        No kind of OpenGL window can be made here.
    """

    def __init__(self) -> None:
        window = _working_window()
        window.SetMultiSamples(0)
        window.SetAlphaBitPlanes(1)
        window.SetDPI(72)
        window.SetNumberOfLayers(2)
        self._window: vtkRenderWindow | None = window
        self._pixels = vtkUnsignedCharArray()

    @property
    def window(self) -> vtkRenderWindow:
        """The VTK window.

        Raises
        ------
        GraphicsError
            It was released.
        """
        if self._window is None:
            raise GraphicsError("the 3D view was closed")
        return self._window

    def add(self, renderer: vtkRenderer, layer: int) -> None:
        """Draw ``renderer`` in layer 0 (behind) or 1 (in front)."""
        renderer.SetLayer(layer)
        self.window.AddRenderer(renderer)

    def draw(self, width: int, height: int) -> NDArray[np.uint8]:
        """(height, width, 4) uint8: the picture from the top down; colours are multiplied by alpha."""
        window = self.window
        window.SetSize(width, height)
        window.Render()
        window.GetRGBACharPixelData(0, 0, width - 1, height - 1, 0, self._pixels, 0)
        pixels: NDArray[np.uint8] = vtk_to_numpy(self._pixels)
        return pixels.reshape(height, width, 4)[::-1]

    def describe(self) -> str:
        """Name of the OpenGL renderer, for logs and benchmarks."""
        for line in self.window.ReportCapabilities().splitlines():
            if line.startswith("OpenGL renderer string:"):
                return str(line.split(":", 1)[1].strip())
        return str(self.window.GetClassName())

    def release(self) -> None:
        """Free the OpenGL context and everything in it; the window draws no more. May be called again."""
        if self._window is None:
            return
        renderers = self._window.GetRenderers()
        for renderer in [renderers.GetItemAsObject(index) for index in range(renderers.GetNumberOfItems())]:
            renderer.ReleaseGraphicsResources(self._window)
            self._window.RemoveRenderer(renderer)
        self._window.Finalize()
        self._window = None


def _working_window() -> vtkRenderWindow:
    with _quiet():
        for make in _window_kinds():
            window = make()
            window.SetOffScreenRendering(1)
            window.SetShowWindow(False)
            if window.SupportsOpenGL():
                return window
            window.Finalize()
    raise GraphicsError(
        "3D view: this machine offers no OpenGL 3.2; install a graphics driver or Mesa's software OpenGL"
        " (Debian and Ubuntu: libegl1 libgl1 libosmesa6) and start the program again"
    )


def _window_kinds() -> list[type[vtkRenderWindow]]:
    """Kinds of window in the order they are tried."""
    chosen = os.environ.get("VTK_DEFAULT_OPENGL_WINDOW")
    if sys.platform.startswith("linux") and not chosen and not os.environ.get("DISPLAY"):
        # VTK's own choice would try X11 first and complain on stderr.
        names = ("vtkEGLRenderWindow", "vtkOSOpenGLRenderWindow")
        return [getattr(opengl, name) for name in names if hasattr(opengl, name)]
    return [vtkRenderWindow]


@contextmanager
def _quiet() -> Iterator[None]:
    """Keep VTK's warnings about the kinds of window that do not work here off the terminal."""
    before = vtkLogger.GetCurrentVerbosityCutoff()
    vtkLogger.SetStderrVerbosity(vtkLogger.VERBOSITY_OFF)
    try:
        yield
    finally:
        vtkLogger.SetStderrVerbosity(before)
