"""Purity and k-NN regression on clusters whose answer is known."""

import numpy as np
import pytest

from negnn_gui.analysis.neighbour_statistics import knn_moments, mean_absolute_error, neighbour_purity

CENTRES = np.eye(3) * 5


def cluster(n: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    labels = rng.integers(0, 3, n)
    return CENTRES[labels] + 0.1 * rng.normal(size=(n, 3)), labels


def test_separate_clusters_are_pure_and_shuffled_labels_are_not() -> None:
    reference, labels = cluster(300, 0)
    queries, own = cluster(60, 1)
    assert neighbour_purity(reference, labels, queries, own).mean() == 1
    shuffled = np.random.default_rng(2).permutation(labels)
    assert neighbour_purity(reference, shuffled, queries, own).mean() == pytest.approx(1 / 3, abs=0.07)


def test_purity_is_a_share() -> None:
    reference = np.array([[1.0, 0.0], [1.0, 0.01], [1.0, 0.02], [0.0, 1.0]])
    purity = neighbour_purity(reference, ["Fe", "Fe", "O", "O"], [[1.0, 0.0], [np.nan, 0]], ["Fe", "Fe"], k=3)
    assert purity[0] == pytest.approx(2 / 3)
    assert np.isnan(purity[1])


def test_regression_gives_the_mean_magnitude_of_known_neighbours() -> None:
    reference, labels = cluster(300, 0)
    moments = np.array([0.0, 2.0, -4.0])[labels]
    moments[::5] = np.nan
    queries, own = cluster(60, 1)
    predicted = knn_moments(reference, moments, queries, k=10)
    np.testing.assert_allclose(predicted, np.array([0.0, 2.0, 4.0])[own])
    assert np.isnan(knn_moments(reference, np.full(300, np.nan), queries)).all()


def test_error_counts_only_what_is_known_and_strong_enough() -> None:
    assert mean_absolute_error([1.0, 2.0, np.nan, 5.0], [1.5, -2.5, 1.0, 0.05]) == pytest.approx(
        (0.5 + 0.5 + 4.95) / 3
    )
    assert mean_absolute_error([1.0, 2.0, 5.0], [1.5, -2.5, 0.05], above=0.1) == pytest.approx(0.5)
    assert np.isnan(mean_absolute_error([1.0], [0.0], above=0.1))
