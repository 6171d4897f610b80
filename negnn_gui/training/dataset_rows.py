"""What a row of the training tables is: columns and types, the split, and which elements never carry a moment.

The tables that users build have the schema of those the shipped models were trained on (docs/data.md).
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa

from negnn_gui.structures.entry import StructureEntry

_MODULUS = 1000
_TEXT, _FLOAT = pa.string(), pa.float32()


def _many(kind: pa.DataType) -> pa.DataType:
    return pa.list_(pa.field("element", kind))


_CRYSTAL = [
    ("structure_id", _TEXT),
    ("reduced_formula", _TEXT),
    ("lattice", pa.list_(pa.field("element", _FLOAT), 9)),
    ("atomic_numbers", _many(pa.uint8())),
    ("frac_coords", _many(_FLOAT)),
]
_PROPERTIES = (
    "band_gap_mp20",
    "band_gap_mp2024",
    "bulk_modulus_vrh_GPa",
    "e_above_hull_mp20",
    "energy_above_hull_mp2022",
    "energy_per_atom_mp2024",
    "formation_energy_per_atom",
    "formation_energy_per_atom_mp20",
    "formation_energy_per_atom_mp2022",
    "formation_energy_per_atom_mp2024",
    "is_metal",
    "paper_formation_energy_eV_atom",
    "paper_hse_gap_eV",
    "paper_log10_bulk_modulus_GPa",
    "paper_log10_shear_modulus_GPa",
    "poisson",
    "shear_modulus_vrh_GPa",
    "year",
)
MP_MAGMOMS = pa.schema([*_CRYSTAL, ("magmoms", _many(_FLOAT)), ("split", _TEXT)])
MP_STRUCTURES = pa.schema(
    [
        *_CRYSTAL,
        ("mp_id", _TEXT),
        *((name, _FLOAT) for name in _PROPERTIES),
        ("nonmagnetic", pa.bool_()),
        ("split", _TEXT),
        # beyond the original table: the values of the release that was downloaded
        ("band_gap_eV", _FLOAT),
        ("energy_above_hull_eV_atom", _FLOAT),
    ]
)
MAGNDATA = pa.schema(
    [
        *_CRYSTAL,
        ("moments", _many(_FLOAT)),
        ("moment_given", _many(pa.bool_())),
        ("site_labels", _many(_TEXT)),
        ("transition_temperature_K", _FLOAT),
        ("experiment_temperature_K", _FLOAT),
        ("bns_number", _TEXT),
        ("doi", _TEXT),
        ("split", _TEXT),
    ]
)

# No open d or f shell in compounds that are known: H to Sc, Zn to Zr, Ag to La, Lu, Hf, Au to Bi and Ac, less the
# noble gases and Ti to Cu. The same elements as in the tables of the shipped models.
NEVER_MAGNETIC = frozenset(
    {1, *range(3, 10), *range(11, 18), *range(19, 22), *range(30, 36), *range(37, 41)}
    | {*range(47, 54), *range(55, 58), 71, 72, *range(79, 84), 89}
)


@dataclass(frozen=True)
class SplitRule:
    """Where the parts of the data begin, in thousandths of the formulas; those below ``test`` are held back."""

    test: int
    validation: int
    train: int = 150


CALCULATED = SplitRule(test=50, validation=100)
MEASURED = SplitRule(test=70, validation=110)


def split_of(reduced_formula: str, rule: SplitRule) -> str | None:
    """Part of the data that a formula belongs to; None: held back, in no table.

    By formula, so that no composition is on two sides.
    """
    digest = hashlib.sha256(f"negnn-split-1:{reduced_formula}".encode()).hexdigest()
    k = int(digest, 16) % _MODULUS
    if k < rule.test:
        return None
    return "test" if k < rule.validation else "val" if k < rule.train else "train"


def crystal_columns(structure_id: str, entry: StructureEntry, split: str) -> dict[str, Any]:
    """The columns that all tables share, of an ordered structure: lattice in Å, rows a, b, c."""
    structure = entry.structure
    return {
        "structure_id": structure_id,
        "reduced_formula": entry.formula,
        "lattice": np.asarray(structure.lattice.matrix, dtype=np.float32).ravel(),
        "atomic_numbers": [site.specie.Z for site in structure],
        "frac_coords": np.asarray(structure.frac_coords, dtype=np.float32).ravel(),
        "split": split,
    }
