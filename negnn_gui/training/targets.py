"""What ``negnn train --target`` learns: a column of the tables, or of the user's own CSV file of labels.

A label belongs to a site or to a structure; which of the two follows from the data, never from an option.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
from numpy.typing import NDArray

from negnn_gui.analysis.label_files import (
    SITE_COLUMN,
    STRUCTURE_COLUMN,
    LabelFile,
    match_labels,
    read_label_file,
)
from negnn_gui.models.property_model import Of
from negnn_gui.structures.entry import StructureEntry
from negnn_gui.structures.expand import expand_paths
from negnn_gui.structures.reading import read_structures
from negnn_gui.training.dataset_rows import SplitRule, split_of
from negnn_gui.training.tables import (
    STRUCTURE_COLUMNS,
    StructureTable,
    TrainingDataError,
    file_sha256,
    read_column,
    read_structures_table,
)

DFT_MOMENT, EXPERIMENTAL_MOMENT = "dft_moment", "experimental_moment"
MOMENT_TARGETS = {DFT_MOMENT: "dft", EXPERIMENTAL_MOMENT: "experimental"}
"""Targets that make a moment model, and its head."""

OWN_STRUCTURES = "own-structures"
"""Name of the table that a user's own files make."""

# per mille by formula: a tenth each for test and val of the user's own structures
_OWN_SPLIT = SplitRule(test=0, validation=100, train=200)
_FEWEST = 20


@dataclass(frozen=True, eq=False)
class TargetData:
    """Structures and what is to be learned of them.

    Attributes
    ----------
    name : str
        Of the column.
    of : "site" or "structure"
    table : StructureTable
    labels : (N,) or (S,) float32
        Of every atom or of every structure of the table, in the column's own unit; NaN where there is none.
    remarks : tuple of str
        What was left out and why, one sentence each.
    """

    name: str
    of: Of
    table: StructureTable
    labels: NDArray[np.float32]
    remarks: tuple[str, ...] = ()

    def of_atoms(self, structures: NDArray[np.int64]) -> NDArray[np.float32]:
        """Labels of the atoms of chosen rows, row after row; a structure's label is that of all its atoms."""
        sizes = self.table.sizes[structures]
        if self.of == "structure":
            return np.repeat(self.labels[structures], sizes)
        parts = [self.labels[self.table.start[i] : self.table.start[i + 1]] for i in structures]
        return np.concatenate(parts) if parts else self.labels[:0]


def table_target(data: Path, target: str) -> TargetData:
    """A column of the tables, named ``COLUMN`` or ``TABLE:COLUMN``.

    Raises
    ------
    TrainingDataError
        No table, or more than one, has it; or it holds no numbers.
    """
    name, _, column = target.rpartition(":")
    tables = [name] if name else _tables_with(data, column)
    if len(tables) != 1:
        if tables:
            choices = " or ".join(f"{table}:{column}" for table in tables)
            raise TrainingDataError(f"several tables have a column {column}: say --target {choices}")
        raise TrainingDataError(
            f"no table in {data} has a column {column}; its columns of numbers are "
            f"{', '.join(_columns(data)) or 'none'}; or give a CSV file of labels with --labels"
        )
    table = read_structures_table(data, tables[0])
    if column not in _schema(data / f"{tables[0]}.parquet"):
        raise TrainingDataError(
            f"{tables[0]} has no column {column}: give the CSV file of labels with --labels"
        )
    values = read_column(data, tables[0], column)
    try:
        labels = values.astype(np.float32)
    except (TypeError, ValueError) as error:
        raise TrainingDataError(f"the column {column} of {tables[0]} holds no numbers") from error
    labels[~np.isfinite(labels)] = np.nan
    of: Of = "structure" if len(labels) == table.n_structures else "site"
    if of == "site" and len(labels) != len(table.atomic_numbers):
        raise TrainingDataError(
            f"the column {column} of {tables[0]} has neither one number a structure nor one a site"
        )
    return _checked(TargetData(column, of, table, labels))


def file_target(
    path: Path, column: str, structures: Iterable[Path] = (), data: Path | None = None
) -> TargetData:
    """A column of a CSV file of labels, for structure files of the user's or, without any, for those of the tables.

    Own structures are split by their formulas, a tenth each for ``val`` and ``test``; those of the tables keep
    their splits.

    Raises
    ------
    LabelFileError, TrainingDataError
        The file cannot be used, or too few of its rows.
    """
    labels = read_label_file(path)
    if column not in labels.columns:
        raise TrainingDataError(
            f"{path.name} has no column of numbers named {column}; it has {', '.join(labels.columns)}"
        )
    chosen = list(structures)
    if chosen:
        return _checked(_of_own_structures(labels, column, chosen))
    if data is None:
        raise TrainingDataError("name the labelled structures with --structures, or the tables with --data")
    return _checked(_of_table_structures(labels, column, data))


