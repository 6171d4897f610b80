"""From arguments to a running window, and from a closed window to an exit status."""

from __future__ import annotations

import logging
import os
import signal
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QApplication

from negnn_gui import __version__, locations
from negnn_gui.app import reporting
from negnn_gui.app.controller import Controller
from negnn_gui.app.file_jobs import FileWorker
from negnn_gui.app.jobs import PredictionWorker, load_predictor
from negnn_gui.app.main_window import MainWindow
from negnn_gui.app.preferences import Preferences
from negnn_gui.app.session import Session
from negnn_gui.app.theme import Theme
from negnn_gui.app.unattended import UnattendedRun, Wishes

if TYPE_CHECKING:
    import argparse

logger = logging.getLogger(__name__)

USAGE_ERROR = 2


def run(arguments: argparse.Namespace) -> int:
    """Show the window until it is closed.

    Returns
    -------
    int
        0; 1 where an unattended run met a problem; 2 for an example that does not exist.
    """
    reporting.listen_to_qt()
    try:
        paths = [*arguments.files, *map(example_path, arguments.example)]
    except FileNotFoundError as error:
        sys.stderr.write(f"negnn-gui: {error}\n")
        return USAGE_ERROR
    application = make_application()
    wishes = Wishes(arguments.screenshot, arguments.export_csv, arguments.exit)
    window = make_window(
        application,
        appearance=arguments.appearance,
        model=arguments.model,
        device=arguments.device,
        remember=not wishes.any,
    )
    errors = reporting.ErrorReporter(window)
    errors.reported.connect(window.show_error)
    errors.install()
    if arguments.size:
        window.resize(*arguments.size)
    unattended = UnattendedRun(window, wishes) if wishes.any else None
    if unattended is not None:
        errors.reported.connect(unattended.complain)
    interrupts = _close_on_interrupt(window)
    window.painted.connect(lambda: _after_first_paint(application, arguments.verbose))
    window.controller.open_paths(paths)
    window.show()
    application.exec()
    interrupts.stop()
    status = 1 if unattended is not None and unattended.failed else 0
    if not window.joined:
        # A thread stuck in foreign code cannot be ended; destroying its QThread would abort the process.
        logger.error("a worker did not stop; leaving without it")
        logging.shutdown()
        os._exit(status)
    return status


def _after_first_paint(application: QApplication, verbose: bool) -> None:
    from negnn_gui.app.icons import app_icon

    reporting.start_log(verbose)
    application.setWindowIcon(app_icon())


def make_application() -> QApplication:
    """The application, named for the desktop."""
    QApplication.setApplicationName("negnn-gui")
    QApplication.setApplicationVersion(__version__)
    QApplication.setDesktopFileName("negnn-gui")
    application = QApplication(sys.argv[:1])
    return application


def make_window(
    application: QApplication,
    *,
    appearance: str | None = None,
    model: str | None = None,
    device: str = "auto",
    remember: bool = True,
) -> MainWindow:
    """A window with a session, preferences and workers of its own; not yet shown."""
    preferences = Preferences(remember=remember)
    theme = Theme(application, appearance or preferences.appearance)
    predictor = PredictionWorker(load=lambda: load_predictor(model, device))
    controller = Controller(Session(), preferences, predictor, FileWorker())
    return MainWindow(controller, preferences, theme)


def example_path(name: str) -> Path:
    """File of an example structure.

    Raises
    ------
    FileNotFoundError
        No example is called so.
    """
    folder = locations.resources_dir() / "examples"
    path = folder / f"{name}.cif"
    if not path.is_file():
        known = ", ".join(sorted(p.stem for p in folder.glob("*.cif")))
        raise FileNotFoundError(f"no example is called {name!r}; there are {known}")
    return path


def _close_on_interrupt(window: MainWindow) -> QTimer:
    """Let Ctrl+C in the terminal close the window; the timer lets Python run, or it would see no signal."""
    signal.signal(signal.SIGINT, lambda *_: window.close())
    timer = QTimer(window)
    timer.timeout.connect(lambda: None)
    timer.start(500)
    return timer
