"""Similarity of sites: cosine by hand, and an order in which the like stand together."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest

from negnn_gui.analysis.similarity import similarity


def test_cosine_of_every_pair() -> None:
    found = similarity([[1.0, 0.0], [1.0, 1.0], [-2.0, 0.0], [0.0, 0.0], [np.nan, 1.0]]).cosine
    half = 0.5**0.5
    np.testing.assert_allclose(found[:3, :3], [[1, half, -1], [half, 1, -half], [-1, -half, 1]], atol=1e-12)
    np.testing.assert_array_equal(found[3, :4], np.zeros(4))
    assert np.isnan(found[4]).all() and np.isnan(found[:, 4]).all()
    with pytest.raises(ValueError, match="needs"):
        similarity([1.0, 2.0])


def test_like_sites_stand_together_and_unknown_ones_last() -> None:
    rng = np.random.default_rng(0)
    centres = np.eye(3, 8)
    vectors = centres[[0, 1, 2, 0, 1, 2, 0]] + 0.05 * rng.normal(size=(7, 8))
    vectors[5] = np.nan
    order = similarity(vectors).order_by_likeness()
    assert sorted(order.tolist()) == list(range(7)) and order[-1] == 5
    kinds = [row % 3 for row in order[:-1].tolist()]
    assert sum(first != second for first, second in pairwise(kinds)) == 2
