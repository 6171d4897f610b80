"""The whole window: it fills itself after the first paint, then opens, draws and predicts a large cell."""

from __future__ import annotations

import argparse
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QTimer
from PySide6.QtGui import QGuiApplication

from negnn_gui.app import startup
from negnn_gui.app.main_window import MainWindow
from negnn_gui.bench.crystals import TWENTY_ATOMS, supercell
from negnn_gui.bench.probes.answer import answer
from negnn_gui.bench.probes.heartbeat import INTERVAL_MS, Heartbeat

if TYPE_CHECKING:
    from negnn_gui.app.workbench import Workbench

_LOOK_EVERY_MS = 20


class Course(QObject):
    """Opens the file once the window stands and is idle; answers once its moments are on show."""

    def __init__(self, window: MainWindow, file: Path, atoms: int) -> None:
        super().__init__(window)
        self._window = window
        self._bench: Workbench | None = None
        self._file = file
        self._atoms = atoms
        self._heartbeat = Heartbeat()
        self._painted = self._furnished = self._opened = 0.0
        window.painted.connect(self._on_painted)
        self._timer = QTimer(self)
        self._timer.setInterval(_LOOK_EVERY_MS)
        self._timer.timeout.connect(self._look)

    def _on_painted(self) -> None:
        self._painted = time.perf_counter()
        # Where the program imports it too: after the first paint.
        from negnn_gui.app.running import make_workbench

        self._bench = make_workbench(self._window)
        self._bench.furnished.connect(self._on_furnished)

    def _on_furnished(self) -> None:
        self._furnished = time.perf_counter()
        self._timer.start()

    def _look(self) -> None:
        assert self._bench is not None
        if self._bench.controller.busy or not self._bench.views.settled:
            return
        if not self._opened:
            self._opened = time.perf_counter()
            self._bench.controller.open_paths([self._file])
        else:
            self._timer.stop()
            self._report(time.perf_counter())

    def _report(self, end: float) -> None:
        assert self._bench is not None
        session = self._bench.session
        if not session.analyses:
            reasons = [session.status(entry_id).reason for entry_id in session.entries]
            answer(left_out=f"the crystal was not predicted: {'; '.join(filter(None, reasons))}")
        spans = {"furnish": (self._painted, self._furnished), "open": (self._opened, end)}
        canvas = self._bench.views.canvas
        assert canvas is not None
        answer(
            longest_gap_ms={name: self._heartbeat.longest_gap_ms(*span) for name, span in spans.items()},
            took_ms={name: 1000.0 * (stop - begin) for name, (begin, stop) in spans.items()},
            atoms=self._atoms,
            heartbeat_ms=INTERVAL_MS,
            platform=QGuiApplication.platformName(),
            renderer=_renderer(),
        )


def _renderer() -> str:
    from negnn_gui.app.scene.crystal import CrystalScene

    scene = CrystalScene()
    scene.render_image(8, 8, smooth=False)  # OpenGL tells its name once it has drawn
    return scene.describe_graphics()


def main() -> None:
    """Make the window as the program does and follow its course."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--copies", type=int, default=10)
    parser.add_argument("--model", help="not used: the window chooses its model itself")
    arguments = parser.parse_args()
    entry = supercell(TWENTY_ATOMS, (arguments.copies, 1, 1))
    application = startup.make_application()
    window = startup.make_window(application)
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "large.cif"
        entry.structure.to(str(file))
        course = Course(window, file, entry.n_sites)
        window.show()
        application.exec()
        del course


if __name__ == "__main__":
    main()
