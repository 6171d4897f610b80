"""What is hidden in a step of predictive self-supervision."""

from __future__ import annotations

import torch
from torch import Tensor

from negnn_gui.graphs.batch import GraphBatch
from negnn_gui.models.encoder import Hidden


def hide(batch: GraphBatch, fraction: float, generator: torch.Generator) -> Hidden:
    """Hide int(fraction n) + 1 atoms of each structure of n atoms, and every edge that touches one of them.

    Random, without a loop over structures: atoms get random scores, and those with the lowest ranks within their
    structure are hidden.
    """
    sizes = torch.bincount(batch.structure.cpu(), minlength=batch.n_structures)
    score = torch.rand(batch.n_atoms, generator=generator)
    order = torch.argsort(batch.structure.cpu() + score.double())
    begin = torch.cumsum(sizes, 0) - sizes
    rank = torch.empty(batch.n_atoms, dtype=torch.long)
    rank[order] = torch.arange(batch.n_atoms) - begin.repeat_interleave(sizes)
    count = (fraction * sizes.double()).long() + 1
    atoms = (rank < count.repeat_interleave(sizes)).to(batch.atomic_numbers.device)
    return Hidden(atoms=atoms, edges=touching(batch, atoms))


def touching(batch: GraphBatch, atoms: Tensor) -> Tensor:
    """(E,) bool: edges with a hidden atom at either end, so that both directions are hidden."""
    return atoms[batch.source] | atoms[batch.target]
