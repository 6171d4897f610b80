"""PCA is deterministic and exact; neighbouring maps are turned towards each other."""

import numpy as np
import pytest
from sklearn.decomposition import PCA

from negnn_gui.analysis.projection import AlignedMaps, align, fit_pca, preceding_levels, spaced_rows


@pytest.fixture
def vectors() -> np.ndarray:
    rng = np.random.default_rng(0)
    spread = np.linspace(5, 0.1, 64)
    return (rng.normal(size=(400, 64)) * spread + 3).astype(np.float32)


def test_agrees_with_scikit_learn(vectors: np.ndarray) -> None:
    ours = fit_pca(vectors)
    theirs = PCA(2, svd_solver="full").fit(vectors.astype(np.float64))
    np.testing.assert_allclose(ours.variance, theirs.explained_variance_ratio_, rtol=1e-6)
    placed = theirs.transform(vectors.astype(np.float64))
    signs = np.sign((placed * ours.transform(vectors)).sum(axis=0))
    np.testing.assert_allclose(ours.transform(vectors), placed * signs, atol=1e-4)


def test_sign_does_not_depend_on_row_order(vectors: np.ndarray) -> None:
    order = np.random.default_rng(1).permutation(len(vectors))
    np.testing.assert_allclose(
        fit_pca(vectors).transform(vectors)[order],
        fit_pca(vectors[order]).transform(vectors[order]),
        atol=1e-6,
    )


def test_transform_of_training_points_lands_on_themselves(vectors: np.ndarray) -> None:
    projection = fit_pca(vectors)
    whole = projection.transform(vectors)
    one_by_one = np.vstack([projection.transform(row[None]) for row in vectors])
    np.testing.assert_allclose(whole, one_by_one, atol=2e-5)


@pytest.mark.parametrize("n", [1, 2, 3])
def test_few_points_are_placed(n: int) -> None:
    vectors = np.eye(8)[:n]
    projection = fit_pca(vectors)
    placed = projection.transform(vectors)
    assert placed.shape == (n, 2)
    assert np.isfinite(placed).all()
    if n == 1:
        assert projection.axis_titles == ("PC 1 (0 %)", "PC 2 (0 %)")
    else:
        distances = np.linalg.norm(placed[:, None] - placed[None], axis=2)
        np.testing.assert_allclose(distances[~np.eye(n, dtype=bool)], np.sqrt(2))


def test_rows_that_are_not_finite_are_left_out_of_the_fit(vectors: np.ndarray) -> None:
    broken = np.vstack([vectors, np.full((1, 64), np.nan)])
    np.testing.assert_allclose(fit_pca(broken).axes, fit_pca(vectors).axes)
    assert np.isnan(fit_pca(broken).transform(broken)[-1]).all()
    with pytest.raises(ValueError, match="at least one finite"):
        fit_pca(np.full((3, 4), np.nan))


def test_wrong_length_is_refused(vectors: np.ndarray) -> None:
    with pytest.raises(ValueError, match="length 64"):
        fit_pca(vectors).transform(vectors[:, :10])


def test_procrustes_recovers_a_turn_and_a_reflection() -> None:
    rng = np.random.default_rng(2)
    reference = rng.normal(size=(50, 2))
    angle = 0.7
    turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]]) @ np.diag([1, -1])
    moving = 4.0 * reference @ turn.T + 9.0
    np.testing.assert_allclose(align(moving, reference), turn, atol=1e-9)


def test_alignment_of_a_single_place_changes_nothing() -> None:
    np.testing.assert_array_equal(
        align(np.ones((5, 2)), np.random.default_rng(0).normal(size=(5, 2))), np.eye(2)
    )


def test_axis_titles_tell_what_the_axes_are(vectors: np.ndarray) -> None:
    projection = fit_pca(vectors)
    share = projection.variance
    assert projection.axis_titles == (
        f"PC 1 ({share[0]:.0%})".replace("%", " %"),
        f"PC 2 ({share[1]:.0%})".replace("%", " %"),
    )
    turned = projection.turned(np.array([[0.8, 0.6], [0.6, -0.8]]))
    assert turned.axis_titles[0].startswith("0.80 PC 1 + 0.60 PC 2 (")
    assert turned.axis_titles[1].startswith("0.60 PC 1 − 0.80 PC 2 (")
    measured = turned.transform(vectors).var(axis=0) / vectors.astype(float).var(axis=0).sum()
    np.testing.assert_allclose(turned.axis_variance, measured, rtol=1e-6)
    swapped = projection.turned(np.array([[0.0, 1.0], [1.0, 0.0]]))
    assert swapped.axis_titles == projection.axis_titles[::-1]


@pytest.mark.parametrize(
    ("levels", "before"), [("0", None), ("1", "0"), ("5", "4"), ("01", "0"), ("0123", "012"), ("24", "2")]
)
def test_every_choice_follows_one_before_it(levels: str, before: str | None) -> None:
    assert preceding_levels(levels) == before


def test_neighbouring_levels_stay_alike() -> None:
    rng = np.random.default_rng(3)
    plane = rng.normal(size=(300, 2)) * [3, 2.9]
    levels = []
    for _ in range(3):
        basis = np.linalg.qr(rng.normal(size=(64, 64)))[0][:, :2]
        levels.append(plane @ basis.T + 0.02 * rng.normal(size=(300, 64)))

    def joined(choice: str) -> np.ndarray:
        return np.concatenate([levels[int(level)] for level in choice], axis=1)

    maps = AlignedMaps(joined)
    places = {choice: maps.projection(choice).transform(joined(choice)) for choice in ("0", "1", "2")}
    for before, after in (("0", "1"), ("1", "2")):
        assert np.abs(places[before] - places[after]).max() < 0.5


def test_a_map_does_not_depend_on_what_was_looked_at_before() -> None:
    levels = np.random.default_rng(4).normal(size=(4, 100, 64))

    def joined(choice: str) -> np.ndarray:
        return np.concatenate([levels[int(level)] for level in choice], axis=1)

    wandered = AlignedMaps(joined)
    for choice in ("3", "01", "2", "0123"):
        wandered.projection(choice)
    for choice in ("0", "2", "012"):
        fresh = AlignedMaps(joined).projection(choice).transform(joined(choice))
        np.testing.assert_array_equal(wandered.projection(choice).transform(joined(choice)), fresh)


def test_known_projections_are_not_fitted_again() -> None:
    known = fit_pca(np.random.default_rng(0).normal(size=(20, 64)))
    maps = AlignedMaps(lambda choice: pytest.fail(f"{choice} was asked for"), {"1": known})
    assert maps.projection("1") is known


def test_large_sets_are_fitted_to_evenly_spaced_rows() -> None:
    np.testing.assert_array_equal(spaced_rows(5), np.arange(5))
    rows = spaced_rows(100_000)
    assert len(rows) == 8000
    assert rows[0] == 0
    assert rows[-1] == 99_999
    assert set(np.diff(rows)) == {12, 13}
