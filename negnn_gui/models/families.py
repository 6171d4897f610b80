"""The paper's five families of graph networks, CGCNN, SchNet, MPNN, MEGNet and GCN, and the list of all.

They follow MatDeepLearn (Fung et al., npj Comput. Mater. 7 (2021) 84), which the paper trains, without its pooling,
since moments belong to atoms. SchNet, MPNN and GCN stand on torch-geometric's layers, which are imported when one
of them is first made: that takes seconds.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional

from negnn_gui.graphs.batch import GraphBatch
from negnn_gui.graphs.spec import GraphSpec
from negnn_gui.models.backbone import Backbone, BackboneConfig, mean_at
from negnn_gui.models.context import ContextBackbone
from negnn_gui.models.convolution import GatedConv
from negnn_gui.models.finetuned import FineTunedBackbone


class CGCNNBackbone(Backbone):
    """Gated convolutions with batch norm on the summed messages (Phys. Rev. Lett. 120 (2018) 145301)."""

    def __init__(self, config: BackboneConfig, spec: GraphSpec, node_size: int) -> None:
        super().__init__(config, spec, node_size)
        self.convolutions = nn.ModuleList(
            GatedConv(config.width, self.expansion.size) for _ in range(config.layers)
        )
        self.norms = nn.ModuleList(nn.BatchNorm1d(config.width) for _ in range(config.layers))

    def propagate(self, vectors: Tensor, gaussians: Tensor, batch: GraphBatch) -> Tensor:
        """Residual gated convolutions."""
        for convolution, norm in zip(self.convolutions, self.norms, strict=True):
            assert isinstance(convolution, GatedConv)
            messages = convolution.messages(vectors, gaussians, convolution.at_edge.weight, None, batch)
            vectors = functional.silu(vectors + norm(messages))
        return vectors


class SchNetBackbone(Backbone):
    """Continuous-filter convolutions (Schütt et al., J. Chem. Phys. 148 (2018) 241722)."""

    def __init__(self, config: BackboneConfig, spec: GraphSpec, node_size: int) -> None:
        from torch_geometric.nn.models.schnet import InteractionBlock

        super().__init__(config, spec, node_size)
        width, gaussians = config.width, self.expansion.size
        self.blocks = nn.ModuleList(
            InteractionBlock(width, gaussians, width, spec.cutoff) for _ in range(config.layers)
        )
        self.norms = nn.ModuleList(nn.BatchNorm1d(width) for _ in range(config.layers))

    def propagate(self, vectors: Tensor, gaussians: Tensor, batch: GraphBatch) -> Tensor:
        """Residual interaction blocks."""
        edges = torch.stack([batch.source, batch.target])
        for block, norm in zip(self.blocks, self.norms, strict=True):
            vectors = norm(vectors + block(vectors, edges, batch.distance, gaussians))
        return vectors


class MPNNBackbone(Backbone):
    """Messages through a matrix made from each edge, and a gated recurrent update (Gilmer et al., ICML 2017)."""

    def __init__(self, config: BackboneConfig, spec: GraphSpec, node_size: int) -> None:
        from torch_geometric.nn import NNConv

        super().__init__(config, spec, node_size)
        width = config.width
        made = [
            nn.Sequential(nn.Linear(self.expansion.size, width), nn.ReLU(), nn.Linear(width, width * width))
            for _ in range(config.layers)
        ]
        self.convolutions = nn.ModuleList(NNConv(width, width, matrix, aggr="mean") for matrix in made)
        self.norms = nn.ModuleList(nn.BatchNorm1d(width) for _ in range(config.layers))
        self.update = nn.GRUCell(width, width)

    def propagate(self, vectors: Tensor, gaussians: Tensor, batch: GraphBatch) -> Tensor:
        """Each round's mean message updates the state of the atom."""
        edges = torch.stack([batch.source, batch.target])
        for convolution, norm in zip(self.convolutions, self.norms, strict=True):
            message = functional.relu(norm(convolution(vectors, edges, gaussians)))
            vectors = self.update(message, vectors)
        return vectors


