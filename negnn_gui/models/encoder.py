"""The self-supervised crystal-graph encoder: one vector per atom and level.

Source: doi 10.1088/2632-2153/ad612b, section 2. Level 0 is the embedded element; level l has heard of everything up
to l bonds away. On top of the published node features the encoder may own a learned vector of each element, since
group and period alone cannot tell the lanthanides apart.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from typing import Any, Literal

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from negnn_gui.graphs.batch import GraphBatch
from negnn_gui.graphs.build import MAX_ATOMIC_NUMBER, GraphError
from negnn_gui.graphs.spec import GraphSpec
from negnn_gui.models.convolution import GatedConv, GaussianExpansion

Stream = Literal["activated", "residual"]


@dataclass(frozen=True)
class EncoderConfig:
    """Size of an encoder.

    Attributes
    ----------
    width : int
        Length of an atom's vector at each level.
    layers : int
        Number of convolutions; there are ``layers`` + 1 levels.
    element_vectors : bool
        Whether a learned vector of Z is added to the embedded element features.
    stream : "activated" or "residual"
        What a layer makes of the vectors and the sum of the messages: ReLU(norm(vectors + messages)) as published, or
        vectors + norm(messages), which a deep net learns faster; its last level is brought to one scale.
    """

    width: int = 64
    layers: int = 5
    element_vectors: bool = True
    stream: Stream = "residual"

    @property
    def levels(self) -> int:
        """Number of levels, the element's own included."""
        return self.layers + 1

    def to_dict(self) -> dict[str, Any]:
        """JSON-ready form."""
        return asdict(self)

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> EncoderConfig:
        """Inverse of :meth:`to_dict`."""
        return cls(**{"stream": "activated", **data})


@dataclass(frozen=True, eq=False)
class Hidden:
    """What is hidden from the encoder during pretraining: (N,) atoms and (E,) edges, both bool."""

    atoms: Tensor
    edges: Tensor


class CrystalGraphEncoder(nn.Module):
    """Graph batch -> embeddings (levels, N, width).

    Parameters
    ----------
    config : EncoderConfig
    spec : GraphSpec
        How the graphs it was made for are built.
    features : (104, F) float
        Row Z holds the features of element Z; stored with the weights.
    """

    def __init__(self, config: EncoderConfig, spec: GraphSpec, features: Tensor) -> None:
        super().__init__()
        self.config = config
        self.spec = spec
        self.register_buffer("element_features", features.clone().float())
        self._known = features.any(dim=1).numpy()
        self.expansion = GaussianExpansion(spec)
        self.node_embedding = nn.Linear(features.shape[1], config.width)
        self.edge_embedding = nn.Linear(self.expansion.size, config.width)
        if config.element_vectors:
            self.element_vectors = nn.Embedding(MAX_ATOMIC_NUMBER + 1, config.width)
            nn.init.normal_(self.element_vectors.weight, std=0.1)
        self.convolutions = nn.ModuleList(GatedConv(config.width, config.width) for _ in range(config.layers))
        self.norms = nn.ModuleList(nn.BatchNorm1d(config.width) for _ in range(config.layers))
        if config.stream == "residual":
            self.last_norm = nn.LayerNorm(config.width)

    def check_elements(self, atomic_numbers: NDArray[np.int64]) -> None:
        """Refuse elements that the encoder was given no features of.

        Raises
        ------
        GraphError
            Some of ``atomic_numbers`` (N,) are such; a published encoder knows none beyond Fm.
        """
        unknown = np.unique(atomic_numbers[~self._known[atomic_numbers]])
        if len(unknown):
            from pymatgen.core import Element

            symbols = ", ".join(Element.from_Z(int(z)).symbol for z in unknown)
            raise GraphError(f"the encoder has no features of {symbols}; choose another encoder")

    def forward(self, batch: GraphBatch, hidden: Hidden | None = None, up_to: int | None = None) -> Tensor:
        """Embeddings of all levels, or of levels 0 to ``up_to``.

        A hidden atom starts from a zero feature vector and a hidden edge from zero Gaussians. The weights of the
        edges at an atom with a hidden edge are evened out too, since a tied shell would show in them.
        """
        vectors = self._embed_elements(batch.atomic_numbers, hidden)
        gaussians = self.expansion(batch.distance)
        if hidden is not None:
            gaussians = gaussians * (~hidden.edges)[:, None]
            batch = _even_weights(batch, hidden)
        levels = [vectors]
        last = self.config.layers if up_to is None else up_to
        for index in range(last):
            convolution, norm = self.convolutions[index], self.norms[index]
            assert isinstance(convolution, GatedConv)
            messages = self._messages(convolution, vectors, gaussians, batch)
            at_end = index == self.config.layers - 1
            if self.config.stream == "residual":
                vectors = vectors + norm(messages)
                levels.append(self.last_norm(vectors) if at_end else vectors)
            else:
                vectors = norm(vectors + messages)
                vectors = vectors if at_end else torch.relu(vectors)
                levels.append(vectors)
        return torch.stack(levels)

    def _messages(
        self, convolution: GatedConv, vectors: Tensor, gaussians: Tensor, batch: GraphBatch
    ) -> Tensor:
        weight = convolution.at_edge.weight
        if self.spec.exact:
            # Rounded as published: the last level of those checkpoints blows rounding errors up to 1e-4.
            return convolution.messages(vectors, self.edge_embedding(gaussians), weight, None, batch)
        # Two linear maps in a row are one: composing them saves a (E, 64) x (64, 128) product per layer.
        composed, bias = weight @ self.edge_embedding.weight, weight @ self.edge_embedding.bias
        return convolution.messages(vectors, gaussians, composed, bias, batch)

    def _embed_elements(self, numbers: Tensor, hidden: Hidden | None) -> Tensor:
        features = self.get_buffer("element_features")[numbers]
        if hidden is not None:
            features = features * (~hidden.atoms)[:, None]
        vectors: Tensor = self.node_embedding(features)
        if self.config.element_vectors:
            own = self.element_vectors(numbers)
            if hidden is not None:
                own = own * (~hidden.atoms)[:, None]
            vectors = vectors + own
        return vectors


def _even_weights(batch: GraphBatch, hidden: Hidden) -> GraphBatch:
    total = torch.segment_reduce(batch.weight, "sum", lengths=batch.degree, unsafe=True, initial=0.0)
    touched = torch.zeros_like(batch.degree, dtype=torch.bool)
    touched[batch.target[hidden.edges]] = True
    even = total / batch.degree.clamp(min=1)
    weight = torch.where(touched[batch.target], even[batch.target], batch.weight)
    return replace(batch, weight=weight)
