"""The least a PySide6 program can do: an empty window, shown. Answers with the time of its first paint."""

from __future__ import annotations

import time

from PySide6.QtCore import QEvent, QTimer
from PySide6.QtWidgets import QApplication, QMainWindow

from negnn_gui.bench.probes.answer import answer


class BareWindow(QMainWindow):
    """An empty window that answers once it has been painted."""

    def event(self, event: QEvent) -> bool:
        """Notice the first paint, as the program's own window does."""
        handled = super().event(event)
        if event.type() == QEvent.Type.Paint:
            QTimer.singleShot(0, self._painted)
        return handled

    def _painted(self) -> None:
        answer(painted_ns=time.monotonic_ns(), platform=QApplication.platformName())


def main() -> None:
    """Show it."""
    application = QApplication([])
    window = BareWindow()
    window.resize(1360, 860)
    window.show()
    application.exec()


if __name__ == "__main__":
    main()