class GCNBackbone(Backbone):
    """Graph convolutions (Kipf and Welling, ICLR 2017) with edges weighted by how near the neighbour is."""

    _RANGE = 3.0  # Å; a neighbour that far counts 1/e of one at no distance

    def __init__(self, config: BackboneConfig, spec: GraphSpec, node_size: int) -> None:
        from torch_geometric.nn import GCNConv

        super().__init__(config, spec, node_size)
        self.convolutions = nn.ModuleList(
            GCNConv(config.width, config.width, add_self_loops=True) for _ in range(config.layers)
        )
        self.norms = nn.ModuleList(nn.BatchNorm1d(config.width) for _ in range(config.layers))

    def propagate(self, vectors: Tensor, gaussians: Tensor, batch: GraphBatch) -> Tensor:
        """Residual convolutions."""
        edges = torch.stack([batch.source, batch.target])
        weight = batch.weight * torch.exp(-batch.distance / self._RANGE)
        for convolution, norm in zip(self.convolutions, self.norms, strict=True):
            vectors = vectors + functional.relu(norm(convolution(vectors, edges, weight)))
        return vectors


class MEGNetBackbone(Backbone):
    """Updates of edges, atoms and the whole structure in turn (Chen et al., Chem. Mater. 31 (2019) 3564)."""

    def __init__(self, config: BackboneConfig, spec: GraphSpec, node_size: int) -> None:
        super().__init__(config, spec, node_size)
        width = config.width
        self.edge_input = _mlp(self.expansion.size, width)
        self.edge_updates = nn.ModuleList(_mlp(4 * width, width) for _ in range(config.layers))
        self.atom_updates = nn.ModuleList(_mlp(3 * width, width) for _ in range(config.layers))
        self.state_updates = nn.ModuleList(_mlp(3 * width, width) for _ in range(config.layers))
        self.norms = nn.ModuleList(nn.BatchNorm1d(width) for _ in range(config.layers))

    def propagate(self, vectors: Tensor, gaussians: Tensor, batch: GraphBatch) -> Tensor:
        """Residual blocks; means over incoming edges and over the structure."""
        edges = self.edge_input(gaussians)
        state = vectors.new_zeros(batch.n_structures, vectors.shape[1])
        of_edge = batch.structure[batch.target]
        blocks = zip(self.edge_updates, self.atom_updates, self.state_updates, self.norms, strict=True)
        for edge_update, atom_update, state_update, norm in blocks:
            ends = [vectors[batch.source], vectors[batch.target]]
            edges = edges + edge_update(torch.cat([*ends, edges, state[of_edge]], dim=1))
            arrived = mean_at(edges, batch.target, batch.n_atoms)
            atoms = atom_update(torch.cat([vectors, arrived, state[batch.structure]], dim=1))
            vectors = norm(vectors + atoms)
            parts = [
                mean_at(edges, of_edge, batch.n_structures),
                mean_at(vectors, batch.structure, batch.n_structures),
            ]
            state = state + state_update(torch.cat([*parts, state], dim=1))
        return vectors


def _mlp(inputs: int, width: int) -> nn.Sequential:
    return nn.Sequential(nn.Linear(inputs, width), nn.ReLU(), nn.Linear(width, width), nn.ReLU())


FAMILIES: dict[str, type[Backbone]] = {
    "cgcnn": CGCNNBackbone,
    "schnet": SchNetBackbone,
    "mpnn": MPNNBackbone,
    "megnet": MEGNetBackbone,
    "gcn": GCNBackbone,
    "flagship": ContextBackbone,
    "finetuned": FineTunedBackbone,
}


def make_backbone(config: BackboneConfig, spec: GraphSpec, node_size: int) -> Backbone:
    """The backbone a config names.

    Raises
    ------
    ValueError
        The family is unknown.
    """
    if config.family not in FAMILIES:
        raise ValueError(f"unknown backbone {config.family!r}; there are {', '.join(FAMILIES)}")
    return FAMILIES[config.family](config, spec, node_size)
