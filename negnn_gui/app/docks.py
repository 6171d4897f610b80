"""The docks, empty at first, and where they stand until the user moves them."""

from __future__ import annotations

from collections.abc import Iterator

from PySide6.QtCore import Qt
from PySide6.QtGui import QPalette
from PySide6.QtWidgets import QDockWidget, QLabel, QMainWindow, QWidget

_TITLES = {
    "structures": "Structures",
    "crystal": "3D",
    "map": "Embedding map",
    "like": "Atoms like this one",
    "insight": "Insight",
    "sites": "Sites",
    "moments": "Moments",
    "details": "Details",
    "display": "Display",
}
_TABS = {"details": "display", "like": "insight"}  # at first: in front, behind
_EMPTY = {
    "crystal": "Drop crystal structures here.",
    "structures": "Nothing is open. Drop files here, or use File > Open.",
    "map": "Each atom of an open structure becomes a point here; alike atoms lie close together.",
    "like": "The known atoms most like the selected ones, with their moments.",
    "insight": "How the nearest known atoms change with the level, and how alike the sites of a crystal are.",
    "sites": "One row for each site, with its predicted moment and 90 % interval, once a structure is open.",
    "moments": "Histograms of the predicted moments.",
    "details": "The cell of a structure, its warnings, and what predicted it.",
    "display": "How the crystal is drawn: atoms, cell, colours, moments, bonds.",
}


class Docks:
    """The docks by name: "structures", "crystal", "map", "like", "insight", "sites", "moments", "details",
    "display"."""

    def __init__(self, window: QMainWindow) -> None:
        self._window = window
        self._docks = {name: self._make(name) for name in _TITLES}
        self._arrange()

    def __getitem__(self, name: str) -> QDockWidget:
        return self._docks[name]

    def __iter__(self) -> Iterator[QDockWidget]:
        return iter(self._docks.values())

    @property
    def names(self) -> tuple[str, ...]:
        """Names of all docks."""
        return tuple(self._docks)

    def _make(self, name: str) -> QDockWidget:
        dock = QDockWidget(_TITLES[name], self._window)
        dock.setObjectName(f"dock-{name}")
        dock.setAllowedAreas(Qt.DockWidgetArea.AllDockWidgetAreas)
        dock.setWidget(_placeholder(_EMPTY[name]))
        return dock

    def fill(self, name: str, widget: QWidget) -> None:
        """Put a view in the place of the placeholder."""
        placeholder = self._docks[name].widget()
        self._docks[name].setWidget(widget)
        if placeholder is not None:
            placeholder.deleteLater()

    def release(self, name: str) -> QWidget:
        """Take the placeholder out, to be used elsewhere."""
        placeholder = self._docks[name].widget()
        self._docks[name].setWidget(QWidget())
        return placeholder

    def reset(self) -> None:
        """Bring every dock back to its first place."""
        for dock in self:
            self._window.removeDockWidget(dock)
            dock.setFloating(False)
        self._arrange()
        for dock in self:
            dock.show()
        self.share_space()

    def _arrange(self) -> None:
        """Structures and details, 3D, map above; sites and moments below."""
        window, docks = self._window, self._docks
        window.setDockNestingEnabled(True)
        window.addDockWidget(Qt.DockWidgetArea.TopDockWidgetArea, docks["structures"])
        window.splitDockWidget(docks["structures"], docks["crystal"], Qt.Orientation.Horizontal)
        window.splitDockWidget(docks["crystal"], docks["map"], Qt.Orientation.Horizontal)
        window.splitDockWidget(docks["structures"], docks["details"], Qt.Orientation.Vertical)
        window.splitDockWidget(docks["map"], docks["like"], Qt.Orientation.Vertical)
        for behind in _TABS.values():
            window.addDockWidget(Qt.DockWidgetArea.TopDockWidgetArea, docks[behind])
        window.addDockWidget(Qt.DockWidgetArea.BottomDockWidgetArea, docks["sites"])
        window.splitDockWidget(docks["sites"], docks["moments"], Qt.Orientation.Horizontal)

    def share_space(self) -> None:
        """Give the docks of the first arrangement their shares of the window, which must be on screen."""
        window, docks = self._window, self._docks
        for front, behind in _TABS.items():  # before the window is on screen Qt leaves stray tab bars behind
            window.tabifyDockWidget(docks[front], docks[behind])
            docks[front].raise_()
        width, height = window.width(), window.height()
        across, down = Qt.Orientation.Horizontal, Qt.Orientation.Vertical
        shares = [round(width * share) for share in (0.18, 0.49, 0.33)]
        window.resizeDocks([docks["structures"], docks["crystal"], docks["map"]], shares, across)
        window.resizeDocks(
            [docks["sites"], docks["moments"]], [round(width * 0.67), round(width * 0.33)], across
        )
        window.resizeDocks(
            [docks["crystal"], docks["sites"]], [round(height * 0.62), round(height * 0.3)], down
        )
        window.resizeDocks(
            [docks["structures"], docks["details"]], [round(height * 0.22), round(height * 0.38)], down
        )
        window.resizeDocks([docks["map"], docks["like"]], [round(height * 0.4), round(height * 0.22)], down)


def _placeholder(text: str) -> QLabel:
    label = QLabel(text)
    label.setWordWrap(True)
    label.setAlignment(Qt.AlignmentFlag.AlignCenter)
    label.setForegroundRole(QPalette.ColorRole.PlaceholderText)
    label.setBackgroundRole(QPalette.ColorRole.Base)
    label.setAutoFillBackground(True)
    label.setMargin(16)
    return label
