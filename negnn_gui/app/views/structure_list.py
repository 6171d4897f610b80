"""The Structures dock: a two-line row for each structure and each file that could not be read."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from math import isfinite
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import (
    QAbstractListModel,
    QItemSelectionModel,
    QModelIndex,
    QPersistentModelIndex,
    Qt,
    QTimer,
    Signal,
)
from PySide6.QtGui import QGuiApplication, QKeySequence
from PySide6.QtWidgets import QAbstractItemView, QListView, QMenu, QWidget

from negnn_gui.app.session import EntryStatus, Session, Stage
from negnn_gui.app.views.site_text import NO_DATA, count_text
from negnn_gui.app.views.structure_row import RowDelegate, RowRole, RowText

if TYPE_CHECKING:
    from negnn_gui.results import Analysis
    from negnn_gui.structures.entry import StructureEntry, StructureReadError

Index = QModelIndex | QPersistentModelIndex
_NO_PARENT = QModelIndex()


class StructureModel(QAbstractListModel):
    """Entries of the session in the order of opening, then unreadable files.

    ``renamed`` carries the id of an entry and the name typed into its row.
    """

    renamed = Signal(str, str)

    def __init__(self, session: Session) -> None:
        super().__init__(session)
        self._session = session
        self._entries: list[StructureEntry] = []
        self._failures: Sequence[StructureReadError] = ()
        self._rows: dict[str, int] = {}
        session.entries_changed.connect(self._reset)
        session.read_failures_changed.connect(self._reset)
        session.status_changed.connect(self._on_status)
        self._reset()

    def _reset(self) -> None:
        self.beginResetModel()
        self._entries = list(self._session.entries.values())
        self._failures = self._session.read_failures
        self._rows = {entry.id: row for row, entry in enumerate(self._entries)}
        self.endResetModel()

    def _on_status(self, entry_id: str) -> None:
        if entry_id in self._rows:
            index = self.index(self._rows[entry_id])
            self.dataChanged.emit(index, index)

    def rowCount(self, parent: Index = _NO_PARENT) -> int:
        return 0 if parent.isValid() else len(self._entries) + len(self._failures)

    def entry(self, row: int) -> StructureEntry | None:
        """The structure of a row; None for an unreadable file."""
        return self._entries[row] if row < len(self._entries) else None

    def failure(self, row: int) -> StructureReadError | None:
        """The unreadable file of a row; None for a structure."""
        return None if row < len(self._entries) else self._failures[row - len(self._entries)]

    def row(self, entry_id: str) -> int | None:
        """Row of an open structure."""
        return self._rows.get(entry_id)

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        entry = self.entry(index.row())
        failure = self.failure(index.row())
        if entry is not None:
            text = _entry_text(entry, self._session.status(entry.id), self._session.analysis(entry.id))
            if self._session.status(entry.id).stage is Stage.SETTLED:
                made = sum(other.ordering_of == entry.id for other in self._entries)
                text = replace(text, subtitle=f"disordered, {count_text(made, 'ordering')} · {text.subtitle}")
        elif failure is not None:
            text = _failure_text(failure)
        if role == Qt.ItemDataRole.DisplayRole:
            return text.title
        if role == Qt.ItemDataRole.EditRole:
            return entry.name if entry is not None else None
        if role == RowRole:
            return text
        if role in (Qt.ItemDataRole.ToolTipRole, Qt.ItemDataRole.AccessibleDescriptionRole):
            return text.explanation
        if role == Qt.ItemDataRole.AccessibleTextRole:
            return f"{text.title}, {text.subtitle}"
        return None

    def flags(self, index: Index) -> Qt.ItemFlag:
        """Structures can be renamed."""
        flags = super().flags(index)
        return flags | Qt.ItemFlag.ItemIsEditable if index.row() < len(self._entries) else flags

    def setData(self, index: Index, value: Any, role: int = Qt.ItemDataRole.EditRole) -> bool:
        """Announce a new name; the session decides."""
        entry = self.entry(index.row())
        if role != Qt.ItemDataRole.EditRole or entry is None or not str(value).strip():
            return False
        # Queued: the list is written anew by the answer, and the editor that asks must be gone by then.
        QTimer.singleShot(0, self, lambda: self.renamed.emit(entry.id, str(value)))
        return True


def _entry_text(entry: StructureEntry, status: EntryStatus, analysis: Analysis | None) -> RowText:
    facts = [count_text(entry.n_sites, "site")]
    if entry.formula != entry.name:
        facts.insert(0, entry.formula)
    if analysis is not None:
        facts.append(_largest_moment(analysis))
    subtitle = " · ".join(facts)
    title = f"{entry.name} [{entry.frame}]" if entry.frame else entry.name
    source = str(entry.path) if entry.path is not None else "from text"
    lines = [source, f"{subtitle}; {status.stage.value}"]
    if status.reason:
        subtitle = status.reason
        lines.append(status.reason)
    elif entry.ordering:
        chosen = "most likely species" if entry.ordering == "majority" else f"ordering {entry.ordering}"
        subtitle = f"{chosen} · {subtitle}"
    elif not entry.is_ordered and status.stage is not Stage.SETTLED:
        subtitle = f"disordered · {subtitle}"
    lines.extend(entry.warnings)
    icon = {
        Stage.READ: "read",
        Stage.WAITING: "waiting",
        Stage.PREDICTED: "predicted",
        Stage.FAILED: "warning",
        Stage.SETTLED: "predicted",
        Stage.SKIPPED: "warning",
    }[status.stage]
    return RowText(title, subtitle, "\n".join(lines), icon, failed=status.stage is Stage.FAILED)


def _largest_moment(analysis: Analysis) -> str:
    known = [float(moment) for moment in analysis.moment.median if isfinite(moment)]
    return f"up to {max(known):.2f} μB" if known else NO_DATA


def _failure_text(failure: StructureReadError) -> RowText:
    title = failure.path.name if failure.path is not None else "text"
    if failure.frame is not None:
        title += f" [{failure.frame}]"
    place = "" if failure.path is None else f"{failure.path}\n"
    return RowText(title, failure.reason, f"{place}{failure.reason}", "warning", failed=True)


class StructureList(QListView):
    """List of what was opened.

    Emits intents: ``chosen(entry_id)``, ``close_wanted(ids)``, ``predict_wanted(ids)``,
    ``dismiss_wanted(failures)``, ``compare_wanted(ids)``, ``duplicate_wanted(ids)``, ``rename_wanted(id, name)``,
    ``orderings_wanted(ids)``.
    """

    chosen = Signal(str)
    close_wanted = Signal(object)
    predict_wanted = Signal(object)
    dismiss_wanted = Signal(object)
    compare_wanted = Signal(object)
    duplicate_wanted = Signal(object)
    rename_wanted = Signal(str, str)
    orderings_wanted = Signal(object)

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._session = session
        self._model = StructureModel(session)
        self.setModel(self._model)
        self.setItemDelegate(RowDelegate(self))
        self.setSelectionMode(QAbstractItemView.SelectionMode.ExtendedSelection)
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)  # F2 is an action of the menu
        self._model.renamed.connect(self.rename_wanted)
        self.setUniformItemSizes(True)
        self.setFrameShape(QListView.Shape.NoFrame)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
        self.setAccessibleName("Structures")
        self.setToolTip("What is open: arrows choose, F2 renames, Delete closes, the menu key offers more")
        self.customContextMenuRequested.connect(self._show_menu)
        self.selectionModel().currentChanged.connect(self._on_current)
        self._model.modelReset.connect(self._follow_session)
        session.current_changed.connect(self._follow_session)

    def chosen_ids(self) -> list[str]:
        """Ids of the highlighted structures, in the order of the list."""
        entries = (self._model.entry(row) for row in self._chosen_rows())
        return [entry.id for entry in entries if entry is not None]

    def chosen_failures(self) -> list[StructureReadError]:
        """The highlighted messages about unreadable files."""
        failures = (self._model.failure(row) for row in self._chosen_rows())
        return [failure for failure in failures if failure is not None]

    def close_chosen(self) -> None:
        """Ask to close the highlighted structures and to dismiss the highlighted messages."""
        failures, entry_ids = self.chosen_failures(), self.chosen_ids()
        if failures:
            self.dismiss_wanted.emit(failures)
        if entry_ids:
            self.close_wanted.emit(entry_ids)

    def rename_chosen(self) -> bool:
        """Edit the name of the current structure in its row; False where none is current."""
        index = self.currentIndex()
        if not index.isValid() or self._model.entry(index.row()) is None:
            return False
        self.setFocus()
        self.edit(index)
        return True

    def _chosen_rows(self) -> list[int]:
        return sorted(index.row() for index in self.selectionModel().selectedIndexes())

    def _on_current(self, index: QModelIndex) -> None:
        entry = self._model.entry(index.row()) if index.isValid() else None
        if entry is not None:
            self.chosen.emit(entry.id)

    def _follow_session(self) -> None:
        current = self._session.current
        row = None if current is None else self._model.row(current.id)
        if row is None or self.currentIndex().row() == row:
            return
        flags = QItemSelectionModel.SelectionFlag.ClearAndSelect
        self.selectionModel().setCurrentIndex(self._model.index(row), flags)

    def keyPressEvent(self, event: Any) -> None:
        if event.matches(QKeySequence.StandardKey.Delete):
            self.close_chosen()
        else:
            super().keyPressEvent(event)

    def _show_menu(self, position: Any) -> None:
        entry_ids, failures = self.chosen_ids(), self.chosen_failures()
        menu = QMenu(self)
        if entry_ids:
            menu.addAction("Predict", lambda: self.predict_wanted.emit(entry_ids))
            disordered = [e for e in entry_ids if not self._session.entries[e].is_ordered]
            if disordered:
                menu.addAction("Orderings…", lambda: self.orderings_wanted.emit(disordered))
            menu.addAction("Duplicate", lambda: self.duplicate_wanted.emit(entry_ids))
            if len(entry_ids) == 1:
                menu.addAction("Rename", self.rename_chosen)
        if 2 <= len(entry_ids) <= 4:
            menu.addAction("Compare in 3D", lambda: self.compare_wanted.emit(entry_ids))
        messages = [failure.reason for failure in failures]
        messages += [s.reason for s in map(self._session.status, entry_ids) if s.stage is Stage.FAILED]
        if messages:
            menu.addAction("Copy message", lambda: QGuiApplication.clipboard().setText("\n".join(messages)))
        if entry_ids or failures:
            menu.addAction("Close", self.close_chosen)
        if not menu.isEmpty():
            menu.exec(self.viewport().mapToGlobal(position))
        menu.deleteLater()
