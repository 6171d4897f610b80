"""``negnn atlas``: built of the user's own files, listed, shown, imported, removed."""

from __future__ import annotations

import subprocess
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from negnn_gui.analysis.atlas import Atlas

Run = Callable[..., "subprocess.CompletedProcess[str]"]
ENCODER = "random-encoder"


@pytest.fixture
def built(quick: Run) -> subprocess.CompletedProcess[str]:
    return quick("atlas", "build", "one.cif", "--name", "mine", "--encoder", ENCODER)


def test_own_files_become_an_atlas_that_is_listed_and_shown(
    quick: Run, built: subprocess.CompletedProcess[str]
) -> None:
    assert built.returncode == 0, built.stderr
    assert built.stdout.startswith("wrote 2 sites of 1 structures to ")
    listed = quick("atlas", "list").stdout.splitlines()
    assert [line.split()[0] for line in listed] == ["NAME", "shipped", "mine"]
    assert listed[2].split()[1:3] == ["2", ENCODER]
    shown = quick("atlas", "show", "mine")
    assert shown.returncode == 0 and f"encoder: {ENCODER}" in shown.stdout
    assert "sites: 2 of 2 elements" in shown.stdout
    again = quick("atlas", "build", "one.cif", "--name", "mine", "--encoder", ENCODER)
    assert again.returncode == 2 and "already" in again.stderr


def test_it_holds_what_the_files_hold_and_bad_ones_are_named(quick: Run, folder: Path) -> None:
    for path in sorted(folder.iterdir())[6:]:
        if path.stem != "x030":  # a broken one
            path.unlink()
    done = quick("atlas", "build", str(folder), "--out", "kept", "--encoder", ENCODER)
    assert done.returncode == 1, done.stderr
    assert "x030.cif" in done.stderr and "1 inputs are not in it" in done.stderr
    atlas = Atlas.load(Path("kept"))
    assert sorted(atlas.sites.element) == ["Fe"] * 6 + ["O"] * 6
    assert atlas.name == "kept" and set(atlas.sites.source_id) == {f"x{n:03d}" for n in range(6)}
    assert np.isnan(atlas.known_moment).all()


def test_import_and_remove(quick: Run, work: Path, built: subprocess.CompletedProcess[str]) -> None:
    folder = built.stdout.split(" to ")[1].strip()
    assert quick("atlas", "import", folder, "--name", "copy").returncode == 0
    assert "copy" in quick("atlas", "list").stdout
    taken = quick("atlas", "import", folder)
    assert (taken.returncode, taken.stdout) == (
        2,
        "",
    ) and "there is an atlas called mine already" in taken.stderr
    assert quick("atlas", "remove", "copy").stdout == "copy removed\n"
    gone = quick("atlas", "remove", "copy")
    assert gone.returncode == 2 and "there is no atlas of yours called copy" in gone.stderr
    assert quick("atlas", "remove", "shipped").returncode == 2


def test_a_damaged_atlas_is_shown_with_its_problem(
    quick: Run, built: subprocess.CompletedProcess[str]
) -> None:
    folder = Path(built.stdout.split(" to ")[1].strip())
    (folder / "vectors.npy").write_bytes(b"nothing")
    shown = quick("atlas", "show", "mine")
    assert shown.returncode == 1 and "is damaged" in shown.stdout
    assert quick("atlas", "import", str(folder), "--name", "copy").returncode == 2


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("one.cif",), "say where the atlas goes"),
        (("one.cif", "--name", "a", "--out", "b"), "say where the atlas goes"),
        (("one.cif", "--name", "a/b"), "cannot be the name of an atlas"),
        (("one.cif", "--name", "a", "--data", "."), "not both"),
        (("one.cif", "--name", "a", "--encoder", "no-such"), "no-such"),
        (("nothing.cif", "--name", "a", "--encoder", ENCODER), "nothing of what was given could be read"),
    ],
)
def test_wrong_use_is_one_sentence(quick: Run, arguments: tuple[str, ...], told: str) -> None:
    done = quick("atlas", "build", *arguments)
    assert done.returncode == 2 and told in done.stderr
    assert "Traceback" not in done.stderr


def test_an_unknown_atlas_is_told_with_those_there_are(quick: Run) -> None:
    done = quick("atlas", "show", "nowhere")
    assert done.returncode == 2 and "there are shipped" in done.stderr
