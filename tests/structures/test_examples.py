"""The shipped examples against what is published about these crystals."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from negnn_gui.structures.entry import StructureEntry, StructureReadError
from negnn_gui.structures.reading import example_paths, read_structures
from negnn_gui.structures.symmetry import space_group

# formula, atoms in the cell, space group, (element, neighbour, distance in Å, how many)
KNOWN = {
    "NiO": ("NiO", 8, 225, ("Ni", "O", 2.084, 6)),
    "MnO": ("MnO", 8, 225, ("Mn", "O", 2.222, 6)),
    "Fe": ("Fe", 2, 229, ("Fe", "Fe", 2.482, 8)),
    "Co": ("Co", 2, 194, ("Co", "Co", 2.497, 6)),
    "Fe3O4": ("Fe3O4", 56, 227, ("Fe", "O", 1.889, 4)),
    "LaMnO3": ("LaMnO3", 20, 62, ("Mn", "O", 1.905, 2)),
    "CrI3": ("CrI3", 24, 148, ("Cr", "I", 2.73, 6)),
    "Nd2Fe14B": ("Nd2Fe14B", 68, 136, ("B", "Fe", 2.096, 4)),
    "Cr2O3": ("Cr2O3", 30, 167, ("Cr", "O", 1.966, 3)),
    "GdFeO3": ("GdFeO3", 20, 62, ("Fe", "O", 1.943, 2)),
    "MnF2": ("MnF2", 6, 136, ("Mn", "F", 2.099, 2)),
}


def test_every_example_is_checked_here() -> None:
    assert {path.stem for path in example_paths()} == set(KNOWN)


@pytest.mark.parametrize("stem", sorted(KNOWN))
def test_formula_atoms_group_and_first_shell(stem: str, example: Callable[[str], StructureEntry]) -> None:
    formula, atoms, number, (element, neighbour, distance, count) = KNOWN[stem]
    entry = example(stem)
    assert (entry.formula, entry.n_sites, entry.name, entry.frame) == (formula, atoms, stem, 0)
    assert entry.is_ordered and entry.warnings == ()
    found = space_group(entry.structure)
    assert found is not None and found[1] == number
    shells = []
    for index, symbol in enumerate(entry.elements):
        if symbol == element:
            around = entry.structure.get_neighbors(entry.structure[index], distance + 0.6)
            near = sorted(each.nn_distance for each in around if str(each.specie) == neighbour)
            shells.append((near[0], sum(d < near[0] + 0.003 for d in near)))
    shortest, number_there = min(shells)
    assert shortest == pytest.approx(distance, abs=0.003)
    assert number_there == count


def test_jahn_teller_distortion_of_lamno3(example: Callable[[str], StructureEntry]) -> None:
    entry = example("LaMnO3")
    manganese = entry.structure[entry.elements.index("Mn")]
    oxygen = sorted(
        each.nn_distance for each in entry.structure.get_neighbors(manganese, 2.4) if str(each.specie) == "O"
    )
    np.testing.assert_allclose(oxygen, [1.905, 1.905, 1.957, 1.957, 2.185, 2.185], atol=0.01)


def test_magnetite_has_two_kinds_of_iron(example: Callable[[str], StructureEntry]) -> None:
    entry = example("Fe3O4")
    counts = {}
    for index, symbol in enumerate(entry.elements):
        if symbol == "Fe":
            around = entry.structure.get_neighbors(entry.structure[index], 2.3)
            counts[entry.site_labels[index]] = sum(str(each.specie) == "O" for each in around)
    assert sorted(counts.values()) == [4] * 8 + [6] * 16
    assert all((counts[label] == 4) == label.startswith("Fe1") for label in counts)


@pytest.mark.parametrize("path", example_paths(), ids=lambda path: path.stem)
def test_every_example_says_where_it_is_from(path) -> None:
    text = path.read_text(encoding="utf-8")
    assert text.startswith("# ")
    for tag in ("_publ_section_title", "_publ_author_name", "_journal_name_full", "_journal_year"):
        assert tag in text


def test_examples_agree_with_pymatgen() -> None:
    from pymatgen.io.cif import CifParser

    for path in example_paths():
        (entry,) = read_structures(path)
        assert not isinstance(entry, StructureReadError)
        (theirs,) = CifParser(path).parse_structures(primitive=False, on_error="ignore")
        np.testing.assert_allclose(entry.structure.lattice.matrix, theirs.lattice.matrix)
        assert entry.structure.composition == theirs.composition
        for site in entry.structure:
            twin = min(theirs, key=lambda other, site=site: site.distance(other))
            assert site.distance(twin) < 1e-6 and site.species == twin.species
