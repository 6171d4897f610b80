"""Crystals to measure with, made from the examples that ship with the program."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from negnn_gui import locations
from negnn_gui.structures.entry import StructureEntry

if TYPE_CHECKING:
    from pymatgen.core import Structure

TWENTY_ATOMS = "LaMnO3"
"""Example with 20 atoms in its cell."""

ABOUT_THIRTY_ATOMS = ("LaMnO3", "GdFeO3", "Cr2O3", "CrI3", "Fe3O4")
"""Examples of 20 to 56 atoms, 30 on average: the size of most structures in the databases."""


def example_file(name: str) -> Path:
    """File of an example."""
    return locations.resources_dir() / "examples" / f"{name}.cif"


def example(name: str) -> StructureEntry:
    """An example, read."""
    from negnn_gui.structures.reading import read_structures

    found = next(iter(read_structures(example_file(name))))
    if not isinstance(found, StructureEntry):
        raise found
    return found


def supercell(name: str, times: tuple[int, int, int]) -> StructureEntry:
    """An example repeated along its three axes."""
    return _entry(f"{name} {times[0]}x{times[1]}x{times[2]}", example(name).structure * times)


def moved_supercell(name: str, times: tuple[int, int, int], seed: int = 0) -> StructureEntry:
    """An example repeated along its three axes, whose atoms were then moved by some 0.05 Å each."""
    structure = example(name).structure * times
    return _entry(f"{name} {times[0]}x{times[1]}x{times[2]}", _moved(structure, np.random.default_rng(seed)))


def perturbed_examples(count: int, seed: int = 0) -> list[StructureEntry]:
    """``count`` crystals of about 30 atoms, each an example whose atoms were moved by some 0.05 Å.

    Moved, because equal distances and equal crystals would make the work easier than real files do.
    """
    generator = np.random.default_rng(seed)
    originals = [example(name) for name in ABOUT_THIRTY_ATOMS]
    made = []
    for number in range(count):
        original = originals[number % len(originals)]
        made.append(_entry(f"{original.name} {number}", _moved(original.structure, generator)))
    return made


def _moved(structure: Structure, generator: np.random.Generator) -> Structure:
    """A copy whose atoms were moved by some 0.05 Å."""
    from pymatgen.core import Structure as PymatgenStructure

    shift = generator.normal(scale=0.05 / np.sqrt(3.0), size=(len(structure), 3))
    cartesian = np.asarray(structure.cart_coords) + shift
    return PymatgenStructure(structure.lattice, structure.species, cartesian, coords_are_cartesian=True)


def _entry(name: str, structure: Structure) -> StructureEntry:
    labels = tuple(f"{site.specie.symbol}{index}" for index, site in enumerate(structure, start=1))
    return StructureEntry(id=name, path=None, frame=0, name=name, structure=structure, site_labels=labels)
