"""What was dropped or pasted: files and folders, or the text of a structure."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QEvent, QMimeData, QObject, Qt, Signal
from PySide6.QtGui import QDropEvent, QPainter, QPaintEvent, QPalette, QRegion
from PySide6.QtWidgets import QWidget

_BORDER = 4


def dropped_paths(data: QMimeData) -> list[Path]:
    """Local files and folders among what was dropped."""
    return [Path(url.toLocalFile()) for url in data.urls() if url.isLocalFile()]


def holds_structures(data: QMimeData) -> bool:
    """Whether it is worth taking: local files, or text."""
    return bool(dropped_paths(data)) or (data.hasText() and not data.hasUrls() and bool(data.text().strip()))


class DropTarget(QObject):
    """Takes drops anywhere on a window, with a frame around it while something hovers.

    Emits ``files_dropped(list[Path])`` or ``text_dropped(str)``.
    """

    files_dropped = Signal(object)
    text_dropped = Signal(str)

    def __init__(self, window: QWidget) -> None:
        super().__init__(window)
        self._window = window
        self.frame = _Frame(window)
        window.setAcceptDrops(True)
        window.installEventFilter(self)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Handle the four events of a drag."""
        if event.type() == QEvent.Type.DragLeave:
            self.frame.hide()
            return False
        if not isinstance(event, QDropEvent):  # entering and moving derive from dropping
            return False
        if not holds_structures(event.mimeData()):
            event.ignore()
            return True
        event.acceptProposedAction()
        if event.type() == QEvent.Type.Drop:
            self.frame.hide()
            self.take(event.mimeData())
        else:
            self.frame.cover(self._window)
        return True

    def take(self, data: QMimeData) -> bool:
        """Announce dropped or pasted data; False where there is nothing in it to open."""
        if not holds_structures(data):
            return False
        if paths := dropped_paths(data):
            self.files_dropped.emit(paths)
        else:
            self.text_dropped.emit(data.text())
        return True


class _Frame(QWidget):
    """An accent-coloured border around the whole window that lets the mouse through.

    It is only the border: what it covered would all be painted anew once a file is dropped, and hold up the crystal.
    """

    def __init__(self, window: QWidget) -> None:
        super().__init__(window)
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self.hide()

    def cover(self, window: QWidget) -> None:
        if not self.isVisible():
            self.setGeometry(window.rect())
            inner = self.rect().adjusted(_BORDER, _BORDER, -_BORDER, -_BORDER)
            self.setMask(QRegion(self.rect()) - QRegion(inner))
            self.raise_()
            self.show()

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.fillRect(self.rect(), self.palette().color(QPalette.ColorRole.Accent))
        painter.end()
