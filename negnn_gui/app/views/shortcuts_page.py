"""All keys of the program in one table, and a field to give an action others."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtGui import QKeySequence
from PySide6.QtWidgets import (
    QHBoxLayout,
    QKeySequenceEdit,
    QLabel,
    QLineEdit,
    QPushButton,
    QTreeWidget,
    QTreeWidgetItem,
    QVBoxLayout,
    QWidget,
)

from negnn_gui.app.action_catalogue import NamedAction
from negnn_gui.app.shortcuts import Shortcuts
from negnn_gui.app.views.action_finder import find

_ROLE = Qt.ItemDataRole.UserRole


class ShortcutsPage(QWidget):
    """Choose an action, press the new keys, Assign."""

    def __init__(self, shortcuts: Shortcuts, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._shortcuts = shortcuts
        self.search = QLineEdit()
        self.search.setPlaceholderText("Find an action")
        self.search.setClearButtonEnabled(True)
        self.search.setAccessibleName("Find an action by its name")
        self.search.setToolTip("Show only actions whose name or menu holds these words")
        self.list = QTreeWidget()
        self.list.setHeaderLabels(["Action", "Menu", "Keys"])
        self.list.setRootIsDecorated(False)
        self.list.setUniformRowHeights(True)
        self.list.setAlternatingRowColors(True)
        self.list.setAccessibleName("Actions and their keys")
        self.list.setToolTip("Keys in grey belong to the 3D view and cannot be changed")
        self.keys = QKeySequenceEdit()
        self.keys.setMaximumSequenceLength(1)
        self.keys.setClearButtonEnabled(True)
        self.keys.setAccessibleName("New keys")
        self.keys.setToolTip("Press the keys that the chosen action shall have")
        for inner in self.keys.findChildren(QLineEdit):
            inner.setAccessibleName("New keys")
            inner.setToolTip(self.keys.toolTip())
        self.assign = _button("&Assign", "Give the action these keys", self._assign)
        self.back = _button("As it &was", "Give the action the keys it came with", self._give_back)
        self.reset = _button("Reset a&ll", "Give every action the keys it came with", self._reset)
        self.note = QLabel()
        self.note.setWordWrap(True)
        line = QHBoxLayout()
        line.addWidget(self.keys, 1)
        for button in (self.assign, self.back, self.reset):
            line.addWidget(button)
        layout = QVBoxLayout(self)
        layout.addWidget(self.search)
        layout.addWidget(self.list, 1)
        layout.addLayout(line)
        layout.addWidget(self.note)
        self.search.textChanged.connect(self._show)
        self.list.currentItemChanged.connect(lambda *_: self._follow())
        self.keys.keySequenceChanged.connect(self._warn)
        self._show("")
        for column in range(3):
            self.list.resizeColumnToContents(column)

    @property
    def chosen(self) -> NamedAction | None:
        """The action of the current row."""
        item = self.list.currentItem()
        return None if item is None else item.data(0, _ROLE)

    def _show(self, text: str) -> None:
        before = self.chosen.id if self.chosen is not None else ""
        self.list.clear()
        for named in find(self._shortcuts.all(), text):
            item = QTreeWidgetItem([named.name, named.place, named.keys])
            item.setData(0, _ROLE, named)
            if named.fixed_keys:
                item.setForeground(2, self.palette().placeholderText())
            elif not self._shortcuts.is_default(named):
                font = item.font(2)
                font.setBold(True)
                item.setFont(2, font)
            self.list.addTopLevelItem(item)
            if named.id == before:
                self.list.setCurrentItem(item)
        if self.list.currentItem() is None and (first := self.list.topLevelItem(0)) is not None:
            self.list.setCurrentItem(first)
        self._follow()

    def _follow(self) -> None:
        named = self.chosen
        editable = named is not None and not named.fixed_keys
        self.keys.setEnabled(editable)
        if named is not None:
            self.keys.setKeySequence(named.action.shortcut())
        self._warn()
        if named is not None and named.fixed_keys:
            self.note.setText("These keys belong to a view, while it has the focus, and cannot be changed.")

    def _warn(self) -> None:
        named, keys = self.chosen, self.keys.keySequence()
        self.note.setText("")
        editable = named is not None and not named.fixed_keys
        self.assign.setEnabled(editable)
        self.back.setEnabled(named is not None and editable and not self._shortcuts.is_default(named))
        if named is None or not editable:
            return
        taken = self._shortcuts.taken_by(keys, named)
        if taken is not None and taken.fixed_keys:
            self.note.setText(f"“{taken.name}” of the 3D view has these keys; choose others.")
            self.assign.setEnabled(False)
        elif taken is not None:
            self.note.setText(f"“{taken.name}” has these keys; Assign takes them away from it.")
        elif _types_a_letter(keys):
            self.note.setText("Without Ctrl or Alt this key could not be typed any more; choose others.")
            self.assign.setEnabled(False)

    def _assign(self) -> None:
        if (named := self.chosen) is not None:
            self._shortcuts.change(named, self.keys.keySequence())
            self._show(self.search.text())

    def _give_back(self) -> None:
        if (named := self.chosen) is not None:
            self._shortcuts.change(named, self._shortcuts.default(named))
            self._show(self.search.text())

    def _reset(self) -> None:
        self._shortcuts.reset()
        self._show(self.search.text())


def _types_a_letter(keys: QKeySequence) -> bool:
    """Whether keys are a plain character, perhaps with Shift: a shortcut of it would eat what is typed."""
    if keys.isEmpty():
        return False
    combination = keys[0]  # type: ignore[index]  # the stubs do not know it
    modifiers = combination.keyboardModifiers() & ~Qt.KeyboardModifier.ShiftModifier
    return modifiers == Qt.KeyboardModifier.NoModifier and combination.key() < Qt.Key.Key_Escape


def _button(text: str, tip: str, act: object) -> QPushButton:
    button = QPushButton(text)
    button.setToolTip(tip)
    button.setAutoDefault(False)
    button.clicked.connect(act)
    return button
