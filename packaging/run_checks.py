"""Every check of the project, one stage after the other; standard library only.

A stage that fails does not keep the others from running; the exit status is 1 if any failed. The whole test
suite comes last, so that its summary closes the output.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
BIN = Path(sys.executable).parent

ONE_THREAD = dict.fromkeys(("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS"), "1")
"""Two test processes share the cores; threads inside each would only wait for one another."""

UNSEEN = {"QT_QPA_PLATFORM": "offscreen", "VTK_DEFAULT_OPENGL_WINDOW": "vtkOSOpenGLRenderWindow"}
NO_DISPLAY = ("DISPLAY", "WAYLAND_DISPLAY")
WORKERS = ["-n", str(min(4, os.cpu_count() or 1)), "--dist", "loadfile"]


@dataclass(frozen=True)
class Stage:
    """One command, with the environment it needs; ``blocker`` says why it cannot run here, if so."""

    title: str
    command: list[str]
    environment: dict[str, str] = field(default_factory=dict)
    without: tuple[str, ...] = ()
    blocker: str = ""


def stages() -> list[Stage]:
    """The stages in their order."""
    pytest = [sys.executable, "-m", "pytest", "-q"]
    return [
        Stage("ruff check", [str(BIN / "ruff"), "check", "."]),
        Stage("ruff format", [str(BIN / "ruff"), "format", "--check", "."]),
        Stage("mypy", [str(BIN / "mypy")]),
        Stage("import-linter", [str(BIN / "lint-imports")]),
        Stage(
            "pytest: the core, where Qt cannot be imported",
            # The plugin refuses Qt; pytest-qt, which would ask for it, stays out.
            [
                *pytest,
                *WORKERS,
                "-p",
                "without_qt",
                "-p",
                "no:pytest-qt",
                "-m",
                "not gui",
                "--ignore=tests/app",
            ],
            {**ONE_THREAD, "PYTHONPATH": str(ROOT / "tests")},
            NO_DISPLAY,
        ),
        Stage(
            "pytest: the window, on a virtual X display",
            # One process: tests that share a display would share its pointer and clipboard as well.
            ["xvfb-run", "-a", "-s", "-screen 0 1920x1200x24", *pytest, "-m", "gui"],
            {**ONE_THREAD, "QT_QPA_PLATFORM": "xcb"},
            NO_DISPLAY,
            blocker="" if shutil.which("xvfb-run") else "xvfb-run is not installed",
        ),
        Stage(
            "pytest: everything, without any display",
            [*pytest, *WORKERS],
            {**ONE_THREAD, **UNSEEN},
            NO_DISPLAY,
        ),
    ]


def run(stage: Stage) -> bool:
    """Run one stage in the checkout and say whether it succeeded."""
    print(f"\n== {stage.title}", flush=True)
    if stage.blocker:
        print(f"left out: {stage.blocker}", flush=True)
        return True
    environment = {**os.environ, **stage.environment}
    for name in stage.without:
        environment.pop(name, None)
    return subprocess.run(stage.command, cwd=ROOT, env=environment, check=False).returncode == 0


def main() -> int:
    """Run all stages; the account of the earlier ones stands before the last."""
    account: list[str] = []
    all_well = True
    *earlier, last = stages()
    for stage in earlier:
        started = time.monotonic()
        well = run(stage)
        all_well &= well
        outcome = "left out" if stage.blocker else "passed" if well else "FAILED"
        account.append(f"{outcome:8} {time.monotonic() - started:6.1f} s  {stage.title}")
    print("\n== so far\n" + "\n".join(account), flush=True)
    all_well &= run(last)
    return 0 if all_well else 1


if __name__ == "__main__":
    sys.exit(main())
