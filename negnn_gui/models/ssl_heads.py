"""Heads of self-supervision, which read the last level: what was hidden, or which crystal it is.

Source: doi 10.1088/2632-2153/ad612b, section 2.1: group and period of each hidden atom, distance bin of each edge
at a hidden atom from the sum of its two end vectors; for the contrastive task a projection of a crystal's mean
vector. The element itself is a third target of ours.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from typing import Any, Literal

import torch
from torch import Tensor, nn

from negnn_gui.graphs.batch import GraphBatch
from negnn_gui.graphs.build import MAX_ATOMIC_NUMBER
from negnn_gui.graphs.spec import GraphSpec
from negnn_gui.models.encoder import Hidden
from negnn_gui.models.features import N_GROUP_CLASSES, N_PERIOD_CLASSES
from negnn_gui.models.site_attention import SiteAttention

Distance = Literal["bins", "length", "both"]
_TYPICAL_LENGTH = 3.0  # Å, where an untrained head begins


@dataclass(frozen=True)
class SSLHeadsConfig:
    """Which targets there are and how deep the heads.

    Attributes
    ----------
    width : int
        Length of an atom's vector.
    hidden : int
        Units of the one hidden layer; 0 for linear heads, as published.
    element : bool
        Whether the element is a target.
    distance : "bins", "length" or "both"
        Whether a hidden edge's distance is asked for as a class, as published, as a number in Å, or as both.
    noise : bool
        Whether it is asked how far displaced atoms have changed the distances that can be seen.
    context : bool
        Whether the visible sites of the crystal are read beside a hidden atom's own vector (ours; not published).
    """

    width: int = 64
    hidden: int = 64
    element: bool = True
    distance: Distance = "bins"
    noise: bool = False
    context: bool = True

    def to_dict(self) -> dict[str, Any]:
        """JSON-ready form."""
        return asdict(self)

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> SSLHeadsConfig:
        """Inverse of :meth:`to_dict`."""
        return cls(**{"context": False, **data})


def distance_bins(distance: Tensor, spec: GraphSpec) -> Tensor:
    """Class (E,) of each distance: the nearest Gaussian centre, 41 classes for the default spec."""
    last = len(spec.centres) - 1
    return torch.round(distance / spec.gaussian_step).long().clamp(0, last)


class SSLHeads(nn.Module):
    """Logits of the hidden atoms' group, period and element, and of hidden edges' distance bins."""

    def __init__(self, config: SSLHeadsConfig, spec: GraphSpec) -> None:
        super().__init__()
        self.config = config
        if config.context:
            self.attention = SiteAttention(config.width)
        atoms = replace(config, width=(2 if config.context else 1) * config.width)
        self.group = _head(atoms, N_GROUP_CLASSES)
        self.period = _head(atoms, N_PERIOD_CLASSES)
        if config.distance != "length":
            self.distance = _head(config, len(spec.centres))
        if config.distance != "bins":
            self.length = _head(config, 1)
        if config.noise:
            self.noise = _head(replace(config, width=config.width + len(spec.centres)), 1)
        if config.element:
            self.element = _head(atoms, MAX_ATOMIC_NUMBER + 1)

    def hidden_atoms(self, levels: Tensor, batch: GraphBatch, hidden: Hidden) -> dict[str, Tensor]:
        """Logits by target name for the hidden atoms, in order, from ``levels`` (L, N, width)."""
        vectors = levels[-1][hidden.atoms].float()
        if self.config.context:
            vectors = torch.cat([vectors, self.attention(levels, batch, hidden.atoms)], dim=1)
        return self.atoms(vectors)

    def atoms(self, vectors: Tensor) -> dict[str, Tensor]:
        """Logits by target name for what is known of hidden atoms, (H, width or twice that)."""
        logits = {"group": self.group(vectors), "period": self.period(vectors)}
        if self.config.element:
            logits["element"] = self.element(vectors)
        return logits

    def edges(self, at_source: Tensor, at_target: Tensor) -> dict[str, Tensor]:
        """What is said of hidden edges from their two end vectors (E, width).

        "distance": logits (E, 41) of the bin; "length": distance (E,) in Å.
        """
        ends = at_source + at_target
        said: dict[str, Tensor] = {}
        if self.config.distance != "length":
            said["distance"] = self.distance(ends)
        if self.config.distance != "bins":
            said["length"] = _TYPICAL_LENGTH + self.length(ends)[:, 0]
        return said

    def displacement(self, at_source: Tensor, at_target: Tensor, gaussians: Tensor) -> Tensor:
        """(E,) change of a distance, in units of the noise; ``gaussians`` (E, G) are those of what is seen."""
        change: Tensor = self.noise(torch.cat([at_source + at_target, gaussians], dim=1))[:, 0]
        return change


class ProjectionHead(nn.Module):
    """Mean vectors (B, width) of crystals -> vectors (B, width) that the contrastive loss compares."""

    def __init__(self, width: int = 64) -> None:
        super().__init__()
        self.layers = nn.Sequential(nn.Linear(width, width), nn.ReLU(), nn.Linear(width, width))

    def forward(self, vectors: Tensor) -> Tensor:
        """Project."""
        projected: Tensor = self.layers(vectors)
        return projected


def _head(config: SSLHeadsConfig, classes: int) -> nn.Module:
    if config.hidden == 0:
        return nn.Linear(config.width, classes)
    return nn.Sequential(nn.Linear(config.width, config.hidden), nn.ReLU(), nn.Linear(config.hidden, classes))
