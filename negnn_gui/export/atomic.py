"""Files that appear whole or not at all: written elsewhere, brought to the disk, then renamed."""

from __future__ import annotations

import errno
import os
import secrets
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType


class AppendedFile:
    """A file that only grows, and of which a known beginning can be trusted after a kill.

    Parameters
    ----------
    path : Path
        Where; the folder must exist.
    keep : int
        Bytes at the beginning that are kept; whatever a killed run wrote behind them is cut off.

    Raises
    ------
    OSError
        The file cannot be written, or is shorter than ``keep``.
    """

    def __init__(self, path: Path, keep: int = 0) -> None:
        self.path = path
        # Not append mode: some systems move every write of such a file to the end and forbid truncation.
        self._file = path.open("r+b" if path.exists() else "w+b")
        size = self._file.seek(0, os.SEEK_END)
        if size < keep:
            self._file.close()
            raise OSError(errno.EIO, f"holds {size} bytes where {keep} were written", str(path))
        self._file.truncate(keep)
        self._file.seek(keep)

    def append(self, data: bytes) -> None:
        """Write behind the end; only ``commit`` brings it to the disk."""
        self._file.write(data)

    def commit(self) -> int:
        """Bring everything to the disk; the number of bytes that can now be trusted."""
        self._file.flush()
        os.fsync(self._file.fileno())
        return self._file.tell()

    def close(self) -> None:
        """Close; harmless when closed already."""
        self._file.close()

    def __enter__(self) -> AppendedFile:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def publish(source: Path, target: Path) -> None:
    """Move a finished file to its place, replacing an older one in one step; ``source`` is gone then."""
    _sync_file(source)
    try:
        source.replace(target)
    except OSError as error:
        if error.errno != errno.EXDEV:
            raise
        _copy_across(source, target)
        source.unlink()
    _sync_folder(target.parent)


@contextmanager
def replacing(target: Path) -> Iterator[Path]:
    """A path to write to that takes the place of ``target`` at the end of the block, and is gone after an error.

    Raises
    ------
    OSError
        It cannot be written or the disk is full; an older file at ``target`` is then untouched.
    """
    temporary = temporary_beside(target)
    try:
        yield temporary
        publish(temporary, target)
    except OSError as error:
        if error.filename == str(temporary):  # a name that means nothing to anybody
            error.filename = str(target)
        raise
    finally:
        temporary.unlink(missing_ok=True)


def write_whole(target: Path, data: bytes) -> None:
    """Write a small file so that a full disk or a kill leaves the older one whole."""
    with replacing(target) as temporary:
        temporary.write_bytes(data)


def _copy_across(source: Path, target: Path) -> None:
    temporary = temporary_beside(target)
    try:
        shutil.copyfile(source, temporary)
        _sync_file(temporary)
        temporary.replace(target)
    finally:
        temporary.unlink(missing_ok=True)


def temporary_beside(target: Path) -> Path:
    """A name of its own in the same folder, so that the last step is a rename."""
    return target.with_name(f".negnn-{secrets.token_hex(6)}.tmp")


def _sync_file(path: Path) -> None:
    with path.open("r+b") as file:
        os.fsync(file.fileno())


def _sync_folder(folder: Path) -> None:
    if os.name != "posix":  # only there can a folder be opened
        return
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
