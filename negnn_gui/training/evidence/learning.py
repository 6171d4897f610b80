"""Cells of graph networks trained on few structures: every family from every node input, with the same steps.

Labels are DFT abs(m) of all atoms of structures of at most 60 atoms (``mp_magmoms``, train split); the error is that
on structures of the test split that no seed changes. The networks read precomputed embeddings: the encoder is frozen.
"""

from __future__ import annotations

import logging
import math
import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from negnn_gui.analysis.regression import errors_of
from negnn_gui.graphs.batch import GraphBatch, collate
from negnn_gui.graphs.crystal_graph import CrystalGraph
from negnn_gui.graphs.spec import GraphSpec
from negnn_gui.models import registry
from negnn_gui.models.backbone import BackboneConfig
from negnn_gui.models.encoder import CrystalGraphEncoder
from negnn_gui.models.loading import load_encoder
from negnn_gui.models.nodes import NodesConfig
from negnn_gui.models.property_model import PropertyConfig, PropertyModel
from negnn_gui.results import Float32Array
from negnn_gui.training.batching import batches_by_atoms
from negnn_gui.training.evidence.cells import Cell, TableSpec, Value
from negnn_gui.training.evidence.embeddings import Crystal, embed_crystals, graphs_of
from negnn_gui.training.evidence.tasks import MAGNETIC, crystal, small_structures
from negnn_gui.training.labels import NO_DFT_MOMENT
from negnn_gui.training.tables import StructureTable, read_column, read_structures_table

log = logging.getLogger(__name__)

LEARNING = TableSpec(
    "learning_curves",
    key=("family", "nodes", "structures", "seed", "steps"),
    measured=("steps_done", "test_structures", "parameters", "mae", "mae_magnetic", "rmse", "r2"),
)
_HIGHEST_LEVEL = 2
_BATCH_STRUCTURES = 16
STEPS = 600
_RATE = 4e-3
_WARM_UP = 0.03
_TEST_ATOMS = 4000


@dataclass(frozen=True)
class LearningSizes:
    """Sizes of the runs.

    Attributes
    ----------
    test_structures : int
        Of the test split, the same for all.
    steps : int
        Steps of 16 structures.
    width, mpnn_width, layers : int
        Of the backbone. MPNN makes a matrix of width x width for every edge, so it is given a smaller one.
    """

    test_structures: int = 400
    steps: int = STEPS
    width: int = 48
    mpnn_width: int = 20
    layers: int = 3


@dataclass(eq=False)
class Structures:
    """Some structures in a fixed order, of which the first ones have been prepared.

    Attributes
    ----------
    rows : (S,) int
        Of the table.
    crystals, graphs, labels : lists
        Of the prepared ones; labels are NaN where there is none.
    embeddings : dict of list
        By encoder, (levels, N, 64) each.
    """

    rows: NDArray[np.int64]
    crystals: list[Crystal] = field(default_factory=list)
    graphs: list[CrystalGraph] = field(default_factory=list)
    labels: list[NDArray[np.float32]] = field(default_factory=list)
    embeddings: dict[str, list[Float32Array]] = field(default_factory=dict)


class SmallData:
    """Structures of few-label runs: drawn from the train split by a seed, tested on a fixed part of the test split."""

    def __init__(self, data: Path, sizes: LearningSizes) -> None:
        self._data = data
        self.sizes = sizes
        self.spec = GraphSpec()
        self._parts: dict[int, Structures] = {}
        self._networks: dict[str, CrystalGraphEncoder] = {}

    @cached_property
    def _table(self) -> StructureTable:
        return read_structures_table(self._data, "mp_magmoms")

    @cached_property
    def _moments(self) -> NDArray[np.float32]:
        moments = np.abs(read_column(self._data, "mp_magmoms", "magmoms").astype(np.float32))
        moments[np.isin(self._table.atomic_numbers, NO_DFT_MOMENT)] = np.nan
        return moments

    def train(self, seed: int, structures: int) -> Structures:
        """Training structures of a seed, at least the first ``structures``: a larger set holds the smaller one."""
        if seed not in self._parts:
            rows = small_structures(self._table, "train")
            self._parts[seed] = Structures(np.random.default_rng(seed).permutation(rows))
        return self._prepared(self._parts[seed], structures)

    def test(self) -> Structures:
        """The structures that everything is tested on."""
        if -1 not in self._parts:
            rows = small_structures(self._table, "test")
            self._parts[-1] = Structures(
                np.random.default_rng(0).permutation(rows)[: self.sizes.test_structures]
            )
        return self._prepared(self._parts[-1], self.sizes.test_structures)

    def _prepared(self, part: Structures, structures: int) -> Structures:
        more = part.rows[len(part.graphs) : structures]
        crystals = [crystal(self._table, int(row)) for row in more]
        start = self._table.start
        part.crystals += crystals
        part.graphs += graphs_of(crystals, self.spec)
        part.labels += [self._moments[start[row] : start[row + 1]] for row in more]
        return part

    def embeddings(self, encoder: str, part: Structures) -> list[Float32Array]:
        """Levels 0 to 2 of the prepared structures of a part."""
        known = part.embeddings.setdefault(encoder, [])
        known += embed_crystals(self.network(encoder), part.crystals[len(known) :], _HIGHEST_LEVEL)
        return known

    def network(self, encoder: str) -> CrystalGraphEncoder:
        """The encoder of that id."""
        if encoder not in self._networks:
            self._networks[encoder] = load_encoder(registry.get(encoder, "encoder"))
        return self._networks[encoder]


