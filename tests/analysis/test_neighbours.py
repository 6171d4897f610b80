"""Nearest vectors against brute force in double precision."""

import numpy as np
import pytest
from scipy.spatial.distance import cdist

from negnn_gui.analysis.neighbours import VectorIndex


@pytest.mark.parametrize("metric", ["cosine", "euclidean"])
@pytest.mark.parametrize("k", [1, 7, 500])
def test_against_brute_force(metric: str, k: int) -> None:
    rng = np.random.default_rng(0)
    searched = rng.normal(size=(500, 64)).astype(np.float32)
    queries = rng.normal(size=(40, 64)).astype(np.float32)
    found = VectorIndex(searched, metric).query(queries, k)
    every = cdist(queries.astype(float), searched.astype(float), metric)
    np.testing.assert_array_equal(found.index, np.argsort(every, axis=1, kind="stable")[:, :k])
    np.testing.assert_allclose(found.distance, np.sort(every, axis=1)[:, :k], atol=2e-6)


def test_blocks_give_the_same_as_one_query(monkeypatch: pytest.MonkeyPatch) -> None:
    rng = np.random.default_rng(1)
    index = VectorIndex(rng.normal(size=(100, 8)))
    queries = rng.normal(size=(30, 8))
    whole = index.query(queries, 5)
    monkeypatch.setattr("negnn_gui.analysis.neighbours._BLOCK_FLOATS", 700)
    parts = index.query(queries, 5)
    np.testing.assert_array_equal(whole.index, parts.index)


def test_equal_vectors_come_in_order_of_their_rows() -> None:
    searched = np.tile(np.arange(1.0, 9.0), (50, 1))
    found = VectorIndex(searched, "euclidean").query(searched[:1], 4)
    np.testing.assert_array_equal(found.distance, 0)
    assert len(set(found.index[0])) == 4
    assert list(found.index[0]) == sorted(found.index[0])


def test_a_query_that_is_not_finite_finds_nothing() -> None:
    index = VectorIndex(np.eye(4))
    found = index.query([[1, 0, 0, 0], [np.nan, 0, 0, 0]], 2)
    assert found.index[0, 0] == 0
    assert found.distance[0, 0] == pytest.approx(0, abs=1e-6)
    assert (found.index[1] == -1).all()
    assert np.isnan(found.distance[1]).all()


def test_a_zero_vector_has_distance_one_to_all() -> None:
    np.testing.assert_allclose(VectorIndex(np.eye(4)).query(np.zeros((1, 4)), 4).distance, 1.0)


def test_more_neighbours_than_there_are_and_none_at_all() -> None:
    assert VectorIndex(np.eye(3)).query(np.eye(3), 10).index.shape == (3, 3)
    assert VectorIndex(np.empty((0, 3))).query(np.eye(3), 10).index.shape == (3, 0)


def test_wrong_arguments_are_refused() -> None:
    with pytest.raises(ValueError, match=r"\(M, 3\)"):
        VectorIndex(np.eye(3)).query(np.eye(4), 1)
    with pytest.raises(ValueError, match="at least 1"):
        VectorIndex(np.eye(3)).query(np.eye(3), 0)
    with pytest.raises(ValueError, match="cosine or euclidean"):
        VectorIndex(np.eye(3), "manhattan")  # type: ignore[arg-type]
