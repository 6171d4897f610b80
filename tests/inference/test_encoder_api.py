"""``negnn_gui.Encoder``: the same vectors as everywhere, for structures in memory and in files."""

import subprocess
import sys

import numpy as np
import pytest
import torch
from pymatgen.core import Lattice, Structure

import negnn_gui
from negnn_gui.inference.encoder_api import EmbeddingError, Encoder
from negnn_gui.inference.predictor import PredictionFailure, Predictor
from negnn_gui.models import registry
from negnn_gui.models.encoder import CrystalGraphEncoder, EncoderConfig
from negnn_gui.models.features import element_features
from negnn_gui.models.published import PUBLISHED_GRAPH
from negnn_gui.models.registry import UnknownModelError, WrongKindError
from negnn_gui.results import ModelRef
from negnn_gui.structures.entry import StructureEntry
from negnn_gui.structures.reading import example_paths, read_structures

IRON = Structure(Lattice.cubic(2.8665), ["Fe", "Fe"], [[0, 0, 0], [0.5] * 3])
SALT = Structure.from_spacegroup("Fm-3m", Lattice.cubic(4.177), ["Ni", "O"], [[0] * 3, [0.5] * 3])


@pytest.fixture(scope="module")
def encoder() -> Encoder:
    return negnn_gui.Encoder.from_pretrained(device="cpu")


def test_the_package_offers_it_without_loading_torch() -> None:
    code = "import sys, negnn_gui; assert 'torch' not in sys.modules; negnn_gui.Encoder"
    assert subprocess.run([sys.executable, "-c", code], timeout=120).returncode == 0
    assert negnn_gui.Encoder is Encoder


def test_vectors_are_those_of_the_predictor(encoder: Encoder) -> None:
    path = next(p for p in example_paths() if p.name == "NiO.cif")
    (entry,) = read_structures(path)
    assert isinstance(entry, StructureEntry)
    predictor = Predictor.load(encoder_id=registry.default_id("encoder"), device="cpu")
    (answer,) = predictor.predict([entry])
    assert not isinstance(answer, PredictionFailure)
    expected = answer.embedding("025")
    for given in (path, str(path), entry, entry.structure):
        np.testing.assert_array_equal(encoder.embed(given, levels="025"), expected)
    np.testing.assert_allclose(encoder.embed(path, "025", pool="mean"), expected.mean(axis=0), atol=1e-6)
    assert encoder.ref == answer.encoder and encoder.device == "cpu"


def test_several_structures_come_back_in_their_order(encoder: Encoder) -> None:
    iron, salt, again = encoder.embed([IRON, SALT, IRON], levels="01")
    assert iron.shape == (2, 128) and salt.shape == (8, 128) and iron.dtype == np.float32
    np.testing.assert_allclose(again, iron, atol=1e-5)
    np.testing.assert_allclose(salt, encoder.embed(SALT), atol=1e-5)
    assert encoder.embed([]) == []


def test_what_cannot_be_embedded_is_named(encoder: Encoder, tmp_path) -> None:
    mixed = Structure(Lattice.cubic(3), [{"Fe": 0.5, "Ni": 0.5}], [[0, 0, 0]])
    with pytest.raises(EmbeddingError, match="structure_1: the structure is disordered"):
        encoder.embed([IRON, mixed])
    (tmp_path / "empty.cif").write_text("")
    with pytest.raises(EmbeddingError, match=r"empty\.cif"):
        encoder.embed(tmp_path / "empty.cif")
    with pytest.raises(ValueError, match="levels must be distinct digits"):
        encoder.embed(IRON, levels="07")
    with pytest.raises(UnknownModelError, match="no model is named"):
        Encoder.from_pretrained("nowhere")
    with pytest.raises(WrongKindError):
        Encoder.from_pretrained(registry.default_id("moment"))


def test_an_element_without_features_is_refused() -> None:
    features = torch.tensor(element_features())
    features[101:] = 0  # as in CGCNN's table
    network = CrystalGraphEncoder(EncoderConfig(element_vectors=False), PUBLISHED_GRAPH, features).eval()
    own = Encoder(Predictor(network, ModelRef("published", ""), None, torch.device("cpu")))
    assert np.isfinite(own.embed(IRON)).all()
    with pytest.raises(EmbeddingError, match="no features of Md, Lr"):
        own.embed(Structure(Lattice.cubic(4), ["Lr", "Md"], [[0] * 3, [0.5] * 3]))
