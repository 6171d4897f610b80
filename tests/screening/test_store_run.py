"""A screening into a result store: complete, cancelled, killed, gone on with, tried again; each row once."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Iterable, Iterator
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Self

import numpy as np
import pandas as pd
import pytest

from negnn_gui.analysis.site_filter import FilterError
from negnn_gui.export.codecs import Codec
from negnn_gui.export.tables import SITE_COLUMNS, SUMMARY_COLUMNS
from negnn_gui.screening import batches
from negnn_gui.screening.cluster_work import Order, Part, carry_out, describe
from negnn_gui.screening.journal import Position
from negnn_gui.screening.model_choice import ModelChoice
from negnn_gui.screening.reading import ReadTask
from negnn_gui.screening.request import ScreeningError, ScreeningProgress, ScreeningReport
from negnn_gui.screening.result_store import StoreWriter, part_path, read_header
from negnn_gui.screening.rounds import live_failures, rounds
from negnn_gui.screening.store_run import StoreRequest, StoreRun
from negnn_gui.screening.store_tables import QueryCancelledError, StoreTables, arrays

if TYPE_CHECKING:
    from negnn_gui.inference.predictor import Predictor

GOOD, FAILING = 54, 6
CHOICE = ModelChoice("random", device="cpu")
XYZ = '2\nLattice="{a} 0 0 0 {a} 0 0 0 {a}" Properties=species:S:1:pos:R:3 pbc="T T T"\nFe 0 0 0\nO {b} {b} {b}\n'


class _Workers:
    """A cluster whose one worker is this process: orders of a few files, in order."""

    def __init__(self, files: int = 7) -> None:
        self.models = describe(CHOICE).models
        self._files = files

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        pass

    def parts(
        self, tasks: Iterable[ReadTask], start: Position, codecs: dict[str, Codec], *, time_limit_s: float
    ) -> Iterator[Part]:
        left = iter(tasks)
        while group := tuple(islice(left, self._files)):
            yield carry_out(Order(group, start, CHOICE, codecs, 0.0))
            start = Position(start.file + len(group))


def _no_predictor() -> Predictor:
    raise AssertionError("a cluster computes: nothing is loaded here")


def _run(request: StoreRequest, predictor: Predictor, **callbacks: object) -> ScreeningReport:
    return StoreRun(request, lambda: predictor, **callbacks).run()  # type: ignore[arg-type]


def _stop_after(number: int) -> dict[str, Callable[..., object]]:
    """Callbacks that cancel a run after a number of committed batches."""
    seen: list[int] = []
    return {"committed": seen.append, "cancelled": lambda: len(seen) >= number}


def _tables(store: Path) -> StoreTables:
    return StoreTables(store, rounds(store)[-1].n_parts)


def _names(store: Path) -> list[str]:
    tables = _tables(store)
    rows = np.arange(tables.n_rows("structures"))
    return list(tables.rows("structures", rows)["structure"])


@pytest.fixture(autouse=True)
def small_batches(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(batches, "MAX_STRUCTURES", 20)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory, crystal_text: Callable[[int], str]) -> Path:
    """60 crystals, every tenth broken."""
    root = tmp_path_factory.mktemp("sixty")
    for number in range(GOOD + FAILING):
        (root / f"x{number:03d}.cif").write_text(
            "data_broken\n" if number % 10 == 3 else crystal_text(number)
        )
    return root


@pytest.fixture(scope="module")
def finished(folder: Path, tmp_path_factory: pytest.TempPathFactory, predictor: Predictor) -> Path:
    """A finished screening of them."""
    store = tmp_path_factory.mktemp("finished") / "store"
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(batches, "MAX_STRUCTURES", 20)
        report = _run(StoreRequest(store, (folder,), workers=0), predictor)
    assert (report.structures, report.sites, report.failures) == (GOOD, 2 * GOOD, FAILING)
    return store


@pytest.fixture
def done(finished: Path, tmp_path: Path) -> Path:
    """A copy of it to work on."""
    return shutil.copytree(finished, tmp_path / "store")


def test_a_run_keeps_rows_and_failures_and_says_how_far_it_is(
    folder: Path, tmp_path: Path, predictor: Predictor
) -> None:
    store, told, parts = tmp_path / "store", [], []
    report = _run(
        StoreRequest(store, (folder,), workers=0), predictor, progress=told.append, committed=parts.append
    )
    assert report.complete
    assert told[-1] == ScreeningProgress(60, 60, GOOD, 2 * GOOD, FAILING)
    assert parts == [1, 2, 3]
    tables = _tables(store)
    assert (tables.n_rows("sites"), tables.n_rows("structures")) == (2 * GOOD, GOOD)
    assert tables.take("sites", np.arange(3)).column_names == list(SITE_COLUMNS)
    summary = tables.take("structures", np.array([0, GOOD - 1]))
    assert summary.column_names == list(SUMMARY_COLUMNS)
    assert summary.column("n_sites").to_pylist() == [2, 2]
    failures = live_failures(store)
    assert len({failure.path for failure in failures}) == FAILING
    assert all(failure.reason.endswith(".") and failure.path.is_file() for failure in failures)
    assert read_header(store).models["moment"].id == "random"


@pytest.mark.parametrize("stops", [[1], [1, 1]])
def test_cancelled_and_gone_on_with_each_row_is_there_once(
    stops: list[int], done: Path, folder: Path, tmp_path: Path, predictor: Predictor
) -> None:
    store = tmp_path / "broken"
    request = StoreRequest(store, (folder,), workers=0)
    for number in stops:
        assert not _run(request, predictor, **_stop_after(number)).complete
    report = _run(request, predictor)
    assert (report.structures, report.failures, report.complete) == (GOOD, FAILING, True)
    assert _names(store) == _names(done)
    assert live_failures(store) == live_failures(done)


def test_what_a_killed_run_wrote_behind_its_journal_is_done_again(
    done: Path, folder: Path, tmp_path: Path, predictor: Predictor
) -> None:
    store = tmp_path / "killed"
    request = StoreRequest(store, (folder,), workers=0)
    _run(request, predictor, **_stop_after(2))
    journal = store / "rounds" / "001" / "journal.jsonl"
    lines = journal.read_bytes().splitlines(keepends=True)
    journal.write_bytes(
        b"".join(lines[:-1]) + lines[-1][:20]
    )  # killed while it wrote the second batch's line
    part_path(store, "sites", 7).with_suffix(".writing").write_bytes(b"half")
    assert rounds(store)[-1].n_parts == 1
    assert _run(request, predictor).complete
    assert _names(store) == _names(done)
    assert not list((store / "parts").glob("*.writing"))


def test_what_failed_is_read_again_and_only_that(
    done: Path, folder: Path, write_cif: Callable[[Path, int], Path], predictor: Predictor
) -> None:
    bad = [failure.path for failure in live_failures(done)]
    for number, path in enumerate(bad[:4]):
        write_cif(path, 900 + number)
    told: list[ScreeningProgress] = []
    report = _run(StoreRequest(done, retry=True, workers=0), predictor, progress=told.append)
    assert (report.structures, report.failures, report.complete) == (58, 2, True)
    assert (told[0].failures, told[0].structures, told[0].files_total) == (FAILING, GOOD, FAILING)
    assert [failure.path for failure in live_failures(done)] == bad[4:]
    assert len(set(_names(done))) == len(_names(done)) == 58
    for path in bad[:4]:
        path.write_text("data_broken\n")  # other tests read the folder too
    # There is nothing to do but what failed; a run without ``retry`` leaves it alone.
    assert _run(StoreRequest(done, workers=0), predictor).structures == 58
    assert len(rounds(done)) == 2


def test_a_retry_that_was_cancelled_goes_on(done: Path, predictor: Predictor) -> None:
    before = live_failures(done)
    request = StoreRequest(done, retry=True, workers=0)
    report = _run(request, predictor, cancelled=lambda: True)
    assert not report.complete
    assert report.failures == FAILING
    assert live_failures(done) == before
    assert _run(request, predictor).complete
    assert live_failures(done) == before
    assert len(rounds(done)) == 2


def test_frames_that_were_there_before_a_retry_come_no_second_time(
    tmp_path: Path, predictor: Predictor
) -> None:
    frames = [XYZ.format(a=3 + 0.1 * k, b=1.5 + 0.05 * k) for k in range(6)]
    path = tmp_path / "many.extxyz"
    path.write_text("".join([*frames[:4], frames[4].replace("Fe 0", "Fe x"), *frames[5:]]))
    store = tmp_path / "store"
    report = _run(StoreRequest(store, (path,), workers=0), predictor)
    assert report.structures >= 4
    assert report.failures >= 1
    path.write_text("".join(frames))
    report = _run(StoreRequest(store, retry=True, workers=0), predictor)
    assert (report.structures, report.failures) == (6, 0)
    tables = _tables(store)
    assert sorted(tables.rows("structures", np.arange(6))["frame"].tolist()) == list(range(6))


def test_embeddings_are_kept_where_they_are_asked_for(
    folder: Path, tmp_path: Path, predictor: Predictor
) -> None:
    store = tmp_path / "store"
    _run(StoreRequest(store, (folder,), workers=0, levels="01"), predictor)
    tables = _tables(store)
    vectors = tables.take("embeddings", np.array([5, 0]))
    assert vectors.num_columns == 6 + 2 * 64
    assert vectors.column("site_index").to_pylist() == [1, 0]


def test_other_models_are_refused(done: Path, predictor: Predictor) -> None:
    header = json.loads((done / "store.json").read_text())
    header["models"]["moment"]["sha256"] = "0" * 64
    (done / "store.json").write_text(json.dumps(header))
    with pytest.raises(ScreeningError, match="begun with other models"):
        _run(StoreRequest(done, retry=True, workers=0), predictor)


@pytest.mark.parametrize(
    ("content", "says"),
    [("{", "damaged"), ('{"program": "negnn-gui", "format": 99}', "later version"), ("[]", "damaged")],
)
def test_a_header_that_makes_no_sense_is_refused(content: str, says: str, tmp_path: Path) -> None:
    (tmp_path / "store.json").write_text(content)
    with pytest.raises(ScreeningError, match=says):
        read_header(tmp_path)
    with pytest.raises(ScreeningError, match="no results of a screening"):
        read_header(tmp_path / "nowhere")


def test_nothing_to_read_is_said(tmp_path: Path, predictor: Predictor) -> None:
    with pytest.raises(ScreeningError, match="nothing to read"):
        _run(StoreRequest(tmp_path / "store", (), workers=0), predictor)


def test_rows_are_filtered_and_sorted_as_one_table(done: Path) -> None:
    tables = _tables(done)
    whole = arrays(tables.take("sites", np.arange(tables.n_rows("sites"))))
    expression = 'element == "Fe" and moment_pred_muB > 0.01'
    rows = tables.matching("sites", expression)
    expected = (whole["element"] == "Fe") & (whole["moment_pred_muB"] > 0.01)
    assert rows.tolist() == np.flatnonzero(expected).tolist()
    for column, descending in (("moment_pred_muB", True), ("structure", False), ("nn_formula", False)):
        order = tables.ordered("sites", rows, column, descending)
        values = whole[column][order]
        expected_values = sorted(values, reverse=descending)
        assert list(values) == expected_values
        assert sorted(order) == sorted(rows)
    assert tables.rows("sites", rows[::-1])["site_index"].tolist() == whole["site_index"][rows[::-1]].tolist()
    with pytest.raises(FilterError, match="did you mean"):
        tables.matching("sites", "moment_pred > 2")
    with pytest.raises(QueryCancelledError):
        tables.matching("sites", expression, cancelled=lambda: True)


def test_what_is_not_known_comes_last_either_way(done: Path) -> None:
    tables = _tables(done)
    rows = np.arange(tables.n_rows("sites"))
    for descending in (False, True):
        values = tables.rows("sites", tables.ordered("sites", rows, "moment_exp_pred_muB", descending))
        known = np.isfinite(values["moment_exp_pred_muB"])
        assert not known[np.argmin(known) :].any() or known.all()


def test_a_writer_without_anything_to_write_adds_no_part(done: Path) -> None:
    writer = StoreWriter(done, keep=3, reading=1)
    assert writer.commit() == {"parts": 3}


def test_parts_of_a_cluster_give_the_same_store(
    finished: Path, folder: Path, tmp_path: Path, random_models: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_DATA_HOME", str(random_models))
    store = tmp_path / "clustered"
    request = StoreRequest(store, (folder,), levels="0")
    stopped = StoreRun(request, _no_predictor, connect=_Workers, **_stop_after(2)).run()
    assert (stopped.complete, stopped.structures + stopped.failures) == (False, 14)
    waits: list[int] = []
    report = StoreRun(request, _no_predictor, connect=_Workers, between=lambda: waits.append(1)).run()
    assert (report.complete, report.structures, report.failures) == (True, GOOD, FAILING)
    assert len(waits) == 7, "a pause is possible before each part"
    mine, theirs = (
        _tables(each).take("sites", np.arange(2 * GOOD)).to_pandas() for each in (store, finished)
    )
    pd.testing.assert_frame_equal(mine, theirs, rtol=1e-4)
    assert live_failures(store) == live_failures(finished)
    assert _tables(store).take("embeddings", np.arange(2 * GOOD)).num_rows == 2 * GOOD


def test_a_retry_on_a_cluster_adds_only_what_was_not_there(
    tmp_path: Path, predictor: Predictor, random_models: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_DATA_HOME", str(random_models))
    frames = tmp_path / "frames.extxyz"
    good = [XYZ.format(a=3 + 0.01 * n, b=1.5) for n in range(3)]
    frames.write_text(good[0] + "2\nno lattice\nFe 0 0\n" + good[2])
    store = tmp_path / "store"
    first = _run(StoreRequest(store, (frames,), workers=0), predictor)
    assert first.failures and first.structures
    frames.write_text("".join(good))
    again = StoreRun(StoreRequest(store, retry=True), _no_predictor, connect=_Workers).run()
    assert (again.complete, again.structures, again.sites, again.failures) == (True, 3, 6, 0)
    assert sorted(_tables(store).rows("structures", np.arange(3))["frame"].tolist()) == [0, 1, 2]


def test_a_cluster_with_other_models_is_refused(
    done: Path, random_models: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_DATA_HOME", str(random_models))
    other = _Workers()
    other.models = {"encoder": other.models["encoder"]}
    with pytest.raises(ScreeningError, match="was begun with other models"):
        StoreRun(StoreRequest(done, retry=True), _no_predictor, connect=lambda: other).run()  # type: ignore[arg-type, return-value]
