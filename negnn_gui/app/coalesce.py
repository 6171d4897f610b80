"""Many changes, one update: views are redrawn at most some ten times a second, and at once after a pause."""

from __future__ import annotations

import time
from collections.abc import Callable

from PySide6.QtCore import QObject, QTimer


class Coalescer(QObject):
    """Calls ``action`` soon after :meth:`request`, at most every ``every_ms`` and a third of the time.

    With ``after_picture`` it is called in the second turn of the event loop from then, so that a crystal that is
    opened by the same event is painted before (see ``CrystalCanvas.paint_now``).
    """

    def __init__(
        self,
        action: Callable[[], None],
        every_ms: int = 100,
        parent: QObject | None = None,
        *,
        after_picture: bool = False,
    ) -> None:
        super().__init__(parent)
        self._action = action
        self._every_s = self._pause_s = every_ms / 1000
        self._last = 0.0
        self._turns = self._turns_to_wait = int(after_picture)
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.timeout.connect(self._act)

    @property
    def pending(self) -> bool:
        """Whether an update is still to come."""
        return self._timer.isActive()

    def request(self) -> None:
        """Ask for an update."""
        if not self._timer.isActive():
            wait = max(0.0, self._last + self._pause_s - time.monotonic())
            self._turns_to_wait = self._turns
            self._timer.start(int(1000 * wait))

    def stop(self) -> None:
        """Drop an update that is still to come."""
        self._timer.stop()

    def _act(self) -> None:
        if self._turns_to_wait:
            self._turns_to_wait -= 1
            self._timer.start(0)
            return
        began = time.monotonic()
        self._action()
        # Counted from the end, and longer after a slow update: other events need their time too.
        self._last = time.monotonic()
        self._pause_s = max(self._every_s, 2 * (self._last - began))
