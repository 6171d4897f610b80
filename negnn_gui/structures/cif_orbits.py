"""From atom rows and symmetry operations to the sites of the cell, and what stands on each."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from pymatgen.core import Composition, Element, Lattice, Species

from negnn_gui.structures.cif_sites import AtomRow
from negnn_gui.structures.cif_symmetry import Operations
from negnn_gui.structures.coincidence import CrowdedError, close_pairs
from negnn_gui.structures.parsed import FloatArray, ParseError

MERGE_DISTANCE = 0.02
"""Symmetry copies nearer than this (Å) are one atom on a special position written with few digits."""

OVERFULL = 1.1
"""Occupancies that sum up to this are scaled to 1; more is refused."""

MAX_SITES = 200_000
"""Most sites in a cell."""


@dataclass(frozen=True)
class Sites:
    """The sites of a cell, row by row and operation by operation.

    Attributes
    ----------
    rows : list of tuple of int
        The atom rows that share each site; the first gives position and label.
    operation : (N,) int
        The operation that made the site out of its first row.
    frac : (N, 3) float
        Fractional coordinates in [0, 1).
    species : list of pymatgen Composition
    stabilisers : dict
        Atom row to the operations that leave its first copy where it is.
    """

    rows: list[tuple[int, ...]]
    operation: NDArray[np.int64]
    frac: FloatArray
    species: list[Composition]
    stabilisers: dict[int, NDArray[np.int64]]


def build_sites(rows: list[AtomRow], operations: Operations, lattice: Lattice, warnings: list[str]) -> Sites:
    """All symmetry copies of ``rows``, coinciding ones joined; appends to ``warnings`` what was repaired.

    Raises
    ------
    ParseError
        Too many sites, or a site that holds clearly more than one atom.
    """
    if len(rows) * len(operations) > 50 * MAX_SITES:
        raise ParseError(
            f"{len(rows)} atoms under {len(operations)} operations are too many; open a smaller cell"
        )
    _check_fit(operations, lattice, warnings)
    row_of, operation_of, frac, stabilisers = _expand(rows, operations, lattice, warnings)
    if len(frac) > MAX_SITES:
        raise ParseError(f"the cell holds {len(frac)} atoms, more than {MAX_SITES}; open a smaller cell")
    contents = _shared(frac, row_of, lattice)
    composer = _Composer(rows)
    kept = list(contents)
    species = [composer.compose(tuple(shared)) for shared in contents.values()]
    warnings.extend(composer.warnings())
    return Sites(
        [tuple(shared) for shared in contents.values()], operation_of[kept], frac[kept], species, stabilisers
    )


def _check_fit(operations: Operations, lattice: Lattice, warnings: list[str]) -> None:
    """Warn where an operation does not leave the cell's shape as it is."""
    metric = lattice.matrix @ lattice.matrix.T
    turned = np.swapaxes(operations.rotations, 1, 2) @ metric @ operations.rotations
    if np.abs(turned - metric).max() > 0.02 * np.abs(metric).max():
        warnings.append("The symmetry operations do not fit the shape of the cell; atoms may be misplaced.")


def _expand(
    rows: list[AtomRow], operations: Operations, lattice: Lattice, warnings: list[str]
) -> tuple[NDArray[np.int64], NDArray[np.int64], FloatArray, dict[int, NDArray[np.int64]]]:
    """Row index, operation index and position of every distinct copy; and each row's stabiliser."""
    if len(operations) == 1:  # one copy each, all of them at once
        copies = np.array([row.frac for row in rows]) @ operations.rotations[0].T + operations.translations[0]
        return np.arange(len(rows)), np.zeros(len(rows), dtype=np.int64), _into_cell(copies), {}
    kept_rows, kept_operations, kept_frac = [], [], []
    stabilisers: dict[int, NDArray[np.int64]] = {}
    inexact: list[str] = []
    for index, row in enumerate(rows):
        copies = _into_cell(operations.rotations @ row.frac + operations.translations)
        same = close_pairs(lattice.matrix, copies, MERGE_DISTANCE, crowded=len(copies))
        stabilisers[index] = np.append(0, same[same[:, 0] == 0, 1])
        keep = np.setdiff1d(np.arange(len(copies)), same[:, 1])
        difference = copies[same[:, 0]] - copies[same[:, 1]]
        if (np.abs(difference - np.rint(difference)) > 1e-4).any():
            inexact.append(row.label)
        kept_rows.append(np.full(len(keep), index))
        kept_operations.append(keep)
        kept_frac.append(copies[keep])
    if inexact:
        shown = ", ".join(inexact[:5]) + (" and others" if len(inexact) > 5 else "")
        warnings.append(
            f"Positions with few digits were taken as special positions (copies merged): {shown}."
        )
    return np.concatenate(kept_rows), np.concatenate(kept_operations), np.concatenate(kept_frac), stabilisers


def _into_cell(frac: FloatArray) -> FloatArray:
    """Fractional coordinates moved into [0, 1)."""
    inside = frac - np.floor(frac)
    inside[inside >= 1.0] = 0.0
    return inside


def _shared(frac: FloatArray, row_of: NDArray[np.int64], lattice: Lattice) -> dict[int, list[int]]:
    """For each site that stays (the first at its position) the atom rows that stand there."""
    try:
        pairs = close_pairs(lattice.matrix, frac, MERGE_DISTANCE)
    except CrowdedError as error:
        raise ParseError(
            "most atoms lie on top of each other; the coordinates or the symmetry are wrong"
        ) from error
    host = np.arange(len(frac))
    for first, second in pairs:
        host[second] = min(host[second], host[first])
    contents: dict[int, list[int]] = {}
    for site, owner in enumerate(host):
        contents.setdefault(int(owner), []).append(int(row_of[site]))
    return contents


class _Composer:
    """Adds up what the rows sharing a site put there, once per combination."""

    def __init__(self, rows: list[AtomRow]) -> None:
        self._rows = rows
        self._done: dict[tuple[object, ...], Composition] = {}
        self._twice: dict[str, None] = {}
        self._scaled: dict[str, None] = {}

    def compose(self, indices: tuple[int, ...]) -> Composition:
        """The composition of a site that the rows ``indices`` share."""
        key = tuple(self._rows[index].species for index in indices)
        if key not in self._done or len(indices) > 1:
            self._done[key] = self._add_up([self._rows[index] for index in indices])
        return self._done[key]

    def warnings(self) -> list[str]:
        """What was repaired."""
        found = []
        if self._twice:
            found.append(f"Atoms listed more than once were taken once: {', '.join(list(self._twice)[:5])}.")
        if self._scaled:
            found.append(
                f"Occupancies slightly above 1 were scaled to 1: {', '.join(list(self._scaled)[:5])}."
            )
        return found

    def _add_up(self, rows: list[AtomRow]) -> Composition:
        first = rows[0]
        name = first.label or first.species[0][0]
        if len(rows) > 1 and all(row.species == first.species for row in rows) and first.species[0][2] == 1.0:
            self._twice[name] = None
            rows = [first]
        amounts: dict[Element | Species, float] = {}
        for row in rows:
            for symbol, state, occupancy in row.species:
                kind = Element(symbol) if state is None else Species(symbol, state)
                amounts[kind] = amounts.get(kind, 0.0) + occupancy
        total = sum(amounts.values())
        if total > OVERFULL:
            raise ParseError(
                f"site {name} holds {total:.3g} atoms; correct the occupancies or the symmetry operations"
            )
        if total > 1 + 1e-8:
            if total > 1.001:
                self._scaled[name] = None
            amounts = {kind: amount / total for kind, amount in amounts.items()}
        return Composition(amounts)
