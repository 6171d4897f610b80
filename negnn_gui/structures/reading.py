"""Files and texts become structure entries: the one door through which structures come in.

Nothing raised by a parser passes it: every failure is a ``StructureReadError`` with one sentence for the
user.
pymatgen and ase are imported when the first structure is read, so importing this module is cheap.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from negnn_gui.structures import formats
from negnn_gui.structures.content import ContentError, open_bytes, open_lines, read_beginning, read_whole
from negnn_gui.structures.entry import StructureEntry, StructureReadError
from negnn_gui.structures.expand import example_paths, expand_paths, is_structure_file
from negnn_gui.structures.formats import Format

if TYPE_CHECKING:
    from negnn_gui.structures.parsed import ParsedFrame, ParseError

__all__ = ["example_paths", "expand_paths", "is_structure_file", "read_structures", "read_text"]

_log = logging.getLogger(__name__)
_LONGEST_REASON = 400


def read_structures(path: Path | str) -> Iterator[StructureEntry | StructureReadError]:
    """Every structure of a file, one after the other; what cannot be used comes as an error in its place.

    Parameters
    ----------
    path : Path
        A file in any of the supported formats, gzipped or not. The content decides where it contradicts
        the name.

    Yields
    ------
    StructureEntry or StructureReadError
        In the order of the file. Files with many frames are read as they are consumed.
    """
    path = Path(path)
    try:
        yield from _numbered(_frames_of_file(path), path, formats.stem(path.name))
    except ContentError as error:
        yield StructureReadError(path, _sentence(str(error)))
    except Exception as error:
        _log.exception("unforeseen failure while reading %r", str(path))
        yield StructureReadError(path, _sentence(f"it cannot be read ({_describe(error)}); check the file"))


def read_text(text: str, name: str) -> list[StructureEntry]:
    """Every structure of a text, such as a CIF from the clipboard.

    Parameters
    ----------
    text : str
        In any supported text format; found out from the text itself, then from ``name``.
    name : str
        What to call the structures; an extension helps where the text does not say what it is.

    Raises
    ------
    StructureReadError
        No structure in the text can be used; the reason is that of the first.
    """
    try:
        results = list(_numbered(_frames_of_text(text, name), None, formats.stem(name)))
    except ContentError as error:
        raise StructureReadError(None, _sentence(str(error))) from error
    entries = [result for result in results if isinstance(result, StructureEntry)]
    if not entries:
        failures = [result for result in results if isinstance(result, StructureReadError)]
        raise (
            failures[0]
            if failures
            else StructureReadError(None, "The text holds no structure; check what was copied.")
        )
    return entries


def _frames_of_file(path: Path) -> Iterator[ParsedFrame | ParseError]:
    """Parsed frames of a file, through a stream where the format allows it."""
    if path.is_dir():
        raise ContentError(_folder_reason(path))
    head, is_whole = read_beginning(path)
    found, note = _choose(head, path.name)
    from negnn_gui.structures import parsers

    if found is Format.VASPRUN:
        with open_bytes(path) as stream:
            yield from _noted(parsers.of_stream(found, stream), note)
    elif found in (Format.EXTXYZ, Format.POSCAR):
        with open_lines(path) as lines:
            yield from _noted(parsers.of_lines(found, lines), note)
    else:
        yield from _noted(parsers.of_text(found, head if is_whole else read_whole(path)), note)


def _frames_of_text(text: str, name: str) -> Iterator[ParsedFrame | ParseError]:
    """Parsed frames of a text."""
    text = text.lstrip("\ufeff").replace("\r\n", "\n").replace("\r", "\n")
    found, note = _choose(text, name)
    from negnn_gui.structures import parsers

    yield from _noted(parsers.of_text(found, text), note)


def _choose(head: str, name: str) -> tuple[Format, str]:
    """The format of a text and, where its name promises another, a sentence about it.

    Raises
    ------
    ContentError
        There is no text, or neither text nor name tell a format.
    """
    if not head.strip():
        raise ContentError("the file is empty; there is nothing to read")
    promised, seen = formats.by_name(name), formats.by_content(head)
    if promised is not None and (seen is None or seen is promised or formats.agrees(promised, head)):
        return promised, ""
    if seen is None:
        raise ContentError(f"this is no structure file that is known; known are {formats.SUPPORTED}")
    note = (
        ""
        if promised is None
        else f"The name promises {promised.value}; the content is {seen.value}, read as that."
    )
    return seen, note


def _noted(frames: Iterator[ParsedFrame | ParseError], note: str) -> Iterator[ParsedFrame | ParseError]:
    """The same frames, each with ``note`` as its first warning."""
    for frame in frames:
        if note and not isinstance(frame, Exception):
            frame.warnings.insert(0, note)
        yield frame


def _numbered(
    frames: Iterator[ParsedFrame | ParseError], path: Path | None, name: str
) -> Iterator[StructureEntry | StructureReadError]:
    """Entries and errors with their frame; an error that is all there is stands for the file (frame None)."""
    from negnn_gui.structures.assembly import assemble
    from negnn_gui.structures.parsed import ParsedFrame, ParseError

    waiting: StructureReadError | None = None
    index = 0
    for index, frame in enumerate(frames):
        if waiting is not None:
            yield StructureReadError(path, waiting.reason, frame=0)
            waiting = None
        try:
            if not isinstance(frame, ParsedFrame):
                raise frame
            yield assemble(frame, path, index, name)
        except ParseError as error:
            failure = StructureReadError(path, _sentence(str(error)), frame=index)
            if index == 0:
                waiting = failure
            else:
                yield failure
    if waiting is not None:
        yield StructureReadError(path, waiting.reason)


def _folder_reason(path: Path) -> str:
    try:
        next(path.iterdir(), None)
    except OSError:
        return "the folder cannot be listed; change its permissions"
    return "the folder holds no structure files; choose another or name the file itself"


def _describe(error: Exception) -> str:
    return f"{type(error).__name__}: {error}"[:200]


def _sentence(reason: str) -> str:
    """One line, printable, beginning with a capital and ending with a full stop."""
    line = " ".join(reason.split())
    line = "".join(character if character.isprintable() else "?" for character in line)
    if len(line) > _LONGEST_REASON:
        line = line[: _LONGEST_REASON - 1] + "…"
    return line[:1].upper() + line[1:].rstrip(".") + "."
