"""Predictions of one regression of each task, for the parity plots."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Mapping
from pathlib import Path

from negnn_gui.analysis.regression import errors_of, regress, split_by_group
from negnn_gui.training.evidence.cells import Cell, TableSpec, Value
from negnn_gui.training.evidence.maps import write_csv
from negnn_gui.training.evidence.representations import Vectors

PARITY = TableSpec(
    "parity", key=("task", "representation", "method", "rows"), measured=("test_rows", "mae", "r2", "file")
)
_TEST_SHARE = 0.2


def parity_cells(
    vectors: Vectors, tasks: Mapping[str, int], representation: str, folder: Path, budget: float
) -> list[Cell]:
    """The first split of each task (rows by its name); predictions are written as ``parity_TASK.csv``."""

    def cell(name: str, rows: int) -> Cell:
        def measure(seconds: float) -> Mapping[str, Value]:
            task = vectors.task(name)
            described = vectors.of(name, representation)
            trained, tested = split_by_group(task.formula, _TEST_SHARE, 0)
            train = (described[trained], task.labels[trained])
            found = regress("krr-laplacian", train, described[tested], task.formula[trained])
            truth, file = task.labels[tested], f"parity_{name}.csv"
            points = zip(truth, found.predicted, strict=True)
            write_csv(folder / file, ("known", "predicted"), ((f"{a:.4g}", f"{b:.4g}") for a, b in points))
            errors = errors_of(found.predicted, truth)
            return {"test_rows": len(tested), "mae": errors.mae, "r2": errors.r2, "file": file}

        key: dict[str, Value] = {
            "task": name,
            "representation": representation,
            "method": "krr-laplacian",
            "rows": rows,
        }
        return Cell(PARITY, key, budget, measure)

    return [cell(name, rows) for name, rows in tasks.items()]


def read_columns(path: Path) -> dict[str, list[str]]:
    """Columns of a small CSV file; empty where there is none."""
    if not path.is_file():
        return {}
    with path.open(newline="", encoding="utf-8") as stream:
        rows: Iterable[dict[str, str]] = list(csv.DictReader(stream))
    columns: dict[str, list[str]] = {}
    for row in rows:
        for name, value in row.items():
            columns.setdefault(name, []).append(value)
    return columns
