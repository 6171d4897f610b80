"""How alike chosen sites are at a level: the cosine of the angle between their vectors."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.cluster.hierarchy import leaves_list, linkage
from scipy.spatial.distance import squareform

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]

MAX_SITES = 400
"""More rows than that can be neither read nor drawn apart."""


@dataclass(frozen=True, eq=False)
class Similarity:
    """Similarities of N sites.

    Attributes
    ----------
    cosine : (N, N) float
        1 for the same direction, 0 for unrelated ones, -1 for opposite ones; NaN for a vector that is not finite.
    """

    cosine: FloatArray

    def order_by_likeness(self) -> IntArray:
        """(N,) rows in an order in which like sites stand together (average linkage); unknown sites come last."""
        known = np.flatnonzero(np.isfinite(np.diagonal(self.cosine)))
        unknown = np.setdiff1d(np.arange(len(self.cosine)), known)
        if len(known) > 2:
            distance = 1.0 - self.cosine[np.ix_(known, known)]
            distance = np.clip(0.5 * (distance + distance.T), 0.0, None)
            np.fill_diagonal(distance, 0.0)
            known = known[leaves_list(linkage(squareform(distance, checks=False), "average"))]
        return np.concatenate([known, unknown]).astype(np.int64)


def similarity(vectors: ArrayLike) -> Similarity:
    """Cosine similarity of (N, D) vectors; a zero vector is like nothing, itself included."""
    rows = np.asarray(vectors, dtype=np.float64)
    if rows.ndim != 2:
        raise ValueError(f"a similarity matrix needs (N, D) vectors, not {rows.shape}")
    length = np.linalg.norm(rows, axis=1, keepdims=True)
    unit = np.divide(rows, length, out=np.zeros_like(rows), where=length > 0)
    unit[~np.isfinite(rows).all(axis=1)] = np.nan
    return Similarity(np.clip(unit @ unit.T, -1.0, 1.0))
