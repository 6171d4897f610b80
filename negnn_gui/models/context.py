"""The flagship's backbone: gated convolutions that also hear what the whole crystal is made of.

CGCNN's layers see some bonds far. Whether a calculation of the Materials Project carries a Hubbard U, and how much
charge is left for an atom, hangs on the whole composition: after every round each atom hears the mean vector of its
crystal, through a small network of which the last layer begins near zero. Means do not change in a supercell.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional

from negnn_gui.graphs.batch import GraphBatch
from negnn_gui.graphs.spec import GraphSpec
from negnn_gui.models.backbone import Backbone, BackboneConfig, mean_at
from negnn_gui.models.convolution import GatedConv


class ContextBackbone(Backbone):
    """Residual gated convolutions with batch norm, and a share of the crystal's mean after each of them.

    Its convolutions carry the names of :class:`~negnn_gui.models.families.CGCNNBackbone`, so that it can go on from
    that network's weights.
    """

    def __init__(self, config: BackboneConfig, spec: GraphSpec, node_size: int) -> None:
        super().__init__(config, spec, node_size)
        width = config.width
        self.convolutions = nn.ModuleList(GatedConv(width, self.expansion.size) for _ in range(config.layers))
        self.norms = nn.ModuleList(nn.BatchNorm1d(width) for _ in range(config.layers))
        self.contexts = nn.ModuleList(crystal_context(width) for _ in range(config.layers))

    def propagate(self, vectors: Tensor, gaussians: Tensor, batch: GraphBatch) -> Tensor:
        """Messages of the neighbours, then of the crystal."""
        for convolution, norm, context in zip(self.convolutions, self.norms, self.contexts, strict=True):
            assert isinstance(convolution, GatedConv)
            messages = convolution.messages(vectors, gaussians, convolution.at_edge.weight, None, batch)
            vectors = self.update(vectors, norm(messages))
            mean = mean_at(vectors, batch.structure, batch.n_structures)
            vectors = vectors + context(torch.cat([vectors, mean[batch.structure]], dim=1))
        return vectors

    def update(self, vectors: Tensor, messages: Tensor) -> Tensor:
        """Vectors (N, width) after messages of the same shape."""
        return functional.silu(vectors + messages)


def crystal_context(width: int) -> nn.Sequential:
    """What an atom makes of its vector and its crystal's mean, (N, 2 width) -> (N, width); nearly 0 at first."""
    last = nn.Linear(width, width)
    nn.init.normal_(last.weight, std=0.01)
    nn.init.zeros_(last.bias)
    return nn.Sequential(nn.Linear(2 * width, width), nn.SiLU(), last)
