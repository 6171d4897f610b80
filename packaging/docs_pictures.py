"""Take the pictures of the documentation: the program itself, with examples that ship with it.

Run as ``make pictures``; needs a display, for which Xvfb will do. Every picture comes from the same run of the
window, so that the pages show one state of the program.
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from PIL import Image
from PySide6.QtCore import QEventLoop, QSettings
from PySide6.QtWidgets import QApplication, QWidget

from negnn_gui.app.model_choice import ModelChoice
from negnn_gui.app.running import make_workbench
from negnn_gui.app.startup import make_application, make_window
from negnn_gui.app.workbench import Workbench
from negnn_gui.results import SiteRef

ROOT = Path(__file__).resolve().parent.parent
IMAGES = ROOT / "docs" / "images"
LARGEST_BYTES = 250_000
_LONGEST_S = 300.0


def take(folder: Path, appearance: str = "light") -> list[Path]:
    """Open the examples, wait for their moments, and save the pictures into ``folder``."""
    application = make_application()
    window = make_window(application, appearance=appearance, remember=False)
    window.resize(1600, 1000)
    bench: list[Workbench] = []
    window.painted.connect(lambda: bench.append(make_workbench(window, ModelChoice(device="cpu"))))
    furnished: list[bool] = []
    window.show()
    _until(lambda: bool(bench))
    bench[0].furnished.connect(lambda: furnished.append(True))
    _until(lambda: bool(furnished))
    try:
        return _pictures(bench[0], folder)
    finally:
        window.close()
        application.processEvents()


def _pictures(bench: Workbench, folder: Path) -> list[Path]:
    made = []

    def save(name: str, what: QWidget) -> None:
        _pause(1.5)  # points move to their places, and texts wait until the mouse rests
        path = folder / f"{name}.png"
        what.grab().save(str(path))
        make_small(path)
        made.append(path)

    docks = bench.docks
    save("welcome", bench.window)
    _open(bench, "NiO.cif", "MnF2.mcif")
    _select(bench, "NiO", 0)
    save("window", bench.window)
    _open(bench, "Fe3O4.cif", "LaMnO3.cif", "CrI3.cif")
    _select(bench, "Fe3O4", 0)
    save("structures", docks["structures"])
    save("details", docks["details"])
    save("moments", docks["moments"])
    save("map", docks["map"])
    save("like-this", docks["like"])
    save("crystal", docks["crystal"])
    assert bench.views.table is not None
    bench.views.table.filter.setText('element == "Fe" and moment_pred_muB > 2')
    bench.views.table.apply_filter()
    save("sites", docks["sites"])
    return made


def _open(bench: Workbench, *names: str) -> None:
    """Open examples and wait until they are predicted and drawn."""
    examples = Path("resources", "examples")  # paths are on show: none of this machine's own
    expected = len(bench.session.entries) + len(names)
    bench.controller.open_paths([examples / name for name in names])
    _until(
        lambda: len(bench.session.analyses) == expected and not bench.controller.busy and bench.views.settled
    )


def _select(bench: Workbench, name: str, site: int) -> None:
    entry = next(entry for entry in bench.session.entries.values() if entry.name == name)
    bench.controller.show_entry(entry.id)
    bench.controller.select(frozenset({SiteRef(entry.id, site)}))


def _until(reached: Callable[[], bool]) -> None:
    deadline = time.monotonic() + _LONGEST_S
    while not reached():
        if time.monotonic() > deadline:
            raise TimeoutError(f"the window was not ready within {_LONGEST_S:.0f} s")
        QApplication.processEvents(QEventLoop.ProcessEventsFlag.AllEvents, 50)


def _pause(seconds: float) -> None:
    end = time.monotonic() + seconds
    _until(lambda: time.monotonic() > end)


def make_small(path: Path, largest_bytes: int = LARGEST_BYTES) -> None:
    """Save with 256 colours chosen for this picture, if that is what it takes.

    Raises
    ------
    ValueError
        The picture is too large for the repository all the same.
    """
    with Image.open(path) as opened:
        picture = opened.convert("RGB")
    picture.save(path, optimize=True)
    if path.stat().st_size > largest_bytes:
        palette = picture.quantize(256, method=Image.Quantize.MAXCOVERAGE, kmeans=8)
        picture.quantize(palette=palette, dither=Image.Dither.FLOYDSTEINBERG).save(path, optimize=True)
    if path.stat().st_size > largest_bytes:
        raise ValueError(f"{path.name} has {path.stat().st_size} bytes, more than {largest_bytes}")


def main() -> int:
    """Take them, into docs/images or wherever asked."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--out", type=Path, default=IMAGES, metavar="DIR")
    arguments = parser.parse_args()
    arguments.out.mkdir(parents=True, exist_ok=True)
    folder = arguments.out.resolve()
    os.chdir(ROOT)
    with tempfile.TemporaryDirectory() as own:
        QSettings.setPath(QSettings.Format.IniFormat, QSettings.Scope.UserScope, own)
        for path in take(folder):
            print(f"{path.name}: {path.stat().st_size / 1000:.0f} kB")
    return 0


if __name__ == "__main__":
    sys.exit(main())
