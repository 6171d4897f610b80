"""The atlas: what is written comes back, what is damaged or foreign is refused with the reason."""

import json
from pathlib import Path

import numpy as np
import pytest

from negnn_gui.analysis.atlas import Atlas, AtlasError, AtlasSites, write_atlas
from negnn_gui.analysis.projection import fit_pca
from negnn_gui.results import ModelRef, join_levels

ENCODER = ModelRef("ssl-test", "a" * 64)
N, LEVELS = 300, 6


def make_sites(n: int = N) -> AtlasSites:
    rng = np.random.default_rng(5)
    moment_dft = rng.uniform(0, 5, n)
    moment_exp = rng.uniform(0, 5, n)
    moment_dft[::3] = np.nan
    moment_exp[::2] = np.nan
    return AtlasSites(
        element=np.array(rng.choice(["Fe", "Co", "Gd"], n), dtype=object),
        formula=np.array([f"Fe{i % 40}Ω2" for i in range(n)], dtype=object),
        source_id=np.array([f"mp-{i}" for i in range(n)], dtype=object),
        motif=np.array(["octahedral", ""] * (n // 2), dtype=object),
        moment_dft=moment_dft,
        moment_exp=moment_exp,
    )


@pytest.fixture
def embeddings() -> np.ndarray:
    rng = np.random.default_rng(6)
    scale = rng.uniform(0.01, 5, (LEVELS, 1, 64))
    vectors = (rng.normal(size=(LEVELS, N, 64)) * scale + 1).astype(np.float32)
    vectors[:, :, 7] = 3.25  # a dimension that never changes
    return vectors


@pytest.fixture
def folder(tmp_path: Path, embeddings: np.ndarray) -> Path:
    write_atlas(
        tmp_path / "atlas",
        encoder=ENCODER,
        sites=make_sites(),
        embeddings=embeddings,
        projections={"01": fit_pca(join_levels(embeddings, "01"))},
        coordinates={"tsne:01": np.random.default_rng(7).normal(size=(N, 2))},
        attribution="Materials Project, CC BY 4.0",
    )
    return tmp_path / "atlas"


def test_round_trip(folder: Path, embeddings: np.ndarray) -> None:
    atlas = Atlas.load(folder, ENCODER)
    assert len(atlas) == N
    assert atlas.n_levels == LEVELS
    assert atlas.encoder == ENCODER
    assert atlas.attribution == "Materials Project, CC BY 4.0"
    written = make_sites()
    for name in ("element", "formula", "source_id", "motif"):
        assert list(getattr(atlas.sites, name)) == list(getattr(written, name))
    np.testing.assert_allclose(atlas.sites.moment_dft, written.moment_dft, rtol=1e-6)
    step = (embeddings.max(axis=1) - embeddings.min(axis=1)) / 254
    for level in range(LEVELS):
        error = np.abs(atlas.vectors(str(level)) - embeddings[level])
        assert (error <= 0.51 * step[level] + 1e-6).all()
    np.testing.assert_allclose(
        atlas.projection("01").axes, fit_pca(join_levels(embeddings, "01")).axes, atol=1e-6
    )
    places = atlas.stored_places("tsne:01")
    assert places is not None
    np.testing.assert_allclose(places, np.random.default_rng(7).normal(size=(N, 2)), atol=2e-3)
    assert atlas.stored_places("umap:01") is None


def test_experimental_moment_stands_in_where_nothing_was_calculated(folder: Path) -> None:
    atlas = Atlas.load(folder)
    sites = atlas.sites
    calculated = np.isfinite(sites.moment_dft)
    np.testing.assert_array_equal(atlas.known_moment[calculated], sites.moment_dft[calculated])
    np.testing.assert_array_equal(atlas.known_moment[~calculated], sites.moment_exp[~calculated])


def test_places_follow_the_projection_of_the_level_choice(folder: Path) -> None:
    atlas = Atlas.load(folder)
    for levels in ("0", "01", "3", "012345"):
        np.testing.assert_allclose(
            atlas.places(levels), atlas.projection(levels).transform(atlas.vectors(levels)), atol=1e-9
        )


def test_a_known_site_finds_itself(folder: Path, embeddings: np.ndarray) -> None:
    atlas = Atlas.load(folder)
    for metric in ("cosine", "euclidean"):
        found = atlas.nearest(join_levels(embeddings, "01"), "01", 3, metric)
        np.testing.assert_array_equal(found.index[:, 0], np.arange(N))
    known = atlas.nearest_known(embeddings)
    assert known.formula == tuple(atlas.sites.formula)
    assert known.element == tuple(atlas.sites.element)
    np.testing.assert_array_equal(known.moment, atlas.known_moment)
    assert (known.distance < 1e-3).all()


def test_nothing_is_known_of_a_site_without_a_vector(folder: Path, embeddings: np.ndarray) -> None:
    broken = embeddings[:, :2].copy()
    broken[:, 1] = np.nan
    known = Atlas.load(folder).nearest_known(broken)
    assert known.formula[1] == known.element[1] == ""
    assert np.isnan(known.moment[1])
    assert np.isnan(known.distance[1])
    assert known.element[0] == make_sites().element[0]


@pytest.mark.parametrize("name", ["vectors.npy", "sites.npz"])
def test_one_changed_byte_is_refused(folder: Path, name: str) -> None:
    content = bytearray((folder / name).read_bytes())
    content[len(content) // 2] ^= 1
    (folder / name).write_bytes(content)
    with pytest.raises(AtlasError, match=f"damaged: {name}"):
        Atlas.load(folder)


def test_another_encoder_is_refused(folder: Path) -> None:
    with pytest.raises(AtlasError, match="built with the encoder ssl-test, not other"):
        Atlas.load(folder, ModelRef("other", "b" * 64))


def change_index(folder: Path, **changes: object) -> None:
    path = folder / "atlas.json"
    path.write_text(json.dumps(json.loads(path.read_text(encoding="utf-8")) | changes), encoding="utf-8")


def test_a_newer_version_is_refused(folder: Path) -> None:
    change_index(folder, format=99)
    with pytest.raises(AtlasError, match="newer version of the program"):
        Atlas.load(folder)


@pytest.mark.parametrize("changes", [{"format": 0}, {"format": "x"}, {"sha256": {}}, {"encoder": None}])
def test_an_index_that_makes_no_sense_is_refused(folder: Path, changes: dict[str, object]) -> None:
    change_index(folder, **changes)
    with pytest.raises(AtlasError, match="build"):
        Atlas.load(folder)


def test_missing_and_truncated_files_are_refused(folder: Path, tmp_path: Path) -> None:
    with pytest.raises(AtlasError, match="there is no atlas"):
        Atlas.load(tmp_path)
    (folder / "atlas.json").write_text("{", encoding="utf-8")
    with pytest.raises(AtlasError, match="cannot be read"):
        Atlas.load(folder)


def test_a_missing_vector_file_is_refused(folder: Path) -> None:
    (folder / "vectors.npy").unlink()
    with pytest.raises(AtlasError, match="cannot be read"):
        Atlas.load(folder)


def test_numbers_of_sites_must_agree(tmp_path: Path, embeddings: np.ndarray) -> None:
    with pytest.raises(ValueError, match="10 sites but vectors"):
        write_atlas(tmp_path, encoder=ENCODER, sites=make_sites(10), embeddings=embeddings)
    with pytest.raises(ValueError, match="different lengths"):
        AtlasSites(**{**make_sites(10).__dict__, "moment_dft": np.zeros(3)})
    assert not list(tmp_path.iterdir())


def test_thirty_thousand_sites_stay_under_fifteen_megabytes(tmp_path: Path) -> None:
    n = 30_000
    rng = np.random.default_rng(0)
    sites = make_sites(n)
    write_atlas(
        tmp_path,
        encoder=ENCODER,
        sites=sites,
        embeddings=rng.normal(size=(6, n, 64)).astype(np.float32),
        coordinates={f"tsne:{levels}": rng.normal(size=(n, 2)) for levels in ("0", "1", "2", "01", "012")},
    )
    assert sum(path.stat().st_size for path in tmp_path.iterdir()) < 15e6
