"""A backbone that begins as the encoder, and models whose DFT quantiles are a mean."""

import pytest
import torch
from pymatgen.core import Lattice, Structure

from negnn_gui.graphs.batch import collate
from negnn_gui.graphs.build import build_graph
from negnn_gui.graphs.spec import GraphSpec
from negnn_gui.models.backbone import BackboneConfig
from negnn_gui.models.encoder import CrystalGraphEncoder, EncoderConfig
from negnn_gui.models.features import element_features
from negnn_gui.models.finetuned import FineTunedBackbone
from negnn_gui.models.negnn import DFT, MomentConfig, MomentModel
from negnn_gui.models.nodes import NodeInput, NodesConfig

SPEC = GraphSpec()
MNO = Structure.from_spacegroup("Fm-3m", Lattice.cubic(4.446), ["Mn", "O"], [[0] * 3, [0.5] * 3])
GRAPHS = collate([build_graph(MNO, SPEC)])


def encoder(**changes: object) -> CrystalGraphEncoder:
    torch.manual_seed(1)
    made = CrystalGraphEncoder(
        EncoderConfig(width=16, layers=3, **changes), SPEC, torch.tensor(element_features())
    )
    for norm in made.norms:
        norm.momentum = 1.0
    with torch.no_grad():
        made(GRAPHS)
    return made.eval().requires_grad_(False)


@torch.no_grad()
def test_it_computes_the_encoders_levels_before_it_learns() -> None:
    known = encoder()
    nodes = NodeInput(NodesConfig("10", one_hot=True), known)
    backbone = FineTunedBackbone(BackboneConfig("finetuned", 16, 2), SPEC, nodes.size)
    backbone.begin_as(known, nodes)
    for context in backbone.contexts:
        context[-1].weight.zero_()
    levels = known(GRAPHS)
    vectors = backbone.eval()(nodes(levels, GRAPHS), GRAPHS)
    torch.testing.assert_close(vectors, torch.cat([levels[2], levels[0]], dim=1), atol=1e-4, rtol=1e-4)


@pytest.mark.parametrize(
    ("known", "levels", "width", "layers"),
    [
        (encoder(stream="activated"), "0", 16, 2),
        (encoder(), "1", 16, 2),
        (encoder(), "0", 32, 2),
        (encoder(), "0", 16, 4),
    ],
    ids=["stream", "no level 0", "width", "layers"],
)
def test_an_encoder_of_another_form_is_refused(
    known: CrystalGraphEncoder, levels: str, width: int, layers: int
) -> None:
    nodes = NodeInput(NodesConfig(levels), known)
    backbone = FineTunedBackbone(BackboneConfig("finetuned", width, layers), SPEC, nodes.size)
    with pytest.raises(ValueError, match="encoder"):
        backbone.begin_as(known, nodes)


def test_configs_before_the_residual_stream_mean_the_published_one() -> None:
    assert EncoderConfig.from_dict({"width": 64, "layers": 5, "element_vectors": True}).stream == "activated"
    assert EncoderConfig.from_dict(EncoderConfig().to_dict()).stream == "residual"


@torch.no_grad()
def test_a_committee_says_the_mean() -> None:
    known, nodes = encoder(), NodesConfig("01", True)
    first, second = BackboneConfig("cgcnn", 16, 2), BackboneConfig("finetuned", 16, 3)
    both = MomentModel(MomentConfig(nodes, first, more=(second,)), SPEC, known).eval()
    vectors = both.nodes(both.embed(GRAPHS), GRAPHS)
    apart = [
        both.heads[DFT](both.backbone(vectors, GRAPHS)),
        both.other_heads[0](both.others[0](vectors, GRAPHS)),
    ]
    torch.testing.assert_close(both(GRAPHS)[DFT], torch.stack(apart).mean(dim=0))
    assert MomentConfig.from_dict(both.config.to_dict()) == both.config
