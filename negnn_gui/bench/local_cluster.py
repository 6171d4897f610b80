"""A Dask scheduler and workers on loopback, each a process of its own that can be killed."""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType

_START_LIMIT_S = 240.0
_LOOK_EVERY_S = 0.05


class LocalCluster:
    """A scheduler with any number of workers; use as a context, at the end of which all of them are ended.

    Parameters
    ----------
    place : Path
        An empty folder for logs and what workers put down.
    environment : mapping or None
        Environment of the processes; None for that of this process.

    Attributes
    ----------
    address : str
        Of the scheduler.

    Raises
    ------
    TimeoutError
        The scheduler did not start.
    """

    def __init__(self, place: Path, environment: Mapping[str, str] | None = None) -> None:
        self._place = place
        self._environment = dict(os.environ if environment is None else environment)
        self._stack = contextlib.ExitStack()
        self._file = place / "scheduler.json"
        try:
            self._start(
                "scheduler", "--host", "127.0.0.1", "--port", "0", "--scheduler-file", str(self._file)
            )
            self.address = self._await_address()
        except BaseException:
            self._stack.close()
            raise

    def __enter__(self) -> LocalCluster:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stack.close()

    def worker(self, name: str) -> subprocess.Popen[bytes]:
        """Start a worker of one thread."""
        where = ("--scheduler-file", str(self._file), "--local-directory", str(self._place))
        return self._start("worker", *where, "--name", name, "--nthreads", "1", "--no-nanny")

    def _start(self, what: str, *arguments: str) -> subprocess.Popen[bytes]:
        command = [sys.executable, "-m", "dask", what, "--no-dashboard", *arguments]
        log = self._stack.enter_context((self._place / f"{what}.log").open("ab"))
        process = subprocess.Popen(
            command, cwd=self._place, env=self._environment, stdout=log, stderr=subprocess.STDOUT
        )
        self._stack.callback(_end, process)
        return process

    def _await_address(self) -> str:
        end = time.monotonic() + _START_LIMIT_S
        while not self._file.exists() or not self._file.read_text().endswith("}"):
            if time.monotonic() > end:
                raise TimeoutError(f"no scheduler within {_START_LIMIT_S:g} s; see {self._place}")
            time.sleep(_LOOK_EVERY_S)
        return str(json.loads(self._file.read_text())["address"])


def _end(process: subprocess.Popen[bytes]) -> None:
    process.kill()
    process.wait()