def parse_nodes(text: str) -> tuple[str, NodesConfig]:
    """Encoder id ("" for none) and node input of "ID:01+one-hot", "one-hot" or "features"."""
    encoder, _, nodes = text.rpartition(":")
    return encoder, replace(NodesConfig.parse(nodes), standardised=bool(encoder))


def learning_cells(
    data: SmallData,
    families: Iterable[str],
    nodes: Sequence[str],
    structures: int,
    seeds: Iterable[int],
    budget: float,
) -> list[Cell]:
    """One run for each family, node input and seed, seed after seed."""

    def cell(family: str, at_nodes: str, seed: int) -> Cell:
        key: dict[str, Value] = {
            "family": family,
            "nodes": at_nodes,
            "structures": structures,
            "seed": seed,
            "steps": data.sizes.steps,
        }
        return Cell(
            LEARNING, key, budget, lambda seconds: _run(data, family, at_nodes, structures, seed, seconds)
        )

    return [cell(f, n, s) for s in seeds for f in families for n in nodes]


def _run(
    data: SmallData, family: str, nodes: str, structures: int, seed: int, budget: float
) -> Mapping[str, Value]:
    sizes = data.sizes
    encoder, config = parse_nodes(nodes)
    network = data.network(encoder) if encoder else None
    torch.manual_seed(seed)
    backbone = BackboneConfig(family, sizes.mpnn_width if family == "mpnn" else sizes.width, sizes.layers)
    model = PropertyModel(PropertyConfig(config, backbone), data.spec, network)
    train, test = data.train(seed, structures), data.test()
    embedded = data.embeddings(encoder, train) if encoder else None
    if embedded is not None:
        model.nodes.standardise(torch.from_numpy(np.concatenate(embedded[:structures], axis=1)))
    done = _fit(model, train, embedded, min(structures, len(train.graphs)), sizes.steps, seed, budget)
    predicted = _predict(model, test, data.embeddings(encoder, test) if encoder else None)
    truth = np.concatenate(test.labels).astype(np.float64)
    known = np.isfinite(truth)
    predicted, truth = np.maximum(predicted[known], 0.0), truth[known]
    errors = errors_of(predicted, truth)
    magnetic = truth > MAGNETIC
    return {
        "steps_done": done,
        "test_structures": len(test.graphs),
        "parameters": sum(p.numel() for p in model.parameters()),
        "mae": errors.mae,
        "mae_magnetic": float(np.abs(predicted - truth)[magnetic].mean()) if magnetic.any() else math.nan,
        "rmse": errors.rmse,
        "r2": errors.r2,
    }


def _fit(
    model: PropertyModel,
    train: Structures,
    embedded: list[Float32Array] | None,
    structures: int,
    steps: int,
    seed: int,
    budget: float,
) -> int:
    """AdamW on the absolute error, warm-up and half cosine; the number of steps done within the budget."""
    optimiser = torch.optim.AdamW(model.parameters(), lr=_RATE, weight_decay=1e-4)
    random = np.random.default_rng([seed, structures])
    begin = time.process_time()
    order = np.empty(0, dtype=np.int64)
    model.train()
    for step in range(steps):
        used = max(step / steps, (time.process_time() - begin) / budget)
        if used >= 1:
            return step
        if len(order) < _BATCH_STRUCTURES:
            order = np.concatenate([order, random.permutation(structures)])
        chosen, order = order[:_BATCH_STRUCTURES], order[_BATCH_STRUCTURES:]
        for group in optimiser.param_groups:
            group["lr"] = _RATE * min(used / _WARM_UP + 0.02, 1.0) * 0.5 * (1 + math.cos(math.pi * used))
        batch, vectors = _batch(train, embedded, chosen)
        truth = torch.from_numpy(np.concatenate([train.labels[i] for i in chosen]))
        known = torch.isfinite(truth)
        if not known.any():
            continue
        loss = (model(batch, vectors)[known] - truth[known]).abs().mean()
        optimiser.zero_grad(set_to_none=True)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimiser.step()
    return steps


@torch.no_grad()
def _predict(
    model: PropertyModel, test: Structures, embedded: list[Float32Array] | None
) -> NDArray[np.float64]:
    model.eval()
    sizes = np.array([graph.n_atoms for graph in test.graphs], dtype=np.int64)
    parts = []
    for chosen in batches_by_atoms(sizes, np.arange(len(sizes)), _TEST_ATOMS):
        batch, vectors = _batch(test, embedded, chosen)
        parts.append(model(batch, vectors).double().numpy())
    return np.concatenate(parts)


def _batch(
    part: Structures, embedded: list[Float32Array] | None, chosen: NDArray[np.int64]
) -> tuple[GraphBatch, Tensor | None]:
    batch = collate([part.graphs[i] for i in chosen])
    if embedded is None:
        return batch, None
    return batch, torch.from_numpy(np.concatenate([embedded[i] for i in chosen], axis=1))
