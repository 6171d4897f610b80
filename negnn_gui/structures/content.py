"""The text of a file, within limits: decompressed, decoded, never more than asked for.

A few kilobytes of gzip can unpack to gigabytes, so every read here is bounded before it happens.
"""

from __future__ import annotations

import codecs
import gzip
import io
import os
import re
import stat
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, cast

WHOLE_FILE_LIMIT = 256 * 1024**2
"""Most bytes (after decompression) of a file that is read whole."""

LINE_LIMIT = 1024**2
"""Most bytes of one line of a file that is read line by line."""

_GZIP_MAGIC = b"\x1f\x8b"
_OTHER_MAGIC = {
    b"BZh": "it is compressed with bzip2; unpack it first",
    b"\xfd7zXZ": "it is compressed with xz; unpack it first",
    b"(\xb5/\xfd": "it is compressed with zstd; unpack it first",
    b"PK\x03\x04": "it is a zip archive; unpack it and open the files inside",
    b"%PDF": "it is a PDF document, not a structure; look for the CIF beside it",
    b"\x89PNG": "it is a picture, not a structure",
    b"\xff\xd8\xff": "it is a picture, not a structure",
    b"\x89HDF": "it is an HDF5 file, which is not supported; export a CIF",
    b"CDF": "it is a NetCDF file, which is not supported; export a CIF",
}
_WEB_PAGE = re.compile(r"\A\s*<(!doctype html|html)\b", re.IGNORECASE)
_CONTROL = bytes(set(range(32)) - set(b"\t\n\v\f\r\x1a\x1b"))


class ContentError(Exception):
    """The bytes of a file cannot become text; the message is one clause that says why and what to try."""


@contextmanager
def open_bytes(path: Path) -> Iterator[IO[bytes]]:
    """Open a file for reading bytes, unpacking gzip whatever the file is called.

    Raises
    ------
    ContentError
        The file is missing, not a plain file, or may not be read.
    """
    if "\x00" in str(path):
        raise ContentError("no file can have this name; check it")
    try:
        # A named pipe or a device would block or never end.
        if not stat.S_ISREG(path.stat().st_mode):
            kind = "a folder" if path.is_dir() else "not a plain file"
            raise ContentError(f"it is {kind}; choose a structure file")
        with path.open("rb") as raw:
            magic = raw.read(2)
            raw.seek(0)
            if magic == _GZIP_MAGIC:
                with gzip.GzipFile(fileobj=raw) as unpacked:
                    yield cast("IO[bytes]", unpacked)
            else:
                yield raw
    except FileNotFoundError as error:
        dangling = path.is_symlink()
        raise ContentError(
            "it is a link to a file that no longer exists; open the original"
            if dangling
            else "the file does not exist; check the name"
        ) from error
    except PermissionError as error:
        raise ContentError("there is no permission to read it; change its permissions or copy it") from error
    except (EOFError, zlib.error, gzip.BadGzipFile) as error:
        raise ContentError("the compressed file is damaged or cut short; get it again") from error
    except OSError as error:
        reason = os.strerror(error.errno) if error.errno else str(error)
        raise ContentError(f"it cannot be read ({reason})") from error


def read_head(path: Path, size: int = 65536) -> str:
    """The first ``size`` bytes of a file as text, for finding out what it is."""
    return read_beginning(path, size)[0]


def read_beginning(path: Path, size: int = 65536) -> tuple[str, bool]:
    """The same, and whether that is the whole file."""
    with open_bytes(path) as stream:
        data = stream.read(size)
    whole = len(data) < size
    return decode(data, complete=whole), whole


def read_whole(path: Path, limit: int | None = None) -> str:
    """A file as text.

    Raises
    ------
    ContentError
        It holds more than ``limit`` bytes after decompression (``WHOLE_FILE_LIMIT`` unless given), or is
        not text.
    """
    most = WHOLE_FILE_LIMIT if limit is None else limit
    with open_bytes(path) as stream:
        data = stream.read(most + 1)
    if len(data) > most:
        raise ContentError(
            f"it holds more than {most // 1024**2} MB of text, the most that is read; "
            "split it or delete what is not the structure"
        )
    return decode(data)


def decode(data: bytes, complete: bool = True) -> str:
    """Bytes as text: UTF-8, UTF-16 with or without a mark, else Latin-1; line ends become "\\n".

    Raises
    ------
    ContentError
        The bytes are no text: a picture, an archive, machine code.
    """
    for magic, reason in _OTHER_MAGIC.items():
        if data.startswith(magic):
            raise ContentError(reason)
    encoding = _utf16(data)
    if encoding is not None:
        text = data.decode(encoding, errors="replace").lstrip("\ufeff")
    else:
        # One stray control byte (old editors end a file with ^Z) is no reason to refuse; many are.
        odd = len(data) - len(data.translate(None, _CONTROL))
        if b"\x00" in data or odd > 0.01 * len(data) + 1:
            raise ContentError("it is binary, not text; export the structure as CIF")
        text = _decode_bytes(data, complete)
    if _WEB_PAGE.match(text):
        raise ContentError("it is a web page, not a structure; download the file itself")
    return text.replace("\r\n", "\n").replace("\r", "\n").rstrip("\x1a\x00")


def _decode_bytes(data: bytes, complete: bool) -> str:
    """UTF-8 where it is valid (a character cut by the end of a head does not count), else Latin-1."""
    try:
        return codecs.getincrementaldecoder("utf-8-sig")().decode(data, final=complete)
    except UnicodeDecodeError:
        return data.decode("latin-1")


def _utf16(data: bytes) -> str | None:
    if data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return "utf-16"
    sample = data[:512]
    if len(sample) >= 8:
        if not any(sample[0::2]) and all(sample[1::2]):
            return "utf-16-be"
        if not any(sample[1::2]) and all(sample[0::2]):
            return "utf-16-le"
    return None


@contextmanager
def open_lines(path: Path) -> Iterator[Iterator[str]]:
    """The lines of a file, one at a time and without their ends, for files too long to hold.

    Raises
    ------
    ContentError
        A line is longer than ``LINE_LIMIT``, or the bytes are no text.
    """
    with open_bytes(path) as stream:
        yield _lines(stream)


def _lines(stream: IO[bytes]) -> Iterator[str]:
    buffered = io.BufferedReader(cast("io.RawIOBase", stream), 1024**2)
    encoding = _utf16(buffered.peek(512)[:512]) or "utf-8-sig"
    text = io.TextIOWrapper(buffered, encoding=encoding, errors="replace")
    while line := text.readline(LINE_LIMIT):
        if len(line) == LINE_LIMIT:
            raise ContentError("a line is longer than a megabyte, so this is no structure file")
        if "\x00" in line:
            raise ContentError("it is binary, not text; export the structure as CIF")
        yield line.rstrip("\r\n")
