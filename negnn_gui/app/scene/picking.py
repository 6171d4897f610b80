"""Which atom lies under the pointer: ray against spheres in NumPy, exact and fast for 100,000 atoms."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray


def pick(
    origin: NDArray[np.float64],
    direction: NDArray[np.float64],
    centres: NDArray[np.float64],
    radii: NDArray[np.float64],
) -> int:
    """Index of the first sphere that a ray meets, -1 if it meets none.

    Parameters
    ----------
    origin, direction : (3,) float
        The ray runs from ``origin`` (Å) towards ``direction`` (any length but 0).
    centres, radii : (M, 3), (M,) float
        Spheres, Å. A sphere that contains the origin is met where the ray leaves it.
    """
    if not len(centres):
        return -1
    unit = np.asarray(direction, dtype=np.float64) / np.linalg.norm(direction)
    relative = centres - origin
    along = relative @ unit
    # Distance from the foot of the perpendicular, not the difference of two large squares, keeps the digits.
    miss = relative - along[:, None] * unit
    half_chord_squared = radii**2 - np.einsum("ij,ij->i", miss, miss)
    candidates = np.flatnonzero((half_chord_squared >= 0.0) & (along + radii > 0.0))
    if not len(candidates):
        return -1
    half_chord = np.sqrt(half_chord_squared[candidates])
    entry, leave = along[candidates] - half_chord, along[candidates] + half_chord
    reached = np.where(entry >= 0.0, entry, np.where(leave >= 0.0, leave, np.inf))
    nearest = int(np.argmin(reached))
    return int(candidates[nearest]) if np.isfinite(reached[nearest]) else -1


def inside_rectangle(
    display: NDArray[np.float64], corner: tuple[float, float], opposite: tuple[float, float]
) -> NDArray[np.int64]:
    """Indices of the (M, 2) display points inside a rectangle given by two corners (a rubber band)."""
    low, high = np.minimum(corner, opposite), np.maximum(corner, opposite)
    return np.flatnonzero(np.all((display[:, :2] >= low) & (display[:, :2] <= high), axis=1)).astype(np.int64)