def _of_own_structures(labels: LabelFile, column: str, paths: list[Path]) -> TargetData:
    entries: dict[str, StructureEntry] = {}
    unread: list[str] = []
    for path in expand_paths(paths):
        for entry in read_structures(path):
            if not isinstance(entry, StructureEntry):
                unread.append(str(entry))
            elif not entry.is_ordered:
                unread.append(f"{entry.name}: sites shared by several species")
            else:
                entries[entry.id] = entry
    if not entries:
        reason = f" ({unread[0]})" if unread else ""
        raise TrainingDataError(f"no structure could be read from {', '.join(map(str, paths))}{reason}")
    matched = match_labels(labels, column, entries)
    kept = [entries[key] for key in dict.fromkeys(row.entry_id for row in matched.rows)]
    table = _table_of(kept, file_sha256(labels.path))
    row_of = {entry.id: row for row, entry in enumerate(kept)}
    values = np.full(len(table.atomic_numbers) if labels.of_sites else len(kept), np.nan, dtype=np.float32)
    for row in matched.rows:
        place = row_of[row.entry_id]
        values[table.start[place] + row.site if labels.of_sites else place] = row.value
    remarks = list(matched.remarks)
    if unread:
        remarks.append(f"{len(unread)} structures could not be used, the first: {unread[0]}")
    return TargetData(column, "site" if labels.of_sites else "structure", table, values, tuple(remarks))


def _table_of(entries: list[StructureEntry], labels_sha256: str) -> StructureTable:
    numbers = [np.array([site.specie.Z for site in entry.structure], dtype=np.int64) for entry in entries]
    lattices = np.stack([np.asarray(entry.structure.lattice.matrix, dtype=np.float64) for entry in entries])
    frac = [np.asarray(entry.structure.frac_coords, dtype=np.float64).reshape(-1, 3) for entry in entries]
    identity = hashlib.sha256(labels_sha256.encode())
    for own, lattice, places in zip(numbers, lattices, frac, strict=True):
        identity.update(own.tobytes() + np.ascontiguousarray(lattice).tobytes() + places.tobytes())
    formulas = [entry.formula for entry in entries]
    return StructureTable(
        name=OWN_STRUCTURES,
        sha256=identity.hexdigest(),
        ids=np.array([entry.name for entry in entries], dtype=np.str_),
        formulas=np.array(formulas, dtype=np.str_),
        splits=np.array([split_of(formula, _OWN_SPLIT) for formula in formulas], dtype=np.str_),
        lattices=lattices,
        start=np.concatenate([[0], np.cumsum([len(own) for own in numbers])]).astype(np.int64),
        atomic_numbers=np.concatenate(numbers),
        frac_coords=np.concatenate(frac),
    )


def _of_table_structures(labels: LabelFile, column: str, data: Path) -> TargetData:
    """Labels of structures of the table that holds most of them, by ``structure_id``."""
    tables = [read_structures_table(data, name) for name in _tables(data)]
    if not tables:
        raise TrainingDataError(f"there is no table of structures (*.parquet) in {data}")
    wanted = {row[STRUCTURE_COLUMN] for row in labels.rows}
    table = max(tables, key=lambda own: len(wanted.intersection(own.ids.tolist())))
    row_of = {str(name): row for row, name in enumerate(table.ids)}
    size = len(table.atomic_numbers) if labels.of_sites else table.n_structures
    values = np.full(size, np.nan, dtype=np.float32)
    unknown = wrong = 0
    for line in labels.rows:
        row = row_of.get(line[STRUCTURE_COLUMN])
        if row is None:
            unknown += 1
            continue
        try:
            value = float(line.get(column, ""))
            site = int(line.get(SITE_COLUMN, "")) if labels.of_sites else 0
        except ValueError:
            wrong += 1
            continue
        if not np.isfinite(value) or not 0 <= site < table.sizes[row]:
            wrong += 1
            continue
        values[table.start[row] + site if labels.of_sites else row] = value
    remarks = []
    if unknown:
        remarks.append(f"{unknown} rows of {labels.path.name} name no structure of {table.name}")
    if wrong:
        remarks.append(f"{wrong} rows of {labels.path.name} hold no number, or no site of their structure")
    return TargetData(column, "site" if labels.of_sites else "structure", table, values, tuple(remarks))


def _checked(found: TargetData) -> TargetData:
    """Refuse what has nothing to learn from, or nothing to choose and to measure with."""
    table = found.table
    for split, fewest in (("train", _FEWEST), ("val", 1), ("test", 1)):
        known = np.isfinite(found.of_atoms(np.flatnonzero(table.splits == split)))
        if found.of == "structure":
            known = np.isfinite(found.labels[table.splits == split])
        if int(known.sum()) < fewest:
            remarks = " ".join(f"({remark})" for remark in found.remarks)
            raise TrainingDataError(
                f"{found.name}: the {split} split of {table.name} has {int(known.sum())} labels and needs "
                f"{fewest}; structures are split by formula {remarks}".rstrip()
            )
    return found


def _tables(data: Path) -> list[str]:
    """Names of the tables of structures of a folder."""
    return [
        path.stem for path in sorted(data.glob("*.parquet")) if set(STRUCTURE_COLUMNS) <= set(_schema(path))
    ]


def _tables_with(data: Path, column: str) -> list[str]:
    return [name for name in _tables(data) if column in _schema(data / f"{name}.parquet")]


def _columns(data: Path) -> list[str]:
    """Columns that could be learned, of all tables."""
    found: dict[str, None] = {}
    for name in _tables(data):
        for column, kind in _schema(data / f"{name}.parquet").items():
            if column not in STRUCTURE_COLUMNS and any(word in kind for word in ("float", "double", "int")):
                found[column] = None
    return list(found)


def _schema(path: Path) -> dict[str, str]:
    try:
        schema = pq.read_schema(path)
    except Exception as error:
        raise TrainingDataError(f"{path.name} is not a readable parquet file: {error}") from error
    return {name: str(kind) for name, kind in zip(schema.names, schema.types, strict=True)}
