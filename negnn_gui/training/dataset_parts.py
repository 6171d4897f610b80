"""A table in the making: work done in parts, each remembered as it is finished, so that a stop loses one part only.

``NAME.partial/`` holds ``header.json`` (what was asked), ``items.json`` (what there is to do, fixed at the start),
one Parquet file a part, and ``journal.jsonl`` with one line for each finished part. The tables themselves appear
when all parts are there, each whole or not at all.
"""

from __future__ import annotations

import io
import json
import shutil
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from negnn_gui import __version__
from negnn_gui.export.atomic import AppendedFile, publish, write_whole
from negnn_gui.export.sidecars import ERROR_COLUMNS
from negnn_gui.export.text import csv_line
from negnn_gui.screening.lock import FolderLock, LockedError
from negnn_gui.structures.own_files import PROGRAM
from negnn_gui.training.tables import TrainingDataError

_HEADER, _ITEMS, _JOURNAL = "header.json", "items.json", "journal.jsonl"
_ROW_GROUP = 4096

Failure = tuple[str, str, str]
"""What could not be used: path or id, frame (may be empty), reason."""


class DatasetError(TrainingDataError):
    """The tables cannot be made; the message is one sentence for the user."""


class Parts:
    """One ``.partial`` folder, held by this process alone until it is closed.

    Attributes
    ----------
    items : list of str
        What there is to do, in order.
    done : int
        How many of the items are in finished parts.
    counts : Counter
        What became of them.
    failures : list of Failure
    """

    def __init__(self, folder: Path, items: list[str], lock: FolderLock, lines: list[dict[str, Any]]) -> None:
        self.folder = folder
        self.items = items
        self.done = 0
        self.counts: Counter[str] = Counter()
        self.failures: list[Failure] = []
        self._parts: list[str] = []
        self._lock = lock
        for line in lines:
            self._remember(line)
        trusted = sum(len(_line(line)) for line in lines)
        self._journal = AppendedFile(folder / _JOURNAL, trusted)

    @classmethod
    def begin(cls, folder: Path, header: Mapping[str, Any], items: Sequence[str]) -> Parts:
        """Start anew in a folder that does not exist yet, or in which nothing was begun."""
        folder.mkdir(parents=True, exist_ok=True)
        lock = _locked(folder)
        (folder / _JOURNAL).unlink(missing_ok=True)
        write_whole(folder / _ITEMS, json.dumps(list(items)).encode())
        # last: a folder with a header is one that can be resumed
        write_whole(folder / _HEADER, json.dumps(dict(header)).encode())
        return cls(folder, list(items), lock, [])

    @classmethod
    def reopen(cls, folder: Path, header: Mapping[str, Any]) -> Parts:
        """Take up the work of a run that was stopped.

        Raises
        ------
        DatasetError
            It was asked for something else, its files are damaged, or another run is at it.
        """
        lock = _locked(folder)
        try:
            items = _items_begun(folder, header)
            return cls(folder, items, lock, _whole_lines(folder / _JOURNAL))
        except Exception:
            lock.release()
            raise

    @property
    def left(self) -> list[str]:
        """The items that are not in a finished part."""
        return self.items[self.done :]

    def commit(
        self,
        rows: Sequence[Mapping[str, Any]],
        schema: pa.Schema,
        done: int,
        counts: Mapping[str, int],
        failures: Sequence[Failure] = (),
    ) -> None:
        """Keep a part: rows made of the next ``done`` items, and what became of the rest of them."""
        name = ""
        if rows:
            name = f"part-{len(self._parts):05d}.parquet"
            buffer = io.BytesIO()
            pq.write_table(pa.Table.from_pylist(list(rows), schema=schema), buffer, compression="zstd")
            write_whole(self.folder / name, buffer.getvalue())
        line = {"part": name, "done": done, "counts": dict(counts), "failures": [list(f) for f in failures]}
        self._journal.append(_line(line))
        self._journal.commit()
        self._remember(line)

    def tables(self) -> Iterator[pa.Table]:
        """The finished parts that hold rows, in order."""
        for name in self._parts:
            yield pq.read_table(self.folder / name)

    def close(self) -> None:
        """Leave the folder as it is, to be continued."""
        self._journal.close()
        self._lock.release()

    def discard(self) -> None:
        """Remove the folder: everything is in its place."""
        self.close()
        shutil.rmtree(self.folder, ignore_errors=True)

    def _remember(self, line: Mapping[str, Any]) -> None:
        self.done += line["done"]
        self.counts.update(line["counts"])
        self.failures.extend((path, frame, reason) for path, frame, reason in line["failures"])
        if line["part"]:
            self._parts.append(line["part"])


