"""Self-supervised pretraining of the encoder: what every task shares, and the predictive task.

Source: doi 10.1088/2632-2153/ad612b, section 2.1, with the published code's faults mended: the features of both
directions of every edge at a hidden atom are hidden, and no neighbour is padded.
"""

from __future__ import annotations

from abc import abstractmethod
from dataclasses import dataclass, field
from typing import Any, Literal

import lightning as L
import torch
from torch import Tensor
from torch.nn import functional

from negnn_gui.graphs.batch import GraphBatch
from negnn_gui.graphs.spec import GraphSpec
from negnn_gui.models.encoder import CrystalGraphEncoder, EncoderConfig, Hidden
from negnn_gui.models.features import element_features, group_class, period_class
from negnn_gui.models.ssl_heads import SSLHeads, SSLHeadsConfig, distance_bins
from negnn_gui.training.masking import hide

HIDDEN_FRACTION = 0.15
_NEAR = 0.1

Task = Literal["predictive", "contrastive", "both"]
Answers = dict[str, tuple[Tensor, Tensor]]
"""What is said and what is right, by the name of the question: logits (Q, C) and classes (Q,), or two numbers (Q,)."""


@dataclass(frozen=True)
class PretrainConfig:
    """One pretraining run, apart from its data and budget.

    ``init`` names a registered encoder whose weights are the first ones; ``noise`` is the standard deviation, in Å, of
    the displacements that the predictive task asks about (0: none).
    """

    encoder: EncoderConfig = field(default_factory=EncoderConfig)
    heads: SSLHeadsConfig = field(default_factory=SSLHeadsConfig)
    spec: GraphSpec = field(default_factory=GraphSpec)
    task: Task = "predictive"
    init: str | None = None
    noise: float = 0.0
    seed: int = 0


class Pretraining(L.LightningModule):
    """An encoder and a task; the loss is the sum of the cross-entropies of everything that the task asks."""

    def __init__(self, config: PretrainConfig) -> None:
        super().__init__()
        torch.manual_seed(config.seed)
        self.config = config
        self.encoder = CrystalGraphEncoder(config.encoder, config.spec, torch.tensor(element_features()))
        self._random = torch.Generator().manual_seed(config.seed)

    @abstractmethod
    def answers(self, batch: GraphBatch, generator: torch.Generator) -> Answers:
        """Hide something by ``generator`` and ask about it."""

    def training_step(self, batch: Any, batch_idx: int) -> Tensor:
        """One step on a batch of (graphs, no labels)."""
        losses, right = judged(self.answers(batch[0], self._random))
        total = torch.stack(list(losses.values())).sum()
        self.log("train_loss", total.detach(), prog_bar=True, batch_size=batch[0].n_structures)
        for name, answers in right.items():
            self.log(f"train_{name}", answers.float().mean(), batch_size=batch[0].n_structures)
        return total

    def validation_step(self, batch: Any, batch_idx: int) -> None:
        """The same with masks that do not change from epoch to epoch."""
        generator = torch.Generator().manual_seed(batch_idx)
        losses, right = judged(self.answers(batch[0], generator))
        size = {"batch_size": batch[0].n_structures, "sync_dist": True}
        self.log("val_loss", torch.stack(list(losses.values())).sum(), prog_bar=True, **size)
        for name, answers in right.items():
            shown = name in ("both", "element", "view")
            self.log(f"val_{name}", answers.float().mean(), prog_bar=shown, **size)

    def configure_optimizers(self) -> torch.optim.Optimizer:
        """Adam; the rate is set by the budget before each step."""
        return torch.optim.Adam(self.parameters(), lr=1e-3)

    def transfer_batch_to_device(self, batch: Any, device: torch.device, dataloader_idx: int) -> Any:
        """Graph batches know how to move themselves."""
        graphs, labels = batch
        return graphs.to(device), {name: value.to(device) for name, value in labels.items()}

    def checkpoint_weights(self) -> dict[str, Tensor]:
        """Weights under the names that :mod:`negnn_gui.models.loading` reads; what only the loss needs is left out."""
        state = self.state_dict()
        return {
            name: value.detach().cpu()
            for name, value in state.items()
            if name.startswith(("encoder.", "heads."))
        }


class PredictivePretraining(Pretraining):
    """Tell what was hidden: the atoms' group, period and element, and the lengths of the edges at them."""

    def __init__(self, config: PretrainConfig) -> None:
        super().__init__(config)
        self.heads = SSLHeads(config.heads, config.spec)

    def answers(self, batch: GraphBatch, generator: torch.Generator) -> Answers:
        """Questions about 15 % of the atoms of each structure and their edges."""
        hidden = hide(batch, HIDDEN_FRACTION, generator)
        levels = self.encoder(batch, hidden)
        return predictive_answers(self.heads, levels, batch, hidden, self.config.spec)


def predictive_answers(
    heads: SSLHeads, levels: Tensor, batch: GraphBatch, hidden: Hidden, spec: GraphSpec
) -> Answers:
    """What the heads say of everything hidden, from all levels (L, N, width)."""
    last = levels[-1].float()
    numbers = batch.atomic_numbers[hidden.atoms]
    truth = {
        "group": torch.tensor(group_class(), device=numbers.device)[numbers],
        "period": torch.tensor(period_class(), device=numbers.device)[numbers],
        "element": numbers,
    }
    answers = {
        name: (logits, truth[name]) for name, logits in heads.hidden_atoms(levels, batch, hidden).items()
    }
    source, target = batch.source[hidden.edges], batch.target[hidden.edges]
    distance = batch.distance[hidden.edges].float()
    edge_truth = {"distance": distance_bins(distance, spec), "length": distance}
    said = heads.edges(last[source], last[target])
    return {**answers, **{name: (answer, edge_truth[name]) for name, answer in said.items()}}


def judged(answers: Answers) -> tuple[dict[str, Tensor], dict[str, Tensor]]:
    """Loss of each question, and which of the answers are right; "both" is group and period.

    Classes cost their cross-entropy. A number costs its distance from the truth in tenths (Huber's loss) and is right
    within a tenth, which for a length is half of a distance bin.
    """
    losses, right = {}, {}
    for name, (said, truth) in answers.items():
        if truth.is_floating_point():
            losses[name] = functional.smooth_l1_loss(said.float(), truth, beta=_NEAR) / (10 * _NEAR)
            right[name] = (said - truth).abs() < _NEAR
        else:
            losses[name] = functional.cross_entropy(said.float(), truth)
            right[name] = said.argmax(dim=1) == truth
    if {"group", "period"} <= right.keys():
        right["both"] = right["group"] & right["period"]
    return losses, right
