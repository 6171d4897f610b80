"""Crystals as CIF or mCIF with the predicted moments in columns of the atom table.

Every site is written, in the order of the sites table, without symmetry (P 1): moments belong to sites.
Predicted moments are magnitudes. They have no direction, so they never become components of a moment; an mCIF
gives as vectors only those that the structure came with, and magnitudes as a modulus.
"""

from __future__ import annotations

import re
import zlib
from typing import TYPE_CHECKING, Literal

import numpy as np

from negnn_gui import __version__
from negnn_gui.export.tables import SITE_COLUMNS, site_columns, source_file
from negnn_gui.export.text import Column, column_texts
from negnn_gui.results import FloatArray
from negnn_gui.structures.own_files import PROGRAM

if TYPE_CHECKING:
    from negnn_gui.results import Analysis
    from negnn_gui.structures.entry import StructureEntry

CifKind = Literal["cif", "mcif"]

HEADER = "#\\#CIF_1.1\n"

_ATOM_COLUMNS = {
    "_atom_site_label": "site_label",
    "_atom_site_type_symbol": "element",
    "_atom_site_fract_x": "frac_a",
    "_atom_site_fract_y": "frac_b",
    "_atom_site_fract_z": "frac_c",
}
_OWN_COLUMNS = SITE_COLUMNS[SITE_COLUMNS.index("moment_pred_muB") : SITE_COLUMNS.index("ood_score") + 1]
_MAGNETIC_SYMMETRY = """_space_group_magn.number_BNS 1.1
_space_group_magn.name_BNS 'P 1'
loop_
_space_group_symop_magn_operation.id
_space_group_symop_magn_operation.xyz
1 x,y,z,+1
"""


def cif_block(entry: StructureEntry, analysis: Analysis, kind: CifKind = "cif") -> str:
    """One data block: cell (Å, degrees), all sites, and the columns ``_atom_site_negnn_*`` of the sites table.

    What is not known is ``?``. With ``kind`` "mcif" a magnetic space group of lowest symmetry and the loop
    ``_atom_site_moment`` are added: vectors (μB along the crystal axes) for sites whose file gave some, and
    the predicted magnitude as ``spherical_modulus`` otherwise.
    """
    columns = site_columns(entry, analysis)
    lattice = entry.structure.lattice
    composition = entry.structure.composition.element_composition
    formula = " ".join(f"{element.symbol}{amount:g}" for element, amount in composition.items())
    lines = [
        f"data_{_block_name(entry)}",
        f"_audit_creation_method '{PROGRAM} {__version__}'",
        f"_chemical_formula_sum '{formula}'",
        *(f"_cell_length_{axis} {value:.6f}" for axis, value in zip("abc", lattice.abc, strict=True)),
        *(
            f"_cell_angle_{angle} {value:.6f}"
            for angle, value in zip(("alpha", "beta", "gamma"), lattice.angles, strict=True)
        ),
    ]
    if analysis.model is not None:
        lines.append(f"_negnn_moment_model {_word(analysis.model.id)}")
    lines += ["_space_group_name_H-M_alt 'P 1'", "_space_group_IT_number 1"]
    lines += ["loop_", "_space_group_symop_operation_xyz", "'x, y, z'", "loop_"]
    cells = []
    for tag, name in _ATOM_COLUMNS.items():
        lines.append(tag)
        cells.append([_word(text) for text in _texts(columns[name])])
    lines.append("_atom_site_occupancy")
    cells.append(["1"] * entry.n_sites)
    for name in _OWN_COLUMNS:
        lines.append(f"_atom_site_negnn_{name}")
        cells.append([text or "?" for text in column_texts(name, columns[name])])
    lines += [" ".join(row) for row in zip(*cells, strict=True)]
    text = "\n".join(lines) + "\n"
    return text + "\n" if kind == "cif" else text + _MAGNETIC_SYMMETRY + _moments(entry, analysis) + "\n"


def _moments(entry: StructureEntry, analysis: Analysis) -> str:
    """The moment loop: the file's vectors along the crystal axes, magnitudes for everything else."""
    components = np.full((entry.n_sites, 3), np.nan)
    if entry.moment_vectors is not None:
        components = _along_axes(entry.moment_vectors, np.asarray(entry.structure.lattice.matrix))
    given = np.isfinite(components).all(axis=1)
    modulus = analysis.moment.median
    items = ("label", "crystalaxis_x", "crystalaxis_y", "crystalaxis_z", "spherical_modulus")
    lines = ["loop_", *(f"_atom_site_moment.{item}" for item in items)]
    rows = np.flatnonzero(given | np.isfinite(modulus))
    for site in rows:
        vector = [f"{value:.4f}" for value in components[site]] if given[site] else ["?"] * 3
        size = "?" if given[site] else f"{modulus[site]:.4f}"
        lines.append(" ".join([_word(entry.site_labels[site]), *vector, size]))
    return "\n".join(lines) + "\n" if len(rows) else ""


def _along_axes(vectors: FloatArray, matrix: FloatArray) -> FloatArray:
    """Cartesian moments as components along unit vectors of the crystal axes, μB."""
    unit = matrix / np.linalg.norm(matrix, axis=1, keepdims=True)
    return np.asarray(vectors @ np.linalg.inv(unit), dtype=np.float64)


def _block_name(entry: StructureEntry) -> str:
    """The structure's name; told apart by its place where files of that name may lie in several folders."""
    name = re.sub(r"[^\x21-\x7e]", "_", entry.name)[:60] or "structure"
    place = source_file(entry)
    if "/" in place or "\\" in place:
        name += f"_{zlib.crc32(place.encode()):08x}"
    return name if entry.frame == 0 else f"{name}_frame{entry.frame}"


def _texts(values: Column) -> list[str]:
    """Values of a column; numbers with more decimals than in the table: a third of a cell edge stays a third."""
    return values if isinstance(values, list) else [f"{value:.8f}" for value in values.tolist()]


def _word(text: str) -> str:
    """One CIF value in ASCII."""
    plain = re.sub(r"\s+", "_", re.sub(r"[^\x20-\x7e]", "?", text)) or "?"
    needs_quotes = plain[0] in "_#$'\"[];" or re.match(r"(?i)(data_|save_|loop_|global_|stop_)", plain)
    if not needs_quotes:
        return plain
    return f"'{plain}'" if "'" not in plain else f'"{plain}"'
