"""Formats the sites table can be saved in, as the dialogs name them."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple


class TableFormat(NamedTuple):
    """A format: its title, the name that is offered, and what a file dialog shows."""

    title: str
    name: str
    kind: str


TABLE_FORMATS = {
    "csv": TableFormat("Sites, CSV", "sites.csv", "Comma-separated values (*.csv)"),
    "parquet": TableFormat("Sites, Parquet", "sites.parquet", "Parquet (*.parquet)"),
    "json": TableFormat("Sites, JSON", "sites.json", "JSON (*.json)"),
    "summary": TableFormat(
        "Structure summary, CSV", "structures.csv", "One row for each structure, comma-separated (*.csv)"
    ),
    "extxyz": TableFormat(
        "Crystals with moments, extended XYZ", "crystals.extxyz", "Extended XYZ (*.extxyz *.xyz)"
    ),
    "cif": TableFormat("Crystals with moments, CIF", "crystals.cif", "CIF (*.cif)"),
    "mcif": TableFormat("Crystals with moments, mCIF", "crystals.mcif", "Magnetic CIF (*.mcif)"),
}
"""Everything that is written for whole structures, by the name of the format."""


def format_chosen(path: Path, kind: str) -> str:
    """The format meant by a name and by what was chosen in the file dialog; the ending of the name decides.

    Only between formats of one ending (the table of sites and that of structures) does the choice decide.
    """
    ending = f"*{path.suffix.lower()}"
    fitting = [
        name
        for name, format_ in TABLE_FORMATS.items()
        if ending in format_.kind.rpartition("(")[2].rstrip(")").split()
    ]
    chosen = next((name for name in fitting if TABLE_FORMATS[name].kind == kind), None)
    return chosen or next(iter(fitting), "csv")
