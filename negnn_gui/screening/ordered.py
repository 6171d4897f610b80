"""Results of several readers brought back into the order of their files, with a bound on what waits."""

from __future__ import annotations

import threading
from collections import defaultdict, deque
from collections.abc import Callable, Iterator


class BufferClosedError(Exception):
    """Nobody takes the results any more."""


class OrderedBuffer:
    """Readers put in, one consumer takes out: file after file, each file's results in their order.

    Parameters
    ----------
    budget : int
        Bytes that may wait. The file whose turn it is always gets its next result in, so nothing blocks for
        good.
    lookahead : int
        Files that may be begun before the first of them is taken.
    """

    def __init__(self, budget: int = 128 * 1024**2, lookahead: int = 1024) -> None:
        self._budget = budget
        self._lookahead = lookahead
        self._waiting: defaultdict[int, deque[bytes | None]] = defaultdict(deque)
        self._held = 0
        self._turn = 0
        self._total: int | None = None
        self._failure: BaseException | None = None
        self._closed = False
        self._changed = threading.Condition()

    def admit(self, file: int) -> None:
        """Wait until ``file`` may be begun."""
        self._wait(lambda: file < self._turn + self._lookahead)

    def put(self, file: int, result: bytes) -> None:
        """Hand over one result; waits while too much is waiting already."""
        with self._changed:
            self._wait(lambda: self._held < self._budget or (file == self._turn and not self._waiting[file]))
            self._waiting[file].append(result)
            self._held += len(result)
            self._changed.notify_all()

    def end(self, file: int) -> None:
        """No more results of this file."""
        with self._changed:
            self._waiting[file].append(None)
            self._changed.notify_all()

    def set_total(self, files: int) -> None:
        """There are no more files than this."""
        with self._changed:
            self._total = files
            self._changed.notify_all()

    def fail(self, failure: BaseException) -> None:
        """Let the consumer end with this error."""
        with self._changed:
            self._failure = self._failure or failure
            self._changed.notify_all()

    def close(self) -> None:
        """Turn every waiting reader away."""
        with self._changed:
            self._closed = True
            self._changed.notify_all()

    def take(self) -> Iterator[tuple[int, bytes | None]]:
        """Results as (file, result), and (file, None) after the last one of each file."""
        while True:
            with self._changed:
                self._wait(lambda: bool(self._waiting.get(self._turn)) or self._turn == self._total)
                if not self._waiting.get(self._turn):
                    return
                file = self._turn
                result = self._waiting[file].popleft()
                if result is None:
                    del self._waiting[file]
                    self._turn += 1
                else:
                    self._held -= len(result)
                self._changed.notify_all()
            yield file, result

    def _wait(self, ready: Callable[[], bool]) -> None:
        with self._changed:
            self._changed.wait_for(lambda: self._closed or self._failure is not None or ready())
            if self._failure is not None:
                raise self._failure
            if self._closed:
                raise BufferClosedError
