"""Maps by UMAP, fitted with umap-learn, an optional extra of the installation.

McInnes, Healy and Melville, arXiv 1802.03426. Placing vectors on a fitted map does not need it:
:mod:`negnn_gui.analysis.neighbour_map`.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable
from dataclasses import dataclass
from importlib.util import find_spec

import numpy as np
from numpy.typing import ArrayLike, NDArray

from negnn_gui.analysis.kept_maps import checked, kept_places
from negnn_gui.results import FloatArray

INSTALL = 'pip install "negnn-gui[umap]"'
AXES = ("UMAP 1", "UMAP 2")
_SEED = 0
_EPOCHS = 300
# Width of the start, as umap-learn scales its own.
_START_WIDTH = 10.0


@dataclass(frozen=True)
class UmapOptions:
    """Parameters of a fit; the defaults are those of umap-learn.

    Attributes
    ----------
    neighbours : int
        How many neighbours make a site's surroundings, 2 to 200.
    min_distance : float
        How near points may come to each other on the map, 0 to 0.99.
    """

    neighbours: int = 15
    min_distance: float = 0.1

    def __post_init__(self) -> None:
        if not 2 <= self.neighbours <= 200:
            raise ValueError(f"UMAP takes 2 to 200 neighbours, not {self.neighbours}")
        if not 0 <= self.min_distance <= 0.99:
            raise ValueError(f"the least distance must be 0 to 0.99, not {self.min_distance:g}")


def umap_available() -> bool:
    """Whether a map can be fitted in this installation."""
    return find_spec("umap") is not None


class _Cancelled(Exception):
    """Raised from within a fit that was given up."""


class _Listener:
    """The stream that umap-learn's progress bar, its only way of telling how far it is, writes into."""

    def __init__(
        self, progress: Callable[[int, int], None] | None, cancelled: Callable[[], bool] | None
    ) -> None:
        self._progress, self._cancelled = progress, cancelled

    def write(self, text: str) -> None:
        if self._cancelled is not None and self._cancelled():
            raise _Cancelled
        done = text.strip()
        if self._progress is not None and done.isdigit():
            self._progress(int(done), _EPOCHS)

    def flush(self) -> None:
        """Nothing is held back."""


def fit_umap(
    vectors: ArrayLike,
    start: ArrayLike,
    options: UmapOptions | None = None,
    *,
    progress: Callable[[int, int], None] | None = None,
    cancelled: Callable[[], bool] | None = None,
) -> FloatArray | None:
    """Places of (N, D) vectors on a map by UMAP with a fixed seed, or the ones kept from an earlier fit.

    Parameters and errors are those of :func:`negnn_gui.analysis.tsne.fit_tsne`.

    Returns
    -------
    (N, 2) float or None
        None where it was cancelled.
    """
    chosen = options or UmapOptions()
    points, begin = checked(np.asarray(vectors), np.asarray(start), "UMAP")
    recipe = f"umap-1:{chosen.neighbours}:{chosen.min_distance}:{_EPOCHS}:{_SEED}"
    return kept_places(recipe, points, begin, lambda: _fit(points, begin, chosen, progress, cancelled))


def _fit(
    points: NDArray[np.float32],
    begin: FloatArray,
    options: UmapOptions,
    progress: Callable[[int, int], None] | None,
    cancelled: Callable[[], bool] | None,
) -> FloatArray | None:
    listener = _Listener(progress, cancelled)
    with warnings.catch_warnings():
        # Importing tells that TensorFlow, which is not used, is missing; fitting, that a small set is one piece.
        warnings.simplefilter("ignore")
        from umap import UMAP

        fitter = UMAP(
            n_neighbors=min(options.neighbours, len(points) - 1),
            min_dist=options.min_distance,
            init=_spread(begin),
            n_epochs=_EPOCHS,
            random_state=_SEED,
            n_jobs=1,
            tqdm_kwds={
                "disable": False,
                "file": listener,
                "bar_format": "{n}",
                "mininterval": 0,
                "miniters": 1,
            },
        )
        try:
            listener.write("0")
            places = fitter.fit_transform(points)
        except _Cancelled:
            return None
    return np.asarray(places, dtype=np.float64)


def _spread(begin: FloatArray) -> NDArray[np.float32]:
    """Start of the fit, scaled, with equal places set a little apart: they would never part by themselves."""
    width = float(np.abs(begin).max()) or 1.0
    noise = np.random.default_rng(_SEED).normal(scale=1e-4, size=begin.shape)
    return np.ascontiguousarray(_START_WIDTH * (begin / width + noise), dtype=np.float32)
