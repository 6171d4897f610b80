"""The process that reads files: one task in, its frames out, through one pipe. It dies with its parent."""

from __future__ import annotations

import contextlib
import logging
import multiprocessing
import os
import pickle
import signal
import sys
import threading
import time
import warnings
from multiprocessing.connection import Connection, wait
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from negnn_gui.screening.reading import FrameResult, ReadTask

READY = b"ready"
END = b""
_LOOK_EVERY_S = 0.5

SKIPPED = b"skipped"
"""Sign of life for a frame that an earlier run has done."""


def serve(connection: Connection) -> None:
    """Read one task after the other until the pipe closes; every answer ends with ``END``."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl+C is for the parent, which then closes the pipe
    _die_with_parent()
    _be_quiet()
    from negnn_gui.screening.reading import read_frames

    with contextlib.suppress(EOFError, ConnectionError):  # the pipe's: the parent is done, or gone
        connection.send_bytes(READY)
        while True:
            task: ReadTask = connection.recv()
            for result in read_frames(task):
                connection.send_bytes(SKIPPED if result is None else _packed(result))
            connection.send_bytes(END)


def _packed(result: FrameResult) -> bytes:
    for entry in result.entries:
        # Cached on the entry and needed for every row: found here, where there are several of us.
        _ = entry.formula, entry.elements
    return pickle.dumps(result, protocol=pickle.HIGHEST_PROTOCOL)


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


if __name__ == "__main__":
    serve(Connection(int(sys.argv[1])))
