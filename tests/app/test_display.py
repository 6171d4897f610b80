"""Whether there is a display, told without Qt."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from negnn_gui.app.display import display_problem


@pytest.mark.parametrize(
    ("environ", "platform"),
    [
        ({"QT_QPA_PLATFORM": "offscreen"}, "linux"),
        ({"QT_QPA_PLATFORM": "minimal"}, "linux"),
        ({}, "darwin"),
        ({}, "win32"),
    ],
)
def test_no_display_is_needed(environ, platform):
    assert display_problem(environ, platform) is None


def test_missing_display_is_one_sentence_with_a_way_out():
    problem = display_problem({}, "linux")
    assert problem.startswith("there is no display")
    assert "xvfb-run" in problem


@pytest.mark.parametrize("display", [":99999", "localhost:59000", "no-such-host.invalid:0"])
def test_display_that_does_not_answer(display):
    assert f"the display {display} does not answer" in display_problem({"DISPLAY": display}, "linux")


def test_wayland_socket_that_answers(tmp_path):
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(str(tmp_path / "wayland-7"))
        server.listen()
        environ = {"WAYLAND_DISPLAY": "wayland-7", "XDG_RUNTIME_DIR": str(tmp_path)}
        assert display_problem(environ, "linux") is None
    assert display_problem(environ, "linux") is not None


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="other systems always have a display")
def test_program_without_display_says_so_and_exits_with_2(tmp_path):
    hidden = ("DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM")
    environ = {name: value for name, value in os.environ.items() if name not in hidden}
    environ["PYTHONPATH"] = str(Path(__file__).parents[2])
    done = subprocess.run(
        [sys.executable, "-m", "negnn_gui"],
        env=environ,
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.returncode == 2
    assert len(done.stderr.strip().splitlines()) == 1
    assert done.stderr.startswith("negnn-gui: there is no display")
