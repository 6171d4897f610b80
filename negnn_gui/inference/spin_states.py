"""A second spin state: where a predicted distribution of abs(m) has two modes, the one that the median is not in.

DFT moments are multi-valued: the same site is found in high spin or in low spin. A distribution that knows both has a
stretch of moments between them that hardly ever occurs, so its quantile function rises steeply there.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from negnn_gui.models.negnn import MEDIAN, QUANTILES

FloatArray = NDArray[np.float64]

LEAST_WEIGHT = 0.15
"""A second state that carries no more than this share of the distribution is not told."""
LEAST_DISTANCE = 0.5
"""μB; states closer to the median than this are the same state."""

_CONTRAST = 0.5  # the gap is at most half as dense as the modes on either side
_SHARE = 0.4  # of the width between the outermost quantiles lies in the gap
_THINNEST = 1e-3  # μB; keeps the density of quantiles that coincide finite


@dataclass(frozen=True, eq=False)
class SecondStates:
    """Second spin state of N atoms: ``alt`` (N,) in μB and ``weight`` (N,), 0 to 1; NaN where there is none."""

    alt: FloatArray
    weight: FloatArray


def from_quantiles(quantiles: FloatArray) -> SecondStates:
    """Second states that increasing quantiles (N, Q), μB, at the probabilities of the model's heads speak of.

    A distribution counts as two where one step between neighbouring quantiles takes up most of its width and is less
    dense than what lies on both of its sides. The distribution is cut in the middle of that step; the state is the
    median of the part that the median of the whole is not in, its weight the probability of that part.
    """
    probability = np.array(QUANTILES)
    values = np.maximum(quantiles, 0.0)
    step = np.diff(values, axis=1)
    density = np.diff(probability) / np.maximum(step, _THINNEST)
    below = np.maximum.accumulate(density, axis=1)
    above = np.maximum.accumulate(density[:, ::-1], axis=1)[:, ::-1]
    empty = np.zeros(step.shape, dtype=bool)
    empty[:, 1:-1] = (density[:, 1:-1] < _CONTRAST * below[:, :-2]) & (
        density[:, 1:-1] < _CONTRAST * above[:, 2:]
    )
    empty &= (step >= LEAST_DISTANCE) & (step > _SHARE * (values[:, -1:] - values[:, :1]))
    atoms = np.flatnonzero(empty.any(axis=1))
    gap = np.where(empty, step, -1.0).argmax(axis=1)[atoms]
    cut = (probability[gap] + probability[gap + 1]) / 2
    median = values[atoms, MEDIAN]
    median_is_low = median <= (values[atoms, gap] + values[atoms, gap + 1]) / 2
    weight = np.where(median_is_low, 1.0 - cut, cut)
    state = _quantile(values[atoms], np.where(median_is_low, (1.0 + cut) / 2, cut / 2))
    return _told(len(values), atoms, state, weight, median)


def from_modes(median: FloatArray, modes: FloatArray, weights: FloatArray) -> SecondStates:
    """Second states of a mixture: the heaviest of the modes (N, K), μB, that the median (N,) is not in."""
    apart = np.abs(modes - median[:, None]) >= LEAST_DISTANCE
    heaviest = np.where(apart, weights, -1.0).argmax(axis=1)
    atoms = np.arange(len(median))
    return _told(len(median), atoms, modes[atoms, heaviest], weights[atoms, heaviest], median)


def interval_with_states(
    lo: FloatArray, hi: FloatArray, states: SecondStates
) -> tuple[FloatArray, FloatArray]:
    """Ends (N,), μB, of intervals widened to hold the second states that are told.

    A state that carries more than 15 % of the distribution cannot lie outside an interval that claims 90 % of it. The
    conformal correction narrows some intervals so far, because it looks at the labels of many atoms at once.
    """
    told = np.isfinite(states.alt)
    return np.where(told, np.minimum(lo, states.alt), lo), np.where(told, np.maximum(hi, states.alt), hi)


def _told(
    n_atoms: int, atoms: NDArray[np.int64], state: FloatArray, weight: FloatArray, median: FloatArray
) -> SecondStates:
    """Only what is far enough from the median and carries enough."""
    kept = (weight > LEAST_WEIGHT) & (np.abs(state - median) >= LEAST_DISTANCE)
    told = SecondStates(np.full(n_atoms, np.nan), np.full(n_atoms, np.nan))
    told.alt[atoms[kept]] = np.maximum(state[kept], 0.0)
    told.weight[atoms[kept]] = weight[kept]
    return told


def _quantile(values: FloatArray, at: FloatArray) -> FloatArray:
    """The quantile functions (N, Q) at one probability each (N,), linear in between."""
    probability = np.array(QUANTILES)
    left = np.clip(np.searchsorted(probability, at, side="right") - 1, 0, len(probability) - 2)
    rows = np.arange(len(values))
    share = (at - probability[left]) / (probability[left + 1] - probability[left])
    low, high = values[rows, left], values[rows, left + 1]
    return np.asarray(low + np.clip(share, 0.0, 1.0) * (high - low))
