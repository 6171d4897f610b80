"""The screening window over a large store: how long answers take, and whether the GUI thread ever stands still."""

from __future__ import annotations

import argparse
import multiprocessing
import resource
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QMainWindow

from negnn_gui.app import startup
from negnn_gui.app.controller import Controller
from negnn_gui.app.file_jobs import FileWorker
from negnn_gui.app.jobs import PredictionWorker, load_predictor
from negnn_gui.app.preferences import Preferences
from negnn_gui.app.screening.screening_window import ScreeningWindow
from negnn_gui.app.screening.screenings import Screenings
from negnn_gui.app.screening.store_table import StoreTable
from negnn_gui.app.session import Session
from negnn_gui.bench.generated_store import generate_store
from negnn_gui.bench.probes.answer import answer
from negnn_gui.bench.probes.heartbeat import Heartbeat
from negnn_gui.bench.probes.waiting import wait_until

_LONGEST_S = 250.0
_MOMENT = "moment_pred_muB"


def _wait(ready: Callable[[], bool]) -> None:
    wait_until(ready, _LONGEST_S, "the store did not answer")


def _sort(table: StoreTable, source: str) -> Callable[[], bool]:
    number = next(k for k, column in enumerate(table.model.columns) if column.sources[0] == source)
    table.view.sortByColumn(number, Qt.SortOrder.DescendingOrder)
    return lambda: _values(table, source) == sorted(_values(table, source), reverse=True) != []


def _values(table: StoreTable, source: str) -> list[float]:
    """The first ten rows that have been read, if all have."""
    rows = [table.model.values(row) for row in range(min(10, table.model.rowCount()))]
    return [] if None in rows else [float(row[source]) for row in rows if row is not None]


def _peak_mb(pid: int) -> float:
    """Largest memory that another process has had; 0 where the system does not tell."""
    status = Path(f"/proc/{pid}/status")
    if not status.is_file():
        return 0.0
    return int(status.read_text().split("VmHWM:")[1].split()[0]) / 1024


def main() -> None:
    """Generate a store in a process of its own, then open, filter, sort and scroll."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--structures", type=int, default=100_000)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="negnn-bench-store-") as place:
        folder = Path(place) / "store"
        made = multiprocessing.get_context("spawn").Process(
            target=generate_store, args=(folder, arguments.structures)
        )
        made.start()
        made.join()
        application = startup.make_application()  # noqa: F841 (it must live)
        owner = QMainWindow()
        predictor = PredictionWorker(lambda: load_predictor(None, "cpu"))
        controller = Controller(Session(), Preferences(remember=False), predictor, FileWorker())
        screenings = Screenings(controller)
        window = ScreeningWindow(screenings, owner)
        window.show()
        heartbeat = Heartbeat()
        spans: dict[str, tuple[float, float]] = {}

        def measure(name: str, ready: Callable[[], bool], begin: float) -> None:
            _wait(ready)
            spans[name] = (begin, time.perf_counter())

        shown = time.monotonic()
        _wait(lambda: time.monotonic() > shown + 1.0)  # painting the empty window is not what is measured
        begin = time.perf_counter()
        screenings.show_store(folder)
        measure("open", lambda: bool(_values(window.structures, "n_sites")), begin)
        window.tabs.setCurrentWidget(window.sites)
        _wait(lambda: bool(_values(window.sites, _MOMENT)))
        total = window.sites.model.rowCount()
        begin = time.perf_counter()
        window.sites.filter.setText("element == 'Fe' and moment_pred_muB > 2")
        window.sites.apply_filter()
        measure("filter_sites", lambda: 0 < window.sites.model.rowCount() < total, begin)
        begin = time.perf_counter()
        measure("sort_sites", _sort(window.sites, _MOMENT), begin)
        begin = time.perf_counter()
        window.sites.view.scrollToBottom()
        last = window.sites.model.rowCount() - 1
        measure("scroll", lambda: window.sites.model.values(last) is not None, begin)
        window.tabs.setCurrentWidget(window.structures)
        begin = time.perf_counter()
        measure("sort_structures", _sort(window.structures, "moment_max_muB"), begin)
        reader_mb = _peak_mb(screenings.reader_pid)
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        store_bytes = sum(path.stat().st_size for path in folder.rglob("*.parquet"))
        screenings.shutdown()
        owner.close()
        platform = QGuiApplication.platformName()
    answer(  # which ends the process at once: not before the store is gone
        took_ms={name: 1000.0 * (end - start) for name, (start, end) in spans.items()},
        longest_work_ms={name: heartbeat.longest_work_ms(*span) for name, span in spans.items()},
        longest_gap_ms={name: heartbeat.longest_gap_ms(*span) for name, span in spans.items()},
        peak_mb=peak / (1024 * 1024 if sys.platform == "darwin" else 1024),
        reader_mb=reader_mb,
        structures=arguments.structures,
        sites=total,
        store_mb=round(store_bytes / 1024**2),
        platform=platform,
    )


if __name__ == "__main__":
    main()
