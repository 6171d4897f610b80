"""The crystal as a VTK scene that can be turned, coloured, picked and drawn into an array; no Qt."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray
from vtkmodules.vtkRenderingCore import vtkRenderer

from negnn_gui.app.scene import furniture
from negnn_gui.app.scene.camera import STANDARD, Camera, default_camera, view_directions
from negnn_gui.app.scene.colouring import Colouring, ColourScale, colour_scale, colour_sites, property_info
from negnn_gui.app.scene.colours import RGB
from negnn_gui.app.scene.drawing import Drawing, draw
from negnn_gui.app.scene.layers import CrystalLayers, Shapes, legend_entries
from negnn_gui.app.scene.measure import AtomRef, Measurement, atom_position, measure
from negnn_gui.app.scene.moments import BallKey, Magnitudes, balls
from negnn_gui.app.scene.picking import inside_rectangle, pick
from negnn_gui.app.scene.stage import Stage, Tile, enlargement
from negnn_gui.app.scene.style import LIGHT, Style, Theme

if TYPE_CHECKING:
    from negnn_gui.app.scene.bonds import CellBonds
    from negnn_gui.structures.entry import StructureEntry

_MAGNITUDES = ("moment", "moment_exp")


class CrystalScene:
    """One crystal, its colours, its selection and the camera that looks at it.

    Positions in a picture are in pixels from its top left corner; ``unit`` is the size of a logical pixel
    (2.0 on a high-density screen), so that texts and lines keep their size.

    """

    def __init__(self, theme: Theme = LIGHT, style: Style | None = None) -> None:
        self._camera: Camera = default_camera()
        self._stage = Stage()
        self._layers = CrystalLayers(self._stage.renderer)
        self._theme = theme
        self._style = style or Style()
        self._entry: StructureEntry | None = None
        self._shown: Drawing | None = None
        self._outdated = False
        self._colouring = Colouring()
        self._values: NDArray[np.float64] | None = None
        self._magnitudes: Magnitudes | None = None
        self._found: CellBonds | None = None
        self._arranged: Drawing | None = None
        self._ball_key: BallKey | None = None
        self._scale: ColourScale | None = None
        self._legend: list[tuple[str, RGB]] = []
        self._selection: frozenset[int] = frozenset()
        self._doubtful: frozenset[int] = frozenset()
        self._measured: tuple[AtomRef, ...] = ()
        self._fit_wanted = False
        self._ball: tuple[NDArray[np.float64], float] | None = None

    @property
    def renderer(self) -> vtkRenderer:
        """The renderer that holds the crystal; legend and texts are in a second one in front of it."""
        return self._stage.renderer

    @property
    def camera(self) -> Camera:
        """Where the crystal is seen from; set it to change the view."""
        return self._camera

    @camera.setter
    def camera(self, camera: Camera) -> None:
        self._camera, self._fit_wanted = camera, False

    @property
    def entry(self) -> StructureEntry | None:
        """The structure that is shown."""
        return self._entry

    @property
    def style(self) -> Style:
        """How it is drawn; see ``set_style``."""
        return self._style

    @property
    def theme(self) -> Theme:
        """Colours around the crystal; see ``set_theme``."""
        return self._theme

    @property
    def drawing(self) -> Drawing | None:
        """The displayed atoms and bonds; None without a structure."""
        return self._drawing

    @property
    def _drawing(self) -> Drawing | None:
        """As ``drawing``: brought up to date once it is asked for, however much has changed by then."""
        if self._outdated:
            self._refresh()
        return self._shown

    def set_structure(
        self,
        entry: StructureEntry | None,
        keep_camera: bool = False,
        *,
        style: Style | None = None,
        found: CellBonds | None = None,
    ) -> None:
        """Show a structure from the standard direction, or from where the last was seen; None shows nothing.

        Its colours are those of the elements until ``set_values`` gives others. ``found`` are the bonds that
        CrystalNN found in it, see ``set_found_bonds``.

        Raises
        ------
        ValueError
            It cannot be drawn in ``style``, see ``Style.check``.
        """
        self._style = style or self._style
        self._entry, self._values, self._magnitudes, self._found = entry, None, None, found
        self._doubtful = frozenset()
        self._colouring = replace(self._colouring, property="element", limits=None)
        self._selection, self._measured = frozenset(), ()
        self._arranged = None if entry is None else draw(entry, self._style, found)
        self._outdated = True
        if entry is not None and not keep_camera:
            self.look(STANDARD)

    def set_style(self, style: Style) -> None:
        """Draw in another style; the camera moves only where the drawn box changes.

        Raises
        ------
        ValueError
            The structure cannot be drawn like this, see ``Style.check``; the old style stays.
        """
        drawing = None if self._entry is None else draw(self._entry, style, self._found)
        changed_box = drawing is not None and style.supercell != self._style.supercell
        self._style, self._arranged = style, drawing
        self._camera = replace(self._camera, perspective=style.perspective)
        self._outdated = True
        self._fit_wanted = self._fit_wanted or changed_box

    def set_found_bonds(self, found: CellBonds | None) -> None:
        """Bonds that CrystalNN found, for a style that asks for them."""
        self._found = found
        if self._entry is not None and self._style.bond_rule == "crystalnn":
            self._arranged = draw(self._entry, self._style, found)
            self._outdated = True

    def set_values(
        self,
        colouring: Colouring,
        values: NDArray[np.float64] | None,
        magnitudes: Magnitudes | None = None,
        doubtful: frozenset[int] = frozenset(),
    ) -> None:
        """Colour the atoms; ``values`` (N,) as from ``colouring.site_values``.

        ``doubtful`` sites get a ring of their own, see ``colouring.doubtful_sites``.

        ``magnitudes`` are the predicted moments that bars and balls show; None takes the values, where they
        are predicted moments.

        Raises
        ------
        ValueError
            There are not as many values as sites.
        """
        if values is not None and self._entry is not None and len(values) != self._entry.n_sites:
            raise ValueError(
                f"{len(values)} values for the {self._entry.n_sites} sites of {self._entry.name}"
            )
        if magnitudes is None and values is not None and colouring.property in _MAGNITUDES:
            magnitudes = Magnitudes(values, property_info(self._entry, colouring.property).title)
        self._colouring, self._values, self._magnitudes = colouring, values, magnitudes
        self._doubtful = doubtful
        self._outdated = True

    def set_selection(self, sites: Iterable[int]) -> None:
        """Mark sites (all their displayed images) with a ring."""
        self._selection = frozenset(sites)
        if self._shown is not None and not self._outdated:
            self._layers.mark(self._shown, self._selection, self._theme)

    def set_measured(self, refs: Sequence[AtomRef]) -> Measurement | None:
        """Draw and return the measurement of 1 to 4 atoms; any other number clears it."""
        self._measured = tuple(refs) if 1 <= len(refs) <= 4 else ()
        arranged = self._arranged
        if arranged is None or self._entry is None or not self._measured:
            return None
        return measure(self._measured, self._entry.site_labels, arranged.lattice, arranged.frac)

    def set_theme(self, theme: Theme) -> None:
        """Change the colours around the crystal."""
        self._theme = theme
        self._outdated = True

    def look(self, view: str) -> None:
        """Look from a named direction (see ``camera.view_directions``) and fit the crystal into the picture.

        Raises
        ------
        ValueError
            There is no such view.
        """
        if self._arranged is None:
            return
        towards_viewer, up = view_directions(view, self._arranged.lattice)
        self._camera = replace(self._camera.looking(towards_viewer, up), perspective=self._style.perspective)
        self.fit()

    def fit(self) -> None:
        """Fit the crystal into the next picture."""
        self._fit_wanted = True

    def project(
        self, points: NDArray[np.float64], width: int, height: int, unit: float = 1.0
    ) -> NDArray[np.float64]:
        """(M, 3) float: pixel x and y of Cartesian points (Å) in a picture of that size, and depth (Å)."""
        self._apply_fit(width, height, unit)
        return self._camera.project(points, width, height)

    def pick(self, x: float, y: float, width: int, height: int, unit: float = 1.0) -> int:
        """Index of the displayed atom at a pixel, -1 for none."""
        if self._drawing is None:
            return -1
        self._apply_fit(width, height, unit)
        origin, direction = self._camera.ray(x, y, width, height)
        reach = np.maximum(self._drawing.radii, 0.2)
        return pick(origin, direction, self._drawing.atoms.position, reach)

    def pick_rectangle(
        self, corner: tuple[float, float], opposite: tuple[float, float], width: int, height: int
    ) -> NDArray[np.int64]:
        """Indices of the displayed atoms whose centres lie inside a rubber band."""
        if self._drawing is None:
            return np.empty(0, dtype=np.int64)
        return inside_rectangle(self.project(self._drawing.atoms.position, width, height), corner, opposite)

    def atom(self, index: int) -> AtomRef:
        """Site and cell of a displayed atom."""
        if self._drawing is None:
            raise IndexError("no structure is shown")
        first, second, third = (int(step) for step in self._drawing.atoms.offset[index])
        return AtomRef(int(self._drawing.atoms.site[index]), (first, second, third))

    def render_image(
        self,
        width: int,
        height: int,
        transparent: bool = False,
        *,
        unit: float = 1.0,
        smooth: bool = True,
        draft: bool = False,
    ) -> NDArray[np.uint8]:
        """Draw the scene.

        Parameters
        ----------
        width, height : int
            Pixels.
        transparent : bool
            Leave the background out (alpha 0) instead of painting it.
        unit : float
            Size of a logical pixel: texts and lines grow with it.
        smooth : bool
            Draw at twice the size and average, unless the picture is very large.
        draft : bool
            Leave bonds out where there are very many, for pictures while the crystal is being turned.

        Returns
        -------
        (height, width, 4) uint8
            RGBA, not multiplied by alpha, from the top row down.

        Raises
        ------
        GraphicsError
            This machine offers no OpenGL.
        """
        if width < 1 or height < 1:
            raise ValueError(f"a picture of {width} x {height} pixels has no pixels")
        self._set_stage(width, height, unit, enlargement(width, height, smooth))
        background = None if transparent else self._theme.background
        with self._layers.simplified(draft):
            return self._stage.draw(width, height, background, smooth=smooth)

    def render_tiles(
        self, width: int, height: int, tiles: Iterable[Tile], transparent: bool = False, *, unit: float = 1.0
    ) -> Iterator[NDArray[np.uint8]]:
        """Draw parts of a picture one by one, each at twice its size and averaged.

        Together they are the picture that ``render_image`` draws smoothly; between two of them the caller may
        do other things, except with this scene.

        Yields
        ------
        (tile height, tile width, 4) uint8
            RGBA, as from ``render_image``, one for each of ``tiles``.
        """
        self._set_stage(width, height, unit, 2)
        background = None if transparent else self._theme.background
        for tile in tiles:
            yield self._stage.draw_tile(tile, (width, height), background)

    def _set_stage(self, width: int, height: int, unit: float, times: int) -> None:
        """Camera, line widths and what frames the crystal, for a picture drawn ``times`` as large."""
        if self._outdated:
            self._refresh()
        self._apply_fit(width, height, unit)
        self._layers.set_line_width(unit * times)
        self._stage.aim(self._camera, self._reach())
        self._stage.overlay.clear()
        if self._drawing is not None:
            self._furnish(self._drawing, width * times, height * times, unit * times)
        self._stage.overlay.build(width * times, height * times, unit * times)

    def shapes(self) -> Shapes:
        """The bodies of the picture as arrays: atoms, bonds, box, polyhedra, moments."""
        return self._layers.shapes() if self._drawing is not None else Shapes()

    def describe_graphics(self) -> str:
        """Name of the OpenGL renderer that draws."""
        return self._stage.describe()

    def release(self) -> None:
        """Free the OpenGL window; may be called again. A later picture opens a new one."""
        self._stage.release()

    def _refresh(self) -> None:
        self._outdated = False
        self._shown, self._ball_key, self._ball = self._arranged, None, None
        if self._shown is None or self._entry is None:
            self._layers.clear()
            self._scale, self._legend = None, []
            return
        if self._style.moments == "radius" and self._magnitudes is not None:
            radii, self._ball_key = balls(self._shown, self._magnitudes)
            self._shown = replace(self._shown, radii=radii)
        entry, colouring, values = self._entry, self._colouring, self._values
        self._scale = colour_scale(entry, colouring, values)
        self._legend = legend_entries(entry, colouring, values)
        colours = colour_sites(entry, colouring, values)
        self._layers.show(entry, self._shown, self._style, self._theme, colouring, self._magnitudes, colours)
        self._layers.mark(self._shown, self._selection, self._theme)
        self._layers.mark_doubtful(self._shown, self._doubtful, self._theme)

    def _apply_fit(self, width: float, height: float, unit: float) -> None:
        if not self._fit_wanted or self._drawing is None:
            return
        self._fit_wanted = False
        margins = furniture.margins(
            self._style,
            self._scale,
            self._legend,
            width,
            height,
            unit,
            doubts=bool(self._doubtful),
            key=self._ball_key is not None or self._layers.glyphs() is not None,
        )
        points, radii = self._extent(self._drawing)
        self._camera = self._camera.fitted(points, radii, width, height, margins)

    def _extent(self, drawing: Drawing) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Spheres that a picture must contain, glyphs of moments included."""
        points, radii = drawing.extent()
        glyphs = self._layers.glyphs()
        if glyphs is None:
            return points, radii
        ends = np.vstack([glyphs.starts, glyphs.ends, glyphs.heads.points])
        return np.vstack([points, ends]), np.concatenate([radii, np.zeros(len(ends))])

    def _reach(self) -> float:
        """Radius of a ball around the focal point that holds everything, Å."""
        if self._drawing is None:
            return 10.0
        if self._ball is None:
            points, radii = self._extent(self._drawing)
            centre = (points.min(axis=0) + points.max(axis=0)) / 2.0
            self._ball = centre, float(np.max(np.linalg.norm(points - centre, axis=1) + radii))
        centre, radius = self._ball
        return float(np.linalg.norm(centre - self._camera.focal)) + radius + 1.0

    def _furnish(self, drawing: Drawing, width: int, height: int, unit: float) -> None:
        frame = furniture.Frame(self._stage.overlay, self._camera, self._theme, width, height, unit)
        if furniture.has_room(width, height, unit):
            glyphs = self._layers.glyphs()
            key = glyphs if self._ball_key is None else self._ball_key
            furniture.furnish(frame, drawing, self._style, self._legend, self._scale, key)
            if self._style.legend and self._doubtful:
                furniture.add_doubt_key(frame, self._scale, measured=bool(self._measured))
        result = self.set_measured(self._measured)
        if result is not None and self._entry is not None:
            points = np.array([atom_position(ref, drawing.lattice, drawing.frac) for ref in self._measured])
            names = [ref.label(self._entry.site_labels) for ref in self._measured]
            short = "" if len(names) == 1 else result.short
            furniture.add_measurement(frame, self._camera.project(points, width, height)[:, :2], names, short)
