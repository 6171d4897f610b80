"""Crystals made in random space groups are read as pymatgen reads them."""

from __future__ import annotations

import warnings
from collections import Counter

import numpy as np
import pytest
from pymatgen.core import Lattice, Structure
from pymatgen.io.cif import CifParser, CifWriter
from pymatgen.symmetry.groups import SpaceGroup

from negnn_gui.structures.reading import read_text


def fingerprint(structure: Structure) -> Counter[tuple[object, ...]]:
    return Counter((site.species, *np.mod(np.round(site.frac_coords, 3), 1.0)) for site in structure)


def random_crystal(generator: np.random.Generator) -> Structure:
    number = int(generator.integers(1, 231))
    a, b, c = generator.uniform(6, 12, 3)
    lattices = {
        "cubic": Lattice.cubic(a),
        "tetragonal": Lattice.tetragonal(a, c),
        "hexagonal": Lattice.hexagonal(a, c),
        "trigonal": Lattice.hexagonal(a, c),
        "orthorhombic": Lattice.orthorhombic(a, b, c),
        "monoclinic": Lattice.monoclinic(a, b, c, 100),
        "triclinic": Lattice.from_parameters(a, b, c, 80, 95, 105),
    }
    special = generator.choice([0, 0.25, 0.5, 1 / 3], 3)
    general = generator.random(3).round(4)
    first = {"Fe": 0.7, "Mn": 0.3} if generator.random() < 0.3 else "Fe"
    group = SpaceGroup.from_int_number(number)
    return Structure.from_spacegroup(number, lattices[group.crystal_system], [first, "O"], [special, general])


def compare(seed: int, tries: int) -> int:
    """Make crystals, write and read them both ways; how many were compared."""
    generator = np.random.default_rng(seed)
    compared = 0
    for _ in range(tries):
        crystal = random_crystal(generator)
        if not crystal.is_valid(0.7):
            continue
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            text = str(CifWriter(crystal, symprec=0.01 if generator.random() < 0.7 else None))
            (theirs,) = CifParser.from_str(text).parse_structures(primitive=False)
        (ours,) = read_text(text, "x.cif")
        np.testing.assert_allclose(ours.structure.lattice.matrix, theirs.lattice.matrix)
        assert fingerprint(ours.structure) == fingerprint(theirs)
        compared += 1
    return compared


@pytest.mark.parametrize("seed", range(6))
def test_same_structures_as_pymatgen(seed: int) -> None:
    assert compare(seed, 12) >= 3


@pytest.mark.slow
@pytest.mark.timeout(3600)
def test_a_thousand_crystals_are_read_as_pymatgen_reads_them() -> None:
    compared, seed = 0, 100
    while compared < 1000:
        compared += compare(seed, 40)
        seed += 1
        assert seed < 400
