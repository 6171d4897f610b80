"""The window before anything is in it: docks with placeholders, shown at once, filled after the first paint."""

from __future__ import annotations

from PySide6.QtCore import QEvent, Qt, QTimer, Signal
from PySide6.QtGui import QCloseEvent, QKeyEvent, QShowEvent
from PySide6.QtWidgets import QMainWindow, QToolBar

from negnn_gui.app.docks import Docks
from negnn_gui.app.preferences import Preferences
from negnn_gui.app.theme import Theme

_FIRST_SIZE = (1360, 860)


class MainWindow(QMainWindow):
    """Frame, docks and an empty toolbar; :class:`negnn_gui.app.workbench.Workbench` is what fills them.

    It imports next to nothing, because what it imports delays the moment when it can be seen. ``painted`` comes
    once, after the first paint; ``closing`` while it still stands, ``closed`` afterwards; ``escaped`` when Esc had
    no other use.
    """

    painted = Signal()
    closing = Signal()
    closed = Signal()
    escaped = Signal()

    def __init__(self, preferences: Preferences, theme: Theme) -> None:
        super().__init__()
        self.preferences = preferences
        self.theme = theme
        self._painted = False
        self.setWindowTitle("negnn-gui")
        self.resize(*_FIRST_SIZE)
        self.docks = Docks(self)
        self.toolbar = QToolBar("Tools", self)
        self.toolbar.setObjectName("toolbar")
        self.addToolBar(self.toolbar)
        layout = preferences.layout
        self._arranged = (
            layout is not None and self.restoreGeometry(layout[0]) and self.restoreState(layout[1])
        )

    def showEvent(self, event: QShowEvent) -> None:
        """Share out the space, unless the user has done so before."""
        super().showEvent(event)
        if not self._arranged:
            self._arranged = True
            self.docks.share_space()

    def event(self, event: QEvent) -> bool:
        """Notice the first paint."""
        handled = super().event(event)
        if event.type() == QEvent.Type.Paint and not self._painted:
            self._painted = True
            QTimer.singleShot(0, self._announce_first_paint)
        return handled

    def _announce_first_paint(self) -> None:
        if self.isVisible():  # it may have been closed since
            self.painted.emit()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Pass on Esc where no view had another use for it."""
        if event.key() == Qt.Key.Key_Escape:
            self.escaped.emit()
        else:
            super().keyPressEvent(event)

    def closeEvent(self, event: QCloseEvent) -> None:
        """Remember the arrangement, and let the contents go while the window still stands."""
        self.preferences.save_layout(self.saveGeometry(), self.saveState())
        self.closing.emit()
        event.accept()
        self.closed.emit()
