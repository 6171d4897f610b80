"""Which atoms are bonded: closer than a limit for their pair of elements, images included."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from negnn_gui.app.scene.geometry import DisplayedAtoms
from negnn_gui.app.scene.style import covalent_radii

# Closer than this two entries of a file are one atom written twice, not a bond.
_SHORTEST = 0.4
_ANIONS = frozenset(["N", "O", "F", "P", "S", "Cl", "As", "Se", "Br", "Te", "I"])
_NONMETALS = _ANIONS | frozenset(
    ["H", "D", "T", "B", "C", "Si", "Ge", "He", "Ne", "Ar", "Kr", "Xe", "Rn", "At"]
)


@dataclass(frozen=True, eq=False)
class CellBonds:
    """B bonds of one cell, each once: from site ``first`` in it to site ``second`` in the cell ``image``.

    ``first`` and ``second`` are (B,) int, ``image`` (B, 3) int counts cells.
    """

    first: NDArray[np.int64]
    second: NDArray[np.int64]
    image: NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.first)


def bond_limits(
    elements: Sequence[str], scale: float = 1.15, table: Iterable[tuple[str, str, float]] = ()
) -> tuple[list[str], NDArray[np.float64]]:
    """Longest bond of each pair of the elements present, Å.

    Sum of the covalent radii times ``scale``. Where anions make up more than a quarter of the atoms, metals
    are not bonded to metals (La-Mn in LaMnO3 would pass by distance). ``table`` overrides single pairs; 0
    forbids one.

    Returns
    -------
    list of str, (S, S) float
        The S distinct elements, sorted, and the symmetric table of limits; 0 where the pair does not bond.
    """
    distinct = sorted(set(elements))
    radii = covalent_radii(distinct)
    limits = scale * (radii[:, None] + radii[None, :])
    anions = sum(symbol in _ANIONS for symbol in elements)
    if anions > 0.25 * len(elements):
        metal = np.array([symbol not in _NONMETALS for symbol in distinct])
        limits[np.ix_(metal, metal)] = 0.0
    for first, second, limit in table:
        if first in distinct and second in distinct:
            i, j = distinct.index(first), distinct.index(second)
            limits[i, j] = limits[j, i] = limit
    return distinct, limits


def cell_bonds(
    lattice: NDArray[np.float64],
    frac: NDArray[np.float64],
    elements: Sequence[str],
    scale: float = 1.15,
    table: Iterable[tuple[str, str, float]] = (),
) -> CellBonds:
    """Bonds of a periodic crystal, each once.

    Parameters
    ----------
    lattice : (3, 3) float
        Rows a, b, c, Å.
    frac : (N, 3) float
        Fractional coordinates.
    elements : sequence of N str
    """
    from pymatgen.optimization.neighbors import find_points_in_spheres

    distinct, limits = bond_limits(elements, scale, table)
    longest = float(limits.max(initial=0.0))
    if longest <= 0.0 or not len(frac):
        none = np.empty(0, dtype=np.int64)
        return CellBonds(none, none, np.empty((0, 3), dtype=np.int64))
    points = np.ascontiguousarray(frac @ lattice)
    first, second, image, distance = find_points_in_spheres(
        all_coords=points,
        center_coords=points,
        r=longest,
        pbc=np.ones(3, dtype=np.int64),
        lattice=np.ascontiguousarray(lattice, dtype=np.float64),
        tol=1e-8,
    )
    image = np.rint(image).astype(np.int64)
    kind = np.searchsorted(distinct, np.asarray(elements))
    bonded = (distance > _SHORTEST) & (distance <= limits[kind[first], kind[second]])
    # The search gives each bond from both ends; keep one.
    forward = np.sign(image) @ np.array([9, 3, 1]) > 0  # the first non-zero index is positive
    once = (first < second) | ((first == second) & forward)
    keep = bonded & once
    return CellBonds(first[keep].astype(np.int64), second[keep].astype(np.int64), image[keep])


def displayed_bonds(atoms: DisplayedAtoms, bonds: CellBonds) -> NDArray[np.int64]:
    """(K, 2) int: pairs of displayed atoms that are bonded."""
    if not len(bonds) or not len(atoms):
        return np.empty((0, 2), dtype=np.int64)
    start, bond = _bonds_at_atoms(atoms, bonds.first)
    end = _find(atoms, bonds.second[bond], atoms.offset[start] + bonds.image[bond])
    shown = end >= 0
    return np.stack([start[shown], end[shown]], axis=1)


def add_bonded_neighbours(
    atoms: DisplayedAtoms,
    chosen: NDArray[np.bool_],
    bonds: CellBonds,
    lattice: NDArray[np.float64],
    frac: NDArray[np.float64],
) -> DisplayedAtoms:
    """The atoms and, behind them, every missing neighbour of those for which the (M,) mask is true."""
    inner = atoms.take(chosen)
    sites, offsets = [], []
    for near, far, image in (
        (bonds.first, bonds.second, bonds.image),
        (bonds.second, bonds.first, -bonds.image),
    ):
        start, bond = _bonds_at_atoms(inner, near)
        offset = inner.offset[start] + image[bond]
        missing = _find(atoms, far[bond], offset) < 0
        sites.append(far[bond][missing])
        offsets.append(offset[missing])
    new = np.unique(np.column_stack([np.concatenate(sites), np.concatenate(offsets)]), axis=0)
    site = np.concatenate([atoms.site, new[:, 0]])
    offset = np.concatenate([atoms.offset, new[:, 1:]])
    return DisplayedAtoms(site, offset, (frac[site] + offset) @ lattice)


def _bonds_at_atoms(
    atoms: DisplayedAtoms, end: NDArray[np.int64]
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Every (displayed atom, bond) where the atom is an image of the bond's ``end`` site."""
    by_site = np.argsort(atoms.site, kind="stable")
    sorted_site = atoms.site[by_site]
    begin = np.searchsorted(sorted_site, end, side="left")
    count = np.searchsorted(sorted_site, end, side="right") - begin
    bond = np.repeat(np.arange(len(end)), count)
    within = np.arange(len(bond)) - np.repeat(np.cumsum(count) - count, count)
    return by_site[np.repeat(begin, count) + within], bond


def _find(atoms: DisplayedAtoms, site: NDArray[np.int64], offset: NDArray[np.int64]) -> NDArray[np.int64]:
    """Index of the displayed atom with that site and cell offset, -1 where there is none."""
    if not len(site):
        return np.empty(0, dtype=np.int64)
    low = np.minimum(atoms.offset.min(axis=0), offset.min(axis=0))
    size = np.maximum(atoms.offset.max(axis=0), offset.max(axis=0)) - low + 1
    known = _key(atoms.site, atoms.offset - low, size)
    order = np.argsort(known, kind="stable")
    wanted = _key(site, offset - low, size)
    place = np.minimum(np.searchsorted(known[order], wanted), len(known) - 1)
    found = order[place]
    return np.where(known[found] == wanted, found, -1)


def _key(site: NDArray[np.int64], offset: NDArray[np.int64], size: NDArray[np.int64]) -> NDArray[np.int64]:
    return ((site * size[0] + offset[:, 0]) * size[1] + offset[:, 1]) * size[2] + offset[:, 2]
