"""Learned distances: what they keep apart, and that they survive a file."""

from __future__ import annotations

import numpy as np
import pytest

from negnn_gui.analysis.linear_metric import LinearMetric, discriminating, standardising
from negnn_gui.analysis.neighbour_statistics import likeness_weights, weighted_median


def test_standardised_dimensions_have_unit_spread() -> None:
    vectors = np.random.default_rng(1).normal(size=(500, 4)) * [1, 10, 100, 0] + 3
    mapped = standardising(vectors, "01").transform(vectors)
    np.testing.assert_allclose(mapped.std(axis=0), [1, 1, 1, 0], atol=1e-4)
    with pytest.raises(ValueError, match="length 4"):
        standardising(vectors, "01").transform(vectors[:, :3])


def test_a_discriminant_finds_the_quiet_direction_that_tells_classes_apart() -> None:
    rng = np.random.default_rng(2)
    classes = rng.integers(0, 2, 600)
    vectors = rng.normal(size=(600, 6)) * [50, 50, 50, 50, 50, 0.1]
    vectors[:, 5] += classes
    mapped = discriminating(vectors, classes, "2", 1).transform(vectors)[:, 0]
    first, second = mapped[classes == 0], mapped[classes == 1]
    assert abs(first.mean() - second.mean()) > 4 * max(first.std(), second.std())


def test_a_metric_comes_back_from_its_arrays() -> None:
    metric = standardising(np.random.default_rng(3).normal(size=(20, 3)), "012")
    again = LinearMetric.all_of(metric.arrays("standardised"))["standardised"]
    assert again.levels == "012"
    np.testing.assert_array_equal(again.map, metric.map)
    np.testing.assert_array_equal(again.mean, metric.mean)


def test_the_weighted_median_leaves_out_what_is_unknown() -> None:
    values = [[1.0, 2.0, 3.0], [1.0, 2.0, 9.0], [np.nan, 4.0, 5.0], [np.nan, np.nan, np.nan]]
    weights = [[1, 1, 1], [1, 1, 5], [9, 2, 1], [1, 1, 1]]
    np.testing.assert_array_equal(weighted_median(values, weights), [2.0, 9.0, 4.0, np.nan])
    near = likeness_weights([[0.1, 0.2]], [[1.0, 4.0]])
    assert near[0, 1] == pytest.approx(2 * near[0, 0], rel=1e-4)
