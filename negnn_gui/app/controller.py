"""What the user wants, carried out: views emit intents, the controller decides, the session changes."""

from __future__ import annotations

import logging
import time
import uuid
from collections.abc import Callable, Iterable
from dataclasses import replace
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QObject, Qt, QTimer, Signal

from negnn_gui.app.file_jobs import (
    Errand,
    FileWorker,
    LoadLibraries,
    ReadFrame,
    ReadPaths,
    ReadText,
    WriteSites,
)
from negnn_gui.app.history import History
from negnn_gui.app.jobs import LoadedModels, LoadRequest, PredictionWorker, PredictRequest, Worker
from negnn_gui.app.orderings import Orderings
from negnn_gui.app.session import Session, Stage
from negnn_gui.app.workload import Workload

if TYPE_CHECKING:
    from negnn_gui.app.preferences import Preferences
    from negnn_gui.app.scene.colouring import Colouring
    from negnn_gui.app.scene.style import Style
    from negnn_gui.inference.predictor import Predictor
    from negnn_gui.results import Analysis, SiteRef
    from negnn_gui.structures.entry import StructureEntry, StructureReadError

logger = logging.getLogger(__name__)

OPEN_AT_MOST = 50
"""More files or frames than this are for a screening: each open structure is held with its embeddings."""

_JOIN_S = 10.0
_MAX_NOTICES = 100


