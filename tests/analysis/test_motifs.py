"""Motifs of textbook crystals, whatever their orientation, order and distortion."""

from __future__ import annotations

import time

import numpy as np
import pytest
from pymatgen.core import Lattice, Structure

from negnn_gui.analysis.motifs import motifs_from_arrays, site_motifs


def rock_salt() -> Structure:
    return Structure.from_spacegroup("Fm-3m", Lattice.cubic(4.18), ["Ni", "O"], [[0, 0, 0], [0.5, 0.5, 0.5]])


def spinel() -> Structure:
    return Structure.from_spacegroup(
        "Fd-3m:2", Lattice.cubic(8.09), ["Mg", "Al", "O"], [[1 / 8] * 3, [1 / 2] * 3, [0.2624] * 3]
    )


def perovskite() -> Structure:
    places = [[0.5, 0.5, 0.5], [0, 0, 0], [0.5, 0, 0]]
    return Structure.from_spacegroup("Pm-3m", Lattice.cubic(3.905), ["Sr", "Ti", "O"], places)


def zinc_blende() -> Structure:
    return Structure.from_spacegroup(
        "F-43m", Lattice.cubic(5.41), ["Zn", "S"], [[0, 0, 0], [0.25, 0.25, 0.25]]
    )


def nickel_arsenide() -> Structure:
    places = [[0, 0, 0], [1 / 3, 2 / 3, 0.25]]
    return Structure.from_spacegroup("P6_3/mmc", Lattice.hexagonal(3.62, 5.03), ["Ni", "As"], places)


def square_of_platinum() -> Structure:
    places = [[0, 0.5, 0], [0, 0, 0.25]]
    return Structure.from_spacegroup("P4_2/mmc", Lattice.tetragonal(3.47, 6.11), ["Pt", "S"], places)


def molybdenite() -> Structure:
    places = [[1 / 3, 2 / 3, 0.25], [1 / 3, 2 / 3, 0.621]]
    return Structure.from_spacegroup("P6_3/mmc", Lattice.hexagonal(3.16, 12.3), ["Mo", "S"], places)


def metal(group: str, lattice: Lattice, symbol: str, place: list[float]) -> Structure:
    return Structure.from_spacegroup(group, lattice, [symbol], [place])


@pytest.mark.parametrize(
    ("structure", "motifs"),
    [
        (rock_salt(), {"Ni": "octahedral", "O": "octahedral"}),
        (zinc_blende(), {"Zn": "tetrahedral", "S": "tetrahedral"}),
        (spinel(), {"Mg": "tetrahedral", "Al": "octahedral", "O": "tetrahedral"}),
        (perovskite(), {"Sr": "cuboctahedral", "Ti": "octahedral", "O": "linear"}),
        (nickel_arsenide(), {"Ni": "octahedral", "As": "trigonal prismatic"}),
        (square_of_platinum(), {"Pt": "square planar", "S": "tetrahedral"}),
        (molybdenite(), {"Mo": "trigonal prismatic", "S": "trigonal pyramidal"}),
        (metal("Fm-3m", Lattice.cubic(3.52), "Ni", [0, 0, 0]), {"Ni": "cuboctahedral"}),
        (metal("Im-3m", Lattice.cubic(2.87), "Fe", [0, 0, 0]), {"Fe": "body-centred cubic"}),
        (
            metal("P6_3/mmc", Lattice.hexagonal(2.507, 4.069), "Co", [1 / 3, 2 / 3, 0.25]),
            {"Co": "anticuboctahedral"},
        ),
        (metal("Fd-3m:1", Lattice.cubic(3.57), "C", [0, 0, 0]), {"C": "tetrahedral"}),
    ],
    ids=lambda value: value.composition.reduced_formula if isinstance(value, Structure) else "",
)
def test_textbook_crystals(structure: Structure, motifs: dict[str, str]) -> None:
    found = site_motifs(structure)
    assert found == [motifs[site.specie.symbol] for site in structure]


@pytest.mark.parametrize("structure", [rock_salt(), spinel(), perovskite()])
def test_cell_orientation_and_order_do_not_matter(structure: Structure) -> None:
    rng = np.random.default_rng(5)
    turn = np.linalg.qr(rng.normal(size=(3, 3)))[0]
    order = rng.permutation(len(structure))
    numbers = np.array(structure.atomic_numbers)[order]
    frac = structure.frac_coords[order] + rng.integers(-2, 3, size=(len(order), 3)) + 0.3
    found = motifs_from_arrays(structure.lattice.matrix @ turn, frac, numbers)
    assert found == [site_motifs(structure)[place] for place in order]


def test_small_displacements_leave_the_motif() -> None:
    disturbed = spinel().perturb(0.06, seed=3)
    assert site_motifs(disturbed, range(24)) == site_motifs(spinel(), range(24))


def test_an_elongated_octahedron_is_one_and_a_far_pair_leaves_a_square() -> None:
    def copper(axial: float) -> str:
        lattice = Lattice.tetragonal(3.9, 2 * axial + 4.0)
        axis = axial / lattice.c
        places = [[0, 0, 0], [0.5, 0, 0], [0, 0.5, 0], [0, 0, axis], [0, 0, 1 - axis]]
        return site_motifs(Structure(lattice, ["Cu", "O", "O", "O", "O"], places), [0])[0]

    assert copper(1.95) == copper(2.4) == "octahedral"
    assert copper(2.9) == "square planar"


def test_chosen_sites_come_in_the_order_asked() -> None:
    assert site_motifs(spinel(), [30, 0, 8, 0]) == ["tetrahedral", "tetrahedral", "octahedral", "tetrahedral"]


def test_an_atom_alone_has_no_motif() -> None:
    assert site_motifs(Structure(Lattice.cubic(20), ["Fe"], [[0, 0, 0]])) == [""]
    pair = Structure(Lattice.cubic(20), ["O", "O"], [[0, 0, 0], [0.06, 0, 0]])
    assert site_motifs(pair) == ["1-fold", "1-fold"]


def test_a_disordered_site_counts_as_its_main_species() -> None:
    mixed = rock_salt()
    mixed.replace(0, {"Ni": 0.7, "Mg": 0.3})
    assert site_motifs(mixed, [0, 1]) == ["octahedral", "octahedral"]


def test_a_site_takes_less_than_five_milliseconds() -> None:
    structure = spinel()
    site_motifs(structure)
    began = time.perf_counter()
    site_motifs(structure)
    assert (time.perf_counter() - began) / len(structure) < 0.005
