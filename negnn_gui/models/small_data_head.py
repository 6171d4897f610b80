"""The head for small data: what is usual for the element, corrected by what surrounds the atom, by several votes.

Experimental moments are few. An untrained member of this head already answers with the quantiles of its element's
training sites; what the surroundings change is learned from frozen vectors, and the members' answers are averaged.
"""

from __future__ import annotations

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional

from negnn_gui.graphs.build import MAX_ATOMIC_NUMBER
from negnn_gui.models.quantile_heads import MEDIAN, QUANTILES, increasing

_ELEMENT_WIDTH = 32
_PRIOR_SITES = 5  # how many sites of its own weigh as much as all elements' quantiles in an element's prior
_LEAST_STEP = 0.02  # μB between two quantiles of a prior


class PriorQuantileHead(nn.Module):
    """Standardised vectors (N, size) -> quantiles (N, Q) of abs(m), μB, as a correction of the element's usual ones."""

    def __init__(self, size: int, hidden: int = 64, dropout: float = 0.4) -> None:
        super().__init__()
        self.element = nn.Embedding(MAX_ATOMIC_NUMBER + 1, _ELEMENT_WIDTH)
        self.layers = nn.Sequential(
            nn.Dropout(dropout),
            nn.Linear(size + _ELEMENT_WIDTH, hidden),
            nn.SiLU(),
            nn.Dropout(dropout),
            nn.Linear(hidden, len(QUANTILES)),
        )
        last = self.layers[-1]
        assert isinstance(last, nn.Linear)
        nn.init.normal_(last.weight, std=1e-3)
        nn.init.zeros_(last.bias)

    def forward(self, vectors: Tensor, atomic_numbers: Tensor, usual: Tensor) -> Tensor:
        """Quantiles of atoms of the elements ``atomic_numbers`` (N,) whose usual quantiles are ``usual`` (N, Q)."""
        raw = self.layers(torch.cat([vectors, self.element(atomic_numbers)], dim=1))
        between = usual.diff(dim=1).clamp(min=_LEAST_STEP)
        step = torch.cat([between[:, :MEDIAN], between[:, :1], between[:, MEDIAN:]], dim=1)
        # softplus(log(exp(step) - 1)) = step: with raw = 0 the steps are the usual ones
        steps = functional.softplus(torch.log(torch.expm1(step)) + 3.0 * raw)
        return increasing(usual[:, MEDIAN] + 2.0 * raw[:, MEDIAN], steps)


class SmallDataHead(nn.Module):
    """Mean of the quantiles of several :class:`PriorQuantileHead`.

    Attributes
    ----------
    prior : (104, Q) float
        Usual quantiles by atomic number, see :func:`element_quantiles`; stored with the weights.
    mean, scale : (size,) float
        Of the training sites' vectors; stored with the weights.
    """

    prior: Tensor
    mean: Tensor
    scale: Tensor

    def __init__(self, size: int, members: int) -> None:
        super().__init__()
        self.register_buffer("prior", torch.zeros(MAX_ATOMIC_NUMBER + 1, len(QUANTILES)))
        self.register_buffer("mean", torch.zeros(size))
        self.register_buffer("scale", torch.ones(size))
        self.members = nn.ModuleList(PriorQuantileHead(size) for _ in range(members))

    def forward(self, vectors: Tensor, atomic_numbers: Tensor) -> Tensor:
        """Quantiles (N, Q), μB, from vectors (N, size) as the frozen networks give them."""
        return torch.stack([self.member(i, vectors, atomic_numbers) for i in range(len(self.members))]).mean(
            dim=0
        )

    def member(self, index: int, vectors: Tensor, atomic_numbers: Tensor) -> Tensor:
        """What one member says."""
        quantiles: Tensor = self.members[index](
            (vectors - self.mean) / self.scale, atomic_numbers, self.prior[atomic_numbers]
        )
        return quantiles


def element_quantiles(atomic_numbers: NDArray[np.int64], moments: NDArray[np.floating]) -> Tensor:
    """(104, Q) quantiles of moments (N,), μB, by element; those of few sites are drawn towards the quantiles of all."""
    overall = np.quantile(moments, QUANTILES)
    table = np.tile(overall, (MAX_ATOMIC_NUMBER + 1, 1))
    for z in np.unique(atomic_numbers):
        own = moments[atomic_numbers == z]
        weight = len(own) / (len(own) + _PRIOR_SITES)
        table[z] = weight * np.quantile(own, QUANTILES) + (1 - weight) * overall
    return torch.tensor(table, dtype=torch.float32)
