"""A fitted t-SNE map that takes new vectors as openTSNE does: pulled by their neighbours, pushed by all fitted sites.

Everything it needs is the fitted vectors and their places, so a map that was stored as plain arrays is open again
without unpickling anything. The neighbours are exact and the seeds fixed: the same vectors always land on the same
places, whatever is placed beside them.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.sparse import csr_matrix

from negnn_gui.analysis.neighbour_map import NeighbourMap
from negnn_gui.analysis.neighbours import VectorIndex
from negnn_gui.analysis.tsne import AXES
from negnn_gui.results import FloatArray

if TYPE_CHECKING:
    from openTSNE import TSNEEmbedding

# Perplexity of a placement, as openTSNE has it.
_PERPLEXITY = 5.0
_BLOCK = 2000
# Shares of the width of the fitted vectors: those nearer than the first are one vector, those that agree to the
# second are placed once.
_SAME = 1e-5
_ALIKE = 1e-4


class TsneMap:
    """Places new vectors on a fitted map by t-SNE; one that was fitted keeps its own place.

    Parameters
    ----------
    vectors : (N, D) float
        What the map was fitted to.
    places : (N, 2) float
        Where they lie.

    Raises
    ------
    ValueError
        The numbers of vectors and places differ, or there is none.
    """

    axis_titles = AXES

    def __init__(self, vectors: ArrayLike, places: ArrayLike) -> None:
        fitted = np.asarray(vectors)
        self._index = VectorIndex(fitted, "euclidean")
        self._places = np.array(places, dtype=np.float64)
        if not len(self._index) or self._places.shape != (len(self._index), 2):
            raise ValueError(f"{len(self._index)} vectors but places of shape {self._places.shape}")
        self._start = NeighbourMap(fitted, self._places)
        self._width = float(np.linalg.norm(np.ptp(fitted.astype(np.float64), axis=0))) or 1.0
        self._centre = (self._places.max(axis=0) + self._places.min(axis=0)) / 2

    def transform(
        self,
        vectors: ArrayLike,
        *,
        progress: Callable[[int, int], None] | None = None,
        cancelled: Callable[[], bool] | None = None,
    ) -> FloatArray:
        """Place (N, D) vectors on the map, (N, 2); NaN for vectors that are not finite.

        Parameters
        ----------
        progress : callable, optional
            Called with the number of different vectors placed and in all.
        cancelled : callable, optional
            Asked now and then; the vectors that are left get no place (NaN).
        """
        given = np.asarray(vectors)
        placed = np.full((len(given), 2), np.nan)
        usable = np.flatnonzero(np.isfinite(given).all(axis=1))
        # Equivalent sites of a large cell have one vector: placed once.
        steps = np.rint(given[usable] / (_ALIKE * self._width / np.sqrt(given.shape[1]))).astype(np.int64)
        _, first, inverse = np.unique(steps, axis=0, return_index=True, return_inverse=True)
        different = given[usable[first]]
        found = np.full((len(different), 2), np.nan)
        for start in range(0, len(different), _BLOCK):
            if cancelled is not None and cancelled():
                break
            block = slice(start, start + _BLOCK)
            found[block] = self._place(different[block])
            if progress is not None:
                progress(min(start + _BLOCK, len(different)), len(different))
        placed[usable] = found[inverse.reshape(-1)]
        return placed

    def _place(self, vectors: NDArray[Any]) -> FloatArray:
        nearest = self._index.query(vectors, 1)
        places: FloatArray = self._places[nearest.index[:, 0]]
        new = np.flatnonzero(nearest.distance[:, 0] > _SAME * self._width)
        if len(new):
            start = self._start.transform(vectors[new]) - self._centre
            moved = self._embedding.transform(vectors[new], perplexity=_PERPLEXITY, initialization=start)
            places[new] = np.asarray(moved) + self._centre
        return places

    @cached_property
    def _embedding(self) -> TSNEEmbedding:
        """The fitted map as openTSNE has it, moved to the origin as its ``transform`` would move it."""
        from openTSNE import TSNEEmbedding

        return TSNEEmbedding(
            self._places - self._centre,
            _nearest_affinities(self._index),
            random_state=0,
            negative_gradient_method="fft",
            n_jobs=1,
        )


def _nearest_affinities(index: VectorIndex) -> object:
    """Likeness to exact nearest vectors, in the form that openTSNE asks for (a subclass of a class of its own)."""
    from openTSNE.affinity import Affinities, joint_probabilities_nn

    n = len(index)

    class NearestAffinities(Affinities):  # type: ignore[misc]
        def __init__(self) -> None:
            super().__init__()
            # Pulls between fitted sites are over: only those of new vectors are ever asked for.
            self.P = csr_matrix((n, n))

        def to_new(
            self, data: FloatArray, perplexity: float = _PERPLEXITY, return_distances: bool = False
        ) -> object:
            found = index.query(data, max(1, min(n, int(3 * perplexity))))
            likeness = joint_probabilities_nn(
                found.index,
                found.distance,
                [min(perplexity, max(1.0, (n - 1) / 3))],
                symmetrize=False,
                normalization="point-wise",
                n_reference_samples=n,
                n_jobs=1,
            )
            return (likeness, found.index, found.distance) if return_distances else likeness

    return NearestAffinities()
