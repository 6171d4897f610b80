"""Coordination polyhedra: shapes of known crystals, and no shape where there is no body."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from pymatgen.core import Lattice, Structure

from negnn_gui.app.scene.crystal import CrystalScene
from negnn_gui.app.scene.drawing import draw
from negnn_gui.app.scene.style import Style
from negnn_gui.structures.entry import StructureEntry

Crystals = Callable[..., StructureEntry]


@pytest.mark.parametrize(
    ("name", "centre", "shapes", "edges", "volume"),
    [
        # A regular octahedron with distance d to its corners has the volume 4/3 d^3.
        ("NaCl", "Na", 14, 12, 4 / 3 * 2.82**3),
        ("perovskite", "Ti", 8, 12, 4 / 3 * 1.9525**3),
        # 12 O around Sr: a cuboctahedron of edge s = a / sqrt(2), volume 5/3 sqrt(2) s^3.
        ("perovskite", "Sr", 1, 24, 5 / 3 * np.sqrt(2) * (3.905 / np.sqrt(2)) ** 3),
        # A tetrahedron with distance d to its corners has the volume 8 sqrt(3) / 27 d^3.
        ("diamond", "C", 18, 6, 8 * np.sqrt(3) / 27 * (3.567 * np.sqrt(3) / 4) ** 3),
    ],
)
def test_known_polyhedra(
    name: str, centre: str, shapes: int, edges: int, volume: float, known_crystal: Crystals
) -> None:
    found = draw(known_crystal(name), Style(polyhedra=frozenset({centre}))).polyhedra
    assert len(found.edges) == shapes * edges
    corners = found.points[found.triangles]
    # Divergence theorem: the volume from the outward faces.
    areas = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0]) / 2.0
    outward = found.normals[::3] * np.linalg.norm(areas, axis=1)[:, None]
    total = np.einsum("ij,ij->", corners.mean(axis=1), outward) / 3.0
    assert total == pytest.approx(shapes * volume, rel=1e-6)


def test_their_corners_are_displayed_atoms(known_crystal: Crystals) -> None:
    drawing = draw(known_crystal("perovskite"), Style(polyhedra=frozenset({"Ti"})))
    nearest = np.linalg.norm(drawing.polyhedra.points[:, None] - drawing.atoms.position[None], axis=2).min(
        axis=1
    )
    assert nearest.max() < 1e-9


def test_flat_and_small_surroundings_have_none(make_entry: Crystals) -> None:
    square = Structure(Lattice.orthorhombic(8, 8, 8), ["Cu", *"OOOO"], np.array(
        [[4, 4, 4], [5.9, 4, 4], [2.1, 4, 4], [4, 5.9, 4], [4, 2.1, 4]]) / 8)  # fmt: skip
    drawing = draw(make_entry(square), Style(polyhedra=frozenset({"Cu", "O"})))
    assert len(drawing.bonds) == 4
    assert len(drawing.polyhedra.points) == 0


def test_they_are_seen_through(known_crystal: Crystals, open_scene: Callable[..., CrystalScene]) -> None:
    bare = Style(cell=False, axes=False, legend=False, polyhedra=frozenset({"Sr"}))
    scene = open_scene(known_crystal("perovskite"), bare)
    scene.look("c")
    with_faces = scene.render_image(300, 300).astype(int)
    assert (with_faces[..., 3] == 255).all()
    scene.set_style(Style(cell=False, axes=False, legend=False, complete="none"))
    without = scene.render_image(300, 300).astype(int)
    # Between the atoms the green of Sr covers the white, but not wholly.
    x, y, _ = scene.project(np.array([0.9, 2.5, 3.9]), 300, 300)[0]
    veiled, clear = with_faces[int(y), int(x), :3], without[int(y), int(x), :3]
    assert tuple(clear) == (255, 255, 255)
    assert veiled[1] > veiled[0] + 15
    assert veiled[0] > 40
