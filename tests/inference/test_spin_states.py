"""A second spin state is read where a distribution has two modes, and nowhere else."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from scipy.stats import norm

from negnn_gui.inference.spin_states import LEAST_DISTANCE, LEAST_WEIGHT, from_modes, from_quantiles
from negnn_gui.models.negnn import MEDIAN, QUANTILES


def quantiles_of_mixture(low: float, high: float, share_low: float, width: float = 0.1) -> np.ndarray:
    grid = np.linspace(-1.0, 6.0, 14001)
    filled = share_low * norm.cdf(grid, low, width) + (1 - share_low) * norm.cdf(grid, high, width)
    return np.interp(QUANTILES, filled, grid)[None, :]


@pytest.mark.parametrize(("share_low", "alt"), [(0.3, 0.9), (0.7, 4.3)])
def test_the_lighter_of_two_states_is_told_with_its_weight(share_low: float, alt: float) -> None:
    found = from_quantiles(quantiles_of_mixture(0.9, 4.3, share_low))
    assert found.alt[0] == pytest.approx(alt, abs=0.2)
    assert found.weight[0] == pytest.approx(0.3, abs=0.07)


@pytest.mark.parametrize(
    "quantiles",
    [
        pytest.param(norm.ppf(QUANTILES, 3.0, 0.8), id="one broad mode"),
        pytest.param(np.linspace(0.0, 5.0, len(QUANTILES)), id="flat"),
        pytest.param(np.full(len(QUANTILES), 2.0), id="certain"),
        pytest.param(np.zeros(len(QUANTILES)), id="zero"),
        pytest.param([0.0, 0.01, 0.01, 0.02, 0.02, 0.03, 0.04, 0.2, 4.0], id="long tail"),
        pytest.param([2.0, 2.0, 2.0, 2.0, 2.0, 2.4, 2.4, 2.4, 2.4], id="two states 0.4 μB apart"),
    ],
)
def test_one_state_has_no_second(quantiles: np.ndarray) -> None:
    found = from_quantiles(np.asarray(quantiles, dtype=np.float64)[None, :])
    assert np.isnan(found.alt).all()
    assert np.isnan(found.weight).all()


def test_a_state_of_little_weight_is_not_told() -> None:
    assert np.isnan(from_quantiles(quantiles_of_mixture(0.9, 4.3, 0.1)).alt).all()


@settings(
    suppress_health_check=[HealthCheck.too_slow], deadline=None
)  # says nothing but that the machine is busy
@given(st.lists(st.lists(st.floats(-2, 10), min_size=9, max_size=9), min_size=1, max_size=5))
def test_what_is_told_keeps_its_promises(rows: list[list[float]]) -> None:
    quantiles = np.sort(np.array(rows), axis=1)
    found = from_quantiles(quantiles)
    told = np.isfinite(found.alt)
    assert (told == np.isfinite(found.weight)).all()
    median = np.maximum(quantiles[:, MEDIAN], 0.0)
    assert (found.weight[told] > LEAST_WEIGHT).all()
    assert (found.weight[told] <= 0.56).all()
    assert (np.abs(found.alt - median)[told] >= LEAST_DISTANCE).all()
    assert (found.alt[told] >= 0).all()
    assert (found.alt[told] <= np.maximum(quantiles[:, -1], 0)[told]).all()


def test_modes_of_a_mixture_are_told_by_weight_and_distance() -> None:
    found = from_modes(
        np.array([4.2, 4.2, 4.2]),
        np.array([[4.2, 0.9, 2.0], [4.2, 4.0, 0.0], [4.2, 1.0, 0.1]]),
        np.array([[0.6, 0.3, 0.1], [0.5, 0.45, 0.05], [0.8, 0.1, 0.1]]),
    )
    np.testing.assert_allclose(found.alt, [0.9, np.nan, np.nan])
    np.testing.assert_allclose(found.weight, [0.3, np.nan, np.nan])


def test_no_atoms_have_no_states() -> None:
    assert from_quantiles(np.zeros((0, len(QUANTILES)))).alt.shape == (0,)
