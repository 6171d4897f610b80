"""Long-lived worker threads: a queue of requests, cancel, and an end that is always announced.

Two workers derive from :class:`Worker`: ``PredictionWorker`` (owns the device and the models) and
``FileWorker`` in :mod:`negnn_gui.app.file_jobs`. A request is a frozen snapshot; the only way back to the GUI
thread is a queued signal.
"""

from __future__ import annotations

import errno
import logging
import queue
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QObject, QThread, Signal

from negnn_gui import locations
from negnn_gui.app.loading import heavy_imports
from negnn_gui.app.session import DEFAULT_LEVELS

if TYPE_CHECKING:
    from negnn_gui.analysis.atlas import Atlas
    from negnn_gui.inference.predictor import Predictor
    from negnn_gui.structures.entry import StructureEntry

logger = logging.getLogger(__name__)

_PROGRESS_EVERY_S = 0.05
_ADVICE = {
    errno.ENOSPC: "; free some space, or choose another disk",
    errno.EDQUOT: "; delete what you do not need, or choose another disk",
    errno.EACCES: "; choose another folder, or change its permissions",
    errno.EROFS: "; choose a folder that can be written",
}


_stuck: list[Worker] = []
"""Workers that did not stop in time. Qt ends the process where a running thread is destroyed, so they are held."""


def any_stuck() -> bool:
    """Whether a worker that was closed is still busy: the program must then end without waiting for it."""
    return any(worker.isRunning() for worker in _stuck)


class Worker(QThread):
    """A thread that serves requests in order until it is closed.

    ``ended`` follows every submitted request, whatever became of it: done, failed or cancelled.
    """

    ended = Signal(int)
    progress = Signal(int, int)
    notice = Signal(str)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._requests: queue.SimpleQueue[tuple[int, Any] | None] = queue.SimpleQueue()
        self._submitting = threading.Lock()
        self._submitted = 0
        self._cancelled_through = 0
        self._serving = 0
        self._last_progress = 0.0
        self._closing = threading.Event()

    def submit(self, request: Any) -> int:
        """Queue a request (from any thread); the number that ``ended`` will carry."""
        with self._submitting:
            self._submitted += 1
            self._requests.put((self._submitted, request))
            return self._submitted

    def cancel(self) -> None:
        """Give up everything submitted so far, as soon as the work allows."""
        self._cancelled_through = self._submitted

    def close(self, timeout_s: float) -> bool:
        """Cancel, stop taking requests and join; False where the thread is still busy after ``timeout_s``."""
        self._closing.set()
        self.cancel()
        self._requests.put(None)
        stopped = bool(self.wait(int(1000 * timeout_s)))
        if not stopped:
            self.setParent(None)
            _stuck.append(self)
        return stopped

    def cancelled(self) -> bool:
        """Whether the request being served was given up (called by the work itself)."""
        return self._closing.is_set() or self._serving <= self._cancelled_through

    def run(self) -> None:
        """Serve requests; nothing that one of them raises ends the thread."""
        while (item := self._requests.get()) is not None:
            self._serving, request = item
            try:
                if self.must_finish(request) or not self.cancelled():
                    self.serve(request)
            except BaseException as error:  # also SystemExit from a library: the thread must live on
                self._give_up(request, error)
            finally:
                self.ended.emit(self._serving)
            del item, request  # the thread waits here: hold on to no structures

    def serve(self, request: Any) -> None:
        """Do the work of one request, looking at :meth:`cancelled` often."""
        raise NotImplementedError

    def must_finish(self, request: Any) -> bool:
        """Whether a request is done even after Cancel or while the window closes."""
        return False

    def refuse(self, request: Any, reason: str) -> None:
        """Announce that a request failed for ``reason``, one sentence."""
        raise NotImplementedError

    def report(self, done: int, total: int) -> None:
        """Emit ``progress``, at most some twenty times a second so that the GUI thread is not flooded."""
        now = time.monotonic()
        if done == total or now - self._last_progress >= _PROGRESS_EVERY_S:
            self._last_progress = now
            self.progress.emit(done, total)

    def _give_up(self, request: Any, error: BaseException) -> None:
        logger.error("%s failed", type(request).__name__, exc_info=error)
        try:
            self.refuse(request, sentence(error))
        except Exception:
            logger.exception("the failure of %s could not be announced", type(request).__name__)


def sentence(error: BaseException) -> str:
    """What went wrong, for a user: one sentence, no traceback."""
    text = " ".join(str(error).split())
    if isinstance(error, MemoryError) or "out of memory" in text.lower():
        return "not enough memory; close other programs, or predict fewer or smaller structures at a time"
    if isinstance(error, OSError) and error.strerror:
        where = f": {error.filename}" if error.filename else ""
        return f"{error.strerror}{where}{_ADVICE.get(error.errno or 0, '')}"
    if type(error).__module__.startswith("negnn_gui."):
        return text
    kind = type(error).__name__
    return f"unexpected error ({kind}: {text[:200]}); Help > Show log has the details"


