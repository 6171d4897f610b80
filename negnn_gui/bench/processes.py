"""Processes that measure what must not happen in this one: windows, and the start of the program itself."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from typing import Any

from negnn_gui.bench.benchmark import LeftOut

_LONGEST_S = 300.0


class ProbeError(RuntimeError):
    """A probe ended without an answer; the message is its own last line."""


def ask(
    probe: str,
    arguments: Sequence[str] = (),
    environment: Mapping[str, str] | None = None,
    longest_s: float = _LONGEST_S,
) -> dict[str, Any]:
    """Run ``negnn_gui.bench.probes.<probe>`` and return the JSON object that it prints last.

    Raises
    ------
    LeftOut
        The program is a frozen bundle, whose interpreter runs nothing but the program.
    ProbeError
        It failed or took too long.
    """
    if getattr(sys, "frozen", False):
        raise LeftOut("a bundle cannot start the probes; run it from an installation with Python")
    command = [sys.executable, "-m", f"negnn_gui.bench.probes.{probe}", *arguments]
    with tempfile.TemporaryDirectory(prefix="negnn-bench-") as own:
        merged = {**os.environ, **window_environment(), **(environment or {}), "XDG_CONFIG_HOME": own}
        try:
            done = subprocess.run(
                command, env=merged, capture_output=True, text=True, timeout=longest_s, check=False
            )
        except subprocess.TimeoutExpired as error:
            raise ProbeError(f"{probe} did not answer within {longest_s:.0f} s") from error
    lines = done.stdout.strip().splitlines()
    if done.returncode != 0 or not lines:
        last = (done.stderr.strip().splitlines() or ["no message"])[-1]
        raise ProbeError(f"{probe} ended with status {done.returncode}: {last}")
    answer = json.loads(lines[-1])
    if "left_out" in answer:
        raise LeftOut(answer["left_out"])
    return dict(answer)


def window_environment() -> dict[str, str]:
    """What a window needs here: without a display, Qt's offscreen platform."""
    seen = os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY")
    if not sys.platform.startswith("linux") or seen or os.environ.get("QT_QPA_PLATFORM"):
        return {}
    return {"QT_QPA_PLATFORM": "offscreen"}
