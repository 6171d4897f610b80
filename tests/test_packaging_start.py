"""The script that times starts, with small programs in place of the window."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent


@pytest.fixture(autouse=True)
def scripts(monkeypatch: pytest.MonkeyPatch) -> None:
    """The scripts of packaging/ can be imported."""
    monkeypatch.syspath_prepend(str(ROOT / "packaging"))


def _program(code: str) -> list[str]:
    return [sys.executable, "-c", f"import sys, time\n{code}"]


def test_the_time_ends_with_the_window_not_with_the_program(tmp_path: Path) -> None:
    import time_start

    command = _program("sys.stderr.write('negnn-gui: window shown\\n'); sys.stderr.flush(); time.sleep(250)")
    assert 0 < time_start.seconds_to_window(command, tmp_path) < 200


def test_a_program_without_a_window_is_one_sentence(tmp_path: Path) -> None:
    import time_start

    with pytest.raises(time_start.StartError, match="ended without a window: no display"):
        time_start.seconds_to_window(_program("sys.exit('no display')"), tmp_path)


def test_both_programs_are_started_cold_and_warm(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import time_start

    started: list[str] = []
    forgotten: list[list[Path]] = []
    monkeypatch.setattr(
        time_start,
        "seconds_to_window",
        lambda command, home: float(len(started.append(command[0]) or started)),
    )
    monkeypatch.setattr(time_start, "forget", lambda folders: forgotten.append(folders) or True)
    found = time_start.measure({"checkout": ["a"], "bundle": ["b"]}, [tmp_path], 3)
    assert started == ["a", "b"] * 7
    assert len(forgotten) == 6
    assert found == {"cold": {"checkout": 5, "bundle": 6}, "warm": {"checkout": 11, "bundle": 12}}


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="posix_fadvise")
def test_files_can_be_forgotten(tmp_path: Path) -> None:
    import time_start

    (tmp_path / "library.so").write_bytes(b"x" * 10_000)
    assert time_start.forget([tmp_path])
    assert (tmp_path / "library.so").read_bytes() == b"x" * 10_000
