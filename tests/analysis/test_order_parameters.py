"""Local environments by pymatgen's order parameters, beside the motifs, on textbook crystals."""

from __future__ import annotations

import numpy as np
import pytest
from pymatgen.core import Lattice, Structure

from negnn_gui.analysis.motifs import site_motifs
from negnn_gui.analysis.order_parameters import LEAST, environment, site_environments


def _crystal(group: str, lattice: Lattice, symbols: list[str], places: list[list[float]]) -> Structure:
    return Structure.from_spacegroup(group, lattice, symbols, places)


def spinel() -> Structure:
    places = [[1 / 8] * 3, [1 / 2] * 3, [0.2624] * 3]
    return _crystal("Fd-3m:2", Lattice.cubic(8.09), ["Mg", "Al", "O"], places)


def molybdenite() -> Structure:
    places = [[1 / 3, 2 / 3, 0.25], [1 / 3, 2 / 3, 0.621]]
    return _crystal("P6_3/mmc", Lattice.hexagonal(3.16, 12.3), ["Mo", "S"], places)


@pytest.mark.parametrize(
    ("structure", "environments"),
    [
        (spinel(), {"Mg": "tetrahedral", "Al": "octahedral"}),
        (
            _crystal("P4_2/mmc", Lattice.tetragonal(3.47, 6.11), ["Pt", "S"], [[0, 0.5, 0], [0, 0, 0.25]]),
            {"Pt": "square planar", "S": "tetrahedral"},
        ),
        (
            _crystal("Pm-3m", Lattice.cubic(4.12), ["Cs", "Cl"], [[0, 0, 0], [0.5, 0.5, 0.5]]),
            {"Cs": "cubic", "Cl": "cubic"},
        ),
        (_crystal("Fm-3m", Lattice.cubic(3.52), ["Ni"], [[0, 0, 0]]), {"Ni": "cuboctahedral"}),
    ],
    ids=lambda value: value.composition.reduced_formula if isinstance(value, Structure) else "",
)
def test_textbook_crystals_have_the_names_of_the_motifs(
    structure: Structure, environments: dict[str, str]
) -> None:
    rows = [row for row, site in enumerate(structure) if site.specie.symbol in environments]
    found = site_environments(structure, rows)
    assert [name for name, _ in found] == [environments[structure[row].specie.symbol] for row in rows]
    assert [name for name, _ in found] == site_motifs(structure, rows)
    assert min(value for _, value in found) > LEAST and max(value for _, value in found) <= 1.0 + 1e-9


def test_a_prism_has_no_order_parameter_and_keeps_its_number() -> None:
    [(name, value)] = site_environments(molybdenite(), [0])
    assert name == "6-fold" and value < LEAST
    assert site_motifs(molybdenite(), [0]) == ["trigonal prismatic"]


def test_a_distorted_octahedron_is_less_of_one() -> None:
    axes = np.concatenate([np.eye(3), -np.eye(3)])
    bent = axes + 0.15 * np.random.default_rng(0).normal(size=axes.shape)
    bent /= np.linalg.norm(bent, axis=1, keepdims=True)
    ideal, distorted = environment(axes), environment(bent)
    assert ideal[0] == distorted[0] == "octahedral"
    assert ideal[1] == pytest.approx(1.0, abs=1e-6) and LEAST < distorted[1] < 0.99


def test_numbers_without_an_order_parameter_and_no_neighbours() -> None:
    shell = np.random.default_rng(1).normal(size=(9, 3))
    name, value = environment(shell / np.linalg.norm(shell, axis=1, keepdims=True))
    assert name == "9-fold" and np.isnan(value)
    name, value = environment(np.empty((0, 3)))
    assert name == "" and np.isnan(value)
