"""Clusters of made-up vectors: well apart, repeated, scattered, too few."""

from __future__ import annotations

import numpy as np

from negnn_gui.analysis import clusters
from negnn_gui.analysis.clusters import find_clusters


def three_groups(n: int = 40) -> np.ndarray:
    rng = np.random.default_rng(2)
    return np.concatenate(
        [c + 0.1 * rng.normal(size=(n + 10 * k, 8)) for k, c in enumerate(np.eye(3, 8) * 6)]
    )


def test_groups_are_found_and_numbered_by_size() -> None:
    labels = find_clusters(three_groups())
    assert [int(np.bincount(part[part >= 0]).argmax()) for part in np.split(labels, [40, 90])] == [2, 1, 0]
    assert (labels >= 0).mean() > 0.9


def test_what_lies_alone_is_in_none_and_missing_vectors_too() -> None:
    vectors = np.concatenate([three_groups(), np.full((1, 8), 30.0), np.full((1, 8), np.nan)])
    assert find_clusters(vectors)[-2:].tolist() == [-1, -1]


def test_repeated_surroundings_are_no_cluster_of_their_own() -> None:
    vectors = three_groups()
    alone = np.full((20, 8), -20.0)
    labels = find_clusters(np.concatenate([vectors, vectors, alone]))
    assert (labels[-20:] == -1).all()
    np.testing.assert_array_equal(labels[: len(vectors)], find_clusters(vectors))


def test_too_few_sites_are_in_no_cluster() -> None:
    assert find_clusters(np.eye(4)).tolist() == [-1] * 4
    assert find_clusters(np.empty((0, 8))).tolist() == []
    assert find_clusters(np.ones((9, 8))).tolist() == [-1] * 9


def test_of_very_many_the_rest_joins_its_nearest_neighbours(monkeypatch) -> None:  # type: ignore[no-untyped-def]
    whole = find_clusters(three_groups())
    monkeypatch.setattr(clusters, "_MAX_FITTED", 80)
    sampled = find_clusters(three_groups())
    both = (whole >= 0) & (sampled >= 0)
    assert both.mean() > 0.7
    np.testing.assert_array_equal(sampled[both], whole[both])
