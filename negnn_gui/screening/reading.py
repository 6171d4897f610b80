"""Reading one input: file or piped text -> structures ready for prediction, or the reason why not."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from negnn_gui.screening.request import STANDARD_INPUT, Disorder
from negnn_gui.structures.disorder import DisorderError, names_of_orderings, resolve_disorder
from negnn_gui.structures.entry import StructureEntry, StructureReadError
from negnn_gui.structures.reading import read_structures, read_text

_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class ReadTask:
    """One file to read.

    Attributes
    ----------
    path : Path
        As it will be named in the tables.
    skip : int
        Frames at the beginning that an earlier run has done.
    text : str or None
        The content, where it was piped in or comes from memory.
    location : Path or None
        Where the file lies, where ``path`` alone does not say so: a worker elsewhere has another folder.
    """

    path: Path
    disorder: Disorder
    skip: int = 0
    text: str | None = None
    location: Path | None = None


@dataclass(frozen=True)
class Failure:
    """One row of the errors table; ``frame`` is None where the whole file failed."""

    path: Path
    frame: int | None
    reason: str


@dataclass(frozen=True)
class FrameResult:
    """What one frame of a file gave: structures (several where disorder was enumerated) or a failure.

    ``ends_file`` marks a failure behind which the rest of the file was given up.
    """

    entries: tuple[StructureEntry, ...] = ()
    failure: Failure | None = None
    ends_file: bool = False


def read_frames(task: ReadTask) -> Iterator[FrameResult | None]:
    """The frames of one input in their order, None for each one skipped.

    Whatever goes wrong becomes a failure, never an exception.
    """
    try:
        for ordinal, frame in enumerate(_frames(task)):
            yield _resolved(frame, task) if ordinal >= task.skip else None
    except Exception as error:  # a reader's bug must cost its own file only
        _log.exception("reading failed")
        reason = f"it cannot be read ({type(error).__name__}: {error})"
        yield FrameResult(failure=Failure(task.path, None, reason), ends_file=True)


def _frames(task: ReadTask) -> Iterator[StructureEntry | StructureReadError]:
    if task.text is None:
        for found in read_structures(task.location or task.path):
            if isinstance(found, StructureEntry) and task.location is not None:
                yield replace(found, path=task.path)
            else:
                yield found
        return
    name = "stdin" if task.path == STANDARD_INPUT else task.path.name
    try:
        entries = read_text(task.text, name)
    except StructureReadError as error:
        yield error
        return
    for entry in entries:
        yield replace(entry, path=task.path)


def _resolved(frame: StructureEntry | StructureReadError, task: ReadTask) -> FrameResult:
    if isinstance(frame, StructureReadError):
        return FrameResult(failure=Failure(task.path, frame.frame, frame.reason))
    if frame.is_ordered:
        return FrameResult((frame,))
    try:
        orderings = resolve_disorder(frame, task.disorder)
    except DisorderError as error:
        hint = " (disorder: majority or enumerate)" if task.disorder == "skip" else ""
        return FrameResult(failure=Failure(task.path, frame.frame, str(error) + hint))
    return FrameResult(tuple(names_of_orderings(orderings)))
