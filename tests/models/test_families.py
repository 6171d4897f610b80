"""The five families: invariance with either node input, gradients everywhere, and configs."""

import numpy as np
import pytest
import torch
from pymatgen.core import Lattice, Structure
from pymatgen.core.operations import SymmOp

from negnn_gui.graphs.batch import GraphBatch, collate
from negnn_gui.graphs.build import build_graph
from negnn_gui.graphs.spec import GraphSpec
from negnn_gui.models import registry
from negnn_gui.models.backbone import BackboneConfig
from negnn_gui.models.families import FAMILIES, make_backbone
from negnn_gui.models.loading import load_encoder
from negnn_gui.models.negnn import DFT, QUANTILES, MomentConfig, MomentModel
from negnn_gui.models.nodes import NodesConfig

SPEC = GraphSpec()
# bcc has tied neighbours at the 12th place
FE = Structure(Lattice.cubic(2.8665), ["Fe", "Fe"], [[0, 0, 0], [0.5, 0.5, 0.5]])
MNO = Structure.from_spacegroup("Fm-3m", Lattice.cubic(4.446), ["Mn", "O"], [[0] * 3, [0.5] * 3])


def graphs(*structures: Structure) -> GraphBatch:
    return collate([build_graph(s, SPEC) for s in structures])


def model(family: str, nodes: NodesConfig) -> MomentModel:
    torch.manual_seed(0)
    encoder = load_encoder(registry.get(registry.default_id("encoder"))) if nodes.levels else None
    config = MomentConfig(nodes, BackboneConfig(family, width=16, layers=2))
    made = MomentModel(config, SPEC, encoder)
    # statistics of real crystals, as after training
    for module in made.modules():
        if isinstance(module, torch.nn.BatchNorm1d):
            module.momentum = 1.0
    made(graphs(FE, MNO))
    return made.eval()


@pytest.mark.parametrize(
    "nodes", [NodesConfig("01", True), NodesConfig("", True)], ids=["01+one-hot", "one-hot"]
)
@pytest.mark.parametrize("family", FAMILIES)
@torch.no_grad()
def test_moments_do_not_depend_on_rotation_order_cell_or_company(family: str, nodes: NodesConfig) -> None:
    made = model(family, nodes)
    expected = made(graphs(MNO))[DFT].numpy()
    assert expected.shape == (8, len(QUANTILES)) and (np.diff(expected, axis=1) > 0).all()
    turned = MNO.copy()
    turned.apply_operation(
        SymmOp.from_axis_angle_and_translation([1, 2, 3], 41.0, translation_vec=(0.3, 1, 2))
    )
    np.testing.assert_allclose(made(graphs(turned))[DFT], expected, atol=1e-4)
    order = [5, 0, 7, 2, 1, 6, 3, 4]
    shuffled = Structure.from_sites([MNO[i] for i in order])
    np.testing.assert_allclose(made(graphs(shuffled))[DFT], expected[order], atol=1e-4)
    large = MNO * (1, 2, 1)
    by_element = {site.specie.Z: row for site, row in zip(MNO, expected, strict=True)}
    np.testing.assert_allclose(made(graphs(large))[DFT], [by_element[s.specie.Z] for s in large], atol=1e-4)
    np.testing.assert_allclose(made(graphs(FE, MNO))[DFT][2:], expected, atol=1e-4)


@pytest.mark.parametrize("family", FAMILIES)
def test_every_weight_learns(family: str) -> None:
    made = model(family, NodesConfig("01", True)).train()
    made(graphs(FE, MNO))[DFT].square().sum().backward()
    without = [
        name for name, weight in made.named_parameters() if weight.grad is None or not weight.grad.any()
    ]
    # the last update of the whole structure's state is read by nothing, and a bias before a batch norm cancels
    allowed = ("state_updates.1.", "bias")
    assert not [name for name in without if not any(part in name for part in allowed)]


def test_an_isolated_atom_passes_through_every_family() -> None:
    alone = graphs(Structure(Lattice.cubic(30), ["Fe"], [[0, 0, 0]]))
    for family in FAMILIES:
        assert torch.isfinite(model(family, NodesConfig("01", True))(alone)[DFT]).all()


def test_unknown_families_and_empty_nodes_are_refused() -> None:
    with pytest.raises(ValueError, match="unknown backbone 'resnet'"):
        make_backbone(BackboneConfig("resnet"), SPEC, 4)
    with pytest.raises(ValueError, match="at its nodes"):
        NodesConfig("", False)
    config = MomentConfig(backbone=BackboneConfig("schnet", 32, 3), heads=("dft", "experimental"))
    assert MomentConfig.from_dict(config.to_dict()) == config
