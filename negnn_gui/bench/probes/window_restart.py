"""The window screens thousands of files and is twice told to stop and to go on: is every row there, and none twice?"""

from __future__ import annotations

import argparse
import tempfile
import time
from collections.abc import Callable
from dataclasses import asdict
from functools import partial
from pathlib import Path

import numpy as np
from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QMainWindow

from negnn_gui.app import startup
from negnn_gui.app.controller import Controller
from negnn_gui.app.file_jobs import FileWorker
from negnn_gui.app.jobs import PredictionWorker, load_predictor
from negnn_gui.app.preferences import Preferences
from negnn_gui.app.screening.screening_window import ScreeningWindow
from negnn_gui.app.screening.screenings import Screenings
from negnn_gui.app.screening.state import Stage
from negnn_gui.app.session import Session
from negnn_gui.bench.probes.answer import answer
from negnn_gui.bench.probes.waiting import wait_until
from negnn_gui.bench.restart import STOPPED_AT, kept_of, write_files
from negnn_gui.screening.rounds import live_failures, rounds
from negnn_gui.screening.store_run import StoreRequest
from negnn_gui.screening.store_tables import StoreTables

_LONGEST_S = 3500.0
_JOIN_S = 10.0
_LEFT = Qt.MouseButton.LeftButton


def _wait(ready: Callable[[], bool]) -> None:
    wait_until(ready, _LONGEST_S, "the screening did not come to its end")


def _failed_or_far_enough(screenings: Screenings, problems: list[str], enough: float) -> bool:
    return bool(problems) or _files_done(screenings) >= enough


def main() -> None:
    """Screen, cancel with a click at two places, go on with a click, and count."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--files", type=int, required=True)
    parser.add_argument("--bad", type=int, required=True)
    parser.add_argument("--model")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="negnn-bench-window-") as place:
        files, store = Path(place) / "files", Path(place) / "results"
        good, bad = write_files(files, arguments.files, arguments.bad)
        application = startup.make_application()  # noqa: F841 (it must live)
        owner = QMainWindow()
        predictor = PredictionWorker(lambda: load_predictor(arguments.model, "cpu"))
        predictor.start()
        controller = Controller(Session(), Preferences(remember=False), predictor, FileWorker())
        screenings = Screenings(controller)
        window = ScreeningWindow(screenings, owner)
        window.show()
        begin = time.monotonic()
        problems: list[str] = []
        screenings.problem.connect(problems.append)
        screenings.begin(StoreRequest(store, (files,), workers=1))
        cancelled = 0
        for share in STOPPED_AT:
            enough = share * arguments.files
            _wait(partial(_failed_or_far_enough, screenings, problems, enough))
            if problems:
                raise RuntimeError(problems[0])
            QTest.mouseClick(window.cancel, _LEFT)
            _wait(lambda: screenings.state.stage in (Stage.STOPPED, Stage.DONE))
            cancelled += screenings.state.stage is Stage.STOPPED
            QTest.mouseClick(window.pause, _LEFT)  # "Go on"
        _wait(lambda: bool(problems) or screenings.state.stage is Stage.DONE)
        seconds = time.monotonic() - begin
        sentence = window.counts.text()
        tables = StoreTables(store, rounds(store)[-1].n_parts)
        rows = tables.rows("sites", np.arange(tables.n_rows("sites")))
        kept = kept_of(
            zip(rows["source_file"], rows["site_index"].tolist(), strict=True),
            [(failure.path, failure.reason) for failure in live_failures(store)],
            good,
            bad,
            seconds,
            cancelled,
        )
        screenings.shutdown()
        predictor.close(_JOIN_S)
        owner.close()
        platform = QGuiApplication.platformName()
    answer(**asdict(kept), sentence=sentence, platform=platform)


def _files_done(screenings: Screenings) -> int:
    progress = screenings.state.progress
    return 0 if progress is None else progress.files_done


if __name__ == "__main__":
    main()
