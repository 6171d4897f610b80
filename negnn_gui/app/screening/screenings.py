"""What the user wants of screenings, carried out: begin, pause, cancel, go on, try again, look at, open a crystal."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QObject, Qt, Signal

from negnn_gui.app.screening.crystal_opening import CrystalOpening
from negnn_gui.app.screening.exporting import ExportWorker
from negnn_gui.app.screening.screening_worker import ScreeningWorker
from negnn_gui.app.screening.state import Pace, ScreeningState, Stage
from negnn_gui.app.screening.store_reader import Question, StoreReader
from negnn_gui.app.views.site_text import count_text
from negnn_gui.screening.pool import reading_processes
from negnn_gui.screening.request import ScreeningError, ScreeningProgress, ScreeningReport
from negnn_gui.screening.result_store import StoreHeader, TableName, is_store, read_header
from negnn_gui.screening.rounds import Round, rounds
from negnn_gui.screening.store_run import StoreRequest
from negnn_gui.screening.store_server import Copy, Failures, OpenStore, Order, Page

if TYPE_CHECKING:
    from negnn_gui.app.controller import Controller
    from negnn_gui.screening.reading import Failure
    from negnn_gui.screening.store_export import ExportRequest

logger = logging.getLogger(__name__)

_JOIN_S = 10.0


class Screenings(QObject):
    """The screening that is shown, and the run that may be at work on it; all methods belong to the GUI thread.

    ``changed`` follows every change of :attr:`state`; ``replaced`` comes when another store is shown; ``counted``
    carries the rows of structures and sites; ``ordered``, ``misread`` and ``paged`` are the reader's;
    ``failures_changed`` carries what failed; ``problem`` and ``said`` carry sentences, ``notice`` one of the run,
    ``exported`` the path of a saved file.
    """

    changed = Signal()
    replaced = Signal()
    counted = Signal(int, int)
    ordered = Signal(str, int, object, int, int)
    misread = Signal(str, int, str)
    paged = Signal(str, int, int, object)
    copied = Signal(str, int)
    failures_changed = Signal(object)
    problem = Signal(str)
    said = Signal(str)
    notice = Signal(str)
    exported = Signal(object)

    def __init__(self, controller: Controller, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.state = ScreeningState()
        self.header: StoreHeader | None = None
        self.n_parts = 0
        self._controller = controller
        self._opening = CrystalOpening(controller, self)
        self._pace = Pace()
        self._run: int | None = None
        self._closed = False
        self._request: StoreRequest | None = None
        self._worker = ScreeningWorker(controller.predictor)
        self._reader = StoreReader()
        self._exporter = ExportWorker()
        queued = Qt.ConnectionType.QueuedConnection
        self._worker.stepped.connect(self._on_stepped, queued)
        self._worker.grown.connect(self._on_grown, queued)
        self._worker.reported.connect(self._on_reported, queued)
        self._worker.refused.connect(self._on_refused, queued)
        self._worker.ended.connect(self._on_ended, queued)
        self._worker.notice.connect(self.notice, queued)
        self._reader.opened.connect(self.counted, queued)
        self._reader.ordered.connect(self.ordered, queued)
        self._reader.misread.connect(self.misread, queued)
        self._reader.paged.connect(self.paged, queued)
        self._reader.copied.connect(self.copied, queued)
        self._reader.failures.connect(self._on_failures, queued)
        self._reader.refused.connect(self.problem, queued)
        self._exporter.written.connect(self._on_written, queued)
        self._exporter.refused.connect(self.problem, queued)

    # --- intents ------------------------------------------------------------------------------------

    def begin(self, request: StoreRequest) -> None:
        """Screen files into a new store."""
        if self.state.is_busy:
            self.problem.emit("A screening is running; wait for it or cancel it before another one is begun.")
            return
        self._show(request.folder, StoreHeader(tuple(map(str, request.paths)), request.disorder), [])
        self._submit(request)

    def show_store(self, folder: Path) -> bool:
        """Show the results in a folder; False (after ``problem``) where there are none or a run is at work."""
        if self.state.is_busy:
            self.problem.emit(
                "A screening is running; wait for it or cancel it before other results are opened."
            )
            return False
        try:
            header = read_header(folder)
            done = rounds(folder)
        except (ScreeningError, OSError, ValueError) as error:
            self.problem.emit(f"The results could not be opened: {error}")
            return False
        self._show(folder, header, done)
        return True

    def pause(self) -> None:
        """Wait after the batch in hand."""
        if self.state.stage is Stage.RUNNING:
            self._worker.pause()
            self._pace.pause()
            self._set(stage=Stage.PAUSED)

    def go_on(self) -> None:
        """End a pause, or go on with what was cancelled or interrupted."""
        if self.state.stage is Stage.PAUSED:
            self._worker.go_on()
            self._pace.go_on()
            self._set(stage=Stage.RUNNING)
        elif self.state.stage is Stage.STOPPED and self.state.folder is not None:
            self._submit(self._again(retry=False))

    def go_on_at(self, cluster: str) -> None:
        """Go on with what was cancelled or interrupted on another cluster, or here ("")."""
        if self.state.stage is Stage.STOPPED and self.state.folder is not None:
            self._submit(replace(self._again(retry=False), cluster=cluster))

    def cancel(self) -> None:
        """Stop after the batch in hand; what is done is kept."""
        if self.state.is_busy:
            self._worker.cancel()
            self._set(stage=Stage.STOPPING)

    def retry_failed(self) -> None:
        """Read again what failed."""
        if (
            self.state.stage is Stage.DONE
            and self.state.progress is not None
            and self.state.progress.failures
        ):
            self._submit(self._again(retry=True))

    def open_crystal(self, row: dict[str, Any]) -> None:
        """Open the structure of a row (of structures or of sites) in the main window."""
        disorder = "skip" if self.header is None else self.header.disorder
        self._opening.open(row, disorder)

    def ask_order(
        self,
        table: TableName,
        number: int,
        expression: str,
        sort: tuple[str, bool] | None,
        first_part: int,
        still_wanted: Callable[[], bool],
    ) -> None:
        """Find rows; the answer comes as ``ordered`` or ``misread``."""
        self._ask(Question(Order(table, expression, sort, first_part), number, still_wanted=still_wanted))

    def ask_page(
        self, table: TableName, number: int, page: int, rows: Any, still_wanted: Callable[[], bool]
    ) -> None:
        """Read some rows; the answer comes as ``paged``."""
        self._ask(Question(Page(table, rows), number, page, still_wanted))

    def ask_copy(self, table: TableName, rows: Any, names: list[str]) -> None:
        """Make the text of some rows; the answer comes as ``copied``."""
        self._ask(Question(Copy(table, rows, tuple(names))))

    def export(self, request: ExportRequest) -> None:
        """Save results for others; ``exported`` or ``problem`` comes when it is done."""
        if not self._exporter.isRunning():
            self._exporter.start()
        self._exporter.submit(request)
        self.said.emit(f"Saving {request.target.name}…")

    def shutdown(self, timeout_s: float = _JOIN_S) -> bool:
        """Stop and join the threads; what is done is on the disk and can be gone on with."""
        self._closed = True
        joined = True
        for worker in (self._worker, self._exporter, self._reader):
            if worker.isRunning():
                joined &= worker.close(timeout_s)
        return joined

    @property
    def busy(self) -> bool:
        """Whether a run is at work."""
        return self.state.is_busy

    @property
    def reader_pid(self) -> int:
        """Id of the process that reads the store; 0 while there is none."""
        return self._reader.pid

    # --- run ----------------------------------------------------------------------------------------

    def _submit(self, request: StoreRequest) -> None:
        self._request = request
        self._pace = Pace()
        self._worker.go_on()
        if not self._worker.isRunning():
            self._worker.start()
        self._run = self._worker.submit(request)
        self._set(stage=Stage.LISTING, rate=None, files_rate=None, reason="", cluster=request.cluster)

    def _again(self, *, retry: bool) -> StoreRequest:
        assert self.state.folder is not None
        before = self._request
        if before is None or before.folder != self.state.folder:
            before = StoreRequest(self.state.folder, workers=reading_processes())
        return replace(before, retry=retry or before.retry)

    def _on_stepped(self, progress: ScreeningProgress) -> None:
        state = self._pace.step(self.state, progress)
        if state.stage is Stage.LISTING:
            state = replace(state, stage=Stage.RUNNING)
        self.state = state
        self.changed.emit()

    def _on_grown(self, n_parts: int) -> None:
        self.n_parts = n_parts
        if self.state.folder is not None:
            if n_parts == 1 or self.header is None or not self.header.models:
                self.header = read_header(self.state.folder)
            self._ask(Question(OpenStore(self.state.folder, n_parts)))
            self._ask(Question(Failures(self.state.folder)))

    def _on_reported(self, report: ScreeningReport) -> None:
        self._set(stage=Stage.DONE if report.complete else Stage.STOPPED)
        if report.complete:
            self.said.emit(f"Screened {report.structures:,} structures; {report.failures:,} failed.")

    def _on_refused(self, reason: str) -> None:
        self._set(stage=Stage.STOPPED, reason=reason)
        self.problem.emit(f"The screening stopped: {reason}")

    def _on_written(self, path: Path, n_structures: int) -> None:
        self.said.emit(f"Saved {path} ({count_text(n_structures, 'structure')})")
        self.exported.emit(path)

    def _on_ended(self, number: int) -> None:
        if number != self._run:
            return
        self._run = None
        if self.state.is_busy:  # cancelled before it could report
            self._set(stage=Stage.STOPPED)
        if self.state.folder is not None and is_store(self.state.folder):
            self._ask(Question(Failures(self.state.folder)))

    # --- store --------------------------------------------------------------------------------------

    def _show(self, folder: Path, header: StoreHeader, done: list[Round]) -> None:
        self.header = header
        self._request = None
        self.n_parts = done[-1].n_parts if done else 0
        self.state = ScreeningState(
            stage=Stage.DONE if done and done[-1].last.complete else Stage.STOPPED,
            folder=folder,
            progress=_progress(done),
        )
        self._ask(Question(OpenStore(folder if done else None, self.n_parts)))
        self.replaced.emit()
        self.failures_changed.emit([])
        if done:
            self._ask(Question(Failures(folder)))
        self.changed.emit()

    def _on_failures(self, folder: Path, failures: list[Failure]) -> None:
        if folder != self.state.folder:
            return
        progress = self.state.progress
        if not self.state.is_busy and progress is not None and progress.failures != len(failures):
            # The journal of a retry knows only what failed again.
            self._set(progress=replace(progress, failures=len(failures)))
        self.failures_changed.emit(failures)

    def _ask(self, request: Question) -> None:
        if self._closed:  # a last signal of the run may come after the end
            return
        if not self._reader.isRunning():
            self._reader.start()
        self._reader.submit(request)

    def _set(self, **changes: Any) -> None:
        self.state = replace(self.state, **changes)
        self.changed.emit()


def _progress(done: list[Round]) -> ScreeningProgress | None:
    if not done:
        return None
    last = done[-1].last
    return ScreeningProgress(
        files_done=done[-1].n_inputs if last.complete else last.position.file,
        files_total=done[-1].n_inputs,
        structures=last.structures,
        sites=last.sites,
        failures=last.failures,
    )
