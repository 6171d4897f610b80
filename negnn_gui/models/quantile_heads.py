"""Heads that predict quantiles of abs(m), and their loss.

Quantiles are ours, not the paper's: DFT moments are multi-valued (high or low spin, this or that order), so a single
number with a symmetric error would mislead.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional

QUANTILES = (0.05, 0.125, 0.25, 0.375, 0.5, 0.625, 0.75, 0.875, 0.95)
MEDIAN = QUANTILES.index(0.5)


class QuantileHead(nn.Module):
    """Atom vectors (N, size) -> increasing quantiles (N, Q) of abs(m), μB.

    The median is free; every other quantile is the one nearer to the median plus or minus a positive step, so they
    cannot cross.
    """

    def __init__(self, size: int, hidden: int = 64, dropout: float = 0.0) -> None:
        super().__init__()
        self.layers = nn.Sequential(
            nn.Dropout(dropout),
            nn.Linear(size, hidden),
            nn.SiLU(),
            nn.Dropout(dropout),
            nn.Linear(hidden, len(QUANTILES)),
        )

    def forward(self, vectors: Tensor, atomic_numbers: Tensor | None = None) -> Tensor:
        """Quantiles at the probabilities :data:`QUANTILES`."""
        raw = self.layers(vectors)
        return increasing(raw[:, MEDIAN], functional.softplus(raw - 3.0))


def pinball_loss(quantiles: Tensor, truth: Tensor, atom_weight: Tensor | None = None) -> Tensor:
    """Mean pinball loss of quantiles (N, Q) against moments (N,), μB.

    The median counts three times, since it is what is reported. ``atom_weight`` (N,) weighs the atoms.
    """
    probability = quantiles.new_tensor(QUANTILES)
    error = truth[:, None] - quantiles
    loss = torch.maximum(probability * error, (probability - 1) * error)
    weight = torch.ones_like(probability)
    weight[MEDIAN] = 3.0
    of_atom = (loss * weight).sum(dim=1) / weight.sum()
    if atom_weight is None:
        return of_atom.mean()
    return (of_atom * atom_weight).sum() / atom_weight.sum()


def increasing(median: Tensor, steps: Tensor) -> Tensor:
    """Quantiles (N, Q) around a median (N,) with positive steps (N, Q) between them; the middle step is not used."""
    middle = median[:, None]
    below = middle - torch.cumsum(steps[:, :MEDIAN].flip(1), dim=1).flip(1)
    above = middle + torch.cumsum(steps[:, MEDIAN + 1 :], dim=1)
    return torch.cat([below, middle, above], dim=1)
