"""The shipped atlas beside real predictions."""

from dataclasses import replace

import numpy as np

from negnn_gui.analysis.known_sites import shipped_atlas, with_nearest_known
from negnn_gui.inference.predictor import Predictor
from negnn_gui.results import Analysis, ModelRef
from negnn_gui.structures.reading import example_paths, read_structures


def test_nearest_known_sites_of_an_example_are_of_its_kind() -> None:
    predictor = Predictor.load(device="cpu")
    path = next(path for path in example_paths() if path.name == "NiO.cif")
    (entry,) = read_structures(path)
    (analysis,) = predictor.predict([entry])
    assert isinstance(analysis, Analysis)
    nearest = with_nearest_known(analysis).nearest
    assert set(nearest.element[:4]) == {"Ni"} and nearest.distance.max() < 0.2
    assert 1.0 < nearest.moment[0] < 2.5
    assert np.isnan(analysis.nearest.moment).all(), "the analysis itself is left as it was"


def test_an_atlas_of_another_encoder_is_not_used() -> None:
    predictor = Predictor.load(device="cpu")
    other = ModelRef("another", "0" * 64)
    assert shipped_atlas(other) is None
    (entry,) = read_structures(example_paths()[0])
    (analysis,) = predictor.predict([entry])
    assert isinstance(analysis, Analysis)
    strange = replace(analysis, encoder=other)
    assert with_nearest_known(strange) is strange
