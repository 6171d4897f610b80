"""What a training command writes down about itself."""

import sys

import pytest

from negnn_gui.cli.training import typed_command


def test_a_card_names_folders_but_not_where_they_lie(monkeypatch: pytest.MonkeyPatch) -> None:
    typed = [
        "negnn",
        "train",
        "--out",
        "/home/someone/runs/moments",
        "--data",
        "tables/",
        "--nodes",
        "01+one-hot",
    ]
    monkeypatch.setattr(sys, "argv", typed)
    assert typed_command() == "negnn train --out moments --data tables/ --nodes 01+one-hot"
