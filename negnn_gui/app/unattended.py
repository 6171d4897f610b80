"""A run without a user: wait until all is predicted, save a picture and a table, close."""

from __future__ import annotations

import logging
import sys
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

from PySide6.QtCore import QCoreApplication, QObject, QTimer

from negnn_gui.app.workbench import Workbench

logger = logging.getLogger(__name__)

_LOOK_EVERY_MS = 50
_QUIET_LOOKS = 12  # points on the map take a quarter of a second to move to their places


class Wishes(NamedTuple):
    """What to do once everything is predicted."""

    screenshot: Path | None
    csv: Path | None
    exit: bool


class UnattendedRun(QObject):
    """Carries out ``wishes`` one by one; ``failed`` says afterwards whether something went wrong."""

    def __init__(self, bench: Workbench, wishes: Wishes) -> None:
        super().__init__(bench)
        self._bench = bench
        self._steps: list[Callable[[], None]] = []
        if wishes.screenshot is not None:
            path = wishes.screenshot
            self._steps.append(lambda: self._save_picture(path))
        if wishes.csv is not None:
            table = wishes.csv
            self._steps.append(lambda: self._save_table(table))
        if wishes.exit:
            self._steps.append(self._close)
        self._exit = wishes.exit
        self._quiet = 0
        self.failed = False
        bench.controller.problem.connect(self.complain)
        self._timer = QTimer(self)
        self._timer.setInterval(_LOOK_EVERY_MS)
        self._timer.timeout.connect(self._look)
        bench.furnished.connect(self._timer.start)

    def _look(self) -> None:
        busy = self._bench.controller.busy or not self._bench.views.settled
        self._quiet = 0 if busy else self._quiet + 1
        if self._quiet < _QUIET_LOOKS:
            return
        if self._steps:
            self._steps.pop(0)()
        else:
            self._timer.stop()

    def _save_picture(self, path: Path) -> None:
        QCoreApplication.processEvents()
        if self._make_folder(path) and not self._bench.window.grab().save(str(path)):
            self.complain(
                f"{path} could not be written; it must end in .png, in a folder that can be written"
            )

    def _save_table(self, path: Path) -> None:
        if self._make_folder(path):
            self._bench.controller.export_sites(path)

    def _make_folder(self, path: Path) -> bool:
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            self.complain(f"{path} could not be written: {error.strerror}: {error.filename}")
            return False
        return True

    def _close(self) -> None:
        session = self._bench.session
        for failure in session.read_failures:
            self.complain(str(failure))
        for entry in session.entries.values():
            if reason := session.status(entry.id).reason:
                self.complain(f"{entry.name}: {reason}")
        self._timer.stop()
        self._bench.window.close()

    def give_up(self, sentence: str, _report: str = "") -> None:
        """After an error nobody caught: what is waited for may never come, so where asked to, close now."""
        self.complain(sentence)
        if self._exit:
            self._timer.stop()
            QTimer.singleShot(0, self._bench.window.close)

    def complain(self, sentence: str) -> None:
        """Say what went wrong in the terminal."""
        self.failed = True
        sys.stderr.write(f"negnn-gui: {sentence}\n")
