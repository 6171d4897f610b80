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
# At first: in front, behind. Insight is wide: charts beside tables, two maps side by side.
_TABS = {"details": ("display",), "sites": ("insight",)}
_TABS_WHERE_SMALL = {"details": ("display",), "sites": ("moments", "like", "insight")}
_SMALL = (1100, 680)  # pixels of the window, below which 3D and map alone stand side by side
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
        size = self._window.size()
        for dock in self:
            dock.show()
        self.share_space()
        if self._window.size() != size:  # before docks shared tabs, they needed more than the window had
            self._window.resize(size)

    def _arrange(self) -> None:
        """Structures and details, 3D, map above; sites and moments below."""
        window, docks = self._window, self._docks
        window.setDockNestingEnabled(True)
        window.addDockWidget(Qt.DockWidgetArea.TopDockWidgetArea, docks["structures"])
        window.splitDockWidget(docks["structures"], docks["crystal"], Qt.Orientation.Horizontal)
        window.splitDockWidget(docks["crystal"], docks["map"], Qt.Orientation.Horizontal)
        window.splitDockWidget(docks["structures"], docks["details"], Qt.Orientation.Vertical)
        window.splitDockWidget(docks["map"], docks["like"], Qt.Orientation.Vertical)
        for name in ("display", "insight"):
            window.addDockWidget(Qt.DockWidgetArea.TopDockWidgetArea, docks[name])
        window.addDockWidget(Qt.DockWidgetArea.BottomDockWidgetArea, docks["sites"])
        window.splitDockWidget(docks["sites"], docks["moments"], Qt.Orientation.Horizontal)

    def share_space(self) -> None:
        """Give the docks of the first arrangement their shares of the window, which must be on screen."""
        window, docks = self._window, self._docks
        width, height = window.width(), window.height()
        small = width < _SMALL[0] or height < _SMALL[1]
        for front, behind in (_TABS_WHERE_SMALL if small else _TABS).items():
            for name in behind:  # before the window is on screen Qt leaves stray tab bars behind
                window.tabifyDockWidget(docks[front], docks[name])
            docks[front].raise_()
        across, down = Qt.Orientation.Horizontal, Qt.Orientation.Vertical

        def share(length: int, direction: Qt.Orientation, **shares: float) -> None:
            window.resizeDocks(
                [docks[name] for name in shares],
                [round(length * part) for part in shares.values()],
                direction,
            )

        if small:
            share(width, across, structures=0.19, crystal=0.4, map=0.41)
            share(height, down, crystal=0.6, sites=0.34)
            share(height, down, structures=0.24, details=0.36)
            return
        share(width, across, structures=0.18, crystal=0.49, map=0.33)
        share(width, across, sites=0.67, moments=0.33)
        share(height, down, crystal=0.62, sites=0.3)
        share(height, down, structures=0.22, details=0.38)
        share(height, down, map=0.36, like=0.26)


def _placeholder(text: str) -> QLabel:
    label = QLabel(text)
    label.setWordWrap(True)
    label.setAlignment(Qt.AlignmentFlag.AlignCenter)
    label.setForegroundRole(QPalette.ColorRole.PlaceholderText)
    label.setBackgroundRole(QPalette.ColorRole.Base)
    label.setAutoFillBackground(True)
    label.setMargin(16)
    return label
