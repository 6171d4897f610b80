"""CrystalNN in the background: asked for by the user, cancelled by another structure or by the user."""

from __future__ import annotations

import logging
import threading
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Qt, QThread, Signal

from negnn_gui.app.loading import heavy_imports

if TYPE_CHECKING:
    from negnn_gui.structures.entry import StructureEntry

logger = logging.getLogger(__name__)


class _Search(QThread):
    """One structure's bonds; ``told`` carries (done, of), ``found`` CellBonds, ``failed`` a sentence."""

    told = Signal(int, int)
    found = Signal(object)
    failed = Signal(str)

    def __init__(self, entry: StructureEntry) -> None:
        super().__init__()
        self.entry = entry
        self.given_up = threading.Event()

    def run(self) -> None:
        """Search; whatever happens becomes one signal, or none where nobody waits any more."""
        try:
            with heavy_imports():
                from negnn_gui.app.scene.crystalnn import Cancelled, crystalnn_bonds
            try:
                self.found.emit(crystalnn_bonds(self.entry.structure, self._go_on))
            except Cancelled:
                return
        except ValueError as error:
            self.failed.emit(str(error))
        except Exception as error:
            logger.exception("CrystalNN failed")
            self.failed.emit(f"CrystalNN failed ({type(error).__name__}: {error}); use distances")

    def _go_on(self, done: int, total: int) -> bool:
        self.told.emit(done, total)
        return not self.given_up.is_set()


class BondSearch(QObject):
    """At most one search at a time.

    ``progress(entry_id, done, of)``, ``found(entry_id, CellBonds)``, ``failed(entry_id, sentence)``, and
    ``ended(entry_id)`` after each of the last two and after a cancel.
    """

    progress = Signal(str, int, int)
    found = Signal(str, object)
    failed = Signal(str, str)
    ended = Signal(str)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._running: _Search | None = None
        self._left: list[_Search] = []  # given up, and not yet ended

    @property
    def searching(self) -> str | None:
        """Id of the entry whose bonds are being searched."""
        return None if self._running is None else self._running.entry.id

    def start(self, entry: StructureEntry) -> None:
        """Search the bonds of a structure instead of whatever is being searched."""
        if self.searching == entry.id:
            return
        self.cancel()
        search = _Search(entry)
        queued = Qt.ConnectionType.QueuedConnection
        search.told.connect(self._on_told, queued)
        search.found.connect(self._on_found, queued)
        search.failed.connect(self._on_failed, queued)
        search.finished.connect(self._on_finished, queued)
        self._running = search
        search.start(QThread.Priority.LowPriority)

    def cancel(self) -> None:
        """Give the search up."""
        search, self._running = self._running, None
        if search is not None:
            search.given_up.set()
            self._left.append(search)
            self.ended.emit(search.entry.id)

    def close(self, timeout_s: float) -> bool:
        """Cancel and join; False where a search is still busy after ``timeout_s``."""
        self.cancel()
        return all(search.wait(int(1000 * timeout_s)) for search in self._left)

    def _on_told(self, done: int, total: int) -> None:
        if self._running is self.sender() and self._running is not None:
            self.progress.emit(self._running.entry.id, done, total)

    def _on_found(self, bonds: object) -> None:
        if self._running is self.sender() and self._running is not None:
            self.found.emit(self._running.entry.id, bonds)

    def _on_failed(self, sentence: str) -> None:
        if self._running is self.sender() and self._running is not None:
            self.failed.emit(self._running.entry.id, sentence)

    def _on_finished(self) -> None:
        search = self.sender()
        if search is self._running and self._running is not None:
            entry_id, self._running = self._running.entry.id, None
            self._left.append(search)
            self.ended.emit(entry_id)
        # The signal comes just before the thread is gone: wait for that before its object may go.
        self._left = [left for left in self._left if not (left is search and left.wait(1000))]
