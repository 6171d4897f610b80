"""One number for every site or for every structure, from any family and any node input.

What the published comparison trains: the same network once from the element and once from the frozen
representation (doi 10.1088/2632-2153/ad612b, section 2.3). Moment models with intervals are in
:mod:`negnn_gui.models.negnn`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

import torch
from torch import Tensor, nn

from negnn_gui.graphs.batch import GraphBatch
from negnn_gui.graphs.spec import GraphSpec
from negnn_gui.models.backbone import BackboneConfig, mean_at
from negnn_gui.models.encoder import CrystalGraphEncoder
from negnn_gui.models.families import make_backbone
from negnn_gui.models.nodes import NodeInput, NodesConfig

Of = Literal["site", "structure"]


@dataclass(frozen=True)
class PropertyConfig:
    """Nodes, backbone, and whether the number belongs to a site or to a structure."""

    nodes: NodesConfig = field(default_factory=NodesConfig)
    backbone: BackboneConfig = field(default_factory=BackboneConfig)
    of: Of = "site"

    def to_dict(self) -> dict[str, Any]:
        """JSON-ready form."""
        return {"nodes": self.nodes.to_dict(), "backbone": self.backbone.to_dict(), "of": self.of}

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> PropertyConfig:
        """Inverse of :meth:`to_dict`."""
        return cls(
            NodesConfig.from_dict(data["nodes"]), BackboneConfig.from_dict(data["backbone"]), data["of"]
        )


class SiteHead(nn.Module):
    """Atom vectors (N, size) -> one number an atom (N,)."""

    def __init__(self, size: int, hidden: int = 64) -> None:
        super().__init__()
        self.layers = nn.Sequential(nn.Linear(size, hidden), nn.SiLU(), nn.Linear(hidden, 1))

    def forward(self, vectors: Tensor, batch: GraphBatch) -> Tensor:
        """Numbers of the atoms."""
        out: Tensor = self.layers(vectors)
        return out[:, 0]


class StructureHead(nn.Module):
    """Atom vectors (N, size) -> their mean in each structure -> one number a structure (B,).

    The mean makes the number intensive: a supercell has that of its cell.
    """

    def __init__(self, size: int, hidden: int = 64) -> None:
        super().__init__()
        self.layers = nn.Sequential(nn.Linear(size, hidden), nn.SiLU(), nn.Linear(hidden, 1))

    def forward(self, vectors: Tensor, batch: GraphBatch) -> Tensor:
        """Numbers of the structures."""
        out: Tensor = self.layers(mean_at(vectors, batch.structure, batch.n_structures))
        return out[:, 0]


class PropertyModel(nn.Module):
    """Node input, backbone and head; the frozen embeddings are handed in, so they are computed only once.

    Parameters
    ----------
    spec : GraphSpec
        Of the graphs that the backbone reads. It may differ from the encoder's, whose embeddings belong to atoms.
    encoder : CrystalGraphEncoder or None
        Tells the sizes of the embeddings; None where the nodes hold no levels.
    """

    def __init__(self, config: PropertyConfig, spec: GraphSpec, encoder: CrystalGraphEncoder | None) -> None:
        super().__init__()
        self.config = config
        self.nodes = NodeInput(config.nodes, encoder)
        self.backbone = make_backbone(config.backbone, spec, self.nodes.size)
        head = SiteHead if config.of == "site" else StructureHead
        self.head = head(self.backbone.size)

    def forward(self, batch: GraphBatch, embeddings: Tensor | None = None) -> Tensor:
        """(N,) or (B,) numbers; ``embeddings`` (levels, N, width) as the encoder gave them for the same atoms."""
        vectors = self.backbone(self.nodes(embeddings, batch), batch)
        numbers: Tensor = self.head(vectors, batch)
        return numbers


def embedded(model: PropertyModel, encoder: CrystalGraphEncoder | None, batch: GraphBatch) -> Tensor | None:
    """The frozen embeddings of the levels that a model's nodes hold, without gradients; None where they hold none."""
    if encoder is None or not model.nodes.levels:
        return None
    with torch.no_grad():
        vectors: Tensor = encoder(batch, up_to=model.nodes.highest_level)
    return vectors
