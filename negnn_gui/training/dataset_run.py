"""What the makers of both data sets share: begin or take up, work through the items in parts, finish, report."""

from __future__ import annotations

import json
import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pyarrow as pa

from negnn_gui.training.dataset_parts import DatasetError, Failure, Parts, is_begun

HELD_BACK = "held back"
DISORDERED = "disordered"
NO_MOMENTS = "without moments"
DUPLICATE = "duplicate"
UNUSABLE = "unusable"

Progress = Callable[[int, int], None]


@dataclass
class Harvest:
    """Rows made of some items, and what became of the others."""

    rows: list[dict[str, Any]] = field(default_factory=list)
    counts: Counter[str] = field(default_factory=Counter)
    failures: list[Failure] = field(default_factory=list)

    def leave_out(self, why: str, name: str, frame: str = "", reason: str = "") -> None:
        """Count an item that gives no row, and list it where it has a reason."""
        self.counts[why] += 1
        if reason:
            self.failures.append((name, frame, reason))


@dataclass(frozen=True)
class DatasetReport:
    """What a run did.

    Attributes
    ----------
    rows : dict of str to int
        Rows by file name of the tables.
    counts : dict of str to int
        How many inputs gave no row, by reason.
    done, total : int
        Inputs looked at, and all there are.
    complete : bool
        The tables are written; else the run stopped at its time limit and can be resumed.
    untouched : bool
        A run before had finished; nothing was done.
    """

    rows: dict[str, int]
    counts: dict[str, int]
    done: int
    total: int
    complete: bool
    untouched: bool = False


def finished_before(out: Path, meta: Path, tables: Sequence[str], resume: bool) -> DatasetReport | None:
    """The report of a finished run that --resume finds in ``out``.

    Raises
    ------
    DatasetError
        ``out`` holds tables, or a begun run, and --resume was not given: nothing is overwritten.
    """
    partial = partial_of(meta)
    if resume:
        if meta.is_file() and not is_begun(partial):
            return _read_report(meta)
        return None
    if is_begun(partial):
        raise DatasetError(
            f"{partial} holds an unfinished run: go on with --resume, or delete it to start anew"
        )
    for name in (*tables, meta.name):
        if (out / name).exists():
            raise DatasetError(f"{out} holds {name} already: choose another --out or delete it")
    return None


def partial_of(meta: Path) -> Path:
    """``mp.partial`` for ``mp.meta.json``."""
    return meta.with_name(meta.name.replace(".meta.json", ".partial"))


def open_parts(folder: Path, header: Mapping[str, Any], items: Callable[[], Sequence[str]]) -> Parts:
    """The parts of a run that was stopped, else new ones; ``items`` is only asked for these."""
    if is_begun(folder):
        return Parts.reopen(folder, header)
    return Parts.begin(folder, header, items())


def work_through(
    parts: Parts,
    harvest: Callable[[list[str]], Harvest],
    schema: pa.Schema,
    batch: int,
    max_seconds: float | None,
    progress: Progress,
) -> bool:
    """Harvest the items that are left, ``batch`` at a time; False where the time was up before the end."""
    begin = time.monotonic()
    total = len(parts.items)
    progress(parts.done, total)
    while parts.left:
        if max_seconds is not None and time.monotonic() - begin >= max_seconds:
            return False
        items = parts.left[:batch]
        found = harvest(items)
        parts.commit(found.rows, schema, len(items), found.counts, found.failures)
        progress(parts.done, total)
    return True


def account_of(report: DatasetReport, source: str, licence: str) -> dict[str, Any]:
    """What the sidecar says: where the data is from, and what was left out."""
    return {
        "source": source,
        "licence": licence,
        "finished": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
        "rows": report.rows,
        "inputs": report.total,
        "left_out": report.counts,
    }


def _read_report(meta: Path) -> DatasetReport:
    try:
        account = json.loads(meta.read_bytes())
        rows, counts, total = dict(account["rows"]), dict(account["left_out"]), int(account["inputs"])
    except (OSError, ValueError, TypeError, KeyError) as error:
        raise DatasetError(f"{meta} is damaged: delete it and the tables beside it to start anew") from error
    return DatasetReport(rows, counts, total, total, complete=True, untouched=True)
