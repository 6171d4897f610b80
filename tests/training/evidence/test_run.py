"""A small run from made-up tables to a report: kept on resume, refused for another run, complete when interrupted."""

import csv
from dataclasses import replace
from pathlib import Path

import pytest

from negnn_gui.training.evidence import plan as planning
from negnn_gui.training.evidence import run as running
from negnn_gui.training.evidence.learning import LearningSizes
from negnn_gui.training.evidence.run import ReproduceOptions, RunMismatchError, reproduce

pytest.importorskip("matplotlib")
TINY = replace(
    planning.SIZES["quick"],
    learning=LearningSizes(test_structures=6, steps=2, width=8, mpnn_width=4, layers=1),
    structures=(8, 12),
    compared=8,
    seeds=(0, 1),
    protocol_rows=40,
    site_rows=40,
    methods=("ridge",),
)
OPTIONS = ReproduceOptions(None, ("learning_curves",), "quick", False, None, "negnn reproduce")


@pytest.fixture(autouse=True)
def tiny(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(running.SIZES, "quick", TINY)


def rows(path: Path) -> list[dict[str, str]]:
    with path.open(newline="", encoding="utf-8") as stream:
        return list(csv.DictReader(stream))


@pytest.mark.filterwarnings("ignore")  # of torch-geometric at import
def test_networks_of_every_family_and_input_end_in_a_report(tables: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    outcome = reproduce(tables, out, OPTIONS)
    assert not outcome.missing
    found = rows(out / "learning_curves.csv")
    assert {row["family"] for row in found} == set(planning.FAMILIES)
    assert {row["structures"] for row in found} == {"8", "12"}
    assert all(float(row["mae"]) > 0 and row["steps_done"] == "2" for row in found)
    report = (out / "report.html").read_text(encoding="utf-8")
    assert "A quick run" in report and "data:image/png;base64" in report and "not measured" in report
    assert (out / "figures" / "families.svg").is_file() and (out / "report.md").is_file()
    before = (out / "learning_curves.csv").read_bytes()
    outcome = reproduce(tables, out, replace(OPTIONS, resume=True))
    assert outcome.measured == 0 and (out / "learning_curves.csv").read_bytes() == before
    with pytest.raises(RunMismatchError, match="go on with --resume"):
        reproduce(tables, out, OPTIONS)
    with pytest.raises(RunMismatchError, match="another size"):
        reproduce(tables, out, replace(OPTIONS, resume=True, size="small"))


def test_an_interrupt_leaves_a_report_with_what_is_missing(
    tables: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def progress(done: int, total: int, name: str) -> None:
        if done == 3:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        reproduce(tables, tmp_path, replace(OPTIONS, tasks=("krr_protocol",)), progress)
    assert len(rows(tmp_path / "krr_protocol.csv")) == 3
    assert "the run was interrupted" in (tmp_path / "report.html").read_text(encoding="utf-8")


def test_unknown_tasks_are_named(tables: Path, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="unknown task 'gap'; there are learning_curves, krr_protocol"):
        reproduce(tables, tmp_path, replace(OPTIONS, tasks=("gap",)))


def test_missing_libraries_and_columns_cost_their_cells_only(tables: Path, tmp_path: Path) -> None:
    from negnn_gui.analysis import descriptors

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(descriptors, "find_spec", lambda name: None)
        outcome = reproduce(tables, tmp_path, replace(OPTIONS, tasks=("krr_protocol",)))
    assert outcome.measured > 0
    assert {reason for cell, reason in outcome.missing.items() if "soap," in cell} == {
        "dscribe is missing: pip install 'negnn-gui[paper]'"
    }
    outcome = reproduce(tables, tmp_path / "gap", replace(OPTIONS, tasks=("hse_gap",)))
    assert outcome.measured == 0
    assert set(outcome.missing.values()) == {"mp_structures.parquet lacks the column paper_hse_gap_eV"}


def test_breadth_comes_before_depth_and_names_choose_cells(tmp_path: Path) -> None:
    sizes = replace(planning.SIZES["quick"], seeds=(0, 1), learning_seeds=(0, 1))
    cells = planning.plan(tmp_path, tmp_path, sizes, "enc", ["theirs"])
    rounds = [int(cell.key.get("seed", cell.key.get("part", 0))) for cell in cells]
    assert rounds == sorted(rounds)
    first = [cell for cell, n in zip(cells, rounds, strict=True) if n == 0]
    assert {cell.table.name for cell in first} == {spec.name for spec in planning.TABLES}
    assert {cell.key.get("method") for cell in first} >= {"krr-laplacian", "ridge"}

    def names(*wanted: str) -> set[str]:
        found = planning.chosen_cells(cells, "enc", wanted)
        return {str(cell.key.get("representation", cell.key.get("nodes"))) for cell in found}

    assert names("soap") == {"soap"} and names("soap", "one-hot") == {"soap", "one-hot", "soap+one-hot"}
    assert all(name.startswith("enc:") for name in names("ours")) and "enc:01+one-hot" in names("ours")
    assert all(name.startswith("theirs:") for name in names("published"))
    assert planning.chosen_cells(cells, "enc", None) == cells
    with pytest.raises(ValueError, match="unknown representation 'sopa'; there are ours, published, one-hot"):
        planning.chosen_cells(cells, "enc", ["sopa"])


def test_what_is_left_out_is_said(tables: Path, tmp_path: Path) -> None:
    outcome = reproduce(
        tables, tmp_path, replace(OPTIONS, tasks=("krr_protocol",), representations=("one-hot",))
    )
    assert not outcome.missing and {r["representation"] for r in rows(tmp_path / "krr_protocol.csv")} == {
        "one-hot"
    }
    assert "left out by --representations" in (tmp_path / "report.html").read_text(encoding="utf-8")
