"""The small-data table: one row a run, nothing measured twice, and a summary that says what is missing."""

import csv
from pathlib import Path

import pytest

from negnn_gui.training.evidence.learning import LEARNING, LearningSizes
from negnn_gui.training.evidence.small_table import (
    SmallTable,
    measure_small_table,
    node_names,
    read_summary,
    summary,
)

pytest.importorskip("matplotlib")
SIZES = LearningSizes(test_structures=4, steps=2, width=8, mpnn_width=4, layers=1)
TABLE = SmallTable(
    "of-this-test", ("one-hot", "features"), ("cgcnn", "gcn"), (6, 8), (10,), (0, 1), SIZES, limit=60.0
)


def rows(folder: Path) -> list[dict[str, str]]:
    with (folder / "learning_curves.csv").open(newline="", encoding="utf-8") as stream:
        return list(csv.DictReader(stream))


@pytest.mark.filterwarnings("ignore")  # of torch-geometric at import
def test_a_stopped_table_goes_on_where_it_was(tables: Path, tmp_path: Path) -> None:
    def stop(done: int, total: int, name: str) -> None:
        assert total == 2 * 2 * 2 * 2 + 1 * 2 * 2
        if done == 3:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        measure_small_table(tables, tmp_path, TABLE, progress=stop)
    first = rows(tmp_path)
    assert len(first) == 3
    assert (tmp_path / "small_data.md").is_file()  # what there is, also of a stopped table
    outcome = measure_small_table(tables, tmp_path, TABLE)
    assert (outcome.measured, outcome.skipped, outcome.missing) == (17, 3, {})
    found = rows(tmp_path)
    assert found[:3] == first
    # large sizes for CGCNN alone
    assert {(row["family"], row["structures"]) for row in found} == {
        ("cgcnn", "6"), ("cgcnn", "8"), ("cgcnn", "10"), ("gcn", "6"), ("gcn", "8"),
    }  # fmt: skip
    assert {row["steps_done"] for row in found} == {"2"}
    assert (tmp_path / "small_data_curves.png").is_file()


def made_up(nodes: str, seed: int, mae: float) -> dict[str, str]:
    values = dict.fromkeys(LEARNING.columns, "1")
    return {
        **values,
        "family": "cgcnn",
        "nodes": nodes,
        "structures": "500",
        "seed": str(seed),
        "steps": "300",
        "mae": str(mae),
    }


def test_the_summary_tells_gain_and_gaps() -> None:
    measured = [
        made_up(nodes, seed, mae + 0.01 * seed)
        for seed in (0, 1)
        for nodes, mae in {"one-hot": 0.2, "features": 0.25, "mine:01": 0.19, "mine:01+one-hot": 0.16}.items()
    ]
    measured.append(made_up("one-hot", 2, 9.0) | {"steps": "20"})  # another budget: not to be compared
    text = summary(measured, "mine")
    gain = (1 - 0.16 / 0.2 + 1 - 0.17 / 0.21) / 2
    assert (
        f"CGCNN, 500 structures: +{100 * gain:.1f} ±" in text
        and "(01+one-hot against one-hot, seeds: 2)" in text
    )
    assert "SchNet, 500 structures: not measured" in text
    assert "| CGCNN | 500 | 0.205 ± 0.007 | 0.255 ± 0.007 | 0.195 ± 0.007 | 0.165 ± 0.007 |" in text
    assert "| GCN | 1000 | not measured |" in text and "300 steps of 16 structures" in text
    assert "has been measured" in summary([], "mine")


def test_inputs_belong_to_the_encoder_and_unknown_ones_are_named(tmp_path: Path) -> None:
    assert node_names(SmallTable("mine")) == ["one-hot", "features", "mine:01", "mine:01+one-hot"]
    with pytest.raises(ValueError, match="unknown input 'soap'; there are one-hot, features, 01"):
        node_names(SmallTable("mine", inputs=("soap",)))
    with pytest.raises(FileNotFoundError, match="negnn small-data --out"):
        read_summary(tmp_path, "mine")
