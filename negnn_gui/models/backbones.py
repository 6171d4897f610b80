"""Message-passing backbones: node vectors (N, input) -> atom vectors (N, width).

Every backbone reads the same graph and any node input, so a family differs from its NEGNN only in what stands at
its nodes.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional

from negnn_gui.graphs.batch import GraphBatch
from negnn_gui.graphs.spec import GraphSpec
from negnn_gui.models.convolution import GatedConv, GaussianExpansion


@dataclass(frozen=True)
class BackboneConfig:
    """Family and size of a backbone."""

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


class CGCNNBackbone(nn.Module):
    """Gated convolutions with batch norm on the summed messages (Phys. Rev. Lett. 120 (2018) 145301)."""

    def __init__(self, config: BackboneConfig, spec: GraphSpec, node_size: int) -> None:
        super().__init__()
        self.expansion = GaussianExpansion(spec)
        self.input = nn.Linear(node_size, config.width)
        self.convolutions = nn.ModuleList(
            GatedConv(config.width, self.expansion.size) for _ in range(config.layers)
        )
        self.norms = nn.ModuleList(nn.BatchNorm1d(config.width) for _ in range(config.layers))
        self.size = 2 * config.width

    def forward(self, nodes: Tensor, batch: GraphBatch) -> Tensor:
        """Atom vectors (N, 2 width): after the last convolution, beside those before the first."""
        gaussians = self.expansion(batch.distance)
        first = self.input(nodes)
        vectors = first
        for convolution, norm in zip(self.convolutions, self.norms, strict=True):
            assert isinstance(convolution, GatedConv)
            messages = convolution.messages(vectors, gaussians, convolution.at_edge.weight, None, batch)
            vectors = functional.silu(vectors + norm(messages))
        return torch.cat([vectors, first], dim=1)


FAMILIES: dict[str, type[CGCNNBackbone]] = {"cgcnn": CGCNNBackbone}


def make_backbone(config: BackboneConfig, spec: GraphSpec, node_size: int) -> CGCNNBackbone:
    """The backbone a config names.

    Raises
    ------
    ValueError
        The family is unknown.
    """
    if config.family not in FAMILIES:
        raise ValueError(f"unknown backbone {config.family!r}; there are {', '.join(FAMILIES)}")
    return FAMILIES[config.family](config, spec, node_size)
