"""Nearest vectors by brute force: one matrix product beats every tree in 64 dimensions.

Only the single nearest one by cosine, which screening asks for at every site, is found in groups.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from negnn_gui.analysis.nearest_direction import DirectionGroups

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]
Metric = Literal["cosine", "euclidean"]

# Single precision orders near ties wrongly; a few more candidates are measured again in double precision.
_SPARE = 8
_BLOCK_FLOATS = 8_000_000


@dataclass(frozen=True, eq=False)
class Neighbours:
    """The k nearest of each of M queries, nearest first.

    Attributes
    ----------
    index : (M, k) int
        Row in the searched vectors; -1 where the query was not finite.
    distance : (M, k) float
        Cosine distance (0 to 2) or Euclidean distance; NaN where ``index`` is -1.
    """

    index: IntArray
    distance: FloatArray


class VectorIndex:
    """Vectors prepared for repeated nearest-neighbour queries.

    Parameters
    ----------
    vectors : (N, D) array
        What is searched; kept as float32.
    metric : "cosine" or "euclidean"
        Cosine distance is 1 - cos(angle), and 1 to or from a zero vector.
    """

    def __init__(self, vectors: ArrayLike, metric: Metric = "cosine") -> None:
        rows = np.array(vectors, dtype=np.float32)
        if rows.ndim != 2:
            raise ValueError(f"the vectors searched must be (N, D), not {rows.shape}")
        if metric not in ("cosine", "euclidean"):
            raise ValueError(f"the metric must be cosine or euclidean, not {metric!r}")
        self.metric: Metric = metric
        self._half_square: NDArray[np.float32] | None = None
        if metric == "cosine":
            _normalise(rows)
        else:
            self._half_square = 0.5 * np.einsum("ij,ij->i", rows, rows)
        self._rows = rows

    def __len__(self) -> int:
        return len(self._rows)

    def query(self, vectors: ArrayLike, k: int) -> Neighbours:
        """The ``k`` nearest rows of each of (M, D) ``vectors`` (all rows where there are fewer than k).

        Equal distances are given in the order of the rows searched.

        Raises
        ------
        ValueError
            The vectors have another length than those searched, or k < 1.
        """
        queries = np.array(vectors, dtype=np.float32)
        if queries.ndim != 2 or queries.shape[1] != self._rows.shape[1]:
            raise ValueError(f"a query must be (M, {self._rows.shape[1]}), not {queries.shape}")
        if k < 1:
            raise ValueError(f"k must be at least 1, not {k}")
        if self.metric == "cosine":
            _normalise(queries)
        k = min(k, len(self._rows))
        index = np.full((len(queries), k), -1, dtype=np.int64)
        distance = np.full((len(queries), k), np.nan)
        if not k:
            return Neighbours(index, distance)
        usable = np.flatnonzero(np.isfinite(queries).all(axis=1))
        if k == 1 and self.metric == "cosine":
            index[usable, 0], distance[usable, 0] = self._groups.nearest(queries[usable])
            return Neighbours(index, distance)
        block = max(1, _BLOCK_FLOATS // len(self._rows))
        for start in range(0, len(usable), block):
            rows = usable[start : start + block]
            index[rows], distance[rows] = self._nearest(queries[rows], k)
        return Neighbours(index, distance)

    @cached_property
    def _groups(self) -> DirectionGroups:
        return DirectionGroups(self._rows)

    def _nearest(self, queries: NDArray[np.float32], k: int) -> tuple[IntArray, FloatArray]:
        closeness = queries @ self._rows.T
        if self._half_square is not None:
            closeness -= self._half_square
        wanted = min(k + _SPARE, len(self._rows))
        if wanted == len(self._rows):
            candidates = np.broadcast_to(np.arange(wanted), closeness.shape)
        else:
            candidates = np.argpartition(-closeness, wanted - 1, axis=1)[:, :wanted]
            candidates = np.sort(candidates, axis=1)
        found = self._rows[candidates].astype(np.float64)
        ours = queries[:, None, :].astype(np.float64)
        if self.metric == "cosine":
            distance = np.clip(1.0 - (found * ours).sum(axis=2), 0.0, 2.0)
        else:
            distance = np.sqrt(((found - ours) ** 2).sum(axis=2))
        order = np.argsort(distance, axis=1, kind="stable")[:, :k]
        return np.take_along_axis(candidates, order, axis=1), np.take_along_axis(distance, order, axis=1)


def _normalise(rows: NDArray[np.float32]) -> None:
    """Scale (N, D) rows to unit length in place; zero rows stay zero."""
    length = np.sqrt(np.einsum("ij,ij->i", rows, rows, dtype=np.float64)).astype(np.float32)
    length[length == 0] = 1.0
    rows /= length[:, None]
