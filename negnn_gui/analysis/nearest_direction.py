"""The one nearest direction among many, exactly, without looking at most of them.

The searched unit vectors lie in groups around centres. A vector of a group is no nearer to a query than the centre is,
less the radius of the group (triangle inequality), so once a near vector is known most groups need not be looked into.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

Float32Array = NDArray[np.float32]
FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]

_ROUNDING = 4e-6
"""Cosines in single precision that differ by less may be in the wrong order."""

_ROWS_PER_GROUP = 200
_PARTS = 2
_QUERIES_AT_ONCE = 8192
_PAIRS_AT_ONCE = 100_000
_SLACK = 1e-3  # of distances that single precision gives


class DirectionGroups:
    """Unit vectors (N, D), zero vectors among them, in groups.

    Parameters
    ----------
    rows : (N, D) float32
        Of length 1 or 0 each, at least one; kept, not copied.
    """

    def __init__(self, rows: Float32Array) -> None:
        self._all = rows
        zero = np.asarray((rows == 0).all(axis=1), dtype=np.bool_)
        self._zero = int(zero.argmax()) if zero.any() else None
        kept = _first_of_equal(rows)
        kept = kept[~zero[kept]]
        rows = rows[kept]
        if not len(rows):
            self._begin = np.zeros(1, dtype=np.int64)
            return
        n_groups = max(1, len(rows) // _ROWS_PER_GROUP)
        centres = rows[np.linspace(0, len(rows) - 1, n_groups).astype(np.int64)]
        means = np.zeros_like(centres)
        np.add.at(means, _nearest_centre(rows, centres), rows)
        length = np.linalg.norm(means, axis=1)
        centres = np.where(length[:, None] > 0, means / np.maximum(length, 1e-12)[:, None], centres)
        used, group = np.unique(_nearest_centre(rows, centres), return_inverse=True)
        self._centres = centres[used]
        distance = np.linalg.norm(rows.astype(np.float64) - self._centres[group], axis=1)
        order = np.lexsort((-distance, group))
        self._order = kept[order]
        self._sorted = rows[order]
        self._begin = np.searchsorted(group[order], np.arange(len(used) + 1))
        self._from_centre = distance[order]

    def nearest(self, queries: Float32Array) -> tuple[IntArray, FloatArray]:
        """Row and cosine distance (M,) of the vector nearest to each unit vector of (M, D) ``queries``.

        Among equal ones it is the first row; every vector is at distance 1 from a zero vector.
        """
        row = np.zeros(len(queries), dtype=np.int64)
        distance = np.ones(len(queries))
        asking = np.flatnonzero(queries.any(axis=1))
        if len(self._begin) > 1:
            for begin in range(0, len(asking), _QUERIES_AT_ONCE):
                part = asking[begin : begin + _QUERIES_AT_ONCE]
                row[part], distance[part] = self._nearest(queries[part])
        if self._zero is not None:
            beyond = (distance > 1.0) | ((distance == 1.0) & (self._zero < row))
            row[beyond], distance[beyond] = self._zero, 1.0
        return row, distance

    def _nearest(self, queries: Float32Array) -> tuple[IntArray, FloatArray]:
        to_centre = np.sqrt(np.maximum(2.0 - 2.0 * (queries @ self._centres.T), 0.0))
        own = to_centre.argmin(axis=1)
        best = np.full(len(queries), -np.inf, dtype=np.float32)
        found: list[tuple[IntArray, IntArray, Float32Array]] = []
        for group, asking in _by_group(own):
            self._look(asking, slice(self._begin[group], self._begin[group + 1]), queries, best, found)
        # A vector nearer than the best one so far is at least this far from the centre of its group.
        outside = to_centre - (np.sqrt(np.maximum(2.0 - 2.0 * best, 0.0)) + _SLACK)[:, None]
        outside[np.arange(len(queries)), own] = np.inf
        outside = np.ascontiguousarray(outside.T)
        for group in range(len(self._centres)):
            begin, end = self._begin[group], self._begin[group + 1]
            asking = np.flatnonzero(outside[group] <= self._from_centre[begin])
            asking = asking[np.argsort(outside[group, asking])]
            for part in np.array_split(asking, _PARTS):
                if len(part):
                    farthest = np.searchsorted(
                        -self._from_centre[begin:end], -outside[group, part[0]], "right"
                    )
                    self._look(part, slice(begin, begin + farthest), queries, best, found)
        query, row, cosine = (np.concatenate(parts) for parts in zip(*found, strict=True))
        kept = cosine >= best[query] - _ROUNDING
        return self._first_of_nearest(queries, query[kept], row[kept])

    def _first_of_nearest(
        self, queries: Float32Array, query: IntArray, row: IntArray
    ) -> tuple[IntArray, FloatArray]:
        """The best of candidate pairs (P,) of a query and a row, at least one a query, in double precision."""
        product = np.concatenate(
            [
                np.einsum("ij,ij->i", self._all[r].astype(np.float64), queries[q].astype(np.float64))
                for q, r in _at_once(query, row)
            ]
        )
        distance = np.clip(1.0 - product, 0.0, 2.0)
        order = np.lexsort((row, distance, query))
        first = order[np.unique(query[order], return_index=True)[1]]
        return row[first], distance[first]

    def _look(
        self,
        asking: IntArray,
        rows: slice,
        queries: Float32Array,
        best: Float32Array,
        found: list[tuple[IntArray, IntArray, Float32Array]],
    ) -> None:
        """Compare some queries with sorted ``rows``; ``best`` (M,) cosines rise and candidates are ``found``."""
        cosine = queries[asking] @ self._sorted[rows].T
        highest = cosine.max(axis=1)
        near = np.flatnonzero(highest >= best[asking] - _ROUNDING)
        asking, cosine = asking[near], cosine[near]
        best[asking] = np.maximum(best[asking], highest[near])
        at, row = np.nonzero(cosine >= best[asking, None] - _ROUNDING)
        found.append((asking[at], self._order[rows.start + row], cosine[at, row]))


def _by_group(group: IntArray) -> Iterator[tuple[int, IntArray]]:
    """Each group (M,) that occurs, and where."""
    order = np.argsort(group, kind="stable")
    numbers, begin = np.unique(group[order], return_index=True)
    for number, members in zip(numbers, np.split(order, begin[1:]), strict=True):
        yield int(number), members


def _at_once(query: IntArray, row: IntArray) -> Iterator[tuple[IntArray, IntArray]]:
    for begin in range(0, len(query), _PAIRS_AT_ONCE):
        yield query[begin : begin + _PAIRS_AT_ONCE], row[begin : begin + _PAIRS_AT_ONCE]


def _first_of_equal(rows: Float32Array) -> IntArray:
    """In order, the rows that no earlier row equals."""
    whole = np.ascontiguousarray(rows).view(np.dtype((np.void, rows.dtype.itemsize * rows.shape[1])))
    return np.sort(np.unique(whole[:, 0], return_index=True)[1])


def _nearest_centre(rows: Float32Array, centres: Float32Array) -> IntArray:
    parts = [(part @ centres.T).argmax(axis=1) for part in np.array_split(rows, max(1, len(rows) // 4096))]
    return np.concatenate(parts)