class Controller(QObject):
    """Carries out intents with two workers; all of its methods belong to the GUI thread.

    ``activity_changed`` carries an :class:`~negnn_gui.app.activity.Activity` or None, ``notice`` a sentence of a
    worker to be kept, ``said`` one for the moment, ``problem`` one for a dialog, ``exported`` the path of a saved
    table, ``many_found`` paths that hold more structures than are opened unasked, and what they hold,
    ``session_wanted`` the path of a session file.
    """

    activity_changed = Signal(object)
    notice = Signal(str)
    notices_changed = Signal(object)
    said = Signal(str)
    problem = Signal(str)
    exported = Signal(object)
    many_found = Signal(object, str)
    session_wanted = Signal(object)
    device_changed = Signal(str)
    models_changed = Signal(object)
    libraries_loaded = Signal()

    def __init__(
        self,
        session: Session,
        preferences: Preferences,
        predictor: PredictionWorker,
        files: FileWorker,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self.session = session
        self.preferences = preferences
        self.history = History(session, self)
        self.device = ""
        self.models: LoadedModels | None = None
        self.notices: list[str] = []
        self.open_at_most: int | None = OPEN_AT_MOST
        self._predictor = predictor
        self._files = files
        self._opening: list[Path] = []  # asked for, and nothing readable found in them yet
        # What is opened while a prediction runs is predicted together afterwards.
        self._to_predict: list[str] = []
        self._generations: dict[int, int] = {}  # number of a request -> generation
        self._work = Workload()
        self._errands: dict[int, tuple[Errand, Callable[[Any], object], Callable[[str], object]]] = {}
        self.orderings = Orderings(self)
        self._shown_of = -1
        self._files_served = 0  # what is read between two of them is one step to undo
        self._closed = False
        self._connect()
        self._loading_libraries = self._files.submit(LoadLibraries())

    def _connect(self) -> None:
        queued = Qt.ConnectionType.QueuedConnection
        self._files.read.connect(self._on_read, queued)
        self._files.progress.connect(self._on_read_progress, queued)
        self._files.ended.connect(self._on_files_ended, queued)
        self._files.many.connect(self.many_found, queued)
        self._files.notice.connect(self._on_notice, queued)
        self._files.written.connect(self._on_written, queued)
        self._files.write_failed.connect(self._on_write_failed, queued)
        self._files.errand_done.connect(self._on_errand_done, queued)
        self._files.errand_refused.connect(self._on_errand_refused, queued)
        self._predictor.load_failed.connect(self._on_load_failed, queued)
        self._predictor.result.connect(self._on_result, queued)
        self._predictor.failed.connect(self._on_failed, queued)
        self._predictor.progress.connect(self._on_progress, queued)
        self._predictor.ended.connect(self._on_prediction_ended, queued)
        self._predictor.notice.connect(self._on_notice, queued)
        self._predictor.device_changed.connect(self._on_device, queued)
        self._predictor.models_loaded.connect(self._on_models, queued)
        self.history.reopened.connect(self._on_reopened)

    # --- life ---------------------------------------------------------------------------------------

    def start_files(self) -> None:
        """Start the file worker; ``libraries_loaded`` comes when the views and it have what they need."""
        if not self._closed:
            self._files.start()

    def start_predictor(self) -> None:
        """Start the predictor and load the models, so that the first prediction need not wait for them."""
        if not self._closed:
            self._predictor.start()
            self._submit_prediction(())

    def shutdown(self, timeout_s: float = _JOIN_S) -> bool:
        """Cancel everything and join the workers; False where one of them is stuck in foreign code."""
        self._closed = True
        deadline = time.monotonic() + timeout_s
        joined = True
        for worker in (self._predictor, self._files):
            if worker.isRunning():
                joined &= self._join(worker, deadline)
        return joined

    def _join(self, worker: Worker, deadline: float) -> bool:
        joined = worker.close(max(0.1, deadline - time.monotonic()))
        if not joined:
            logger.error("%s did not stop in time", type(worker).__name__)
        return joined

    @property
    def predictor(self) -> PredictionWorker:
        """The worker that owns the models; a screening borrows them from it."""
        return self._predictor

    @property
    def busy(self) -> bool:
        """Whether anything is being read, written or predicted."""
        return self._work.has_files or bool(self._generations or self._to_predict)

    # --- intents ------------------------------------------------------------------------------------

    def open_paths(self, paths: Iterable[Path]) -> None:
        """Read files and folders; what is readable joins the session as it comes."""
        given = list(paths)
        sessions = [path for path in given if path.suffix.lower() == ".negnn" and not path.is_dir()]
        for path in sessions:
            self.session_wanted.emit(path)
        wanted = tuple(path for path in given if path not in sessions)
        if wanted:
            self._opening = list(dict.fromkeys([*self._opening, *wanted]))
            self._submit_files(ReadPaths(wanted, self.open_at_most))

    def open_all(self, paths: Iterable[Path]) -> None:
        """Open structures however many there are."""
        self._submit_files(ReadPaths(tuple(paths)))

    def open_frame(self, request: ReadFrame) -> None:
        """Open one structure of a file that was screened."""
        self._submit_files(request)

    def open_text(self, text: str, name: str = "pasted") -> None:
        """Read a structure from text."""
        taken = {entry.name for entry in self.session.entries.values()}
        numbered = (f"{name}_{number}" for number in count(2))
        self._submit_files(
            ReadText(text, name if name not in taken else next(n for n in numbered if n not in taken))
        )

    def close_entries(self, entry_ids: Iterable[str]) -> None:
        """Close structures; what was still being computed for them is dropped when it comes."""
        closed = set(entry_ids)
        self._to_predict = [entry_id for entry_id in self._to_predict if entry_id not in closed]
        self.history.close(closed)

    def duplicate(self, entry_ids: Iterable[str]) -> None:
        """Open copies of structures, with what was computed for them."""
        for entry_id in entry_ids:
            if (entry := self.session.entries.get(entry_id)) is None:
                continue
            analysis = self.session.analysis(entry_id)
            copied = replace(entry, id=uuid.uuid4().hex, name=f"{entry.name}_copy")
            self.history.open([copied], verb="Duplicate", after=entry_id)
            if analysis is not None:
                self.session.keep_result(replace(analysis, entry_id=copied.id))

    def rename(self, entry_id: str, name: str) -> None:
        """Call a structure something else, here and in the tables that are exported."""
        name = " ".join(name.split())
        if name and entry_id in self.session.entries:
            self.history.rename(entry_id, name)

    def dismiss_read_failures(self, failures: Iterable[StructureReadError]) -> None:
        """Take messages about unreadable files off the list."""
        self.session.dismiss_read_failures(failures)

    def show_entry(self, entry_id: str) -> None:
        """Show a structure in 3D."""
        self.session.set_current(entry_id)

    def select(self, sites: frozenset[SiteRef], mode: str = "replace") -> None:
        """Change the selection: "replace" it, "add" to it, or "toggle" the given sites in it."""
        selected = self.session.selection
        match mode:
            case "replace":
                selected = sites
            case "add":
                selected = selected | sites
            case "toggle":
                selected = selected ^ sites
            case _:
                raise ValueError(f"no way of selecting is called {mode!r}")
        self.history.select(selected)

    def set_style(self, style: Style) -> None:
        """Draw the current structure another way.

        Raises
        ------
        ValueError
            It cannot be drawn like this; one sentence.
        """
        self.history.restyle(style)

    def set_colouring(self, colouring: Colouring) -> None:
        """Colour atoms another way."""
        self.history.colour(colouring)

    def set_levels(self, levels: str) -> None:
        """Show other levels of the encoder on the map."""
        self.session.set_levels(levels)

    def unpredicted(self) -> list[str]:
        """Open structures nothing has been computed for."""
        open_ = self.session.entries
        return [e for e in open_ if self.session.status(e).stage in (Stage.READ, Stage.SKIPPED)]

    def predict(self, entry_ids: Iterable[str]) -> None:
        """Predict these structures, with whatever else is waiting, once the running request is through."""
        self._line_up(entry_ids)
        self._predict_next()

    def _line_up(self, entry_ids: Iterable[str]) -> None:
        known = self.session.entries
        wanted = [entry_id for entry_id in dict.fromkeys(entry_ids) if entry_id in known]
        wanted = self.orderings.without_disorder(wanted)
        self.session.enqueue(wanted)
        self._to_predict = list(dict.fromkeys([*self._to_predict, *wanted]))

    def cancel(self) -> None:
        """Stop reading and predicting; what is there already stays."""
        self._to_predict.clear()
        self._files.cancel()
        self._predictor.cancel()
        self.session.abandon()
        self._announce_activity()

    def export_sites(self, path: Path, format_: str = "") -> None:
        """Save the sites table of everything predicted, with its sidecar; by its name where no format is given."""
        entries, analyses = self.session.entries, self.session.analyses
        if not analyses:
            self.problem.emit("There is nothing to export yet: open a structure and predict it first.")
            return
        rows = tuple((entries[entry_id], analysis) for entry_id, analysis in analyses.items())
        failures = len(self.session.read_failures) + self.session.n_failed
        work = self._work
        self._submit_files(
            WriteSites(
                path, rows, work.started, work.predicting_s, failures, self.orderings.record(), format_
            )
        )

    def run_errand(
        self,
        verb: str,
        work: Callable[[], object],
        done: Callable[[Any], object],
        refused: Callable[[str], object] | None = None,
        *,
        must_finish: bool = False,
    ) -> None:
        """Do some work in the thread of the files; ``done(result)`` or ``refused(reason)`` follow here.

        ``verb`` stands in the status bar meanwhile. Without ``refused`` the reason becomes a ``problem``.
        """
        errand = Errand(work, must_finish)
        self._errands[self._submit_files(errand, verb)] = (errand, done, refused or self.problem.emit)

    def use_models(self, load: Callable[[], Predictor]) -> None:
        """Predict with other models, or on another device, from now on."""
        number = self._predictor.submit(LoadRequest(load))
        self._generations[number] = self.session.begin_prediction(())
        self._announce_activity()

    # --- requests -----------------------------------------------------------------------------------

    def _submit_files(
        self, request: ReadPaths | ReadFrame | ReadText | WriteSites | Errand, verb: str = ""
    ) -> int:
        verb = verb or ("Saving" if isinstance(request, WriteSites) else "Reading")
        number = self._files.submit(request)
        self._work.begin_files(number, verb)
        self._announce_activity()
        return number

    def _predict_next(self) -> None:
        if self._to_predict and not self._generations:
            self._work.begin_prediction()
            known = self.session.entries
            entries = tuple(known[entry_id] for entry_id in self._to_predict if entry_id in known)
            self._to_predict.clear()
            self._submit_prediction(entries)
        elif not self._generations and (done := self._work.end_prediction()):
            self.said.emit(done)
        self._announce_activity()

    def _submit_prediction(self, entries: tuple[StructureEntry, ...]) -> None:
        generation = self.session.begin_prediction(entry.id for entry in entries)
        self._generations[self._predictor.submit(PredictRequest(generation, entries))] = generation
        self._announce_activity()

    def _announce_activity(self) -> None:
        activity = self._work.activity(
            waiting=self.session.n_awaited + len(self._to_predict),
            predictor_busy=bool(self._generations),
            has_models=self.models is not None,
        )
        self.activity_changed.emit(activity)

    # --- answers ------------------------------------------------------------------------------------

    def _on_read(self, entries: list[StructureEntry], failures: list[StructureReadError]) -> None:
        if failures:
            self.session.add_read_failures(failures)
            for failure in failures:
                if failure.path is None:  # pasted: its row in the list may be far from where one looks
                    self.said.emit(f"What was pasted cannot be opened: {failure.reason}")
        # What one asked for is shown, not only listed; of a folder the first one that is read.
        first = bool(entries) and self._shown_of != self._files_served
        self.history.open(entries, batch=self._files_served, show=first)
        if first:
            self._shown_of = self._files_served
        self._remember(entries)
        if entries and self.preferences.auto_predict:
            self._line_up(entry.id for entry in entries)
            # Its thread would hold up the picture, which is painted in the next turn of the event loop.
            QTimer.singleShot(0, self, self._predict_next)

    def _remember(self, entries: list[StructureEntry]) -> None:
        """Paths that turned out to hold structures become recent ones."""
        sources = {
            path for entry in entries if entry.path is not None for path in (entry.path, *entry.path.parents)
        }
        if found := [path for path in self._opening if path in sources]:
            self._opening = [path for path in self._opening if path not in sources]
            self.preferences.add_recent(found)

    def _on_read_progress(self, done: int, total: int) -> None:
        self._work.note_read(done, total)
        self._announce_activity()

    def _on_files_ended(self, number: int) -> None:
        if number == self._loading_libraries:
            self.libraries_loaded.emit()
        self._files_served += 1
        self._errands.pop(number, None)
        self._work.end_files(number)
        self._announce_activity()

    def _on_result(self, generation: int, analysis: Analysis) -> None:
        if self.session.accept(generation, analysis):
            self._work.count_answer()

    def _on_failed(self, generation: int, entry_id: str, reason: str) -> None:
        if self.session.reject(generation, entry_id, reason):
            self._work.count_answer()

    def _on_progress(self, done: int, total: int) -> None:
        self._announce_activity()

    def _on_prediction_ended(self, number: int) -> None:
        generation = self._generations.pop(number, None)
        if generation is not None:  # else the models were lent to a screening
            self.session.abandon(generation)
            self._predict_next()

    def _on_device(self, device: str) -> None:
        self.device = device
        self.device_changed.emit(device)

    def _on_models(self, models: LoadedModels) -> None:
        self.models = models
        self._work.models_loaded()
        self.models_changed.emit(models)
        self._predict_anew(self.session.analyses)

    def _on_reopened(self, waiting: list[str], entry_ids: list[str]) -> None:
        self.predict(waiting)
        self._predict_anew(entry_ids)

    def _predict_anew(self, entry_ids: Iterable[str]) -> None:
        """Predict again what other models than the present ones have computed; embeddings are never mixed."""
        if self.models is None:
            return
        present = (self.models.encoder_sha256, self.models.model_sha256)
        analyses = self.session.analyses
        stale = []
        for entry_id in entry_ids:
            if (analysis := analyses.get(entry_id)) is None:
                continue
            made_by = (analysis.encoder.sha256, analysis.model.sha256 if analysis.model else "")
            if made_by != present:
                stale.append(entry_id)
        if stale:
            self.session.forget_results(stale)
            self.predict(stale)

    def _on_load_failed(self, reason: str) -> None:
        self.problem.emit(f"The models were not changed: {reason}")

    def _on_errand_done(self, errand: Errand, result: object) -> None:
        for ours, done, _ in list(self._errands.values()):
            if ours is errand:
                done(result)

    def _on_errand_refused(self, errand: Errand, reason: str) -> None:
        for ours, _, refused in list(self._errands.values()):
            if ours is errand:
                refused(reason)

    def _on_notice(self, text: str) -> None:
        logger.warning("%s", text)
        self.notices = [*self.notices[1 - _MAX_NOTICES :], text]
        self.notices_changed.emit(self.notices)
        self.notice.emit(text)

    def _on_written(self, path: Path) -> None:
        self.exported.emit(path)

    def _on_write_failed(self, path: Path, reason: str) -> None:
        self.problem.emit(f"{path.name} could not be saved: {reason}")
