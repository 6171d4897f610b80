"""Small CIFs to vary, and the examples that ship with the program."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from negnn_gui.structures.entry import StructureEntry
from negnn_gui.structures.reading import example_paths, read_structures, read_text

CELL = """_cell_length_a 4.2
_cell_length_b 4.2
_cell_length_c 4.2
_cell_angle_alpha 90
_cell_angle_beta 90
_cell_angle_gamma 90
"""
COLUMNS = """loop_
_atom_site_label
_atom_site_type_symbol
_atom_site_fract_x
_atom_site_fract_y
_atom_site_fract_z
_atom_site_occupancy
"""

CifBuilder = Callable[..., str]


@pytest.fixture
def cif() -> CifBuilder:
    """A CIF from its atom rows, operations and cell."""

    def build(
        atoms: str, operations: str = "x,y,z", cell: str = CELL, extra: str = "", name: str = "x"
    ) -> str:
        listed = "\n".join(f"'{operation}'" for operation in operations.split(";")) if operations else ""
        symmetry = f"loop_\n_space_group_symop_operation_xyz\n{listed}\n" if listed else ""
        return f"data_{name}\n{cell}{extra}{symmetry}{COLUMNS}{atoms}\n"

    return build


@pytest.fixture
def read() -> Callable[[str], StructureEntry]:
    """The single structure of a text."""

    def one(text: str, name: str = "x.cif") -> StructureEntry:
        (entry,) = read_text(text, name)
        return entry

    return one


@pytest.fixture(scope="session")
def example() -> Callable[[str], StructureEntry]:
    """An example by its stem."""

    def one(stem: str) -> StructureEntry:
        path: Path = next(path for path in example_paths() if path.stem == stem)
        (entry,) = read_structures(path)
        assert isinstance(entry, StructureEntry)
        return entry

    return one
