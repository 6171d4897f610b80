"""Figures of merit of trained models. Definitions: docs/moments.md and docs/science.md."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from negnn_gui.inference.calibration import Calibration
from negnn_gui.inference.spin_states import (
    LEAST_DISTANCE,
    SecondStates,
    from_modes,
    from_quantiles,
    interval_with_states,
)
from negnn_gui.models.negnn import DFT, MEDIAN

if TYPE_CHECKING:
    from negnn_gui.training.publish import SplitPredictions

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]
BoolArray = NDArray[np.bool_]

MAGNETIC = 0.1  # μB: "magnetic" atoms of DFT tables
GIVEN = 0.05  # μB: experimental sites that count
_WRONG, _NEAR = 0.5, 0.3  # μB: a median that is wrong, a second state that is right
MANY_ATOMS = 500
"""An element with more atoms than this has to keep its coverage by itself."""


def counted(head: str, truth: FloatArray) -> BoolArray:
    """(L,) whether labelled atoms count: all of the DFT head, measured moments above 0.05 μB of the experimental."""
    return np.ones(len(truth), dtype=bool) if head == DFT else truth > GIVEN


def moment_figures(head: str, found: SplitPredictions, calibration: Calibration) -> dict[str, Any]:
    """Errors, intervals and second states of a head, over all atoms that count, by block and by element."""
    kept = counted(head, found.truth)
    quantiles, truth, numbers = found.quantiles[kept], found.truth[kept], found.atomic_numbers[kept]
    predicted = np.maximum(quantiles[:, MEDIAN], 0.0)
    lo, hi = calibration.apply(quantiles[:, 0], quantiles[:, -1], numbers)
    modes = None if found.modes is None else found.modes[kept]
    if head == DFT:
        lo, hi = interval_with_states(lo, hi, _second_states(quantiles, modes))
    inside, width = (truth >= lo) & (truth <= hi), hi - lo
    figures = error_figures(predicted, truth, numbers)
    magnetic = truth > MAGNETIC
    figures["interval"] = {
        "nominal": calibration.coverage,
        "coverage": float(inside.mean()),
        "coverage_magnetic": float(inside[magnetic].mean()) if magnetic.any() else None,
        "mean_width_muB": float(width.mean()),
        "mean_width_magnetic_muB": float(width[magnetic].mean()) if magnetic.any() else None,
    }
    figures["elements"] = {
        str(z): {
            **errors(predicted[own], truth[own]),
            "coverage": float(inside[own].mean()),
            "mean_width_muB": float(width[own].mean()),
        }
        for z in np.unique(numbers)
        if (own := numbers == z).any()
    }
    if head == DFT:
        figures["second_state"] = second_state_figures(quantiles, truth, modes, numbers)
    return figures


def error_figures(predicted: FloatArray, truth: FloatArray, numbers: IntArray) -> dict[str, Any]:
    """Errors over all atoms, those above 0.1 μB, and by block; a group without an atom is left out."""
    figures: dict[str, Any] = {"all": errors(predicted, truth), "atoms": len(truth)}
    for name, members in {"magnetic": truth > MAGNETIC, **blocks(numbers)}.items():
        if members.any():
            figures[name] = errors(predicted[members], truth[members])
    return figures


def second_state_figures(
    quantiles: FloatArray,
    truth: FloatArray,
    modes: FloatArray | None = None,
    numbers: IntArray | None = None,
) -> dict[str, Any]:
    """How often a second spin state is told, and how often the known moment is nearer to it than to the median.

    The states are those that a model names, ``modes`` (L, K, 2), or else those that are read from its quantiles. With
    atomic numbers a random label of the same element, as far from the median, is judged beside them.
    """
    median = np.maximum(quantiles[:, MEDIAN], 0.0)
    second = _second_states(quantiles, modes)
    told = np.isfinite(second.alt)
    figures: dict[str, Any] = {"atoms": int(told.sum()), "share": float(told.mean())}
    if told.any():
        of_median, of_second = np.abs(median - truth)[told], np.abs(second.alt - truth)[told]
        figures |= {
            "mean_weight": float(second.weight[told].mean()),
            "nearer_share": float((of_second < of_median).mean()),
            "mae_median_muB": float(of_median.mean()),
            "mae_nearer_of_both_muB": float(np.minimum(of_median, of_second).mean()),
        }
        wrong = of_median > _WRONG
        figures |= {"wrong": int(wrong.sum()), "wrong_in_all": int((np.abs(median - truth) > _WRONG).sum())}
        if wrong.any():
            figures["wrong_near_share"] = float((of_second[wrong] < _NEAR).mean())
        if numbers is not None:
            drawn = np.abs(_random_labels(median, truth, numbers, np.flatnonzero(told)) - truth[told])
            some = np.isfinite(drawn)
            if some.any():
                figures |= {
                    "random_nearer_share": float((drawn[some] < of_median[some]).mean()),
                    "mae_nearer_of_random_muB": float(np.minimum(of_median[some], drawn[some]).mean()),
                }
    return figures


def _second_states(quantiles: FloatArray, modes: FloatArray | None) -> SecondStates:
    if modes is None:
        return from_quantiles(quantiles)
    return from_modes(np.maximum(quantiles[:, MEDIAN], 0.0), modes[:, :, 0], modes[:, :, 1])


def _random_labels(
    median: FloatArray, truth: FloatArray, numbers: IntArray, atoms: NDArray[np.int64]
) -> FloatArray:
    """A label of the same element that is as far from each atom's median as a second state; NaN if there is none."""
    random = np.random.default_rng(0)
    drawn = np.full(len(atoms), np.nan)
    for z in np.unique(numbers[atoms]):
        labels = np.sort(truth[numbers == z])
        of_element = np.flatnonzero(numbers[atoms] == z)
        middle = median[atoms[of_element]]
        below = np.searchsorted(labels, middle - LEAST_DISTANCE, side="right")
        above = np.searchsorted(labels, middle + LEAST_DISTANCE, side="left")
        choices = below + len(labels) - above
        pick = (random.random(len(choices)) * choices).astype(np.int64)
        pick = np.where(pick < below, pick, pick - below + above)
        drawn[of_element] = np.where(choices > 0, labels[np.minimum(pick, len(labels) - 1)], np.nan)
    return drawn


