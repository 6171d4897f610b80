"""The supervised fit of a moment model on a frozen encoder: backbone, DFT head and spin states.

Heads for small data come after it, see :mod:`negnn_gui.training.small_fit`.
"""

from __future__ import annotations

from typing import Any

import lightning as L
import torch
from torch import Tensor

from negnn_gui.models.negnn import DFT, MEDIAN, MomentModel, pinball_loss

_MODES_SHARE = (
    0.05  # of the modes' loss: small, so that it does not fill the norm at which gradients are clipped
)


class MomentFit(L.LightningModule):
    """Trains the backbone of a moment model with one of its heads and, with the DFT head, its spin states."""

    def __init__(self, model: MomentModel, seed: int = 0, head: str = DFT) -> None:
        super().__init__()
        torch.manual_seed(seed)
        self.model = model
        self.head = head
        self._trained = [model.backbone, model.heads[head]]
        if self._tells_modes and model.modes is not None:
            self._trained.append(model.modes)
        model.requires_grad_(False)
        for module in self._trained:
            module.requires_grad_(True)
        # Lightning trains a module in the mode that it finds it in
        self.train()

    @property
    def _tells_modes(self) -> bool:
        return self.head == DFT and self.model.modes is not None

    def labelled(self, batch: Any) -> tuple[Tensor, Tensor, Tensor]:
        """Vectors (L, F), quantiles (L, Q) and labels (L,) of the labelled atoms of a batch, μB."""
        graphs, labels = batch
        truth = labels["moment"]
        known = torch.isfinite(truth)
        vectors = self.model.features(self.model.embed(graphs), graphs)[known]
        return vectors, self.model.heads[self.head](vectors).float(), truth[known]

    def training_step(self, batch: Any, batch_idx: int) -> Tensor | None:
        """Pinball loss of a batch of (graphs, labels)."""
        vectors, quantiles, truth = self.labelled(batch)
        if len(truth) == 0:
            return None
        loss = pinball_loss(quantiles, truth)
        if self._tells_modes and self.model.modes is not None:
            # from vectors without gradient: the spin states are told from what serves the quantiles
            loss = loss + _MODES_SHARE * self.model.modes.loss(vectors.detach().float(), truth)
        self.log("train_loss", loss.detach(), prog_bar=True, batch_size=len(truth))
        self.log("train_mae", (quantiles[:, MEDIAN] - truth).abs().mean().detach(), batch_size=len(truth))
        return loss

    def validation_step(self, batch: Any, batch_idx: int) -> None:
        """Errors of the median over all atoms and over magnetic ones."""
        _, quantiles, truth = self.labelled(batch)
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
