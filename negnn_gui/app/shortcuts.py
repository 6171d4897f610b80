"""Keys of the actions: those they came with, and those the user gave them instead."""

from __future__ import annotations

from PySide6.QtCore import QObject
from PySide6.QtGui import QAction, QKeySequence
from PySide6.QtWidgets import QMainWindow

from negnn_gui.app.action_catalogue import NamedAction, named_actions
from negnn_gui.app.preferences import Preferences

_DEFAULT = "default-keys"
_NATIVE = QKeySequence.SequenceFormat.NativeText
_PORTABLE = QKeySequence.SequenceFormat.PortableText


class Shortcuts(QObject):
    """Applies the user's keys to the menus of a window, and remembers changes in the preferences."""

    def __init__(self, window: QMainWindow, preferences: Preferences) -> None:
        super().__init__(window)
        self._window = window
        self._preferences = preferences

    def apply(self) -> None:
        """Give every action its keys; may be called again when menus have grown."""
        chosen = self._preferences.shortcuts
        for named in self.editable():
            self._remember_default(named.action)
            if named.id in chosen:
                self._set(named.action, QKeySequence.fromString(chosen[named.id], _PORTABLE))

    def editable(self) -> list[NamedAction]:
        """Actions whose keys can be changed."""
        return [n for n in named_actions(self._window) if not n.fixed_keys and not n.changing]

    def all(self) -> list[NamedAction]:
        """These, and the keys that belong to views."""
        return [n for n in named_actions(self._window) if not n.changing]

    def default(self, named: NamedAction) -> QKeySequence:
        """The keys that an action came with."""
        self._remember_default(named.action)
        return QKeySequence.fromString(str(named.action.property(_DEFAULT)), _PORTABLE)

    def is_default(self, named: NamedAction) -> bool:
        """Whether an action has the keys it came with."""
        return bool(named.action.shortcut() == self.default(named))

    def taken_by(self, keys: QKeySequence, besides: NamedAction) -> NamedAction | None:
        """The other action that has these keys; None where they are free."""
        shown = keys.toString(_NATIVE)
        for named in self.all():
            if named.id == besides.id or keys.isEmpty():
                continue
            if keys in named.action.shortcuts() or shown == named.fixed_keys:
                return named
        return None

    def change(self, named: NamedAction, keys: QKeySequence) -> None:
        """Give an action other keys, taking them away from whatever had them; no keys: none at all."""
        self._remember_default(named.action)
        loser = self.taken_by(keys, named)
        if loser is not None and not loser.fixed_keys:
            self.change(loser, QKeySequence())
        self._set(named.action, keys)
        self._remember(named)

    def reset(self) -> None:
        """Every action gets the keys it came with."""
        for named in self.editable():
            self._set(named.action, self.default(named))
        self._preferences.shortcuts = {}

    def _remember(self, named: NamedAction) -> None:
        chosen = self._preferences.shortcuts
        chosen[named.id] = named.action.shortcut().toString(_PORTABLE)
        if self.is_default(named):
            del chosen[named.id]
        self._preferences.shortcuts = chosen

    def _remember_default(self, action: QAction) -> None:
        if action.property(_DEFAULT) is None:
            action.setProperty(_DEFAULT, action.shortcut().toString(_PORTABLE))

    def _set(self, action: QAction, keys: QKeySequence) -> None:
        before = action.shortcut().toString(_NATIVE)
        tip = action.toolTip().removesuffix(f" ({before})") if before else action.toolTip()
        action.setShortcut(keys)
        after = keys.toString(_NATIVE)
        action.setToolTip(f"{tip} ({after})" if after else tip)
