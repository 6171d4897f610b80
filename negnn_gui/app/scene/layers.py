"""The VTK actors of one crystal: atoms, shared sites, bonds, box, moments and the rings of the selection."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray
from vtkmodules.vtkRenderingCore import vtkRenderer

from negnn_gui.app.scene.actors import (
    Lines,
    PlacedLines,
    PlacedSpheres,
    PlacedSticks,
    Rings,
    Spheres,
    Sticks,
    Triangles,
)
from negnn_gui.app.scene.colouring import Colouring, legend_items
from negnn_gui.app.scene.colours import RGB, element_colours
from negnn_gui.app.scene.drawing import VACANCY, Drawing, half_sticks, shared_sites, stick_radius
from negnn_gui.app.scene.geometry import box_corners, box_edges
from negnn_gui.app.scene.meshes import Mesh, merge, sectors
from negnn_gui.app.scene.moments import SHAFT_RADIUS, Glyphs, Magnitudes, arrows, bars, file_vectors
from negnn_gui.app.scene.style import Style, Theme

if TYPE_CHECKING:
    from negnn_gui.structures.entry import StructureEntry

_VACANT: RGB = (242, 242, 242)
# More sticks than this are left out of the pictures drawn while the crystal is being turned.
_MANY_STICKS = 8_000
_FACE_ALPHA = 110
_DOUBT_INNER = 1.22  # of an atom's radius: just outside the ring of a selected atom
_EDGE_COLOUR = (70, 74, 82)


@dataclass
class Shapes:
    """Bodies as arrays, for files of other programs."""

    spheres: list[PlacedSpheres] = field(default_factory=list)
    sticks: list[PlacedSticks] = field(default_factory=list)
    meshes: list[Mesh] = field(default_factory=list)
    lines: list[PlacedLines] = field(default_factory=list)


class CrystalLayers:
    """Fills a renderer with the parts of a crystal and keeps them up to date."""

    def __init__(self, renderer: vtkRenderer) -> None:
        self._spheres, self._shared = Spheres(), Triangles()
        self._bonds, self._box = Sticks(), Lines()
        self._faces, self._edges = Triangles(), Lines()
        self._shafts, self._heads = Sticks(), Triangles()
        self._rings, self._doubts = Rings(), Rings()
        self._glyphs: Glyphs | None = None
        self._n_sticks = 0
        for part in self._parts():
            renderer.AddActor(part.actor)

    def clear(self) -> None:
        """Show nothing."""
        for part in self._parts():
            part.actor.VisibilityOff()
        self._glyphs = None

    def show(
        self,
        entry: StructureEntry,
        drawing: Drawing,
        style: Style,
        theme: Theme,
        colouring: Colouring,
        magnitudes: Magnitudes | None,
        site_colours: NDArray[np.uint8],
    ) -> None:
        """Show a drawing with (N, 3) colours of its sites."""
        colours = site_colours[drawing.atoms.site]
        shared = shared_sites(entry) if colouring.property == "element" else {}
        whole = np.ones(len(drawing.atoms), dtype=bool)
        if shared and style.atoms in ("ball-and-stick", "space-filling"):
            whole = ~np.isin(drawing.atoms.site, list(shared))
        self._spheres.update(drawing.atoms.position[whole], drawing.radii[whole], colours[whole])
        mesh = _shared_mesh(drawing, shared, ~whole, colouring.scheme)
        self._shared.update(mesh.points, mesh.triangles, mesh.colours, mesh.normals)
        starts, ends, stick_colours = half_sticks(drawing, colours)
        self._n_sticks = len(starts)
        self._bonds.update(starts, ends, stick_radius(style), stick_colours)
        self._show_box(drawing, style, theme)
        self._show_polyhedra(drawing, site_colours)
        self._show_moments(entry, drawing, style, magnitudes, site_colours)

    def mark(self, drawing: Drawing, sites: frozenset[int], theme: Theme) -> None:
        """Put rings around all displayed images of some sites."""
        chosen = np.isin(drawing.atoms.site, list(sites))
        inner = np.maximum(drawing.radii[chosen] * 1.02, 0.18)
        self._rings.update(drawing.atoms.position[chosen], inner, theme.accent)

    def mark_doubtful(self, drawing: Drawing, sites: frozenset[int], theme: Theme) -> None:
        """Put wider rings, outside those of the selection, around all displayed images of doubtful sites."""
        chosen = np.isin(drawing.atoms.site, list(sites))
        inner = np.maximum(drawing.radii[chosen] * _DOUBT_INNER, 0.24)
        self._doubts.update(drawing.atoms.position[chosen], inner, theme.doubt)

    def set_line_width(self, unit: float) -> None:
        """Width of the box's edges for a picture whose logical pixel has ``unit`` pixels."""
        self._box.set_width(max(1.0, 1.6 * unit))
        self._edges.set_width(max(1.0, 1.2 * unit))

    @contextmanager
    def simplified(self, draft: bool) -> Iterator[None]:
        """Without very many bonds while a draft is drawn."""
        hide = draft and self._n_sticks > _MANY_STICKS and bool(self._bonds.actor.GetVisibility())
        if hide:
            self._bonds.actor.VisibilityOff()
        try:
            yield
        finally:
            if hide:
                self._bonds.actor.VisibilityOn()

    def shapes(self) -> Shapes:
        """The bodies that are shown, without the rings of selected and doubtful sites."""
        shapes = Shapes()
        for part in self._parts():
            if isinstance(part, Rings) or not part.actor.GetVisibility():
                continue
            if isinstance(part, Spheres):
                shapes.spheres.append(part.placed())
            elif isinstance(part, Sticks):
                shapes.sticks.append(part.placed())
            elif isinstance(part, Triangles):
                shapes.meshes.append(part.placed())
            elif isinstance(part, Lines):
                shapes.lines.append(part.placed())
        return shapes

    def glyphs(self) -> Glyphs | None:
        """The moment glyphs that are shown."""
        return self._glyphs

    def _parts(self) -> tuple[Spheres | Sticks | Triangles | Lines | Rings, ...]:
        return (
            self._spheres,
            self._shared,
            self._bonds,
            self._box,
            self._edges,
            self._faces,
            self._shafts,
            self._heads,
            self._rings,
            self._doubts,
        )

    def _show_box(self, drawing: Drawing, style: Style, theme: Theme) -> None:
        edges = box_edges() if style.cell else np.empty((0, 2), dtype=np.int64)
        corners = box_corners(drawing.lattice, drawing.matrix)
        self._box.update(corners, edges, np.tile(np.array(theme.cell, dtype=np.uint8), (len(edges), 1)))

    def _show_polyhedra(self, drawing: Drawing, site_colours: NDArray[np.uint8]) -> None:
        shapes = drawing.polyhedra
        if shapes is None:
            self._faces.actor.VisibilityOff()
            self._edges.actor.VisibilityOff()
            return
        colours = site_colours[shapes.site]
        veil = np.full(len(colours), _FACE_ALPHA, dtype=np.uint8)
        self._faces.update(shapes.points, shapes.triangles, np.column_stack([colours, veil]), shapes.normals)
        ends = shapes.edges.reshape(-1, 3)
        pairs = np.arange(len(ends), dtype=np.int64).reshape(-1, 2)
        dark = np.tile(np.array(_EDGE_COLOUR, dtype=np.uint8), (len(pairs), 1))
        self._edges.update(ends, pairs, dark)

    def _show_moments(
        self,
        entry: StructureEntry,
        drawing: Drawing,
        style: Style,
        magnitudes: Magnitudes | None,
        site_colours: NDArray[np.uint8],
    ) -> None:
        glyphs: Glyphs | None = None
        if style.moments == "arrows":
            vectors = file_vectors(entry, style.moment_axis, drawing.lattice)
            if vectors is not None:
                glyphs = arrows(drawing, vectors, style.moment_length)
        elif style.moments == "bars" and magnitudes is not None:
            glyphs = bars(drawing, magnitudes, site_colours, style.moment_axis, style.moment_length)
        self._glyphs = glyphs if glyphs is not None and len(glyphs.starts) else None
        if self._glyphs is None:
            self._shafts.actor.VisibilityOff()
            self._heads.actor.VisibilityOff()
            return
        heads = self._glyphs.heads
        self._shafts.update(self._glyphs.starts, self._glyphs.ends, SHAFT_RADIUS, self._glyphs.colours)
        self._heads.update(heads.points, heads.triangles, heads.colours, heads.normals)


