"""Disorder settled: majority, enumeration, refusal."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

import numpy as np
import pytest
from pymatgen.core import Lattice, Species, Structure

from negnn_gui.structures.disorder import DisorderError, resolve_disorder
from negnn_gui.structures.entry import StructureEntry
from negnn_gui.structures.orderings import site_options


def entry_of(structure: Structure, **more: object) -> StructureEntry:
    labels = tuple(f"S{i}" for i in range(len(structure)))
    base = StructureEntry("id", None, 0, "alloy", structure, labels)
    return replace(base, **more)  # type: ignore[arg-type]


def alloy(share: float = 0.5, cells: int = 2) -> Structure:
    """A bcc cell stacked along c, every site shared by Fe and Co."""
    coordinates = [[x, x, (i + x) / cells] for i in range(cells) for x in (0, 0.5)]
    shared = [{"Fe": 1 - share, "Co": share}] * len(coordinates)
    return Structure(Lattice.tetragonal(2.87, 2.87 * cells), shared, coordinates)


def test_ordered_structures_come_back_as_they_are() -> None:
    entry = entry_of(Structure(Lattice.cubic(3), ["Fe"], [[0, 0, 0]]))
    for mode in ("majority", "enumerate", "skip"):
        assert resolve_disorder(entry, mode) == [entry]


def test_skip_says_how_much_is_disordered() -> None:
    with pytest.raises(DisorderError, match=r"disordered \(4 of 4 sites"):
        resolve_disorder(entry_of(alloy()), "skip")


def test_an_unknown_mode_is_a_mistake_of_the_caller() -> None:
    with pytest.raises(ValueError, match="mode must be"):
        resolve_disorder(entry_of(alloy()), "guess")  # type: ignore[arg-type]


def test_majority_keeps_order_labels_and_moments() -> None:
    structure = Structure(
        Lattice.cubic(5),
        [{"Fe": 0.3, "Mn": 0.7}, "O", {"Li": 0.2}, {"Fe": 0.9}, "La"],
        [[0, 0, 0], [0.5, 0, 0], [0, 0.5, 0], [0, 0, 0.5], [0.5, 0.5, 0.5]],
    )
    entry = entry_of(structure, moment_input=np.arange(5.0), warnings=("Before.",))
    (settled,) = resolve_disorder(entry, "majority")
    assert settled.is_ordered and settled.id != entry.id
    assert settled.elements == ("Mn", "O", "Fe", "La")
    assert settled.site_labels == ("S0", "S1", "S3", "S4")
    np.testing.assert_allclose(settled.moment_input, [0, 1, 3, 4])
    np.testing.assert_allclose(settled.structure.frac_coords, structure.frac_coords[[0, 1, 3, 4]])
    assert settled.warnings[0] == "Before."
    assert "3 of 5 sites" in settled.warnings[1] and "1 mostly empty" in settled.warnings[1]
    assert not entry.is_ordered and entry.n_sites == 5


def test_majority_fills_one_of_two_split_sites() -> None:
    structure = Structure(
        Lattice.cubic(5), [{"Fe": 0.4}, {"Fe": 0.6}, "O"], [[0, 0, 0.01], [0, 0, -0.01], [0.5, 0.5, 0.5]]
    )
    (settled,) = resolve_disorder(entry_of(structure), "majority")
    assert settled.elements == ("Fe", "O") and settled.site_labels == ("S1", "S2")
    halves = Structure(Lattice.cubic(5), [{"H": 0.5}, {"H": 0.5}, "O"], structure.frac_coords)
    (settled,) = resolve_disorder(entry_of(halves), "majority")
    assert settled.elements == ("H", "O")


def test_nothing_left_is_an_error() -> None:
    with pytest.raises(DisorderError, match="nothing would be left"):
        resolve_disorder(entry_of(Structure(Lattice.cubic(5), [{"Fe": 0.1}], [[0, 0, 0]])), "majority")


def test_enumeration_lists_all_distinct_orderings_of_a_small_cell() -> None:
    settled = resolve_disorder(entry_of(alloy(0.5, 2)), "enumerate")
    # Two Fe on four sites in a row: neighbours alternate (along c) or lie in pairs; all others are copies of these.
    patterns = {"".join(symbol[0] for symbol in entry.elements) for entry in settled}
    assert all(Counter(entry.elements) == {"Fe": 2, "Co": 2} for entry in settled)
    assert len(patterns) == len(settled) == 2
    assert all("all 2 distinct orderings" in entry.warnings[-1] for entry in settled)
    assert len({entry.id for entry in settled}) == 2


def test_enumeration_is_the_same_every_time_and_bounded() -> None:
    first = resolve_disorder(entry_of(alloy(0.5, 10)), "enumerate", limit=7)
    second = resolve_disorder(entry_of(alloy(0.5, 10)), "enumerate", limit=7)
    assert [entry.elements for entry in first] == [entry.elements for entry in second]
    assert len(first) == 7
    assert all(Counter(entry.elements) == {"Fe": 10, "Co": 10} for entry in first)
    assert "random choice (seed 0) out of 184756 orderings" in first[0].warnings[-1]


def test_enumeration_rounds_to_whole_atoms_and_says_so() -> None:
    settled = resolve_disorder(entry_of(alloy(0.3, 2)), "enumerate")
    assert all(Counter(entry.elements) == {"Fe": 3, "Co": 1} for entry in settled)
    assert "rounded to whole atoms" in settled[0].warnings[-1]


def test_enumeration_with_vacancies() -> None:
    structure = Structure(
        Lattice.cubic(8), [{"Li": 0.5}, {"Li": 0.5}, "O"], [[0, 0, 0], [0.5, 0.5, 0], [0.25, 0.25, 0.25]]
    )
    settled = resolve_disorder(entry_of(structure), "enumerate")
    assert all(Counter(entry.elements) == {"Li": 1, "O": 1} for entry in settled)


def test_ordering_by_electrostatic_energy_puts_unlike_charges_together() -> None:
    """Mg2+ and Li+ over the cation sites of rock salt: the lowest energies keep the 2+ ions apart."""
    lattice = Lattice.cubic(4.2)
    cations = [[0, 0, 0], [0, 0.5, 0.5], [0.5, 0, 0.5], [0.5, 0.5, 0]]
    anions = [[0.5, 0.5, 0.5], [0.5, 0, 0], [0, 0.5, 0], [0, 0, 0.5]]
    mixed = {Species("Mg", 2): 0.5, Species("Li", 1): 0.5}
    structure = Structure(lattice, [mixed] * 4 + [Species("O", -2)] * 4, cations + anions)
    structure.make_supercell([1, 1, 3])
    settled = resolve_disorder(entry_of(structure), "enumerate", limit=3)
    assert len(settled) == 3 and "electrostatic (Ewald)" in settled[0].warnings[-1]

    def nearest_magnesium(entry: StructureEntry) -> int:
        pairs = entry.structure.distance_matrix
        magnesium = [index for index, symbol in enumerate(entry.elements) if symbol == "Mg"]
        return sum(0 < pairs[i, j] < 3 for i in magnesium for j in magnesium)

    every = resolve_disorder(entry_of(structure), "enumerate", limit=1000)
    assert len(every) > 3
    counts = [nearest_magnesium(entry) for entry in every]
    assert nearest_magnesium(settled[0]) <= np.mean(counts)


def test_shares_of_a_site_add_up_to_one() -> None:
    for choices in site_options(Structure(Lattice.cubic(3), [{"Fe": 0.25, "Co": 0.5}], [[0, 0, 0]])):
        assert sum(choice.share for choice in choices) == pytest.approx(1)
        assert {choice.symbol for choice in choices} == {"Fe", "Co", None}


def test_inequivalent_sites_of_one_content_keep_the_composition_together() -> None:
    """Four sites of which no two are equivalent: each alone would get the commoner species."""
    mixed = {"Fe": 0.5, "Ni": 0.5}
    places = [[0, 0, 0], [0.47, 0.5, 0.02], [0.52, 0.04, 0.5], [0.03, 0.5, 0.46], [0.3, 0.1, 0.2]]
    structure = Structure(Lattice.orthorhombic(4.1, 4.2, 4.3), [mixed] * 4 + ["O"], places)
    orderings = resolve_disorder(entry_of(structure), "enumerate")
    assert len(orderings) == 6
    assert {entry.formula for entry in orderings} == {"Fe2Ni2O"}
