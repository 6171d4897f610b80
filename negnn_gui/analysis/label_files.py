"""A user's CSV of labels, matched to structures: what can be used, and what cannot, counted and named.

Columns: ``structure`` (the file's stem, as in the sites table), for labels of sites ``site_index`` (0-based, as in the
sites table), and at least one column of numbers.
"""

from __future__ import annotations

import csv
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from negnn_gui.structures.entry import StructureEntry

STRUCTURE_COLUMN = "structure"
SITE_COLUMN = "site_index"
FEWEST_ROWS = 20
FEWEST_GROUPS = 5
_NAMED = 3
_LARGEST_BYTES = 200_000_000


class LabelFileError(ValueError):
    """The labels cannot be used; one sentence: what, where, what to do."""


@dataclass(frozen=True)
class LabelFile:
    """A CSV file as it was read.

    Attributes
    ----------
    path : Path
    columns : tuple of str
        Those that may hold labels: at least half of their filled cells are numbers.
    rows : tuple of dict
        One for each line after the first, by column.
    of_sites : bool
        Whether there is a column ``site_index``.
    """

    path: Path
    columns: tuple[str, ...]
    rows: tuple[dict[str, str], ...]
    of_sites: bool


@dataclass(frozen=True)
class LabelledRow:
    """A label (in the user's own unit) and where it belongs; ``site`` is -1 for a structure."""

    entry_id: str
    site: int
    value: float


@dataclass(frozen=True)
class Matched:
    """Rows that can be used, and one sentence for each kind of row that cannot."""

    rows: tuple[LabelledRow, ...]
    remarks: tuple[str, ...]


def read_label_file(path: Path) -> LabelFile:
    """Read a CSV file of labels.

    Raises
    ------
    LabelFileError
        It cannot be read, has no column ``structure``, or no column of numbers.
    """
    try:
        if path.stat().st_size > _LARGEST_BYTES:
            raise LabelFileError(f"{path.name} is larger than 200 MB: give a table of labels only")
        text = path.read_text(encoding="utf-8-sig")
    except OSError as error:
        raise LabelFileError(f"{path.name} cannot be read: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise LabelFileError(f"{path.name} is not a text file in UTF-8: save it as CSV (UTF-8)") from error
    first = text.partition("\n")[0]
    separator = max(",;\t", key=first.count)
    reader = csv.DictReader(text.splitlines(), delimiter=separator)
    names = [name.strip() for name in reader.fieldnames or ()]
    if len(set(names)) != len(names):
        raise LabelFileError(f"{path.name}: two columns have the same name; rename one")
    if STRUCTURE_COLUMN not in names:
        found = ", ".join(names[:6]) or "none"
        raise LabelFileError(
            f"{path.name} has no column “{STRUCTURE_COLUMN}” (its columns: {found}): name the column that holds the "
            "file names of the structures so"
        )
    try:
        lines = [{k.strip(): (v or "").strip() for k, v in line.items() if k} for line in reader]
    except (csv.Error, AttributeError) as error:
        raise LabelFileError(
            f"{path.name} is not a table: line {reader.line_num + 1} cannot be split ({error})"
        ) from error
    columns = tuple(n for n in names if n not in (STRUCTURE_COLUMN, SITE_COLUMN) and _numeric(lines, n))
    if not columns:
        raise LabelFileError(
            f"{path.name} has no column of numbers beside “{STRUCTURE_COLUMN}”: add the labels"
        )
    return LabelFile(path, columns, tuple(lines), SITE_COLUMN in names)


def match_labels(labels: LabelFile, column: str, entries: Mapping[str, StructureEntry]) -> Matched:
    """Labels of ``column`` for open structures.

    Of several rows for the same place the first is taken.

    Raises
    ------
    LabelFileError
        Fewer than 20 rows can be used, or they belong to fewer than five structures; with all remarks.
    """
    by_name: dict[str, list[StructureEntry]] = {}
    for entry in entries.values():
        by_name.setdefault(entry.name, []).append(entry)
    usable: dict[tuple[str, int], LabelledRow] = {}
    problems: dict[str, list[str]] = {}
    for line, row in enumerate(labels.rows, start=2):
        found = _match(row, column, labels.of_sites, by_name)
        if isinstance(found, str):
            problems.setdefault(found, []).append(_place(line, row))
        elif (found.entry_id, found.site) in usable:
            problems.setdefault("repeating a row above (the first counts)", []).append(_place(line, row))
        else:
            usable[found.entry_id, found.site] = found
    remarks = tuple(
        f"{len(places)} row{'s' if len(places) > 1 else ''} left out, {reason}: {_few(places)}"
        for reason, places in problems.items()
    )
    rows = tuple(usable.values())
    structures = len({row.entry_id for row in rows})
    if len(rows) < FEWEST_ROWS or structures < FEWEST_GROUPS:
        shortage = (
            f"only {len(rows)} row{'s' if len(rows) != 1 else ''} can be used and {FEWEST_ROWS} are needed"
            if len(rows) < FEWEST_ROWS
            else f"structures with usable rows: {structures}, and {FEWEST_GROUPS} are needed"
        )
        raise LabelFileError(". ".join([f"{labels.path.name}: {shortage}", *remarks]))
    return Matched(rows, remarks)


def _match(
    row: Mapping[str, str], column: str, of_sites: bool, by_name: Mapping[str, Sequence[StructureEntry]]
) -> LabelledRow | str:
    """The label, or the reason (to be read after "3 rows left out,") why it cannot be used."""
    name, text = row.get(STRUCTURE_COLUMN, ""), row.get(column, "")
    if not text:
        return "without a value"
    try:
        value = float(text)
    except ValueError:
        return "with something that is not a number"
    if not math.isfinite(value):
        return "with a number that is not finite"
    named = by_name.get(name) or by_name.get(Path(name).stem, [])
    if not named:
        return "naming no open structure"
    if len(named) > 1:
        return "naming a structure that is open more than once"
    if not of_sites:
        return LabelledRow(named[0].id, -1, value)
    index = row.get(SITE_COLUMN, "")
    if not index.isdigit():
        return f"with a {SITE_COLUMN} that is not a whole number from 0"
    if int(index) >= named[0].n_sites:
        return f"with a {SITE_COLUMN} beyond the last site"
    return LabelledRow(named[0].id, int(index), value)


def _numeric(lines: Sequence[Mapping[str, str]], column: str) -> bool:
    filled = [line.get(column, "") for line in lines if line.get(column, "")]
    return bool(filled) and sum(_is_number(text) for text in filled) * 2 >= len(filled)


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True


def _place(line: int, row: Mapping[str, str]) -> str:
    return f"line {line} ({row.get(STRUCTURE_COLUMN) or 'no name'})"


def _few(places: Sequence[str]) -> str:
    shown = ", ".join(places[:_NAMED])
    return shown if len(places) <= _NAMED else f"{shown} and {len(places) - _NAMED} more"
