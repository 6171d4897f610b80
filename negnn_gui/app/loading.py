"""Importing the large libraries off the GUI thread without freezing it."""

from __future__ import annotations

import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager

_SWITCH_INTERVAL_S = 0.0005
_one_at_a_time = threading.Lock()


@contextmanager
def heavy_imports() -> Iterator[None]:
    """Hold while importing torch or pymatgen in a worker thread.

    Imports hold Python's lock nearly all the time, so the GUI thread is let in ten times as often as usual.
    Only one worker imports at a time: two threads that meet in a circle of half-imported modules break.
    """
    with _one_at_a_time:
        usual = sys.getswitchinterval()
        sys.setswitchinterval(_SWITCH_INTERVAL_S)
        try:
            yield
        finally:
            sys.setswitchinterval(usual)
