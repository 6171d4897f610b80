"""An atlas of one's own structures: what it holds, where it is kept, and what is refused."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from pymatgen.core import Lattice, Structure

from negnn_gui.analysis import atlas_library
from negnn_gui.analysis.atlas import Atlas, AtlasError
from negnn_gui.analysis.level_neighbours import neighbours_by_level
from negnn_gui.analysis.own_atlas import write_own_atlas
from negnn_gui.results import Analysis, ModelRef, MomentPrediction, NearestKnown
from negnn_gui.structures.entry import StructureEntry

ENCODER = ModelRef("ssl-test", "a" * 64)


def _nio(encoder: ModelRef = ENCODER) -> tuple[StructureEntry, Analysis]:
    structure = Structure.from_spacegroup(
        "Fm-3m", Lattice.cubic(4.18), ["Ni", "O"], [[0, 0, 0], [0.5, 0.5, 0.5]]
    )
    labels = tuple(f"{site.specie.symbol}{n}" for n, site in enumerate(structure))
    moments = np.array([1.7, -1.7, 1.7, -1.7, 0, 0, 0, 0])
    entry = StructureEntry("id-NiO", Path("NiO.cif"), 0, "NiO", structure, labels, moments)
    level = np.where(np.arange(8)[:, None] < 4, np.eye(64)[0], np.eye(64)[1]).astype(np.float32)
    none = MomentPrediction.no_data(8)
    numbers = np.array([28] * 4 + [8] * 4)
    vectors = np.stack([level + 0.1 * n for n in range(6)]).astype(np.float32)
    analysis = Analysis(
        entry.id, numbers, vectors, none, none, np.full(8, 0.5), NearestKnown.unknown(8), encoder, None, "cpu"
    )
    return entry, analysis


@pytest.fixture(autouse=True)
def own_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("negnn_gui.locations.user_data_dir", lambda: tmp_path / "data")


def test_one_site_of_each_class_with_its_moment_and_motif(tmp_path: Path) -> None:
    assert write_own_atlas(tmp_path / "mine", [_nio()], "mine") == 2
    atlas = Atlas.load(tmp_path / "mine", ENCODER)
    assert atlas.name == "mine" and list(atlas.sites.element) == ["Ni", "O"]
    assert list(atlas.sites.motif) == ["octahedral", "octahedral"]
    np.testing.assert_allclose(atlas.sites.moment_dft, [1.7, 0.0], atol=1e-6)
    assert np.isnan(atlas.sites.moment_exp).all()
    found = neighbours_by_level(atlas, _nio()[1].embeddings[:, 0], "Ni", "octahedral", k=1)
    assert found.rows.ravel().tolist() == [0] * 6
    assert np.isnan(found.kept[0]) and found.kept[1:].tolist() == [1.0] * 5
    np.testing.assert_array_equal(found.same_element, np.ones(6))


def test_nothing_and_mixed_encoders_are_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="at least one"):
        write_own_atlas(tmp_path / "a", [])
    with pytest.raises(ValueError, match="different encoders"):
        write_own_atlas(tmp_path / "a", [_nio(), _nio(ModelRef("other", "b" * 64))])
    assert write_own_atlas(tmp_path / "a", [_nio()], cancelled=lambda: True) == 0
    assert not (tmp_path / "a").exists()


def test_the_library_lists_imports_and_removes(tmp_path: Path) -> None:
    write_own_atlas(tmp_path / "mine", [_nio()], "mine")
    atlas_library.import_atlas(tmp_path / "mine", "kept")
    names = [info.id for info in atlas_library.list_atlases()]
    assert names == ["shipped", "kept"]
    with pytest.raises(AtlasError, match="already"):
        atlas_library.import_atlas(tmp_path / "mine", "kept")
    with pytest.raises(AtlasError, match="cannot be the name"):
        atlas_library.folder_for("../up")
    (atlas_library.find_atlas("kept").folder / "atlas.json").write_text("{")
    assert "cannot be read" in atlas_library.find_atlas("kept").problem
    atlas_library.remove_atlas("kept")
    with pytest.raises(AtlasError, match="no atlas called kept"):
        atlas_library.find_atlas("kept")
