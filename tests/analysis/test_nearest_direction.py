"""The nearest direction found in groups, against brute force in double precision."""

import numpy as np
import pytest
from numpy.typing import NDArray

from negnn_gui.analysis import nearest_direction
from negnn_gui.analysis.nearest_direction import DirectionGroups


def clustered(seed: int, n: int, size: int = 16) -> NDArray[np.float32]:
    """Unit vectors around forty directions, as embeddings lie around kinds of sites."""
    rng = np.random.default_rng(seed)
    centres = rng.normal(size=(40, size))
    rows = centres[rng.integers(0, 40, n)] + 0.15 * rng.normal(size=(n, size))
    return (rows / np.linalg.norm(rows, axis=1)[:, None]).astype(np.float32)


def brute(rows: NDArray[np.float32], queries: NDArray[np.float32]) -> NDArray[np.float64]:
    distance: NDArray[np.float64] = 1.0 - queries.astype(np.float64) @ rows.astype(np.float64).T
    return distance


@pytest.mark.parametrize("n", [1, 7, 300, 5000])
def test_the_same_as_looking_at_all(n: int) -> None:
    rows, queries = clustered(0, n), clustered(1, 400)
    row, distance = DirectionGroups(rows).nearest(queries)
    every = brute(rows, queries)
    np.testing.assert_array_equal(row, every.argmin(axis=1))
    np.testing.assert_allclose(distance, every.min(axis=1), atol=1e-12)


def test_queries_far_from_everything_find_theirs() -> None:
    rows, queries = clustered(0, 3000), -clustered(0, 50)
    row, _ = DirectionGroups(rows).nearest(queries)
    np.testing.assert_array_equal(row, brute(rows, queries).argmin(axis=1))


def test_of_equal_rows_the_first_is_found_however_many_are_asked_at_once() -> None:
    rows = np.tile(clustered(2, 500), (4, 1))
    groups = DirectionGroups(rows)
    row, distance = groups.nearest(rows)
    assert row.max() < 500
    np.testing.assert_allclose(distance, 0.0, atol=1e-6)
    single = [groups.nearest(query[None])[0][0] for query in rows[:60]]
    assert single == row[:60].tolist()


def test_blocks_change_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    rows, queries = clustered(3, 2000), clustered(4, 100)
    whole = DirectionGroups(rows).nearest(queries)
    monkeypatch.setattr(nearest_direction, "_QUERIES_AT_ONCE", 7)
    monkeypatch.setattr(nearest_direction, "_PAIRS_AT_ONCE", 3)
    parts = DirectionGroups(rows).nearest(queries)
    np.testing.assert_array_equal(whole[0], parts[0])
    np.testing.assert_array_equal(whole[1], parts[1])


def test_zero_vectors_are_at_distance_one() -> None:
    rows = np.array([[1, 0], [0, 0], [0, 1], [0, 0]], dtype=np.float32)
    row, distance = DirectionGroups(rows).nearest(np.array([[-1, 0], [0, 0], [0, 1]], dtype=np.float32))
    assert row.tolist() == [1, 0, 2]
    np.testing.assert_allclose(distance, [1.0, 1.0, 0.0])
    row, distance = DirectionGroups(np.zeros((2, 2), dtype=np.float32)).nearest(rows[:1])
    assert row.tolist() == [0] and distance.tolist() == [1.0]
