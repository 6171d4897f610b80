"""Columns of the sites table as they are read on screen: several CSV columns may share one."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import Qt

from negnn_gui.app.scene.colouring import INFO
from negnn_gui.app.views.site_text import NO_DATA, interval_text, moment_text, number_text
from negnn_gui.export.tables import INTEGER_COLUMNS, SITE_COLUMNS, TEXT_COLUMNS, site_columns
from negnn_gui.results import Analysis
from negnn_gui.structures.entry import StructureEntry

Columns = dict[str, NDArray[Any]]
CellText = Callable[[Columns, int], str]


@dataclass(frozen=True)
class TableColumn:
    """One column on screen.

    Attributes
    ----------
    title, tip : str
        Header with unit, and what it means.
    sources : tuple of str
        CSV columns it shows; the first one sorts it.
    text : callable
        Cell text from all columns and a row.
    shown : bool
        Whether it is visible at first.
    """

    title: str
    tip: str
    sources: tuple[str, ...]
    text: CellText
    shown: bool = True

    @property
    def numeric(self) -> bool:
        """Numbers are aligned to the right."""
        return self.sources[0] not in TEXT_COLUMNS


def plain_column(title: str, source: str, tip: str, *, shown: bool = True) -> TableColumn:
    """A column that shows a text or an integer as it is."""
    return TableColumn(title, tip, (source,), lambda columns, row: str(columns[source][row]), shown)


def number_column(title: str, source: str, tip: str, decimals: int, *, shown: bool = True) -> TableColumn:
    """A column that shows a number with so many decimals."""

    def text(columns: Columns, row: int) -> str:
        return number_text(float(columns[source][row]), decimals)

    return TableColumn(title, tip, (source,), text, shown)


def _moment(title: str, prefix: str, tip: str, second: str | None = None) -> TableColumn:
    sources = (f"{prefix}_pred_muB",) + ((second, "moment_alt_weight") if second else ())

    def text(columns: Columns, row: int) -> str:
        other = float(columns[second][row]) if second else float("nan")
        return moment_text(float(columns[sources[0]][row]), other)

    return TableColumn(title, tip, sources, text)


def _interval(title: str, prefix: str) -> TableColumn:
    lo, hi = f"{prefix}_lo_muB", f"{prefix}_hi_muB"

    def text(columns: Columns, row: int) -> str:
        return interval_text(float(columns[lo][row]), float(columns[hi][row]))

    tip = "90 % interval of abs(m), μB; marked where it is wider than 1 μB and than half the moment"
    return TableColumn(title, tip, (lo, hi), text)


def _most_like(columns: Columns, row: int) -> str:
    element, formula = columns["nn_element"][row], columns["nn_formula"][row]
    return f"{element} in {formula}" if element else ""


_DFT, _EXP = INFO["moment"], INFO["moment_exp"]
_NO_DATA_TIP = f'"{NO_DATA}": the model was given no labels for this element'

TABLE_COLUMNS: tuple[TableColumn, ...] = (
    plain_column("Structure", "structure", "File name"),
    plain_column("Site", "site_index", "Number of the site in the file, from 0"),
    plain_column("Label", "site_label", "Label of the site"),
    plain_column("Element", "element", "Element"),
    _moment(
        _DFT.label,
        "moment",
        "Calculated-like moment, a magnitude without sign; two values where two spin states are likely. "
        + _NO_DATA_TIP,
        "moment_alt_muB",
    ),
    _interval(f"90 % DFT ({_DFT.unit})", "moment"),
    _moment(_EXP.label, "moment_exp", f"Measured-like moment, a magnitude without sign. {_NO_DATA_TIP}"),
    _interval(f"90 % exp. ({_EXP.unit})", "moment_exp"),
    number_column(
        INFO["input"].label, "moment_input_muB", "Moment carried by the file, signed if collinear", 2
    ),
    number_column("OOD (0 to 1)", "ood_score", "Out-of-domain score: 1 is least like the training sites", 2),
    TableColumn("Most like", "Nearest known site", ("nn_element", "nn_formula"), _most_like),
    number_column("Its abs(m) (μB)", "nn_moment_muB", "Known moment of the nearest known site", 2),
    number_column("Distance", "nn_distance", "Cosine distance to it at level 1", 3, shown=False),
    plain_column("Formula", "formula", "Reduced formula", shown=False),
    *(
        number_column(axis, f"frac_{axis}", f"Fractional coordinate along {axis}", 4, shown=False)
        for axis in ("a", "b", "c")
    ),
    *(
        number_column(f"{axis} (Å)", f"{axis}_A", f"Cartesian {axis}", 3, shown=False)
        for axis in ("x", "y", "z")
    ),
    plain_column("Frame", "frame", "Number of the frame in the file, from 0", shown=False),
    plain_column("File", "source_file", "Path of the file", shown=False),
    plain_column("Model", "model_id", "Moment model", shown=False),
)


def column_arrays(entry: StructureEntry, analysis: Analysis) -> Columns:
    """The columns that are exported, as (N,) arrays that can be compared: object for text."""
    return {
        name: np.asarray(values, dtype=_kind(name)) for name, values in site_columns(entry, analysis).items()
    }


def stack_columns(blocks: Sequence[Columns]) -> Columns:
    """Columns of several structures below each other; of none, empty columns of the right kinds."""
    if not blocks:
        return {name: np.empty(0, dtype=_kind(name)) for name in SITE_COLUMNS}
    return {name: np.concatenate([block[name] for block in blocks]) for name in SITE_COLUMNS}


def _kind(name: str) -> Any:
    if name in TEXT_COLUMNS:
        return object
    return np.int64 if name in INTEGER_COLUMNS else np.float64


def header_data(column: TableColumn, role: int) -> Any:
    """What a table's header says of a column: title with unit, tip, alignment."""
    if role == Qt.ItemDataRole.DisplayRole:
        return column.title
    if role == Qt.ItemDataRole.ToolTipRole:
        return f"{column.tip}\nIn filters: {', '.join(column.sources)}"
    if role == Qt.ItemDataRole.TextAlignmentRole:
        return alignment(column.numeric)
    return None


def alignment(numeric: bool) -> Qt.AlignmentFlag:
    """Numbers stand at the right of their cells, texts at the left."""
    side = Qt.AlignmentFlag.AlignRight if numeric else Qt.AlignmentFlag.AlignLeft
    return side | Qt.AlignmentFlag.AlignVCenter
