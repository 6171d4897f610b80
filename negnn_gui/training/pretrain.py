"""Predictive self-supervised pretraining of the encoder.

Source: doi 10.1088/2632-2153/ad612b, section 2.1, with the published code's faults mended: the features of both
directions of every edge at a hidden atom are hidden, and no neighbour is padded.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import lightning as L
import torch
from torch import Tensor
from torch.nn import functional

from negnn_gui.graphs.batch import GraphBatch
from negnn_gui.graphs.spec import GraphSpec
from negnn_gui.models.encoder import CrystalGraphEncoder, EncoderConfig
from negnn_gui.models.features import element_features, group_class, period_class
from negnn_gui.models.ssl_heads import SSLHeads, SSLHeadsConfig, distance_bins
from negnn_gui.training.masking import hide

HIDDEN_FRACTION = 0.15


@dataclass(frozen=True)
class PretrainConfig:
    """One pretraining run, apart from its data and budget."""

    encoder: EncoderConfig = field(default_factory=EncoderConfig)
    heads: SSLHeadsConfig = field(default_factory=SSLHeadsConfig)
    spec: GraphSpec = field(default_factory=GraphSpec)
    seed: int = 0


class PredictivePretraining(L.LightningModule):
    """Encoder and heads; the loss is the sum of the cross-entropies of everything hidden."""

    def __init__(self, config: PretrainConfig) -> None:
        super().__init__()
        torch.manual_seed(config.seed)
        self.config = config
        self.encoder = CrystalGraphEncoder(config.encoder, config.spec, torch.tensor(element_features()))
        self.heads = SSLHeads(config.heads, config.spec)
        self.register_buffer("group_of", torch.tensor(group_class()).long(), persistent=False)
        self.register_buffer("period_of", torch.tensor(period_class()).long(), persistent=False)
        self._random = torch.Generator().manual_seed(config.seed)

    def hidden_losses(
        self, batch: GraphBatch, generator: torch.Generator
    ) -> tuple[dict[str, Tensor], dict[str, Tensor]]:
        """Cross-entropy and number of right answers of each target."""
        hidden = hide(batch, HIDDEN_FRACTION, generator)
        last = self.encoder(batch, hidden)[-1].float()
        numbers = batch.atomic_numbers[hidden.atoms]
        truth = {
            "group": self.get_buffer("group_of")[numbers],
            "period": self.get_buffer("period_of")[numbers],
        }
        truth["element"] = numbers
        logits = self.heads.atoms(last[hidden.atoms])
        source, target = batch.source[hidden.edges], batch.target[hidden.edges]
        logits["distance"] = self.heads.edges(last[source], last[target])
        truth["distance"] = distance_bins(batch.distance[hidden.edges], self.config.spec)
        right = {name: logits[name].argmax(dim=1) == truth[name] for name in logits}
        right["both"] = right["group"] & right["period"]
        losses = {name: functional.cross_entropy(logits[name].float(), truth[name]) for name in logits}
        return losses, right

    def training_step(self, batch: Any, batch_idx: int) -> Tensor:
        """One step on a batch of (graphs, no labels)."""
        losses, right = self.hidden_losses(batch[0], self._random)
        total = torch.stack(list(losses.values())).sum()
        self.log("train_loss", total.detach(), prog_bar=True, batch_size=batch[0].n_structures)
        for name, answers in right.items():
            self.log(f"train_{name}", answers.float().mean(), batch_size=batch[0].n_structures)
        return total

    def validation_step(self, batch: Any, batch_idx: int) -> None:
        """The same with masks that do not change from epoch to epoch."""
        generator = torch.Generator().manual_seed(batch_idx)
        losses, right = self.hidden_losses(batch[0], generator)
        size = {"batch_size": batch[0].n_structures, "sync_dist": True}
        self.log("val_loss", torch.stack(list(losses.values())).sum(), prog_bar=True, **size)
        for name, answers in right.items():
            self.log(f"val_{name}", answers.float().mean(), prog_bar=name in ("both", "element"), **size)

    def configure_optimizers(self) -> torch.optim.Optimizer:
        """Adam; the rate is set by the budget before each step."""
        return torch.optim.Adam(self.parameters(), lr=1e-3)

    def transfer_batch_to_device(self, batch: Any, device: torch.device, dataloader_idx: int) -> Any:
        """Graph batches know how to move themselves."""
        graphs, labels = batch
        return graphs.to(device), {name: value.to(device) for name, value in labels.items()}

    def checkpoint_weights(self) -> dict[str, Tensor]:
        """Weights under the names that :mod:`negnn_gui.models.loading` reads."""
        weights = {f"encoder.{name}": value for name, value in self.encoder.state_dict().items()}
        weights.update({f"heads.{name}": value for name, value in self.heads.state_dict().items()})
        return {name: value.detach().cpu() for name, value in weights.items()}
