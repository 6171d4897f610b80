"""What a screening could not read or predict: file, frame, reason."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from PySide6.QtCore import QAbstractTableModel, QModelIndex, QPersistentModelIndex, Qt
from PySide6.QtGui import QGuiApplication, QKeySequence
from PySide6.QtWidgets import QAbstractItemView, QHeaderView, QTableView, QWidget

from negnn_gui.export.text import printable
from negnn_gui.screening.reading import Failure

Index = QModelIndex | QPersistentModelIndex
_NOWHERE = QModelIndex()
_TITLES = ("File", "Frame", "Reason")


class FailuresModel(QAbstractTableModel):
    """One row a failure."""

    failures: Sequence[Failure] = ()

    def set_failures(self, failures: Sequence[Failure]) -> None:
        """Show other failures."""
        self.beginResetModel()
        self.failures = failures
        self.endResetModel()

    def rowCount(self, parent: Index = _NOWHERE) -> int:
        """Number of failures."""
        return 0 if parent.isValid() else len(self.failures)

    def columnCount(self, parent: Index = _NOWHERE) -> int:
        """File, frame and reason."""
        return 0 if parent.isValid() else len(_TITLES)

    def headerData(
        self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole
    ) -> Any:
        """Titles."""
        if orientation == Qt.Orientation.Horizontal and role == Qt.ItemDataRole.DisplayRole:
            return _TITLES[section]
        return None

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        """The text of a cell; whole paths and reasons as tool tips."""
        failure = self.failures[index.row()]
        cells = (failure.path.name, "" if failure.frame is None else str(failure.frame), failure.reason)
        if role == Qt.ItemDataRole.DisplayRole:
            return " ".join(printable(cells[index.column()]).split())
        if role == Qt.ItemDataRole.ToolTipRole:
            return f"{printable(failure.path)}\n{failure.reason}"
        return None


class FailuresTable(QTableView):
    """The list, from which rows can be copied."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.rows = FailuresModel(self)
        self.setModel(self.rows)
        self.setAccessibleName("What failed")
        self.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setTabKeyNavigation(False)
        self.setAlternatingRowColors(True)
        self.setShowGrid(False)
        self.setWordWrap(False)
        self.verticalHeader().hide()
        self.verticalHeader().setDefaultSectionSize(self.fontMetrics().height() + 7)
        header = self.horizontalHeader()
        header.setHighlightSections(False)
        header.setDefaultAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
        header.setSectionResizeMode(QHeaderView.ResizeMode.Interactive)
        header.setStretchLastSection(True)
        self.setColumnWidth(0, 260)
        self.setColumnWidth(1, 70)

    def keyPressEvent(self, event: Any) -> None:
        """Copy the chosen rows."""
        if event.matches(QKeySequence.StandardKey.Copy):
            self.copy()
        else:
            super().keyPressEvent(event)

    def copy(self) -> None:
        """Chosen rows (all where none is) as path, frame and reason, separated by tabs."""
        chosen = sorted({index.row() for index in self.selectionModel().selectedRows()})
        failures = [self.rows.failures[row] for row in chosen] or list(self.rows.failures)
        lines = [f"{printable(f.path)}\t{'' if f.frame is None else f.frame}\t{f.reason}" for f in failures]
        QGuiApplication.clipboard().setText("\n".join(lines) + "\n")
