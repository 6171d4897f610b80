"""One run at a time for one output; the system lets go of the lock whatever happens to its holder."""

from __future__ import annotations

import sys
from pathlib import Path


class LockedError(Exception):
    """Another process is at work here."""


class FolderLock:
    """Exclusive hold of a folder, through the file ``lock`` in it.

    Raises
    ------
    LockedError
        Another process holds it.
    """

    def __init__(self, folder: Path) -> None:
        self._file = (folder / "lock").open("a+b")
        try:
            if sys.platform == "win32":
                import msvcrt

                msvcrt.locking(self._file.fileno(), msvcrt.LK_NBLCK, 1)
            else:
                import fcntl

                fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            self._file.close()
            raise LockedError(str(folder)) from error

    def release(self) -> None:
        """Let others in; harmless when released already."""
        self._file.close()
