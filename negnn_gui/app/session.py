"""The only owner of what is open, computed, selected and how it is coloured; everything else listens to it.

All of it lives on the GUI thread. Results carry the generation of the request they belong to; one that is no
longer awaited (the entry was closed, cancelled or asked for again) is dropped.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal

if TYPE_CHECKING:  # NumPy may not load before the first paint
    from negnn_gui.app.scene.bonds import CellBonds
    from negnn_gui.app.scene.colouring import Colouring
    from negnn_gui.app.scene.style import Style
    from negnn_gui.app.scene.view_state import ViewStates
    from negnn_gui.results import Analysis, SiteRef
    from negnn_gui.structures.entry import StructureEntry, StructureReadError

DEFAULT_LEVELS = "1"


class Stage(Enum):
    """How far an open structure has come."""

    READ = "not predicted"
    WAITING = "waiting"
    PREDICTED = "predicted"
    FAILED = "failed"
    SETTLED = "predicted as ordered structures"
    SKIPPED = "left out"


@dataclass(frozen=True)
class EntryStatus:
    """Stage of one entry and, where it failed, the sentence that says why."""

    stage: Stage
    reason: str = ""


@dataclass(frozen=True)
class OpenEntry:
    """Everything the session holds about one entry, and its place in the list."""

    place: int
    entry: StructureEntry
    status: EntryStatus
    analysis: Analysis | None


@dataclass(frozen=True)
class Closed:
    """What was closed, so that it can come back as it was: entries by rising place, and what was shown."""

    entries: tuple[OpenEntry, ...]
    current: str | None
    selection: frozenset[SiteRef]


class Session(QObject):
    """What the window shows.

    ``selection_changed`` carries a ``frozenset[SiteRef]``, ``current_changed`` the id of the entry in 3D
    or None, ``colouring_changed`` a ``Colouring``, ``levels_changed`` digits such as "01".
    """

    entries_changed = Signal()
    read_failures_changed = Signal()
    status_changed = Signal(str)
    analysis_changed = Signal(str)
    current_changed = Signal(object)
    selection_changed = Signal(object)
    colouring_changed = Signal(object)
    style_changed = Signal()
    found_bonds_changed = Signal(str)
    levels_changed = Signal(str)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._entries: dict[str, StructureEntry] = {}
        self._analyses: dict[str, Analysis] = {}
        self._statuses: dict[str, EntryStatus] = {}
        self._read_failures: list[StructureReadError] = []
        self._awaited: dict[str, int] = {}
        self._generation = 0
        self._current: str | None = None
        self._selection: frozenset[SiteRef] = frozenset()
        self._colouring: Colouring | None = None
        self._views: ViewStates | None = None
        self._found_bonds: dict[str, CellBonds] = {}
        self._levels = DEFAULT_LEVELS

    # --- what is open -------------------------------------------------------------------------------

    @property
    def entries(self) -> dict[str, StructureEntry]:
        """Open structures by id, in the order of opening (a copy)."""
        return dict(self._entries)

    @property
    def read_failures(self) -> tuple[StructureReadError, ...]:
        """Files, or frames of files, that could not be read."""
        return tuple(self._read_failures)

    def status(self, entry_id: str) -> EntryStatus:
        """How far the prediction of an open entry has come."""
        return self._statuses[entry_id]

    def add_entries(self, entries: Iterable[StructureEntry], after: str | None = None) -> None:
        """Open structures, at the end of the list or ``after`` one that is there; the first becomes current
        where nothing was."""
        added = list(entries)
        for entry in added:
            self._entries[entry.id] = entry
            self._statuses[entry.id] = EntryStatus(Stage.READ)
        if after in self._entries and added:
            new = {entry.id for entry in added}
            order = [entry_id for entry_id in self._entries if entry_id not in new]
            place = order.index(str(after)) + 1
            self._arrange(order[:place] + [entry.id for entry in added] + order[place:])
        if not added:
            return
        self.entries_changed.emit()
        if self._current is None:
            self.set_current(added[0].id)

    def add_read_failures(self, failures: Iterable[StructureReadError]) -> None:
        """Remember what could not be read, to be shown until dismissed."""
        self._read_failures.extend(failures)
        self.read_failures_changed.emit()

    def dismiss_read_failures(self, failures: Iterable[StructureReadError]) -> None:
        """Forget messages about unreadable files."""
        dismissed = {id(failure) for failure in failures}
        self._read_failures = [f for f in self._read_failures if id(f) not in dismissed]
        self.read_failures_changed.emit()

    def replace_entry(self, entry: StructureEntry) -> None:
        """Take another version of an open entry (a new name, say); what was computed for it stays."""
        if entry.id in self._entries:
            self._entries[entry.id] = entry
            self.entries_changed.emit()

    def remove_entries(self, entry_ids: Iterable[str]) -> Closed:
        """Close structures, with their analyses and their part of the selection; what they were."""
        removed = set(entry_ids) & self._entries.keys()
        order = list(self._entries)
        closed = Closed(
            tuple(
                OpenEntry(place, self._entries[e], self._statuses[e], self._analyses.get(e))
                for place, e in enumerate(order)
                if e in removed
            ),
            self._current,
            self._selection,
        )
        if not removed:
            return closed
        for entry_id in removed:
            del self._entries[entry_id], self._statuses[entry_id]
            self._analyses.pop(entry_id, None)
            self._awaited.pop(entry_id, None)
            self._found_bonds.pop(entry_id, None)
        self.select(frozenset(ref for ref in self._selection if ref.entry_id not in removed))
        if self._current in removed:
            self.set_current(self._neighbour(order, self._current))
        self.entries_changed.emit()
        return closed

    def put_back(self, closed: Closed) -> list[str]:
        """Open again what was closed, as it was; ids of those that were still waiting for a prediction."""
        order = list(self._entries)
        waiting = []
        for was in closed.entries:
            entry_id = was.entry.id
            self._entries[entry_id] = was.entry
            self._statuses[entry_id] = was.status
            if was.analysis is not None:
                self._analyses[entry_id] = was.analysis
            if was.status.stage is Stage.WAITING:
                self._statuses[entry_id] = EntryStatus(Stage.READ)
                waiting.append(entry_id)
            order.insert(was.place, entry_id)
        self._arrange(order)
        self.entries_changed.emit()
        self.set_current(closed.current)
        self.select(closed.selection)
        return waiting

    def _arrange(self, order: list[str]) -> None:
        self._entries = {entry_id: self._entries[entry_id] for entry_id in order}

    def _neighbour(self, order: list[str], closed: str) -> str | None:
        """The next remaining entry after a closed one, else the one before."""
        place = order.index(closed)
        for entry_id in order[place:] + order[:place][::-1]:
            if entry_id in self._entries:
                return entry_id
        return None

    # --- what was computed --------------------------------------------------------------------------

    @property
    def analyses(self) -> dict[str, Analysis]:
        """Analyses by entry id, in the order of the entries (a copy)."""
        return {
            entry_id: self._analyses[entry_id] for entry_id in self._entries if entry_id in self._analyses
        }

    def analysis(self, entry_id: str) -> Analysis | None:
        """What was computed for an entry, or None."""
        return self._analyses.get(entry_id)

    @property
    def n_awaited(self) -> int:
        """Number of entries whose prediction was asked for and has not come."""
        return len(self._awaited)

    @property
    def n_failed(self) -> int:
        """Number of entries that could not be predicted, or were left out."""
        return sum(status.stage in (Stage.FAILED, Stage.SKIPPED) for status in self._statuses.values())

    def enqueue(self, entry_ids: Iterable[str]) -> None:
        """Note that these entries will be predicted when their turn comes."""
        for entry_id in entry_ids:
            self._set_status(entry_id, EntryStatus(Stage.WAITING))

    def begin_prediction(self, entry_ids: Iterable[str]) -> int:
        """Await new results for these entries; the generation they must carry."""
        self._generation += 1
        for entry_id in entry_ids:
            self._awaited[entry_id] = self._generation
            self._set_status(entry_id, EntryStatus(Stage.WAITING))
        return self._generation

    def accept(self, generation: int, analysis: Analysis) -> bool:
        """Take a result in; False where it is stale and was dropped."""
        entry_id = analysis.entry_id
        if self._awaited.get(entry_id) != generation:
            return False
        del self._awaited[entry_id]
        self._analyses[entry_id] = analysis
        self._set_status(entry_id, EntryStatus(Stage.PREDICTED))
        self.analysis_changed.emit(entry_id)
        return True

    def reject(self, generation: int, entry_id: str, reason: str) -> bool:
        """Note that a prediction failed; False where the answer is stale and was dropped."""
        if self._awaited.get(entry_id) != generation:
            return False
        del self._awaited[entry_id]
        self._analyses.pop(entry_id, None)
        self._set_status(entry_id, EntryStatus(Stage.FAILED, reason))
        self.analysis_changed.emit(entry_id)
        return True

    def abandon(self, generation: int | None = None) -> None:
        """Await nothing more of a generation that has ended; None: of any, nor of what is queued (Cancel)."""
        if generation is None:
            given_up = [e for e, status in self._statuses.items() if status.stage is Stage.WAITING]
        else:
            given_up = [e for e, awaited in self._awaited.items() if awaited == generation]
        for entry_id in given_up:
            self._awaited.pop(entry_id, None)
            stage = Stage.PREDICTED if entry_id in self._analyses else Stage.READ
            self._set_status(entry_id, EntryStatus(stage))

    def keep_result(self, analysis: Analysis) -> None:
        """Take in what was computed before for an entry that is open now (a copy of another, say)."""
        self._analyses[analysis.entry_id] = analysis
        self._set_status(analysis.entry_id, EntryStatus(Stage.PREDICTED))
        self.analysis_changed.emit(analysis.entry_id)

    def forget_results(self, entry_ids: Iterable[str]) -> None:
        """Drop what was computed for entries that stay open."""
        for entry_id in entry_ids:
            if self._analyses.pop(entry_id, None) is not None:
                self._set_status(entry_id, EntryStatus(Stage.READ))
                self.analysis_changed.emit(entry_id)

    def set_aside(self, entry_id: str, status: EntryStatus) -> None:
        """Note what became of an entry that is not predicted itself."""
        if entry_id in self._entries:
            self._awaited.pop(entry_id, None)
            self._set_status(entry_id, status)

    def _set_status(self, entry_id: str, status: EntryStatus) -> None:
        self._statuses[entry_id] = status
        self.status_changed.emit(entry_id)

    # --- what is shown ------------------------------------------------------------------------------

    @property
    def current(self) -> StructureEntry | None:
        """The structure shown in 3D."""
        return (
            None if self._current is None else self._entries.get(self._current)
        )  # closing it, it may be gone

    def set_current(self, entry_id: str | None) -> None:
        """Show another structure; unknown ids are ignored."""
        if entry_id == self._current or (entry_id is not None and entry_id not in self._entries):
            return
        self._current = entry_id
        self.current_changed.emit(entry_id)

    @property
    def selection(self) -> frozenset[SiteRef]:
        """Selected sites, over all open structures."""
        return self._selection

    def select(self, sites: frozenset[SiteRef]) -> None:
        """Replace the selection; sites of structures that are not open are left out."""
        sites = frozenset(ref for ref in sites if ref.entry_id in self._entries)
        if sites == self._selection:
            return
        self._selection = sites
        self.selection_changed.emit(sites)

    @property
    def colouring(self) -> Colouring:
        """How atoms are coloured in every view."""
        if self._colouring is None:
            from negnn_gui.app.scene.colouring import Colouring

            self._colouring = Colouring("moment")
        return self._colouring

    def set_colouring(self, colouring: Colouring) -> None:
        """Colour atoms another way."""
        if colouring == self._colouring:
            return
        self._colouring = colouring
        self.colouring_changed.emit(colouring)

    # --- how crystals are drawn ---------------------------------------------------------------------

    @property
    def views(self) -> ViewStates:
        """Styles and cameras of the open structures; change styles by ``set_style``."""
        if self._views is None:
            from negnn_gui.app.scene.view_state import ViewStates

            self._views = ViewStates()
        return self._views

    def style(self, entry_id: str | None = None) -> Style:
        """How a structure is drawn; None: the one that is shown."""
        return self.views.style(entry_id or self._current)

    def set_style(self, style: Style, entry_id: str | None = None) -> None:
        """Draw a structure (None: the one that is shown) another way; setting the former style undoes it.

        Raises
        ------
        ValueError
            The structure cannot be drawn like this; one sentence, and nothing has changed.
        """
        entry_id = entry_id or self._current
        style.check(1 if entry_id is None else self._entries[entry_id].n_sites)
        if self.views.set_style(style, entry_id):
            self.style_changed.emit()

    def restore_views(self, views: ViewStates) -> None:
        """See everything as it was saved (``ViewStates.from_dict``)."""
        self.views.take_over(views)
        self.style_changed.emit()
        self.current_changed.emit(self._current)

    def found_bonds(self, entry_id: str) -> CellBonds | None:
        """What CrystalNN found in a structure, or None."""
        return self._found_bonds.get(entry_id)

    def set_found_bonds(self, entry_id: str, bonds: CellBonds) -> None:
        """Take in what CrystalNN found; dropped where the structure was closed meanwhile."""
        if entry_id in self._entries:
            self._found_bonds[entry_id] = bonds
            self.found_bonds_changed.emit(entry_id)

    @property
    def levels(self) -> str:
        """Levels of the encoder that the map shows, such as "1" or "012"."""
        return self._levels

    def set_levels(self, levels: str) -> None:
        """Choose the levels of the map (digits, each at most once)."""
        if levels == self._levels:
            return
        self._levels = levels
        self.levels_changed.emit(levels)