@dataclass(frozen=True)
class PredictRequest:
    """Structures to predict, as they were when asked; an empty tuple only loads the models."""

    generation: int
    entries: tuple[StructureEntry, ...]


@dataclass(frozen=True)
class LoadRequest:
    """Other models, or another device, for all that is predicted from now on."""

    load: Callable[[], Predictor]


@dataclass(frozen=True)
class LoadedModels:
    """The models in use, and the atlas of known sites that fits the encoder (None where none does).

    The atlas is for the GUI thread alone: it keeps what it computed, which two threads must not share.
    """

    model_id: str
    model_sha256: str
    encoder_id: str
    encoder_sha256: str
    card: str
    atlas: Atlas | None
    atlas_problem: str = ""
    devices: tuple[str, ...] = ("cpu",)  # those of this machine


@dataclass(frozen=True)
class Borrow:
    """Work for the thread of the models: ``work`` is given them, or ``refuse`` the reason why it went wrong."""

    work: Callable[[Predictor], None]
    refuse: Callable[[str], None]


class PredictionWorker(Worker):
    """The one thread that imports torch, owns the device and predicts."""

    result = Signal(int, object)
    failed = Signal(int, str, str)
    device_changed = Signal(str)
    models_loaded = Signal(object)
    load_failed = Signal(str)

    def __init__(
        self,
        load: Callable[[], Predictor],
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._load = load
        self._predictor: Predictor | None = None
        self._device = ""

    def serve(self, request: PredictRequest | LoadRequest | Borrow) -> None:
        """Load the models if this is the first time (or others are asked for), then predict or lend them."""
        if isinstance(request, LoadRequest):
            self._use(request.load())
            return
        if self._predictor is None:
            self._use(self._load())
        assert self._predictor is not None
        if isinstance(request, Borrow):
            request.work(self._predictor)
            self._announce_device()
        elif request.entries:
            self._predict(self._predictor, request)

    def must_finish(self, request: PredictRequest | LoadRequest | Borrow) -> bool:
        """Who borrows waits for an answer and gives up by itself."""
        return isinstance(request, Borrow)

    def _use(self, predictor: Predictor) -> None:
        self._predictor = predictor
        self._announce_device()
        self.models_loaded.emit(describe_models(predictor))

    def _predict(self, predictor: Predictor, request: PredictRequest) -> None:
        from negnn_gui.analysis.known_sites import with_nearest_known
        from negnn_gui.inference.predictor import PredictionFailure

        answered: set[str] = set()
        outcomes = predictor.predict(
            request.entries, progress=self.report, cancelled=self.cancelled, notify=self.notice.emit
        )
        try:
            for outcome in outcomes:
                answered.add(outcome.entry_id)
                if isinstance(outcome, PredictionFailure):
                    self.failed.emit(request.generation, outcome.entry_id, outcome.reason)
                else:
                    self.result.emit(request.generation, with_nearest_known(outcome))
                self._announce_device()
        except BaseException as error:
            logger.error("prediction failed", exc_info=error)
            rest = tuple(entry for entry in request.entries if entry.id not in answered)
            self.refuse(PredictRequest(request.generation, rest), sentence(error))

    def _announce_device(self) -> None:
        assert self._predictor is not None
        if self._predictor.device != self._device:
            self._device = self._predictor.device
            self.device_changed.emit(self._device)

    def refuse(self, request: PredictRequest | LoadRequest | Borrow, reason: str) -> None:
        """Fail every entry of the request; without entries it is the models that could not be loaded."""
        if isinstance(request, LoadRequest):
            self.load_failed.emit(reason)
            return
        if isinstance(request, Borrow):
            request.refuse(reason)
            return
        if not request.entries:
            self.notice.emit(f"the models could not be loaded: {reason}")
        for entry in request.entries:
            self.failed.emit(request.generation, entry.id, reason)


def load_predictor(model_id: str | None, device: str, threads: int = 1) -> Predictor:
    """Import torch and load a moment model (seconds the first time; only in the worker)."""
    with heavy_imports():
        from negnn_gui.inference.predictor import Predictor
    return Predictor.load(model_id, device=device, threads=threads)


def describe_models(predictor: Predictor) -> LoadedModels:
    """Ids, checksums, model card and atlas of a loaded predictor."""
    from negnn_gui.analysis.atlas import Atlas, AtlasError
    from negnn_gui.inference.devices import available_devices
    from negnn_gui.models import registry

    named = predictor.model or predictor.encoder
    atlas, problem = None, ""
    try:
        atlas = Atlas.load(locations.resources_dir() / "atlas", predictor.encoder)
        atlas.places(DEFAULT_LEVELS)  # the map shows them at once: computed here rather than there
    except AtlasError as error:
        problem = str(error)
        logger.warning("going on without the atlas of known sites: %s", error)
    return LoadedModels(
        model_id=predictor.model.id if predictor.model else "",
        model_sha256=predictor.model.sha256 if predictor.model else "",
        encoder_id=predictor.encoder.id,
        encoder_sha256=predictor.encoder.sha256,
        card=registry.get(named.id).card(),
        atlas=atlas,
        atlas_problem=problem,
        devices=available_devices(),
    )
