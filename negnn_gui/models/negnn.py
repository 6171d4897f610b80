"""NEGNN: a graph network whose nodes carry the frozen self-supervised embedding, with quantile heads for abs(m).

Source: doi 10.1088/2632-2153/ad612b, section 2.3.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import torch
from torch import Tensor, nn

from negnn_gui.graphs.batch import GraphBatch
from negnn_gui.graphs.spec import GraphSpec
from negnn_gui.models.backbone import BackboneConfig
from negnn_gui.models.encoder import CrystalGraphEncoder
from negnn_gui.models.families import make_backbone
from negnn_gui.models.mode_head import ModeHead
from negnn_gui.models.nodes import NodeInput, NodesConfig
from negnn_gui.models.quantile_heads import MEDIAN as MEDIAN
from negnn_gui.models.quantile_heads import QUANTILES as QUANTILES
from negnn_gui.models.quantile_heads import QuantileHead
from negnn_gui.models.quantile_heads import pinball_loss as pinball_loss
from negnn_gui.models.small_data_head import SmallDataHead

DFT, EXPERIMENTAL = "dft", "experimental"


@dataclass(frozen=True)
class MomentConfig:
    """Nodes, backbone and heads of a moment model.

    Attributes
    ----------
    members : int
        Members of the :class:`SmallDataHead` that the experimental head is, on a backbone that the DFT labels made;
        0 for a head that is trained together with its backbone.
    modes : bool
        Whether the DFT head has spin states told apart beside it.
    more : tuple of BackboneConfig
        Further networks on the same nodes, trained apart: the DFT quantiles are the mean of all. Spin states and the
        heads for small data read the first network alone.
    """

    nodes: NodesConfig = field(default_factory=NodesConfig)
    backbone: BackboneConfig = field(default_factory=BackboneConfig)
    heads: tuple[str, ...] = (DFT,)
    members: int = 0
    modes: bool = False
    more: tuple[BackboneConfig, ...] = ()

    def to_dict(self) -> dict[str, Any]:
        """JSON-ready form."""
        return {
            "nodes": self.nodes.to_dict(),
            "backbone": self.backbone.to_dict(),
            "heads": list(self.heads),
            "members": self.members,
            "modes": self.modes,
            "more": [backbone.to_dict() for backbone in self.more],
            "quantiles": list(QUANTILES),
        }

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> MomentConfig:
        """Inverse of :meth:`to_dict`."""
        if tuple(data["quantiles"]) != QUANTILES:
            raise ValueError(f"quantiles other than {QUANTILES} are not supported")
        return cls(
            NodesConfig.from_dict(data["nodes"]),
            BackboneConfig.from_dict(data["backbone"]),
            tuple(data["heads"]),
            int(data.get("members", 0)),
            bool(data.get("modes", False)),
            tuple(BackboneConfig.from_dict(backbone) for backbone in data.get("more", [])),
        )


class MomentModel(nn.Module):
    """Frozen encoder, NEGNN backbone and one quantile head per kind of moment."""

    def __init__(self, config: MomentConfig, spec: GraphSpec, encoder: CrystalGraphEncoder | None) -> None:
        super().__init__()
        self.config = config
        self.spec = spec
        # a list hides the encoder from parameters() and state_dict(): it is frozen and has its own checkpoint
        self._encoder = [encoder.eval().requires_grad_(False)] if encoder is not None else []
        self.nodes = NodeInput(config.nodes, encoder)
        self.backbone = make_backbone(config.backbone, spec, self.nodes.size)
        self.heads = nn.ModuleDict({name: self._head(name) for name in config.heads})
        self.modes = ModeHead(self.backbone.size) if config.modes else None
        self.others = nn.ModuleList(make_backbone(own, spec, self.nodes.size) for own in config.more)
        self.other_heads = nn.ModuleList(QuantileHead(2 * own.width) for own in config.more)

    def _head(self, name: str) -> nn.Module:
        size = self.backbone.size
        if name == DFT or not self.config.members:
            return QuantileHead(size)
        return SmallDataHead(size + self._context_size(), self.config.members)

    def _context_size(self) -> int:
        return self.encoder.config.width if self.encoder is not None and len(self.nodes.levels) else 0

    @property
    def encoder(self) -> CrystalGraphEncoder | None:
        """The frozen encoder, if the nodes need one."""
        return self._encoder[0] if self._encoder else None

    def embed(self, batch: GraphBatch) -> Tensor | None:
        """Embeddings of the levels that the nodes need, without gradients."""
        if self.encoder is None or not self.nodes.levels:
            return None
        with torch.no_grad():
            embeddings: Tensor = self.encoder(batch, up_to=self.nodes.highest_level)
        return embeddings

    def features(self, embeddings: Tensor | None, batch: GraphBatch) -> Tensor:
        """Atom vectors (N, F) that the DFT head reads."""
        vectors: Tensor = self.backbone(self.nodes(embeddings, batch), batch)
        return vectors

    def small_data_features(self, vectors: Tensor, embeddings: Tensor | None) -> Tensor:
        """What a :class:`SmallDataHead` reads: those vectors, and the highest level of the nodes beside them.

        The DFT labels that made the vectors know nothing of most rare earths; the embedding does.
        """
        if embeddings is None or not self._context_size():
            return vectors
        return torch.cat([vectors, embeddings[self.nodes.highest_level]], dim=1)

    def forward(self, batch: GraphBatch, embeddings: Tensor | None = None) -> dict[str, Tensor]:
        """Quantiles (N, Q) in μB by head; ``embeddings`` saves computing them again.

        Where the model has them, ``dft_modes`` (N, K, 2) are the spin states of the DFT head: place in μB, weight.
        """
        known = self.embed(batch) if embeddings is None else embeddings
        nodes = self.nodes(known, batch)
        vectors = self.backbone(nodes, batch)
        answers = {
            name: head(
                self.small_data_features(vectors, known) if isinstance(head, SmallDataHead) else vectors,
                batch.atomic_numbers,
            )
            for name, head in self.heads.items()
        }
        if self.config.more:
            further = [
                head(other(nodes, batch)) for other, head in zip(self.others, self.other_heads, strict=True)
            ]
            answers[DFT] = torch.stack([answers[DFT], *further]).mean(dim=0)
        if self.modes is not None:
            answers[f"{DFT}_modes"] = self.modes(vectors)
        return answers

    def move_encoder(self, device: torch.device | str) -> None:
        """Take the encoder along to a device (``to`` does not see it)."""
        if self.encoder is not None:
            self.encoder.to(device)
