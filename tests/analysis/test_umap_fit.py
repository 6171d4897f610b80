"""UMAP: the same every time, kept, cancelled; where its extra is installed."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from negnn_gui.analysis import umap_fit
from negnn_gui.analysis.neighbour_map import NeighbourMap
from negnn_gui.analysis.projection import fit_pca
from negnn_gui.analysis.umap_fit import AXES, UmapOptions, fit_umap

without_umap = pytest.mark.skipif(not umap_fit.umap_available(), reason="umap-learn is not installed")
pytestmark = pytest.mark.usefixtures("own_cache")


@pytest.fixture
def start(vectors: np.ndarray) -> np.ndarray:
    return fit_pca(vectors).transform(vectors)


@without_umap
@pytest.mark.slow  # numba compiles what umap-learn is made of, in minutes on a busy machine
@pytest.mark.timeout(1800)
def test_groups_stay_together_and_a_second_fit_is_the_same(
    vectors: np.ndarray, start: np.ndarray, own_cache: Path
) -> None:
    steps: list[tuple[int, int]] = []
    places = fit_umap(vectors, start, progress=lambda done, total: steps.append((done, total)))
    assert places is not None
    assert steps == sorted(steps) and steps[-1] == (300, 300)
    centres = np.array([places[k : k + 40].mean(axis=0) for k in (0, 40, 80)])
    nearest = np.linalg.norm(places[:, None] - centres, axis=2).argmin(axis=1)
    assert nearest.tolist() == [0] * 40 + [1] * 40 + [2] * 40
    for file in (own_cache / "maps").iterdir():
        file.unlink()
    np.testing.assert_array_equal(fit_umap(vectors, start), places)


@without_umap
@pytest.mark.slow  # numba compiles what umap-learn is made of, in minutes on a busy machine
@pytest.mark.timeout(1800)
def test_a_fit_is_kept_and_what_was_fitted_lands_on_itself(
    vectors: np.ndarray, start: np.ndarray, monkeypatch: pytest.MonkeyPatch
) -> None:
    places = fit_umap(vectors, start)
    assert places is not None
    with monkeypatch.context() as patch:
        patch.setattr(umap_fit, "_fit", lambda *given: pytest.fail("fitted again"))
        np.testing.assert_array_equal(fit_umap(vectors, start), places)
    np.testing.assert_allclose(NeighbourMap(vectors, places, AXES).transform(vectors), places, atol=1e-6)
    other = fit_umap(vectors, start, UmapOptions(neighbours=5))
    assert not np.array_equal(other, places)


@without_umap
@pytest.mark.slow  # numba compiles what umap-learn is made of, in minutes on a busy machine
@pytest.mark.timeout(1800)
def test_cancel_ends_the_fit_and_keeps_nothing(
    vectors: np.ndarray, start: np.ndarray, own_cache: Path
) -> None:
    steps: list[int] = []
    found = fit_umap(
        vectors, start, progress=lambda done, _: steps.append(done), cancelled=lambda: len(steps) > 2
    )
    assert found is None and len(steps) < 10
    assert not (own_cache / "maps").exists()


@pytest.mark.parametrize(("neighbours", "least"), [(1, 0.1), (201, 0.1), (15, -0.1), (15, 1.0)])
def test_parameters_that_make_no_sense_are_refused(neighbours: int, least: float) -> None:
    with pytest.raises(ValueError, match=r"neighbours|least distance"):
        UmapOptions(neighbours, least)
