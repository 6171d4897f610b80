"""The layer in front of the crystal, in pixels: texts, swatches, colour bars and measuring lines."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from importlib.util import find_spec
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from vtkmodules.vtkRenderingCore import vtkLight, vtkRenderer, vtkTextActor, vtkTextProperty, vtkTextRenderer

from negnn_gui.app.scene.actors import Lines, Spheres, Sticks, Triangles
from negnn_gui.app.scene.meshes import Mesh, merge

RGB = tuple[int, int, int]
_VTK_FONT_FILE = 4


@dataclass(frozen=True)
class Text:
    """A line of text: anchor point in pixels from the top left, and where the text lies from it."""

    words: str
    x: float
    y: float
    size: float
    colour: RGB
    align: str = "left"
    panel: RGB | None = None
    bold: bool = False


class Overlay:
    """Things drawn at pixel positions, collected anew for every picture.

    Coordinates are pixels from the top left corner; depths are pixels too, towards the viewer.
    """

    def __init__(self) -> None:
        self.renderer = vtkRenderer()
        self.renderer.SetInteractive(False)
        light_up(self.renderer)
        camera = self.renderer.GetActiveCamera()
        camera.ParallelProjectionOn()
        self._spheres, self._sticks, self._solid = Spheres(), Sticks(), Triangles()
        self._flat, self._lines = Triangles(lit=False), Lines()
        for part in (self._spheres, self._sticks, self._solid, self._flat, self._lines):
            self.renderer.AddActor(part.actor)
        self._texts: list[vtkTextActor] = []
        self._size = (1, 1)
        self.clear()

    def clear(self) -> None:
        """Forget everything that was added."""
        self._sphere_rows: list[tuple[float, float, float, float, RGB]] = []
        self._stick_rows: list[tuple[NDArray[np.float64], NDArray[np.float64], RGB]] = []
        self._stick_radius = 1.0
        self._meshes: list[Mesh] = []
        self._quads: list[tuple[NDArray[np.float64], NDArray[np.uint8]]] = []
        self._line_rows: list[tuple[tuple[float, float], tuple[float, float], RGB]] = []
        self._text_rows: list[Text] = []

    def add_text(self, text: Text) -> None:
        """A line of text."""
        self._text_rows.append(text)

    def add_sphere(self, x: float, y: float, radius: float, colour: RGB) -> None:
        """A shaded ball, the swatch of a legend."""
        self._sphere_rows.append((x, y, 0.0, radius, colour))

    def add_stick(
        self, start: NDArray[np.float64], end: NDArray[np.float64], radius: float, colour: RGB
    ) -> None:
        """A shaded stick between two (x, y, depth) points; all sticks of a picture share the last radius."""
        self._stick_rows.append((start, end, colour))
        self._stick_radius = radius

    def add_mesh(self, mesh: Mesh) -> None:
        """A shaded mesh whose points are (x, y, depth)."""
        self._meshes.append(mesh)

    def add_quads(self, corners: NDArray[np.float64], colours: NDArray[np.uint8]) -> None:
        """Flat (Q, 4, 2) quadrilaterals with (Q, 4, 3 or 4) corner colours."""
        self._quads.append((corners, colours))

    def add_line(self, start: tuple[float, float], end: tuple[float, float], colour: RGB) -> None:
        """A straight line."""
        self._line_rows.append((start, end, colour))

    def build(self, width: int, height: int, unit: float) -> None:
        """Hand everything that was added to VTK for a picture of this size; ``unit`` is a logical pixel."""
        self._size = (width, height)
        camera = self.renderer.GetActiveCamera()
        camera.SetFocalPoint(width / 2.0, height / 2.0, 0.0)
        camera.SetPosition(width / 2.0, height / 2.0, 1000.0 * unit)
        camera.SetViewUp(0.0, 1.0, 0.0)
        camera.SetParallelScale(height / 2.0)
        camera.SetClippingRange(500.0 * unit, 1500.0 * unit)
        self._build_solids()
        self._build_quads()
        points = np.array([end for row in self._line_rows for end in row[:2]]).reshape(-1, 2)
        pairs = np.arange(len(points), dtype=np.int64).reshape(-1, 2)
        colours = np.array([row[2] for row in self._line_rows], dtype=np.uint8).reshape(-1, 3)
        self._lines.update(self._flip(points, depth=60.0 * unit), pairs, colours)
        self._lines.set_width(max(1.0, 1.5 * unit))
        self._build_texts()

    def show_part(self, left: int, top: int, width: int, height: int) -> None:
        """See only a part of what was built, in its pixels from the top left."""
        camera = self.renderer.GetActiveCamera()
        whole_width, whole_height = self._size
        camera.SetWindowCenter(
            (2 * left + width - whole_width) / width, (whole_height - 2 * top - height) / height
        )
        camera.SetParallelScale(height / 2.0)
        for actor, text in zip(self._texts, self._text_rows, strict=False):
            actor.SetPosition(text.x - left, top + height - text.y)

    def _build_solids(self) -> None:
        rows = np.array([row[:4] for row in self._sphere_rows]).reshape(-1, 4)
        colours = np.array([row[4] for row in self._sphere_rows], dtype=np.uint8).reshape(-1, 3)
        self._spheres.update(self._flip(rows[:, :3]), rows[:, 3], colours)
        starts = np.array([row[0] for row in self._stick_rows]).reshape(-1, 3)
        ends = np.array([row[1] for row in self._stick_rows]).reshape(-1, 3)
        colours = np.array([row[2] for row in self._stick_rows], dtype=np.uint8).reshape(-1, 3)
        self._sticks.update(self._flip(starts), self._flip(ends), self._stick_radius, colours)
        mesh = merge(self._meshes)
        # Turning y upside down turns the triangles inside out; turn them back.
        normals, triangles = mesh.normals * [1.0, -1.0, 1.0], mesh.triangles[:, ::-1]
        self._solid.update(self._flip(mesh.points), triangles, mesh.colours, normals)

    def _build_quads(self) -> None:
        corners = (
            np.concatenate([row[0].reshape(-1, 2) for row in self._quads])
            if self._quads
            else np.empty((0, 2))
        )
        colours = [with_alpha(row[1].reshape(-1, row[1].shape[-1])) for row in self._quads]
        first = np.arange(0, len(corners), 4, dtype=np.int64)[:, None, None]
        triangles = (first + np.array([[0, 1, 2], [0, 2, 3]])).reshape(-1, 3)
        merged = np.concatenate(colours) if colours else np.empty((0, 4), dtype=np.uint8)
        self._flat.update(self._flip(corners), triangles, merged)

    def _build_texts(self) -> None:
        while len(self._texts) < len(self._text_rows):
            actor = vtkTextActor()
            actor.SetTextScaleModeToNone()
            self.renderer.AddViewProp(actor)
            self._texts.append(actor)
        for index, actor in enumerate(self._texts):
            shown = index < len(self._text_rows)
            actor.SetVisibility(shown)
            if shown:
                text = self._text_rows[index]
                actor.SetInput(text.words)
                set_font(actor.GetTextProperty(), text)
                actor.SetPosition(text.x, self._size[1] - text.y)

    def _flip(self, points: NDArray[np.float64], depth: float = 0.0) -> NDArray[np.float64]:
        """Pixel points from the top left, as VTK counts them from the bottom left."""
        lifted = np.full((len(points), 3), depth)
        lifted[:, : points.shape[1]] = points
        lifted[:, 1] = self._size[1] - lifted[:, 1]
        return lifted


def set_font(target: vtkTextProperty, text: Text) -> None:
    """Give a VTK text property the look of a text."""
    font = font_file(text.bold)
    if font is None:
        target.SetFontFamilyToArial()
        target.SetBold(text.bold)
    else:
        target.SetFontFamily(_VTK_FONT_FILE)
        target.SetFontFile(str(font))
    target.SetFontSize(max(6, round(text.size)))
    target.SetColor(*(channel / 255.0 for channel in text.colour))
    target.SetVerticalJustificationToCentered()
    {
        "left": target.SetJustificationToLeft,
        "centre": target.SetJustificationToCentered,
        "right": target.SetJustificationToRight,
    }[text.align]()
    if text.panel is None:
        target.SetBackgroundOpacity(0.0)
    else:
        target.SetBackgroundColor(*(channel / 255.0 for channel in text.panel))
        target.SetBackgroundOpacity(0.82)


def text_width(words: str, size: float, bold: bool = False) -> float:
    """Width of a line of text, pixels."""
    look = vtkTextProperty()
    set_font(look, Text(words, 0, 0, size, (0, 0, 0), bold=bold))
    box = [0, 0, 0, 0]
    vtkTextRenderer.GetInstance().GetBoundingBox(look, words, box, 72)
    return float(box[1] - box[0])


@cache
def font_file(bold: bool = False) -> Path | None:
    """DejaVu Sans as matplotlib ships it (VTK's own font has no Greek); None where it is missing."""
    found = find_spec("matplotlib")
    if found is None or found.origin is None:
        return None
    name = "DejaVuSans-Bold.ttf" if bold else "DejaVuSans.ttf"
    path = Path(found.origin).parent / "mpl-data" / "fonts" / "ttf" / name
    return path if path.is_file() else None


def light_up(renderer: vtkRenderer) -> None:
    """Light from the upper left of the picture, whichever way the crystal is turned."""
    renderer.AutomaticLightCreationOff()
    renderer.RemoveAllLights()
    light = vtkLight()
    light.SetLightTypeToCameraLight()
    light.SetPosition(-0.45, 0.65, 1.0)
    light.SetFocalPoint(0.0, 0.0, 0.0)
    renderer.AddLight(light)


def with_alpha(colours: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """(P, 4) uint8: colours made opaque where they carry no alpha."""
    if colours.shape[-1] == 4:
        return colours
    return np.column_stack([colours, np.full(len(colours), 255, dtype=np.uint8)])
