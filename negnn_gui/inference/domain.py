"""How far an atom lies from everything a model was trained on, as a percentile.

The training sites' embeddings at level 1 are summarised by centres (k-means); an atom's distance is that to the
nearest centre in standardised units, and its score the share of held-out sites that lie nearer.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import torch
from torch import Tensor

LEVEL = 1
_NAMES = ("centres", "mean", "scale", "distances")


@dataclass(frozen=True, eq=False)
class TrainingDomain:
    """Summary of the training sites in embedding space.

    Attributes
    ----------
    centres : (K, 64) float32
        In standardised units.
    mean, scale : (64,) float32
    distances : (101,) float32
        0th to 100th percentile of the distance of validation sites to their nearest centre.
    """

    centres: Tensor
    mean: Tensor
    scale: Tensor
    distances: Tensor

    def score(self, embeddings: Tensor) -> Tensor:
        """Score (N,) from 0 (typical) to 1 (farther than all validation sites) of embeddings (levels, N, 64)."""
        distance = self.distance(embeddings[LEVEL].float().cpu())
        place = torch.searchsorted(self.distances, distance, right=True)
        below = (place - 1).clamp(0, len(self.distances) - 2)
        low, high = self.distances[below], self.distances[below + 1]
        share = ((distance - low) / (high - low).clamp(min=1e-12)).clamp(0, 1)
        return ((below + share) / (len(self.distances) - 1)).clamp(0, 1)

    def distance(self, vectors: Tensor) -> Tensor:
        """Distance (N,) of level-1 vectors (N, 64) to the nearest centre, in standardised units."""
        scaled = (vectors - self.mean) / self.scale
        parts = [torch.cdist(part, self.centres).min(dim=1).values for part in torch.split(scaled, 8192)]
        return torch.cat(parts)

    def weights(self) -> dict[str, Tensor]:
        """Tensors by name, for a checkpoint."""
        return {f"domain.{name}": getattr(self, name).contiguous() for name in _NAMES}

    @classmethod
    def from_weights(cls, weights: Mapping[str, Tensor]) -> TrainingDomain | None:
        """Inverse of :meth:`weights`; None where a checkpoint has none."""
        if f"domain.{_NAMES[0]}" not in weights:
            return None
        return cls(**{name: weights[f"domain.{name}"] for name in _NAMES})
