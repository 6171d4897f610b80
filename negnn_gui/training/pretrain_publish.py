"""From tables of structures to a finished encoder: pretrain, measure on the test split, write it with its card."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from negnn_gui.models.checkpoint import save_model
from negnn_gui.models.ssl_heads import SSLHeads
from negnn_gui.training.card_sections import PUBLISHED, with_section
from negnn_gui.training.cards import encoder_card
from negnn_gui.training.golden import write_golden
from negnn_gui.training.graph_store import open_graph_store
from negnn_gui.training.pretrain import PretrainConfig, Pretraining
from negnn_gui.training.pretrain_evaluate import Edges, evaluation_table, hidden_atom_figures, view_figures
from negnn_gui.training.pretrain_run import PRETRAINING_TABLES, RunOptions, run_pretraining
from negnn_gui.training.published_comparison import comparison_section
from negnn_gui.training.tables import file_sha256


def pretrain_encoder(
    data: Path, out: Path, model_id: str, config: PretrainConfig, options: RunOptions, command: str
) -> Path:
    """Pretrain an encoder and write it to ``out/model_id``; returns that folder."""
    run = run_pretraining(data, out, config, options)
    return publish_encoder(data, out, model_id, run.module, run.facts(command, options))


def publish_encoder(
    data: Path, out: Path, model_id: str, module: Pretraining, facts: Mapping[str, Any]
) -> Path:
    """Measure a pretrained module on the test split and write its folder, golden outputs included."""
    module.eval().to("cpu")
    figures = encoder_figures(data, module)
    folder = out / model_id
    config = {
        "id": model_id,
        "kind": "encoder",
        "architecture": {
            "encoder": module.config.encoder.to_dict(),
            "heads": module.config.heads.to_dict() if _heads(module) is not None else None,
        },
        "graph_spec": module.config.spec.to_dict(),
        "task": module.config.task,
        "training_data_sha256": "+".join(
            file_sha256(data / f"{name}.parquet")[:16] for name in PRETRAINING_TABLES
        ),
        "training": {**facts, "test": figures},
    }
    card = encoder_card(model_id, description(module.config), facts, figures)
    if "both" in figures:
        seen = encoder_figures(data, module, "visible")
        own: dict[Edges, dict[str, float]] = {"hidden": figures, "visible": seen}
        card = with_section(card, PUBLISHED, comparison_section(own, model_id, data))
    save_model(folder, config, module.checkpoint_weights(), card)
    write_golden(folder)
    return folder


def encoder_figures(data: Path, module: Pretraining, edges: Edges = "hidden") -> dict[str, float]:
    """What can be asked of the module's task, on the test structures of at most 60 atoms."""
    table = evaluation_table(data, "test")
    store = open_graph_store(table, module.config.spec)
    figures: dict[str, float] = {}
    heads = _heads(module)
    if heads is not None:
        figures |= hidden_atom_figures(module.encoder, heads, store, edges)
    if module.config.task != "predictive" and edges == "hidden":
        figures |= view_figures(module, table, store)
    return figures


def description(config: PretrainConfig) -> str:
    """What the encoder was taught and how it deviates from the published one, for its card."""
    tasks = {
        "predictive": "Predictive self-supervision of the paper",
        "contrastive": "Contrastive self-supervision of the paper (supercell views, a fifth of the atoms hidden)",
        "both": "Predictive and contrastive self-supervision of the paper, on the same supercell views",
    }
    extras = []
    if config.encoder.element_vectors:
        extras.append("the element as a learned input vector")
    if config.task != "contrastive" and config.heads.element:
        extras.append("the element as a third target")
    if config.encoder.stream == "residual":
        extras.append("layers that add to the vectors without a ReLU")
    if config.task != "contrastive" and config.heads.context:
        extras.append("heads in which a hidden site reads the visible sites of its crystal")
    if config.noise > 0:
        extras.append(f"atoms displaced by {config.noise:g} Å")
    *first, last = extras or [""]
    named = f"{', '.join(first)} and {last}" if first else last
    return tasks[config.task] + (f", with {named}." if named else ".")


def _heads(module: Pretraining) -> SSLHeads | None:
    heads = getattr(module, "heads", None)
    return heads if isinstance(heads, SSLHeads) else None
