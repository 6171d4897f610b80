"""The kernel ridge protocol in an encoder's card."""

from pathlib import Path

import pandas as pd
import pytest

from negnn_gui.training.evidence.protocol_table import read_protocol
from negnn_gui.training.evidence.regression import PROTOCOL_TABLE


def row(representation: str, part: int, mae: float) -> dict[str, object]:
    values: dict[str, object] = dict.fromkeys(PROTOCOL_TABLE.columns, 1)
    return values | {
        "representation": representation,
        "method": "krr-laplacian",
        "part": part,
        "mae": mae,
        "rmse": 2 * mae,
        "r2": 0.5,
    }


def test_the_best_level_comes_first_and_other_encoders_are_left_out(tmp_path: Path) -> None:
    rows = [row("mine:01", part, 0.5 + 0.02 * part) for part in (0, 1)]
    rows += [row("published-pred:01", 0, 0.56), row("soap", 0, 0.8), row("another:01", 0, 0.1)]
    pd.DataFrame(rows).to_csv(tmp_path / "krr_protocol.csv", index=False)
    text = read_protocol(tmp_path, "mine")
    lines = [line for line in text.splitlines() if line.startswith("| ") and "---" not in line]
    assert [line.split(" | ")[0] for line in lines[1:]] == ["| ours 01", "| published-pred 01", "| SOAP"]
    assert lines[1] == "| ours 01 | 0.510 ± 0.014 | 1.020 ± 0.028 | 0.500 | 2 |"
    assert "not been measured" in read_protocol(tmp_path, "yours")


def test_a_folder_without_the_table_is_named(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match=r"krr_protocol.csv: negnn reproduce --out"):
        read_protocol(tmp_path, "mine")
