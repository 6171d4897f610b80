"""Going on from other models' weights, and models joined."""

from dataclasses import replace
from pathlib import Path

import pytest
import torch

from negnn_gui.graphs.spec import GraphSpec
from negnn_gui.models.backbone import BackboneConfig
from negnn_gui.models.checkpoint import ModelFileError
from negnn_gui.models.encoder import CrystalGraphEncoder, EncoderConfig
from negnn_gui.models.features import element_features
from negnn_gui.models.negnn import DFT, MomentConfig, MomentModel
from negnn_gui.models.nodes import NodesConfig
from negnn_gui.models.property_model import PropertyConfig, PropertyModel
from negnn_gui.training.committee import join
from negnn_gui.training.fit_run import MomentData, open_moment_data
from negnn_gui.training.warm_start import begin, start_from

SPEC = GraphSpec()


def encoder(seed: int) -> CrystalGraphEncoder:
    torch.manual_seed(seed)
    features = torch.tensor(element_features())
    return CrystalGraphEncoder(EncoderConfig(width=16, layers=2), SPEC, features).eval()


def model(known: CrystalGraphEncoder, family: str = "cgcnn", nodes: str = "01+one-hot") -> MomentModel:
    torch.manual_seed(3)
    config = MomentConfig(NodesConfig.parse(nodes), BackboneConfig(family, 16, 2), modes=True)
    return MomentModel(config, SPEC, known).eval().requires_grad_(False)


@pytest.fixture(scope="module")
def data(tables: Path) -> MomentData:
    return open_moment_data(tables, DFT, SPEC)


@torch.no_grad()
def test_with_another_encoder_the_first_vectors_stay_near(data: MomentData) -> None:
    before, after = model(encoder(0)), model(encoder(1))
    batch = data.store.batch(data.graphs("val")[:4])
    wanted = before.backbone.input(before.nodes(before.embed(batch), batch))
    started = after.backbone.input(after.nodes(after.embed(batch), batch))
    assert "least squares" in start_from(after, before, "other", data)
    found = after.backbone.input(after.nodes(after.embed(batch), batch))
    assert (found - wanted).square().mean() < 0.2 * (started - wanted).square().mean()
    torch.testing.assert_close(after.heads[DFT].state_dict(), before.heads[DFT].state_dict())


def test_with_the_same_encoder_all_is_taken_as_it_is(data: MomentData) -> None:
    known = encoder(0)
    before, after = model(known), model(known)
    with torch.no_grad():
        before.backbone.input.bias += 1.0
    said = start_from(after, before, "other", data)
    assert said == f"{len(after.state_dict())} of {len(after.state_dict())} arrays"
    torch.testing.assert_close(after.state_dict(), before.state_dict())


def test_what_does_not_fit_is_refused(data: MomentData) -> None:
    other = MomentModel(MomentConfig(NodesConfig("", True), BackboneConfig("cgcnn", 8, 2)), SPEC, None)
    with pytest.raises(ModelFileError, match="no weight of its backbone fits"):
        start_from(model(encoder(0)), other, "other", data)


def test_only_a_fine_tuned_backbone_begins_as_the_encoder() -> None:
    known = encoder(0)
    assert begin(model(known), known) is None
    assert begin(model(known, "finetuned"), known) == "the encoder's layers"
    with pytest.raises(ModelFileError, match="begin as the encoder"):
        begin(model(known, "finetuned", "1"), known)
    of_structures = PropertyModel(
        PropertyConfig(NodesConfig.parse("01"), BackboneConfig("finetuned", 16, 2), "structure"), SPEC, known
    )
    first = known.convolutions[0].at_source.weight
    assert begin(of_structures, known) == "the encoder's layers"
    torch.testing.assert_close(of_structures.backbone.get_parameter("convolutions.0.at_source.weight"), first)


@torch.no_grad()
def test_joined_models_say_the_mean_and_keep_the_firsts_spin_states(data: MomentData) -> None:
    known = encoder(0)
    members = [model(known), model(known, "finetuned")]
    both = join(members, ["a", "b"])
    batch = data.store.batch(data.graphs("val")[:3])
    apart = [member(batch) for member in members]
    torch.testing.assert_close(both(batch)[DFT], (apart[0][DFT] + apart[1][DFT]) / 2)
    torch.testing.assert_close(both(batch)["dft_modes"], apart[0]["dft_modes"])
    with pytest.raises(ModelFileError, match="a is a committee"):
        join([both, members[0]], ["a", "b"])


def test_models_that_do_not_belong_together_are_not_joined() -> None:
    known = encoder(0)
    with pytest.raises(ModelFileError, match="at least two"):
        join([model(known)], ["a"])
    with pytest.raises(ModelFileError, match="b reads other nodes"):
        join([model(known), model(known, nodes="0+one-hot")], ["a", "b"])
    without = MomentModel(replace(model(known).config, heads=("experimental",), members=1), SPEC, known)
    with pytest.raises(ModelFileError, match="b has no DFT head"):
        join([model(known), without], ["a", "b"])
