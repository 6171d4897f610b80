"""Which sites represent a collection."""

import numpy as np
import pytest

from negnn_gui.analysis.sampling import (
    equal_shares,
    one_per_class,
    sample_balanced,
    sample_representative,
    stratum_weights,
)


def test_one_site_of_each_symmetry_class() -> None:
    np.testing.assert_array_equal(one_per_class([0, 0, 2, 2, 0, 5]), [0, 2, 5])


def test_magnetic_order_splits_a_class_but_a_sign_does_not() -> None:
    moments = [2.001, -2.0, 3.0, np.nan, np.nan]
    np.testing.assert_array_equal(one_per_class([0, 0, 0, 0, 0], moments), [0, 2, 3])


def test_shares_are_as_equal_as_sizes_allow() -> None:
    np.testing.assert_array_equal(equal_shares([100, 3, 50], 30), [14, 3, 13])
    np.testing.assert_array_equal(equal_shares([4, 1], 100), [4, 1])
    np.testing.assert_array_equal(equal_shares([4, 1], 0), [0, 0])
    assert equal_shares([], 5).size == 0


def test_sample_is_balanced_reproducible_and_exact() -> None:
    rng = np.random.default_rng(0)
    elements = np.array(["O"] * 5000 + ["Fe"] * 900 + ["Eu"] * 12)
    moments = np.concatenate(
        [np.zeros(5000), rng.choice([0.0, 4.0], p=[0.95, 0.05], size=900), np.full(12, 7.0)]
    )
    chosen = sample_balanced(elements, moments, 300, seed=3)
    assert len(chosen) == len(set(chosen)) == 300
    counts = dict(zip(*np.unique(elements[chosen], return_counts=True), strict=True))
    assert counts["Eu"] == 12
    assert counts["Fe"] == counts["O"] == 144
    strong = (moments[chosen] > 1) & (elements[chosen] == "Fe")
    assert strong.sum() == (moments[elements == "Fe"] > 1).sum()  # rarer than its share: taken whole
    np.testing.assert_array_equal(chosen, sample_balanced(elements, moments, 300, seed=3))
    assert (chosen != sample_balanced(elements, moments, 300, seed=4)).any()


def test_unknown_moments_are_a_class_of_their_own() -> None:
    chosen = sample_balanced(["Fe"] * 200, [np.nan] * 100 + [2.0] * 100, 20, seed=0)
    assert (chosen < 100).sum() == 10


def test_asking_for_more_than_there_is_gives_all() -> None:
    np.testing.assert_array_equal(sample_balanced([1, 2, 2], [0, 0, 1], 10, seed=0), [0, 1, 2])
    assert sample_balanced([], [], 10, seed=0).size == 0


def test_wrong_arguments_are_refused() -> None:
    with pytest.raises(ValueError, match="3 elements but 2 moments"):
        sample_balanced([1, 2, 3], [0, 0], 1, seed=0)
    with pytest.raises(ValueError, match="-1"):
        sample_balanced([1], [0], -1, seed=0)


def test_a_representative_sample_has_every_kind_and_its_weights_restore_the_whole() -> None:
    rng = np.random.default_rng(3)
    elements = np.concatenate([np.full(5000, 26), np.full(300, 64), np.full(7, 92)])
    moments = np.concatenate([rng.uniform(0, 5, 5000), np.full(300, 7.0), np.full(7, 1.0)])
    chosen = sample_representative(elements, moments, 1000, seed=0)
    assert len(chosen) == len(set(chosen.tolist())) == 1000
    assert (elements[chosen] == 92).sum() == 7 and (elements[chosen] == 64).sum() > 20
    np.testing.assert_array_equal(chosen, sample_representative(elements, moments, 1000, seed=0))
    weight = stratum_weights(elements, moments, chosen)
    assert weight.min() >= 1 and weight.sum() == pytest.approx(len(elements))
    assert weight[elements[chosen] == 92].tolist() == [1.0] * 7
