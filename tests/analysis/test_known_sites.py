"""The shipped atlas beside real predictions."""

from dataclasses import replace

import numpy as np

from negnn_gui.analysis.known_sites import all_with_nearest_known, shipped_atlas, with_nearest_known
from negnn_gui.inference.predictor import Predictor
from negnn_gui.results import Analysis, ModelRef
from negnn_gui.structures.entry import StructureEntry
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


def test_one_search_for_many_structures_finds_what_each_alone_finds() -> None:
    predictor = Predictor.load(device="cpu")
    entries = [frame for path in example_paths() for frame in read_structures(path)]
    found = list(predictor.predict([frame for frame in entries if isinstance(frame, StructureEntry)]))
    analyses = [each for each in found if isinstance(each, Analysis)]
    assert len(analyses) > 5
    for together, alone in zip(
        all_with_nearest_known(analyses), map(with_nearest_known, analyses), strict=True
    ):
        assert together.entry_id == alone.entry_id
        assert together.nearest.formula == alone.nearest.formula
        assert together.nearest.element == alone.nearest.element
        np.testing.assert_array_equal(together.nearest.moment, alone.nearest.moment)
        np.testing.assert_allclose(together.nearest.distance, alone.nearest.distance, atol=1e-6)
    assert all_with_nearest_known([]) == []
