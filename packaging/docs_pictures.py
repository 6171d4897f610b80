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
from dataclasses import replace
from functools import partial
from pathlib import Path

import numpy as np
from PIL import Image
from PySide6.QtCore import QEventLoop, QSettings, Qt
from PySide6.QtWidgets import QApplication, QWidget

from negnn_gui.app.layouts import Layouts
from negnn_gui.app.model_choice import ModelChoice
from negnn_gui.app.running import make_workbench
from negnn_gui.app.startup import make_application, make_window
from negnn_gui.app.views.embedding_map_methods import Method
from negnn_gui.app.workbench import Workbench
from negnn_gui.results import SiteRef

ROOT = Path(__file__).resolve().parent.parent
IMAGES = ROOT / "docs" / "images"
LARGEST_BYTES = 250_000
_LONGEST_S = 300.0


def take(folder: Path, appearance: str = "light", *, viewer_only: bool = False) -> list[Path]:
    """Open the examples, wait for their moments, and save the pictures into ``folder``.

    ``viewer_only``: those of the page on the 3D view and no others.
    """
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
        made: list[Path] = []
        save = partial(_save, folder, made)
        if not viewer_only:
            _pictures(bench[0], save)
        _viewer_pictures(bench[0], save)
        return made
    finally:
        window.close()
        application.processEvents()


def _save(folder: Path, made: list[Path], name: str, what: QWidget) -> None:
    _pause(1.5)  # points move to their places, and texts wait until the mouse rests
    path = folder / f"{name}.png"
    what.grab().save(str(path))
    make_small(path)
    made.append(path)


def _pictures(bench: Workbench, save: Callable[[str, QWidget], None]) -> None:
    docks = bench.docks
    _open(bench, "NiO.cif", "MnF2.mcif")
    _select(bench, "NiO", 0)
    save("window", bench.window)
    _open(bench, "Fe3O4.cif", "LaMnO3.cif", "CrI3.cif")
    _select(bench, "Fe3O4", 0)
    save("structures", docks["structures"])
    save("details", docks["details"])
    save("moments", docks["moments"])
    assert bench.views.table is not None
    bench.views.table.filter.setText('element == "Fe" and moment_pred_muB > 2')
    bench.views.table.apply_filter()
    save("sites", docks["sites"])
    _explore(bench, save)


def _viewer_pictures(bench: Workbench, save: Callable[[str, QWidget], None]) -> None:
    """The 3D dock with a measurement, with polyhedra, with compared crystals, and the dialog for a picture."""
    _open(bench, "MnF2.mcif", "NiO.cif", "LaMnO3.cif", "Fe3O4.cif")
    crystal, session = bench.views.crystal, bench.session
    assert crystal is not None
    by_name = {entry.name: entry.id for entry in session.entries.values()}
    colouring = session.colouring
    bench.window.resize(1280, 800)
    _select(bench, "MnF2", 0, 2)
    save("viewer-measure", crystal.widget)
    bench.clear_selection()
    dialog = bench.pictures.ask(crystal.comparison.shown())
    assert dialog is not None
    save("viewer-image", dialog)
    dialog.close()
    bench.controller.set_colouring(replace(colouring, property="element"))
    bench.controller.show_entry(by_name["LaMnO3"])
    plain = session.style()
    bench.controller.set_style(replace(plain, polyhedra=frozenset({"Mn"})))
    bench.docks["display"].raise_()
    save("viewer-polyhedra", bench.window)
    bench.controller.set_style(plain)
    bench.controller.set_colouring(colouring)
    bench.controller.show_entry(by_name["MnF2"])
    crystal.comparison.compare([by_name[name] for name in ("MnF2", "NiO", "LaMnO3", "Fe3O4")])
    save("viewer-compare", crystal.widget)
    crystal.comparison.end()


def _explore(bench: Workbench, save: Callable[[str, QWidget], None]) -> None:
    """The pictures of the page on the explorer: the map in the arrangement made for it, and the panels below it."""
    docks, view, insight = bench.docks, bench.views.map, bench.views.insight
    assert view is not None and insight is not None
    Layouts(bench.window, docks, bench.window.preferences).arrange("Map")
    bench.window.resizeDocks([docks["map"], docks["like"]], [480, 430], Qt.Orientation.Vertical)
    view.set_method(Method.TSNE)
    _until(lambda: view.layers.fitted is not None and bool(np.isfinite(view.layers.xy).all()))
    save("explorer-map", docks["map"])
    save("explorer-like", docks["like"])
    docks["insight"].raise_()
    for name, panel in (
        ("by-level", insight.by_level),
        ("similarity", insight.similarity),
        ("environments", insight.environments),
    ):
        insight.setCurrentWidget(panel)
        if panel is insight.similarity:
            bench.controller.select(frozenset())  # all distinct sites of the crystal shown
        if panel is insight.environments:
            _until(lambda: insight.environments.layers[0].fitted is not None)
        save(f"explorer-{name}", docks["insight"])
    docks.reset()


def _open(bench: Workbench, *names: str) -> None:
    """Open examples, if they are not yet open, and wait until they are predicted and drawn."""
    examples = Path("resources", "examples")  # paths are on show: none of this machine's own
    there = {entry.name for entry in bench.session.entries.values()}
    wanted = [examples / name for name in names if Path(name).stem not in there]
    expected = len(there) + len(wanted)
    bench.controller.open_paths(wanted)
    _until(
        lambda: len(bench.session.analyses) == expected and not bench.controller.busy and bench.views.settled
    )


def _select(bench: Workbench, name: str, *sites: int) -> None:
    entry = next(entry for entry in bench.session.entries.values() if entry.name == name)
    bench.controller.show_entry(entry.id)
    bench.controller.select(frozenset(SiteRef(entry.id, site) for site in sites))


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
    parser.add_argument("--viewer-only", action="store_true", help="only those of the page on the 3D view")
    arguments = parser.parse_args()
    arguments.out.mkdir(parents=True, exist_ok=True)
    folder = arguments.out.resolve()
    os.chdir(ROOT)
    with tempfile.TemporaryDirectory() as own:
        QSettings.setPath(QSettings.Format.IniFormat, QSettings.Scope.UserScope, own)
        for path in take(folder, viewer_only=arguments.viewer_only):
            print(f"{path.name}: {path.stat().st_size / 1000:.0f} kB")
    return 0


if __name__ == "__main__":
    sys.exit(main())
