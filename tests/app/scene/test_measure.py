"""Distances, angles and dihedrals of known geometry."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from pymatgen.core import Lattice

from negnn_gui.app.scene.measure import AtomRef, angle, dihedral, distance, measure
from negnn_gui.structures.entry import StructureEntry

Crystals = Callable[..., StructureEntry]

TETRAHEDRAL = np.degrees(np.arccos(-1.0 / 3.0))


def test_diamond_has_the_tetrahedral_angle_and_bond(known_crystal: Crystals) -> None:
    entry = known_crystal("diamond")
    lattice, frac = np.array(entry.structure.lattice.matrix), entry.structure.frac_coords
    middle, first, second = AtomRef(4), AtomRef(0), AtomRef(1)
    assert measure([first, middle], entry.site_labels, lattice, frac).value == pytest.approx(
        3.567 * np.sqrt(3) / 4
    )
    found = measure([first, middle, second], entry.site_labels, lattice, frac)
    assert (found.kind, found.value) == ("angle", pytest.approx(TETRAHEDRAL))
    assert found.short == "109.47°"


def test_images_of_one_site_are_told_apart(known_crystal: Crystals) -> None:
    entry = known_crystal("hcp")
    lattice, frac = np.array(entry.structure.lattice.matrix), entry.structure.frac_coords
    found = measure([AtomRef(0), AtomRef(0, (1, 1, 0))], entry.site_labels, lattice, frac)
    assert found.value == pytest.approx(2.507)  # a + b is as long as a in a hexagonal cell
    assert found.text == "Co1–Co1 (1 1 0):  2.507 Å"


def test_a_position_shows_fractional_and_cartesian_coordinates(known_crystal: Crystals) -> None:
    entry = known_crystal("hcp")
    lattice, frac = np.array(entry.structure.lattice.matrix), entry.structure.frac_coords
    found = measure([AtomRef(1, (0, 0, 1))], entry.site_labels, lattice, frac)
    assert found.kind == "position"
    assert "0.3333 0.6667 1.5000" in found.text
    assert "6.104 Å" in found.text  # 1.5 c


def test_other_numbers_of_atoms_have_no_measurement() -> None:
    lattice = np.array(Lattice.cubic(4).matrix)
    assert measure([], ("A",), lattice, np.zeros((1, 3))) is None
    assert measure([AtomRef(0)] * 5, ("A",), lattice, np.zeros((1, 3))) is None


@pytest.mark.parametrize("turn", [-179.0, -90.0, -30.0, 0.0, 45.0, 120.0, 180.0])
def test_a_dihedral_is_the_turn_that_was_made(turn: float) -> None:
    p, q, r = np.array([1.0, 0, 0]), np.zeros(3), np.array([0, 0, 2.0])
    # Looking from q to r (up z), a clockwise turn takes x towards -y.
    s = r + np.array([np.cos(np.radians(turn)), np.sin(np.radians(turn)), 0.3])
    found = dihedral(p, q, r, s)
    assert np.cos(np.radians(found - turn)) == pytest.approx(1.0)


def test_straight_and_folded_angles_keep_their_digits() -> None:
    origin = np.zeros(3)
    tilt = np.array([1.0, 1e-7, 0.0])
    assert angle(np.array([1.0, 0, 0]), origin, tilt) == pytest.approx(np.degrees(1e-7), rel=1e-6)
    assert angle(np.array([-1.0, 0, 0]), origin, tilt) == pytest.approx(180.0 - np.degrees(1e-7), abs=1e-9)


def test_undefined_angles_say_so() -> None:
    origin, x = np.zeros(3), np.array([1.0, 0, 0])
    assert np.isnan(angle(origin, origin, x))
    assert np.isnan(dihedral(origin, x, 2 * x, 3 * x))
    assert distance(origin, x) == 1.0
    lattice = np.eye(3)
    line = np.array([[0.0, 0, 0], [1, 0, 0], [2, 0, 0], [3, 0, 0]])
    refs = [AtomRef(i) for i in range(4)]
    assert "undefined" in measure(refs, ("A1", "A2", "A3", "A4"), lattice, line).text


@pytest.mark.parametrize(("last", "text"), [([1.0, 1e-9, 0.0], "0.00°"), ([-1.0, -1e-9, 0.0], "180.00°")])
def test_flat_dihedrals_have_no_sign(last: list[float], text: str) -> None:
    points = np.array([[1.0, 0.0, 1.0], [0.0, 0.0, 1.0], [0.0, 0.0, 0.0], last])
    refs = [AtomRef(site, (0, 0, 0)) for site in range(4)]
    for sign in (1.0, -1.0):
        found = measure(refs, "abcd", np.eye(3), points * [1.0, sign, 1.0])
        assert found is not None and found.short == text
