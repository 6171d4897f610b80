"""Contrastive self-supervised pretraining: two views of a crystal are recognised as the same among many.

Source: doi 10.1088/2632-2153/ad612b, section 2.1; the loss is NT-Xent (Chen, Kornblith, Norouzi and Hinton, ICML
2020, arXiv 2002.05709). A view is a supercell with a fifth of its atoms hidden, and the features of their edges too.
"""

from __future__ import annotations

from dataclasses import replace

import torch
from torch import Tensor
from torch.nn import functional

from negnn_gui.graphs.batch import GraphBatch
from negnn_gui.models.ssl_heads import ProjectionHead, SSLHeads
from negnn_gui.training.denoising import DenoisingPretraining
from negnn_gui.training.masking import hide_share
from negnn_gui.training.pretrain import (
    Answers,
    PredictivePretraining,
    PretrainConfig,
    Pretraining,
    predictive_answers,
)

VIEW_FRACTION = 0.2
TEMPERATURE = 0.1


class ContrastivePretraining(Pretraining):
    """Find the other view of each crystal; batches come from :class:`ViewDataset`."""

    def __init__(self, config: PretrainConfig) -> None:
        super().__init__(config)
        self.projection = ProjectionHead(config.encoder.width)

    def answers(self, batch: GraphBatch, generator: torch.Generator) -> Answers:
        """Which of the other views in the batch is of the same crystal."""
        hidden = hide_share(batch, VIEW_FRACTION, generator)
        last = self.encoder(batch, hidden)[-1].float()
        return contrastive_answers(self.projection, last, batch)


class JointPretraining(Pretraining):
    """Both tasks on the same views: recognise the crystal, and tell what is hidden in it."""

    def __init__(self, config: PretrainConfig) -> None:
        super().__init__(config)
        self.heads = SSLHeads(config.heads, config.spec)
        self.projection = ProjectionHead(config.encoder.width)

    def answers(self, batch: GraphBatch, generator: torch.Generator) -> Answers:
        """The questions of both tasks."""
        hidden = hide_share(batch, VIEW_FRACTION, generator)
        levels = self.encoder(batch, hidden)
        last = levels[-1].float()
        predicted = predictive_answers(self.heads, levels, batch, hidden, self.config.spec)
        return {**predicted, **contrastive_answers(self.projection, last, batch)}


def pretraining_module(config: PretrainConfig) -> Pretraining:
    """The module of a task.

    Raises
    ------
    ValueError
        Displacements are asked for in another task than the predictive one.
    """
    if config.noise > 0:
        if config.task != "predictive":
            raise ValueError("displaced atoms (--noise) belong to the predictive task")
        return DenoisingPretraining(replace(config, heads=replace(config.heads, noise=True)))
    modules: dict[str, type[Pretraining]] = {
        "predictive": PredictivePretraining,
        "contrastive": ContrastivePretraining,
        "both": JointPretraining,
    }
    return modules[config.task](config)


def contrastive_answers(projection: ProjectionHead, last: Tensor, batch: GraphBatch) -> Answers:
    """NT-Xent as a question: which of the other 2B - 1 views shows the same crystal?

    Views i and i + B belong together. Their cross-entropy is the loss of NT-Xent; a view is no answer to itself.
    """
    views = functional.normalize(projection(mean_over_atoms(last, batch)).float(), dim=1)
    with torch.autocast(views.device.type, enabled=False):  # half precision is too coarse for tenfold cosines
        likeness = (views @ views.t()) / TEMPERATURE
    itself = torch.eye(len(views), dtype=torch.bool, device=views.device)
    partner = torch.arange(len(views), device=views.device).roll(len(views) // 2)
    return {"view": (likeness.masked_fill(itself, -torch.inf), partner)}


def mean_over_atoms(vectors: Tensor, batch: GraphBatch) -> Tensor:
    """Mean vector (B, width) of the atoms of each structure, from vectors (N, width)."""
    total = vectors.new_zeros(batch.n_structures, vectors.shape[1]).index_add(0, batch.structure, vectors)
    return total / torch.bincount(batch.structure, minlength=batch.n_structures)[:, None]
