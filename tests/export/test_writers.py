"""Tables that appear whole, are the same however they were written, and can be read by others."""

from __future__ import annotations

import json
from pathlib import Path

import ase.io
import numpy as np
import pandas as pd
import pytest
from pymatgen.core import Lattice, Structure

from negnn_gui.export.atomic import AppendedFile, publish, write_whole
from negnn_gui.export.sidecars import RunRecord, meta_path, meta_text, own_products, read_meta
from negnn_gui.export.tables import SITE_COLUMNS, site_frame
from negnn_gui.export.writers import (
    SITES_FORMATS,
    EmbeddingsFormat,
    EmbeddingsWriter,
    Result,
    SitesFormat,
    SitesWriter,
    write_results,
    write_sites_csv,
)
from negnn_gui.results import Analysis, ModelRef, MomentPrediction, NearestKnown
from negnn_gui.structures.entry import StructureEntry


def _result(number: int) -> Result:
    rng = np.random.default_rng(number)
    n = 2 + number % 3
    structure = Structure(Lattice.orthorhombic(4, 5, 6), ["Fe"] * n, rng.random((n, 3)))
    entry = StructureEntry(
        str(number), Path(f"x{number}.cif"), 0, f"x {number}", structure, tuple(f"Fe {i}" for i in range(n))
    )
    nan = np.full(n, np.nan)
    analysis = Analysis(
        entry_id=str(number),
        atomic_numbers=np.full(n, 26),
        embeddings=rng.random((6, n, 64), dtype=np.float32),
        moment=MomentPrediction(rng.random(n), rng.random(n), rng.random(n), nan, nan),
        moment_exp=MomentPrediction.no_data(n),
        ood_score=rng.random(n),
        nearest=NearestKnown.unknown(n),
        encoder=ModelRef("encoder", "e"),
        model=ModelRef("moments", "m"),
        device="cpu",
    )
    return entry, analysis


RESULTS = [_result(number) for number in range(10)]


def _record(structures: int) -> RunRecord:
    return RunRecord(
        models={"moment": ModelRef("moments", "m" * 64)},
        device="cpu",
        options={"disorder": "skip"},
        inputs=("x.cif",),
        outputs=("sites.csv",),
        started="2026-01-01T00:00:00+00:00",
        wall_time_s=1.5,
        structures=structures,
        sites=30,
        failures=0,
    )


@pytest.mark.parametrize("kind", SITES_FORMATS)
def test_a_table_written_by_two_processes_is_the_same(tmp_path: Path, kind: SitesFormat) -> None:
    whole = SitesWriter(tmp_path / "whole", tmp_path / "w1", kind=kind)
    for result in RESULTS[:5]:
        whole.append(*result)
    whole.commit()
    for result in RESULTS[5:]:
        whole.append(*result)
    whole.finish()

    first = SitesWriter(tmp_path / "broken", tmp_path / "w2", kind=kind)
    for result in RESULTS[:5]:
        first.append(*result)
    trusted = first.commit()
    for result in RESULTS[7:]:  # what a kill leaves behind the last commit
        first.append(*result)
    first.commit()
    first.close()
    second = SitesWriter(tmp_path / "broken", tmp_path / "w2", kind=kind, keep=trusted)
    for result in RESULTS[5:]:
        second.append(*result)
    second.finish()
    assert (tmp_path / "broken").read_bytes() == (tmp_path / "whole").read_bytes()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["broken", "whole"]


def test_parquet_holds_the_same_numbers_as_the_frame(tmp_path: Path) -> None:
    write_results(tmp_path / "sites.parquet", RESULTS, kind="parquet")
    table = pd.read_parquet(tmp_path / "sites.parquet")
    expected = pd.concat([site_frame(*result) for result in RESULTS], ignore_index=True)
    assert list(table.columns) == list(SITE_COLUMNS)
    np.testing.assert_array_equal(table.moment_pred_muB, expected.moment_pred_muB)
    assert list(table.site_label) == list(expected.site_label)
    assert table.nn_formula.isna().all()
    assert table.site_index.dtype == np.int64


def test_csv_reads_back(tmp_path: Path) -> None:
    write_results(tmp_path / "sites.csv", RESULTS, _record(10))
    table = pd.read_csv(tmp_path / "sites.csv")
    expected = pd.concat([site_frame(*result) for result in RESULTS], ignore_index=True)
    np.testing.assert_allclose(table.moment_pred_muB, expected.moment_pred_muB, atol=5.1e-5)
    np.testing.assert_allclose(table.x_A, expected.x_A, atol=5.1e-7)
    assert json.loads(meta_path(tmp_path / "sites.csv").read_text())["structures"] == 10
    assert b"\r" not in (tmp_path / "sites.csv").read_bytes()


def test_chosen_rows_can_be_written(tmp_path: Path) -> None:
    rows = pd.concat([site_frame(*result) for result in RESULTS], ignore_index=True)
    write_sites_csv(tmp_path / "sites.csv", rows[rows.moment_pred_muB > 0.5], _record(3))
    table = pd.read_csv(tmp_path / "sites.csv")
    assert 0 < len(table) < len(rows)
    assert (table.moment_pred_muB > 0.5).all()
    assert read_meta(meta_path(tmp_path / "sites.csv")) is not None


