"""Building an atlas from tables: which sites are taken, and that it can be looked up in."""

from pathlib import Path

import numpy as np

from negnn_gui.analysis.atlas import Atlas
from negnn_gui.graphs.spec import GraphSpec
from negnn_gui.models import registry
from negnn_gui.training.atlas_build import build_atlas
from negnn_gui.training.atlas_sites import choose_sites
from negnn_gui.training.fit_run import open_moment_data
from negnn_gui.training.tables import read_structures_table


def test_an_atlas_holds_training_sites_with_their_moments_and_finds_them(
    tables: Path, tmp_path: Path
) -> None:
    encoder_id = registry.default_id("encoder")
    rows = read_structures_table(tables, "magndata")
    count = build_atlas(tables, tmp_path / "atlas", encoder_id, 200, seed=0, evaluate=False, maps=False)
    atlas = Atlas.load(tmp_path / "atlas", registry.get(encoder_id).ref)
    sites = atlas.sites
    assert len(atlas) == count <= 200
    calculated, measured = np.isfinite(sites.moment_dft), np.isfinite(sites.moment_exp)
    assert (calculated ^ measured).all() and 0 < measured.sum() <= 50
    # Nd has no DFT moment to be known; the made-up moments follow from the element
    assert "Nd" not in set(sites.element[calculated])
    np.testing.assert_allclose(sites.moment_dft[calculated & (sites.element == "Fe")], 4.0, atol=1e-3)
    train = set(rows.formulas[rows.splits == "train"])
    assert set(sites.formula[measured]) <= train and sites.source_id[measured][0].startswith("10.")
    found = atlas.nearest_known(np.stack([atlas.vectors(str(level)) for level in range(6)]))
    assert found.element == tuple(sites.element) and found.distance.max() < 1e-3
    again = build_atlas(tables, tmp_path / "again", encoder_id, 200, seed=0, evaluate=False, maps=False)
    assert again == count
    same = Atlas.load(tmp_path / "again")
    np.testing.assert_array_equal(same.vectors("1"), atlas.vectors("1"))


def test_sites_that_differ_only_by_symmetry_are_taken_once(tables: Path, tmp_path: Path) -> None:
    data = open_moment_data(tables, "dft", GraphSpec())
    chosen = choose_sites(data, 10**6, seed=0)
    assert len(np.unique(chosen.atoms)) == len(chosen.atoms)
    labelled = np.isfinite(data.moments[data.atoms("train")]).sum()
    assert 0 < len(chosen.atoms) <= labelled
