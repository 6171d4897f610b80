"""A run from folders of files to tables: complete, resumed, refused. Files are read in this process here."""

from __future__ import annotations

import csv
import json
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd
import pytest
from minimal_cif import minimal_cif

from negnn_gui.export.tables import SITE_COLUMNS
from negnn_gui.screening.job import ScreeningJob
from negnn_gui.screening.journal import Journal
from negnn_gui.screening.request import (
    EmbeddingsOutput,
    ScreeningError,
    ScreeningProgress,
    ScreeningReport,
    ScreeningRequest,
    SitesOutput,
)

if TYPE_CHECKING:
    from negnn_gui.export.writers import SitesFormat
    from negnn_gui.inference.predictor import Predictor

Write = Callable[[Path, int], Path]
_MIXED = minimal_cif(
    (3, 4, 5),
    "Fe1 Fe 0 0 0 0.5",
    "Co1 Co 0 0 0 0.5",
    "Fe2 Fe 0.5 0.5 0.5 0.5",
    "Co2 Co 0.5 0.5 0.5 0.5",
    "O1 O 0.4 0.2 0.1 1",
    name="mixed",
)
FAILING = 8  # of the 300 files of ``folder``


def _request(
    folder: Path, output: Path, kind: SitesFormat = "csv", *, resume: bool = False
) -> ScreeningRequest:
    embeddings = EmbeddingsOutput(output.with_suffix(".emb.parquet"), levels="01")
    return ScreeningRequest((folder,), SitesOutput(output, kind), embeddings, resume=resume, workers=0)


def _run(request: ScreeningRequest, predictor: Predictor, **callbacks: object) -> ScreeningReport:
    return ScreeningJob(request, lambda: predictor, **callbacks).run()  # type: ignore[arg-type]


def _stop_after(structures: int) -> dict[str, Callable[..., object]]:
    """Callbacks that cancel a run after a number of structures."""
    seen: list[ScreeningProgress] = []
    return {
        "progress": seen.append,
        "cancelled": lambda: bool(seen) and seen[-1].structures >= structures,
    }


def test_a_run_writes_tables_errors_and_sidecar(folder: Path, tmp_path: Path, predictor: Predictor) -> None:
    told: list[ScreeningProgress] = []
    report = _run(_request(folder, tmp_path / "sites.csv"), predictor, progress=told.append)
    assert (report.structures, report.sites, report.failures) == (292, 584, FAILING)
    assert report.complete

    sites = pd.read_csv(tmp_path / "sites.csv")
    assert list(sites.columns) == list(SITE_COLUMNS)
    assert len(sites) == 584
    assert sites.moment_pred_muB.notna().sum() >= 292
    # Folders and files are taken together, sorted by name: inner/ comes before x001.cif.
    assert list(sites.source_file.unique()) == sorted(sites.source_file.unique())
    assert set(sites.model_id) == {predictor.model.id if predictor.model else ""}

    embeddings = pd.read_parquet(tmp_path / "sites.emb.parquet")
    assert (len(embeddings), len(embeddings.columns)) == (584, 6 + 128)

    with (tmp_path / "sites.errors.csv").open(encoding="utf-8", newline="") as file:
        errors = list(csv.DictReader(file))
    assert [list(row) for row in errors] == [["path", "frame", "reason"]] * FAILING
    assert all(Path(row["path"]).exists() and row["reason"].endswith(".") for row in errors)

    meta = json.loads((tmp_path / "sites.meta.json").read_text())
    assert (meta["structures"], meta["sites"], meta["failures"]) == (292, 584, FAILING)
    assert meta["models"]["encoder"]["sha256"] == predictor.encoder.sha256
    assert meta["inputs"] == [str(folder)]
    assert meta["device"] == "cpu"
    assert told[-1] == ScreeningProgress(300, 300, 292, 584, FAILING)
    assert not (tmp_path / "sites.csv.partial").exists()


@pytest.mark.parametrize("kind", ["csv", "parquet", "extxyz"])
def test_a_run_stopped_twice_and_resumed_writes_the_same_bytes(
    folder: Path, tmp_path: Path, predictor: Predictor, kind: SitesFormat
) -> None:
    (tmp_path / "whole").mkdir()
    (tmp_path / "broken").mkdir()
    whole = _request(folder, tmp_path / "whole" / f"sites.{kind}", kind)
    assert _run(whole, predictor).complete

    broken = _request(folder, tmp_path / "broken" / f"sites.{kind}", kind, resume=True)
    for structures in (140, 200):
        report = _run(broken, predictor, **_stop_after(structures))
        assert not report.complete
        assert not broken.main_output.exists()
    report = _run(broken, predictor)
    assert (report.structures, report.failures) == (292, FAILING)
    for path in (*whole.tables, whole.main_output.with_suffix(".errors.csv")):
        assert (tmp_path / "broken" / path.name).read_bytes() == path.read_bytes(), path.name


