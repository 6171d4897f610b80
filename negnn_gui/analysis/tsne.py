"""Maps by t-SNE, fitted with openTSNE, an optional extra of the installation.

Poličar, Stražar and Zupan, J. Stat. Softw. 109 (2024) 3, doi 10.18637/jss.v109.i03. Placing other vectors on a
fitted map: :mod:`negnn_gui.analysis.tsne_map`, and :mod:`negnn_gui.analysis.neighbour_map` where openTSNE is missing.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from importlib.util import find_spec

import numpy as np
from numpy.typing import ArrayLike, NDArray

from negnn_gui.analysis.kept_maps import checked, kept_places
from negnn_gui.results import FloatArray

INSTALL = 'pip install "negnn-gui[explore]"'
AXES = ("t-SNE 1", "t-SNE 2")
_SEED = 0
# Iterations with exaggeration: the default of openTSNE.
_EARLY = 250
_CALL_EVERY = 5


@dataclass(frozen=True)
class TsneOptions:
    """Parameters of a fit; the defaults are those of openTSNE.

    Attributes
    ----------
    perplexity : float
        About how many neighbours each site keeps near itself, 2 to 200.
    iterations : int
        Iterations after the 250 of early exaggeration, 50 to 5,000.
    """

    perplexity: float = 30.0
    iterations: int = 500

    def __post_init__(self) -> None:
        if not 2 <= self.perplexity <= 200:
            raise ValueError(f"the perplexity must be 2 to 200, not {self.perplexity:g}")
        if not 50 <= self.iterations <= 5000:
            raise ValueError(f"t-SNE takes 50 to 5,000 iterations, not {self.iterations}")


def tsne_available() -> bool:
    """Whether a map can be fitted in this installation."""
    return find_spec("openTSNE") is not None


def fit_tsne(
    vectors: ArrayLike,
    start: ArrayLike,
    options: TsneOptions | None = None,
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
    chosen = options or TsneOptions()
    points, begin = checked(np.asarray(vectors), np.asarray(start), "t-SNE")
    recipe = f"tsne-1:{chosen.perplexity}:{_EARLY}:{chosen.iterations}:{_SEED}"
    return kept_places(recipe, points, begin, lambda: _fit(points, begin, chosen, progress, cancelled))


def _fit(
    points: NDArray[np.float32],
    begin: FloatArray,
    options: TsneOptions,
    progress: Callable[[int, int], None] | None,
    cancelled: Callable[[], bool] | None,
) -> FloatArray | None:
    from openTSNE import TSNEEmbedding, affinity, initialization
    from openTSNE.tsne import OptimizationInterrupt

    before = 0

    def step(iteration: int, error: float, embedding: object) -> bool:
        if progress is not None:
            progress(before + iteration, _EARLY + options.iterations)
        return cancelled is not None and cancelled()

    perplexity = min(options.perplexity, (len(points) - 1) / 3)
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
        embedding = embedding.optimize(options.iterations, momentum=0.8, propagate_exception=True)
    except OptimizationInterrupt:
        return None
    return np.array(embedding, dtype=np.float64)
