"""How long until there is something to see."""

from __future__ import annotations

import statistics
import subprocess
import sys
import time

from negnn_gui.bench import processes
from negnn_gui.bench.benchmark import Benchmark, LeftOut, Settings, median_ms
from negnn_gui.bench.figures import Figure, Measured

_WINDOW_TARGET = 1.5


def measure_window(settings: Settings) -> Measured:
    """Process start to the window's first paint, against a bare PySide6 window in the same run."""
    times: dict[str, list[float]] = {"app_window": [], "bare_window": []}
    platform = ""
    for _ in range(settings.repeats + 1):  # in turn, so that a busy moment of the machine meets both
        for probe, taken in times.items():
            begin = time.monotonic_ns()
            answer = processes.ask(probe)
            taken.append((answer["painted_ns"] - begin) / 1e6)
            platform = answer["platform"]
    # The first of each filled the disk cache and wrote compiled modules.
    window, bare = (statistics.median(taken[1:]) for taken in times.values())
    return Measured(
        (
            Figure("window_over_bare", window / bare, "", target=_WINDOW_TARGET),
            Figure("window", window, "ms"),
            Figure("bare_window", bare, "ms"),
        ),
        {"repeats": settings.repeats, "qt_platform": platform},
    )


def measure_command(settings: Settings) -> Measured:
    """``negnn --version`` against a Python that does nothing: what every use of the command line pays."""
    if getattr(sys, "frozen", False):
        raise LeftOut("a bundle has no interpreter to compare with")

    def run(*arguments: str) -> float:
        command = [sys.executable, *arguments]
        return median_ms(lambda: subprocess.run(command, capture_output=True, check=True), settings.repeats)

    return Measured(
        (
            Figure("command", run("-m", "negnn_gui.cli", "--version"), "ms"),
            Figure("bare_python", run("-c", "pass"), "ms"),
        ),
        {"repeats": settings.repeats},
    )


WINDOW = Benchmark("window", "Process start to window shown", measure_window)
COMMAND = Benchmark("command", "Start of the command line", measure_command)
