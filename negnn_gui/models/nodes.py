"""What a NEGNN reads at its nodes: frozen embeddings of chosen levels, the element one-hot, or its 92 features.

Source: doi 10.1088/2632-2153/ad612b, section 2.3 (node embedding graph neural networks).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional

from negnn_gui.graphs.batch import GraphBatch
from negnn_gui.graphs.build import MAX_ATOMIC_NUMBER
from negnn_gui.models.encoder import CrystalGraphEncoder
from negnn_gui.models.features import N_FEATURES, element_features
from negnn_gui.results import parse_levels

_LEAST_SPREAD = 1e-3  # of a number that is the same at all training sites


@dataclass(frozen=True)
class NodesConfig:
    """Choice of node input.

    Attributes
    ----------
    levels : str
        Levels of the encoder side by side, such as "01"; empty for none.
    one_hot : bool
        Whether the element one-hot (104 numbers) stands beside them.
    features : bool
        Whether the 92 element features of :mod:`negnn_gui.models.features`, CGCNN's choice, do so.
    standardised : bool
        Whether each number of the embeddings is centred and divided by its spread at the training sites, and by the
        root of how many they are. A site's embeddings are then on average as long as its one-hot: unscaled they are
        about ten times longer, and few labels are spent on unlearning that.
    """

    levels: str = "01"
    one_hot: bool = True
    features: bool = False
    standardised: bool = False

    def __post_init__(self) -> None:
        if not self.levels and not self.one_hot and not self.features:
            raise ValueError(
                "a model needs embeddings, the element one-hot or the element features at its nodes"
            )

    @property
    def name(self) -> str:
        """Such as "01+one-hot", "features" or "one-hot"; the inverse of :meth:`parse`."""
        parts = [self.levels] if self.levels else []
        return "+".join(parts + ["one-hot"] * self.one_hot + ["features"] * self.features)

    @classmethod
    def parse(cls, text: str) -> NodesConfig:
        """The choice written as levels, "one-hot" and "features" joined by "+".

        Raises
        ------
        ValueError
            Anything else.
        """
        parts = text.split("+")
        levels = [part for part in parts if part not in ("one-hot", "features")]
        if len(set(parts)) != len(parts) or len(levels) > 1 or not all(part.isdigit() for part in levels):
            raise ValueError(
                f"nodes are levels such as 01, one-hot, features, or several such as 01+one-hot, not {text!r}"
            )
        return cls("".join(levels), "one-hot" in parts, "features" in parts)

    def to_dict(self) -> dict[str, Any]:
        """JSON-ready form."""
        return asdict(self)

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> NodesConfig:
        """Inverse of :meth:`to_dict`."""
        return cls(**data)


class NodeInput(nn.Module):
    """Embeddings (levels, N, width) and atomic numbers -> node vectors (N, ``size``)."""

    def __init__(self, config: NodesConfig, encoder: CrystalGraphEncoder | None) -> None:
        super().__init__()
        if config.levels and encoder is None:
            raise ValueError("levels are asked for without an encoder")
        self.config = config
        self.levels: list[int] = []
        self.size = MAX_ATOMIC_NUMBER + 1 if config.one_hot else 0
        if config.features:
            # not stored: it is a property of the elements, the same in every release
            table = torch.from_numpy(element_features().copy())
            self.register_buffer("element_table", table, persistent=False)
            self.size += N_FEATURES
        if encoder is not None and config.levels:
            self.levels = parse_levels(config.levels, encoder.config.levels)
            width = encoder.config.width * len(self.levels)
            self.size += width
            if config.standardised:
                self.register_buffer("centre", torch.zeros(width))
                self.register_buffer("spread", torch.ones(width))

    @property
    def highest_level(self) -> int:
        """The encoder need not be run beyond this level."""
        return max(self.levels, default=0)

    @torch.no_grad()
    def standardise(self, embeddings: Tensor) -> None:
        """Take centre and spread from embeddings (levels, N, width) of training sites.

        Raises
        ------
        ValueError
            The nodes are not to be standardised, or hold no levels.
        """
        if not self.config.standardised or not self.levels:
            raise ValueError("these nodes hold no embeddings that are standardised")
        vectors = self._levels_of(embeddings).double()
        centre, spread = vectors.mean(dim=0), vectors.std(dim=0, correction=0)
        self.get_buffer("centre").copy_(centre)
        self.get_buffer("spread").copy_(spread.clamp(min=_LEAST_SPREAD) * vectors.shape[1] ** 0.5)

    def _levels_of(self, embeddings: Tensor) -> Tensor:
        return torch.cat([embeddings[level] for level in self.levels], dim=1)

    def forward(self, embeddings: Tensor | None, batch: GraphBatch) -> Tensor:
        """Node vectors of a batch."""
        parts = []
        if embeddings is not None and self.levels:
            vectors = self._levels_of(embeddings)
            if self.config.standardised:
                vectors = (vectors - self.get_buffer("centre")) / self.get_buffer("spread")
            parts.append(vectors)
        if self.config.one_hot:
            parts.append(functional.one_hot(batch.atomic_numbers, MAX_ATOMIC_NUMBER + 1).float())
        if self.config.features:
            parts.append(self.get_buffer("element_table")[batch.atomic_numbers])
        return torch.cat(parts, dim=1)
