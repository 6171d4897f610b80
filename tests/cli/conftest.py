"""The command as users run it: a process of its own, with settings, logs and models in a folder of the test."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest
from minimal_cif import minimal_cubic_cif
from typer.testing import CliRunner

import negnn_gui

Run = Callable[..., "subprocess.CompletedProcess[str]"]


def cif(number: int) -> str:
    """Crystal number ``number``: cubic FeO, a little different each time."""
    return minimal_cubic_cif(3 + 0.001 * number, "Fe1 Fe 0 0 0", f"O1 O 0.5 0.5 {0.5 + 0.0001 * number}")


@pytest.fixture
def environment(tmp_path: Path, random_models: Path) -> Mapping[str, str]:
    """Environment of a user with the model "random", no settings of their own and no display."""
    values = {key: value for key, value in os.environ.items() if key not in ("DISPLAY", "WAYLAND_DISPLAY")}
    for kind in ("CONFIG", "DATA", "CACHE", "STATE"):
        values[f"XDG_{kind}_HOME"] = str(tmp_path / f"xdg-{kind.lower()}")
    shutil.copytree(random_models, values["XDG_DATA_HOME"])
    values["PYTHONPATH"] = str(Path(negnn_gui.__file__).parent.parent)
    values["OMP_NUM_THREADS"] = "1"
    values["VTK_DEFAULT_OPENGL_WINDOW"] = "vtkOSOpenGLRenderWindow"
    values["COLUMNS"] = "200"
    return values


@pytest.fixture
def work(tmp_path: Path) -> Path:
    """Folder in which the command runs; ``one.cif`` lies there."""
    folder = tmp_path / "work"
    folder.mkdir()
    (folder / "one.cif").write_text(cif(0))
    return folder


@pytest.fixture
def negnn(environment: Mapping[str, str], work: Path) -> Run:
    """Run ``negnn`` with arguments in ``work`` to its end."""

    def run(*arguments: str, stdin: str | None = None) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "negnn_gui.cli", *arguments],
            cwd=work,
            env=environment,
            input=stdin,
            stdin=subprocess.DEVNULL if stdin is None else None,
            capture_output=True,
            text=True,
            timeout=240,
        )

    return run


@pytest.fixture
def quick(environment: Mapping[str, str], work: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    """The same in this process, where nothing depends on its being a process of its own."""
    from negnn_gui.cli import app

    monkeypatch.chdir(work)
    for key in environment:
        monkeypatch.setenv(key, environment[key])

    def run(*arguments: str, stdin: str | None = None) -> subprocess.CompletedProcess[str]:
        result = CliRunner().invoke(app, list(arguments), input=stdin)
        if result.exception is not None and not isinstance(result.exception, SystemExit):
            raise result.exception
        return subprocess.CompletedProcess(arguments, result.exit_code, result.stdout, result.stderr)

    return run


@pytest.fixture
def folder(work: Path) -> Path:
    """300 crystals in ``many/``, five of them broken."""
    many = work / "many"
    many.mkdir()
    for number in range(300):
        text = "data_broken\n" if number % 60 == 30 else cif(number)
        (many / f"x{number:03d}.cif").write_text(text)
    return many
