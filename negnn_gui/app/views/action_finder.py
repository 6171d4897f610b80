"""Find an action by name: type a few letters, press Enter."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QEvent, QObject, QSize, Qt
from PySide6.QtGui import QKeyEvent, QPalette
from PySide6.QtWidgets import QDialog, QLabel, QLineEdit, QTreeWidget, QTreeWidgetItem, QVBoxLayout, QWidget

from negnn_gui.app.action_catalogue import NamedAction

_MOVES = (Qt.Key.Key_Up, Qt.Key.Key_Down, Qt.Key.Key_PageUp, Qt.Key.Key_PageDown)


class ActionFinder(QDialog):
    """A line to type in and the actions that fit; the chosen one is triggered once the dialog has closed."""

    def __init__(self, actions: Sequence[NamedAction], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._actions = list(actions)
        self.setWindowTitle("Find an action")
        self.line = QLineEdit()
        self.line.setPlaceholderText("Type the name of an action, such as “export csv”")
        self.line.setAccessibleName("Name of an action")
        self.line.setToolTip("Enter carries out the marked action; up and down choose another one")
        self.line.setClearButtonEnabled(True)
        self.list = QTreeWidget()
        self.list.setColumnCount(3)
        self.list.setHeaderLabels(["Action", "Menu", "Keys"])
        self.list.setRootIsDecorated(False)
        self.list.setUniformRowHeights(True)
        self.list.setAllColumnsShowFocus(True)
        self.list.setAccessibleName("Actions that fit")
        self.list.setToolTip("Double-click or Enter carries out an action; grey ones cannot be used now")
        self.list.itemActivated.connect(self._choose)
        self.empty = QLabel("No action is called so.")
        self.empty.setForegroundRole(QPalette.ColorRole.PlaceholderText)
        layout = QVBoxLayout(self)
        for widget in (self.line, self.list, self.empty):
            layout.addWidget(widget)
        self.line.textChanged.connect(self._show)
        self.line.installEventFilter(self)
        self.finished.connect(self._trigger)
        self._chosen: NamedAction | None = None
        self._show("")
        for column in range(3):
            self.list.resizeColumnToContents(column)
        self.list.header().setStretchLastSection(True)

    def sizeHint(self) -> QSize:
        """Wide enough for the longest action, a dozen rows high."""
        letters, line = self.fontMetrics().averageCharWidth(), self.fontMetrics().height()
        return QSize(86 * letters, 22 * line)

    def _show(self, text: str) -> None:
        self.list.clear()
        for named in find(self._actions, text):
            item = QTreeWidgetItem([named.name, named.place, named.keys])
            item.setData(0, Qt.ItemDataRole.UserRole, named)
            if named.action.isCheckable():
                state = Qt.CheckState.Checked if named.action.isChecked() else Qt.CheckState.Unchecked
                item.setCheckState(0, state)
            enabled = Qt.ItemFlag.ItemIsSelectable | Qt.ItemFlag.ItemIsEnabled
            item.setFlags(enabled if named.action.isEnabled() else Qt.ItemFlag.NoItemFlags)
            self.list.addTopLevelItem(item)
        items = (self.list.topLevelItem(row) for row in range(self.list.topLevelItemCount()))
        first = next((item for item in items if item is not None and item.flags()), None)
        if first is not None:
            self.list.setCurrentItem(first)
        self.list.setVisible(self.list.topLevelItemCount() > 0)
        self.empty.setVisible(self.list.topLevelItemCount() == 0)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Up and down move the mark while the line keeps the focus; Enter takes what is marked."""
        if watched is self.line and event.type() == QEvent.Type.KeyPress and isinstance(event, QKeyEvent):
            if event.key() in _MOVES:
                self.list.keyPressEvent(event)
                return True
            if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
                if (item := self.list.currentItem()) is not None:
                    self._choose(item)
                return True
        return super().eventFilter(watched, event)

    def _choose(self, item: QTreeWidgetItem) -> None:
        named: NamedAction = item.data(0, Qt.ItemDataRole.UserRole)
        if named.action.isEnabled():
            self._chosen = named
            self.accept()

    def _trigger(self, result: int) -> None:
        if result == QDialog.DialogCode.Accepted and self._chosen is not None:
            self._chosen.action.trigger()


def find(actions: Sequence[NamedAction], text: str) -> list[NamedAction]:
    """Actions whose name or menu holds every word of ``text``, the closest first; all of them for ""."""
    words = text.casefold().split()
    ranked = []
    for place, named in enumerate(actions):
        name = named.name.casefold()
        whole = f"{named.place} {named.name}".casefold()
        if not all(word in whole for word in words):
            continue
        starts = sum(any(part.startswith(word) for part in name.split()) for word in words)
        inside = sum(word in name for word in words)
        first = bool(words) and name.startswith(words[0])
        ranked.append(((named.changing, -first, -starts, -inside, place), named))
    return [named for _, named in sorted(ranked, key=lambda pair: pair[0])]