def test_what_a_kill_left_behind_the_journal_is_cut_off(
    folder: Path, tmp_path: Path, predictor: Predictor
) -> None:
    whole = _request(folder, tmp_path / "whole.csv")
    _run(whole, predictor)
    broken = _request(folder, tmp_path / "broken.csv", resume=True)
    _run(broken, predictor, **_stop_after(140))
    rubbish = {"sites": b"half a li", "embeddings": b"\xff" * 99, "errors": b"x,", "journal.jsonl": b'{"po'}
    for name, data in rubbish.items():
        with (broken.partial_folder / name).open("ab") as file:
            file.write(data)
    _run(broken, predictor)
    assert (tmp_path / "broken.csv").read_bytes() == (tmp_path / "whole.csv").read_bytes()
    assert (tmp_path / "broken.emb.parquet").read_bytes() == (tmp_path / "whole.emb.parquet").read_bytes()


def test_a_multi_frame_file_is_resumed_in_its_middle(tmp_path: Path, predictor: Predictor) -> None:
    header = 'Lattice="{a} 0 0 0 {a} 0 0 0 {a}" Properties=species:S:1:pos:R:3'
    path = tmp_path / "frames.extxyz"
    path.write_text(
        "".join(f"2\n{header.format(a=3 + 0.001 * k)}\nFe 0 0 0\nO 1.5 1.5 1.5\n" for k in range(200))
    )
    request = ScreeningRequest((path,), SitesOutput(tmp_path / "whole.csv"), workers=0)
    assert _run(request, predictor).structures == 200
    broken = ScreeningRequest((path,), SitesOutput(tmp_path / "broken.csv"), workers=0, resume=True)
    _run(broken, predictor, **_stop_after(150))
    journal = Journal.reopen(broken.partial_folder)
    assert journal is not None
    assert (journal.last.position.file, journal.last.position.frames) == (0, 128)
    journal.close()
    _run(broken, predictor)
    assert (tmp_path / "broken.csv").read_bytes() == (tmp_path / "whole.csv").read_bytes()
    assert list(pd.read_csv(tmp_path / "whole.csv").frame.unique()) == list(range(200))


def test_resuming_a_finished_run_changes_nothing(folder: Path, tmp_path: Path, predictor: Predictor) -> None:
    request = _request(folder, tmp_path / "sites.csv")
    first = _run(request, predictor)
    files = [path for path in tmp_path.iterdir() if path.is_file()]
    before = [(path.stat().st_mtime_ns, path.read_bytes()) for path in files]
    again = _run(replace(request, resume=True), predictor)
    assert [(path.stat().st_mtime_ns, path.read_bytes()) for path in files] == before
    assert sorted(path for path in tmp_path.iterdir() if path.is_file()) == sorted(files)
    assert again.untouched
    assert (again.structures, again.sites, again.failures) == (first.structures, first.sites, first.failures)


def test_resume_begins_where_there_is_nothing(tmp_path: Path, write_cif: Write, predictor: Predictor) -> None:
    request = ScreeningRequest(
        (write_cif(tmp_path / "a.cif", 1),), SitesOutput(tmp_path / "sites.csv"), workers=0, resume=True
    )
    assert _run(request, predictor).structures == 1


def test_resuming_with_other_options_is_refused(folder: Path, tmp_path: Path, predictor: Predictor) -> None:
    request = _request(folder, tmp_path / "sites.csv", resume=True)
    _run(request, predictor, **_stop_after(10))
    with pytest.raises(ScreeningError, match="unfinished work with other inputs, options or models"):
        _run(replace(request, disorder="majority"), predictor)
    _run(request, predictor)
    with pytest.raises(ScreeningError, match="made with other inputs, options or models"):
        _run(replace(request, disorder="majority"), predictor)
    assert _run(replace(request, disorder="majority", resume=False), predictor).structures == 292


