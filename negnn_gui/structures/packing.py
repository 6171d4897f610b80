"""A structure as a few arrays and its kinds of sites, for the way between processes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from pymatgen.core import Composition, Lattice, Structure


@dataclass(frozen=True, eq=False)
class PackedStructure:
    """A structure without charge and without properties of its sites.

    Attributes
    ----------
    lattice : pymatgen Lattice
    kinds : tuple of pymatgen Composition
        What occupies a site; (N,) ``kind`` says which of them occupies each.
    frac_coords : (N, 3) float
    labels : tuple of str
    """

    lattice: Lattice
    kinds: tuple[Composition, ...]
    kind: NDArray[np.int32]
    frac_coords: NDArray[np.float64]
    labels: tuple[str, ...]

    def unpack(self) -> Structure:
        """The structure again."""
        from pymatgen.core import Structure

        species = [self.kinds[index] for index in self.kind]
        return Structure(self.lattice, species, self.frac_coords, labels=list(self.labels))


def pack(structure: Structure) -> PackedStructure | None:
    """The structure as arrays; None where it holds more than they can."""
    if structure._charge is not None or structure.properties:
        return None
    place: dict[int, int] = {}
    kinds: list[Composition] = []
    kind = np.empty(len(structure), dtype=np.int32)
    for number, site in enumerate(structure):
        if site.properties:
            return None
        composition = site.species
        at = place.get(id(composition))
        if at is None:
            at = place[id(composition)] = len(kinds)
            kinds.append(composition)
        kind[number] = at
    frac_coords = np.asarray(structure.frac_coords, dtype=np.float64)
    labels = tuple(site.label for site in structure)
    return PackedStructure(structure.lattice, tuple(kinds), kind, frac_coords, labels)
