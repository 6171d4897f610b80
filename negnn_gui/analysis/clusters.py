"""Groups of sites with like surroundings, found without saying how many there are (HDBSCAN)."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from negnn_gui.analysis.neighbours import VectorIndex

IntArray = NDArray[np.int64]

NO_CLUSTER = -1
MIN_SURROUNDINGS = 3
# Time grows with the square of their number; the rest joins the cluster of its nearest neighbour.
_MAX_FITTED = 4000
# Share of the spread of all vectors below which two of them are the same surroundings.
_SAME = 1e-3


def find_clusters(vectors: ArrayLike, min_surroundings: int = MIN_SURROUNDINGS) -> IntArray:
    """Cluster of each of (N, D) vectors.

    Sites with the same surroundings count once: otherwise every orbit of equivalent sites, and every supercell,
    would be a cluster of its own. Of more than 4,000 different surroundings evenly spaced ones are clustered.

    Parameters
    ----------
    min_surroundings : int
        Fewest different surroundings that make a cluster, at least 2.

    Returns
    -------
    (N,) int
        0, 1, ... by falling number of sites; -1 for sites in no cluster and vectors that are not finite.
    """
    points = np.asarray(vectors, dtype=np.float32)
    labels = np.full(len(points), NO_CLUSTER, dtype=np.int64)
    usable = np.isfinite(points).all(axis=1)
    if not usable.any():
        return labels
    spread = float(np.linalg.norm(points[usable].std(axis=0)))
    steps = np.rint(points[usable] / (_SAME * spread or 1.0)).astype(np.int64)
    _, first, surroundings = np.unique(steps, axis=0, return_index=True, return_inverse=True)
    labels[usable] = _clusters_of(points[usable][first], min_surroundings)[surroundings.reshape(-1)]
    return _by_size(labels)


def _clusters_of(points: NDArray[np.float32], min_size: int) -> IntArray:
    if len(points) < 2 * min_size:
        return np.full(len(points), NO_CLUSTER, dtype=np.int64)
    from sklearn.cluster import HDBSCAN

    chosen = np.linspace(0, len(points) - 1, min(len(points), _MAX_FITTED)).astype(np.int64)
    fitted = HDBSCAN(min_cluster_size=min_size, copy=True).fit(points[chosen])
    found = np.asarray(fitted.labels_, dtype=np.int64)
    if len(chosen) == len(points):
        return found
    nearest = VectorIndex(points[chosen], "euclidean").query(points, 1).index[:, 0]
    return np.asarray(found[nearest])


def _by_size(labels: IntArray) -> IntArray:
    """Number clusters by falling size, equally large ones by their first site."""
    names, first, counts = np.unique(labels[labels >= 0], return_index=True, return_counts=True)
    order = np.lexsort((first, -counts))
    renamed = np.full(len(names) + 1, NO_CLUSTER, dtype=np.int64)
    renamed[order] = np.arange(len(names))
    return np.asarray(np.where(labels >= 0, renamed[np.searchsorted(names, labels)], NO_CLUSTER))
