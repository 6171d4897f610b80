"""The supervised fit of a property model: one number for every site or structure, on a frozen encoder."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import lightning as L
import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional

from negnn_gui.graphs.batch import GraphBatch
from negnn_gui.models.backbone import mean_at
from negnn_gui.models.encoder import CrystalGraphEncoder
from negnn_gui.models.property_model import PropertyModel, embedded
from negnn_gui.training.batching import batches_by_atoms
from negnn_gui.training.budget import Budget
from negnn_gui.training.fit_run import FitRun
from negnn_gui.training.graph_store import GraphStore
from negnn_gui.training.pretrain_run import RunOptions, graphs_of_split, split_sampler, training_sampler
from negnn_gui.training.runs import GraphDataset, fit, last_checkpoint, loader, make_trainer
from negnn_gui.training.targets import TargetData

_RUN_FOLDER = "property"
_BATCH_ATOMS = 8000


class PropertyFit(L.LightningModule):
    """Trains a :class:`PropertyModel` on labels in units of their spread."""

    def __init__(
        self, model: PropertyModel, encoder: CrystalGraphEncoder | None, mean: float, scale: float, seed: int
    ) -> None:
        super().__init__()
        torch.manual_seed(seed)
        self.model = model
        self._encoder = [encoder]  # in a list: it is frozen and has its own checkpoint
        self.mean, self.scale = mean, scale

    def _error(self, batch: Any) -> Tensor:
        """Absolute errors in units of the labels' spread, of the labelled rows."""
        graphs, labels = batch
        truth = labels["label"]
        if self.model.config.of == "structure":
            truth = mean_at(truth[:, None], graphs.structure, graphs.n_structures)[:, 0]
        known = torch.isfinite(truth)
        numbers = self.model(graphs, embedded(self.model, self._encoder[0], graphs)).float()
        return functional.smooth_l1_loss(
            numbers[known], (truth[known] - self.mean) / self.scale, beta=0.1, reduction="none"
        )

    def training_step(self, batch: Any, batch_idx: int) -> Tensor | None:
        """Huber loss of a batch of (graphs, labels)."""
        error = self._error(batch)
        if not len(error):
            return None
        self.log("train_loss", error.mean().detach(), prog_bar=True, batch_size=len(error))
        return error.mean()

    def validation_step(self, batch: Any, batch_idx: int) -> None:
        """The same loss."""
        error = self._error(batch)
        if len(error):
            self.log("val_loss", error.mean(), prog_bar=True, batch_size=len(error), sync_dist=True)

    def configure_optimizers(self) -> torch.optim.Optimizer:
        """AdamW; the rate is set by the budget before each step."""
        return torch.optim.AdamW(self.model.parameters(), lr=1e-3, weight_decay=1e-4)

    def transfer_batch_to_device(self, batch: Any, device: torch.device, dataloader_idx: int) -> Any:
        """Graph batches know how to move themselves; the frozen encoder follows."""
        graphs, labels = batch
        if self._encoder[0] is not None:
            self._encoder[0].to(device)
        return graphs.to(device), {name: value.to(device) for name, value in labels.items()}


def fit_property(
    target: TargetData,
    store: GraphStore,
    model: PropertyModel,
    encoder: CrystalGraphEncoder | None,
    scaling: tuple[float, float],
    out: Path,
    options: RunOptions,
) -> FitRun:
    """Train on the train split; ``out/property`` holds checkpoint and log. ``scaling``: mean and spread of labels."""
    module = PropertyFit(model, encoder, *scaling, options.seed)
    budget = Budget(options.max_seconds, options.max_steps, options.rate)
    trainer = make_trainer(out / _RUN_FOLDER, options.device, [budget], progress=options.progress)
    dataset = GraphDataset(store, {"label": target.of_atoms(store.structure)})
    fit(
        trainer,
        module,
        loader(dataset, training_sampler(target.table, store, options, trainer), options.workers),
        loader(dataset, split_sampler(target.table, store, "val", options)),
        last_checkpoint(out / _RUN_FOLDER, options.resume),
    )
    return FitRun(trainer.global_step, budget.seconds)


def predict_property(
    target: TargetData,
    store: GraphStore,
    model: PropertyModel,
    encoder: CrystalGraphEncoder | None,
    scaling: tuple[float, float],
    split: str,
) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.int64]]:
    """Predicted and known numbers of the labelled rows of a split, and atomic numbers (0 for structures)."""
    graphs = graphs_of_split(target.table, store, split)
    said, numbers = [], []
    model.eval()
    with torch.inference_mode():
        for part in batches_by_atoms(store.sizes, graphs, _BATCH_ATOMS):
            batch: GraphBatch = store.batch(part)
            said.append(model(batch, embedded(model, encoder, batch)).double().numpy())
            numbers.append(
                batch.atomic_numbers.numpy() if target.of == "site" else np.zeros(len(part), dtype=np.int64)
            )
    rows = store.structure[graphs]
    truth = (target.labels[rows] if target.of == "structure" else target.of_atoms(rows)).astype(np.float64)
    known = np.isfinite(truth)
    predicted = np.concatenate(said) * scaling[1] + scaling[0]
    return predicted[known], truth[known], np.concatenate(numbers)[known]
