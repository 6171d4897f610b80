"""t-SNE: the same every time, kept, cancelled, and open to new vectors."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from negnn_gui.analysis import tsne
from negnn_gui.analysis.neighbour_map import NeighbourMap
from negnn_gui.analysis.projection import fit_pca
from negnn_gui.analysis.tsne import fit_tsne
from negnn_gui.analysis.tsne_map import TsneMap

pytestmark = pytest.mark.usefixtures("own_cache")


def test_a_map_places_what_it_knows_on_itself_and_new_vectors_near_their_like(vectors: np.ndarray) -> None:
    places = np.arange(2 * len(vectors), dtype=float).reshape(-1, 2)
    fitted = NeighbourMap(vectors, places)
    np.testing.assert_allclose(fitted.transform(vectors), places, atol=1e-6)
    low, high = places[:40].min(axis=0), places[:40].max(axis=0)
    new = fitted.transform(vectors[:40] + 0.02)
    assert ((new >= low) & (new <= high)).all()
    assert np.isnan(fitted.transform(np.full((1, 16), np.nan))).all()
    with pytest.raises(ValueError, match="places of shape"):
        NeighbourMap(vectors, places[:-1])


class TestFit:
    """What needs openTSNE."""

    pytestmark = pytest.mark.skipif(not tsne.tsne_available(), reason="openTSNE is not installed")

    def test_groups_stay_together_and_a_second_fit_is_the_same(
        self, vectors: np.ndarray, own_cache: Path
    ) -> None:
        start = fit_pca(vectors).transform(vectors)
        steps: list[tuple[int, int]] = []
        places = fit_tsne(vectors, start, progress=lambda done, total: steps.append((done, total)))
        assert places is not None
        assert steps[-1] == (750, 750) and steps == sorted(steps)
        centres = np.array([places[k : k + 40].mean(axis=0) for k in (0, 40, 80)])
        nearest = np.linalg.norm(places[:, None] - centres, axis=2).argmin(axis=1)
        assert nearest.tolist() == [0] * 40 + [1] * 40 + [2] * 40
        for file in (own_cache / "maps").iterdir():
            file.unlink()
        np.testing.assert_array_equal(fit_tsne(vectors, start), places)

    def test_a_fit_is_kept_by_content(self, vectors: np.ndarray, monkeypatch: pytest.MonkeyPatch) -> None:
        start = fit_pca(vectors).transform(vectors)
        places = fit_tsne(vectors, start)
        with monkeypatch.context() as patch:
            patch.setattr(tsne, "_fit", lambda *given: pytest.fail("fitted again"))
            np.testing.assert_array_equal(fit_tsne(vectors, start), places)
        assert not np.array_equal(fit_tsne(vectors + np.eye(120, 16, dtype=np.float32), start), places)

    def test_a_damaged_cache_is_fitted_again(self, vectors: np.ndarray, own_cache: Path) -> None:
        start = fit_pca(vectors).transform(vectors)
        places = fit_tsne(vectors, start)
        (kept,) = (own_cache / "maps").iterdir()
        kept.write_bytes(kept.read_bytes()[:200])
        np.testing.assert_array_equal(fit_tsne(vectors, start), places)

    def test_cancel_ends_the_fit_and_keeps_nothing(self, vectors: np.ndarray, own_cache: Path) -> None:
        start = fit_pca(vectors).transform(vectors)
        steps: list[int] = []
        found = fit_tsne(
            vectors, start, progress=lambda done, _: steps.append(done), cancelled=lambda: len(steps) > 2
        )
        assert found is None and len(steps) == 3
        assert not (own_cache / "maps").exists()

    def test_vectors_that_are_all_alike_do_not_break_it(self) -> None:
        places = fit_tsne(np.ones((12, 4)), np.zeros((12, 2)))
        assert places is not None and np.isfinite(places).all()


class TestTransform:
    """Other vectors on a fitted map, by openTSNE."""

    pytestmark = pytest.mark.skipif(not tsne.tsne_available(), reason="openTSNE is not installed")

    @pytest.fixture
    def places(self, vectors: np.ndarray) -> np.ndarray:
        found = fit_tsne(vectors, fit_pca(vectors).transform(vectors))
        assert found is not None
        return found

    def test_what_was_fitted_lands_on_itself(self, vectors: np.ndarray, places: np.ndarray) -> None:
        fitted = TsneMap(vectors, places)
        np.testing.assert_array_equal(fitted.transform(vectors), places)

    def test_the_transform_itself_brings_neighbours_of_fitted_vectors_home(
        self, vectors: np.ndarray, places: np.ndarray
    ) -> None:
        beside = vectors + 1e-2 * np.random.default_rng(1).normal(size=vectors.shape).astype(np.float32)
        away = np.linalg.norm(TsneMap(vectors, places).transform(beside) - places, axis=1)
        width = np.ptp(places, axis=0).max()
        assert 0 < np.median(away) < 0.01 * width and away.max() < 0.1 * width

    def test_an_unseen_vector_lands_in_its_group_whatever_is_placed_beside_it(
        self, vectors: np.ndarray, places: np.ndarray
    ) -> None:
        new = 5 * np.eye(3, 16) + 0.3 * np.random.default_rng(9).normal(size=(3, 16))
        fitted = TsneMap(vectors, places)
        placed = fitted.transform(new)
        centres = np.array([places[k : k + 40].mean(axis=0) for k in (0, 40, 80)])
        nearest = np.linalg.norm(placed[:, None] - centres, axis=2).argmin(axis=1)
        assert nearest.tolist() == [0, 1, 2]
        np.testing.assert_allclose(fitted.transform(new[1:2]), placed[1:2], atol=1e-9)
        assert not np.allclose(placed, NeighbourMap(vectors, places).transform(new), atol=1e-3)

    def test_equal_vectors_are_placed_once_and_missing_ones_nowhere(
        self, vectors: np.ndarray, places: np.ndarray
    ) -> None:
        new = vectors[[3, 3, 3, 50]] + np.float32(0.05)
        new[2] = np.nan
        told: list[tuple[int, int]] = []
        placed = TsneMap(vectors, places).transform(new, progress=lambda *done: told.append(done))
        assert told == [(2, 2)]
        assert (placed[0] == placed[1]).all() and np.isfinite(placed[3]).all()
        assert np.isnan(placed[2]).all()

    def test_cancel_leaves_the_rest_without_a_place(self, vectors: np.ndarray, places: np.ndarray) -> None:
        placed = TsneMap(vectors, places).transform(vectors + np.float32(0.05), cancelled=lambda: True)
        assert np.isnan(placed).all()

    def test_places_that_do_not_belong_are_refused(self, vectors: np.ndarray, places: np.ndarray) -> None:
        with pytest.raises(ValueError, match="places of shape"):
            TsneMap(vectors, places[:-1])


def test_too_few_or_missing_vectors_are_refused() -> None:
    with pytest.raises(ValueError, match="at least four"):
        fit_tsne(np.ones((3, 4)), np.zeros((3, 2)))
    with pytest.raises(ValueError, match="finite"):
        fit_tsne(np.full((8, 4), np.nan), np.zeros((8, 2)))
