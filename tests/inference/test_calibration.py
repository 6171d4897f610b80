"""Conformal intervals: coverage where the raw quantiles are wrong, and where elements differ."""

import numpy as np
import pytest

from negnn_gui.inference.calibration import Calibration, fit_calibration


def draw(n: int, seed: int) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Intervals that are too narrow for iron and too wide for oxygen, around moments of different spread."""
    random = np.random.default_rng(seed)
    numbers = random.choice([8, 26], n)
    spread = random.uniform(0.1, 1.0, n)
    centre = np.where(numbers == 26, 4.0, 1.5)
    truth = np.abs(centre + spread * random.normal(size=n))
    half = spread * np.where(numbers == 26, 0.5, 3.0)
    return centre - half, centre + half, truth, numbers


def test_calibrated_intervals_hold_the_stated_share_of_unseen_atoms() -> None:
    calibration = fit_calibration(*draw(6000, 0))
    lo, hi, truth, numbers = draw(6000, 1)
    raw = (truth >= lo) & (truth <= hi)
    assert raw[numbers == 26].mean() < 0.5 and raw[numbers == 8].mean() > 0.97
    lo, hi = calibration.apply(lo, hi, numbers)
    inside = (truth >= lo) & (truth <= hi)
    for z in (8, 26):
        assert inside[numbers == z].mean() == pytest.approx(0.9, abs=0.02)
    assert (lo >= 0).all() and (hi >= lo).all()


def test_intervals_adapt_to_the_predicted_spread() -> None:
    calibration = fit_calibration(*draw(4000, 2))
    lo, hi = calibration.apply(np.array([3.9, 3.0]), np.array([4.1, 5.0]), np.array([26, 26]))
    assert (hi - lo)[1] > 5 * (hi - lo)[0]


def test_elements_with_few_sites_share_one_correction() -> None:
    lo, hi, truth, numbers = draw(1000, 3)
    numbers[:50] = 92
    calibration = fit_calibration(lo, hi, truth, numbers)
    assert set(calibration.elements) == {8, 26}
    assert Calibration.from_dict(calibration.to_dict()) == calibration
    with pytest.raises(ValueError, match="no atoms"):
        fit_calibration(lo[:0], hi[:0], truth[:0], numbers[:0])
