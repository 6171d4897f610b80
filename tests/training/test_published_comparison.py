"""The card of an encoder tells it beside the published checkpoint: measured where that is imported, else recorded."""

from pathlib import Path

import pytest

from negnn_gui.models import registry
from negnn_gui.training import published_comparison
from negnn_gui.training.pretrain_evaluate import evaluate_encoder
from negnn_gui.training.published_comparison import EDGES, RECORDED, comparison_section


def test_recorded_figures_are_told_as_such(tables: Path) -> None:
    own = {"hidden": {"both": 0.9, "element": 0.8}, "visible": {"both": 0.95, "element": 0.85}}
    section = comparison_section(own, "mine", tables)
    assert "are recorded here" in " ".join(section.split())
    rows = [line for line in section.splitlines() if line.startswith(("| hidden", "| visible"))]
    assert len(rows) == 4 and rows[0].startswith("| hidden | `mine` | 0.900 |")
    assert f"{RECORDED['hidden']['both']:.3f}" in rows[1] and f"{RECORDED['visible']['both']:.3f}" in rows[3]


def test_an_imported_checkpoint_is_measured_with_the_same_masks(
    tables: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    info = registry.get(registry.default_id("encoder"))
    monkeypatch.setattr(published_comparison, "published_encoders", lambda: [info.id])
    own = {edges: evaluate_encoder(tables, info, edges=edges) for edges in EDGES}
    section = comparison_section(own, "mine", tables)
    assert "measured in the same run" in " ".join(section.split())
    rows = [
        line.split("|")[3:] for line in section.splitlines() if "| `mine`" in line or "| published (" in line
    ]
    assert rows[0] == rows[1] and rows[2] == rows[3] and rows[0] != rows[2]
