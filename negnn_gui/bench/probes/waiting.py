"""Waiting in a probe while Qt goes on with its events."""

from __future__ import annotations

import time
from collections.abc import Callable

from PySide6.QtCore import QCoreApplication, QEventLoop


def wait_until(ready: Callable[[], bool], longest_s: float, late: str) -> None:
    """Process events until ``ready``.

    Raises
    ------
    TimeoutError
        It is not after ``longest_s`` seconds; ``late`` says what did not happen.
    """
    end = time.monotonic() + longest_s
    while not ready():
        QCoreApplication.processEvents(QEventLoop.ProcessEventsFlag.WaitForMoreEvents, 20)
        if time.monotonic() > end:
            raise TimeoutError(late)
