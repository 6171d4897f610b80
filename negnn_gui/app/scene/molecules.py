"""Molecules: groups of bonded atoms that do not go on for ever, made whole where the box cuts them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from negnn_gui.app.scene.bonds import CellBonds
from negnn_gui.app.scene.geometry import DisplayedAtoms


@dataclass(frozen=True, eq=False)
class Molecules:
    """The molecules of one cell.

    Attributes
    ----------
    number : (N,) int
        Molecule of each site; -1 for sites of an endless network (chains, layers, frameworks).
    cell : (N, 3) int
        Cell in which each site lies where its molecule is in one piece, counted from the coordinates in the
        file.
    """

    number: NDArray[np.int64]
    cell: NDArray[np.int64]


def find_molecules(n_sites: int, bonds: CellBonds) -> Molecules:
    """Follow the bonds from site to site; a group that meets itself in another cell is endless."""
    around: list[list[tuple[int, NDArray[np.int64]]]] = [[] for _ in range(n_sites)]
    for first, second, image in zip(bonds.first, bonds.second, bonds.image, strict=True):
        around[first].append((int(second), image))
        around[second].append((int(first), -image))
    number = np.full(n_sites, -1, dtype=np.int64)
    cell = np.zeros((n_sites, 3), dtype=np.int64)
    seen = np.zeros(n_sites, dtype=bool)
    count = 0
    for start in range(n_sites):
        if seen[start]:
            continue
        seen[start] = True
        members, endless = [start], False
        for site in members:  # grows while it is walked
            for other, image in around[site]:
                there = cell[site] + image
                if not seen[other]:
                    seen[other] = True
                    cell[other] = there
                    members.append(other)
                elif not np.array_equal(cell[other], there):
                    endless = True
        if not endless:
            number[members] = count
            count += 1
    return Molecules(number, cell)


def whole_molecules(
    atoms: DisplayedAtoms, bonds: CellBonds, lattice: NDArray[np.float64], frac: NDArray[np.float64]
) -> DisplayedAtoms:
    """The atoms and, behind them, what is missing of the molecules that they belong to."""
    molecules = find_molecules(len(frac), bonds)
    member = molecules.number[atoms.site]
    inside = member >= 0
    if not inside.any():
        return atoms
    # A displayed molecule: which one, and by how many cells it is moved.
    moved = atoms.offset[inside] - molecules.cell[atoms.site[inside]]
    copies = np.unique(np.column_stack([member[inside], moved]), axis=0)
    sites, offsets = [atoms.site], [atoms.offset]
    for number, *shift in copies:
        parts = np.flatnonzero(molecules.number == number)
        sites.append(parts)
        offsets.append(molecules.cell[parts] + np.array(shift))
    rows = np.column_stack([np.concatenate(sites), np.concatenate(offsets)])
    # Keep the first of each, in order: the displayed atoms stay in front.
    _, first = np.unique(rows, axis=0, return_index=True)
    rows = rows[np.sort(first)]
    site, offset = rows[:, 0], rows[:, 1:]
    return DisplayedAtoms(site, offset, (frac[site] + offset) @ lattice)
