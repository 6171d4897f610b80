"""No space left: one OSError, the older file whole, nothing left behind; on a real full disk, and injected."""

from __future__ import annotations

import errno
import zipfile
from pathlib import Path

import pytest

from negnn_gui.export.atomic import AppendedFile, replacing, write_whole
from negnn_gui.export.session_file import SavedSession, write_session
from negnn_gui.export.sidecars import RunRecord, meta_path
from negnn_gui.export.writers import SITES_FORMATS, write_results

RECORD = RunRecord({}, "cpu", {}, (), ("sites.csv", "older.txt"), "2026-01-01T00:00:00Z", 1.0, 1, 2, 0)


def no_space(*_: object, **__: object) -> None:
    raise OSError(errno.ENOSPC, "No space left on device")


@pytest.mark.parametrize("kind", [*SITES_FORMATS, "summary"])
def test_a_table_that_does_not_fit_leaves_the_older_one(full_disk, make_result, kind):
    target = full_disk / "older.txt"
    results = [make_result(number) for number in range(4)]
    with pytest.raises(OSError, match="No space left") as caught:
        write_results(target, results, RECORD, kind=kind)
    assert caught.value.errno == errno.ENOSPC
    assert target.read_text() == "older"
    assert sorted(path.name for path in full_disk.iterdir()) == ["filler", "older.txt"]
    (full_disk / "filler").unlink()
    write_results(target, results, RECORD, kind=kind)
    assert target.read_bytes() != b"older"
    assert meta_path(target).is_file()


def test_a_session_that_does_not_fit_leaves_the_older_one(full_disk, make_result):
    entry, analysis = make_result(1)
    session = SavedSession(entries=(entry,), analyses={entry.id: analysis})
    target = full_disk / "older.txt"
    with pytest.raises(OSError, match="No space left"):
        write_session(target, session)
    assert target.read_text() == "older"
    assert sorted(path.name for path in full_disk.iterdir()) == ["filler", "older.txt"]
    (full_disk / "filler").unlink()
    write_session(target, session)
    assert zipfile.is_zipfile(target)


def test_the_same_where_no_small_disk_can_be_made(tmp_path, make_result, monkeypatch):
    target = tmp_path / "sites.csv"
    target.write_text("older")
    meta_path(target).write_text("older facts")
    monkeypatch.setattr(AppendedFile, "append", no_space)
    with pytest.raises(OSError, match="No space left"):
        write_results(target, [make_result(1)], RECORD)
    monkeypatch.undo()
    monkeypatch.setattr(zipfile.ZipFile, "writestr", no_space)
    with pytest.raises(OSError, match="No space left"):
        write_session(target, SavedSession())
    monkeypatch.undo()
    monkeypatch.setattr(Path, "write_bytes", no_space)
    with pytest.raises(OSError, match="No space left"):
        write_whole(target, b"new")
    assert target.read_text() == "older"
    assert meta_path(target).read_text() == "older facts", "a table and its sidecar change together"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["sites.csv", "sites.meta.json"]


def test_an_error_names_the_file_that_was_asked_for(tmp_path):
    target = tmp_path / "missing" / "sites.csv"
    with pytest.raises(FileNotFoundError) as caught, replacing(target) as temporary:
        temporary.write_bytes(b"")
    assert caught.value.filename == str(target)
