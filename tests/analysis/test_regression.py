"""Kernel ridge against scikit-learn fitted fold by fold, splits that keep groups together, and what is refused."""

import numpy as np
import pytest
from sklearn.kernel_ridge import KernelRidge
from sklearn.preprocessing import StandardScaler

from negnn_gui.analysis.regression import (
    ALPHAS,
    GAMMAS,
    METHODS,
    Stopped,
    errors_of,
    group_folds,
    regress,
    split_by_group,
)

random = np.random.default_rng(0)
VECTORS = random.normal(size=(90, 6)) * [1, 10, 100, 1, 1, 1]
LABELS = np.sin(VECTORS[:, 0]) + VECTORS[:, 1] / 10 + 5
GROUPS = np.arange(90) // 3


@pytest.mark.parametrize(("method", "kernel"), [("krr-laplacian", "laplacian"), ("krr-rbf", "rbf")])
def test_the_grid_search_is_that_of_fitting_every_fold(method: str, kernel: str) -> None:
    train, test = split_by_group(GROUPS, 0.3, 1)
    scaler = StandardScaler().fit(VECTORS[train])
    x, y = scaler.transform(VECTORS[train]), LABELS[train]
    mean = y.mean()
    found = {}
    for alpha in ALPHAS:
        for gamma in GAMMAS:
            error = 0.0
            for part in group_folds(GROUPS[train], 5, 0):
                rest = np.setdiff1d(np.arange(len(y)), part)
                fold = KernelRidge(alpha=alpha, kernel=kernel, gamma=gamma).fit(x[rest], y[rest] - mean)
                error += np.abs(fold.predict(x[part]) + mean - y[part]).sum()
            found[alpha, gamma] = error
    alpha, gamma = min(found, key=lambda key: found[key])
    expected = KernelRidge(alpha=alpha, kernel=kernel, gamma=gamma).fit(x, y - mean)
    result = regress(method, (VECTORS[train], LABELS[train]), VECTORS[test], GROUPS[train])
    assert result.choice == f"alpha {alpha:g}, gamma {gamma:g}"
    np.testing.assert_allclose(
        result.predicted, expected.predict(scaler.transform(VECTORS[test])) + mean, rtol=1e-6
    )


@pytest.mark.parametrize("method", METHODS)
def test_every_method_beats_the_mean_and_can_be_stopped(method: str) -> None:
    train, test = split_by_group(GROUPS, 0.3, 1)
    known = (VECTORS[train], LABELS[train])
    result = regress(method, known, VECTORS[test], GROUPS[train])
    errors = errors_of(result.predicted, LABELS[test])
    assert errors.mae < 0.9 * np.abs(LABELS[test] - LABELS[train].mean()).mean()
    assert errors.rmse >= errors.mae and errors.r2 < 1
    with pytest.raises(Stopped):
        regress(method, known, VECTORS[test], GROUPS[train], stop=lambda: True)


def test_no_group_is_on_two_sides() -> None:
    train, test = split_by_group(GROUPS, 0.2, 3)
    assert not set(GROUPS[train]) & set(GROUPS[test]) and len(train) + len(test) == 90 and len(test) == 18
    parts = group_folds(GROUPS, 4, 0)
    assert sorted(np.concatenate(parts)) == list(range(90))
    assert all(not set(GROUPS[a]) & set(GROUPS[b]) for i, a in enumerate(parts) for b in parts[:i])


def test_vectors_that_do_not_vary_give_the_mean() -> None:
    same = np.ones((10, 3))
    result = regress("krr-rbf", (same, LABELS[:10]), same, GROUPS[:10])
    np.testing.assert_allclose(result.predicted, LABELS[:10].mean())


def test_what_cannot_be_split_or_named_is_refused() -> None:
    with pytest.raises(ValueError, match="at least two groups"):
        group_folds(np.zeros(5, dtype=np.int64), 5, 0)
    with pytest.raises(ValueError, match="unknown method"):
        regress("svm", (VECTORS, LABELS), VECTORS, GROUPS)
