"""The program behind a window that has been painted, and how it ends."""

from __future__ import annotations

import argparse
import logging
import os
import signal
from pathlib import Path

from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QApplication

from negnn_gui.app import reporting
from negnn_gui.app.controller import Controller
from negnn_gui.app.file_jobs import FileWorker
from negnn_gui.app.icons import app_icon
from negnn_gui.app.jobs import PredictionWorker
from negnn_gui.app.last_crash import CrashWatch
from negnn_gui.app.main_window import MainWindow
from negnn_gui.app.model_choice import ModelChoice, load_chosen
from negnn_gui.app.session import Session
from negnn_gui.app.surroundings import lost_between_runs
from negnn_gui.app.unattended import UnattendedRun, Wishes
from negnn_gui.app.workbench import Workbench

logger = logging.getLogger(__name__)


class Running:
    """Log, error reports, workbench and, where asked for, a run without a user."""

    def __init__(self, window: MainWindow, arguments: argparse.Namespace, paths: list[Path]) -> None:
        reporting.start_log(arguments.verbose)
        self._crashes = CrashWatch()
        self._crashes.start()
        QApplication.setWindowIcon(app_icon())
        self.bench = make_workbench(window, ModelChoice.at_start(arguments, window.preferences))
        self._errors = reporting.ErrorReporter(window)
        self._errors.install()
        if self._crashes.found:
            self.bench.furnished.connect(self.bench.desk.tell_of_crash)
        wishes = Wishes(arguments.screenshot, arguments.export_csv, arguments.exit)
        self._unattended = UnattendedRun(self.bench, wishes) if any(wishes) else None
        if self._unattended is not None or arguments.disorder is not None:
            # nobody is there to be asked
            self.bench.controller.orderings.choice = arguments.disorder or "skip"
        if self._unattended is not None:
            self._errors.reported.connect(self._unattended.give_up)
            self.bench.controller.open_at_most = None  # nobody is there to be asked
        if not arguments.exit:
            self._errors.reported.connect(self.bench.show_error)
            self.bench.furnished.connect(self._say_what_is_lost)
        self._interrupts = _close_on_interrupt(window)
        self.bench.controller.open_paths(paths)

    def _say_what_is_lost(self) -> None:
        if sentence := lost_between_runs():
            self.bench.preferences.say_no_more()
            self.bench.controller.notice.emit(sentence)

    def finish(self) -> int:
        """After the window was closed: the exit status (does not return where a worker is stuck)."""
        self._interrupts.stop()
        self._crashes.stop()
        status = 1 if self._unattended is not None and self._unattended.failed else 0
        if not self.bench.joined:
            # A thread stuck in foreign code cannot be ended; destroying its QThread would abort the process.
            logger.error("a worker did not stop; leaving without it")
            logging.shutdown()
            os._exit(status)
        return status


def make_workbench(window: MainWindow, choice: ModelChoice | None = None) -> Workbench:
    """Fill a window that has been painted: session, workers, views and menus."""
    wanted = choice or ModelChoice()
    predictor = PredictionWorker(load=lambda: load_chosen(wanted, predictor.notice.emit))
    return Workbench(window, Controller(Session(), window.preferences, predictor, FileWorker()))


def _close_on_interrupt(window: MainWindow) -> QTimer:
    """Let Ctrl+C in the terminal close the window; the timer lets Python run, or it would see no signal."""
    signal.signal(signal.SIGINT, lambda *_: window.close())
    timer = QTimer(window)
    timer.timeout.connect(lambda: None)
    timer.start(500)
    return timer
