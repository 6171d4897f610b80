"""Which sites are equivalent, and the space group of a structure (spglib, 0.01 Å)."""

from __future__ import annotations

import threading
import warnings
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from pymatgen.core import Structure

TOLERANCE = 0.01
"""Distance in Å within which positions count as symmetric."""

MOST_SITES = 1000
"""Cells with more sites are not searched: spglib's time grows with the square of their number and more."""

# spglib keeps its last error in a global, and Python its warning filters.
_lock = threading.Lock()


def equivalent_sites(structure: Structure) -> NDArray[np.int64]:
    """Classes of sites that the symmetry of the crystal maps onto each other.

    Returns
    -------
    (N,) int64
        Sites with the same number are equivalent; numbers count the classes in order of appearance. Every
        site is its own class where the cell has more than ``MOST_SITES`` sites or no symmetry can be found.
    """
    dataset = _dataset(structure)
    if dataset is None or len(dataset[0]) != len(structure):
        return np.arange(len(structure), dtype=np.int64)
    _, first, inverse = np.unique(dataset[0], return_index=True, return_inverse=True)
    order = np.argsort(np.argsort(first))
    return np.asarray(order[inverse.reshape(-1)], dtype=np.int64)


def space_group(structure: Structure) -> tuple[str, int] | None:
    """Short Hermann-Mauguin symbol and number of the space group, such as ("Fm-3m", 225).

    None where the cell has more than ``MOST_SITES`` sites or no symmetry can be found.
    """
    dataset = _dataset(structure)
    return None if dataset is None else (dataset[1], dataset[2])


def site_permutations(structure: Structure, most: int = 200) -> NDArray[np.int64]:
    """How the symmetry operations of a small cell permute its sites.

    Returns
    -------
    (O, N) int64
        Row by row a permutation of the sites, the identity among them; the identity alone where the cell has
        more than ``most`` sites or no symmetry can be found.
    """
    identity = np.arange(len(structure), dtype=np.int64)[None]
    found = _search(structure) if len(structure) <= most else None
    if found is None:
        return identity
    frac = np.asarray(structure.frac_coords)
    rows = [identity[0]]
    for rotation, translation in zip(found.rotations, found.translations, strict=True):
        difference = (frac @ rotation.T + translation)[:, None] - frac[None]
        difference -= np.rint(difference)
        distance = np.linalg.norm(difference @ structure.lattice.matrix, axis=2)
        row = distance.argmin(axis=1)
        if distance.min(axis=1).max() < 0.1 and len(np.unique(row)) == len(row):
            rows.append(row)
    return np.unique(np.array(rows, dtype=np.int64), axis=0)


def _dataset(structure: Structure) -> tuple[NDArray[np.int64], str, int] | None:
    """spglib's equivalent atoms, symbol and number."""
    found = _search(structure)
    if found is None:
        return None
    return np.asarray(found.equivalent_atoms, dtype=np.int64), str(found.international), int(found.number)


def _search(structure: Structure) -> Any:
    """spglib's dataset, or None where there is none."""
    import spglib

    if not 0 < len(structure) <= MOST_SITES:
        return None
    # Sites are alike only if they hold the same species in the same amounts.
    kinds: dict[frozenset[tuple[str, float]], int] = {}
    numbers = [kinds.setdefault(_content(site.species), len(kinds) + 1) for site in structure]
    cell = (np.asarray(structure.lattice.matrix), np.asarray(structure.frac_coords), numbers)
    with _lock, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            return spglib.get_symmetry_dataset(cell, symprec=TOLERANCE)
        except Exception:
            # Newer versions raise where older ones return None (overlapping atoms, broken cells).
            return None


def _content(species: Mapping[Any, float]) -> frozenset[tuple[str, float]]:
    return frozenset((str(kind), round(float(amount), 4)) for kind, amount in species.items())
