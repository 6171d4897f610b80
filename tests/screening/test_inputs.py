"""What a run reads: everything that was named, once, in order, and never what this program wrote."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from negnn_gui.export.codecs import SitesFormat
from negnn_gui.export.writers import write_results
from negnn_gui.screening.inputs import list_inputs, say_left_out
from negnn_gui.structures.reading import read_structures

if TYPE_CHECKING:
    from negnn_gui.inference.predictor import Predictor

Write = Callable[[Path, int], Path]


def _names(paths: list[Path]) -> list[str]:
    return [path.name for path in paths]


def test_arguments_keep_their_order_and_folders_are_sorted(tmp_path: Path, write_cif: Write) -> None:
    (tmp_path / "f" / "g").mkdir(parents=True)
    for name in ("f/b.cif", "f/a.cif", "f/g/c.cif", "z.cif"):
        write_cif(tmp_path / name, 1)
    found = list(list_inputs([tmp_path / "z.cif", tmp_path / "f"], frozenset()))
    assert _names(found) == ["z.cif", "a.cif", "b.cif", "c.cif"]


def test_each_file_is_read_once(tmp_path: Path, write_cif: Write) -> None:
    path = write_cif(tmp_path / "a.cif", 1)
    assert list(list_inputs([path, tmp_path, path], frozenset())) == [path]


def test_a_missing_file_is_kept_so_that_reading_says_so(tmp_path: Path) -> None:
    assert list(list_inputs([tmp_path / "none.cif"], frozenset())) == [tmp_path / "none.cif"]


def test_own_outputs_are_left_out_even_when_named(
    tmp_path: Path, write_cif: Write, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    write_cif(Path("a.cif"), 1)
    write_cif(Path("sites.extxyz"), 2)
    own = frozenset({tmp_path / "sites.extxyz", tmp_path / "sites.extxyz.partial"})
    (tmp_path / "sites.extxyz.partial").mkdir()
    inner = write_cif(tmp_path / "sites.extxyz.partial" / "x.cif", 3)
    given = [Path("a.cif"), Path("./sites.extxyz"), inner, Path("../" + tmp_path.name) / "sites.extxyz"]
    assert list(list_inputs(given, own)) == [Path("a.cif")]


def test_products_of_earlier_runs_are_left_out_of_folders(tmp_path: Path, write_cif: Write) -> None:
    write_cif(tmp_path / "a.cif", 1)
    write_cif(tmp_path / "old.cif", 2)
    meta = {"program": "negnn-gui", "outputs": ["old.cif"], "sites": 3, "lattice": "as in a crystal's JSON"}
    (tmp_path / "old.meta.json").write_text(json.dumps(meta))
    assert _names(list(list_inputs([tmp_path], frozenset()))) == ["a.cif"]
    assert _names(list(list_inputs([tmp_path / "old.cif"], frozenset()))) == ["old.cif"]


def test_a_folder_without_structures_stands_for_itself(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("nothing here")
    assert list(list_inputs([tmp_path], frozenset())) == [tmp_path]


@pytest.mark.skipif(os.name != "posix", reason="links need rights on Windows")
def test_a_folder_that_contains_itself_ends(tmp_path: Path, write_cif: Write) -> None:
    write_cif(tmp_path / "a.cif", 1)
    (tmp_path / "loop").symlink_to(tmp_path)
    assert _names(list(list_inputs([tmp_path], frozenset()))) == ["a.cif"]


@pytest.mark.parametrize("kind", ["extxyz", "cif", "mcif"])
def test_own_crystals_renamed_and_moved_are_left_out_of_folders_and_that_is_said(
    kind: SitesFormat, tmp_path: Path, write_cif: Write, predictor: Predictor
) -> None:
    source = write_cif(tmp_path / "a.cif", 1)
    (entry,) = read_structures(source)
    (analysis,) = predictor.predict([entry])
    (tmp_path / "sub").mkdir()
    moved = tmp_path / "sub" / f"renamed.{kind}"
    write_results(moved, [(entry, analysis)], kind=kind)
    left_out: list[Path] = []
    assert list(list_inputs([tmp_path], frozenset(), left_out)) == [source]
    assert left_out == [moved]
    said: list[str] = []
    say_left_out(left_out, said.append)
    assert said == [
        f"left out a file that negnn-gui itself wrote from other structures, {moved}; "
        "name it as an input to read it all the same"
    ]
    assert list(list_inputs([moved], frozenset(), left_out)) == [moved], "named itself it is read"
    say_left_out([], said.append)
    say_left_out([moved, source], said.append)
    assert len(said) == 2
    assert "left out 2 files" in said[1]
