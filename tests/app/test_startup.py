"""From the command line to a window: what is loaded when, and runs without a user."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from negnn_gui.__main__ import parse_arguments
from negnn_gui.app.startup import example_path

CHECKOUT = Path(__file__).parents[2]
TINY_MODEL = "tiny-random"

AT_FIRST_PAINT = """
import json, sys
from negnn_gui.__main__ import parse_arguments
from negnn_gui.app import main_window, startup

def look(window):
    print(json.dumps(sorted({name.partition(".")[0] for name in sys.modules})))
    sys.stdout.flush()
    window.close()

announce = main_window.MainWindow._announce_first_paint
main_window.MainWindow._announce_first_paint = lambda window: (look(window), announce(window))
sys.exit(startup.run(parse_arguments([])))
"""


def environment(**more: str) -> dict[str, str]:
    """The test's own environment (settings folders included) for a process that finds the package."""
    environ = {**os.environ, "PYTHONPATH": str(CHECKOUT), "OMP_NUM_THREADS": "1", **more}
    if not environ.get("DISPLAY"):
        environ["QT_QPA_PLATFORM"] = "offscreen"
    return environ


def run_window(*arguments: str, cwd: Path, **more: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "negnn_gui", *arguments]
    return subprocess.run(
        command, env=environment(**more), cwd=cwd, capture_output=True, text=True, timeout=200
    )


def test_heavy_libraries_are_not_loaded_at_the_first_paint(tmp_path):
    done = subprocess.run(
        [sys.executable, "-c", AT_FIRST_PAINT],
        env=environment(),
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=100,
    )
    assert done.returncode == 0, done.stderr
    loaded = set(json.loads(done.stdout.splitlines()[-1]))
    assert "PySide6" in loaded
    heavy = {
        "torch",
        "pymatgen",
        "vtkmodules",
        "vtk",
        "pyqtgraph",
        "ase",
        "scipy",
        "pandas",
        "numpy",
        "sklearn",
    }
    assert loaded & heavy == set()


def test_unattended_run_leaves_picture_and_table(nio, tiny_models, tmp_path):
    done = run_window(
        *("NiO.cif", "--model", TINY_MODEL, "--device", "cpu", "--size", "1200x800"),
        *("--screenshot", "out/window.png", "--export-csv", "out/sites.csv", "--exit"),
        cwd=tmp_path,
        XDG_DATA_HOME=str(tiny_models),
    )
    assert done.returncode == 0, done.stderr
    lines = (tmp_path / "out" / "sites.csv").read_text().splitlines()
    assert len(lines) == 3
    assert lines[1].startswith("NiO,NiO.cif,0,NiO,0,Ni1,Ni,")
    assert lines[1].endswith(TINY_MODEL)
    assert (tmp_path / "out" / "sites.meta.json").is_file()
    picture = (tmp_path / "out" / "window.png").read_bytes()
    assert picture[:8] == b"\x89PNG\r\n\x1a\n"
    assert int.from_bytes(picture[16:20], "big") == 1200


def test_unattended_run_says_what_went_wrong_and_exits_with_1(nio, tiny_models, tmp_path):
    (tmp_path / "empty.cif").write_text("")
    done = run_window(
        *("empty.cif", "NiO.cif", "--model", TINY_MODEL, "--export-csv", "sites.csv", "--exit"),
        cwd=tmp_path,
        XDG_DATA_HOME=str(tiny_models),
    )
    assert done.returncode == 1
    assert "empty.cif" in done.stderr
    assert "Traceback" not in done.stderr
    assert len((tmp_path / "sites.csv").read_text().splitlines()) == 3


def test_outputs_that_cannot_be_written_are_sentences(nio, tiny_models, tmp_path):
    blocked = tmp_path / "file"
    blocked.write_text("")
    done = run_window(
        *(
            "NiO.cif",
            "--model",
            TINY_MODEL,
            "--screenshot",
            "file/window.png",
            "--export-csv",
            "file/s.csv",
            "--exit",
        ),
        cwd=tmp_path,
        XDG_DATA_HOME=str(tiny_models),
    )
    assert done.returncode == 1
    complaints = [line for line in done.stderr.splitlines() if line.startswith("negnn-gui: ")]
    assert len(complaints) == 2
    assert all("could not be written" in line for line in complaints)


def test_unknown_model_is_a_sentence(nio, tmp_path):
    done = run_window("NiO.cif", "--model", "no-such-model", "--exit", cwd=tmp_path)
    assert done.returncode == 1
    assert "no model is named 'no-such-model'" in done.stderr
    assert "Traceback" not in done.stderr


def test_unknown_example_is_a_usage_error(tmp_path):
    done = run_window("--example", "Unobtainium", cwd=tmp_path)
    assert done.returncode == 2
    assert "NiO" in done.stderr


@pytest.mark.parametrize(("name", "file"), [("NiO", "NiO.cif"), ("MnF2", "MnF2.mcif")])
def test_examples_are_found_by_name(name, file):
    assert example_path(name).name == file


@pytest.mark.parametrize("size", ["12", "axb", "1200x", "9x900"])
def test_sizes_that_are_none(size, capsys):
    with pytest.raises(SystemExit) as stop:
        parse_arguments(["--size", size])
    assert stop.value.code == 2
    assert size in capsys.readouterr().err


def test_a_picture_of_the_window_has_to_be_a_png(tmp_path, capsys):
    structure = tmp_path / "NiO.cif"
    structure.write_text("data_NiO")
    with pytest.raises(SystemExit) as stop:
        parse_arguments(["--screenshot", str(structure)])
    assert stop.value.code == 2
    assert "does not end in .png" in capsys.readouterr().err
    assert structure.read_text() == "data_NiO"
