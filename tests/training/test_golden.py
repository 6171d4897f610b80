"""Golden outputs: what a published model's contract test compares with."""

import shutil
from pathlib import Path

import numpy as np
import pytest

from negnn_gui.inference.predictor import Predictor
from negnn_gui.models import registry
from negnn_gui.models.checkpoint import verify_model
from negnn_gui.results import Analysis
from negnn_gui.structures.entry import StructureEntry
from negnn_gui.structures.reading import example_paths, read_structures
from negnn_gui.training.golden import write_golden


@pytest.mark.parametrize("kind", ["encoder", "moment"])
def test_golden_outputs_are_those_of_the_predictor(kind: str, tmp_path: Path) -> None:
    info = registry.get(registry.default_id(kind))  # type: ignore[arg-type]
    folder = tmp_path / info.id
    shutil.copytree(info.folder, folder)
    golden = np.load(write_golden(folder))
    assert verify_model(folder) == info.sha256
    names = {path.name.partition(".")[0] for path in example_paths()}
    assert {key.split("/")[1] for key in golden.files} == names
    path = next(p for p in example_paths() if p.name == "NiO.cif")
    (entry,) = read_structures(path)
    assert isinstance(entry, StructureEntry)
    encoder_id = info.id if kind == "encoder" else None
    predictor = Predictor.load(None if encoder_id else info.id, encoder_id=encoder_id, device="cpu")
    (answer,) = predictor.predict([entry])
    assert isinstance(answer, Analysis)
    if kind == "encoder":
        assert golden["embeddings/NiO"].dtype == np.float32
        np.testing.assert_allclose(golden["embeddings/NiO"], answer.embeddings, atol=1e-4)
    else:
        np.testing.assert_allclose(golden["moment/NiO"], answer.moment.median, atol=1e-4)
        np.testing.assert_allclose(golden["moment_exp/NiO"], answer.moment_exp.median, atol=1e-4)
