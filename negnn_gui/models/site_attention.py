"""What the visible sites of a crystal say about a hidden one: attention over the crystal, for self-supervision alone.

Most hidden sites are occupied by an element that is seen elsewhere in the same crystal, often at an equivalent site.
A vector of one site cannot list what the others hold; attention (Vaswani et al., arXiv 1706.03762) from the hidden
site to the visible ones of its crystal can, and teaches the encoder to make like sites alike. It belongs to the
heads: an embedding still knows nothing beyond its level's range.
"""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn

from negnn_gui.graphs.batch import GraphBatch


class SiteAttention(nn.Module):
    """Hidden atoms of a batch -> (H, ``width``): what is read from the visible atoms of their crystals."""

    def __init__(self, width: int, heads: int = 4) -> None:
        super().__init__()
        self.heads = heads
        self.query = nn.Linear(width, width)
        self.key = nn.Linear(width, width)
        self.value = nn.Linear(2 * width, width)

    def forward(self, levels: Tensor, batch: GraphBatch, hidden: Tensor) -> Tensor:
        """Read for the ``hidden`` (N,) bool atoms, in order, from ``levels`` (L, N, width).

        The last level is compared; the elements (level 0) and the last level are read. Zero where a crystal has no
        visible atom.
        """
        last = levels[-1].float()
        asking, (pair, seen) = hidden.nonzero()[:, 0], _pairs(batch, hidden)
        count, split = len(asking), (-1, self.heads, last.shape[1] // self.heads)
        queries, keys = self.query(last[asking]).float().view(split), self.key(last).float().view(split)
        values = self.value(torch.cat([levels[0].float(), last], dim=1)).float().view(split)
        score = (queries[pair] * keys[seen]).sum(dim=2) / math.sqrt(split[2])
        highest = torch.full((count, self.heads), -torch.inf, device=score.device)
        highest = highest.scatter_reduce(0, pair[:, None].expand_as(score), score.detach(), "amax")
        weight = torch.exp(score - highest[pair])
        total = torch.zeros_like(queries[:, :, 0]).index_add(0, pair, weight)
        read = torch.zeros_like(queries).index_add(0, pair, weight[:, :, None] * values[seen])
        return (read / total.clamp(min=1e-9)[:, :, None]).flatten(start_dim=1)


def _pairs(batch: GraphBatch, hidden: Tensor) -> tuple[Tensor, Tensor]:
    """Every (hidden atom, visible atom) of one crystal: (P,) positions among the hidden ones, (P,) atoms."""
    of = batch.structure
    seen, of_asking = (~hidden).nonzero()[:, 0], of[hidden]
    number = torch.bincount(of[seen], minlength=batch.n_structures)
    begin = torch.cumsum(number, 0) - number
    each = number[of_asking]
    pair = torch.arange(len(each), device=of.device).repeat_interleave(each)
    before = torch.cumsum(each, 0) - each
    place = torch.arange(len(pair), device=of.device) - before[pair] + begin[of_asking][pair]
    return pair, seen[place]
