"""How a process of ours begins that serves its parent through a pipe: quiet, and gone when the parent is."""

from __future__ import annotations

import logging
import multiprocessing
import os
import signal
import threading
import time
import warnings
from multiprocessing.connection import wait

_LOOK_EVERY_S = 0.5


def begin_child() -> None:
    """Leave Ctrl+C and the terminal to the parent, and die with it."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl+C is for the parent, which then closes the pipe
    _die_with_parent()
    _be_quiet()


def _be_quiet() -> None:
    """What readers complain about is in the results; the terminal belongs to the parent."""
    warnings.simplefilter("ignore")
    logging.getLogger().addHandler(logging.NullHandler())


def _die_with_parent() -> None:
    """Leave at once when the parent is gone, even out of a reader that hangs."""
    parent = multiprocessing.parent_process()
    first = os.getppid()

    def watch() -> None:
        if parent is not None:
            wait([parent.sentinel])
        else:
            while os.getppid() == first:
                time.sleep(_LOOK_EVERY_S)
        os._exit(1)

    threading.Thread(target=watch, name="parent-watch", daemon=True).start()
