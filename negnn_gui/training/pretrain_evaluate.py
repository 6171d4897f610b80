"""Figures of merit of encoders: hidden atoms and distances told right. Definitions: docs/science.md."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Literal

import numpy as np
import torch
from numpy.typing import NDArray

from negnn_gui.graphs.spec import GraphSpec
from negnn_gui.models.checkpoint import ModelFileError
from negnn_gui.models.encoder import CrystalGraphEncoder, Hidden
from negnn_gui.models.loading import load_encoder, load_ssl_heads
from negnn_gui.models.registry import ModelInfo
from negnn_gui.models.ssl_heads import SSLHeads, distance_bins
from negnn_gui.training.batching import batches_by_atoms
from negnn_gui.training.contrastive_images import open_edge_images
from negnn_gui.training.contrastive_views import draw_factors, supercells
from negnn_gui.training.graph_store import GraphStore, open_graph_store
from negnn_gui.training.masking import hide
from negnn_gui.training.pretrain import HIDDEN_FRACTION, Answers, Pretraining, predictive_answers
from negnn_gui.training.tables import StructureTable, ranges, read_structures_table

Edges = Literal["hidden", "visible"]

_TABLE = "mp_magmoms"
_MOST_ATOMS = 60
_BATCH_ATOMS = 8000
_VIEWED_STRUCTURES = 256


def evaluate_encoder(
    data: Path, info: ModelInfo, split: str = "test", edges: Edges = "hidden", seed: int = 0
) -> dict[str, float]:
    """Share of right answers of a registered encoder, see :func:`hidden_atom_figures`.

    Raises
    ------
    ModelFileError
        An encoder without heads says nothing about hidden atoms.
    """
    heads = load_ssl_heads(info)
    if heads is None:
        raise ModelFileError(f"{info.id} has no self-supervised heads, so there is nothing to evaluate")
    encoder = load_encoder(info)
    store = open_graph_store(evaluation_table(data, split), encoder.spec)
    return hidden_atom_figures(encoder, heads, store, edges, seed)


def evaluation_table(data: Path, split: str) -> StructureTable:
    """The structures of at most 60 atoms of a split."""
    table = read_structures_table(data, _TABLE)
    rows = np.flatnonzero((table.splits == split) & (table.sizes <= _MOST_ATOMS))
    atoms = ranges(table.start[rows], table.sizes[rows])
    return replace(
        table,
        name=f"{table.name}-{split}-{_MOST_ATOMS}",
        ids=table.ids[rows],
        formulas=table.formulas[rows],
        splits=table.splits[rows],
        lattices=table.lattices[rows],
        start=np.concatenate([[0], np.cumsum(table.sizes[rows])]),
        atomic_numbers=table.atomic_numbers[atoms],
        frac_coords=table.frac_coords[atoms],
    )


def hidden_atom_figures(
    encoder: CrystalGraphEncoder, heads: SSLHeads, store: GraphStore, edges: Edges = "hidden", seed: int = 0
) -> dict[str, float]:
    """Share of right answers about hidden atoms and the distances at them.

    int(0.15 n) + 1 atoms of each structure are hidden, with the features of every edge that touches them; with
    ``edges`` "visible" the encoder sees those, as in the published evaluation.
    """
    generator = torch.Generator().manual_seed(seed)
    right: dict[str, list[torch.Tensor]] = {}
    with torch.inference_mode():
        for part in batches_by_atoms(store.sizes, np.arange(len(store)), _BATCH_ATOMS):
            batch = store.batch(part)
            hidden = hide(batch, HIDDEN_FRACTION, generator)
            seen = hidden if edges == "hidden" else Hidden(hidden.atoms, torch.zeros_like(hidden.edges))
            levels = encoder(batch, seen)
            asked = Hidden(hidden.atoms, hidden.edges & (batch.distance <= encoder.spec.cutoff))  # no padding
            answers = predictive_answers(heads, levels, batch, asked, encoder.spec)
            found = _told_right(answers, encoder.spec)
            for name, values in found.items():
                right.setdefault(name, []).append(values)
    figures = {name: float(torch.cat(values).double().mean()) for name, values in right.items()}
    return {**figures, "structures": len(store)}


def _told_right(answers: Answers, spec: GraphSpec) -> dict[str, torch.Tensor]:
    """Which answers are right; where heads give a length alone, its bin counts."""
    if "distance" not in answers:
        length, truth = answers["length"]
        found = {"distance_bin": distance_bins(length, spec) == distance_bins(truth, spec)}
    else:
        found = {}
    for name, (said, truth) in answers.items():
        if not truth.is_floating_point():
            found["distance_bin" if name == "distance" else name] = said.argmax(dim=1) == truth
    found["both"] = found["group"] & found["period"]
    return found


def view_figures(module: Pretraining, table: StructureTable, store: GraphStore) -> dict[str, float]:
    """Share of supercell views for which a contrastive module finds the partner, among 512 views at a time."""
    images = open_edge_images(table, store, module.config.spec)
    generator = torch.Generator().manual_seed(0)
    random = np.random.default_rng(0)
    right: list[NDArray[np.bool_]] = []
    with torch.inference_mode():
        for begin in range(0, len(store), _VIEWED_STRUCTURES):
            part = np.arange(begin, min(begin + _VIEWED_STRUCTURES, len(store)))
            twice = np.concatenate([part, part])
            batch = supercells(store, images, twice, draw_factors(store.sizes[twice], random))
            likeness, partner = module.answers(batch, generator)["view"]
            right.append((likeness.argmax(dim=1) == partner).numpy())
    return {"view": float(np.concatenate(right).mean()), "structures": len(store)}
