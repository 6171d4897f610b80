"""The smallest CIF that every reader takes: a cell and its sites, without symmetry."""

from __future__ import annotations

_HEAD = """data_{name}
_symmetry_space_group_name_H-M 'P 1'
_cell_length_a {cell[0]}
_cell_length_b {cell[1]}
_cell_length_c {cell[2]}
_cell_angle_alpha {angles[0]}
_cell_angle_beta {angles[1]}
_cell_angle_gamma {angles[2]}
loop_
_atom_site_label
_atom_site_type_symbol
_atom_site_fract_x
_atom_site_fract_y
_atom_site_fract_z
"""


def minimal_cif(
    cell: tuple[float, float, float],
    *sites: str,
    name: str = "x",
    angles: tuple[float, float, float] = (90, 90, 90),
) -> str:
    """A CIF of ``sites``, each "Fe1 Fe 0 0 0", or "Fe1 Fe 0 0 0 0.5" where all say how full they are."""
    text = _HEAD.format(name=name, cell=cell, angles=angles)
    if any(len(site.split()) == 6 for site in sites):
        text += "_atom_site_occupancy\n"
    return text + "\n".join(sites) + "\n"


def minimal_cubic_cif(a: float, *sites: str, name: str = "x") -> str:
    """The same in a cubic cell."""
    return minimal_cif((a, a, a), *sites, name=name)
