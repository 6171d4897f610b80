"""Figures of merit of trained models. Definitions: docs/science.md."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from negnn_gui.inference.calibration import Calibration
from negnn_gui.models.negnn import DFT, MEDIAN
from negnn_gui.training.publish import SplitPredictions

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]

MAGNETIC = 0.1  # μB: "magnetic" atoms of DFT tables
GIVEN = 0.05  # μB: experimental sites that count
_PER_ELEMENT = 500


def moment_figures(head: str, found: SplitPredictions, calibration: Calibration) -> dict[str, Any]:
    """Errors and interval statistics of a head; for the experimental one only sites above 0.05 μB count."""
    quantiles, truth, numbers = found.quantiles, found.truth, found.atomic_numbers
    if head != DFT:
        counted = truth > GIVEN
        quantiles, truth, numbers = quantiles[counted], truth[counted], numbers[counted]
    predicted = np.maximum(quantiles[:, MEDIAN], 0.0)
    lo, hi = calibration.apply(quantiles[:, 0], quantiles[:, -1], numbers)
    inside = (truth >= lo) & (truth <= hi)
    figures: dict[str, Any] = {"all": _errors(predicted, truth), "atoms": len(truth)}
    magnetic = truth > MAGNETIC
    for block, members in {"magnetic": magnetic, **_blocks(numbers)}.items():
        if members.any():
            figures[block] = _errors(predicted[members], truth[members])
    figures["interval"] = {
        "nominal": calibration.coverage,
        "coverage": float(inside.mean()),
        "coverage_magnetic": float(inside[magnetic].mean()) if magnetic.any() else None,
        "mean_width_muB": float((hi - lo).mean()),
    }
    figures["elements"] = {
        str(z): {
            "atoms": int(count),
            "mae_muB": _mae(predicted, truth, numbers == z),
            "coverage": float(inside[numbers == z].mean()),
        }
        for z, count in zip(*np.unique(numbers, return_counts=True), strict=True)
        if count > _PER_ELEMENT
    }
    return figures


def element_median_figures(
    train: tuple[FloatArray, IntArray], test: tuple[FloatArray, IntArray]
) -> dict[str, Any]:
    """Errors of always saying the element's median of the training atoms; (moments in μB, atomic numbers)."""
    moments, numbers = train
    overall = float(np.median(moments))
    median = np.full(104, overall)
    for z in np.unique(numbers):
        median[z] = np.median(moments[numbers == z])
    predicted, truth = median[test[1]], test[0]
    figures = _errors(predicted, truth)
    return figures


def _errors(predicted: FloatArray, truth: FloatArray) -> dict[str, Any]:
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


def _mae(predicted: FloatArray, truth: FloatArray, members: NDArray[np.bool_]) -> float:
    return float(np.abs(predicted - truth)[members].mean())


def _blocks(numbers: IntArray) -> Mapping[str, NDArray[np.bool_]]:
    f_block = ((numbers >= 57) & (numbers <= 71)) | (numbers >= 89)
    d_block = (
        ((numbers >= 21) & (numbers <= 30))
        | ((numbers >= 39) & (numbers <= 48))
        | ((numbers >= 72) & (numbers <= 80))
    )
    return {"d_block": d_block, "f_block": f_block, "other": ~(d_block | f_block)}
