"""The process that reads files: one task in, its frames out, through one pipe. It dies with its parent."""

from __future__ import annotations

import contextlib
import pickle
import sys
from multiprocessing.connection import Connection
from typing import TYPE_CHECKING

from negnn_gui.screening.child import begin_child

if TYPE_CHECKING:
    from negnn_gui.screening.reading import FrameResult, ReadTask

READY = b"ready"
END = b""

SKIPPED = b"skipped"
"""Sign of life for a frame that an earlier run has done."""


def serve(connection: Connection) -> None:
    """Read one task after the other until the pipe closes; every answer ends with ``END``."""
    begin_child()
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
        entry.prepare()  # here, where there are several of us
    return pickle.dumps(result, protocol=pickle.HIGHEST_PROTOCOL)


if __name__ == "__main__":
    serve(Connection(int(sys.argv[1])))
