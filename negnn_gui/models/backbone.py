"""What message-passing backbones have in common: node vectors (N, input) -> atom vectors (N, size).

Every backbone reads the same graph and any node input, so a family differs from its NEGNN only in what stands at
its nodes.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

import torch
from torch import Tensor, nn

from negnn_gui.graphs.batch import GraphBatch
from negnn_gui.graphs.spec import GraphSpec
from negnn_gui.models.convolution import GaussianExpansion


@dataclass(frozen=True)
class BackboneConfig:
    """Family (a key of ``families.FAMILIES``), length of an atom's vector, rounds of messages."""

    family: str = "cgcnn"
    width: int = 64
    layers: int = 4

    def to_dict(self) -> dict[str, Any]:
        """JSON-ready form."""
        return asdict(self)

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> BackboneConfig:
        """Inverse of :meth:`to_dict`."""
        return cls(**data)


class Backbone(nn.Module, ABC):
    """What all families share: input layer, Gaussians, and the first vectors beside the last as output.

    Attributes
    ----------
    size : int
        Length of the atom vectors it gives: twice the width.
    """

    def __init__(self, config: BackboneConfig, spec: GraphSpec, node_size: int) -> None:
        super().__init__()
        self.expansion = GaussianExpansion(spec)
        self.input = nn.Linear(node_size, config.width)
        self.size = 2 * config.width

    def forward(self, nodes: Tensor, batch: GraphBatch) -> Tensor:
        """Node vectors (N, node_size) -> atom vectors (N, size)."""
        first = self.input(nodes)
        last = self.propagate(first, self.expansion(batch.distance), batch)
        return torch.cat([last, first], dim=1)

    @abstractmethod
    def propagate(self, vectors: Tensor, gaussians: Tensor, batch: GraphBatch) -> Tensor:
        """Vectors (N, width) after all rounds of messages, from the first ones and the edges' Gaussians (E, G)."""


def mean_at(values: Tensor, index: Tensor, n: int) -> Tensor:
    """(n, C) mean of the rows of ``values`` (M, C) that share an ``index`` (M,); zero where there is none."""
    total = values.new_zeros(n, values.shape[1]).index_add(0, index, values)
    count = torch.bincount(index, minlength=n).clamp(min=1).to(values.dtype)
    return total / count[:, None]
