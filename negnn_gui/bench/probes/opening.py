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
_COPY, _LEFT, _NONE = Qt.DropAction.CopyAction, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier


class Course(QObject):
    """Drops the file, waits for its picture and for the prediction, closes it, and again."""

    def __init__(self, window: MainWindow, file: Path, repeats: int) -> None:
        super().__init__(window)
        self._window = window
        self._dragged = QMimeData()  # an event holds no more than its address
        self._dragged.setUrls([QUrl.fromLocalFile(str(file))])
        self._left = repeats
        self._times: list[float] = []
        self._processor: list[float] = []
        self._smooth: list[float] = []
        self._dropped = self._processor_then = 0.0
        self._awaiting_smooth = 0.0
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
        self._bench.furnished.connect(self._begin)

    def _begin(self) -> None:
        assert self._bench is not None and self._bench.views.canvas is not None
        self._bench.views.canvas.shown.connect(self._on_shown)
        self._timer.start()

    def _look(self) -> None:
        bench = self._bench
        assert bench is not None and bench.views.canvas is not None
        if self._dropped:
            return
        if self._awaiting_smooth:
            if bench.views.canvas.is_smooth:
                self._smooth.append(1000.0 * (time.perf_counter() - self._awaiting_smooth))
                self._awaiting_smooth = 0.0
        elif not bench.controller.busy and bench.views.settled:
            self._timer.stop()
            bench.controller.close_entries(list(bench.session.entries))
            QTimer.singleShot(_REST_MS, self._enter if self._left else self._report)

    def _enter(self) -> None:
        """Drag the file over the window, and hold it there until the frame that says so is painted."""
        at = self._window.rect().center()
        QApplication.sendEvent(self._window, QDragEnterEvent(at, _COPY, self._dragged, _LEFT, _NONE))
        QTimer.singleShot(_REST_MS, self._drop)

    def _drop(self) -> None:
        at = QPointF(self._window.rect().center())
        self._dropped, self._processor_then = time.perf_counter(), time.process_time()
        QApplication.sendEvent(self._window, QDropEvent(at, _COPY, self._dragged, _LEFT, _NONE))
        self._timer.start()

    def _on_shown(self, entry_id: str) -> None:
        """The picture of what was dropped has been handed to the screen."""
        assert self._bench is not None and entry_id in self._bench.session.entries
        self._times.append(1000.0 * (time.perf_counter() - self._dropped))
        self._processor.append(1000.0 * (time.process_time() - self._processor_then))
        self._awaiting_smooth, self._dropped = self._dropped, 0.0
        self._left -= 1

    def _report(self) -> None:
        from negnn_gui.app.scene.crystal import CrystalScene

        scene = CrystalScene()
        scene.render_image(8, 8, smooth=False)  # OpenGL tells its name once it has drawn
        answer(
            first_ms=self._times[0],
            median_ms=statistics.median(self._times),
            processor_ms=statistics.median(self._processor),
            smooth_ms=statistics.median(self._smooth),
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
