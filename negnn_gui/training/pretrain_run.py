"""A pretraining run from tables of data to a folder with weights, checkpoint and log."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import lightning as L
import numpy as np

from negnn_gui import __version__
from negnn_gui.models import registry
from negnn_gui.models.checkpoint import ModelFileError
from negnn_gui.models.loading import load_encoder, load_ssl_heads
from negnn_gui.models.registry import ModelInfo
from negnn_gui.models.ssl_heads import SSLHeads
from negnn_gui.training.batching import AtomBudgetSampler
from negnn_gui.training.budget import Budget
from negnn_gui.training.cards import machine
from negnn_gui.training.contrastive import pretraining_module
from negnn_gui.training.contrastive_images import open_edge_images
from negnn_gui.training.contrastive_views import ViewDataset
from negnn_gui.training.denoising import VectorDataset
from negnn_gui.training.graph_store import GraphStore, open_graph_store
from negnn_gui.training.pretrain import PretrainConfig, Pretraining
from negnn_gui.training.runs import GraphDataset, fit, last_checkpoint, loader, make_trainer
from negnn_gui.training.tables import StructureTable, merge_tables, read_structures_table

log = logging.getLogger(__name__)

PRETRAINING_TABLES = ("mp_magmoms", "mp_structures")


@dataclass(frozen=True)
class RunOptions:
    """Budget and hardware of a run.

    Attributes
    ----------
    max_seconds, max_steps : float or None, int or None
        The run ends when either is used up.
    rate : float
        Peak learning rate.
    batch_atoms : int
        Atoms in a batch.
    max_atoms : int
        Structures with more atoms are left out of training (not of validation).
    subset : int or None
        Train on this many structures only, drawn by ``seed``.
    """

    max_seconds: float | None
    max_steps: int | None = None
    rate: float = 1e-3
    batch_atoms: int = 3000
    max_atoms: int = 1000
    subset: int | None = None
    device: str = "auto"
    seed: int = 0
    resume: bool = False
    progress: bool = True
    workers: int = 0


@dataclass(frozen=True, eq=False)
class PretrainRun:
    """A finished run: the module, and what it took."""

    module: Pretraining
    steps: int
    epochs: int
    seconds: float

    def facts(self, command: str, options: RunOptions) -> dict[str, str]:
        """For the model card."""
        init = self.module.config.init
        return {
            "command": command,
            "program": f"negnn-gui {__version__}",
            "hardware": machine(),
            "task": self.module.config.task,
            "first weights": "random" if init is None else f"those of {init}",
            "steps": f"{self.steps} of {options.batch_atoms} atoms ({self.epochs} epochs)",
            "time": f"{self.seconds / 60:.0f} min",
            "optimiser": f"Adam, warm-up and half cosine from {options.rate:g}, seed {options.seed}",
            "structures": f"of at most {options.max_atoms} atoms",
        }


def run_pretraining(
    data: Path,
    out: Path,
    config: PretrainConfig,
    options: RunOptions,
    tables: Sequence[str] = PRETRAINING_TABLES,
) -> PretrainRun:
    """Pretrain on the train split of ``tables``.

    ``out`` receives ``last.ckpt`` each minute and ``log/`` with the figures of every epoch.

    Raises
    ------
    UnknownModelError, ModelFileError
        The encoder to start from is missing or of another form.
    """
    table = merge_tables([read_structures_table(data, name) for name in tables])
    store = open_graph_store(table, config.spec)
    module = pretraining_module(config)
    if config.init is not None:
        start_from(module, registry.get(config.init, "encoder"))
    budget = Budget(options.max_seconds, options.max_steps, options.rate)
    trainer = make_trainer(out, options.device, [budget], progress=options.progress)
    dataset = task_dataset(table, store, config)
    fit(
        trainer,
        module,
        loader(dataset, training_sampler(table, store, options, trainer), options.workers),
        loader(dataset, split_sampler(table, store, "val", options)),
        last_checkpoint(out, options.resume),
    )
    log.info("pretrained for %d steps in %.0f s", trainer.global_step, budget.seconds)
    return PretrainRun(module, trainer.global_step, trainer.current_epoch, budget.seconds)


def start_from(module: Pretraining, info: ModelInfo) -> None:
    """Take over the weights of a registered encoder, and those of its heads where they have the same form.

    Raises
    ------
    ModelFileError
        The encoder has another size or reads other graphs.
    """
    encoder = load_encoder(info)
    if encoder.config != module.config.encoder or encoder.spec != module.config.spec:
        raise ModelFileError(
            f"{info.id} cannot be the start of this run: its size, its element vectors or its crystal graph differ"
        )
    module.encoder.load_state_dict(encoder.state_dict())
    heads, own = load_ssl_heads(info), getattr(module, "heads", None)
    if heads is not None and isinstance(own, SSLHeads) and heads.config == own.config:
        own.load_state_dict(heads.state_dict())


def task_dataset(table: StructureTable, store: GraphStore, config: PretrainConfig) -> GraphDataset:
    """Graphs as they are for the predictive task, two supercells of each for the others."""
    if config.noise > 0:
        return VectorDataset(table, store, open_edge_images(table, store, config.spec))
    if config.task == "predictive":
        return GraphDataset(store)
    return ViewDataset(store, open_edge_images(table, store, config.spec), config.seed)


def graphs_of_split(table: StructureTable, store: GraphStore, split: str) -> np.ndarray:
    """Graph indices of one split."""
    return np.flatnonzero(table.splits[store.structure] == split)


def training_sampler(
    table: StructureTable, store: GraphStore, options: RunOptions, trainer: L.Trainer
) -> AtomBudgetSampler:
    """Shuffled batches of the training split."""
    graphs = graphs_of_split(table, store, "train")
    graphs = graphs[store.sizes[graphs] <= options.max_atoms]
    if options.subset is not None and options.subset < len(graphs):
        chosen = np.random.default_rng(options.seed).permutation(len(graphs))[: options.subset]
        graphs = np.sort(graphs[chosen])
    return AtomBudgetSampler(
        graphs,
        store.sizes,
        options.batch_atoms,
        options.seed,
        rank=trainer.global_rank,
        world=trainer.world_size,
    )


def split_sampler(
    table: StructureTable, store: GraphStore, split: str, options: RunOptions
) -> AtomBudgetSampler:
    """All of a split, in order."""
    graphs = graphs_of_split(table, store, split)
    return AtomBudgetSampler(graphs, store.sizes, 4 * options.batch_atoms, options.seed, shuffle=False)
