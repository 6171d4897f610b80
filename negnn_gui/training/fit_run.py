"""A supervised run from tables of data to a trained head."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from negnn_gui.graphs.spec import GraphSpec
from negnn_gui.models.negnn import DFT, MomentModel
from negnn_gui.training.budget import Budget
from negnn_gui.training.fit import MomentFit
from negnn_gui.training.graph_store import GraphStore, open_graph_store
from negnn_gui.training.labels import TABLE_OF, moment_labels
from negnn_gui.training.pretrain_run import (
    RunOptions,
    graphs_of_split,
    split_sampler,
    training_sampler,
)
from negnn_gui.training.runs import GraphDataset, fit, last_checkpoint, loader, make_trainer
from negnn_gui.training.tables import (
    StructureTable,
    joined,
    ranges,
    read_column,
    read_structures_table,
)

log = logging.getLogger(__name__)

ZEROS_TABLE = "mp_structures"
_ZEROS_ATOMS = 60


@dataclass(frozen=True, eq=False)
class MomentData:
    """A table, its graphs, and abs(m) of every atom of the graphs (NaN: no label), μB."""

    table: StructureTable
    store: GraphStore
    moments: NDArray[np.float32]

    def graphs(self, split: str) -> NDArray[np.int64]:
        """Indices of the graphs of a split."""
        return graphs_of_split(self.table, self.store, split)

    def atoms(self, split: str) -> NDArray[np.int64]:
        """Indices of the atoms of a split."""
        return self.store.atoms_of(self.graphs(split))


@dataclass(frozen=True)
class FitRun:
    """What a finished fit took."""

    steps: int
    seconds: float


def open_moment_data(data: Path, head: str, spec: GraphSpec) -> MomentData:
    """Structures, graphs and labels of a head."""
    table = read_structures_table(data, TABLE_OF[head])
    return _with_graphs(table, moment_labels(data, head, table), spec)


def open_training_data(data: Path, head: str, spec: GraphSpec, safe_zeros: int, seed: int = 0) -> MomentData:
    """The same, for the DFT head with ``safe_zeros`` non-magnetic training structures beside them.

    These are drawn from ``mp_structures`` by ``seed``, among those of at most 60 atoms; val and test stay as they are.

    Raises
    ------
    TrainingDataError
        The table is missing or does not say which structures are non-magnetic.
    """
    if head != DFT or safe_zeros == 0:
        return open_moment_data(data, head, spec)
    table = read_structures_table(data, TABLE_OF[head])
    others = read_structures_table(data, ZEROS_TABLE)
    safe = read_column(data, ZEROS_TABLE, "nonmagnetic").astype(bool)
    rows = np.flatnonzero(safe & (others.splits == "train") & (others.sizes <= _ZEROS_ATOMS))
    rows = np.sort(np.random.default_rng(seed).permutation(rows)[:safe_zeros])
    both = joined(f"{table.name}+zeros", [(table, np.arange(table.n_structures)), (others, rows)])
    zeros = np.zeros(int(others.sizes[rows].sum()), dtype=np.float32)
    return _with_graphs(both, np.concatenate([moment_labels(data, head, table), zeros]), spec)


def _with_graphs(table: StructureTable, moments: NDArray[np.float32], spec: GraphSpec) -> MomentData:
    store = open_graph_store(table, spec)
    # the store leaves out structures without a graph: take the labels of the others
    return MomentData(
        table, store, moments[ranges(table.start[store.structure], table.sizes[store.structure])]
    )


def run_fit(data: MomentData, model: MomentModel, out: Path, options: RunOptions, head: str = DFT) -> FitRun:
    """Train the backbone and a head of ``model`` on the train split."""
    module = MomentFit(model, options.seed, head)
    budget = Budget(options.max_seconds, options.max_steps, options.rate)
    trainer = make_trainer(out / head, options.device, [budget], progress=options.progress)
    dataset = GraphDataset(data.store, {"moment": data.moments})
    fit(
        trainer,
        module,
        loader(dataset, training_sampler(data.table, data.store, options, trainer), options.workers),
        loader(dataset, split_sampler(data.table, data.store, "val", options)),
        last_checkpoint(out / head, options.resume),
    )
    log.info("fitted the %s head for %d steps in %.0f s", head, trainer.global_step, budget.seconds)
    return FitRun(trainer.global_step, budget.seconds)
