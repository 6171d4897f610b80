"""Supercell views of crystal graphs, made from the graphs themselves.

The graph of a supercell is a covering of the graph of its cell: every atom stands there once per cell, and an edge
that ends n cells away starts in the replica n cells on. Atoms of an unmasked supercell therefore carry the vectors
of the cell; a view differs through its mask, which hides single replicas of an atom instead of all its images.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from negnn_gui.graphs.batch import GraphBatch
from negnn_gui.training.graph_store import GraphStore
from negnn_gui.training.runs import GraphDataset
from negnn_gui.training.tables import ranges

IntArray = NDArray[np.int64]

_ENOUGH_ATOMS = 10  # in a supercell, so that a fifth of them is two or more


class ViewDataset(GraphDataset):
    """Two supercells of each structure as one batch: structure i is paired with structure i + half of them.

    The axes along which a cell is doubled are drawn anew for every batch, by ``seed`` and the structures in it.
    """

    def __init__(self, store: GraphStore, images: NDArray[np.int8], seed: int) -> None:
        super().__init__(store)
        self.images = images
        self.seed = seed

    def __getitem__(self, graphs: Any) -> tuple[GraphBatch, dict[str, torch.Tensor]]:
        twice = np.concatenate([graphs, graphs])
        random = np.random.default_rng([self.seed, *graphs])
        return supercells(self.store, self.images, twice, draw_factors(self.store.sizes[twice], random)), {}


def draw_factors(sizes: IntArray, random: np.random.Generator) -> IntArray:
    """(B, 3) factors 1 or 2 along a, b and c for cells of ``sizes`` (B,) atoms.

    A cell is doubled along one axis, or along as many of the three as it takes to hold ten atoms.
    """
    needed = np.ceil(np.log2(_ENOUGH_ATOMS / sizes)).astype(np.int64)
    doublings = np.clip(needed, 1, 3)
    rank = random.random((len(sizes), 3)).argsort(axis=1).argsort(axis=1)
    return np.where(rank < doublings[:, None], 2, 1)


def supercells(
    store: GraphStore, images: NDArray[np.int8], graphs: IntArray, factors: IntArray
) -> GraphBatch:
    """The graphs ``graphs`` (B,) of a store, repeated ``factors`` (B, 3) times, as one batch of B structures.

    Replica after replica, each with its atoms in the order of the cell. ``images`` (E, 3) tells in which cell,
    seen from its target, each of the store's edges starts.
    """
    copies = factors.prod(axis=1)
    structure = np.repeat(np.arange(len(graphs)), copies)  # of each replica
    cell = np.arange(len(structure)) - np.repeat(np.cumsum(copies) - copies, copies)
    apart = store.batch(graphs[structure])
    n_edges = np.diff(store.edge_start)[graphs[structure]]
    replica = np.repeat(np.arange(len(structure)), n_edges)  # of each edge's target
    edges = ranges(store.edge_start[graphs[structure]], n_edges)
    _, n_b, n_c = factors[structure].T
    place = np.stack([cell // (n_b * n_c), cell // n_c % n_b, cell % n_c], axis=1)
    begin = (place[replica] + images[edges]) % factors[structure][replica]
    begins_in = (begin[:, 0] * n_b[replica] + begin[:, 1]) * n_c[replica] + begin[:, 2]
    sizes = store.sizes[graphs[structure]]
    source = apart.source.numpy() + (begins_in - cell[replica]) * sizes[replica]
    return replace(
        apart,
        source=torch.from_numpy(source),
        structure=torch.from_numpy(np.repeat(structure, sizes)),
        n_structures=len(graphs),
    )
