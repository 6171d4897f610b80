"""Coordinate denoising beside the predictive task: atoms are displaced, and the change of each distance is asked for.

After Zaidi et al., "Pre-training via denoising for molecular property prediction", ICLR 2023 (arXiv 2206.00133). This
encoder sees distances only, so it is asked for the change of a distance rather than for a vector.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from negnn_gui.graphs.batch import GraphBatch
from negnn_gui.training.graph_store import GraphStore
from negnn_gui.training.masking import hide
from negnn_gui.training.pretrain import HIDDEN_FRACTION, Answers, PredictivePretraining, predictive_answers
from negnn_gui.training.runs import GraphDataset
from negnn_gui.training.tables import StructureTable, ranges


@dataclass(frozen=True, eq=False)
class VectorBatch(GraphBatch):
    """A batch whose edges know their direction: ``vector`` (E, 3) float32 from target to source, Å."""

    vector: Tensor


class VectorDataset(GraphDataset):
    """Batches with edge vectors, from the cells and in which periodic image (E, 3) each edge starts."""

    def __init__(self, table: StructureTable, store: GraphStore, images: NDArray[np.int8]) -> None:
        super().__init__(store)
        self.table = table
        self.images = images

    def __getitem__(self, graphs: Any) -> tuple[GraphBatch, dict[str, Tensor]]:
        batch = self.store.batch(graphs)
        rows = self.store.structure[graphs]
        frac = self.table.frac_coords[ranges(self.table.start[rows], self.table.sizes[rows])]
        edges = ranges(self.store.edge_start[graphs], np.diff(self.store.edge_start)[graphs])
        source, target = batch.source.numpy(), batch.target.numpy()
        apart = frac[source] + self.images[edges] - frac[target]
        lattice = self.table.lattices[rows][batch.structure.numpy()[target]]
        vector = torch.from_numpy(np.einsum("ei,eij->ej", apart, lattice).astype(np.float32))
        return VectorBatch(**vars(batch), vector=vector), {}


class DenoisingPretraining(PredictivePretraining):
    """The predictive task on displaced atoms, and how far the displacements changed the distances left visible."""

    def answers(self, batch: GraphBatch, generator: torch.Generator) -> Answers:
        """Questions about hidden atoms and edges, whose true distance is asked for, and about the displacements."""
        assert isinstance(batch, VectorBatch)
        noise = self.config.noise
        moved = noise * torch.randn(batch.n_atoms, 3, generator=generator).to(batch.vector.device)
        seen = torch.linalg.vector_norm(batch.vector + moved[batch.source] - moved[batch.target], dim=1)
        hidden = hide(batch, HIDDEN_FRACTION, generator)
        levels = self.encoder(replace(batch, distance=seen), hidden)
        last = levels[-1].float()
        answers = predictive_answers(self.heads, levels, batch, hidden, self.config.spec)
        left = ~hidden.edges
        change = (seen - batch.distance.float())[left] / noise
        said = self.heads.displacement(
            last[batch.source[left]], last[batch.target[left]], self.encoder.expansion(seen[left])
        )
        return {**answers, "noise": (said, change)}
