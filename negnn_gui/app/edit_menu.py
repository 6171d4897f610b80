"""The Edit menu: undo and redo, paste, duplicate, rename, find an action, settings."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject
from PySide6.QtGui import QAction, QKeySequence
from PySide6.QtWidgets import QMenu

from negnn_gui.app.action_catalogue import STEADY
from negnn_gui.app.icons import line_icon

if TYPE_CHECKING:
    from negnn_gui.app.workbench import Workbench

Keys = QKeySequence.StandardKey


class EditActions(QObject):
    """Actions on what is open and on the program itself; :meth:`fill` puts them into a menu."""

    def __init__(self, bench: Workbench) -> None:
        super().__init__(bench)
        self._bench = bench
        stack = bench.controller.history.stack
        self.undo = stack.createUndoAction(bench.window, "&Undo")
        self.redo = stack.createRedoAction(bench.window, "&Redo")
        self.undo.setShortcut(QKeySequence(Keys.Undo))
        self.redo.setShortcut(QKeySequence("Ctrl+Shift+Z"))  # the same everywhere, as the guide has it
        for action, name, icon in ((self.undo, "undo", "undo"), (self.redo, "redo", "redo")):
            action.setObjectName(f"edit/{name}")  # its text changes with what there is to undo
            action.setProperty(STEADY, name.capitalize())
            action.setIcon(line_icon(icon))
        desk = bench.desk
        self.duplicate = self._make("&Duplicate structure", desk.duplicate, "Ctrl+D", "Open a copy beside it")
        self.rename = self._make("R&ename structure…", desk.rename, "F2", "Call the structure something else")
        self.find = self._make("&Find an action…", desk.find_action, "Ctrl+K", "Find an action by its name")
        self.settings = self._make(
            "&Settings…", desk.show_settings, "Ctrl+,", "Device, colours, letters, exports, keys"
        )

    def fill(self, menu: QMenu, paste: QAction, clear_selection: QAction) -> None:
        """Put everything into the Edit menu."""
        menu.addActions([self.undo, self.redo])
        menu.addSeparator()
        menu.addActions([paste, self.duplicate, self.rename])
        menu.addSeparator()
        menu.addAction(clear_selection)
        menu.addSeparator()
        menu.addActions([self.find, self.settings])

    def _make(self, text: str, act: Callable[[], object], keys: str, tip: str) -> QAction:
        action = QAction(text, self._bench.window)
        action.triggered.connect(lambda: act())
        action.setShortcut(QKeySequence(keys))
        shown = action.shortcut().toString(QKeySequence.SequenceFormat.NativeText)
        action.setToolTip(f"{tip} ({shown})")
        return action
