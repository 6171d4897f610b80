"""Training data that cannot be used: refused with a sentence, or named, counted and left out."""

import json
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from typer.testing import CliRunner

from negnn_gui.cli import app
from negnn_gui.graphs.spec import GraphSpec
from negnn_gui.training.graph_store import open_graph_store
from negnn_gui.training.tables import TrainingDataError, read_structures_table

from .conftest import made_up_rows


def refused(*words: object) -> str:
    done = CliRunner().invoke(app, [str(word) for word in words])
    assert done.exit_code == 2, done.output
    assert "Traceback" not in done.output
    return " ".join(done.output.split())


@pytest.mark.parametrize("command", ["pretrain", "train"])
def test_a_folder_without_the_tables(tmp_path: Path, command: str) -> None:
    said = refused(command, "--data", tmp_path, "--out", tmp_path / "run", "--max-time", "1")
    assert "mp_magmoms.parquet is missing" in said and "--data or NEGNN_DATA" in said


@pytest.mark.parametrize("command", ["pretrain", "train"])
def test_a_table_without_a_column(tables: Path, tmp_path: Path, command: str) -> None:
    for name in ("mp_magmoms", "mp_structures"):
        table = pq.read_table(tables / f"{name}.parquet").drop_columns(["lattice"])
        pq.write_table(table, tmp_path / f"{name}.parquet")
    said = refused(command, "--data", tmp_path, "--out", tmp_path / "run", "--max-time", "1")
    assert "mp_magmoms.parquet lacks the column lattice" in said


def test_a_file_that_is_no_table(tmp_path: Path) -> None:
    (tmp_path / "mp_magmoms.parquet").write_text("not a table")
    said = refused("pretrain", "--data", tmp_path, "--out", tmp_path / "run", "--max-time", "1")
    assert "mp_magmoms.parquet is not a readable parquet file" in said


def with_rows(folder: Path, changes: dict[int, dict[str, object]], n: int = 30) -> None:
    rows = made_up_rows(n, 5)
    for index, changed in changes.items():
        for column, value in changed.items():
            rows[column][index] = value
    pq.write_table(pa.table(rows), folder / "mp_magmoms.parquet")


NO_ATOMS = {"atomic_numbers": [], "frac_coords": [], "magmoms": []}
ALONE = {
    "atomic_numbers": [26],
    "frac_coords": [0.0, 0.0, 0.0],
    "magmoms": [4.0],
    "lattice": [20.0, 0, 0, 0, 20.0, 0, 0, 0, 20.0],
}


def test_structures_without_atoms_or_neighbours_are_named_counted_and_left_out(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    with_rows(tmp_path, {3: NO_ATOMS, 7: ALONE})
    table = read_structures_table(tmp_path, "mp_magmoms")
    store = open_graph_store(table, GraphSpec())
    assert store.skipped == {
        "made-5-3": "the structure holds no atoms",
        "made-5-7": "an atom has no neighbour within 8 Å",
    }
    assert len(store) == 28 and set(store.structure) == set(range(30)) - {3, 7}
    assert (
        "mp_magmoms: 2 structures left out, the first: ('made-5-3', 'the structure holds no atoms')"
        in caplog.text
    )
    # the names stay with the graphs, so that a later run can still tell them
    (kept,) = (tmp_path / "cache").rglob("skipped.json")
    assert json.loads(kept.read_text()) == store.skipped


def test_a_table_of_nothing_but_such_structures_is_refused(tmp_path: Path) -> None:
    with_rows(tmp_path, {0: NO_ATOMS, 1: ALONE}, n=2)
    with pytest.raises(
        TrainingDataError, match="no structure that gives a crystal graph: the structure holds no"
    ):
        open_graph_store(read_structures_table(tmp_path, "mp_magmoms"), GraphSpec())