def element_medians(moments: FloatArray, numbers: IntArray) -> FloatArray:
    """(104,) median moment of each element, μB; that of all atoms for elements that are not there."""
    median = np.full(104, float(np.median(moments)))
    for z in np.unique(numbers):
        median[z] = np.median(moments[numbers == z])
    return median


def element_median_figures(
    train: tuple[FloatArray, IntArray], test: tuple[FloatArray, IntArray]
) -> dict[str, Any]:
    """Errors of always saying the element's median of the training atoms; (moments in μB, atomic numbers)."""
    return errors(element_medians(*train)[test[1]], test[0])


def errors(predicted: FloatArray, truth: FloatArray) -> dict[str, Any]:
    """Errors of at least one atom; R2 is None where the truth does not vary."""
    error = np.abs(predicted - truth)
    spread = float(((truth - truth.mean()) ** 2).sum())
    return {
        "mae_muB": float(error.mean()),
        "rmse_muB": float(np.sqrt((error**2).mean())),
        "r2": 1.0 - float((error**2).sum()) / spread if spread > 0 else None,
        "median_error_muB": float(np.median(error)),
        "atoms": len(truth),
    }


def blocks(numbers: IntArray) -> Mapping[str, BoolArray]:
    """Which atoms belong to the d-block (groups 3 to 12), to the f-block (Z 57 to 71 and from 89), and to neither."""
    f_block = ((numbers >= 57) & (numbers <= 71)) | (numbers >= 89)
    d_block = (
        ((numbers >= 21) & (numbers <= 30))
        | ((numbers >= 39) & (numbers <= 48))
        | ((numbers >= 72) & (numbers <= 80))
    )
    return {"d_block": d_block, "f_block": f_block, "other": ~(d_block | f_block)}
