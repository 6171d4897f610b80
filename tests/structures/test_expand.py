"""Folders and files as users name them."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from negnn_gui.structures.reading import example_paths, expand_paths, is_structure_file

NIO = next(path for path in example_paths() if path.stem == "NiO")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Structures among other things, at three depths."""
    root = tmp_path / "root"
    (root / "b" / "deep").mkdir(parents=True)
    (root / ".hidden").mkdir()
    for name in ("z.cif", "A.cif", "b/one.mcif", "b/deep/two.cif.gz", ".hidden/no.cif", ".dot.cif"):
        shutil.copy(NIO, root / name)
    for name in ("POSCAR", "POSCAR.NiO", "CONTCAR_2", "x_POSCAR", "run.vasp", "CHGCAR"):
        (root / name).write_text("x")
    for name in ("notes.txt", "picture.png", "data.csv", "Makefile", "README.md", "POSCARs.tar"):
        (root / name).write_text("nothing")
    (root / "sites.meta.json").write_text('{"program": "x", "models": []}')
    (root / "structure.json").write_text('{"lattice": {}, "sites": []}')
    (root / "slurm.out").write_text("job done")
    (root / "scf.out").write_text("     Program PWSCF v.7 starts")
    (root / "scf.in").write_text("&CONTROL\n/\n&SYSTEM\n/\n")
    (root / "config.yaml").write_text("name: x\n")
    (root / "vasprun.xml").write_text('<?xml version="1.0"?>\n<modeling>\n</modeling>')
    (root / "menu.xml").write_text("<menu/>")
    return root


def names(found: list[Path], root: Path) -> list[str]:
    return [path.relative_to(root).as_posix() for path in found]


def test_folder_is_walked_in_order_and_other_files_passed_over(folder: Path) -> None:
    assert names(list(expand_paths([folder])), folder) == [
        "A.cif", "CHGCAR", "CONTCAR_2", "POSCAR", "POSCAR.NiO", "b/deep/two.cif.gz", "b/one.mcif", "run.vasp",
        "scf.in", "scf.out", "structure.json", "vasprun.xml", "x_POSCAR", "z.cif",
    ]  # fmt: skip
    assert list(expand_paths([folder])) == list(expand_paths([str(folder)]))


def test_named_files_come_whatever_they_are(folder: Path) -> None:
    given = [folder / "notes.txt", folder / "missing.cif", folder / "z.cif"]
    assert list(expand_paths(given)) == given


def test_links_make_no_loops(folder: Path) -> None:
    (folder / "b" / "up").symlink_to(folder)
    (folder / "again").symlink_to(folder / "b")
    found = names(list(expand_paths([folder])), folder)
    assert found.count("z.cif") == 1
    assert sum(name.endswith("one.mcif") for name in found) == 1


def test_a_folder_without_structures_is_yielded_itself(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("nothing")
    assert list(expand_paths([tmp_path])) == [tmp_path]


def test_is_structure_file_looks_into_ambiguous_ones(folder: Path) -> None:
    assert is_structure_file(folder / "structure.json")
    assert not is_structure_file(folder / "sites.meta.json")
    assert not is_structure_file(folder / "b")
    assert not is_structure_file(folder / "absent.json")
    assert is_structure_file(folder / "absent.cif")


def test_examples_are_there_and_sorted() -> None:
    found = example_paths()
    assert len([path for path in found if path.suffix == ".cif"]) >= 8
    assert [path.name.lower() for path in found] == sorted(path.name.lower() for path in found)


def test_importing_the_door_does_not_import_pymatgen() -> None:
    import subprocess
    import sys

    code = (
        "import sys, negnn_gui.structures.reading as r; r.example_paths(); print('pymatgen' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"
