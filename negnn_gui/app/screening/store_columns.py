"""Columns of the tables of a screening as they are read on screen."""

from __future__ import annotations

from negnn_gui.analysis.doubt import OUT_OF_DOMAIN_FROM
from negnn_gui.app.views.site_text import NO_DATA
from negnn_gui.app.views.sites_table_columns import (
    TABLE_COLUMNS,
    Columns,
    TableColumn,
    number_column,
    plain_column,
)
from negnn_gui.export.tables import MAGNETIC_FROM_MUB
from negnn_gui.screening.result_store import TableName


def _percent(columns: Columns, row: int) -> str:
    share = float(columns["ood_share"][row])
    return "" if share != share else f"{100 * share:.0f} %"


def _moment(title: str, source: str, tip: str) -> TableColumn:
    def text(columns: Columns, row: int) -> str:
        value = float(columns[source][row])
        return NO_DATA if value != value else f"{value:.2f}"

    return TableColumn(title, f"{tip}. {_NO_DATA_TIP}", (source,), text)


_NO_DATA_TIP = f'"{NO_DATA}": the model was given no labels for any of its elements'

STRUCTURE_COLUMNS: tuple[TableColumn, ...] = (
    plain_column("Structure", "structure", "File name"),
    plain_column("Formula", "formula", "Reduced formula"),
    plain_column("Atoms", "n_sites", "Atoms in the cell"),
    _moment("max abs(m) (μB)", "moment_max_muB", "Largest calculated-like moment of a site"),
    _moment(
        "Σ abs(m) (μB)", "moment_total_muB", "Sum of the calculated-like moments over the cell, magnitudes"
    ),
    plain_column("Magnetic", "n_magnetic", f"Sites of at least {MAGNETIC_FROM_MUB} μB"),
    number_column("Widest 90 % (μB)", "interval_max_muB", "Width of the widest 90 % interval of a site", 2),
    TableColumn(
        "Out of domain",
        f"Share of the sites farther out than {100 * OUT_OF_DOMAIN_FROM:.0f} % of the training sites",
        ("ood_share",),
        _percent,
    ),
    plain_column("Frame", "frame", "Number of the frame in the file, from 0", shown=False),
    plain_column("File", "source_file", "Path of the file"),
)

COLUMNS: dict[TableName, tuple[TableColumn, ...]] = {"structures": STRUCTURE_COLUMNS, "sites": TABLE_COLUMNS}
