"""Peers are found, spoken to through files, and what goes wrong with them is one sentence."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pytest

from negnn_gui.training import peers
from negnn_gui.training.peers import PEERS_PYTHON, PeerError, chgnet_moments, peer_python, run_in_peer

# stands for CHGNet: predicts Z / 10 for every atom, and no structure whose first atom is hydrogen
_STAND_IN = """
import sys, os, numpy as np
given = np.load(sys.argv[1])
start, numbers = given["start"], given["atomic_numbers"]
moments = numbers / 10.0
reasons = np.full(len(start) - 1, "", dtype="U50")
for row in range(len(reasons)):
    if numbers[start[row]] == 1:
        reasons[row] = "ValueError: hydrogen"
        moments[start[row]:start[row + 1]] = np.nan

np.savez(sys.argv[2], moments=moments, reasons=reasons, graph_s=0.25, model_s=0.75, program="Stand-in 1",
         model="none, 0 parameters")
"""


@pytest.fixture
def programs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(peers, "_PROGRAMS", tmp_path)
    return tmp_path


def test_moments_come_back_in_order_and_failures_with_their_reason(programs: Path) -> None:
    (programs / "chgnet_moments.py").write_text(_STAND_IN)
    found = chgnet_moments(
        Path(sys.executable),
        np.broadcast_to(np.eye(3) * 4, (3, 3, 3)),
        np.array([0, 2, 4, 5]),
        np.array([26, 8, 1, 8, 28]),
        np.zeros((5, 3)),
    )
    np.testing.assert_allclose(found.moments, [2.6, 0.8, np.nan, np.nan, 2.8])
    assert found.reasons.tolist() == ["", "ValueError: hydrogen", ""]
    assert found.predicted.tolist() == [True, False, True]
    assert found.rate == pytest.approx(2.0)
    assert found.program == "Stand-in 1"


def test_a_program_is_isolated_and_has_the_threads_it_is_given(
    programs: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PYTHONPATH", str(programs))
    (programs / "probe.py").write_text(
        "import os, sys; print(os.environ['OMP_NUM_THREADS'], sys.flags.isolated, os.getcwd())"
    )
    told = run_in_peer(Path(sys.executable), "probe", [], threads=3, folder=programs).split()
    assert told[:2] == ["3", "1"]
    assert Path(told[2]).samefile(programs)


def test_the_interpreter_is_the_one_given_then_the_one_named_then_this_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    given, named = tmp_path / "given", tmp_path / "named"
    for path in (given, named):
        path.write_text("#!/bin/sh\n")
        path.chmod(0o755)
    monkeypatch.setenv(PEERS_PYTHON, str(named))
    assert peer_python(given=given) == given
    assert peer_python() == named
    monkeypatch.delenv(PEERS_PYTHON)
    assert peer_python("numpy") == Path(sys.executable)


def test_no_interpreter_is_one_sentence_that_says_how_to_get_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv(PEERS_PYTHON, raising=False)
    with pytest.raises(PeerError, match=r"no_such_peer is not installed here: .*pip install no_such_peer"):
        peer_python("no_such_peer")
    monkeypatch.setenv(PEERS_PYTHON, str(tmp_path))
    with pytest.raises(PeerError, match="is not a Python interpreter"):
        peer_python()


@pytest.mark.parametrize(
    ("text", "timeout", "expected"),
    [
        ("raise ImportError('no chgnet')", None, "ImportError: no chgnet"),
        ("import time; time.sleep(30)", 0.3, "did not answer within 0.3 s"),
    ],
)
def test_a_program_that_fails_or_hangs_says_so(
    programs: Path, text: str, timeout: float | None, expected: str
) -> None:
    (programs / "bad.py").write_text(text)
    with pytest.raises(PeerError, match=expected):
        run_in_peer(Path(sys.executable), "bad", [], timeout_s=timeout)


def test_an_interpreter_that_cannot_start_is_named(programs: Path) -> None:
    broken = programs / "python"
    broken.write_bytes(b"\x7fELF broken")
    broken.chmod(0o755)
    with pytest.raises(PeerError, match="cannot be started"):
        run_in_peer(broken, "bad", [])


def test_an_answer_is_kept_and_not_asked_for_again(programs: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    program = programs / "chgnet_moments.py"
    program.write_text(_STAND_IN)
    cell = np.eye(3)[None] * 4

    def ask(first: int, python: Path | None = Path(sys.executable)) -> float:
        numbers, coords = np.array([first]), np.zeros((1, 3))
        found = chgnet_moments(python, cell, np.array([0, 1]), numbers, coords, cache=programs / "kept")
        return float(found.moments[0])

    monkeypatch.setattr(peers, "_version", lambda python, package: "1")
    assert ask(26) == ask(26) == 2.6
    program.write_text("raise SystemExit(1)")
    assert ask(26) == 2.6
    with pytest.raises(PeerError):  # other structures, or another version, are another question
        ask(27)
    monkeypatch.setattr(peers, "_version", lambda python, package: "2")
    with pytest.raises(PeerError):
        ask(26)
    assert ask(26, None) == 2.6  # without the peer, what was kept will do
    with pytest.raises(PeerError, match="holds no answers of CHGNet for these structures"):
        ask(27, None)


def test_an_interpreter_without_the_package_says_so(programs: Path) -> None:
    with pytest.raises(PeerError, match="no-such-package is not installed for"):
        peers._version(Path(sys.executable), "no-such-package")
    assert peers._version(Path(sys.executable), "numpy") == np.__version__
