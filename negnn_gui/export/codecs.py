"""Results as the bytes of each table format: a structure becomes rows, rows become a block, blocks the table.

Rows are columns by name whatever the format; a format of whole frames (extended XYZ, CIF) has the one column
``text``. So rows can travel between processes, and what they came from is needed only where they are made.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, Protocol, get_args

import pandas as pd

from negnn_gui.export import cif, json_rows
from negnn_gui.export.blocks import blocks_to_parquet, table_block, table_schema
from negnn_gui.export.extxyz import extxyz_frame
from negnn_gui.export.tables import (
    SITE_COLUMNS,
    SUMMARY_COLUMNS,
    Pool,
    embedding_columns,
    embedding_names,
    site_columns,
    structure_summary,
)
from negnn_gui.export.text import Column, csv_line, csv_rows

if TYPE_CHECKING:
    from negnn_gui.results import Analysis
    from negnn_gui.structures.entry import StructureEntry

SitesFormat = Literal["csv", "parquet", "extxyz", "json", "cif", "mcif"]
SummaryFormat = Literal["csv", "parquet"]
EmbeddingsFormat = Literal["csv", "parquet"]

SITES_FORMATS: tuple[SitesFormat, ...] = get_args(SitesFormat)
_BY_ENDING: Mapping[str, SitesFormat] = {f".{name}": name for name in SITES_FORMATS} | {".xyz": "extxyz"}

Rows = Mapping[str, Column]
TEXT = "text"


class Codec(Protocol):
    """How results become bytes of a growing file, and that file the table.

    Attributes
    ----------
    source : str
        Which rows it takes; codecs of one source make the same rows.
    highest_level : int
        Highest level of the encoder that its rows hold; 0 where they hold none.
    """

    @property
    def source(self) -> str: ...

    @property
    def highest_level(self) -> int: ...

    @property
    def header(self) -> bytes:
        """What the growing file begins with."""
        ...

    def rows(self, entry: StructureEntry, analysis: Analysis) -> Rows:
        """Rows of one structure."""
        ...

    def block(self, tables: Sequence[Rows]) -> bytes:
        """Rows of some structures as they stand in the growing file."""
        ...

    def complete(self, working: Path) -> Path:
        """The finished table made of the growing file; that file itself where nothing is to be done."""
        ...


class _SiteRows:
    """Codecs whose rows are those of the sites table."""

    source = "sites"
    highest_level = 0
    header = b""

    def rows(self, entry: StructureEntry, analysis: Analysis) -> Rows:
        return site_columns(entry, analysis)

    def complete(self, working: Path) -> Path:
        return working


class SitesCsv(_SiteRows):
    """The sites table as CSV."""

    header = csv_line(SITE_COLUMNS).encode()

    def block(self, tables: Sequence[Rows]) -> bytes:
        return "".join(map(csv_rows, tables)).encode()


class SitesParquet(_SiteRows):
    """The sites table as Parquet."""

    _schema = table_schema(SITE_COLUMNS)

    def block(self, tables: Sequence[Rows]) -> bytes:
        return table_block(tables, self._schema)

    def complete(self, working: Path) -> Path:
        return _as_parquet(working, SITE_COLUMNS)


class SitesJson(_SiteRows):
    """The sites table as JSON."""

    header: bytes = json_rows.HEADER.encode()

    def block(self, tables: Sequence[Rows]) -> bytes:
        lines = [line for rows in tables for line in json_rows.json_structures(rows)]
        return "".join(line + json_rows.BETWEEN for line in lines).encode()

    def complete(self, working: Path) -> Path:
        product = working.with_name(working.name + ".json")
        with working.open("rb") as source, product.open("wb") as target:
            shutil.copyfileobj(source, target, 1024**2)
            if target.tell() > len(self.header):
                target.seek(-len(json_rows.BETWEEN), 2)
                target.truncate()
            target.write(json_rows.FOOTER.encode())
        return product


class Summary(_SiteRows):
    """One row a structure, as CSV or Parquet."""

    def __init__(self, kind: SummaryFormat = "csv") -> None:
        self._kind = kind
        self.header = csv_line(SUMMARY_COLUMNS).encode() if kind == "csv" else b""

    def block(self, tables: Sequence[Rows]) -> bytes:
        sites = pd.concat([pd.DataFrame(rows) for rows in tables], ignore_index=True)
        columns = {str(name): _column(values) for name, values in structure_summary(sites).items()}
        if self._kind == "csv":
            return csv_rows(columns).encode()
        return table_block([columns], table_schema(SUMMARY_COLUMNS))

    def complete(self, working: Path) -> Path:
        return working if self._kind == "csv" else _as_parquet(working, SUMMARY_COLUMNS)


class _Texts:
    """Codecs of whole frames."""

    source = TEXT
    highest_level = 0
    header = b""

    def block(self, tables: Sequence[Rows]) -> bytes:
        return "".join(str(text) for rows in tables for text in rows[TEXT]).encode()

    def complete(self, working: Path) -> Path:
        return working


class Extxyz(_Texts):
    """Extended XYZ frames."""

    def rows(self, entry: StructureEntry, analysis: Analysis) -> Rows:
        return {TEXT: [extxyz_frame(entry, analysis)]}


class Cif(_Texts):
    """Data blocks of a CIF or mCIF."""

    header: bytes = cif.HEADER.encode()

    def __init__(self, kind: cif.CifKind) -> None:
        self._kind = kind

    def rows(self, entry: StructureEntry, analysis: Analysis) -> Rows:
        return {TEXT: [cif.cif_block(entry, analysis, self._kind)]}


class Embeddings:
    """The embeddings table as Parquet or CSV."""

    source = "embeddings"

    def __init__(self, levels: str, pool: Pool | None = None, kind: EmbeddingsFormat = "parquet") -> None:
        self._levels, self._pool, self._kind = levels, pool, kind
        self.highest_level = max(map(int, levels))
        self._names = embedding_names(levels)
        self.header = csv_line(self._names).encode() if kind == "csv" else b""

    def rows(self, entry: StructureEntry, analysis: Analysis) -> Rows:
        return embedding_columns(entry, analysis, self._levels, self._pool)

    def block(self, tables: Sequence[Rows]) -> bytes:
        if self._kind == "csv":
            return "".join(map(csv_rows, tables)).encode()
        return table_block(tables, table_schema(self._names))

    def complete(self, working: Path) -> Path:
        return working if self._kind == "csv" else _as_parquet(working, self._names)


def sites_format(path: Path) -> SitesFormat:
    """The format that the ending of a name stands for; CSV where it stands for none."""
    return _BY_ENDING.get(path.suffix.lower(), "csv")


def sites_codec(kind: SitesFormat) -> Codec:
    """The codec of a format of the sites table."""
    match kind:
        case "csv":
            return SitesCsv()
        case "parquet":
            return SitesParquet()
        case "json":
            return SitesJson()
        case "extxyz":
            return Extxyz()
        case "cif" | "mcif":
            return Cif(kind)


def highest_level(codecs: Iterable[Codec]) -> int:
    """Highest level of the encoder that some tables need."""
    return max((codec.highest_level for codec in codecs), default=0)


def _as_parquet(working: Path, names: Sequence[str]) -> Path:
    product = working.with_name(working.name + ".parquet")
    blocks_to_parquet(working, product, table_schema(names))
    return product


def _column(values: pd.Series[Any]) -> Column:
    if pd.api.types.is_numeric_dtype(values.dtype):
        numbers: Column = values.to_numpy()
        return numbers
    return [str(value) for value in values]
