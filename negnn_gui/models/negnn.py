"""NEGNN: a graph network whose nodes carry the frozen self-supervised embedding, with quantile heads for abs(m).

Source: doi 10.1088/2632-2153/ad612b, section 2.3. The quantile heads are ours: DFT moments are multi-valued (high
or low spin, this or that order), so a single number with a symmetric error would mislead.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional

from negnn_gui.graphs.batch import GraphBatch
from negnn_gui.graphs.build import MAX_ATOMIC_NUMBER
from negnn_gui.graphs.spec import GraphSpec
from negnn_gui.models.backbone import BackboneConfig
from negnn_gui.models.encoder import CrystalGraphEncoder
from negnn_gui.models.families import make_backbone
from negnn_gui.models.nodes import NodeInput, NodesConfig

QUANTILES = (0.05, 0.125, 0.25, 0.375, 0.5, 0.625, 0.75, 0.875, 0.95)
MEDIAN = QUANTILES.index(0.5)
DFT, EXPERIMENTAL = "dft", "experimental"
_SMALL_DATA_DROPOUT = 0.2


@dataclass(frozen=True)
class MomentConfig:
    """Nodes, backbone and heads of a moment model."""

    nodes: NodesConfig = field(default_factory=NodesConfig)
    backbone: BackboneConfig = field(default_factory=BackboneConfig)
    heads: tuple[str, ...] = (DFT,)

    def to_dict(self) -> dict[str, Any]:
        """JSON-ready form."""
        return {
            "nodes": self.nodes.to_dict(),
            "backbone": self.backbone.to_dict(),
            "heads": list(self.heads),
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
        )


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
        median = raw[:, MEDIAN : MEDIAN + 1]
        steps = functional.softplus(raw - 3.0)
        below = median - torch.cumsum(steps[:, :MEDIAN].flip(1), dim=1).flip(1)
        above = median + torch.cumsum(steps[:, MEDIAN + 1 :], dim=1)
        return torch.cat([below, median, above], dim=1)


class ElementQuantileHead(QuantileHead):
    """A quantile head that reads the element beside the vectors.

    For small data on a frozen backbone: the DFT labels that trained the backbone have no moments of most rare
    earths, so its vectors hardly tell them apart.
    """

    def __init__(self, size: int) -> None:
        super().__init__(size + MAX_ATOMIC_NUMBER + 1, dropout=_SMALL_DATA_DROPOUT)

    def forward(self, vectors: Tensor, atomic_numbers: Tensor | None = None) -> Tensor:
        """Quantiles of atoms of the elements ``atomic_numbers`` (N,)."""
        assert atomic_numbers is not None
        element = functional.one_hot(atomic_numbers, MAX_ATOMIC_NUMBER + 1).to(vectors.dtype)
        return super().forward(torch.cat([vectors, element], dim=1))


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
        self.heads = nn.ModuleDict(
            {
                name: QuantileHead(self.backbone.size)
                if name == DFT
                else ElementQuantileHead(self.backbone.size)
                for name in config.heads
            }
        )

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
        """Atom vectors (N, F) that the heads read."""
        vectors: Tensor = self.backbone(self.nodes(embeddings, batch), batch)
        return vectors

    def forward(self, batch: GraphBatch, embeddings: Tensor | None = None) -> dict[str, Tensor]:
        """Quantiles (N, Q) in μB by head; ``embeddings`` saves computing them again."""
        vectors = self.features(self.embed(batch) if embeddings is None else embeddings, batch)
        return {name: head(vectors, batch.atomic_numbers) for name, head in self.heads.items()}

    def move_encoder(self, device: torch.device | str) -> None:
        """Take the encoder along to a device (``to`` does not see it)."""
        if self.encoder is not None:
            self.encoder.to(device)


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
