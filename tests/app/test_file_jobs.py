"""The file worker: each file on its own, in order, and a table that is always finished."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from pytestqt.qtbot import QtBot

from negnn_gui.app.file_jobs import FileWorker, ReadPaths, ReadText, WriteSites
from negnn_gui.results import Analysis
from negnn_gui.structures import reading
from negnn_gui.structures.entry import StructureEntry, StructureReadError


class Listener:
    """Collects what a worker says."""

    def __init__(self, worker: FileWorker) -> None:
        self.entries: list[StructureEntry] = []
        self.failures: list[StructureReadError] = []
        self.written: list[Path] = []
        self.write_failed: list[tuple[Path, str]] = []
        self.ended: list[int] = []
        worker.read.connect(self._on_read)
        worker.written.connect(self.written.append)
        worker.write_failed.connect(lambda path, why: self.write_failed.append((path, why)))
        worker.ended.connect(self.ended.append)

    def _on_read(self, entries: list[StructureEntry], failures: list[StructureReadError]) -> None:
        self.entries += entries
        self.failures += failures


@pytest.fixture
def worker(qtbot: QtBot) -> Iterator[FileWorker]:
    worker = FileWorker()
    worker.start()
    yield worker
    assert worker.close(20), "the worker hangs"


@pytest.fixture
def heard(worker: FileWorker) -> Listener:
    return Listener(worker)


def wait_for_end(qtbot: QtBot, heard: Listener, count: int = 1) -> None:
    qtbot.waitUntil(lambda: len(heard.ended) >= count, timeout=60_000)


def test_folder_is_read_in_order_and_a_bad_file_costs_only_itself(qtbot, worker, heard, nio):
    (nio.parent / "a.cif").write_text(nio.read_text())
    (nio.parent / "broken.cif").write_text("data_broken\n_cell_length_a 3\n")
    (nio.parent / "empty.cif").write_text("")
    worker.submit(ReadPaths((nio.parent,)))
    wait_for_end(qtbot, heard)
    assert [entry.name for entry in heard.entries] == ["NiO", "a"]
    assert sorted(failure.path.name for failure in heard.failures) == ["broken.cif", "empty.cif"]
    assert all(failure.reason and "\n" not in failure.reason for failure in heard.failures)


def test_missing_file_is_a_failure_that_names_it(qtbot, worker, heard, tmp_path):
    worker.submit(ReadPaths((tmp_path / "gone.cif",)))
    wait_for_end(qtbot, heard)
    assert [failure.path.name for failure in heard.failures] == ["gone.cif"]


def test_what_a_reader_raises_costs_that_file_only(qtbot, worker, heard, nio, monkeypatch):
    read = reading.read_structures

    def exhausted(path: Path):
        if path.name == "huge.cif":
            raise MemoryError
        return read(path)

    (nio.parent / "huge.cif").write_text(nio.read_text())
    monkeypatch.setattr(reading, "read_structures", exhausted)
    worker.submit(ReadPaths((nio.parent / "huge.cif", nio)))
    wait_for_end(qtbot, heard)
    assert [entry.name for entry in heard.entries] == ["NiO"]
    assert "not enough memory" in heard.failures[0].reason


def test_what_is_raised_before_the_first_file_names_every_path(qtbot, worker, heard, nio, monkeypatch):
    def broken(paths):
        raise RuntimeError("no")

    monkeypatch.setattr(reading, "expand_paths", broken)
    worker.submit(ReadPaths((nio, nio.parent)))
    wait_for_end(qtbot, heard)
    assert [failure.path for failure in heard.failures] == [nio, nio.parent]


def test_text_becomes_a_structure_or_a_failure(qtbot, worker, heard, nio):
    worker.submit(ReadText(nio.read_text(), "pasted"))
    worker.submit(ReadText("no structure at all", "pasted"))
    wait_for_end(qtbot, heard, 2)
    assert [entry.formula for entry in heard.entries] == ["NiO"]
    assert len(heard.failures) == 1


def analysed(nio: Path, load_tiny) -> tuple[StructureEntry, Analysis]:
    entry = next(iter(reading.read_structures(nio)))
    return entry, next(iter(load_tiny().predict([entry])))


def test_table_and_sidecar_are_written_even_while_closing(qtbot, worker, heard, nio, load_tiny, tmp_path):
    rows = (analysed(nio, load_tiny),)
    target = tmp_path / "sites.csv"
    worker.submit(WriteSites(target, rows, "2026-01-01T00:00:00+00:00", 1.5, 2))
    assert worker.close(20)
    qtbot.waitUntil(lambda: heard.written == [target])
    lines = target.read_text(encoding="utf-8").splitlines()
    assert len(lines) == 3
    assert lines[0].startswith("structure,source_file,frame,formula,site_index,site_label,element,frac_a")
    meta = json.loads((tmp_path / "sites.meta.json").read_text())
    assert (meta["structures"], meta["sites"], meta["failures"]) == (1, 2, 2)
    assert meta["models"]["moment"]["id"] == "tiny-random"
    assert len(meta["models"]["moment"]["sha256"]) == 64
    assert meta["inputs"] == [str(nio)]
    assert meta["device"] == "cpu"


def test_unwritable_folder_is_one_sentence(qtbot, worker, heard, nio, load_tiny, tmp_path):
    target = tmp_path / "no such folder" / "sites.csv"
    worker.submit(WriteSites(target, (analysed(nio, load_tiny),), "", 0.0, 0))
    wait_for_end(qtbot, heard)
    assert heard.written == []
    [(path, reason)] = heard.write_failed
    assert path == target
    assert "No such file or directory" in reason
