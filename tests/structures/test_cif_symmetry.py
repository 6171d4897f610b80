"""Symmetry of CIFs that list no operations, or operations that contradict the rest."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from negnn_gui.structures.entry import StructureEntry

HEXAGONAL = """_cell_length_a 5
_cell_length_b 5
_cell_length_c 12
_cell_angle_alpha 90
_cell_angle_beta 90
_cell_angle_gamma 120
"""
Read = Callable[[str], StructureEntry]
Cif = Callable[..., str]


def warned(entry: StructureEntry, text: str) -> bool:
    return any(text in warning for warning in entry.warnings)


@pytest.mark.parametrize(
    ("stated", "sites", "warning"),
    [
        ("_space_group_name_H-M_alt 'F m -3 m'", 4, "Fm-3m"),
        ("_symmetry_space_group_name_H-M 'Fm-3m'", 4, "Fm-3m"),
        ("_space_group_name_Hall '-F 4 2 3'", 4, "Fm-3m"),
        ("_symmetry_Int_Tables_number 225", 4, "Fm-3m"),
        ("_symmetry_space_group_name_H-M 'P 1'", 1, None),
        ("", 1, "states no symmetry"),
    ],
)
def test_symmetry_without_operations(
    cif: Cif, read: Read, stated: str, sites: int, warning: str | None
) -> None:
    entry = read(cif("Ni1 Ni 0 0 0 1", operations="", extra=stated + "\n"))
    assert entry.n_sites == sites
    assert warned(entry, warning) if warning else entry.warnings == ()


@pytest.mark.parametrize(
    ("name", "position", "sites"),
    [("F d -3 m :1", "0 0 0", 8), ("F d -3 m :2", "0.125 0.125 0.125", 8), ("F d -3 m S", "0 0 0", 8),
     ("F d -3 m Z", "0 0 0", 16), ("F d -3 m", "0 0 0", 16)],
)  # fmt: skip
def test_origin_choices(cif: Cif, read: Read, name: str, position: str, sites: int) -> None:
    assert (
        read(
            cif(f"Fe1 Fe {position} 1", operations="", extra=f"_space_group_name_H-M_alt '{name}'\n")
        ).n_sites
        == sites
    )


def test_rhombohedral_axes_follow_the_cell(cif: Cif, read: Read) -> None:
    name = "_space_group_name_H-M_alt 'R -3 m'\n"
    assert read(cif("Fe1 Fe 0 0 0 1", operations="", cell=HEXAGONAL, extra=name)).n_sites == 3
    rhombohedral = "".join(f"_cell_length_{axis} 5\n" for axis in "abc")
    rhombohedral += "".join(f"_cell_angle_{angle} 60\n" for angle in ("alpha", "beta", "gamma"))
    assert read(cif("Fe1 Fe 0 0 0 1", operations="", cell=rhombohedral, extra=name)).n_sites == 1


def test_operations_that_contradict_the_space_group(cif: Cif, read: Read) -> None:
    entry = read(cif("Ni1 Ni 0.1 0.2 0.3 1", "x,y,z;-x,-y,-z", extra="_space_group_IT_number 225\n"))
    assert entry.n_sites == 2
    assert warned(entry, "contradict")


def test_operations_that_do_not_fit_the_cell(cif: Cif, read: Read) -> None:
    cell = HEXAGONAL.replace("_cell_length_b 5", "_cell_length_b 7")
    assert warned(read(cif("Fe1 Fe 0.1 0.2 0.3 1", "x,y,z;-y,x-y,z;-x+y,-x,z", cell=cell)), "do not fit")
