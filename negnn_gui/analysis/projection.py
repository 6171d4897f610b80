"""Embeddings -> points of a flat map, and how the maps of neighbouring levels are kept alike.

A map is anything that follows :class:`Projection`. Principal components are fitted here; they are the same
for the same vectors, whatever was shown before.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Protocol

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.linalg import eigh, orthogonal_procrustes

FloatArray = NDArray[np.float64]

# More rows change the first two components by less than a pixel, and the map has to follow the level slider.
MAX_FIT_ROWS = 8000
# Cosine of the angle up to which a turned axis still goes by the name of its component (11 degrees).
_SAME_AXIS = 0.98


class Projection(Protocol):
    """What the embedding map needs of a projection, whichever method fitted it."""

    @property
    def axis_titles(self) -> tuple[str, str]:
        """Titles of the horizontal and the vertical axis."""
        ...

    def transform(self, vectors: ArrayLike) -> FloatArray:
        """Place (N, D) vectors on the map: (N, 2), NaN for vectors that are not finite."""
        ...


@dataclass(frozen=True, eq=False)
class LinearProjection:
    """Principal components, possibly turned within their plane to match another map.

    Attributes
    ----------
    mean : (D,) float
        Subtracted before projecting.
    axes : (D, 2) float
        Unit vectors of the first two principal components.
    variance : (2,) float
        Share of the total variance along each component, 0 to 1.
    rotation : (2, 2) float
        Orthogonal; applied after projecting (identity for a plain PCA).
    """

    mean: FloatArray
    axes: FloatArray
    variance: FloatArray
    rotation: FloatArray

    def transform(self, vectors: ArrayLike) -> FloatArray:
        """Place (N, D) vectors on the map, (N, 2).

        Raises
        ------
        ValueError
            The vectors have another length than those the projection was fitted to.
        """
        points = np.asarray(vectors)
        if points.ndim != 2 or points.shape[1] != len(self.mean):
            raise ValueError(f"the projection takes vectors of length {len(self.mean)}, not {points.shape}")
        # Single precision in, single precision through: places on a screen need no more.
        placed: FloatArray = (points @ self._plane.astype(points.dtype)).astype(np.float64)
        placed -= self.mean @ self._plane
        return placed

    @cached_property
    def _plane(self) -> FloatArray:
        return np.asarray(self.axes @ self.rotation)

    @property
    def axis_variance(self) -> FloatArray:
        """(2,) share of the total variance along the horizontal and the vertical axis as shown."""
        shares: FloatArray = self.variance @ self.rotation**2
        return shares

    @property
    def axis_titles(self) -> tuple[str, str]:
        """Such as "PC 1 (41 %)"; a turned axis names its mixture, "0.80 PC 1 + 0.60 PC 2 (35 %)"."""
        shares = self.axis_variance
        return (
            _axis_title(self.rotation[:, 0], float(shares[0])),
            _axis_title(self.rotation[:, 1], float(shares[1])),
        )

    def turned(self, rotation: FloatArray) -> LinearProjection:
        """The same projection with the (2, 2) orthogonal ``rotation`` applied after its own."""
        return LinearProjection(self.mean, self.axes, self.variance, self.rotation @ rotation)


def _axis_title(direction: FloatArray, share: float) -> str:
    main = int(np.argmax(np.abs(direction)))
    if abs(direction[main]) > _SAME_AXIS:
        return f"PC {main + 1} ({share:.0%})".replace("%", " %")
    first, second = direction if direction[0] >= 0 else -direction
    sign = "+" if second >= 0 else "−"
    return f"{first:.2f} PC 1 {sign} {abs(second):.2f} PC 2 ({share:.0%})".replace("%", " %")


def fit_pca(vectors: ArrayLike) -> LinearProjection:
    """Fit the first two principal components to (N, D) vectors.

    The sign of each component is fixed by its largest loading being positive, so the same vectors always give
    the same map. Rows that are not finite are left out; of more than 8,000 rows an evenly spaced choice is
    used. With fewer than two directions of variation the missing components have no variance and all points
    lie on a line or in one point.

    Raises
    ------
    ValueError
        ``vectors`` is not two-dimensional, has fewer than two columns, or holds no finite row.
    """
    points = np.asarray(vectors)
    if points.ndim != 2 or points.shape[1] < 2:
        raise ValueError(f"a projection needs (N, D) vectors with D > 1, not {points.shape}")
    points = points[np.isfinite(points).all(axis=1)]
    if not len(points):
        raise ValueError("a projection needs at least one finite vector")
    points = points[spaced_rows(len(points))].astype(np.float64)
    mean = points.mean(axis=0)
    centred = points - mean
    covariance = centred.T @ centred / len(points)
    total, n_columns = float(np.trace(covariance)), points.shape[1]
    values, directions = eigh(covariance, subset_by_index=[n_columns - 2, n_columns - 1])
    values, axes = np.clip(values[::-1], 0.0, None), directions[:, ::-1]
    largest = np.abs(axes).argmax(axis=0)
    axes = axes * np.where(axes[largest, [0, 1]] < 0, -1.0, 1.0)
    variance = values / total if total > 0 else np.zeros(2)
    return LinearProjection(mean, axes, variance, np.eye(2))


def spaced_rows(n: int) -> NDArray[np.int64]:
    """Which of ``n`` rows a projection is fitted to: all, or 8,000 evenly spaced ones."""
    return np.arange(n) if n <= MAX_FIT_ROWS else np.linspace(0, n - 1, MAX_FIT_ROWS).astype(np.int64)


def align(moving: FloatArray, reference: FloatArray) -> FloatArray:
    """Rotation (or reflection) that brings one map closest to another (orthogonal Procrustes).

    Parameters
    ----------
    moving, reference : (N, 2) float
        The same N sites on the two maps. Each map is centred and scaled to unit size first, so that only
        the arrangement counts. Sites that are not finite on both maps are left out.

    Returns
    -------
    (2, 2) float
        R of the smallest norm(moving R - reference); the identity where a map has no extent.
    """
    known = np.isfinite(moving).all(axis=1) & np.isfinite(reference).all(axis=1)
    sides = []
    for points in (moving[known], reference[known]):
        centred = points - points.mean(axis=0) if len(points) else points
        size = float(np.linalg.norm(centred))
        if size < 1e-12:
            return np.eye(2)
        sides.append(centred / size)
    rotation: FloatArray = orthogonal_procrustes(sides[0], sides[1])[0]
    return rotation


def preceding_levels(levels: str) -> str | None:
    """Level choice whose map the map of ``levels`` is aligned with, or None for the first.

    A single level follows the level before it ("2" follows "1"), a concatenation the one without its last
    level ("012" follows "01"), so an alignment never depends on what was looked at before.
    """
    if len(levels) > 1:
        return levels[:-1]
    return str(int(levels) - 1) if levels != "0" else None


class AlignedMaps:
    """Principal components of every choice of levels, each turned to look like that of the choice before it.

    Parameters
    ----------
    joined : callable
        Vectors of a level choice, ``joined("01") -> (N, 128)``: always the same N sites, which the components are
        fitted to. It is asked only for what has not been fitted yet.
    fitted : mapping of str to LinearProjection, optional
        Projections that are known already.
    """

    def __init__(
        self, joined: Callable[[str], ArrayLike], fitted: Mapping[str, LinearProjection] | None = None
    ) -> None:
        self._joined = joined
        self._fitted = dict(fitted or {})

    def projection(self, levels: str) -> LinearProjection:
        """The projection of a level choice such as "2" or "012"."""
        if levels not in self._fitted:
            self._fitted[levels] = self._fit(levels)
        return self._fitted[levels]

    def _fit(self, levels: str) -> LinearProjection:
        vectors = self._joined(levels)
        own = fit_pca(vectors)
        before = preceding_levels(levels)
        if before is None:
            return own
        reference = self.projection(before).transform(self._joined(before))
        return own.turned(align(own.transform(vectors), reference))
