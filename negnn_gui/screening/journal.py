"""The memory of a run on disk: which inputs there are, what is done, how much of each file can be trusted.

``sites.csv.partial/`` holds ``header.json`` (what was asked), ``inputs.jsonl`` (the files, one a line),
``journal.jsonl`` (one line after each committed batch) and the growing tables. A kill at any moment leaves
the last complete line of the journal true; whatever was written behind it is cut off and done again.
"""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass, field
from itertools import islice
from pathlib import Path
from typing import Any

from negnn_gui.export.atomic import AppendedFile, write_whole
from negnn_gui.screening.lock import FolderLock, LockedError
from negnn_gui.screening.request import ScreeningError

_HEADER = "header.json"
_INPUTS = "inputs.jsonl"
_JOURNAL = "journal.jsonl"


@dataclass(frozen=True)
class Position:
    """Where to go on: number of the file and how many of its frames are done."""

    file: int = 0
    frames: int = 0


@dataclass(frozen=True)
class Checkpoint:
    """What is done, as one line of the journal says it.

    Attributes
    ----------
    sizes : dict of str to int
        Trusted bytes of each growing file, by name.
    wall_time_s : float
        Seconds of work up to here, over all runs.
    devices : tuple of str
        Devices that computed something, in the order of their first use.
    complete : bool
        Nothing is left but to put the tables in their places.
    """

    position: Position = field(default_factory=Position)
    sizes: dict[str, int] = field(default_factory=dict)
    structures: int = 0
    sites: int = 0
    failures: int = 0
    warnings: int = 0
    wall_time_s: float = 0.0
    devices: tuple[str, ...] = ()
    complete: bool = False


class Journal:
    """One ``.partial`` folder.

    Attributes
    ----------
    folder : Path
    header : dict
        What ``begin`` was given.
    last : Checkpoint
        The last committed state.
    """

    def __init__(
        self, folder: Path, header: dict[str, Any], lock: FolderLock, last: Checkpoint, keep: int
    ) -> None:
        self.folder = folder
        self.header = header
        self._lock = lock
        self.last = last
        self._file = AppendedFile(folder / _JOURNAL, keep)

    @classmethod
    def begin(cls, folder: Path, header: dict[str, Any], inputs: Iterable[Path]) -> Journal:
        """Start anew; older unfinished work in the folder is thrown away."""
        folder.mkdir(exist_ok=True)
        lock = _locked(folder)
        for old in folder.iterdir():
            if old.name != "lock":
                old.unlink()
        count = 0
        with (folder / _INPUTS).open("w", encoding="ascii") as file:
            for path in inputs:
                file.write(json.dumps(os.fspath(path)) + "\n")
                count += 1
            file.flush()
            os.fsync(file.fileno())
        header = {**header, "n_inputs": count}
        write_whole(folder / _HEADER, json.dumps(header).encode())
        return cls(folder, header, lock, Checkpoint(), keep=0)

    @classmethod
    def reopen(cls, folder: Path) -> Journal | None:
        """Take up the work of a run that was stopped; None where there is none that can be continued."""
        if not (folder / _HEADER).is_file():
            return None
        lock = _locked(folder)
        header = json.loads((folder / _HEADER).read_bytes())
        last, keep = last_checkpoint(folder / _JOURNAL)
        return cls(folder, header, lock, last, keep)

    @property
    def n_inputs(self) -> int:
        """Number of files."""
        return int(self.header["n_inputs"])

    def inputs_left(self) -> Iterator[Path]:
        """The files from the one where to go on."""
        return inputs_in(self.folder, self.last.position.file)

    def commit(self, checkpoint: Checkpoint) -> None:
        """Remember a state whose files are on the disk already."""
        self._file.append(json.dumps(asdict(checkpoint)).encode() + b"\n")
        self._file.commit()
        self.last = checkpoint

    def close(self) -> None:
        """Leave the folder as it is, to be continued."""
        self._file.close()
        self._lock.release()

    def discard(self) -> None:
        """Remove the folder: everything is in its place."""
        self.close()
        shutil.rmtree(self.folder, ignore_errors=True)


def inputs_in(folder: Path, first: int = 0) -> Iterator[Path]:
    """The files that the journal in ``folder`` lists, from the one of number ``first`` on."""
    with (folder / _INPUTS).open(encoding="ascii") as file:
        for line in islice(file, first, None):
            yield Path(json.loads(line))


def _locked(folder: Path) -> FolderLock:
    try:
        return FolderLock(folder)
    except LockedError as error:
        table = folder.name.removesuffix(".partial")
        raise ScreeningError(
            f"another run is writing {table}; wait for it or choose another output"
        ) from error


def last_checkpoint(path: Path) -> tuple[Checkpoint, int]:
    """What the last whole line of a journal says, and the size of the file up to its end."""
    last, size = Checkpoint(), 0
    if not path.exists():
        return last, size
    with path.open("rb") as file:
        for line in file:
            if not line.endswith(b"\n"):
                break
            try:
                last = _checkpoint(json.loads(line))
            except (ValueError, TypeError, KeyError):
                break
            size += len(line)
    return last, size


def _checkpoint(values: dict[str, Any]) -> Checkpoint:
    position = Position(**values.pop("position"))
    devices = tuple(values.pop("devices"))
    return Checkpoint(position=position, devices=devices, **values)