def is_begun(folder: Path) -> bool:
    """Whether a stopped run can be taken up here."""
    return (folder / _HEADER).is_file()


def write_table(target: Path, tables: Iterator[pa.Table], schema: pa.Schema, workshop: Path) -> int:
    """Join tables into one Parquet file; it appears whole. Returns the number of rows; none: no file.

    ``workshop`` is a folder for the unfinished file.
    """
    unfinished = workshop / f"{target.name}.unfinished"
    rows = 0
    waiting: list[pa.Table] = []
    with unfinished.open("wb") as file, pq.ParquetWriter(file, schema, compression="zstd") as writer:
        for table in tables:
            waiting.append(table.select(schema.names).cast(schema))
            rows += table.num_rows
            if sum(each.num_rows for each in waiting) >= _ROW_GROUP:
                writer.write_table(pa.concat_tables(waiting), row_group_size=_ROW_GROUP)
                waiting = []
        if waiting:
            writer.write_table(pa.concat_tables(waiting), row_group_size=_ROW_GROUP)
    if rows:
        publish(unfinished, target)
    return rows


def write_account(meta: Path, account: Mapping[str, Any], failures: Sequence[Failure]) -> None:
    """Say beside the tables how they were made, and name in ``.errors.csv`` what could not be used."""
    errors = meta.with_name(meta.name.replace(".meta.json", ".errors.csv"))
    if failures:
        write_whole(errors, "".join(map(csv_line, [ERROR_COLUMNS, *failures])).encode())
    else:
        errors.unlink(missing_ok=True)
    whole = {"program": PROGRAM, "version": __version__, **account}
    write_whole(meta, (json.dumps(whole, indent=1, ensure_ascii=False) + "\n").encode())


@contextmanager
def disk_errors(out: Path) -> Iterator[None]:
    """Turn what a disk can refuse (no space, no permission, a file in the way) into one sentence.

    Raises
    ------
    DatasetError
    """
    try:
        yield
    except OSError as error:
        reason = error.strerror or str(error)
        raise DatasetError(
            f"{error.filename or out} cannot be written ({reason}): mend that, then go on with --resume; "
            "what was done is kept"
        ) from error


def _items_begun(folder: Path, header: Mapping[str, Any]) -> list[str]:
    try:
        begun = json.loads((folder / _HEADER).read_bytes())
        items: list[str] = json.loads((folder / _ITEMS).read_bytes())
    except (ValueError, FileNotFoundError) as error:
        raise DatasetError(f"{folder} is damaged: delete it and start again") from error
    changed = ", ".join(sorted(key for key in header if begun.get(key) != header[key]))
    if changed:
        raise DatasetError(
            f"{folder} was begun with another {changed}: give the same again, or delete it to start anew"
        )
    return items


def _locked(folder: Path) -> FolderLock:
    try:
        return FolderLock(folder)
    except LockedError as error:
        raise DatasetError(
            f"another run is at work in {folder.parent}: wait for it or choose another --out"
        ) from error


def _line(line: Mapping[str, Any]) -> bytes:
    return json.dumps(line).encode() + b"\n"


def _whole_lines(path: Path) -> list[dict[str, Any]]:
    """Lines of the journal up to the first that a kill cut short."""
    lines: list[dict[str, Any]] = []
    if not path.is_file():
        return lines
    with path.open("rb") as file:
        for line in file:
            if not line.endswith(b"\n"):
                break
            try:
                lines.append(json.loads(line))
            except ValueError:
                break
    return lines
