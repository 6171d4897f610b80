"""What can be undone: each change of the session is a command on one stack, carried out as it is pushed.

Undoing works on the session alone, so views follow it like any other change. Results come back with the structures
they belong to; nothing is computed again.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable
from dataclasses import replace
from time import monotonic
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal
from PySide6.QtGui import QUndoCommand, QUndoStack

from negnn_gui.app.session import Closed, EntryStatus, Session, Stage

if TYPE_CHECKING:
    from negnn_gui.app.scene.colouring import Colouring
    from negnn_gui.app.scene.style import Style
    from negnn_gui.results import SiteRef
    from negnn_gui.structures.entry import StructureEntry

_LIMIT = 200
_ONE_GESTURE_S = 0.4  # arrow keys held down, a slider that is dragged: one step to undo
_MERGEABLE = 1


class History(QObject):
    """The stack, and a method for each kind of change.

    ``reopened`` carries ids of structures that came back without the result they were waiting for, and of all
    that came back.
    """

    reopened = Signal(object, object)

    def __init__(self, session: Session, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._session = session
        self.stack = QUndoStack(self)
        self.stack.setUndoLimit(_LIMIT)

    def clear(self) -> None:
        """Forget everything: the session was replaced by another one."""
        self.stack.clear()

    def open(
        self,
        entries: list[StructureEntry],
        *,
        verb: str = "Open",
        after: str | None = None,
        batch: Hashable = None,
        show: bool = False,
    ) -> None:
        """Open structures; those of one ``batch`` are one step, however many lumps they come in.

        ``show`` shows the first one; where nothing is shown it is shown anyway.
        """
        if entries:
            self.stack.push(_Open(self, entries, verb, after, batch, show))

    def close(self, entry_ids: Iterable[str]) -> None:
        """Close structures."""
        known = self._session.entries
        wanted = [entry_id for entry_id in entry_ids if entry_id in known]
        if wanted:
            names = [known[entry_id].name for entry_id in wanted]
            self.stack.push(_Close(self, wanted, f"Close {_named(names)}"))

    def rename(self, entry_id: str, name: str) -> None:
        """Call a structure something else."""
        entry = self._session.entries[entry_id]
        if name != entry.name:
            self._change(
                f"Rename {_named([entry.name])}",
                lambda: self._rename(entry_id, entry.name),
                lambda: self._rename(entry_id, name),
            )

    def select(self, sites: frozenset[SiteRef]) -> None:
        """Select other sites; quick changes after one another are one step."""
        session, before = self._session, self._session.selection
        if sites != before:
            self._change(
                "Selection",
                lambda: session.select(before),
                lambda: session.select(sites),
                gesture="selection",
            )

    def colour(self, colouring: Colouring) -> None:
        """Colour atoms another way."""
        session, before = self._session, self._session.colouring
        if colouring != before:
            self._change(
                "Colouring",
                lambda: session.set_colouring(before),
                lambda: session.set_colouring(colouring),
                gesture="colouring",
            )

    def restyle(self, style: Style) -> None:
        """Draw the structure that is shown another way (supercell, atoms, bonds, ...).

        Raises
        ------
        ValueError
            It cannot be drawn like this; nothing has changed and there is nothing to undo.
        """
        session, shown = self._session, self._session.current
        entry_id = None if shown is None else shown.id
        before = session.style(entry_id)
        if style == before:
            return
        style.check(1 if shown is None else shown.n_sites)
        text = "Supercell" if style.supercell != before.supercell else "Display"

        def draw(as_: Style) -> None:
            if entry_id is None or entry_id in session.entries:
                session.set_style(as_, entry_id)

        self._change(text, lambda: draw(before), lambda: draw(style), gesture=f"style of {entry_id}")

    def choose_orderings(
        self, entry_id: str, old: list[str], chosen: list[StructureEntry], status: EntryStatus
    ) -> None:
        """Put ordered structures behind a disordered one, in place of older ones; it is then settled."""
        session = self._session
        before = session.status(entry_id)
        if before.stage is Stage.WAITING:
            before = EntryStatus(Stage.READ)
        self.stack.beginMacro(f"Ordering of {_named([session.entries[entry_id].name])}")
        self.close(old)
        self.open(chosen, after=entry_id)
        self._change(
            "Ordering",
            lambda: session.set_aside(entry_id, before),
            lambda: session.set_aside(entry_id, status),
        )
        self.stack.endMacro()

    def record(
        self, text: str, undo: Callable[[], object], redo: Callable[[], object], gesture: str = ""
    ) -> None:
        """Any other change; ``redo`` is called now. Quick changes of one ``gesture`` are one step."""
        self._change(text, undo, redo, gesture=gesture)

    def _change(
        self, text: str, undo: Callable[[], object], redo: Callable[[], object], gesture: str = ""
    ) -> None:
        self.stack.push(_Change(text, undo, redo, gesture))

    def _rename(self, entry_id: str, name: str) -> None:
        entry = self._session.entries.get(entry_id)
        if entry is not None:
            self._session.replace_entry(replace(entry, name=name))

    def _take_out(self, entry_ids: Iterable[str]) -> Closed:
        return self._session.remove_entries(entry_ids)

    def _put_back(self, closed: Closed) -> None:
        waiting = self._session.put_back(closed)
        self.reopened.emit(waiting, [was.entry.id for was in closed.entries])


class _Change(QUndoCommand):
    """Two functions, one there and one back; they must not fail where a structure is gone."""

    def __init__(
        self, text: str, undo: Callable[[], object], redo: Callable[[], object], gesture: str
    ) -> None:
        super().__init__(text)
        self._undo, self._redo, self._gesture = undo, redo, gesture
        self._when = monotonic()

    def redo(self) -> None:
        self._redo()

    def undo(self) -> None:
        self._undo()

    def id(self) -> int:
        return _MERGEABLE if self._gesture else -1

    def mergeWith(self, other: QUndoCommand) -> bool:
        if (
            not isinstance(other, _Change)
            or other._gesture != self._gesture
            or other._when - self._when > _ONE_GESTURE_S
        ):
            return False
        self._redo, self._when = other._redo, other._when
        return True


class _Open(QUndoCommand):
    def __init__(
        self,
        history: History,
        entries: list[StructureEntry],
        verb: str,
        after: str | None,
        batch: Hashable,
        show: bool,
    ) -> None:
        self._names = [entry.name for entry in entries]
        super().__init__(f"{verb} {_named(self._names)}")
        self._history, self._verb, self._after, self._batch = history, verb, after, batch
        self._new: list[StructureEntry] | None = entries
        self._ids = [entry.id for entry in entries]
        self._closed: Closed | None = None
        before = history._session.current
        self._before = before.id if show and before is not None else None
        self._show = show

    def redo(self) -> None:
        if self._new is not None:
            self._history._session.add_entries(self._new, self._after)
            if self._show:
                self._history._session.set_current(self._new[0].id)
            self._new = None
        elif self._closed is not None:
            self._history._put_back(self._closed)
            self._closed = None

    def undo(self) -> None:
        session = self._history._session
        shown = session.current
        self._closed = self._history._take_out(self._ids)
        if self._before in session.entries and shown is not None and shown.id in self._ids:
            session.set_current(self._before)

    def id(self) -> int:
        return -1 if self._batch is None else _MERGEABLE

    def mergeWith(self, other: QUndoCommand) -> bool:
        if not isinstance(other, _Open) or other._batch != self._batch:
            return False
        self._ids += other._ids
        self._names += other._names
        self.setText(f"{self._verb} {_named(self._names)}")
        return True


class _Close(QUndoCommand):
    def __init__(self, history: History, entry_ids: list[str], text: str) -> None:
        super().__init__(text)
        self._history, self._ids = history, entry_ids
        self._closed: Closed | None = None

    def redo(self) -> None:
        self._closed = self._history._take_out(self._ids)

    def undo(self) -> None:
        if self._closed is not None:
            self._history._put_back(self._closed)
            self._closed = None


def _named(names: list[str]) -> str:
    """ "NiO", or "12 structures"; a long name cut short, for a menu."""
    if len(names) != 1:
        return f"{len(names):,} structures"
    name = " ".join(names[0].split())
    return name if len(name) <= 40 else f"{name[:39]}…"
