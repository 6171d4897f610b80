"""Positions, distances, angles and dihedrals of picked atoms, periodic images told apart."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True)
class AtomRef:
    """One atom as drawn: a site and the cell its image lies in, counted from the coordinates in the file."""

    site: int
    offset: tuple[int, int, int] = (0, 0, 0)

    def label(self, site_labels: Sequence[str]) -> str:
        """Site label, with the cell where it is not the file's: "Fe1" or "Fe1 (1 0 0)"."""
        name = site_labels[self.site]
        return name if not any(self.offset) else f"{name} ({' '.join(str(step) for step in self.offset)})"


@dataclass(frozen=True)
class Measurement:
    """What 1 to 4 atoms say: ``kind`` is "position", "distance", "angle" or "dihedral".

    ``value`` is in Å or degrees (NaN for a position, or where the angle is undefined); ``text`` names the
    atoms, ``short`` is the value with its unit alone.
    """

    kind: str
    value: float
    text: str
    short: str


def atom_position(
    ref: AtomRef, lattice: NDArray[np.float64], frac: NDArray[np.float64]
) -> NDArray[np.float64]:
    """(3,) float: where the image of a site lies, Å."""
    return np.asarray((frac[ref.site] + np.array(ref.offset)) @ lattice)


def distance(p: NDArray[np.float64], q: NDArray[np.float64]) -> float:
    """Distance of two points, Å."""
    return float(np.linalg.norm(q - p))


def angle(p: NDArray[np.float64], vertex: NDArray[np.float64], q: NDArray[np.float64]) -> float:
    """Angle p-vertex-q, 0 to 180 degrees; NaN where two of the points coincide."""
    first, second = p - vertex, q - vertex
    lengths = np.linalg.norm(first) * np.linalg.norm(second)
    if lengths < 1e-12:
        return float("nan")
    # atan2 stays exact near 0 and 180 degrees, where arccos loses half the digits.
    return float(np.degrees(np.arctan2(np.linalg.norm(np.cross(first, second)), first @ second)))


def dihedral(
    p: NDArray[np.float64], q: NDArray[np.float64], r: NDArray[np.float64], s: NDArray[np.float64]
) -> float:
    """Dihedral p-q-r-s, -180 to 180 degrees, positive clockwise from q to r (IUPAC); NaN without a plane."""
    axis = r - q
    left, right = np.cross(q - p, axis), np.cross(axis, s - r)
    length = np.linalg.norm(axis)
    if length < 1e-9 or np.linalg.norm(left) < 1e-9 or np.linalg.norm(right) < 1e-9:
        return float("nan")
    return float(np.degrees(np.arctan2(np.cross(left, right) @ axis / length, left @ right)))


def measure(
    refs: Sequence[AtomRef],
    site_labels: Sequence[str],
    lattice: NDArray[np.float64],
    frac: NDArray[np.float64],
) -> Measurement | None:
    """The measurement of 1 to 4 atoms in the order they were picked; None for any other number."""
    points = [atom_position(ref, lattice, frac) for ref in refs]
    names = "–".join(ref.label(site_labels) for ref in refs)
    if len(refs) == 1:
        inner = frac[refs[0].site] + np.array(refs[0].offset)
        short = f"frac {_triple(inner, 4)}   xyz {_triple(points[0], 3)} Å"
        return Measurement("position", float("nan"), f"{names}:  {short}", short)
    if len(refs) == 2:
        value = distance(points[0], points[1])
        return Measurement("distance", value, f"{names}:  {value:.3f} Å", f"{value:.3f} Å")
    if len(refs) == 3:
        value = angle(points[0], points[1], points[2])
        return Measurement("angle", value, f"{names}:  {_degrees(value)}", _degrees(value))
    if len(refs) == 4:
        value = dihedral(points[0], points[1], points[2], points[3])
        return Measurement("dihedral", value, f"{names}:  dihedral {_degrees(value)}", _degrees(value))
    return None


def _triple(values: NDArray[np.float64], digits: int) -> str:
    return " ".join(f"{value + 0.0:.{digits}f}" for value in np.round(values, digits))


def _degrees(value: float) -> str:
    if np.isnan(value):
        return "undefined (atoms in line)"
    shown = round(value, 2) + 0.0  # no "-0.00"
    return f"{180.0 if shown == -180.0 else shown:.2f}°"
