"""Arrangements of the window: four that come with the program, and the user's own."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QMainWindow, QMenu

from negnn_gui.app.action_catalogue import CHANGING
from negnn_gui.app.file_dialogs import ask_for_name

if TYPE_CHECKING:
    from negnn_gui.app.docks import Docks
    from negnn_gui.app.preferences import Preferences

PRESETS: dict[str, tuple[str, ...]] = {
    "Everything": (),
    "Crystal": ("structures", "crystal", "details"),
    "Map": ("structures", "crystal", "map", "like", "insight"),
    "Table and plots": ("structures", "sites", "moments"),
}
"""Docks that an arrangement shows, by its name; none named: all of them."""

_KEYS = {"Everything": "Ctrl+1", "Crystal": "Ctrl+2", "Map": "Ctrl+3", "Table and plots": "Ctrl+4"}
# What share of width or height the docks of a row or column get.
_WIDTHS: Mapping[str, Mapping[str, float]] = {
    "Crystal": {"structures": 0.2, "crystal": 0.8},
    "Map": {"structures": 0.16, "crystal": 0.3, "map": 0.54},
    "Table and plots": {"structures": 0.2, "sites": 0.8},
}
_HEIGHTS: Mapping[str, Mapping[str, float]] = {
    "Crystal": {"structures": 0.55, "details": 0.45},
    "Map": {"map": 0.68, "like": 0.32},
    "Table and plots": {"sites": 0.6, "moments": 0.4},
}


class Layouts:
    """Arranges the docks of a window, and fills a menu with the arrangements there are."""

    def __init__(self, window: QMainWindow, docks: Docks, preferences: Preferences) -> None:
        self._window, self._docks, self._preferences = window, docks, preferences
        self._menu: QMenu | None = None
        preferences.changed.connect(self._on_preference)

    def arrange(self, name: str) -> None:
        """Bring the docks into one of the ``PRESETS``."""
        shown = PRESETS[name]
        self._docks.reset()
        if name == "Table and plots":
            self._beside_the_list("sites", "moments")
        if name == "Map":
            self._below_the_map("like", "insight")
        for dock in self._docks.names:
            self._docks[dock].setVisible(not shown or dock in shown)
        for shares, length, direction in (
            (_WIDTHS, self._window.width(), Qt.Orientation.Horizontal),
            (_HEIGHTS, self._window.height(), Qt.Orientation.Vertical),
        ):
            wanted = shares.get(name, {})
            if wanted:
                self._window.resizeDocks(
                    [self._docks[dock] for dock in wanted],
                    [round(length * share) for share in wanted.values()],
                    direction,
                )

    def _beside_the_list(self, upper: str, lower: str) -> None:
        """Move two docks from the foot of the window to the right of the list, one above the other."""
        for name in (upper, lower):
            self._window.removeDockWidget(self._docks[name])
        self._window.splitDockWidget(self._docks["structures"], self._docks[upper], Qt.Orientation.Horizontal)
        self._window.splitDockWidget(self._docks[upper], self._docks[lower], Qt.Orientation.Vertical)

    def _below_the_map(self, front: str, behind: str) -> None:
        """Move two docks below the map, one behind the other."""
        for name in (front, behind):
            self._window.removeDockWidget(self._docks[name])
        self._window.splitDockWidget(self._docks["map"], self._docks[front], Qt.Orientation.Vertical)
        self._window.tabifyDockWidget(self._docks[front], self._docks[behind])
        self._docks[front].raise_()

    def menu(self, parent: QMenu) -> QMenu:
        """View > Layout."""
        self._menu = QMenu("&Layout", parent)
        self._menu.setToolTipsVisible(True)
        self._fill()
        return self._menu

    def save_own(self) -> None:
        """Ask for a name and keep the present arrangement under it."""
        ask_for_name(
            self._window,
            "Save layout",
            "Name of this arrangement of the window:",
            lambda name: self._preferences.save_own_layout(name[:40], self._window.saveState()),
            "Stands under View > Layout, at most 40 letters; an arrangement that has this name already is replaced",
        )

    def restore_own(self, name: str) -> None:
        """Bring back one of the user's own arrangements."""
        state = self._preferences.own_layouts.get(name)
        if state is not None and not self._window.restoreState(state):
            self._docks.reset()

    def _on_preference(self, name: str) -> None:
        if name == "own_layouts":
            self._fill()

    def _fill(self) -> None:
        if self._menu is None:
            return
        menu = self._menu
        menu.clear()
        for name in PRESETS:
            action = menu.addAction(f"&{name}", partial(self.arrange, name))
            action.setShortcut(_KEYS[name])
            titles = [self._docks[dock].windowTitle() for dock in PRESETS[name]]
            action.setToolTip(f"Show {', '.join(titles) or 'every dock in its first place'}")
        menu.addSeparator()
        own = self._preferences.own_layouts
        if own:
            mine = menu.addMenu("&Yours")
            mine.setProperty(CHANGING, True)
            forget = menu.addMenu("&Forget")
            forget.setProperty(CHANGING, True)
            for name in own:
                title = name.replace("&", "&&")
                mine.addAction(title, partial(self.restore_own, name))
                forget.addAction(title, partial(self._preferences.save_own_layout, name, None))
        menu.addAction("&Save this layout…", self.save_own)