def test_extxyz_is_understood_by_ase(tmp_path: Path) -> None:
    write_results(tmp_path / "sites.extxyz", RESULTS, kind="extxyz")
    frames = ase.io.read(tmp_path / "sites.extxyz", index=":")
    assert len(frames) == len(RESULTS)
    for atoms, (entry, analysis) in zip(frames, RESULTS, strict=True):
        np.testing.assert_allclose(atoms.cell, entry.structure.lattice.matrix, atol=1e-8)
        np.testing.assert_allclose(atoms.positions, entry.structure.cart_coords, atol=1e-6)
        np.testing.assert_allclose(atoms.arrays["moment_pred_muB"], analysis.moment.median, atol=5.1e-5)
        assert np.isnan(atoms.arrays["moment_exp_pred_muB"]).all()
        assert list(atoms.arrays["site_label"]) == [label.replace(" ", "_") for label in entry.site_labels]
        assert atoms.info["structure"] == entry.name
        assert atoms.pbc.all()


@pytest.mark.parametrize("kind", ["parquet", "csv"])
def test_embeddings_read_back(tmp_path: Path, kind: EmbeddingsFormat) -> None:
    target = tmp_path / f"emb.{kind}"
    writer = EmbeddingsWriter(target, tmp_path / "working", levels="01", kind=kind)
    for result in RESULTS:
        writer.append(*result)
    writer.finish()
    table = pd.read_parquet(target) if kind == "parquet" else pd.read_csv(target, dtype={"levels": str})
    expected = np.concatenate([analysis.embedding("01") for _, analysis in RESULTS])
    np.testing.assert_allclose(table.iloc[:, 6:].to_numpy(), expected, atol=1e-6)
    assert set(table.levels) == {"01"}


def test_nothing_in_gives_a_table_without_rows(tmp_path: Path) -> None:
    write_results(tmp_path / "sites.csv", [])
    write_results(tmp_path / "sites.parquet", [], kind="parquet")
    assert (tmp_path / "sites.csv").read_text() == ",".join(SITE_COLUMNS) + "\n"
    assert list(pd.read_parquet(tmp_path / "sites.parquet").columns) == list(SITE_COLUMNS)


def test_a_failure_leaves_the_older_table_whole(tmp_path: Path) -> None:
    target = tmp_path / "sites.csv"
    write_results(target, RESULTS[:1])
    before = target.read_bytes()
    entry, _ = RESULTS[0]
    with pytest.raises(ValueError, match="sites, but an analysis of"):
        write_results(target, [RESULTS[1], (entry, RESULTS[2][1])])
    assert target.read_bytes() == before
    assert [path.name for path in tmp_path.iterdir()] == ["sites.csv"]


def test_only_what_was_committed_is_trusted(tmp_path: Path) -> None:
    with AppendedFile(tmp_path / "log") as file:
        file.append(b"kept")
        size = file.commit()
        file.append(b"lost")
    with AppendedFile(tmp_path / "log", keep=size) as file:
        file.append(b" and new")
        file.commit()
    assert (tmp_path / "log").read_bytes() == b"kept and new"
    with pytest.raises(OSError, match="holds 12 bytes where 99 were written"):
        AppendedFile(tmp_path / "log", keep=99)


def test_publishing_replaces_in_one_step(tmp_path: Path) -> None:
    target = tmp_path / "table"
    write_whole(target, b"old")
    (tmp_path / "new").write_bytes(b"new")
    publish(tmp_path / "new", target)
    assert target.read_bytes() == b"new"
    assert [path.name for path in tmp_path.iterdir()] == ["table"]


def test_publishing_works_across_disks(tmp_path: Path) -> None:
    other = Path("/dev/shm")
    if not other.is_dir() or other.stat().st_dev == tmp_path.stat().st_dev:
        pytest.skip("there is no second file system here")
    source = other / f"negnn-test-{tmp_path.parent.name}-{tmp_path.name}"
    source.write_bytes(b"content")
    publish(source, tmp_path / "table")
    assert (tmp_path / "table").read_bytes() == b"content"
    assert not source.exists()


def test_the_sidecar_tells_whose_files_lie_here(tmp_path: Path) -> None:
    meta_path(tmp_path / "sites.csv").write_text(meta_text(_record(1)))
    (tmp_path / "theirs.meta.json").write_text('{"sites": [], "outputs": ["NiO.cif"]}')
    (tmp_path / "broken.meta.json").write_text("{")
    assert own_products(tmp_path) == {"sites.meta.json", "sites.csv"}
    values = json.loads((tmp_path / "sites.meta.json").read_text())
    assert values["models"]["moment"] == {"id": "moments", "sha256": "m" * 64}
    assert {
        "version",
        "device",
        "options",
        "started",
        "wall_time_s",
        "structures",
        "sites",
        "failures",
    } <= set(values)
