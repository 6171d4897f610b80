"""From a dropped file of 20 atoms to its picture in the window, a few times in one running program."""

from __future__ import annotations

import argparse
import statistics
import time
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QMimeData, QObject, QPointF, Qt, QTimer, QUrl
from PySide6.QtGui import QDragEnterEvent, QDropEvent, QGuiApplication
from PySide6.QtWidgets import QApplication

from negnn_gui.app import startup
from negnn_gui.app.main_window import MainWindow
from negnn_gui.bench.crystals import TWENTY_ATOMS, example_file
from negnn_gui.bench.probes.answer import answer

if TYPE_CHECKING:
    from negnn_gui.app.workbench import Workbench

_LOOK_EVERY_MS = 2
_REST_MS = 300


class Course(QObject):
    """Drops the file, waits for its picture and for the prediction, closes it, and again."""

    def __init__(self, window: MainWindow, file: Path, repeats: int) -> None:
        super().__init__(window)
        self._window = window
        self._file = file
        self._left = repeats
        self._times: list[float] = []
        self._dropped = 0.0
        self._bench: Workbench | None = None
        window.painted.connect(self._on_painted)
        self._timer = QTimer(self)
        self._timer.setTimerType(Qt.TimerType.PreciseTimer)
        self._timer.setInterval(_LOOK_EVERY_MS)
        self._timer.timeout.connect(self._look)

    def _on_painted(self) -> None:
        # Where the program imports it too: after the first paint.
        from negnn_gui.app.running import make_workbench

        self._bench = make_workbench(self._window)
        self._bench.furnished.connect(self._timer.start)

    def _look(self) -> None:
        bench = self._bench
        assert bench is not None and bench.views.canvas is not None
        if self._dropped:
            pictured = bench.views.canvas.pictured
            if pictured is not None and pictured in bench.session.entries:
                self._times.append(1000.0 * (time.perf_counter() - self._dropped))
                self._dropped = 0.0
                self._left -= 1
        elif not bench.controller.busy and bench.views.settled:
            self._timer.stop()
            bench.controller.close_entries(list(bench.session.entries))
            QTimer.singleShot(_REST_MS, self._drop if self._left else self._report)

    def _drop(self) -> None:
        data = QMimeData()
        data.setUrls([QUrl.fromLocalFile(str(self._file))])
        at, copy, left = (
            QPointF(self._window.rect().center()),
            Qt.DropAction.CopyAction,
            Qt.MouseButton.LeftButton,
        )
        none = Qt.KeyboardModifier.NoModifier
        QApplication.sendEvent(self._window, QDragEnterEvent(at.toPoint(), copy, data, left, none))
        self._dropped = time.perf_counter()
        QApplication.sendEvent(self._window, QDropEvent(at, copy, data, left, none))
        self._timer.start()

    def _report(self) -> None:
        from negnn_gui.app.scene.crystal import CrystalScene

        scene = CrystalScene()
        scene.render_image(8, 8, smooth=False)  # OpenGL tells its name once it has drawn
        answer(
            first_ms=self._times[0],
            median_ms=statistics.median(self._times),
            repeats=len(self._times),
            platform=QGuiApplication.platformName(),
            renderer=scene.describe_graphics(),
        )


def main() -> None:
    """Make the window as the program does and follow its course."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--repeats", type=int, default=5)
    arguments = parser.parse_args()
    application = startup.make_application()
    window = startup.make_window(application, remember=False)
    course = Course(window, example_file(TWENTY_ATOMS), arguments.repeats)
    window.show()
    application.exec()
    del course


if __name__ == "__main__":
    main()
