"""Going on from what is known: a moment model from another one's weights, any model from the encoder's own layers."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import torch
from numpy.typing import NDArray

from negnn_gui.graphs.batch import GraphBatch
from negnn_gui.models.checkpoint import ModelFileError
from negnn_gui.models.encoder import CrystalGraphEncoder
from negnn_gui.models.finetuned import FineTunedBackbone
from negnn_gui.models.negnn import MomentModel
from negnn_gui.models.property_model import PropertyModel
from negnn_gui.training.batching import batches_by_atoms
from negnn_gui.training.fit_run import MomentData
from negnn_gui.training.graph_store import GraphStore

_STRUCTURES = 1500
_RIDGE = 1e-3


def start_from(model: MomentModel, other: MomentModel, other_id: str, data: MomentData) -> str:
    """Take over the weights of ``other`` that have the same names and shapes; returns how many, in words.

    Where the two read other embeddings, the input layer is fitted by least squares on training sites of ``data``, so
    that the first vectors stay as near as can be to those that the taken weights were made for.

    Raises
    ------
    ModelFileError
        None fits.
    """
    own, theirs = model.state_dict(), other.state_dict()
    fitting = {
        name: value for name, value in theirs.items() if name in own and own[name].shape == value.shape
    }
    if "backbone.input.bias" not in fitting:
        raise ModelFileError(f"{other_id} cannot be the start of this run: no weight of its backbone fits")
    model.load_state_dict({**own, **fitting})
    taken = f"{len(fitting)} of {len(own)} arrays"
    if _same_nodes(model, other):
        return taken
    _match_input(model, other, data)
    return f"{taken}, the input layer matched by least squares"


def standardise_nodes(
    model: MomentModel | PropertyModel,
    encoder: CrystalGraphEncoder,
    store: GraphStore,
    graphs: NDArray[np.int64],
) -> None:
    """Fit centre and spread of the embeddings at the nodes to sites of training ``graphs``, where that is asked for."""
    if not model.config.nodes.standardised or not model.nodes.levels:
        return
    with torch.no_grad():
        vectors = [encoder(batch, up_to=model.nodes.highest_level) for batch in _sample(store, graphs)]
    model.nodes.standardise(torch.cat(vectors, dim=1))


def begin(model: MomentModel | PropertyModel, encoder: CrystalGraphEncoder) -> str | None:
    """Let backbones that go on from the encoder's layers begin as these; what was done, in words.

    Raises
    ------
    ModelFileError
        The encoder is of another form than the backbone.
    """
    if not isinstance(model.backbone, FineTunedBackbone):
        return None
    try:
        model.backbone.begin_as(encoder, model.nodes)
    except ValueError as error:
        raise ModelFileError(f"the backbone cannot begin as the encoder: {error}") from error
    return "the encoder's layers"


def _sample(store: GraphStore, graphs: NDArray[np.int64]) -> Iterator[GraphBatch]:
    """Batches of ``_STRUCTURES`` of the graphs, always the same ones."""
    chosen = np.random.default_rng(0).permutation(graphs)[:_STRUCTURES]
    for part in batches_by_atoms(store.sizes, chosen, 4000):
        yield store.batch(part)


def _same_nodes(model: MomentModel, other: MomentModel) -> bool:
    if model.config.nodes != other.config.nodes:
        return False
    if model.encoder is None or other.encoder is None:
        return True
    own, theirs = model.encoder.state_dict(), other.encoder.state_dict()
    return own.keys() == theirs.keys() and all(
        torch.equal(value, theirs[name]) for name, value in own.items()
    )


def _match_input(model: MomentModel, other: MomentModel, data: MomentData) -> None:
    read, wanted = [], []
    with torch.no_grad():
        for batch in _sample(data.store, data.graphs("train")):
            read.append(model.nodes(model.embed(batch), batch).double())
            wanted.append(other.backbone.input(other.nodes(other.embed(batch), batch)).double())
        nodes = torch.cat(read)
        nodes = torch.cat([nodes, torch.ones(len(nodes), 1, dtype=nodes.dtype)], dim=1)
        normal = nodes.T @ nodes + _RIDGE * len(nodes) * torch.eye(nodes.shape[1], dtype=nodes.dtype)
        found = torch.linalg.solve(normal, nodes.T @ torch.cat(wanted)).float()
        model.backbone.input.weight.copy_(found[:-1].T)
        model.backbone.input.bias.copy_(found[-1])
