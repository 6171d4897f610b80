"""The program as a user starts it, without a file. Answers with the time of the window's first paint."""

from __future__ import annotations

import runpy
import sys
import time
from typing import TYPE_CHECKING

from negnn_gui.bench.probes.answer import answer

if TYPE_CHECKING:
    from negnn_gui.app.main_window import MainWindow


def main() -> None:
    """Take the way of ``python -m negnn_gui``, listening to the window that it makes."""
    from negnn_gui.app import startup

    make_window = startup.make_window

    def watched(*arguments: object, **options: object) -> MainWindow:
        window = make_window(*arguments, **options)  # type: ignore[arg-type]
        window.painted.connect(_painted)
        return window

    startup.make_window = watched
    sys.argv = ["negnn-gui"]
    runpy.run_module("negnn_gui", run_name="__main__")


def _painted() -> None:
    stamp = time.monotonic_ns()
    from PySide6.QtGui import QGuiApplication

    answer(painted_ns=stamp, platform=QGuiApplication.platformName())


if __name__ == "__main__":
    main()
