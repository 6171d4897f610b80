"""Maps by t-SNE: fitted once to known vectors, kept in the user's cache, and open to new vectors.

The fit needs openTSNE, an optional extra of the installation (Poličar, Stražar and Zupan, J. Stat. Softw. 109
(2024) 3, doi 10.18637/jss.v109.i03); placing vectors on a fitted map does not.
"""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path

import numpy as np
from numpy.typing import ArrayLike, NDArray

from negnn_gui import locations
from negnn_gui.analysis.neighbours import VectorIndex
from negnn_gui.analysis.projection import FloatArray

log = logging.getLogger(__name__)

INSTALL = 'pip install "negnn-gui[explore]"'
_SEED = 0
_PERPLEXITY = 30.0
# Iterations with and without exaggeration: the defaults of openTSNE.
_EARLY, _LATE = 250, 500
_CALL_EVERY = 5
_NEAREST = 5


def tsne_available() -> bool:
    """Whether a map can be fitted in this installation."""
    return find_spec("openTSNE") is not None


class NeighbourMap:
    """A fitted map: a new vector goes where its nearest fitted vectors are, the nearer the more it counts.

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


def fit_tsne(
    vectors: ArrayLike,
    start: ArrayLike,
    *,
    progress: Callable[[int, int], None] | None = None,
    cancelled: Callable[[], bool] | None = None,
) -> FloatArray | None:
    """Places of (N, D) vectors on a map by t-SNE with a fixed seed, or the ones kept from an earlier fit.

    Parameters
    ----------
    start : (N, 2) float
        Where the points begin, such as on their principal components: maps of neighbouring levels whose starts
        are alike come out alike.
    progress : callable, optional
        Called with the number of iterations done and in all.
    cancelled : callable, optional
        The fit stops soon after it returns True.

    Returns
    -------
    (N, 2) float or None
        None where it was cancelled.

    Raises
    ------
    ValueError
        Fewer than four vectors, or not finite.
    """
    points = np.ascontiguousarray(vectors, dtype=np.float32)
    begin = np.ascontiguousarray(start, dtype=np.float64)
    if points.ndim != 2 or len(points) < 4 or begin.shape != (len(points), 2):
        raise ValueError(
            f"t-SNE needs at least four vectors with a start each, not {points.shape}, {begin.shape}"
        )
    if not (np.isfinite(points).all() and np.isfinite(begin).all()):
        raise ValueError("t-SNE needs finite vectors")
    kept = _kept_file(points, begin)
    places = _read_kept(kept, len(points))
    if places is None:
        places = _fit(points, begin, progress, cancelled)
        if places is not None:
            _keep(kept, places)
    return places


def _fit(
    points: NDArray[np.float32],
    begin: FloatArray,
    progress: Callable[[int, int], None] | None,
    cancelled: Callable[[], bool] | None,
) -> FloatArray | None:
    from openTSNE import TSNEEmbedding, affinity, initialization
    from openTSNE.tsne import OptimizationInterrupt

    before = 0

    def step(iteration: int, error: float, embedding: object) -> bool:
        if progress is not None:
            progress(before + iteration, _EARLY + _LATE)
        return cancelled is not None and cancelled()

    perplexity = min(_PERPLEXITY, (len(points) - 1) / 3)
    likeness = affinity.PerplexityBasedNN(points, perplexity=perplexity, random_state=_SEED, n_jobs=1)
    embedding = TSNEEmbedding(
        initialization.rescale(begin)
        if np.ptp(begin) > 0
        else initialization.random(len(points), random_state=_SEED),
        likeness,
        random_state=_SEED,
        negative_gradient_method="fft" if len(points) > 2000 else "bh",
        n_jobs=1,
        callbacks=step,
        callbacks_every_iters=_CALL_EVERY,
    )
    try:
        embedding = embedding.optimize(_EARLY, exaggeration=12, momentum=0.8, propagate_exception=True)
        before = _EARLY
        embedding = embedding.optimize(_LATE, momentum=0.8, propagate_exception=True)
    except OptimizationInterrupt:
        return None
    return np.array(embedding, dtype=np.float64)


def _kept_file(points: NDArray[np.float32], begin: FloatArray) -> Path:
    content = hashlib.sha256(f"tsne-1:{_PERPLEXITY}:{_EARLY}:{_LATE}:{_SEED}:{points.shape}".encode())
    content.update(points.tobytes())
    content.update(begin.astype(np.float32).tobytes())
    return locations.user_cache_dir() / "maps" / f"tsne-{content.hexdigest()[:32]}.npy"


def _read_kept(path: Path, n: int) -> FloatArray | None:
    try:
        places = np.load(path, allow_pickle=False)
    except (OSError, ValueError, EOFError):
        return None
    return (
        np.asarray(places, dtype=np.float64) if places.shape == (n, 2) and np.isfinite(places).all() else None
    )


def _keep(path: Path, places: FloatArray) -> None:
    part = path.with_suffix(".part")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with part.open("wb") as stream:
            np.save(stream, places, allow_pickle=False)
        part.replace(path)
    except OSError as error:
        log.warning("the fitted map could not be kept in %s: %s", path.parent, error.strerror)
