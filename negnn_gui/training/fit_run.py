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
from negnn_gui.training.tables import StructureTable, read_structures_table

log = logging.getLogger(__name__)


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
    store = open_graph_store(table, spec)
    moments = moment_labels(data, head, table)
    # the store leaves out structures without a graph: take the labels of the others
    kept = np.concatenate([np.arange(table.start[row], table.start[row + 1]) for row in store.structure])
    return MomentData(table, store, moments[kept])


def run_fit(data: MomentData, model: MomentModel, out: Path, options: RunOptions) -> FitRun:
    """Train the backbone and the DFT head of ``model`` on the train split."""
    module = MomentFit(model, seed=options.seed)
    budget = Budget(options.max_seconds, options.max_steps, options.rate)
    trainer = make_trainer(out / DFT, options.device, [budget], progress=options.progress)
    dataset = GraphDataset(data.store, {"moment": data.moments})
    fit(
        trainer,
        module,
        loader(dataset, training_sampler(data.table, data.store, options, trainer), options.workers),
        loader(dataset, split_sampler(data.table, data.store, "val", options)),
        last_checkpoint(out / DFT, options.resume),
    )
    log.info("fitted the %s head for %d steps in %.0f s", DFT, trainer.global_step, budget.seconds)
    return FitRun(trainer.global_step, budget.seconds)
