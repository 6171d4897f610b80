"""The readings of a store: the first one of everything, then one for each time that what failed is tried again."""

from __future__ import annotations

import json
import os
from dataclasses import dataclass, replace
from pathlib import Path

from negnn_gui.screening.journal import Checkpoint, Position, inputs_in, last_checkpoint
from negnn_gui.screening.reading import Failure
from negnn_gui.screening.result_store import recorded_failures


@dataclass(frozen=True)
class Round:
    """One reading: its folder and how far its journal says it came."""

    number: int
    folder: Path
    n_inputs: int
    last: Checkpoint

    @property
    def n_parts(self) -> int:
        """Parts of the store that can be trusted after it."""
        return self.last.sizes.get("parts", 0)


def round_folder(store: Path, number: int) -> Path:
    """Where the journal of a reading is."""
    return store / "rounds" / f"{number:03d}"


def rounds(store: Path) -> list[Round]:
    """All readings that were begun, the first one first; each counts what those before it had done."""
    found: list[Round] = []
    number = 1
    while (round_folder(store, number) / "header.json").is_file():
        folder = round_folder(store, number)
        last, _ = last_checkpoint(folder / "journal.jsonl")
        if not last.sizes and found:  # begun, and killed before its first line
            last = carried_on(found[-1].last)
        n_inputs = int(json.loads((folder / "header.json").read_bytes())["n_inputs"])
        found.append(Round(number, folder, n_inputs, last))
        number += 1
    return found


def carried_on(before: Checkpoint) -> Checkpoint:
    """Where a new reading begins: everything done before counts, no failure of its own yet."""
    return replace(before, position=Position(), failures=0, complete=False)


def live_failures(store: Path, read: list[Round] | None = None) -> list[Failure]:
    """What failed and has not been read again since, in the order it failed."""
    live: list[Failure] = []
    since = 0
    for reading in rounds(store) if read is None else read:
        if live:
            order = {os.fspath(path): number for number, path in enumerate(inputs_in(reading.folder))}
            live = [f for f in live if is_ahead(order.get(os.fspath(f.path)), reading.last.position)]
        own = recorded_failures(store, reading.n_parts, since)
        live += [failure for number, failure in own if number == reading.number]
        since = reading.n_parts
    return live


def is_ahead(file: int | None, position: Position) -> bool:
    """Whether a reading has not come to a file yet (None: it does not read it at all)."""
    return file is None or file > position.file or (file == position.file and position.frames == 0)
