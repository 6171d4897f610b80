"""Site and structure heads on any node input: shapes, supercells, and embeddings that are handed in."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from pymatgen.core import Lattice, Structure

from negnn_gui.graphs.batch import GraphBatch, collate
from negnn_gui.graphs.build import build_graph
from negnn_gui.graphs.spec import GraphSpec
from negnn_gui.models import registry
from negnn_gui.models.backbone import BackboneConfig
from negnn_gui.models.families import FAMILIES
from negnn_gui.models.features import element_features
from negnn_gui.models.loading import load_encoder
from negnn_gui.models.nodes import NodeInput, NodesConfig
from negnn_gui.models.property_model import PropertyConfig, PropertyModel

SPEC = GraphSpec()
FE = Structure(Lattice.cubic(2.8665), ["Fe", "Fe"], [[0, 0, 0], [0.5, 0.5, 0.5]])
MNO = Structure.from_spacegroup("Fm-3m", Lattice.cubic(4.446), ["Mn", "O"], [[0] * 3, [0.5] * 3])


def graphs(*structures: Structure) -> GraphBatch:
    return collate([build_graph(s, SPEC) for s in structures])


@pytest.mark.parametrize("nodes", ["features", "one-hot", "01", "01+one-hot", "0+features"])
@pytest.mark.parametrize("family", FAMILIES)
def test_structure_numbers_are_intensive_and_learnable(family: str, nodes: str) -> None:
    torch.manual_seed(0)
    config = NodesConfig.parse(nodes)
    assert config.name == nodes
    encoder = load_encoder(registry.get(registry.default_id("encoder"))) if config.levels else None
    made = PropertyModel(PropertyConfig(config, BackboneConfig(family, 8, 2), "structure"), SPEC, encoder)
    batch, large = graphs(FE, MNO), graphs(MNO * (1, 1, 2), FE)
    given = [None if encoder is None else encoder(b) for b in (batch, large)]
    made(batch, given[0]).sum().backward()
    without = [n for n, p in made.named_parameters() if p.grad is None]
    # MEGNet's last update of the state has no reader
    assert all(name.startswith("backbone.state_updates.1.") for name in without)
    made.eval()
    with torch.no_grad():
        small, big = made(batch, given[0]).numpy(), made(large, given[1]).numpy()
    assert small.shape == (2,)
    np.testing.assert_allclose(small, big[::-1], atol=1e-4)


def test_a_site_model_gives_a_number_for_each_atom() -> None:
    config = PropertyConfig(NodesConfig.parse("features"), BackboneConfig("cgcnn", 8, 1))
    made = PropertyModel(config, SPEC, None)
    assert made(graphs(FE, MNO)).shape == (10,)
    assert PropertyConfig.from_dict(config.to_dict()) == config


def test_the_features_at_the_nodes_are_those_of_the_element() -> None:
    nodes = NodeInput(NodesConfig("", False, True), None)
    found = nodes(None, graphs(FE)).numpy()
    np.testing.assert_array_equal(found, element_features()[[26, 26]])
    assert not nodes.state_dict()


@pytest.mark.parametrize("text", ["", "one-hot+one-hot", "0+1", "01+onehot", "+", "a"])
def test_a_choice_of_nodes_that_makes_no_sense_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="nodes are levels"):
        NodesConfig.parse(text)


def test_standardised_nodes_are_centred_and_about_as_long_as_the_one_hot() -> None:
    encoder = load_encoder(registry.get(registry.default_id("encoder")))
    config = replace(NodesConfig.parse("01+one-hot"), standardised=True)
    assert NodesConfig.from_dict(config.to_dict()) == config
    assert NodesConfig.from_dict({"levels": "01", "one_hot": True}) == NodesConfig.parse("01+one-hot")
    nodes = NodeInput(config, encoder)
    batch = graphs(FE, MNO)
    with torch.no_grad():
        embeddings = encoder(batch)
    nodes.standardise(embeddings)
    vectors = nodes(embeddings, batch)
    width = 2 * encoder.config.width
    assert vectors.shape == (batch.n_atoms, nodes.size) == (batch.n_atoms, width + 104)
    np.testing.assert_allclose(vectors[:, :width].mean(dim=0), 0, atol=1e-6)
    np.testing.assert_allclose(vectors[:, :width].square().sum(dim=1).mean(), 1, rtol=1e-3)
    np.testing.assert_array_equal(vectors[:, width:].sum(dim=1), 1)
    # The same vectors after a round trip through a file.
    again = NodeInput(config, encoder)
    again.load_state_dict(nodes.state_dict())
    assert torch.equal(again(embeddings, batch), vectors)
    with pytest.raises(ValueError, match="no embeddings that are standardised"):
        NodeInput(NodesConfig.parse("01"), encoder).standardise(embeddings)
