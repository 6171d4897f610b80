"""A head that tells the spin states apart: abs(m) as a mixture of a few sharp modes.

A DFT moment is one solution of several (high or low spin, this or that order). Quantiles say how wide the answer is,
the modes between which it is open.
"""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn
from torch.nn import functional

N_MODES = 3
_LEAST_SCALE = 0.02  # μB; a mode is no sharper than labels are
_BEGIN_SCALE = 0.3


class ModeHead(nn.Module):
    """Atom vectors (N, size) -> a mixture of K = 3 Laplace distributions of abs(m)."""

    def __init__(self, size: int, hidden: int = 64) -> None:
        super().__init__()
        self.layers = nn.Sequential(nn.Linear(size, hidden), nn.SiLU(), nn.Linear(hidden, 3 * N_MODES))
        last = self.layers[-1]
        assert isinstance(last, nn.Linear)
        with torch.no_grad():  # modes that begin alike would stay alike
            last.bias[N_MODES : 2 * N_MODES] = torch.linspace(-1.0, 4.0, N_MODES)

    def forward(self, vectors: Tensor) -> Tensor:
        """(N, K, 2): place of each mode, μB, and its weight; the weights of an atom add up to 1."""
        weight, place, _ = self._mixture(vectors)
        return torch.stack([place, weight.exp()], dim=2)

    def loss(self, vectors: Tensor, truth: Tensor) -> Tensor:
        """Mean negative log likelihood of moments (N,), μB."""
        weight, place, scale = self._mixture(vectors)
        density = weight - (truth[:, None] - place).abs() / scale - torch.log(2.0 * scale)
        return -torch.logsumexp(density, dim=1).mean()

    def _mixture(self, vectors: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Logarithm of the weights, places and scales (N, K)."""
        weight, place, scale = self.layers(vectors).float().chunk(3, dim=1)
        begin = math.log(math.expm1(_BEGIN_SCALE))
        return (
            torch.log_softmax(weight, dim=1),
            functional.softplus(place),
            _LEAST_SCALE + functional.softplus(scale + begin),
        )
