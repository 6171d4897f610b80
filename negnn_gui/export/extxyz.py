"""Extended XYZ with the predictions as per-atom arrays, one frame a structure, as ASE and OVITO read it."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import numpy as np

from negnn_gui.export.tables import INTEGER_COLUMNS, TEXT_COLUMNS, site_columns
from negnn_gui.export.text import Column, column_texts
from negnn_gui.structures.own_files import PROGRAM

if TYPE_CHECKING:
    from negnn_gui.results import Analysis
    from negnn_gui.structures.entry import StructureEntry

_PER_STRUCTURE = ("structure", "source_file", "frame", "formula", "model_id")
_POSITIONS = ("x_A", "y_A", "z_A")
_REDUNDANT = ("frac_a", "frac_b", "frac_c", "site_index")
_NO_TEXT = "-"
_NO_NUMBER = "nan"


def extxyz_frame(entry: StructureEntry, analysis: Analysis) -> str:
    """One frame: lattice and positions in Å, the columns of the sites table as arrays of the same names.

    A number that is not known is ``nan``, a text that is not known ``-`` (the format has no empty cell).
    """
    columns = site_columns(entry, analysis)
    kinds = ["species:S:1", "pos:R:3"]
    texts = [
        [_word(symbol) for symbol in columns["element"]],
        *(_texts(name, columns[name]) for name in _POSITIONS),
    ]
    for name, values in columns.items():
        if name in (*_PER_STRUCTURE, *_POSITIONS, *_REDUNDANT, "element"):
            continue
        kinds.append(f"{name}:{'S' if name in TEXT_COLUMNS else 'R'}:1")
        texts.append(_texts(name, values))
    lattice = " ".join(f"{x:.8f}" for x in np.asarray(entry.structure.lattice.matrix, dtype=float).ravel())
    about = [
        f'Lattice="{lattice}"',
        f"Properties={':'.join(kinds)}",
        'pbc="T T T"',
        f'written_by="{PROGRAM}"',
    ]
    if analysis.n_sites:
        about += [_key_value(name, columns[name]) for name in _PER_STRUCTURE if columns[name][0] != ""]
    lines = [str(analysis.n_sites), " ".join(about), *map(" ".join, zip(*texts, strict=True))]
    return "\n".join(lines) + "\n"


def _key_value(name: str, values: Column) -> str:
    if name in INTEGER_COLUMNS:
        return f"{name}={values[0]}"
    # Neither a quote nor a line end can stand in a quoted value.
    text = re.sub(r"[\x00-\x1f\x7f\\]", "_", str(values[0])).replace('"', "'")
    return f'{name}="{text}"'


def _texts(name: str, values: Column) -> list[str]:
    if name in TEXT_COLUMNS:
        return [_word(str(value)) for value in values]
    return [text or _NO_NUMBER for text in column_texts(name, values)]


def _word(text: str) -> str:
    """Blanks separate the columns of a line."""
    return re.sub(r"\s+", "_", text) or _NO_TEXT
