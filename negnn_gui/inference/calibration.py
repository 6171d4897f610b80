"""Conformal intervals: quantiles of a model -> intervals that hold the stated share of the truth.

Conformalised quantile regression (Romano, Patterson and Candès, NeurIPS 32 (2019)) with scores in units of the
predicted spread, so that the correction adapts to each atom; one correction an element where the calibration set has
enough of it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

_FLOOR = 0.01  # μB; keeps the unit of the scores above zero where the predicted spread vanishes
_MIN_SITES = 200


@dataclass(frozen=True)
class Calibration:
    """Correction of an interval in units of its width.

    Attributes
    ----------
    coverage : float
        Share of the truth that the corrected interval holds.
    default : float
        Correction of elements that have none of their own.
    elements : dict of int to float
        Correction by atomic number.
    """

    coverage: float
    default: float
    elements: dict[int, float] = field(default_factory=dict)

    def to_dict(self) -> dict[str, Any]:
        """JSON-ready form."""
        return {
            "coverage": self.coverage,
            "default": self.default,
            "elements": {str(z): value for z, value in sorted(self.elements.items())},
        }

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Calibration:
        """Inverse of :meth:`to_dict`."""
        elements = {int(z): float(value) for z, value in data["elements"].items()}
        return cls(float(data["coverage"]), float(data["default"]), elements)

    def apply(
        self, lo: NDArray[np.float64], hi: NDArray[np.float64], atomic_numbers: NDArray[np.int64]
    ) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Corrected ends (N,) of intervals, μB; never below zero, since moments are magnitudes."""
        shift = np.array([self.elements.get(int(z), self.default) for z in atomic_numbers])
        change = shift * (hi - lo + _FLOOR)
        middle = (lo + hi) / 2
        return np.maximum(np.minimum(lo - change, middle), 0.0), np.maximum(
            np.maximum(hi + change, middle), 0.0
        )


def fit_calibration(
    lo: NDArray[np.float64],
    hi: NDArray[np.float64],
    truth: NDArray[np.float64],
    atomic_numbers: NDArray[np.int64],
    coverage: float = 0.9,
) -> Calibration:
    """Fit on atoms (N,) that the model was not trained on.

    Raises
    ------
    ValueError
        There are no atoms to calibrate on.
    """
    if len(truth) == 0:
        raise ValueError("there are no atoms to calibrate the intervals on")
    score = np.maximum(lo - truth, truth - hi) / (hi - lo + _FLOOR)
    elements = {}
    for z, count in zip(*np.unique(atomic_numbers, return_counts=True), strict=True):
        if count >= _MIN_SITES:
            elements[int(z)] = _conformal_quantile(score[atomic_numbers == z], coverage)
    return Calibration(coverage, _conformal_quantile(score, coverage), elements)


def _conformal_quantile(score: NDArray[np.float64], coverage: float) -> float:
    rank = min(int(np.ceil(coverage * (len(score) + 1))), len(score))
    return float(np.sort(score)[rank - 1])
