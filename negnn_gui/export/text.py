"""Tables as CSV text: UTF-8, comma, '.' decimal, RFC 4180 quoting, "\\n" line ends, empty for "not known".

Numbers are rounded to a fixed number of decimals and written without trailing zeros, so the same value is
always the same text.
"""

from __future__ import annotations

import math
import os
import re
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

Column = list[str] | NDArray[np.int64] | NDArray[np.float64] | NDArray[np.float32]
"""One column of a table: texts, integers or numbers."""

_NEEDS_QUOTES = re.compile(r'[,"\r\n]')
_DECIMALS = {
    "frac_a": 6,
    "frac_b": 6,
    "frac_c": 6,
    "x_A": 6,
    "y_A": 6,
    "z_A": 6,
}
_DECIMALS_ELSEWHERE = 4
_EMBEDDING_DECIMALS = 6


def csv_line(cells: Iterable[str]) -> str:
    """One line of a table, such as the names of its columns."""
    return ",".join(map(_cell, cells)) + "\n"


def csv_rows(columns: Mapping[str, Column]) -> str:
    """The rows of a table given as columns, without the header."""
    cells = [
        list(map(_cell, values)) if isinstance(values, list) else column_texts(name, values)
        for name, values in columns.items()
    ]
    return "".join(",".join(row) + "\n" for row in zip(*cells, strict=True))


def csv_table(frame: pd.DataFrame) -> str:
    """A whole DataFrame, header first, with the number format of the sites table."""
    columns: dict[str, Column] = {}
    for name, values in frame.items():
        if pd.api.types.is_float_dtype(values.dtype):
            columns[str(name)] = values.to_numpy(dtype=np.float64, na_value=np.nan)
        else:
            columns[str(name)] = [
                "" if missing else str(v) for v, missing in zip(values, values.isna(), strict=True)
            ]
    return csv_line(columns) + csv_rows(columns)


def format_number(value: float, decimals: int) -> str:
    """``value`` with at most ``decimals`` decimals, no trailing zeros, no "-0"; "" for NaN and infinities."""
    if not math.isfinite(value):
        return ""
    text = f"{value:.{decimals}f}"
    if "." in text:
        text = text.rstrip("0").rstrip(".")
    return "0" if text == "-0" else text


def printable(name: str | Path) -> str:
    """A file name in text that every file can hold, whatever bytes it has (they need not be UTF-8)."""
    return os.fsencode(name).decode("utf-8", errors="backslashreplace")


def column_texts(name: str, values: Column) -> Sequence[str]:
    """The values of one column as they stand in a CSV, "" where not known."""
    if isinstance(values, list):
        return values
    if values.dtype.kind in "iu":
        return [str(v) for v in values.tolist()]
    decimals = _EMBEDDING_DECIMALS if name.startswith("emb_") else _DECIMALS.get(name, _DECIMALS_ELSEWHERE)
    return [format_number(v, decimals) for v in values.tolist()]


def _cell(text: str) -> str:
    # The csv module leaves a lone "\r" bare when lines end in "\n", and readers then see a new row.
    return '"' + text.replace('"', '""') + '"' if _NEEDS_QUOTES.search(text) else text


def raw_text(value: Any) -> str:
    """A value as it is copied: full precision for numbers, nothing where it is not known."""
    if isinstance(value, str):
        return value.replace("\t", " ").replace("\n", " ")
    number = float(value)
    if number != number:
        return ""
    return f"{number:.6g}"
