"""Reader processes: files in, frames out in the same order; a hang or a crash costs one file."""

from __future__ import annotations

import contextlib
import logging
import multiprocessing
import pickle
import signal
import threading
from collections.abc import Iterable, Iterator
from multiprocessing.context import SpawnProcess
from types import TracebackType

from negnn_gui.screening.ordered import BufferClosedError, OrderedBuffer
from negnn_gui.screening.reading import Failure, FrameResult, ReadTask, read_frames
from negnn_gui.screening.worker import END, READY, SKIPPED, serve

_log = logging.getLogger(__name__)

_START_LIMIT_S = 300.0
"""Longest that a new worker may take to import its readers (network homes, virus scanners)."""

FileFrame = tuple[int, FrameResult | None]
"""Number of the file and one of its frames; None after its last one."""


class WorkerLostError(Exception):
    """A worker hung or died; the message is a clause that says which."""


class WorkerStartError(Exception):
    """Reader processes cannot be started here."""


def read_here(tasks: Iterable[ReadTask]) -> Iterator[FileFrame]:
    """Read in this process, one file after the other."""
    for number, task in enumerate(tasks):
        for frame in read_frames(task):
            if frame is not None:
                yield number, frame
        yield number, None


class ReaderPool:
    """``n_workers`` reader processes; use as a context, which ends them.

    Parameters
    ----------
    time_limit_s : float
        Seconds without a new frame after which a file is given up and its worker replaced.
    """

    def __init__(self, n_workers: int, time_limit_s: float) -> None:
        self._buffer = OrderedBuffer()
        self._tasks_lock = threading.Lock()
        self._tasks: Iterator[ReadTask] = iter(())
        self._begun = 0
        self._threads: list[threading.Thread] = []
        with _interrupts_ignored():
            self._workers = [_Worker(time_limit_s) for _ in range(n_workers)]

    @property
    def process_ids(self) -> list[int]:
        """Process ids of the workers as they are now."""
        return [worker.pid for worker in self._workers]

    def read(self, tasks: Iterable[ReadTask]) -> Iterator[FileFrame]:
        """Frames of all files in order; to be called once.

        Raises
        ------
        WorkerStartError
            A worker cannot even begin, so no file could ever be read.
        """
        self._tasks = iter(tasks)
        for worker in self._workers:
            thread = threading.Thread(target=self._attend, args=(worker,), name="reader-pool", daemon=True)
            self._threads.append(thread)
            thread.start()
        for number, data in self._buffer.take():
            yield number, None if data is None else pickle.loads(data)

    def close(self) -> None:
        """End the workers, whatever they are doing."""
        self._buffer.close()
        for worker in self._workers:
            worker.stop()
        for thread in self._threads:
            thread.join(timeout=10)

    def __enter__(self) -> ReaderPool:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _attend(self, worker: _Worker) -> None:
        """Thread of one worker: give it files, pass on what it reads."""
        try:
            while True:
                with self._tasks_lock:
                    task = next(self._tasks, None)
                    if task is None:
                        self._buffer.set_total(self._begun)
                        return
                    number, self._begun = self._begun, self._begun + 1
                self._buffer.admit(number)
                self._read_file(worker, number, task)
        except BufferClosedError:
            return
        except Exception as error:
            self._buffer.fail(error)

    def _read_file(self, worker: _Worker, number: int, task: ReadTask) -> None:
        frames = task.skip
        try:
            for data in worker.answers(task):
                self._buffer.put(number, data)
                frames += 1
        except WorkerLostError as lost:
            _log.warning("%s: %s", task.path, lost)
            failure = Failure(task.path, frames or None, str(lost))
            self._buffer.put(number, pickle.dumps(FrameResult(failure=failure, ends_file=True)))
            worker.replace()
        self._buffer.end(number)


class _Worker:
    """One reader process and our end of its pipe."""

    def __init__(self, time_limit_s: float) -> None:
        self._time_limit_s = time_limit_s
        self._stopped = False
        self._changing = threading.Lock()
        self._start()

    @property
    def pid(self) -> int:
        return self._process.pid or 0

    def answers(self, task: ReadTask) -> Iterator[bytes]:
        """Pickled frames of one file."""
        self._send(task)
        while (data := self._receive(self._time_limit_s)) != END:
            if data != SKIPPED:
                yield data

    def replace(self) -> None:
        """End the process and start another one."""
        self._kill()
        with self._changing:
            if not self._stopped:
                self._start()

    def stop(self) -> None:
        """End the process for good."""
        with self._changing:
            self._stopped = True
        self._kill()

    def _start(self) -> None:
        context = multiprocessing.get_context("spawn")
        self._connection, theirs = context.Pipe()
        self._process: SpawnProcess = context.Process(
            target=serve, args=(theirs,), name="negnn-reader", daemon=True
        )
        self._process.start()
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
        self._process.join(timeout=5)
        code = self._process.exitcode
        if code is None or code >= 0:
            return f"exit status {code}"
        with contextlib.suppress(ValueError):
            return signal.Signals(-code).name
        return f"signal {-code}"

    def _kill(self) -> None:
        self._process.kill()
        self._process.join(timeout=10)
        self._connection.close()


@contextlib.contextmanager
def _interrupts_ignored() -> Iterator[None]:
    """Processes started inside do not end with a traceback of their own when Ctrl+C comes early."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)
