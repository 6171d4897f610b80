"""Cells: written at once, never measured twice, an interrupted line dropped, a failing cell alone."""

import time
from pathlib import Path

import pytest

from negnn_gui.training.evidence.cells import Cell, CellTable, CellTableError, TableSpec, run_cells

SPEC = TableSpec("made_up", key=("name", "seed"), measured=("mae",))


def cells(measured: list[str], fails: str = "") -> list[Cell]:
    def cell(name: str) -> Cell:
        def measure(budget: float) -> dict[str, float]:
            if name == fails:
                raise ValueError("no such library")
            measured.append(name)
            return {"mae": len(measured) / 3}

        return Cell(SPEC, {"name": name, "seed": 0}, 5.0, measure)

    return [cell(name) for name in "abc"]


def test_a_run_goes_on_where_it_stopped_and_repeats_nothing(tmp_path: Path) -> None:
    done: list[str] = []
    table = CellTable(tmp_path, SPEC, resume=True)
    outcome = run_cells(cells(done, fails="b"), {"made_up": table})
    assert done == ["a", "c"] and outcome.measured == 2
    assert outcome.missing == {"made_up: b, 0": "no such library"}
    first = table.path.read_text()
    # what a killed process leaves: half a line
    table.path.write_text(first + "b,0,0.4")
    table = CellTable(tmp_path, SPEC, resume=True)
    assert table.path.read_text() == first
    outcome = run_cells(cells(done), {"made_up": table})
    assert done == ["a", "c", "b"] and (outcome.measured, outcome.skipped) == (1, 2) and not outcome.missing
    lines = table.path.read_text().splitlines()
    assert lines[0] == "name,seed,mae,cpu_seconds,budget_seconds" and lines[3].startswith("b,0,1,")


def test_nothing_is_begun_after_the_time(tmp_path: Path) -> None:
    done: list[str] = []
    table = CellTable(tmp_path, SPEC, resume=False)
    outcome = run_cells(cells(done), {"made_up": table}, stop_at=time.monotonic() - 1)
    assert not done and set(outcome.missing.values()) == {"the time given to the run was used up"}


def test_a_table_with_other_columns_is_refused(tmp_path: Path) -> None:
    (tmp_path / "made_up.csv").write_text("name,mae\na,1\n")
    with pytest.raises(CellTableError, match=r"made_up\.csv holds other columns"):
        CellTable(tmp_path, SPEC, resume=True)
