"""Reading zip archives that may be hostile: known names only, nothing larger than it may be, never to the disk."""

from __future__ import annotations

import zipfile
import zlib
from collections.abc import Callable
from pathlib import Path

MOST_MEMBERS = 200_000
MOST_BYTES = 4 * 1024**3
"""Most bytes of all members together, unpacked."""

MOST_EXPANSION = 300
"""Most bytes that a packed byte may become; tables and texts stay far below it."""

_ALWAYS_FINE = 4 * 1024**2
_KNOWN_METHODS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)


class ZipRefusedError(Exception):
    """An archive cannot be read or must not be; the message is a clause that says why."""


class BoundedZip:
    """An archive whose members have names that are known and sizes that can be held.

    Parameters
    ----------
    may_hold : callable
        Whether a member may have a name.

    Raises
    ------
    ZipRefusedError
        It is no zip archive, is damaged, or holds anything that is not expected.
    OSError
        The file cannot be read.
    """

    def __init__(self, path: Path, may_hold: Callable[[str], bool]) -> None:
        try:
            self._zip = zipfile.ZipFile(path)
        except (zipfile.BadZipFile, ValueError, NotImplementedError) as error:
            raise ZipRefusedError("it is no zip archive, or is damaged or cut short") from error
        try:
            self._check(may_hold)
        except BaseException:
            self._zip.close()
            raise

    def _check(self, may_hold: Callable[[str], bool]) -> None:
        members = self._zip.infolist()
        if len(members) > MOST_MEMBERS:
            raise ZipRefusedError(f"it holds more than {MOST_MEMBERS:,} files")
        if len({member.filename for member in members}) < len(members):
            raise ZipRefusedError("it holds two files of the same name")
        for member in members:
            name = member.filename
            if name.startswith(("/", "\\")) or ".." in name.replace("\\", "/").split("/") or ":" in name:
                raise ZipRefusedError(f"it holds {_shown(name)}, a path that leads out of the archive")
            if not may_hold(name):
                raise ZipRefusedError(f"it holds {_shown(name)}, which does not belong there")
            if member.flag_bits & 0x1 or member.compress_type not in _KNOWN_METHODS:
                raise ZipRefusedError(f"{_shown(name)} is encrypted or packed in an unknown way")
            if member.file_size > _ALWAYS_FINE and member.file_size > MOST_EXPANSION * member.compress_size:
                raise ZipRefusedError(
                    f"{_shown(name)} would unpack to {member.file_size >> 20:,} MB, like a zip bomb"
                )
        if sum(member.file_size for member in members) > MOST_BYTES:
            raise ZipRefusedError(f"it would unpack to more than {MOST_BYTES >> 30} GB")

    def read(self, name: str) -> bytes:
        """One member.

        Raises
        ------
        ZipRefusedError
            It is not there, is damaged, or is larger than it says.
        """
        try:
            announced = self._zip.getinfo(name).file_size
            with self._zip.open(name) as member:
                data = member.read(announced + 1)
        except KeyError as error:
            raise ZipRefusedError(f"{_shown(name)} is missing") from error
        except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError) as error:
            raise ZipRefusedError(f"{_shown(name)} is damaged") from error
        if len(data) != announced:
            raise ZipRefusedError(f"{_shown(name)} is not as large as it says")
        return data

    def close(self) -> None:
        """Close the file."""
        self._zip.close()

    def __enter__(self) -> BoundedZip:
        return self

    def __exit__(self, *exception: object) -> None:
        self.close()


def _shown(name: str) -> str:
    printable = "".join(c if c.isprintable() else "?" for c in name)
    return printable if len(printable) <= 60 else printable[:59] + "…"
