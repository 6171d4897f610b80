"""Which sites of a cell lie on top of each other, without ever building all pairs."""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from numpy.typing import NDArray
from scipy.spatial import cKDTree

from negnn_gui.structures.parsed import FloatArray

CROWDED = 20
"""More candidate pairs a site than this and the pairs are not listed."""

_FEW = 96


class CrowdedError(Exception):
    """So many sites lie on top of each other that the structure makes no sense."""


def close_pairs(
    lattice_matrix: FloatArray, frac_coords: FloatArray, distance: float, crowded: int = CROWDED
) -> NDArray[np.int64]:
    """Pairs of different sites nearer than ``distance`` across the periodic boundary.

    Parameters
    ----------
    lattice_matrix : (3, 3) float
        Rows a, b, c, Å.
    frac_coords : (N, 3) float
    distance : float
        In Å; small against the cell.
    crowded : int
        Candidate pairs a site beyond which nothing is listed.

    Returns
    -------
    (P, 2) int64
        Site indices, the smaller first, in ascending order.

    Raises
    ------
    CrowdedError
        There are more than ``crowded`` candidate pairs a site.
    """
    if len(frac_coords) < 2:
        return np.empty((0, 2), dtype=np.int64)
    # In units of the spacing of the lattice planes no coordinate difference exceeds the distance.
    spacing = 1 / np.linalg.norm(np.linalg.inv(lattice_matrix), axis=0)
    wrapped = np.mod(frac_coords, 1.0)
    wrapped[wrapped >= 1.0] = 0.0
    scaled = np.minimum(wrapped * spacing, np.nextafter(spacing, 0))
    radius = min(distance, 0.49 * float(spacing.min()))
    if radius == distance and len(scaled) - 1 <= min(2 * crowded, _FEW):
        # So few that no list of pairs is too long: a tree would cost more than all of them.
        first, second = _all_pairs(len(scaled))
        return np.stack([first, second], axis=1)[
            _are_near(lattice_matrix, frac_coords, first, second, distance)
        ]
    tree = cKDTree(scaled, boxsize=spacing)
    count = (tree.count_neighbors(tree, radius, p=np.inf) - len(scaled)) // 2
    if count > crowded * len(scaled):
        raise CrowdedError
    pairs = tree.query_pairs(radius, p=np.inf, output_type="ndarray").astype(np.int64)
    near = _are_near(lattice_matrix, frac_coords, pairs[:, 0], pairs[:, 1], distance)
    pairs = np.sort(pairs[near], axis=1)
    return np.asarray(pairs[np.lexsort((pairs[:, 1], pairs[:, 0]))], dtype=np.int64)


@lru_cache(maxsize=2 * _FEW)
def _all_pairs(n: int) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """All pairs of ``n`` sites, the smaller first, in ascending order."""
    first, second = np.triu_indices(n, 1)
    return first.astype(np.int64), second.astype(np.int64)


def _are_near(
    lattice_matrix: FloatArray,
    frac_coords: FloatArray,
    first: NDArray[np.int64],
    second: NDArray[np.int64],
    distance: float,
) -> NDArray[np.bool_]:
    """Which pairs are nearer than ``distance``."""
    difference = frac_coords[first] - frac_coords[second]
    difference -= np.rint(difference)
    return np.asarray(np.linalg.norm(difference @ lattice_matrix, axis=1) < distance)
