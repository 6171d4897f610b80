"""One process that reads files for us: a hang or a crash costs the file it was reading and nothing else."""

from __future__ import annotations

import contextlib
import logging
import multiprocessing
import pickle
import signal
import threading
from collections.abc import Iterator

from negnn_gui.screening.reader_start import start_reader
from negnn_gui.screening.reading import Failure, FrameResult, ReadTask
from negnn_gui.screening.worker import END, READY, SKIPPED

_log = logging.getLogger(__name__)

_START_LIMIT_S = 300.0
"""Longest that a new process may take to import its readers (network homes, virus scanners)."""


class WorkerLostError(Exception):
    """A worker hung or died; the message is a clause that says which."""


class WorkerStartError(Exception):
    """Reader processes cannot be started here."""


class ReaderProcess:
    """One reader process and our end of its pipe.

    Parameters
    ----------
    time_limit_s : float
        Seconds without a new frame after which a file is given up and the process replaced.

    Attributes
    ----------
    is_free : bool
        False while frames of a file are still to come; such a process cannot take another file.
    """

    def __init__(self, time_limit_s: float) -> None:
        self.time_limit_s = time_limit_s
        self._stopped = False
        self.is_free = True
        self._changing = threading.Lock()
        self._start()

    @property
    def pid(self) -> int:
        """Process id."""
        return self._process.pid or 0

    def frames(self, task: ReadTask) -> Iterator[bytes]:
        """Pickled frames of one file; a process that hangs or dies over it is replaced and costs the file's rest.

        Raises
        ------
        WorkerStartError
            The process cannot even begin, so no file could ever be read.
        """
        count = task.skip
        self.is_free = False
        try:
            for data in self._answers(task):
                yield data
                count += 1
        except WorkerLostError as lost:
            if not self._stopped:  # else it was ended by us, because nobody waits any more
                _log.warning("%s: %s", task.path, lost)
            failure = Failure(task.path, count or None, str(lost))
            self.replace()
            yield pickle.dumps(FrameResult(failure=failure, ends_file=True))
        self.is_free = True

    def _answers(self, task: ReadTask) -> Iterator[bytes]:
        self._send(task)
        while (data := self._receive(self.time_limit_s)) != END:
            if data != SKIPPED:
                yield data

    def replace(self) -> None:
        """End the process and start another one."""
        with self._changing:
            self._kill()
            if not self._stopped:
                self._start()

    def stop(self) -> None:
        """End the process for good."""
        with self._changing:
            self._stopped = True
            self._kill()

    def _start(self) -> None:
        self._connection, theirs = multiprocessing.get_context("spawn").Pipe()
        self._process = start_reader(theirs)
        theirs.close()
        self._ready = False

    def _send(self, task: ReadTask) -> None:
        if not self._ready:
            self._await_ready()
        try:
            self._connection.send(task)
        except OSError:  # it died while it had nothing to do: no fault of this file
            self.replace()
            self._await_ready()
            self._connection.send(task)

    def _await_ready(self) -> None:
        try:
            answer = self._receive(_START_LIMIT_S)
        except WorkerLostError as lost:
            raise WorkerStartError(
                f"reader processes cannot be started here: {lost}; try --workers 0"
            ) from lost
        self._ready = answer == READY

    def _receive(self, limit_s: float) -> bytes:
        try:
            if not self._connection.poll(limit_s):
                raise WorkerLostError(f"reading took longer than {limit_s:g} s and was given up")
            return self._connection.recv_bytes()
        except (EOFError, OSError) as error:
            raise WorkerLostError(f"the process reading it ended unexpectedly ({self._end()})") from error

    def _end(self) -> str:
        code = self._process.wait(5)
        if code is None or code >= 0:
            return f"exit status {code}"
        with contextlib.suppress(ValueError):
            return signal.Signals(-code).name
        return f"signal {-code}"

    def _kill(self) -> None:
        """To be called under the lock: two threads that close one pipe at once may close a stranger's file."""
        self._process.kill()
        self._process.wait(10)
        self._connection.close()
