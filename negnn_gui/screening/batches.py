"""Frames gathered into batches that are predicted and committed together, the same in every run."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from negnn_gui.screening.journal import Position
from negnn_gui.screening.pool import FileFrame
from negnn_gui.screening.reading import FrameResult

MAX_STRUCTURES = 128
MAX_SITES = 8192


@dataclass
class Batch:
    """Some frames in a row.

    Attributes
    ----------
    end : Position
        Where the next batch begins.
    frames : list of (int, FrameResult)
        Number of the file within the whole run, and what one of its frames gave.
    """

    end: Position
    frames: list[tuple[int, FrameResult]] = field(default_factory=list)
    n_sites: int = 0

    def add(self, file: int, frame: FrameResult) -> None:
        """Append one frame."""
        self.frames.append((file, frame))
        self.n_sites += sum(entry.n_sites for entry in frame.entries)

    @property
    def is_full(self) -> bool:
        """Whether it is large enough to be worth a pass through the device and a commit."""
        return len(self.frames) >= MAX_STRUCTURES or self.n_sites >= MAX_SITES


def gather(frames: Iterable[FileFrame], start: Position) -> Iterator[Batch]:
    """Batches of the frames of all files left.

    Parameters
    ----------
    frames : iterable
        As a reader gives them; its file 0 is file ``start.file`` of the whole run.
    """
    batch = Batch(start)
    for number, frame in frames:
        file = start.file + number
        if frame is None or frame.ends_file:
            batch.end = Position(file + 1)
        else:
            done = batch.end.frames if batch.end.file == file else 0
            batch.end = Position(file, done + 1)
        if frame is not None:
            batch.add(file, frame)
        if batch.is_full:
            yield batch
            batch = Batch(batch.end)
    # The last files may have ended without a frame since the last full batch.
    if batch.frames or batch.end != start:
        yield batch
