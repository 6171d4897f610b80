"""Cells of regression on frozen representations: the protocol of docs/science.md, and the paper's tasks."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

import numpy as np

from negnn_gui.analysis.regression import errors_of, group_folds, regress, split_by_group
from negnn_gui.training.evidence.cells import Cell, TableSpec, Value
from negnn_gui.training.evidence.representations import Vectors
from negnn_gui.training.evidence.tasks import PROTOCOL

REGRESSION = TableSpec(
    "regression",
    key=("task", "representation", "method", "seed", "rows"),
    measured=("train_rows", "test_rows", "dimensions", "mae", "rmse", "r2", "label_mad", "choice"),
)
PROTOCOL_TABLE = TableSpec(
    "krr_protocol",
    key=("representation", "method", "part", "rows"),
    measured=("train_rows", "test_rows", "dimensions", "mae", "rmse", "r2", "label_mad", "choice"),
)
PARTS = 5
_TEST_SHARE = 0.2


def protocol_cells(
    vectors: Vectors, names: Iterable[str], method: str, rows: int, budget: float
) -> list[Cell]:
    """Five parts by structure: train on four, test on one, for every representation."""

    def cell(name: str, part: int) -> Cell:
        def measure(seconds: float) -> Mapping[str, Value]:
            task = vectors.task(PROTOCOL.name)
            tested = group_folds(task.structure, PARTS, 0)[part]
            trained = np.setdiff1d(np.arange(len(task.labels)), tested)
            return _measure(vectors, PROTOCOL.name, name, method, trained, tested, task.structure, 0)

        key: dict[str, Value] = {"representation": name, "method": method, "part": part, "rows": rows}
        return Cell(PROTOCOL_TABLE, key, budget, measure)

    return [cell(name, part) for name in names for part in range(PARTS)]


def regression_cells(
    vectors: Vectors,
    task: str,
    names: Iterable[str],
    methods: Sequence[str],
    seeds: Iterable[int],
    rows: int,
    budget: float,
) -> list[Cell]:
    """A fifth of the rows is tested, whole formulas, drawn by the seed."""

    def cell(name: str, method: str, seed: int) -> Cell:
        def measure(seconds: float) -> Mapping[str, Value]:
            own = vectors.task(task)
            trained, tested = split_by_group(own.formula, _TEST_SHARE, seed)
            return _measure(vectors, task, name, method, trained, tested, own.formula, seed)

        key: dict[str, Value] = {
            "task": task,
            "representation": name,
            "method": method,
            "seed": seed,
            "rows": rows,
        }
        return Cell(REGRESSION, key, budget, measure)

    return [cell(name, method, seed) for method in methods for name in names for seed in seeds]


def _measure(
    vectors: Vectors,
    task: str,
    name: str,
    method: str,
    trained: np.ndarray,
    tested: np.ndarray,
    groups: np.ndarray,
    seed: int,
) -> Mapping[str, Value]:
    labels, described = vectors.task(task).labels, vectors.of(task, name)
    found = regress(
        method, (described[trained], labels[trained]), described[tested], groups[trained], seed=seed
    )
    truth = labels[tested]
    errors = errors_of(found.predicted, truth)
    return {
        "train_rows": len(trained),
        "test_rows": len(tested),
        "dimensions": described.shape[1],
        "mae": errors.mae,
        "rmse": errors.rmse,
        "r2": errors.r2,
        # what always saying the training mean would cost
        "label_mad": float(np.abs(truth - labels[trained].mean()).mean()),
        "choice": found.choice,
    }
