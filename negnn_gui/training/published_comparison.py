"""Our encoder beside the checkpoint published with the paper, by the same code on the same hidden atoms."""

from __future__ import annotations

import textwrap
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from negnn_gui.models import registry
from negnn_gui.models.loading import load_ssl_heads
from negnn_gui.training.evidence.embeddings import published_encoders
from negnn_gui.training.pretrain_evaluate import Edges, evaluate_encoder

EDGES: tuple[Edges, ...] = ("hidden", "visible")
_COLUMNS = {
    "both": "group and period",
    "group": "group",
    "period": "period",
    "element": "element",
    "distance_bin": "distance bin",
}

# Measured with `negnn evaluate ID --edges hidden|visible` on the test split of mp_magmoms, 1,997 structures of at most
# 60 atoms, seed 0, for cgcnn_60k_pred.pth of the paper's repository, which is not distributed with this program.
RECORDED: Mapping[Edges, Mapping[str, float]] = {
    "hidden": {"both": 0.283, "group": 0.462, "period": 0.465, "distance_bin": 0.021},
    "visible": {"both": 0.483, "group": 0.549, "period": 0.639, "distance_bin": 0.691},
}


@dataclass(frozen=True)
class EncoderRow:
    """What one encoder told right, by the name of the question."""

    name: str
    edges: Edges
    figures: Mapping[str, float]


def published_rows(data: Path) -> tuple[list[EncoderRow], bool]:
    """Rows of the published checkpoints that the user has imported; else the recorded ones, and True."""
    rows = [
        EncoderRow(f"published (`{name}`)", edges, evaluate_encoder(data, info, edges=edges))
        for name in published_encoders()
        if load_ssl_heads(info := registry.get(name, "encoder")) is not None
        for edges in EDGES
    ]
    if rows:
        return rows, False
    return [EncoderRow("published", edges, own) for edges, own in RECORDED.items()], True


def comparison_section(own: Mapping[Edges, Mapping[str, float]], model_id: str, data: Path) -> str:
    """The table for a card; ``own`` are the figures of the encoder itself."""
    theirs, recorded = published_rows(data)
    rows = [*(EncoderRow(f"`{model_id}`", edges, figures) for edges, figures in own.items()), *theirs]
    rows.sort(key=lambda row: EDGES.index(row.edges))
    asked = [key for key in _COLUMNS if any(key in row.figures for row in rows)]
    header = f"| edges at hidden atoms | encoder | {' | '.join(_COLUMNS[key] for key in asked)} |"
    lines = [header, f"| --- | --- |{' --- |' * len(asked)}"]
    for row in rows:
        cells = [f"{row.figures[key]:.3f}" if key in row.figures else "not asked" for key in asked]
        lines.append(f"| {row.edges} | {row.name} | {' | '.join(cells)} |")
    source = (
        "The published checkpoint (`cgcnn_60k_pred.pth`) is not part of this program; its figures were measured with "
        "this command on the same structures and are recorded here."
        if recorded
        else "The published checkpoints were measured in the same run."
    )
    text = (
        "Share of hidden atoms (and of distances at them) told right, by the same code on the same masks; with "
        "“visible” edges the encoder sees the distances at hidden atoms, as in the published code, and is only asked "
        f"for them afterwards. {source} Command: `negnn evaluate ID --edges hidden|visible`."
    )
    return "\n".join([textwrap.fill(text, 120), "", *lines])
