"""A fitted map that is open to new vectors: each goes where its nearest fitted vectors are."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from negnn_gui.analysis.neighbours import VectorIndex
from negnn_gui.results import FloatArray

_NEAREST = 5


class NeighbourMap:
    """A new vector goes where its nearest fitted vectors are, the nearer the more it counts.

    Parameters
    ----------
    vectors : (N, D) float
        What the map was fitted to.
    places : (N, 2) float
        Where they lie. A vector among them lands on its own place.
    axis_titles : (str, str)
    """

    def __init__(
        self, vectors: ArrayLike, places: ArrayLike, axis_titles: tuple[str, str] = ("t-SNE 1", "t-SNE 2")
    ) -> None:
        self._index = VectorIndex(vectors, "euclidean")
        self._places = np.asarray(places, dtype=np.float64)
        if self._places.shape != (len(self._index), 2):
            raise ValueError(f"{len(self._index)} vectors but places of shape {self._places.shape}")
        self.axis_titles = axis_titles

    def transform(self, vectors: ArrayLike) -> FloatArray:
        """Place (N, D) vectors on the map, (N, 2); NaN for vectors that are not finite."""
        found = self._index.query(vectors, _NEAREST)
        # The fourth power lets far neighbours of a lonely vector pull as little as on the fitted map itself.
        weight = 1.0 / np.maximum(found.distance, 1e-5) ** 4
        weight /= weight.sum(axis=1, keepdims=True)
        placed: FloatArray = np.einsum("nk,nkc->nc", weight, self._places[found.index])
        return placed
