"""Starting a reader process, also where this process is forbidden to have children of ``multiprocessing``."""

from __future__ import annotations

import contextlib
import multiprocessing
import os
import subprocess
import sys
from collections.abc import Callable
from multiprocessing.connection import Connection
from multiprocessing.context import SpawnProcess
from typing import Protocol

from negnn_gui.screening.worker import serve


class ChildProcess(Protocol):
    """What is needed of a process, however it was started."""

    @property
    def pid(self) -> int | None:
        """Its id."""
        ...

    def kill(self) -> None:
        """End it at once."""
        ...

    def wait(self, seconds: float) -> int | None:
        """Its exit status, negative for a signal; None where it is still there after that time."""
        ...


class _Child:
    """A child of ``multiprocessing``: it ends with this process and works in frozen bundles."""

    def __init__(self, serve: Callable[[Connection], None], connection: Connection, name: str) -> None:
        context = multiprocessing.get_context("spawn")
        self._process: SpawnProcess = context.Process(
            target=serve, args=(connection,), name=name, daemon=True
        )
        self._process.start()

    @property
    def pid(self) -> int | None:
        return self._process.pid

    def kill(self) -> None:
        self._process.kill()

    def wait(self, seconds: float) -> int | None:
        self._process.join(timeout=seconds)
        return self._process.exitcode


class _Program:
    """A program of its own: Dask runs its workers as daemons, which may not have children of the other kind."""

    def __init__(self, connection: Connection) -> None:
        handle = connection.fileno()
        command = [sys.executable, "-m", "negnn_gui.screening.worker", str(handle)]
        self._process = subprocess.Popen(command, pass_fds=(handle,), stdin=subprocess.DEVNULL)

    @property
    def pid(self) -> int | None:
        return self._process.pid

    def kill(self) -> None:
        self._process.kill()

    def wait(self, seconds: float) -> int | None:
        with contextlib.suppress(subprocess.TimeoutExpired):
            return self._process.wait(seconds)
        return None


def start_reader(connection: Connection) -> ChildProcess:
    """Start a process that serves the other end of ``connection``."""
    if multiprocessing.current_process().daemon and os.name == "posix":
        return _Program(connection)
    return start_child(serve, connection, "negnn-reader")


def start_child(serve: Callable[[Connection], None], connection: Connection, name: str) -> ChildProcess:
    """Start a process of ``multiprocessing`` that calls ``serve`` with the other end of ``connection``."""
    return _Child(serve, connection, name)
