"""A table view whose selection lives elsewhere: mouse and keys become intents, marks come from the model."""

from __future__ import annotations

from PySide6.QtCore import QItemSelectionModel, QModelIndex, QPersistentModelIndex, QSize, Qt, Signal
from PySide6.QtGui import QFocusEvent, QKeyEvent, QMouseEvent, QPainter
from PySide6.QtWidgets import (
    QAbstractItemView,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QTableView,
    QWidget,
)

Modifier = Qt.KeyboardModifier
_AIR = 4
_NO_UPDATE = QItemSelectionModel.SelectionFlag.NoUpdate


class _MarkedCells(QStyledItemDelegate):
    """Cells with air at their sides; warnings stand behind the number, so numbers stay in line."""

    def initStyleOption(
        self, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex
    ) -> None:
        super().initStyleOption(option, index)
        option.decorationPosition = QStyleOptionViewItem.Position.Right

    def paint(
        self, painter: QPainter, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex
    ) -> None:
        background = index.data(Qt.ItemDataRole.BackgroundRole)
        if background is not None:
            painter.fillRect(option.rect, background)
        option.rect = option.rect.adjusted(_AIR, 0, -_AIR, 0)
        super().paint(painter, option, index)

    def sizeHint(self, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex) -> QSize:
        return super().sizeHint(option, index) + QSize(2 * _AIR, 0)


class SitesView(QTableView):
    """Rows are chosen as in any list: click, Ctrl, Shift, drag, arrows, space, Ctrl+A; and with Tab, one by one.

    Qt's own selection is not used: it would have to hold tens of thousands of separate ranges when a lasso on
    the map chooses that many sites. ``chosen`` carries table rows (a list or a range) and "replace", "add" or
    "toggle", ``row_hovered`` the row under the mouse or -1, ``row_opened`` one that was double-clicked or entered.
    """

    chosen = Signal(object, str)
    copy_wanted = Signal()
    row_hovered = Signal(int)
    row_opened = Signal(int)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setSelectionMode(QAbstractItemView.SelectionMode.NoSelection)
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setMouseTracking(True)
        self.setTabKeyNavigation(False)
        self.setAlternatingRowColors(True)
        self.setShowGrid(False)
        self.setWordWrap(False)
        self.setItemDelegate(_MarkedCells(self))
        self._anchor = -1
        self._dragged_to = -1
        self._untouched = True  # the row that Qt makes current with the focus was chosen by nobody

    def forget_anchor(self) -> None:
        """Rows have new meanings: the next Shift starts anew."""
        self._anchor = self._dragged_to = -1
        self._untouched = True

    def focusInEvent(self, event: QFocusEvent) -> None:
        """Note whether a row is current because somebody went there."""
        self._untouched = self._untouched or not self.currentIndex().isValid()
        super().focusInEvent(event)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Choose the row under the mouse."""
        index = self.indexAt(event.position().toPoint())
        if event.button() != Qt.MouseButton.LeftButton or not index.isValid():
            super().mousePressEvent(event)
            return
        self.selectionModel().setCurrentIndex(index, _NO_UPDATE)
        self._choose(index.row(), event.modifiers())
        self._dragged_to = index.row()
        event.accept()

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        """Open the row under the mouse (Qt's own signal would miss the press that was taken above)."""
        index = self.indexAt(event.position().toPoint())
        if event.button() == Qt.MouseButton.LeftButton and index.isValid():
            self.row_opened.emit(index.row())
        event.accept()

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Extend the choice while dragging; tell which row is under the mouse otherwise."""
        row = self.rowAt(int(event.position().y()))
        if not event.buttons() & Qt.MouseButton.LeftButton:
            self.row_hovered.emit(row)
        elif self._anchor >= 0 and row >= 0 and row != self._dragged_to:
            self._dragged_to = row
            self.chosen.emit(self._range(row), "replace")
        event.accept()

    def leaveEvent(self, event: object) -> None:
        """No row is under the mouse."""
        self.row_hovered.emit(-1)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Arrows choose, with Shift they extend, with Ctrl they only move; space toggles."""
        control = bool(event.modifiers() & Modifier.ControlModifier)
        if control and event.key() == Qt.Key.Key_A:
            self.chosen.emit(range(self.model().rowCount()), "replace")
        elif control and event.key() == Qt.Key.Key_C:
            self.copy_wanted.emit()
        elif event.key() == Qt.Key.Key_Space and self.currentIndex().isValid():
            self._anchor, self._untouched = self.currentIndex().row(), False
            self.chosen.emit([self._anchor], "toggle" if control else "replace")
        elif event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter) and self.currentIndex().isValid():
            self.row_opened.emit(self.currentIndex().row())
        elif control and event.key() in (Qt.Key.Key_Tab, Qt.Key.Key_Backtab):
            self._leave(event.key() == Qt.Key.Key_Tab)
        elif event.key() == Qt.Key.Key_Escape:
            self.chosen.emit([], "replace")
        else:
            before = self.currentIndex().row()
            super().keyPressEvent(event)
            after = self.currentIndex().row()
            self._untouched = self._untouched and after == before
            if after != before and after >= 0 and not control:
                self._choose(after, event.modifiers())
            return
        event.accept()

    def focusNextPrevChild(self, forward: bool) -> bool:
        """Tab and Shift+Tab step from atom to atom; at the ends, and with Ctrl, they leave the table."""
        row = self.currentIndex().row() + (1 if forward else -1)
        if self._untouched:
            row = 0 if forward else -1
        if not 0 <= row < self.model().rowCount():
            return bool(super().focusNextPrevChild(forward))
        column = max(self.currentIndex().column(), self.columnAt(0), 0)
        self.selectionModel().setCurrentIndex(self.model().index(row, column), _NO_UPDATE)
        self._choose(row, Modifier.NoModifier)
        return True

    def _leave(self, forward: bool) -> None:
        super().focusNextPrevChild(forward)

    def _choose(self, row: int, modifiers: Qt.KeyboardModifier) -> None:
        self._untouched = False
        control = bool(modifiers & Modifier.ControlModifier)
        if modifiers & Modifier.ShiftModifier and self._anchor >= 0:
            self.chosen.emit(self._range(row), "add" if control else "replace")
            return
        self._anchor = row
        self.chosen.emit([row], "toggle" if control else "replace")

    def _range(self, row: int) -> range:
        first, last = sorted((self._anchor, row))
        return range(first, last + 1)
