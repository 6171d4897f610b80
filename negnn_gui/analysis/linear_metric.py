"""Distances learned from known sites: Euclidean after a linear map of the vectors."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.linalg import eigh

from negnn_gui.results import Float32Array, FloatArray

_MAP, _MEAN, _LEVELS = "metric_map:", "metric_mean:", "metric_levels:"
# Share of the average variance that is added in every direction, so that none is blown up for being quiet.
_SHRINKAGE = 0.02


@dataclass(frozen=True, eq=False)
class LinearMetric:
    """The distance of two sites is the Euclidean one between their mapped vectors.

    Attributes
    ----------
    levels : str
        Level choice that it was learned for, such as "012".
    mean : (D,) float32
        Subtracted first.
    map : (D, d) float32
    """

    levels: str
    mean: Float32Array
    map: Float32Array

    def transform(self, vectors: ArrayLike) -> Float32Array:
        """Map (N, D) vectors of the metric's level choice to (N, d)."""
        points = np.asarray(vectors, dtype=np.float32)
        if points.ndim != 2 or points.shape[1] != len(self.mean):
            raise ValueError(f"this metric takes vectors of length {len(self.mean)}, not {points.shape}")
        mapped: Float32Array = ((points - self.mean) @ self.map).astype(np.float32, copy=False)
        return mapped

    def arrays(self, name: str) -> dict[str, NDArray[Any]]:
        """What of it goes into a file."""
        levels = np.array([int(level) for level in self.levels], dtype=np.int8)
        return {
            _MAP + name: self.map.astype(np.float32),
            _MEAN + name: self.mean.astype(np.float32),
            _LEVELS + name: levels,
        }

    @classmethod
    def all_of(cls, arrays: Mapping[str, NDArray[Any]]) -> dict[str, LinearMetric]:
        """The metrics that a file holds, by name."""
        names = [name.removeprefix(_MAP) for name in arrays if name.startswith(_MAP)]
        return {
            name: cls(
                "".join(str(level) for level in arrays[_LEVELS + name].tolist()),
                arrays[_MEAN + name],
                arrays[_MAP + name],
            )
            for name in names
        }


def standardising(vectors: ArrayLike, levels: str) -> LinearMetric:
    """Each dimension of (N, D) vectors counts in units of its spread."""
    points = np.asarray(vectors, dtype=np.float64)
    spread = points.std(axis=0)
    spread[spread == 0] = 1.0
    return _metric(levels, points.mean(axis=0), np.diag(1.0 / spread))


def discriminating(vectors: ArrayLike, classes: ArrayLike, levels: str, dimensions: int) -> LinearMetric:
    """Directions count by how well they tell classes apart (linear discriminant analysis).

    Distances within a class become alike in all directions that are kept.

    Parameters
    ----------
    vectors : (N, D) float
    classes : (N,) int
        Such as element and range of abs(m) together.
    dimensions : int
        Directions that are kept: those that tell classes apart best.

    References
    ----------
    Fisher, Ann. Eugenics 7 (1936) 179, for many classes as by Rao, J. R. Stat. Soc. B 10 (1948) 159.
    """
    points = np.asarray(vectors, dtype=np.float64)
    mean, spread = points.mean(axis=0), points.std(axis=0)
    spread[spread == 0] = 1.0
    points = (points - mean) / spread
    _, of, counts = np.unique(np.asarray(classes), return_inverse=True, return_counts=True)
    of = of.reshape(-1)
    centres = np.zeros((len(counts), points.shape[1]))
    np.add.at(centres, of, points)
    centres /= counts[:, None]
    inner = points - centres[of]
    within = inner.T @ inner / len(points)
    within = (1 - _SHRINKAGE) * within + _SHRINKAGE * np.trace(within) / len(within) * np.eye(len(within))
    # Roots: a class of a thousand sites should not outvote ten of a hundred.
    say = np.sqrt(counts)
    apart = centres - np.average(centres, axis=0, weights=say)
    between = (apart * say[:, None]).T @ apart / say.sum()
    _, directions = eigh(between, within)
    kept: FloatArray = directions[:, ::-1][:, :dimensions]
    return _metric(levels, mean, kept / spread[:, None])


def _metric(levels: str, mean: FloatArray, linear_map: FloatArray) -> LinearMetric:
    return LinearMetric(levels, mean.astype(np.float32), linear_map.astype(np.float32))
