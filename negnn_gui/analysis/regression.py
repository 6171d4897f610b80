"""Regression of a property on representations: kernel ridge, ridge and boosted trees, chosen by cross-validation.

Scaler, kernel width and regularisation are chosen on the training part alone; rows of one group (a formula, a
structure) are never on two sides of a split. Source of the comparison: doi 10.1088/2632-2153/ad612b, section 3.1.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import lapack
from scipy.spatial.distance import cdist
from sklearn.preprocessing import StandardScaler

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]

ALPHAS = (1e-4, 1e-3, 1e-2, 1e-1, 1.0)
GAMMAS = (1e-4, 1e-3, 1e-2, 1e-1)
_METRIC = {"krr-laplacian": "cityblock", "krr-rbf": "sqeuclidean"}
_RIDGE_ALPHAS = tuple(10.0**k for k in range(-3, 5))
METHODS = ("krr-laplacian", "krr-rbf", "ridge", "boosting")
TITLES = {
    "krr-laplacian": "kernel ridge, Laplacian kernel",
    "krr-rbf": "kernel ridge, Gaussian (RBF) kernel",
    "ridge": "ridge",
    "boosting": "gradient boosting",
}

Stop = Callable[[], bool]


class Stopped(Exception):
    """The regression was cancelled."""


@dataclass(frozen=True, eq=False)
class Regression:
    """What a method said about the rows it had not seen.

    Attributes
    ----------
    predicted : (T,) float
        In the unit of the labels.
    choice : str
        The parameters that cross-validation chose, such as "alpha 0.01, gamma 0.001".
    """

    predicted: FloatArray
    choice: str


@dataclass(frozen=True)
class Errors:
    """Mean absolute and root mean squared error in the unit of the labels, and R2 (NaN if nothing varies)."""

    mae: float
    rmse: float
    r2: float


def errors_of(predicted: FloatArray, truth: FloatArray) -> Errors:
    """Errors of (T,) predictions."""
    error = predicted - truth
    spread = float(((truth - truth.mean()) ** 2).sum())
    return Errors(
        mae=float(np.abs(error).mean()),
        rmse=float(np.sqrt((error**2).mean())),
        r2=1.0 - float((error**2).sum()) / spread if spread > 0 else float("nan"),
    )


def regress(
    method: str,
    train: tuple[FloatArray, FloatArray],
    test: FloatArray,
    groups: IntArray,
    folds: int = 5,
    seed: int = 0,
    stop: Stop = lambda: False,
) -> Regression:
    """Fit on the training part, predict the rest.

    Parameters
    ----------
    method : str
        One of :data:`METHODS`.
    train : ((n, D), (n,)) float
        Representations and labels.
    test : (T, D) float
    groups : (n,) int
        Rows of one group stay together in the cross-validation.
    folds : int
        Parts of the cross-validation.
    stop : callable
        Asked between the steps; a true answer raises :class:`Stopped`.

    Raises
    ------
    ValueError
        The method is unknown, or there are fewer groups than two.
    Stopped
    """
    if method not in METHODS:
        raise ValueError(f"unknown method {method!r}; there are {', '.join(METHODS)}")
    vectors, labels = train
    varying = np.ptp(vectors, axis=0) > 1e-9 if len(vectors) else np.zeros(vectors.shape[1], dtype=bool)
    if not varying.any():  # the same vector everywhere says nothing
        return Regression(np.full(len(test), labels.mean()), "mean of the labels: the vectors do not vary")
    scaler = StandardScaler().fit(vectors[:, varying])
    scaled, scaled_test = scaler.transform(vectors[:, varying]), scaler.transform(test[:, varying])
    parts = group_folds(groups, folds, seed)
    if method in _METRIC:
        return _kernel_ridge(_METRIC[method], scaled, labels, scaled_test, parts, stop)
    if method == "ridge":
        return _ridge(scaled, labels, scaled_test, parts, stop)
    return _boosting(scaled, labels, scaled_test, parts, seed, stop)


def group_folds(groups: IntArray, folds: int, seed: int) -> list[IntArray]:
    """Rows of each of ``folds`` parts (fewer where there are fewer groups), whole groups drawn by ``seed``."""
    unique, of_row = np.unique(groups, return_inverse=True)
    if len(unique) < 2:
        raise ValueError("a cross-validation needs at least two groups (formulas or structures)")
    part = np.empty(len(unique), dtype=np.int64)
    part[np.random.default_rng(seed).permutation(len(unique))] = np.arange(len(unique)) % folds
    of_row = part[of_row]
    return [np.flatnonzero(of_row == k) for k in range(min(folds, len(unique)))]


def split_by_group(groups: IntArray, test_share: float, seed: int) -> tuple[IntArray, IntArray]:
    """Rows for training and for testing; whole groups, about ``test_share`` of the rows in the second."""
    unique, of_row, count = np.unique(groups, return_inverse=True, return_counts=True)
    order = np.random.default_rng(seed).permutation(len(unique))
    taken = np.cumsum(count[order]) - count[order] < test_share * len(groups)
    in_test = np.zeros(len(unique), dtype=bool)
    in_test[order[taken]] = True
    return np.flatnonzero(~in_test[of_row]), np.flatnonzero(in_test[of_row])


def _kernel_ridge(
    metric: str, vectors: FloatArray, labels: FloatArray, test: FloatArray, parts: list[IntArray], stop: Stop
) -> Regression:
    """Grid search whose folds are never fitted again.

    With A = (K + alpha I)^-1 over all training rows and c = A y, the errors on a left-out part P are
    (A_PP)^-1 c_P: one inversion for each pair of parameters instead of one for each fold.
    """
    mean = labels.mean()
    centred = labels - mean
    distance, distance_test = cdist(vectors, vectors, metric), cdist(test, vectors, metric)
    best, chosen, weights = np.inf, (ALPHAS[0], GAMMAS[0]), np.zeros(len(labels))
    for gamma in GAMMAS:
        kernel = np.exp(-gamma * distance)
        for alpha in ALPHAS:
            if stop():
                raise Stopped
            inverse = _inverse(kernel + alpha * np.eye(len(kernel)))
            if inverse is None:
                continue
            coefficients = inverse @ centred
            error = sum(
                float(np.abs(np.linalg.solve(inverse[np.ix_(p, p)], coefficients[p])).sum()) for p in parts
            )
            if error < best:
                best, chosen, weights = error, (alpha, gamma), coefficients
    predicted = np.exp(-chosen[1] * distance_test) @ weights + mean
    return Regression(predicted, f"alpha {chosen[0]:g}, gamma {chosen[1]:g}")


def _inverse(matrix: FloatArray) -> FloatArray | None:
    """Inverse of a positive definite matrix by its Cholesky factor, or None where rounding leaves it none."""
    factor, failed = lapack.dpotrf(matrix, lower=1)
    if failed:
        return None
    inverse, failed = lapack.dpotri(factor, lower=1)
    if failed:
        return None
    return np.asarray(np.tril(inverse) + np.tril(inverse, -1).T)


def _ridge(
    vectors: FloatArray, labels: FloatArray, test: FloatArray, parts: list[IntArray], stop: Stop
) -> Regression:
    from sklearn.linear_model import Ridge

    def error(alpha: float) -> float:
        total = 0.0
        for part in parts:
            if stop():
                raise Stopped
            rest = np.setdiff1d(np.arange(len(labels)), part)
            fitted = Ridge(alpha).fit(vectors[rest], labels[rest])
            total += float(np.abs(fitted.predict(vectors[part]) - labels[part]).sum())
        return total

    alpha = min(_RIDGE_ALPHAS, key=error)
    predicted = Ridge(alpha).fit(vectors, labels).predict(test)
    return Regression(np.asarray(predicted, dtype=np.float64), f"alpha {alpha:g}")


def _boosting(
    vectors: FloatArray, labels: FloatArray, test: FloatArray, parts: list[IntArray], seed: int, stop: Stop
) -> Regression:
    from sklearn.ensemble import HistGradientBoostingRegressor

    def make(rate: float) -> HistGradientBoostingRegressor:
        return HistGradientBoostingRegressor(
            loss="absolute_error", learning_rate=rate, max_iter=120, max_leaf_nodes=15, random_state=seed
        )

    def error(rate: float) -> float:
        if stop():
            raise Stopped
        # one fold decides: trees cost most and the rate changes little
        rest = np.setdiff1d(np.arange(len(labels)), parts[0])
        fitted = make(rate).fit(vectors[rest], labels[rest])
        return float(np.abs(fitted.predict(vectors[parts[0]]) - labels[parts[0]]).sum())

    rate = min((0.05, 0.15), key=error)
    predicted = make(rate).fit(vectors, labels).predict(test)
    return Regression(np.asarray(predicted, dtype=np.float64), f"rate {rate:g}, 120 trees")
