"""Frozen embeddings of many structures, computed once and kept in memory."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from numpy.typing import NDArray

from negnn_gui.analysis.descriptors import WHOLE
from negnn_gui.graphs.batch import collate
from negnn_gui.graphs.build import graph_from_arrays
from negnn_gui.graphs.crystal_graph import CrystalGraph
from negnn_gui.graphs.spec import GraphSpec
from negnn_gui.models import registry
from negnn_gui.models.encoder import CrystalGraphEncoder
from negnn_gui.results import Float32Array
from negnn_gui.training.batching import batches_by_atoms

Crystal = tuple[NDArray[np.float64], NDArray[np.int64], NDArray[np.float64]]

_BATCH_ATOMS = 3000


def published_encoders() -> list[str]:
    """Ids of the checkpoints published with the paper that the user has imported."""
    return [
        info.id
        for info in registry.list_models("encoder")
        if GraphSpec.from_dict(info.config["graph_spec"]).exact
    ]


def graphs_of(crystals: Sequence[Crystal], spec: GraphSpec) -> list[CrystalGraph]:
    """Crystal graphs in order.

    Raises
    ------
    GraphError
        A crystal has none.
    """
    return [graph_from_arrays(*crystal, spec) for crystal in crystals]


@torch.no_grad()
def embed_crystals(
    encoder: CrystalGraphEncoder, crystals: Sequence[Crystal], up_to: int | None = None
) -> list[Float32Array]:
    """(levels, N, width) of each crystal; levels 0 to ``up_to`` or all."""
    graphs = graphs_of(crystals, encoder.spec)
    sizes = np.array([graph.n_atoms for graph in graphs], dtype=np.int64)
    found: list[Float32Array] = []
    for part in batches_by_atoms(sizes, np.arange(len(graphs)), _BATCH_ATOMS):
        vectors = encoder(collate([graphs[i] for i in part]), up_to=up_to).float().numpy()
        found += np.split(vectors, np.cumsum(sizes[part])[:-1], axis=1)
    return found


def row_levels(
    embeddings: Sequence[Float32Array], structure: NDArray[np.int64], site: NDArray[np.int64]
) -> Float32Array:
    """(levels, R, width) of R rows: of sites, or the mean over a structure's sites."""
    parts = [
        embeddings[index].mean(axis=1) if own == WHOLE else embeddings[index][:, own]
        for index, own in zip(structure, site, strict=True)
    ]
    return np.stack(parts, axis=1)
