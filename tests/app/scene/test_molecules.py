"""Molecules that a cell cuts are made whole; endless networks are left alone."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from pymatgen.core import Lattice, Structure

from negnn_gui.app.scene.bonds import cell_bonds
from negnn_gui.app.scene.drawing import draw
from negnn_gui.app.scene.molecules import find_molecules
from negnn_gui.app.scene.style import Style
from negnn_gui.structures.entry import StructureEntry

Crystals = Callable[..., StructureEntry]

# CO2 across the face x = 0 of a cube of 6 Å: C at the origin, C-O 1.16 Å along a, and a second one inside.
CO2 = Structure(
    Lattice.cubic(6.0),
    ["C", "O", "O", "C", "O", "O"],
    [
        *([0, 0.3, 0.3], [1.16 / 6, 0.3, 0.3], [1 - 1.16 / 6, 0.3, 0.3]),
        *([0.5, 0.7, 0.7], [0.5, 0.7, 0.7 + 1.16 / 6], [0.5, 0.7, 0.7 - 1.16 / 6]),
    ],
)


def test_a_cut_molecule_is_made_whole_on_both_sides(make_entry: Crystals) -> None:
    cut = draw(make_entry(CO2), Style())
    whole = draw(make_entry(CO2), Style(complete="molecules"))
    # The cell holds 6 atoms and the image of the carbon on the far face; each cut molecule lacks an oxygen.
    assert len(cut.atoms) == 7
    assert len(whole.atoms) == 9
    assert len(whole.bonds) == 6
    np.testing.assert_array_equal(whole.atoms.site[:7], cut.atoms.site)
    lengths = np.linalg.norm(np.diff(whole.atoms.position[whole.bonds], axis=1)[:, 0], axis=1)
    np.testing.assert_allclose(lengths, 1.16)
    at = {(int(s), *map(int, o)) for s, o in zip(whole.atoms.site, whole.atoms.offset, strict=True)}
    assert {(2, -1, 0, 0), (1, 1, 0, 0)} <= at


def test_molecules_are_found_and_networks_are_endless(make_entry: Crystals, known_crystal: Crystals) -> None:
    def find(entry: StructureEntry) -> np.ndarray:
        lattice = np.array(entry.structure.lattice.matrix)
        bonds = cell_bonds(lattice, np.array(entry.structure.frac_coords), entry.elements)
        return find_molecules(entry.n_sites, bonds).number

    np.testing.assert_array_equal(find(make_entry(CO2)), [0, 0, 0, 1, 1, 1])
    for name in ("NaCl", "diamond", "rutile"):
        assert (find(known_crystal(name)) == -1).all()


def test_a_network_stays_cut(known_crystal: Crystals) -> None:
    entry = known_crystal("diamond")
    assert len(draw(entry, Style(complete="molecules")).atoms) == len(draw(entry, Style()).atoms)
