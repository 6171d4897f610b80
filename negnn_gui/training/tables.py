"""The parquet tables of training data: reading and checking. The schema is described in docs/data.md."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
from numpy.typing import NDArray

SPLITS = ("train", "val", "test")
STRUCTURE_COLUMNS = ("structure_id", "reduced_formula", "lattice", "atomic_numbers", "frac_coords", "split")


class TrainingDataError(ValueError):
    """A table of training data is missing or not as described; one sentence for the user."""


@dataclass(frozen=True, eq=False)
class StructureTable:
    """S structures with N atoms in all, flat: atoms of structure i are ``start[i]`` to ``start[i + 1]``.

    Attributes
    ----------
    name : str
        Stem of the file.
    sha256 : str
        Of the file.
    ids, formulas, splits : (S,) str
    lattices : (S, 3, 3) float64
        Rows a, b, c in Å.
    start : (S + 1,) int64
    atomic_numbers : (N,) int64
    frac_coords : (N, 3) float64
    """

    name: str
    sha256: str
    ids: NDArray[np.str_]
    formulas: NDArray[np.str_]
    splits: NDArray[np.str_]
    lattices: NDArray[np.float64]
    start: NDArray[np.int64]
    atomic_numbers: NDArray[np.int64]
    frac_coords: NDArray[np.float64]

    @property
    def n_structures(self) -> int:
        """Number of structures S."""
        return len(self.ids)

    @property
    def sizes(self) -> NDArray[np.int64]:
        """(S,) atoms of each structure."""
        return np.diff(self.start)


def read_structures_table(folder: Path, name: str) -> StructureTable:
    """Read ``folder/name.parquet``.

    Raises
    ------
    TrainingDataError
        No such file, a missing column, or rows whose lengths do not fit each other.
    """
    path = _existing(folder, name)
    table = pq.read_table(path, columns=_checked(path, STRUCTURE_COLUMNS))
    numbers = _flat(table, "atomic_numbers").astype(np.int64)
    start = _starts(table, "atomic_numbers")
    lattice = _flat(table, "lattice").astype(np.float64)
    frac = _flat(table, "frac_coords").astype(np.float64)
    if len(lattice) != 9 * table.num_rows or len(frac) != 3 * len(numbers):
        raise TrainingDataError(
            f"{path.name}: lattice needs 9 and frac_coords 3 numbers an atom in every row"
        )
    return StructureTable(
        name=name,
        sha256=file_sha256(path),
        ids=_text(table, "structure_id"),
        formulas=_text(table, "reduced_formula"),
        splits=_text(table, "split"),
        lattices=lattice.reshape(-1, 3, 3),
        start=start,
        atomic_numbers=numbers,
        frac_coords=frac.reshape(-1, 3),
    )


def merge_tables(tables: Sequence[StructureTable]) -> StructureTable:
    """One table of several, without structures that an earlier one holds already.

    Two structures count as one if they have the same atoms and the same volume to 0.01 Å³ an atom.
    """
    seen: set[tuple[bytes, int]] = set()
    kept: list[NDArray[np.int64]] = []
    for table in tables:
        volume = np.abs(np.linalg.det(table.lattices)) / np.maximum(table.sizes, 1)
        rows = []
        for row in range(table.n_structures):
            numbers = np.sort(table.atomic_numbers[table.start[row] : table.start[row + 1]])
            key = (numbers.tobytes(), round(float(volume[row]) * 100))
            if key not in seen:
                seen.add(key)
                rows.append(row)
        kept.append(np.array(rows, dtype=np.int64))
    return joined("+".join(t.name for t in tables), list(zip(tables, kept, strict=True)))


def joined(name: str, parts: Sequence[tuple[StructureTable, NDArray[np.int64]]]) -> StructureTable:
    """One table of chosen rows of several, in their order; its sha256 follows from theirs and the rows."""
    sizes = np.concatenate([t.sizes[rows] for t, rows in parts])
    atoms = [(t, ranges(t.start[rows], t.sizes[rows])) for t, rows in parts]
    identity = hashlib.sha256()
    for table, rows in parts:
        identity.update(table.sha256.encode() + np.ascontiguousarray(rows, dtype=np.int64).tobytes())
    return StructureTable(
        name=name,
        sha256=identity.hexdigest(),
        ids=np.concatenate([t.ids[rows] for t, rows in parts]),
        formulas=np.concatenate([t.formulas[rows] for t, rows in parts]),
        splits=np.concatenate([t.splits[rows] for t, rows in parts]),
        lattices=np.concatenate([t.lattices[rows] for t, rows in parts]),
        start=np.concatenate([[0], np.cumsum(sizes)]),
        atomic_numbers=np.concatenate([t.atomic_numbers[chosen] for t, chosen in atoms]),
        frac_coords=np.concatenate([t.frac_coords[chosen] for t, chosen in atoms]),
    )


def ranges(start: NDArray[np.int64], length: NDArray[np.int64]) -> NDArray[np.int64]:
    """start[0], start[0] + 1, ..., start[1], ...: several ranges as one index array."""
    total = int(length.sum())
    before = np.cumsum(length) - length
    return np.arange(total) - np.repeat(before, length) + np.repeat(start, length)


def read_column(folder: Path, name: str, column: str) -> NDArray[np.generic]:
    """One column of a table: per structure as stored, or flat over atoms where it is a list."""
    path = _existing(folder, name)
    table = pq.read_table(path, columns=_checked(path, (column,)))
    if str(table.schema.field(column).type).startswith(("list", "large_list", "fixed_size_list")):
        return _flat(table, column)
    return np.asarray(table[column].to_numpy(zero_copy_only=False))


def file_sha256(path: Path) -> str:
    """sha256 of a file, read in pieces."""
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def _existing(folder: Path, name: str) -> Path:
    path = folder / f"{name}.parquet"
    if not path.is_file():
        raise TrainingDataError(
            f"{path.name} is missing in {folder}: give the folder of the tables with --data or NEGNN_DATA"
        )
    return path


def _checked(path: Path, columns: tuple[str, ...]) -> list[str]:
    try:
        present = set(pq.read_schema(path).names)
    except Exception as error:
        raise TrainingDataError(f"{path.name} is not a readable parquet file: {error}") from error
    missing = [column for column in columns if column not in present]
    if missing:
        raise TrainingDataError(f"{path.name} lacks the column {', '.join(missing)}")
    return list(columns)


def _flat(table: object, column: str) -> NDArray[np.generic]:
    combined = table[column].combine_chunks()  # type: ignore[index]
    return np.asarray(combined.flatten().to_numpy(zero_copy_only=False))


def _starts(table: object, column: str) -> NDArray[np.int64]:
    combined = table[column].combine_chunks()  # type: ignore[index]
    lengths = np.asarray(combined.value_lengths().to_numpy(zero_copy_only=False), dtype=np.int64)
    return np.concatenate([[0], np.cumsum(lengths)])


def _text(table: object, column: str) -> NDArray[np.str_]:
    return np.asarray(table[column].to_pylist(), dtype=np.str_)  # type: ignore[index]