def test_a_kill_between_the_tables_is_mended(folder: Path, tmp_path: Path, predictor: Predictor) -> None:
    request = _request(folder, tmp_path / "sites.csv", resume=True)
    in_the_way = tmp_path / "sites.errors.csv"
    (in_the_way / "x").mkdir(parents=True)
    with pytest.raises(OSError, match=r"sites\.errors\.csv"):
        _run(request, predictor)
    table = (tmp_path / "sites.csv").read_bytes()  # this one was in its place before the errors failed
    shutil.rmtree(in_the_way)
    report = _run(request, predictor)
    assert (report.complete, report.failures) == (True, FAILING)
    assert (tmp_path / "sites.csv").read_bytes() == table
    assert in_the_way.is_file()
    assert not request.partial_folder.exists()


def test_errors_of_an_older_run_do_not_stay(tmp_path: Path, write_cif: Write, predictor: Predictor) -> None:
    path = tmp_path / "a.cif"
    path.write_text("data_broken\n")
    request = ScreeningRequest((path,), SitesOutput(tmp_path / "sites.csv"), workers=0)
    assert _run(request, predictor).failures == 1
    assert (tmp_path / "sites.errors.csv").exists()
    write_cif(path, 1)
    assert _run(request, predictor).failures == 0
    assert not (tmp_path / "sites.errors.csv").exists()


def test_own_outputs_are_not_read(tmp_path: Path, write_cif: Write, predictor: Predictor) -> None:
    write_cif(tmp_path / "a.cif", 1)
    for name in ("one.extxyz", "two.extxyz", "one.extxyz"):
        request = ScreeningRequest((tmp_path,), SitesOutput(tmp_path / name, "extxyz"), workers=0)
        assert _run(request, predictor).structures == 1


def test_somebody_elses_structure_is_not_overwritten(
    tmp_path: Path, write_cif: Write, predictor: Predictor
) -> None:
    path = write_cif(tmp_path / "a.cif", 1)
    other = write_cif(tmp_path / "other.cif", 2)
    with pytest.raises(ScreeningError, match="not written by this program"):
        _run(ScreeningRequest((path,), SitesOutput(other), workers=0), predictor)


def test_two_runs_do_not_share_an_output(folder: Path, tmp_path: Path, predictor: Predictor) -> None:
    request = _request(folder, tmp_path / "sites.csv", resume=True)
    _run(request, predictor, **_stop_after(10))
    holder = Journal.reopen(request.partial_folder)
    assert holder is not None
    for second in (request, replace(request, resume=False)):
        with pytest.raises(ScreeningError, match="another run is writing"):
            _run(second, predictor)
    holder.close()
    assert _run(request, predictor).complete


@pytest.mark.parametrize(("output", "message"), [("none/sites.csv", "does not exist"), (".", "is a folder")])
def test_an_impossible_output_is_refused_at_once(
    tmp_path: Path, write_cif: Write, predictor: Predictor, output: str, message: str
) -> None:
    request = ScreeningRequest((write_cif(tmp_path / "a.cif", 1),), SitesOutput(tmp_path / output), workers=0)
    with pytest.raises(ScreeningError, match=message):
        _run(request, predictor)


def test_two_outputs_of_one_name_are_refused(tmp_path: Path) -> None:
    place = tmp_path / "x.csv"
    with pytest.raises(ValueError, match="same name"):
        ScreeningRequest((Path("a.cif"),), SitesOutput(place), EmbeddingsOutput(place, "0", "csv"))


def test_disorder_is_never_settled_silently(tmp_path: Path, predictor: Predictor) -> None:
    path = tmp_path / "mixed.cif"
    path.write_text(_MIXED)
    request = ScreeningRequest((path,), SitesOutput(tmp_path / "sites.csv"), workers=0)
    assert _run(request, predictor).failures == 1
    assert "disordered" in (tmp_path / "sites.errors.csv").read_text()

    assert _run(replace(request, disorder="majority"), predictor).structures == 1
    sites = pd.read_csv(tmp_path / "sites.csv")
    assert list(sites.structure.unique()) == ["mixed"]
    warnings = json.loads((tmp_path / "sites.meta.json").read_text())["warnings"]
    assert any("most likely" in warning for warning in warnings)

    count = _run(replace(request, disorder="enumerate"), predictor).structures
    assert count > 1
    sites = pd.read_csv(tmp_path / "sites.csv")
    assert list(sites.structure.unique()) == [f"mixed_ordering{k}" for k in range(1, count + 1)]
