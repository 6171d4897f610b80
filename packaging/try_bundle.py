"""Try a bundle as its user would, far from the checkout: ``try_bundle.py dist/negnn-gui``.

In an empty folder, with an empty home and none of this Python in reach, the window opens an example, predicts it and
saves a table and a picture; the command predicts the same with a reader process, checks its models and draws. Needs a
display (packaging/with-display.sh lends one). Standard library only.
"""

from __future__ import annotations

import csv
import os
import subprocess
import sys
import tempfile
from pathlib import Path

_EXAMPLE = "NiO"
_LONGEST_S = 600
_SUFFIX = ".exe" if sys.platform == "win32" else ""
_SMALLEST_PICTURE = 20_000


class BundleError(RuntimeError):
    """The bundle does not do what it should; the message says what."""


def try_bundle(bundle: Path) -> list[str]:
    """Run everything; returns what was found, one sentence each.

    Raises
    ------
    BundleError
        Something did not work.
    """
    bundle = bundle.resolve()
    structure = next(bundle.rglob(f"examples/{_EXAMPLE}.cif"), None)
    if structure is None:
        raise BundleError(f"{bundle} holds no example {_EXAMPLE}")
    with tempfile.TemporaryDirectory(prefix="negnn-bundle-") as empty:
        here = Path(empty)
        environment = _bare_environment(here)

        def run(program: str, *arguments: str) -> str:
            return _run(bundle / f"{program}{_SUFFIX}", arguments, here, environment)

        run(
            "negnn-gui",
            *("--example", _EXAMPLE, "--export-csv", "window.csv", "--screenshot", "window.png", "--exit"),
        )
        version = run("negnn", "--version")
        run("negnn", "predict", str(structure), "--workers", "1", "-o", "command.csv")
        run("negnn", "models", "verify")
        run("negnn", "render", str(structure), "-o", "crystal.png", "--size", "640x480")
        for picture in ("window.png", "crystal.png"):
            if (here / picture).stat().st_size < _SMALLEST_PICTURE:
                raise BundleError(f"{picture} is nearly empty")
        window, command = _moments(here / "window.csv"), _moments(here / "command.csv")
    if window != command:
        raise BundleError(f"the window predicts {window} and the command {command}")
    if len(window) != 8 or not all(0 <= moment < 5 for moment in window) or max(window) < 1:
        raise BundleError(f"these are no moments of {_EXAMPLE}: {window}")
    return [
        version,
        f"window and command predict the same moments for the {len(window)} sites of {_EXAMPLE}, "
        f"up to {max(window):.2f} μB",
    ]


def _bare_environment(home: Path) -> dict[str, str]:
    """The display and the system's own paths: nothing that leads to a Python or to settings of the user."""
    kept = (
        "DISPLAY",
        "XAUTHORITY",
        "WAYLAND_DISPLAY",
        "QT_QPA_PLATFORM",
        "SYSTEMROOT",
        "TEMP",
        "TMPDIR",
        "LANG",
    )
    environment = {name: os.environ[name] for name in kept if name in os.environ}
    if sys.platform != "win32":
        environment["PATH"] = "/usr/bin:/bin"
    return {**environment, "HOME": str(home), "USERPROFILE": str(home), "APPDATA": str(home)}


def _run(program: Path, arguments: tuple[str, ...], here: Path, environment: dict[str, str]) -> str:
    try:
        done = subprocess.run(
            [str(program), *arguments],
            cwd=here,
            env=environment,
            capture_output=True,
            text=True,
            encoding="utf-8",
            timeout=_LONGEST_S,
            check=False,
        )
    except subprocess.TimeoutExpired as late:
        said = late.stderr.decode(errors="replace").strip() if isinstance(late.stderr, bytes) else ""
        raise BundleError(
            f"{program.name} did not end within {_LONGEST_S} s: {said or 'it said nothing'}"
        ) from late
    if done.returncode:
        said = (done.stderr or done.stdout).strip()
        raise BundleError(f"{program.name} {' '.join(arguments)} ended with {done.returncode}: {said}")
    return done.stdout.strip()


def _moments(table: Path) -> list[float]:
    with table.open(encoding="utf-8", newline="") as opened:
        return [float(row["moment_pred_muB"]) for row in csv.DictReader(opened)]


def main() -> int:
    """Try the bundle named on the command line."""
    try:
        for sentence in try_bundle(Path(sys.argv[1])):
            print(sentence)
    except (BundleError, OSError) as problem:
        print(f"the bundle does not work: {problem}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
