"""Rows of the sites table as JSON: an object a structure, in it an object a site.

One structure is one line, so that a long file can be written, and read, piece by piece.
"""

from __future__ import annotations

import json
from collections.abc import Mapping

from negnn_gui import __version__
from negnn_gui.export.tables import TEXT_COLUMNS
from negnn_gui.export.text import Column, column_texts
from negnn_gui.structures.own_files import PROGRAM

JSON_FORMAT = 1
HEADER: str = (
    "{"
    f'"program": {json.dumps(PROGRAM)}, "version": {json.dumps(__version__)}, "format": {JSON_FORMAT},\n'
    '"units": {"moments": "muB", "coordinates": "A"},\n"structures": [\n'
)
BETWEEN = ",\n"
FOOTER = "\n]}\n"

_PER_STRUCTURE = ("structure", "source_file", "frame", "formula", "model_id")


def json_structures(columns: Mapping[str, Column]) -> list[str]:
    """One JSON object a structure, without a line end; what is not known is ``null``.

    Parameters
    ----------
    columns : mapping of str to column
        Rows of the sites table. The rows of a structure stand together, its sites in ascending order.
    """
    names = list(columns)
    texts = {name: _values(name, values) for name, values in columns.items()}
    index = [int(text) for text in texts["site_index"]]
    keys = list(zip(*(texts[name] for name in _PER_STRUCTURE), strict=True))
    starts = [
        row
        for row in range(len(index))
        if row == 0 or keys[row] != keys[row - 1] or index[row] <= index[row - 1]
    ]
    per_site = [name for name in names if name not in _PER_STRUCTURE]
    structures = []
    for begin, end in zip(starts, [*starts[1:], len(index)], strict=True):
        sites = ", ".join(_object({name: texts[name][row] for name in per_site}) for row in range(begin, end))
        about = _object({name: texts[name][begin] for name in _PER_STRUCTURE})
        structures.append(f'{about[:-1]}, "sites": [{sites}]}}')
    return structures


def _object(members: Mapping[str, str]) -> str:
    return "{" + ", ".join(f'"{name}": {value}' for name, value in members.items()) + "}"


def _values(name: str, values: Column) -> list[str]:
    texts = column_texts(name, values)
    if name in TEXT_COLUMNS:
        return [json.dumps(text, ensure_ascii=False) if text else "null" for text in texts]
    return [text or "null" for text in texts]
