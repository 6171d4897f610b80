"""Bonds: known counts, and a search by brute force."""

from __future__ import annotations

from collections.abc import Callable
from itertools import product

import numpy as np
import pytest
from pymatgen.core import Lattice, Structure

from negnn_gui.app.scene.bonds import add_bonded_neighbours, bond_limits, cell_bonds, displayed_bonds
from negnn_gui.app.scene.geometry import displayed_atoms

Arrays = Callable[[str], tuple[np.ndarray, np.ndarray, list[str]]]

# NaCl: 3 x 3 x 3 atoms have 3 x 18 nearest pairs. Diamond: 4 atoms inside with 4 bonds each. Rutile: 6 at the
# middle Ti, 8 at the corners. Perovskite: 2 Ti at each of 12 O, 12 O around Sr. hcp: 6 to the layers, 5 in each.
DISPLAYED = {"NaCl": 54, "diamond": 16, "rutile": 14, "perovskite": 36, "hcp": 16}
# Bonds of the whole crystal a cell: half the sum of the coordination numbers.
PER_CELL = {"NaCl": 24, "diamond": 16, "rutile": 12, "perovskite": 18, "hcp": 12}


@pytest.mark.parametrize("name", DISPLAYED)
def test_known_crystals_have_their_bonds(name: str, crystal_arrays: Arrays) -> None:
    lattice, frac, elements = crystal_arrays(name)
    bonds = cell_bonds(lattice, frac, elements)
    assert len(bonds) == PER_CELL[name]
    assert len(displayed_bonds(displayed_atoms(lattice, frac), bonds)) == DISPLAYED[name]


@pytest.mark.parametrize("name", DISPLAYED)
def test_bonds_do_not_depend_on_the_cell_that_the_file_puts_an_atom_in(
    name: str, crystal_arrays: Arrays
) -> None:
    lattice, frac, elements = crystal_arrays(name)
    shifts = np.random.default_rng(1).integers(-2, 3, size=frac.shape)
    moved = frac + shifts
    bonds = cell_bonds(lattice, moved, elements)
    assert len(displayed_bonds(displayed_atoms(lattice, moved), bonds)) == DISPLAYED[name]


@pytest.mark.parametrize("name", DISPLAYED)
def test_completed_bonds_give_the_atoms_of_the_cell_their_whole_surroundings(
    name: str, crystal_arrays: Arrays
) -> None:
    lattice, frac, elements = crystal_arrays(name)
    bonds = cell_bonds(lattice, frac, elements)
    home = displayed_atoms(lattice, frac, images=False)
    everyone = np.ones(len(home), dtype=bool)
    grown = add_bonded_neighbours(home, everyone, bonds, lattice, frac)
    pairs = displayed_bonds(grown, bonds)
    ends = np.bincount(pairs.ravel(), minlength=len(grown))[: len(home)]
    whole = np.bincount(np.concatenate([bonds.first, bonds.second]), minlength=len(frac))
    np.testing.assert_array_equal(ends, whole[home.site])


def test_a_random_triclinic_crystal_agrees_with_brute_force() -> None:
    rng = np.random.default_rng(7)
    lattice = np.array(Lattice.from_parameters(5.1, 6.3, 7.2, 75, 100, 115).matrix)
    frac = rng.random((14, 3))
    elements = [str(symbol) for symbol in rng.choice(["Fe", "O", "La", "S"], 14)]
    distinct, limits = bond_limits(elements)
    atoms = displayed_atoms(lattice, frac, np.diag([2, 1, 1]))
    expected = set()
    for i, j in product(range(len(atoms)), repeat=2):
        distance = np.linalg.norm(atoms.position[i] - atoms.position[j])
        kinds = [distinct.index(elements[atoms.site[k]]) for k in (i, j)]
        if i < j and 0.4 < distance <= limits[kinds[0], kinds[1]]:
            expected.add((i, j))
    found = displayed_bonds(atoms, cell_bonds(lattice, frac, elements))
    assert len(expected) > 20
    assert {tuple(sorted(pair)) for pair in found.tolist()} == expected
    assert len(found) == len(expected)


def test_metals_are_not_bonded_to_metals_among_anions_but_are_in_alloys() -> None:
    _, oxide = bond_limits(["La", "Mn", "O", "O", "O"])
    assert oxide[0, 1] == oxide[0, 0] == 0.0  # La-Mn, La-La
    assert oxide[1, 2] == pytest.approx(1.15 * (1.39 + 0.66))
    _, alloy = bond_limits(["Nd"] * 2 + ["Fe"] * 14 + ["B"])
    assert np.all(alloy > 0.0)


def test_a_pair_can_be_given_its_own_limit_or_none(crystal_arrays: Arrays) -> None:
    lattice, frac, elements = crystal_arrays("perovskite")
    without = cell_bonds(lattice, frac, elements, table=[("O", "Sr", 0.0)])
    assert len(without) == 6
    longer = cell_bonds(
        lattice, frac, elements, table=[("Sr", "Ti", 3.5), ("Ti", "O", 0.0), ("Sr", "O", 0.0)]
    )
    assert len(longer) == 8


def test_atoms_written_twice_are_not_bonded_to_themselves() -> None:
    structure = Structure(Lattice.cubic(10), ["Fe", "Fe", "O"], [[0, 0, 0], [0.001, 0, 0], [0.19, 0, 0]])
    bonds = cell_bonds(np.array(structure.lattice.matrix), structure.frac_coords, ["Fe", "Fe", "O"])
    assert {(int(i), int(j)) for i, j in zip(bonds.first, bonds.second, strict=True)} == {(0, 2), (1, 2)}
