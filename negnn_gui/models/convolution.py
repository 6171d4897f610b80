"""Gated convolution on a crystal graph, and the expansion of its distances.

CGCNN's layer (Xie and Grossman, Phys. Rev. Lett. 120 (2018) 145301, eq. 5), as ``CGConv`` of torch-geometric: for
each edge j -> i with z = [v_i, v_j, u_ij],

    v_i  <-  v_i + sum_j w_ij sigmoid(z W_f + b_f) * softplus(z W_s + b_s).

The product with z is split into its three parts, so that the two node parts are computed once per atom instead of
once per edge; w_ij is the weight of a tied neighbour (1 elsewhere).
"""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional

from negnn_gui.graphs.batch import GraphBatch
from negnn_gui.graphs.spec import GraphSpec

_LARGEST_EXPONENT = 87.0


class GaussianExpansion(nn.Module):
    """Distances (E,) in Å -> Gaussians (E, G): exp(-(d - centre)^2 / width^2)."""

    def __init__(self, spec: GraphSpec) -> None:
        super().__init__()
        self.register_buffer("centres", torch.from_numpy(spec.centres), persistent=False)
        self.width = spec.gaussian_width
        self.step = spec.gaussian_step

    @property
    def size(self) -> int:
        """Number of Gaussians G (41 for the default spec)."""
        return int(self.get_buffer("centres").shape[0])

    def forward(self, distance: Tensor) -> Tensor:
        """Expand distances."""
        if distance.dtype == torch.float64:
            centres = torch.arange(self.size, dtype=torch.float64, device=distance.device) * self.step
        else:
            centres = self.get_buffer("centres")
        scaled = ((distance[:, None] - centres) / self.width).square()
        if scaled.dtype == torch.float32:
            # Below this a float32 has no full digits left; computing such numbers takes six times as long.
            scaled = scaled.clamp(max=_LARGEST_EXPONENT)
        return torch.exp(-scaled).float()


def sum_at_targets(messages: Tensor, batch: GraphBatch) -> Tensor:
    """Weighted sum (N, C) of messages (E, C) at the atoms they arrive at; 0 where none arrives.

    Edges are sorted by target, so on CUDA this is a reduction over segments: deterministic, unlike a scatter. A CPU
    adds up one edge after the other, which gives the same bits and is faster.
    """
    weighted = messages * batch.weight[:, None]  # float32 also under mixed precision
    if weighted.device.type == "cuda":
        return torch.segment_reduce(weighted, "sum", lengths=batch.degree, axis=0, unsafe=True, initial=0.0)
    out = torch.zeros(batch.n_atoms, weighted.shape[1], dtype=weighted.dtype, device=weighted.device)
    return out.index_add(0, batch.target, weighted)


class GatedConv(nn.Module):
    """One gated convolution on vectors (N, ``width``) with edge features (E, ``edge_width``)."""

    def __init__(self, width: int, edge_width: int) -> None:
        super().__init__()
        # first half of the outputs is the gate (f), second half the message (s)
        self.at_target = nn.Linear(width, 2 * width)
        self.at_source = nn.Linear(width, 2 * width, bias=False)
        self.at_edge = nn.Linear(edge_width, 2 * width, bias=False)

    def forward(self, vectors: Tensor, edge_features: Tensor, batch: GraphBatch) -> Tensor:
        """Vectors after one round of messages, before any normalisation."""
        return vectors + self.messages(vectors, edge_features, self.at_edge.weight, None, batch)

    def messages(
        self,
        vectors: Tensor,
        edge_features: Tensor,
        edge_weight: Tensor,
        edge_bias: Tensor | None,
        batch: GraphBatch,
    ) -> Tensor:
        """Sum of the messages at each atom.

        ``edge_weight`` (2 width, F) and ``edge_bias`` (2 width,) map the edge features (E, F) to the edges' share
        of the product; they are arguments so that a caller can compose them with a map of its own.
        """
        at_target = self.at_target(vectors)
        if edge_bias is not None:
            at_target = at_target + edge_bias
        # One array of (E, 2 width) is made and added to in place: allocating more of them is what costs.
        z = self.at_source(vectors).index_select(0, batch.source)
        if z.dtype == edge_features.dtype:
            z.addmm_(edge_features, edge_weight.t())
        else:  # mixed precision
            z = torch.addmm(z, edge_features, edge_weight.t())
        z += at_target.index_select(0, batch.target)
        gate, message = z.chunk(2, dim=1)
        return sum_at_targets(torch.sigmoid(gate) * functional.softplus(message), batch)
