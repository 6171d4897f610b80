"""Reader processes: files in, frames out in the same order; a hang or a crash costs one file."""

from __future__ import annotations

import contextlib
import os
import pickle
import signal
import threading
from collections.abc import Iterable, Iterator
from types import TracebackType

from negnn_gui.screening.ordered import BufferClosedError, OrderedBuffer
from negnn_gui.screening.reader_process import ReaderProcess, WorkerStartError
from negnn_gui.screening.reading import FrameResult, ReadTask, read_frames

__all__ = ["FileFrame", "ReaderPool", "WorkerStartError", "read_here", "reading_processes"]

_MOST_PROCESSES = 8

FileFrame = tuple[int, FrameResult | None]
"""Number of the file and one of its frames; None after its last one."""


def reading_processes() -> int:
    """Reader processes that pay: one a core, the last core left to prediction, and to the window if there is one."""
    return max(1, min(_MOST_PROCESSES, (os.cpu_count() or 2) - 1))


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
            self._workers = [ReaderProcess(time_limit_s) for _ in range(n_workers)]

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

    def _attend(self, worker: ReaderProcess) -> None:
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
                for data in worker.frames(task):
                    self._buffer.put(number, data)
                self._buffer.end(number)
        except BufferClosedError:
            return
        except Exception as error:
            self._buffer.fail(error)


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
