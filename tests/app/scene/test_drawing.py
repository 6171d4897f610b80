"""Slabs, matrices, guards: what of a crystal is arranged for drawing, counted by hand."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from negnn_gui.app.scene.bonds import CellBonds
from negnn_gui.app.scene.drawing import draw
from negnn_gui.app.scene.moments import LARGEST_BALL, SMALLEST_BALL, Magnitudes, balls
from negnn_gui.app.scene.style import Slab, Style
from negnn_gui.structures.entry import StructureEntry

Crystals = Callable[..., StructureEntry]


def test_a_slab_holds_the_layers_between_its_planes(known_crystal: Crystals) -> None:
    entry = known_crystal(
        "NaCl"
    )  # a = 5.64 Å: (002) layers at 0, 2.82 and 5.64 Å, 9 atoms of each kind of site
    layer = draw(entry, Style(slab=Slab((0, 0, 1), 2.0, 3.5)))
    np.testing.assert_allclose(layer.atoms.position[:, 2], 2.82)
    assert len(layer.atoms) == 9
    assert len(layer.bonds) == 12  # a square net of 3 x 3
    half = draw(entry, Style(slab=Slab((0, 0, 1), None, 2.82)))
    assert len(half.atoms) == 18
    assert len(draw(entry, Style()).atoms) == 27


def test_a_plane_of_an_oblique_cell_is_measured_along_its_normal(known_crystal: Crystals) -> None:
    entry = known_crystal("hcp")  # a = 2.507 Å: d(100) = a sin 120°; only the edge a = 0 lies before 0.5 Å
    edge = draw(entry, Style(slab=Slab((1, 0, 0), None, 0.5)))
    assert len(edge.atoms) == 4
    first = draw(entry, Style(slab=Slab((1, 0, 0), 2.507 * np.sqrt(3) / 2 - 0.1, None)))
    assert len(first.atoms) == 4


def test_polyhedra_outside_the_slab_are_left_out(known_crystal: Crystals) -> None:
    entry = known_crystal("perovskite")
    drawn = draw(entry, Style(polyhedra=frozenset({"Ti"}), slab=Slab((0, 0, 1), None, 2.0)))
    whole = draw(entry, Style(polyhedra=frozenset({"Ti"})))
    assert drawn.polyhedra is not None and whole.polyhedra is not None
    assert 2 * len(drawn.polyhedra.points) == len(whole.polyhedra.points)


@pytest.mark.parametrize(
    ("style", "words"),
    [
        (Style(supercell=(0, 1, 1)), "spans no cell"),
        (Style(supercell=(100, 100, 100)), "8,000,000 atoms"),
        (Style(moment_axis=(0, 0, 0)), "no direction"),
        (Style(slab=Slab((0, 0, 0))), "no plane"),
    ],
)
def test_what_cannot_be_drawn_is_refused_in_one_sentence(
    style: Style, words: str, known_crystal: Crystals
) -> None:
    with pytest.raises(ValueError, match=words):
        draw(known_crystal("NaCl"), style)


def test_found_bonds_are_drawn_where_the_style_asks_for_them(known_crystal: Crystals) -> None:
    entry = known_crystal("NaCl")
    one = CellBonds(np.array([0]), np.array([4]), np.zeros((1, 3), dtype=np.int64))
    assert len(draw(entry, Style(bond_rule="crystalnn"), one).bonds) == 1
    assert len(draw(entry, Style(), one).bonds) == len(draw(entry, Style(bond_rule="crystalnn")).bonds) == 54


def test_the_area_of_a_ball_is_the_magnitude(known_crystal: Crystals) -> None:
    drawing = draw(known_crystal("NaCl"), Style(images=False))
    moments = np.array([4.0, 1.0, -1.0, 0.0, np.nan, 0, 0, 0])
    radii, key = balls(drawing, Magnitudes(moments, "abs(m) DFT"))
    np.testing.assert_allclose(radii[:3], LARGEST_BALL * np.array([1.0, 0.5, 0.5]))
    np.testing.assert_allclose(radii[3:], SMALLEST_BALL)
    assert key is not None
    assert (key.value, key.label) == (2.0, "abs(m) DFT")
    assert key.radius == pytest.approx(LARGEST_BALL * np.sqrt(0.5))
    assert balls(drawing, Magnitudes(np.zeros(8), ""))[1] is None
