"""A timer on the GUI thread whose beats tell when that thread was kept from its events."""

from __future__ import annotations

import itertools
import time

from PySide6.QtCore import QObject, Qt, QTimer

INTERVAL_MS = 5


class Heartbeat(QObject):
    """Notes the time of each beat (s, ``time.perf_counter``), and how long its thread has computed by then."""

    def __init__(self) -> None:
        super().__init__()
        self.beats: list[float] = []
        self._worked: list[float] = []
        self._timer = QTimer(self)
        self._timer.setTimerType(Qt.TimerType.PreciseTimer)
        self._timer.setInterval(INTERVAL_MS)
        self._timer.timeout.connect(self._beat)
        self._timer.start()

    def _beat(self) -> None:
        self.beats.append(time.perf_counter())
        self._worked.append(time.thread_time())

    def longest_gap_ms(self, begin: float, end: float) -> float:
        """Longest time between beats that overlaps the span from ``begin`` to ``end`` (s)."""
        marks = list(self.beats)
        if not marks or marks[-1] < end:  # what came after the span is not its fault
            marks.append(end)
        gaps = [
            later - earlier for earlier, later in itertools.pairwise(marks) if later > begin and earlier < end
        ]
        return 1000.0 * max(gaps, default=0.0)

    def longest_work_ms(self, begin: float, end: float) -> float:
        """Longest time that the thread itself computed between two beats, likewise.

        Other programs that keep the processor busy make gaps longer, but not this.
        """
        marks = itertools.pairwise(zip(self.beats, self._worked, strict=True))
        work = [later - earlier for (start, earlier), (stop, later) in marks if stop > begin and start < end]
        return 1000.0 * max(work, default=0.0)
