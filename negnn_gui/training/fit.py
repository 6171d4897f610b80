"""Supervised fits of moment models on a frozen encoder.

The first head (DFT) trains the backbone with it; a further head (experimental, small data) is trained on the
backbone's frozen vectors, so that what was learned from many DFT moments carries over.
"""

from __future__ import annotations

from typing import Any

import lightning as L
import torch
from torch import Tensor

from negnn_gui.models.negnn import MEDIAN, MomentModel, pinball_loss


class MomentFit(L.LightningModule):
    """Trains one head of a moment model, with the backbone or without it (small data)."""

    def __init__(self, model: MomentModel, head: str, train_backbone: bool, seed: int = 0) -> None:
        super().__init__()
        torch.manual_seed(seed)
        self.model = model
        self.head = head
        self.train_backbone = train_backbone
        for parameter in model.parameters():
            parameter.requires_grad_(train_backbone)
        for parameter in model.heads[head].parameters():
            parameter.requires_grad_(True)
        # Lightning trains a module in the mode that it finds it in
        self.train()

    def train(self, mode: bool = True) -> MomentFit:
        """A frozen backbone keeps its batch-norm statistics too."""
        super().train(mode)
        if not self.train_backbone:
            self.model.backbone.eval()
        return self

    def quantiles(self, batch: Any) -> tuple[Tensor, Tensor, Tensor | None]:
        """Quantiles (L, Q) and labels (L,) of the labelled atoms of a batch, μB, and their weights.

        On small data every structure counts the same, however many of its sites are labelled: its sites are
        nearly copies of each other. Many structures even that out by themselves, and weights are None.
        """
        graphs, labels = batch
        vectors = self.model.features(self.model.embed(graphs), graphs)
        truth = labels["moment"]
        known = torch.isfinite(truth)
        predicted: Tensor = self.model.heads[self.head](vectors[known], graphs.atomic_numbers[known])
        weight = None
        if not self.train_backbone:
            structure = graphs.structure[known]
            weight = 1.0 / torch.bincount(structure, minlength=graphs.n_structures)[structure]
        return predicted.float(), truth[known], weight

    def training_step(self, batch: Any, batch_idx: int) -> Tensor | None:
        """Pinball loss of a batch of (graphs, labels)."""
        quantiles, truth, weight = self.quantiles(batch)
        if len(truth) == 0:
            return None
        loss = pinball_loss(quantiles, truth, weight)
        self.log("train_loss", loss.detach(), prog_bar=True, batch_size=len(truth))
        self.log("train_mae", (quantiles[:, MEDIAN] - truth).abs().mean().detach(), batch_size=len(truth))
        return loss

    def validation_step(self, batch: Any, batch_idx: int) -> None:
        """Errors of the median over all atoms and over magnetic ones."""
        quantiles, truth, _ = self.quantiles(batch)
        if len(truth) == 0:
            return
        error = (quantiles[:, MEDIAN].clamp(min=0) - truth).abs()
        size: dict[str, Any] = {"batch_size": len(truth), "sync_dist": True}
        self.log("val_loss", pinball_loss(quantiles, truth), **size)
        self.log("val_mae", error.mean(), prog_bar=True, **size)
        magnetic = truth > 0.1
        if magnetic.any():
            count = {"batch_size": int(magnetic.sum()), "sync_dist": True}
            self.log("val_mae_magnetic", error[magnetic].mean(), prog_bar=True, **count)

    def configure_optimizers(self) -> torch.optim.Optimizer:
        """AdamW; the rate is set by the budget before each step."""
        trained = [p for p in self.parameters() if p.requires_grad]
        return torch.optim.AdamW(trained, lr=1e-3, weight_decay=1e-4)

    def transfer_batch_to_device(self, batch: Any, device: torch.device, dataloader_idx: int) -> Any:
        """Graph batches know how to move themselves; the frozen encoder follows."""
        graphs, labels = batch
        self.model.move_encoder(device)
        return graphs.to(device), {name: value.to(device) for name, value in labels.items()}
