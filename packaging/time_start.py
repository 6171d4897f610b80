"""Time a bundle's start to its window against the checkout's: ``time_start.py dist/negnn-gui [--runs N]``.

Both are started in turn with ``--verbose``, under which the program says on standard error when its window is painted,
and ended at once. A *cold* start finds neither program nor libraries in memory: before it the system is asked to forget
the files of both (``posix_fadvise``, where there is one; no rights are needed, but a file that another program uses
stays in memory). Needs a display (packaging/with-display.sh lends one). Standard library only.
"""

from __future__ import annotations

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterable
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
SHOWN = "window shown"
ALLOWED_S = 1.5
"""How much longer than the checkout's the cold start of a bundle may take."""


class StartError(RuntimeError):
    """A program did not show its window; the message says what it said."""


def seconds_to_window(command: list[str], home: Path) -> float:
    """From starting a process to its window being painted, in s; the process is ended then.

    Raises
    ------
    StartError
        It ended without a window.
    """
    environment = {**os.environ, "HOME": str(home), "XDG_CONFIG_HOME": str(home), "XDG_STATE_HOME": str(home)}
    begin = time.monotonic()
    said = []
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True, env=environment, cwd=home) as process:
        assert process.stderr is not None
        for line in process.stderr:
            if SHOWN in line:
                took = time.monotonic() - begin
                process.kill()
                return took
            said.append(line.strip())
    raise StartError(f"{command[0]} ended without a window: {' '.join(said[-3:]) or 'it said nothing'}")


def forget(folders: Iterable[Path]) -> bool:
    """Ask the system to drop what it holds of the files below ``folders`` in memory; False where it cannot."""
    if not hasattr(os, "posix_fadvise"):
        return False
    for folder in folders:
        for path in folder.rglob("*"):
            if path.is_file() and not path.is_symlink():
                opened = os.open(path, os.O_RDONLY)
                try:
                    os.posix_fadvise(opened, 0, 0, os.POSIX_FADV_DONTNEED)
                finally:
                    os.close(opened)
    return True


def measure(commands: dict[str, list[str]], folders: list[Path], runs: int) -> dict[str, dict[str, float]]:
    """Median seconds to the window, by temperature ("cold", "warm") and by name."""
    taken: dict[str, dict[str, list[float]]] = {}
    with tempfile.TemporaryDirectory(prefix="negnn-start-") as home:
        for command in commands.values():
            seconds_to_window(command, Path(home))  # byte code and font caches are written once
        for temperature in ("cold", "warm"):
            for _ in range(runs):  # in turn, so that a busy moment of the machine meets both
                for name, command in commands.items():
                    if temperature == "cold" and not forget(folders):
                        continue
                    took = seconds_to_window(command, Path(home))
                    taken.setdefault(temperature, {}).setdefault(name, []).append(took)
    return {t: {name: statistics.median(times) for name, times in by.items()} for t, by in taken.items()}


def main() -> int:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("bundle", type=Path)
    parser.add_argument("--runs", type=int, default=5, metavar="N")
    arguments = parser.parse_args()
    bundle = arguments.bundle.resolve()
    program = bundle / ("negnn-gui.exe" if sys.platform == "win32" else "negnn-gui")
    options = ["--verbose", "--exit"]
    commands = {
        "checkout": [sys.executable, "-m", "negnn_gui", *options],
        "bundle": [str(program), *options],
    }
    try:
        found = measure(commands, [bundle, ROOT / "negnn_gui", Path(sys.prefix)], arguments.runs)
    except (StartError, OSError) as problem:
        print(f"the start could not be timed: {problem}", file=sys.stderr)
        return 1
    for temperature, times in found.items():
        more = times["bundle"] - times["checkout"]
        print(
            f"{temperature}: checkout {times['checkout']:.2f} s, bundle {times['bundle']:.2f} s, "
            f"{more:+.2f} s (allowed: {ALLOWED_S:+.1f} s), medians of {arguments.runs}"
        )
    return 0


if __name__ == "__main__":
    sys.exit(main())
