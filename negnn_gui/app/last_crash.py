"""Crashes that no Python code can catch, in a driver or a library: written down, and shown at the next start."""

from __future__ import annotations

import faulthandler
import logging
import os
from typing import IO

from negnn_gui import locations
from negnn_gui.app.crash_report import without_folders

logger = logging.getLogger(__name__)

_KEPT = "last-crash.txt"


class CrashWatch:
    """Watches this process from :meth:`start` to :meth:`stop`.

    Attributes
    ----------
    found : bool
        Whether an earlier run left a crash behind that nobody has been told of.
    """

    def __init__(self) -> None:
        self.found = False
        self._folder = locations.user_log_dir()
        self._path = self._folder / f"crash-{os.getpid()}.txt"
        self._file: IO[str] | None = None
        self._was_enabled = False

    def start(self) -> None:
        """Keep what earlier runs left, and begin; without a folder that can be written nothing is watched."""
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
            for left in self._folder.glob("crash-*.txt"):
                if left.stat().st_size:
                    left.replace(self._folder / _KEPT)
                    self.found = True
            self._file = self._path.open("w", encoding="utf-8")
            self._was_enabled = faulthandler.is_enabled()
            faulthandler.enable(self._file)
        except OSError as error:
            logger.warning("crashes are not written down: %s", error)

    def stop(self) -> None:
        """The program ends as it should: nothing to report."""
        if self._file is not None:
            faulthandler.disable()
            if self._was_enabled:  # python -X faulthandler
                faulthandler.enable()
            self._file.close()
            self._file = None
            self._path.unlink(missing_ok=True)


def last_crash() -> str:
    """What faulthandler wrote when the program crashed last, without folders; "" where it never did."""
    path = locations.user_log_dir() / _KEPT
    try:
        return without_folders(path.read_text(encoding="utf-8", errors="replace"))
    except OSError:
        return ""
