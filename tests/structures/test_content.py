"""Bytes to text: encodings, limits, compressed files, things that are no files."""

from __future__ import annotations

import gzip
import os
import shutil
import tracemalloc
from pathlib import Path

import pytest

from negnn_gui.structures import content
from negnn_gui.structures.entry import StructureEntry, StructureReadError
from negnn_gui.structures.reading import example_paths, read_structures

NIO = next(path for path in example_paths() if path.stem == "NiO")


def reason(path: Path) -> str:
    (error,) = read_structures(path)
    assert isinstance(error, StructureReadError)
    return error.reason


def entry_of(path: Path) -> StructureEntry:
    (entry,) = read_structures(path)
    assert isinstance(entry, StructureEntry), entry
    return entry


@pytest.mark.parametrize(
    "encoded",
    [
        lambda text: text.encode("utf-8-sig"),
        lambda text: text.encode("utf-16"),
        lambda text: text.encode("utf-16-le"),
        lambda text: text.encode("utf-16-be"),
        lambda text: text.replace("Wyckoff", "Wyckøff").encode("latin-1"),
        lambda text: text.replace("\n", "\r\n").encode(),
        lambda text: text.replace("\n", "\r").encode(),
        lambda text: text.encode() + b"\x1a",
    ],
    ids=["BOM", "UTF-16", "UTF-16-LE", "UTF-16-BE", "Latin-1", "CRLF", "CR", "control-Z"],
)
def test_encodings_and_line_ends(tmp_path: Path, encoded) -> None:
    path = tmp_path / "NiO.cif"
    path.write_bytes(encoded(NIO.read_text(encoding="utf-8")))
    assert entry_of(path).formula == "NiO"


def test_crlf_and_cr_in_files_read_by_line(tmp_path: Path) -> None:
    text = "NiO\n1.0\n4.2 0 0\n0 4.2 0\n0 0 4.2\nNi O\n1 1\nDirect\n0 0 0\n0.5 0.5 0.5\n"
    for end in ("\r\n", "\r"):
        path = tmp_path / "POSCAR"
        path.write_bytes(text.replace("\n", end).encode())
        assert entry_of(path).formula == "NiO"


def test_gzip_with_and_without_the_extension(tmp_path: Path) -> None:
    packed = gzip.compress(NIO.read_bytes())
    for name in ("NiO.cif.gz", "NiO.CIF.GZ", "NiO.cif"):
        path = tmp_path / name
        path.write_bytes(packed)
        entry = entry_of(path)
        assert (entry.name, entry.formula, entry.n_sites) == ("NiO", "NiO", 8)


def test_gzip_bomb_is_refused_without_unpacking_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(content, "WHOLE_FILE_LIMIT", 2 * 1024**2)
    path = tmp_path / "bomb.cif.gz"
    with gzip.open(path, "wb", compresslevel=9) as stream:
        stream.write(b"data_x\n")
        for _ in range(64):
            stream.write(b" " * 1024**2)
    assert path.stat().st_size < 100_000
    tracemalloc.start()
    assert "more than 2 MB" in reason(path)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 16 * 1024**2


def test_gzip_bomb_in_a_format_read_by_line(tmp_path: Path) -> None:
    path = tmp_path / "bomb.extxyz.gz"
    with gzip.open(path, "wb", compresslevel=9) as stream:
        stream.write(b"2\n")
        for _ in range(64):
            stream.write(b"x" * 1024**2)
    assert "longer than a megabyte" in reason(path)


def test_a_file_over_the_limit_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(content, "WHOLE_FILE_LIMIT", 1024**2)
    path = tmp_path / "large.cif"
    path.write_text(NIO.read_text(encoding="utf-8") + "#" * (1024**2), encoding="utf-8")
    assert "more than 1 MB" in reason(path)


def test_missing_file_dangling_link_and_folder(tmp_path: Path) -> None:
    assert "does not exist" in reason(tmp_path / "nothing.cif")
    (tmp_path / "link.cif").symlink_to(tmp_path / "gone.cif")
    assert "no longer exists" in reason(tmp_path / "link.cif")
    (tmp_path / "empty").mkdir()
    assert "no structure files" in reason(tmp_path / "empty")
    assert "no file can have this name" in reason(Path("a\0b.cif")).lower()


def test_a_link_to_itself(tmp_path: Path) -> None:
    (tmp_path / "loop.cif").symlink_to(tmp_path / "loop.cif")
    assert reason(tmp_path / "loop.cif")


def test_a_pipe_is_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.cif")
    assert "not a plain file" in reason(tmp_path / "pipe.cif")


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_unreadable_file_and_folder(tmp_path: Path) -> None:
    shutil.copy(NIO, tmp_path / "secret.cif")
    (tmp_path / "secret.cif").chmod(0)
    assert "no permission" in reason(tmp_path / "secret.cif")
    folder = tmp_path / "closed"
    folder.mkdir(mode=0)
    assert "cannot be listed" in reason(folder)
    folder.chmod(0o700)


@pytest.mark.parametrize("name", ["with space.cif", "quote'\".cif", "nickel 🧲 oxide.cif", "line\nbreak.cif"])
def test_unusual_names(tmp_path: Path, name: str) -> None:
    shutil.copy(NIO, tmp_path / name)
    entry = entry_of(tmp_path / name)
    assert entry.name == name.removesuffix(".cif")
    (tmp_path / name).write_text("")
    (error,) = read_structures(tmp_path / name)
    assert isinstance(error, StructureReadError)
    assert "\n" not in str(error) and error.path == tmp_path / name


def test_errors_survive_the_way_between_processes(tmp_path: Path) -> None:
    import pickle

    error = StructureReadError(tmp_path / "a.cif", "Broken.", frame=3)
    copy = pickle.loads(pickle.dumps(error))
    assert (copy.path, copy.reason, copy.frame, str(copy)) == (error.path, "Broken.", 3, "a.cif: Broken.")
