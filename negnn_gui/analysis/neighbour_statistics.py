"""How well neighbourhood in embedding space follows chemistry and moments: purity and k-NN regression."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from negnn_gui.analysis.neighbours import Metric, VectorIndex

FloatArray = NDArray[np.float64]

# Keeps a site that lies on another from silencing all others.
_NEAREST_DISTANCE = 1e-6


def neighbour_purity(
    reference: ArrayLike,
    reference_labels: ArrayLike,
    queries: ArrayLike,
    query_labels: ArrayLike,
    *,
    k: int = 10,
    metric: Metric = "cosine",
) -> FloatArray:
    """Share of the ``k`` nearest reference sites that carry the label of the query.

    Parameters
    ----------
    reference : (N, D), queries : (M, D)
        Vectors; the two must not share sites, or a site would find itself.
    reference_labels : (N,), query_labels : (M,)
        Element, coordination motif, or anything that can be compared.

    Returns
    -------
    (M,) float
        0 to 1; NaN for queries that are not finite.
    """
    labels = np.asarray(reference_labels)
    found = VectorIndex(reference, metric).query(queries, k)
    same = labels[found.index] == np.asarray(query_labels)[:, None]
    purity = same.mean(axis=1)
    purity[(found.index < 0).any(axis=1)] = np.nan
    return np.asarray(purity, dtype=np.float64)


def knn_moments(
    reference: ArrayLike,
    reference_moments: ArrayLike,
    queries: ArrayLike,
    *,
    k: int = 10,
    metric: Metric = "cosine",
) -> FloatArray:
    """Regress abs(m) as the mean over the ``k`` nearest reference sites that have a known moment.

    Parameters
    ----------
    reference : (N, D), queries : (M, D)
        Vectors; the two must not share sites.
    reference_moments : (N,) float
        μB; the sign is ignored, NaN means unknown.

    Returns
    -------
    (M,) float
        abs(m) in μB; NaN for queries that are not finite or where no moment is known at all.
    """
    magnitude = np.abs(np.asarray(reference_moments, dtype=np.float64))
    known = np.isfinite(magnitude)
    vectors = np.asarray(reference)[known]
    if not len(vectors):
        return np.full(len(np.asarray(queries)), np.nan)
    found = VectorIndex(vectors, metric).query(queries, k)
    predicted = magnitude[known][found.index].mean(axis=1)
    predicted[(found.index < 0).any(axis=1)] = np.nan
    return np.asarray(predicted, dtype=np.float64)


def weighted_median(values: ArrayLike, weights: ArrayLike) -> FloatArray:
    """Median of each row of (M, k) values, of which each counts as often as its (M, k) weight says.

    Values that are not finite do not count.

    Returns
    -------
    (M,) float
        The smallest value that at least half of the weight does not exceed; NaN where nothing counts.
    """
    numbers = np.asarray(values, dtype=np.float64)
    known = np.isfinite(numbers)
    say = np.where(known, np.asarray(weights, dtype=np.float64), 0.0)
    numbers = np.where(known, numbers, np.inf)
    order = np.argsort(numbers, axis=1, kind="stable")
    reached = np.cumsum(np.take_along_axis(say, order, axis=1), axis=1)
    at = (reached >= 0.5 * reached[:, -1:]).argmax(axis=1)
    medians = np.take_along_axis(numbers, np.take_along_axis(order, at[:, None], axis=1), axis=1)[:, 0]
    return np.asarray(np.where(known.any(axis=1), medians, np.nan))


def likeness_weights(distance: ArrayLike, site_weights: ArrayLike | None = None) -> FloatArray:
    """Say of each of (M, k) neighbours: the nearer, and the more sites it stands for, the more.

    Parameters
    ----------
    site_weights : (M, k) float, optional
        As in :attr:`negnn_gui.analysis.atlas_files.AtlasSites.weight`.
    """
    near = 1.0 / (np.nan_to_num(np.asarray(distance, dtype=np.float64), nan=np.inf) + _NEAREST_DISTANCE)
    return near if site_weights is None else np.asarray(near * np.asarray(site_weights, dtype=np.float64))


def mean_absolute_error(predicted: ArrayLike, known: ArrayLike, *, above: float = -1.0) -> float:
    """Mean difference of abs(m), μB, over sites with abs(known) > ``above``; NaN if there are none."""
    guess = np.abs(np.asarray(predicted, dtype=np.float64))
    truth = np.abs(np.asarray(known, dtype=np.float64))
    counted = np.isfinite(guess) & np.isfinite(truth) & (truth > above)
    return float(np.abs(guess - truth)[counted].mean()) if counted.any() else float("nan")
