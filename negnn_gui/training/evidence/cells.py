"""Cells of tables: every number is measured on its own, written at once, and never measured twice.

A cell is named by its key (task, representation, method, seed, size, ...). What it took stands beside it: seconds of
the processor, which do not depend on what else the machine was doing, and the budget it had.
"""

from __future__ import annotations

import csv
import logging
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

log = logging.getLogger(__name__)

Value = str | int | float
TIMES = ("cpu_seconds", "budget_seconds")


class CellTableError(ValueError):
    """A table on disk is not one of ours; one sentence for the user."""


@dataclass(frozen=True)
class TableSpec:
    """Columns of a table: those that name a cell, and those that are measured."""

    name: str
    key: tuple[str, ...]
    measured: tuple[str, ...]

    @property
    def columns(self) -> tuple[str, ...]:
        """All columns, in the order of the file."""
        return (*self.key, *self.measured, *TIMES)


@dataclass(frozen=True)
class Cell:
    """One cell to measure.

    Attributes
    ----------
    table : TableSpec
    key : mapping
        Value of every key column.
    budget : float
        Seconds of the processor after which ``measure`` should end with what it has.
    measure : callable
        budget -> value of every measured column.
    """

    table: TableSpec
    key: Mapping[str, Value]
    budget: float
    measure: Callable[[float], Mapping[str, Value]]

    @property
    def name(self) -> str:
        """For a log line."""
        return f"{self.table.name}: " + ", ".join(str(self.key[column]) for column in self.table.key)


class CellTable:
    """A table on disk, ``folder/name.csv``, that grows cell by cell.

    Raises
    ------
    CellTableError
        The file has other columns.
    """

    def __init__(self, folder: Path, spec: TableSpec, resume: bool) -> None:
        self.spec = spec
        self.path = folder / f"{spec.name}.csv"
        self.rows: list[dict[str, str]] = []
        if resume and self.path.is_file():
            self.rows = read_rows(self.path, spec)
        self._known = {self._key(row) for row in self.rows}
        self._write_all()

    def __contains__(self, cell: Cell) -> bool:
        return self._key({column: _text(cell.key[column]) for column in self.spec.key}) in self._known

    def add(self, cell: Cell) -> dict[str, str]:
        """Measure a cell and append it to the file."""
        begin = time.process_time()
        measured = cell.measure(cell.budget)
        seconds = time.process_time() - begin
        values: dict[str, Value] = {
            **cell.key,
            **measured,
            "cpu_seconds": round(seconds, 2),
            "budget_seconds": cell.budget,
        }
        row = {column: _text(values[column]) for column in self.spec.columns}
        with self.path.open("a", newline="", encoding="utf-8") as stream:
            csv.DictWriter(stream, self.spec.columns, lineterminator="\n").writerow(row)
        self.rows.append(row)
        self._known.add(self._key(row))
        return row

    def _key(self, row: Mapping[str, str]) -> tuple[str, ...]:
        return tuple(row[column] for column in self.spec.key)

    def _write_all(self) -> None:
        """Start the file anew: an interrupted last line is dropped, the rest is kept."""
        self.path.parent.mkdir(parents=True, exist_ok=True)
        part = self.path.with_suffix(".part")
        with part.open("w", newline="", encoding="utf-8") as stream:
            writer = csv.DictWriter(stream, self.spec.columns, lineterminator="\n")
            writer.writeheader()
            writer.writerows(self.rows)
        part.replace(self.path)


def read_rows(path: Path, spec: TableSpec) -> list[dict[str, str]]:
    """Complete rows of a table.

    Raises
    ------
    CellTableError
        It has other columns.
    """
    with path.open(newline="", encoding="utf-8") as stream:
        reader = csv.DictReader(stream)
        if tuple(reader.fieldnames or ()) != spec.columns:
            raise CellTableError(
                f"{path.name} holds other columns than this version writes: choose another --out, or remove it"
            )
        return [row for row in reader if all(row.get(column) is not None for column in spec.columns)]


@dataclass(frozen=True)
class Outcome:
    """What became of a run: cells measured, skipped because they were there, and not measured with the reason."""

    measured: int
    skipped: int
    missing: dict[str, str]


def run_cells(
    cells: Sequence[Cell],
    tables: Mapping[str, CellTable],
    stop_at: float | None = None,
    progress: Callable[[int, int, str], None] = lambda done, total, name: None,
) -> Outcome:
    """Measure cells in order; those in the tables already are left alone.

    ``stop_at`` is a time of :func:`time.monotonic` after which nothing new is begun. A cell that cannot be measured
    costs only itself: its reason stands in the outcome, and the next run tries it again.
    """
    measured = skipped = 0
    missing: dict[str, str] = {}
    for done, cell in enumerate(cells):
        table = tables[cell.table.name]
        if cell in table:
            skipped += 1
            continue
        if stop_at is not None and time.monotonic() > stop_at:
            missing[cell.name] = "the time given to the run was used up"
            continue
        progress(done, len(cells), cell.name)
        try:
            table.add(cell)
            measured += 1
        except Exception as error:
            log.warning("%s was not measured: %s", cell.name, error)
            missing[cell.name] = " ".join(str(error).split()) or type(error).__name__
    return Outcome(measured, skipped, missing)


def _text(value: Value) -> str:
    if isinstance(value, float):
        return f"{value:.6g}"
    return str(value)
