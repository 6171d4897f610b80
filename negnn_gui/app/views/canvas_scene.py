"""The scene behind the 3D view: made when it is first drawn, and then kept in step with what is asked for."""

from __future__ import annotations

import time
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from negnn_gui.app.scene.colouring import Colouring, property_info
from negnn_gui.app.scene.style import LIGHT, Style, Theme
from negnn_gui.app.scene.view_state import KeptView
from negnn_gui.app.views.canvas_pacing import Pacing
from negnn_gui.app.views.canvas_picks import Picks

if TYPE_CHECKING:
    from negnn_gui.app.scene.bonds import CellBonds
    from negnn_gui.app.scene.camera import Camera
    from negnn_gui.app.scene.crystal import CrystalScene
    from negnn_gui.app.scene.layers import Shapes
    from negnn_gui.app.scene.measure import AtomRef, Measurement
    from negnn_gui.app.scene.moments import Magnitudes
    from negnn_gui.structures.entry import StructureEntry


class LazyScene:
    """What to draw, and the ``CrystalScene`` that draws it once there is a first picture to make.

    Attributes
    ----------
    entry, style, colouring, values, theme
        What to draw.
    magnitudes : Magnitudes or None
        Predicted moments that bars and balls show.
    found : CellBonds or None
        What CrystalNN found.
    cameras : dict
        Where each structure was last seen from, by entry id; always up to date.
    picks : Picks
        Selected sites and the images of them that were pointed at.
    fitted : bool
        Whether nobody has moved the crystal since it was fitted into the view.
    """

    def __init__(self) -> None:
        self.entry: StructureEntry | None = None
        self.magnitudes: Magnitudes | None = None
        self.doubtful: frozenset[int] = frozenset()
        self.found: CellBonds | None = None
        self.cameras: dict[str, KeptView] = {}
        self.style = Style()
        self.theme: Theme = LIGHT
        self.colouring = Colouring()
        self.values: NDArray[np.float64] | None = None
        self.picks = Picks()
        self.fitted = True
        self._scene: CrystalScene | None = None
        self._view: str | None = None
        self._pacing = Pacing()
        self._released = False

    @property
    def made(self) -> CrystalScene | None:
        """The scene, if it has been made."""
        return self._scene

    def scene(self) -> CrystalScene:
        """The scene, made now if need be; this loads VTK.

        Raises
        ------
        GraphicsError
            The view was released.
        """
        if self._scene is None:
            from negnn_gui.app.scene.crystal import CrystalScene
            from negnn_gui.app.scene.window import GraphicsError

            if self._released:
                raise GraphicsError("the 3D view was closed")
            self._scene = CrystalScene(self.theme, self.style)
            self._show_entry(self._scene)
            if self._view is not None:
                self._scene.look(self._view)
        return self._scene

    def warm_up(self) -> None:
        """Let VTK open its window and compile its shaders on a crystal that nobody sees.

        The first picture of a process costs 150 ms and more; drawn while the program is idle, they are not missed
        when the first structure is opened. Does nothing once there is a scene.
        """
        if self._scene is not None or self._released:
            return
        from pymatgen.core import Lattice, Structure

        from negnn_gui.structures.entry import StructureEntry

        pair = Structure(Lattice.cubic(3.0), ["H", "F"], [[0, 0, 0], [0.3, 0, 0]])
        scene = self.scene()
        scene.set_structure(StructureEntry("warm-up", None, 0, "warm-up", pair, ("H1", "F1")))
        scene.render_image(240, 200, smooth=False)  # large enough for texts, axes and a legend
        self._show_entry(scene)

    def set_entry(
        self, entry: StructureEntry | None, style: Style | None = None, found: CellBonds | None = None
    ) -> None:
        """Another structure, coloured by element, seen from where it was seen last."""
        self.entry, self.values, self.magnitudes, self._view = entry, None, None, None
        self.doubtful = frozenset()
        self.style, self.found = style or self.style, found
        self.colouring = replace(self.colouring, property="element", limits=None)
        self.picks.clear()
        kept = None if entry is None else self.cameras.get(entry.id)
        self.fitted = kept is None or kept.fitted
        if self._scene is not None:
            self._show_entry(self._scene)

    def set_values(
        self,
        colouring: Colouring,
        values: NDArray[np.float64] | None,
        magnitudes: Magnitudes | None = None,
        doubtful: frozenset[int] = frozenset(),
    ) -> None:
        """Other colours."""
        self.colouring, self.values, self.magnitudes = colouring, values, magnitudes
        self.doubtful = doubtful
        if self._scene is not None and self.entry is not None:
            self._scene.set_values(colouring, values, magnitudes, doubtful)
            if self.fitted:  # the legend takes more room or less
                self._scene.fit()

    def set_found_bonds(self, found: CellBonds | None) -> None:
        """What CrystalNN found."""
        self.found = found
        if self._scene is not None and self.entry is not None:
            self._scene.set_found_bonds(found)

    def set_sites(self, sites: frozenset[int]) -> None:
        """Another selection."""
        self.picks.set_sites(sites)
        if self._scene is not None:
            self._scene.set_selection(sites)

    def set_style(self, style: Style) -> None:
        """Another style; ValueError where the structure cannot be drawn like this."""
        style.check(1 if self.entry is None else self.entry.n_sites)
        self.style = style
        if self._scene is not None:
            self._scene.set_style(style)
            if self.fitted:  # more atoms may be drawn, or larger ones
                self._scene.fit()

    def set_theme(self, theme: Theme) -> None:
        """Other surroundings."""
        self.theme = theme
        if self._scene is not None:
            self._scene.set_theme(theme)

    def look(self, view: str) -> None:
        """Another direction, see ``camera.view_directions``; ValueError where there is none of that name."""
        if self.entry is None:
            return
        from negnn_gui.app.scene.camera import view_directions

        view_directions(view, np.array(self.entry.structure.lattice.matrix))
        self.fitted, self._view = True, view
        self.cameras.pop(self.entry.id, None)
        if self._scene is not None:
            self._scene.look(view)

    def fit(self) -> None:
        """The same direction, fitted into the next picture."""
        self.fitted = True
        if self._scene is not None:
            self._scene.fit()

    def set_camera(self, camera: Camera) -> None:
        """See the crystal from where somebody moved it."""
        self.scene().camera = camera
        self.fitted = False
        if self.entry is not None:
            self.cameras[self.entry.id] = KeptView(camera, fitted=False)

    def measure(self) -> Measurement | None:
        """Measure the picked atoms and draw the measurement."""
        return None if self._scene is None else self._scene.set_measured(self.picks.refs)

    def bonds_are_drawn(self) -> bool:
        """Whether the style draws bonds among the displayed atoms."""
        drawing = None if self._scene is None else self._scene.drawing
        return self.style.draws_bonds(0 if drawing is None else len(drawing.atoms))

    def describe(self, atom: AtomRef) -> str:
        """Label, element, fractional coordinates and the coloured value of a drawn atom."""
        if self.entry is None:
            return ""
        site = atom.site
        a, b, c = self.entry.structure[site].frac_coords + np.array(atom.offset)
        lines = [
            f"{self.entry.site_labels[site]}  {self.entry.elements[site]}",
            f"{a:.4f}  {b:.4f}  {c:.4f}",
        ]
        info = property_info(self.entry, self.colouring.property)
        if self.values is not None and info.kind != "categorical":
            value = self.values[site]
            number = "no data" if np.isnan(value) else f"{value:.3f} {info.unit}"
            lines.append(f"{info.title}: {number}")
        return "\n".join(lines)

    def picture(
        self, width: int, height: int, ratio: float, moving: bool, quick: bool = False
    ) -> NDArray[np.uint8]:
        """Pixels of the view at the resolution that the pace allows; fewer than asked for while it moves.

        Parameters
        ----------
        width, height : int
            Device pixels.
        ratio : float
            Device pixels to a logical pixel.
        moving : bool
            Whether the crystal moves.
        quick : bool
            Draw edges as they come, at full resolution: a smooth picture follows.

        Raises
        ------
        GraphicsError
            This machine offers no OpenGL.
        """
        try:
            return self._paced_picture(width, height, ratio, moving, quick)
        finally:
            if self.entry is not None and self._scene is not None:
                self.cameras[self.entry.id] = KeptView(self._scene.camera, self.fitted)

    def _paced_picture(
        self, width: int, height: int, ratio: float, moving: bool, quick: bool
    ) -> NDArray[np.uint8]:
        scene, pacing = self.scene(), self._pacing
        began = time.perf_counter()
        if moving and not quick and not pacing.smooth_while_moving():
            divisor = pacing.divisor
            small = max(1, round(width / divisor)), max(1, round(height / divisor))
            pixels = scene.render_image(*small, unit=ratio / divisor, smooth=False, draft=True)
            pacing.moving_took(time.perf_counter() - began)
            return pixels
        smooth = not quick and pacing.smooth_at_rest()
        pixels = scene.render_image(width, height, unit=ratio, smooth=smooth)
        pacing.resting_took(time.perf_counter() - began, smooth)
        return pixels

    def picture_scene(self, width: int, height: int, seen: tuple[int, int], legend: bool) -> CrystalScene:
        """The same view on white in a scene of its own, for a file of ``width`` x ``height`` pixels.

        What nobody moved fills the picture, as ``negnn render`` draws it; else the picture holds at least
        what is ``seen`` in a view of that (width, height). Whoever asks must release it.

        Raises
        ------
        GraphicsError
            The view was released.
        """
        from negnn_gui.app.scene.crystal import CrystalScene

        camera = self.scene().camera
        scene = CrystalScene(LIGHT)
        self._show_entry(scene, replace(self.style, legend=legend))
        narrower = (seen[0] / max(seen[1], 1)) / (width / height)
        scene.camera = (
            camera if self.fitted else replace(camera, half_height=camera.half_height * max(narrower, 1.0))
        )
        if self.fitted:
            scene.fit()
        return scene

    def shapes(self) -> Shapes:
        """The bodies that are drawn, for files of other programs."""
        return self.scene().shapes()

    def release(self, *_destroyed: object) -> None:
        """Free the OpenGL window for good; may be called again."""
        self._released = True
        if self._scene is not None:
            self._scene.release()
            self._scene = None

    def _show_entry(self, scene: CrystalScene, style: Style | None = None) -> None:
        scene.set_structure(self.entry, style=style or self.style, found=self.found)
        if self.entry is None:
            return
        scene.set_values(self.colouring, self.values, self.magnitudes, self.doubtful)
        scene.set_selection(self.picks.sites)
        scene.set_measured(self.picks.refs)
        kept = self.cameras.get(self.entry.id)
        if kept is not None:
            camera, perspective = kept.camera, self.style.perspective
            scene.camera = (
                camera if camera.perspective == perspective else replace(camera, perspective=perspective)
            )
            if kept.fitted:
                scene.fit()
