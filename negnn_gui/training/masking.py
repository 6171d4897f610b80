"""What is hidden in a step of self-supervision."""

from __future__ import annotations

import torch
from torch import Tensor

from negnn_gui.graphs.batch import GraphBatch
from negnn_gui.models.encoder import Hidden


def hide(batch: GraphBatch, fraction: float, generator: torch.Generator) -> Hidden:
    """Hide int(fraction n) + 1 atoms of each structure of n atoms, and every edge that touches one of them."""
    return _hide_counts(batch, (fraction * _sizes(batch).double()).long() + 1, generator)


def hide_share(batch: GraphBatch, fraction: float, generator: torch.Generator) -> Hidden:
    """Hide the whole number nearest to fraction n, but at least one, of each structure's n atoms and their edges."""
    return _hide_counts(batch, (fraction * _sizes(batch).double()).round().long().clamp(min=1), generator)


def touching(batch: GraphBatch, atoms: Tensor) -> Tensor:
    """(E,) bool: edges with a hidden atom at either end, so that both directions are hidden."""
    return atoms[batch.source] | atoms[batch.target]


def _sizes(batch: GraphBatch) -> Tensor:
    return torch.bincount(batch.structure.cpu(), minlength=batch.n_structures)


def _hide_counts(batch: GraphBatch, count: Tensor, generator: torch.Generator) -> Hidden:
    """Hide ``count`` (B,) atoms of each structure.

    Random, without a loop over structures: atoms get random scores, and those with the lowest ranks within their
    structure are hidden.
    """
    sizes = _sizes(batch)
    score = torch.rand(batch.n_atoms, generator=generator)
    order = torch.argsort(batch.structure.cpu() + score.double())
    begin = torch.cumsum(sizes, 0) - sizes
    rank = torch.empty(batch.n_atoms, dtype=torch.long)
    rank[order] = torch.arange(batch.n_atoms) - begin.repeat_interleave(sizes)
    atoms = (rank < count.repeat_interleave(sizes)).to(batch.atomic_numbers.device)
    return Hidden(atoms=atoms, edges=touching(batch, atoms))