def legend_entries(
    entry: StructureEntry, colouring: Colouring, values: NDArray[np.float64] | None
) -> list[tuple[str, RGB]]:
    """Rows of the legend, with the minor elements and the vacancies of shared sites."""
    items = legend_items(entry, colouring, values)
    if colouring.property != "element":
        return items
    symbols = {symbol for parts in shared_sites(entry).values() for symbol, _ in parts}
    minor = sorted(symbols - {name for name, _ in items} - {VACANCY})
    if minor:
        table = element_colours([*entry.elements, *minor], colouring.scheme)
        items = [(name, table[name]) for name in [*(name for name, _ in items), *minor]]
    if VACANCY in symbols:
        items.append(("vacant", _VACANT))
    return items


def _shared_mesh(
    drawing: Drawing, shared: dict[int, tuple[tuple[str, float], ...]], drawn: NDArray[np.bool_], scheme: str
) -> Mesh:
    """Sectored spheres of the displayed atoms for which the (M,) mask ``drawn`` is true."""
    symbols = {symbol for parts in shared.values() for symbol, _ in parts if symbol}
    table = {**element_colours(symbols, scheme), VACANCY: _VACANT}
    groups: dict[tuple[tuple[tuple[str, float], ...], float], list[int]] = {}
    for index in np.flatnonzero(drawn):
        key = (shared[int(drawing.atoms.site[index])], float(drawing.radii[index]))
        groups.setdefault(key, []).append(int(index))
    steps = 48 if np.count_nonzero(drawn) < 1000 else 16
    return merge(
        [
            sectors(
                drawing.atoms.position[members],
                radius,
                [share for _, share in parts],
                [table[symbol] for symbol, _ in parts],
                steps,
            )
            for (parts, radius), members in groups.items()
        ]
    )
