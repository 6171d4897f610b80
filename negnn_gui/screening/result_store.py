"""Results of a screening as a folder of Parquet parts: it grows batch by batch and is never held in memory.

::

    NAME/
      store.json                    what was asked for, and by which models it was answered
      parts/sites-000000.parquet    one row a site: the sites table
      parts/structures-000000.parquet    one row a structure: the summary
      parts/embeddings-000000.parquet    one row a site's vectors, where they were asked for
      parts/failures-000000.jsonl   what failed in this batch
      parts/warnings-000000.jsonl   what was repaired or looks odd
      rounds/001/                   the journal of the first reading; each retry of what failed adds one

A part counts once the journal says so; what a killed run wrote behind that is removed and done again.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, get_args

import pyarrow as pa
import pyarrow.parquet as pq

from negnn_gui.export.atomic import publish, write_whole
from negnn_gui.export.blocks import arrow_table, table_schema
from negnn_gui.export.tables import (
    SITE_COLUMNS,
    SUMMARY_COLUMNS,
    embedding_columns,
    embedding_names,
    site_columns,
    structure_summary,
)
from negnn_gui.export.text import printable
from negnn_gui.results import ModelRef
from negnn_gui.screening.reading import Failure
from negnn_gui.screening.request import Disorder, ScreeningError
from negnn_gui.structures.own_files import PROGRAM

if TYPE_CHECKING:
    from negnn_gui.results import Analysis
    from negnn_gui.structures.entry import StructureEntry

STORE_FORMAT = 1
HEADER = "store.json"

TableName = Literal["sites", "structures", "embeddings"]
TABLES: tuple[TableName, ...] = get_args(TableName)


@dataclass(frozen=True)
class StoreHeader:
    """What a store holds the results of.

    Attributes
    ----------
    inputs : tuple of str
        Files and folders as they were given.
    disorder : "majority", "enumerate" or "skip"
        What was done with a site that several species share.
    levels : str
        Levels whose embeddings are kept, such as "01"; "" where none are.
    models : dict of str to ModelRef
        By what they do; empty until the first run has loaded them.
    started : str
        UTC, ISO 8601.
    """

    inputs: tuple[str, ...]
    disorder: Disorder = "skip"
    levels: str = ""
    models: dict[str, ModelRef] = field(default_factory=dict)
    started: str = field(default_factory=lambda: datetime.now(UTC).isoformat(timespec="seconds"))
    format: int = STORE_FORMAT


@cache
def schema(table: TableName, levels: str = "") -> pa.Schema:
    """Columns and types of the parts of one table."""
    if table == "embeddings":
        return table_schema(embedding_names(levels))
    if table == "sites":
        return table_schema(SITE_COLUMNS)
    kinds = table_schema(SUMMARY_COLUMNS)
    for name in ("n_sites", "n_magnetic"):
        kinds = kinds.set(kinds.get_field_index(name), pa.field(name, pa.int64()))
    return kinds


def is_store(folder: Path) -> bool:
    """Whether a folder holds results of a screening."""
    return (folder / HEADER).is_file()


def read_header(folder: Path) -> StoreHeader:
    """What the store in ``folder`` says about itself.

    Raises
    ------
    ScreeningError
        It is no store of this program, is damaged, or was written by a later version.
    """
    try:
        values = json.loads((folder / HEADER).read_bytes())
        if values.pop("program") != PROGRAM:
            raise ValueError("program")
        found = int(values["format"])
        if found > STORE_FORMAT:
            raise ScreeningError(
                f"{folder} was written by a later version (format {found}, known is {STORE_FORMAT}); "
                "update negnn-gui"
            )
        values["inputs"] = tuple(values["inputs"])
        values["models"] = {role: ModelRef(**ref) for role, ref in values["models"].items()}
        return StoreHeader(**values)
    except OSError as error:
        raise ScreeningError(
            f"{folder} holds no results of a screening; choose the folder that has a {HEADER}"
        ) from error
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise ScreeningError(
            f"{folder / HEADER} is damaged or not of this program; the screening must be begun anew"
        ) from error


def write_header(folder: Path, header: StoreHeader) -> None:
    """Begin or correct a store; the folders it needs are made."""
    (folder / "parts").mkdir(parents=True, exist_ok=True)
    (folder / "rounds").mkdir(exist_ok=True)
    write_whole(
        folder / HEADER, (json.dumps({"program": PROGRAM, **asdict(header)}, indent=1) + "\n").encode()
    )


def part_path(folder: Path, kind: str, number: int) -> Path:
    """File of one part: ``kind`` is a table, "failures" or "warnings"."""
    suffix = "parquet" if kind in TABLES else "jsonl"
    return folder / "parts" / f"{kind}-{number:06d}.{suffix}"


class StoreWriter:
    """Adds parts to a store.

    Parameters
    ----------
    keep : int
        Number of parts that can be trusted; later ones, left by a killed run, are removed.
    reading : int
        Number of the round that is being read; failures remember it.
    levels : str
        Levels whose embeddings are kept; "" for none.
    """

    def __init__(self, folder: Path, *, keep: int, reading: int, levels: str = "") -> None:
        self._folder = folder
        self._round = reading
        self._levels = levels
        self._sites: list[pa.Table] = []
        self._vectors: list[pa.Table] = []
        self._lines: dict[str, list[bytes]] = {"failures": [], "warnings": []}
        self.n_parts = keep
        for path in (folder / "parts").iterdir():
            if _number(path) >= keep:
                path.unlink(missing_ok=True)

    def add(self, entry: StructureEntry, analysis: Analysis) -> int:
        """Add the rows of one structure; the number of warnings it came with."""
        self._sites.append(arrow_table(site_columns(entry, analysis), schema("sites")))
        if self._levels:
            vectors = embedding_columns(entry, analysis, self._levels)
            self._vectors.append(arrow_table(vectors, schema("embeddings", self._levels)))
        warnings = (*entry.warnings, *analysis.warnings)
        place = f"{printable(entry.path or entry.name)}, frame {entry.frame}"
        self.warn([f"{place}: {warning}" for warning in warnings])
        return len(warnings)

    def add_tables(self, sites: pa.Table, embeddings: pa.Table | None) -> None:
        """Add rows of whole structures, with their embeddings where the store keeps them."""
        self._sites.append(sites.select(schema("sites").names).cast(schema("sites")))
        if self._levels and embeddings is not None:
            kinds = schema("embeddings", self._levels)
            self._vectors.append(embeddings.select(kinds.names).cast(kinds))

    def warn(self, sentences: Iterable[str]) -> None:
        """Add what was repaired or looks odd: ``file, frame: sentence``."""
        self._lines["warnings"] += map(_line, sentences)

    def fail(self, failure: Failure) -> None:
        """Add what could not be read or predicted."""
        reason = " ".join(failure.reason.split())
        self._lines["failures"].append(
            _line(
                {
                    "round": self._round,
                    "path": os.fspath(failure.path),
                    "frame": failure.frame,
                    "reason": reason,
                }
            )
        )

    def commit(self) -> dict[str, int]:
        """Bring what was added to the disk as one part; the number of parts that can now be trusted."""
        if self._sites or any(self._lines.values()):
            for kind, lines in self._lines.items():
                if lines:
                    write_whole(part_path(self._folder, kind, self.n_parts), b"".join(lines))
                    lines.clear()
            if self._sites:
                self._write_tables()
            self.n_parts += 1
        return {"parts": self.n_parts}

    def _write_tables(self) -> None:
        sites = pa.concat_tables(self._sites).combine_chunks()
        summary = structure_summary(sites.to_pandas())
        structures = pa.Table.from_pandas(summary, schema=schema("structures"), preserve_index=False)
        tables: dict[TableName, pa.Table] = {"sites": sites, "structures": structures}
        if self._vectors:
            tables["embeddings"] = pa.concat_tables(self._vectors)
        self._sites, self._vectors = [], []
        for name, table in tables.items():
            path = part_path(self._folder, name, self.n_parts)
            working = path.with_suffix(".writing")
            # Parts are read in any order, a few rows each: speed of reading counts more than size.
            pq.write_table(table, working, compression="lz4", write_statistics=False)
            publish(working, path)


def warnings_of(folder: Path, n_parts: int) -> Iterator[str]:
    """What was repaired or looks odd, one sentence each, in the order it came."""
    for number in range(n_parts):
        for value in _lines_of(part_path(folder, "warnings", number)):
            yield str(value)


def recorded_failures(folder: Path, n_parts: int, since: int = 0) -> Iterator[tuple[int, Failure]]:
    """Round and failure of every failure ever recorded in the parts from ``since`` on."""
    for number in range(since, n_parts):
        for value in _lines_of(part_path(folder, "failures", number)):
            yield value["round"], Failure(Path(value["path"]), value["frame"], value["reason"])


def _line(value: Any) -> bytes:
    return json.dumps(value).encode() + b"\n"  # ASCII: paths need not be valid UTF-8


def _lines_of(path: Path) -> Iterator[Any]:
    if path.exists():
        with path.open("rb") as lines:
            yield from map(json.loads, lines)


def _number(path: Path) -> int:
    """Number of the part a file belongs to; files of no part count as the last."""
    digits = path.stem.rpartition("-")[2]
    return int(digits) if digits.isdigit() and path.suffix in (".parquet", ".jsonl") else 1 << 31
