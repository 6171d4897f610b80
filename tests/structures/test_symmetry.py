"""Equivalent sites and space groups, also where spglib finds nothing."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from pymatgen.core import Lattice, Structure

from negnn_gui.structures.entry import StructureEntry
from negnn_gui.structures.symmetry import MOST_SITES, equivalent_sites, site_permutations, space_group


def test_classes_follow_wyckoff_positions(example: Callable[[str], StructureEntry]) -> None:
    entry = example("Fe3O4")
    assert [list(entry.equivalent).count(number) for number in range(3)] == [8, 16, 32]
    assert entry.equivalent.dtype == np.int64
    assert len(set(example("Nd2Fe14B").equivalent)) == 9


def test_classes_are_numbered_as_they_appear(example: Callable[[str], StructureEntry]) -> None:
    numbers = example("LaMnO3").equivalent
    assert list(dict.fromkeys(numbers)) == [0, 1, 2, 3]


def test_disorder_tells_sites_apart() -> None:
    bcc = Structure(Lattice.cubic(2.87), ["Fe", "Fe"], [[0, 0, 0], [0.5, 0.5, 0.5]])
    assert list(equivalent_sites(bcc)) == [0, 0]
    assert space_group(bcc) == ("Im-3m", 229)
    bcc[1] = {"Fe": 0.5, "Co": 0.5}
    assert list(equivalent_sites(bcc)) == [0, 1]
    assert space_group(bcc) == ("Pm-3m", 221)
    bcc[0] = {"Fe": 0.5, "Co": 0.5}
    assert list(equivalent_sites(bcc)) == [0, 0]


def test_where_spglib_fails_every_site_is_its_own_class() -> None:
    overlapping = Structure(Lattice.cubic(3), ["Fe", "Fe"], [[0, 0, 0], [0, 0, 1e-6]])
    assert list(equivalent_sites(overlapping)) == [0, 1]
    assert space_group(overlapping) is None
    assert site_permutations(overlapping).tolist() == [[0, 1]]


def test_large_cells_are_not_searched() -> None:
    count = MOST_SITES + 1
    large = Structure(
        Lattice.orthorhombic(3, 3, 3 * count), ["Fe"] * count, [[0, 0, i / count] for i in range(count)]
    )
    assert space_group(large) is None
    assert len(set(equivalent_sites(large))) == count


def test_permutations_map_like_onto_like(example: Callable[[str], StructureEntry]) -> None:
    entry = example("Cr2O3")
    permutations = site_permutations(entry.structure)
    assert len(permutations) > 1
    for row in permutations:
        assert sorted(row) == list(range(entry.n_sites))
        assert [entry.elements[i] for i in row] == list(entry.elements)
        np.testing.assert_array_equal(entry.equivalent[row], entry.equivalent)
