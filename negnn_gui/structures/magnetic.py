"""Magnetic CIF: moments along the crystal axes, and symmetry that may reverse time.

A moment is an axial vector: an operation with Cartesian rotation R and time reversal s turns m into
s det(R) R m.
magCIF dictionary (COMCIFS); Gallego et al., J. Appl. Cryst. 49 (2016) 1750.
"""

from __future__ import annotations

import re

import numpy as np

from negnn_gui.structures.cif_symmetry import Operations, collect
from negnn_gui.structures.cif_syntax import CifBlock
from negnn_gui.structures.parsed import FloatArray, ParseError

_OPERATION_TAGS = (
    "_space_group_symop_magn_operation_xyz",
    "_space_group_symop_magn_operation_xyzt",
    "_space_group_symop_magn_ssg_operation_algebraic",
)
_CENTERING_TAGS = ("_space_group_symop_magn_centering_xyz", "_space_group_symop_magn_centering_xyzt")
_COMPONENT_TAGS = tuple(f"_atom_site_moment_crystalaxis_{axis}" for axis in "xyz")


def is_magnetic(block: CifBlock) -> bool:
    """Whether a block carries moments or a magnetic space group."""
    return block.has_prefix("_atom_site_moment", "_space_group_symop_magn", "_space_group_magn")


def is_modulated(block: CifBlock) -> bool:
    """Whether a block describes a modulated (incommensurate) structure."""
    dimension = block.value("_cell_modulation_dimension")
    return block.has_prefix("_cell_wave_vector") or dimension not in (None, "0")


def unit_axes(lattice_matrix: FloatArray) -> FloatArray:
    """(3, 3) rows: unit vectors along a, b, c, the frame of ``crystalaxis`` components."""
    lengths = np.linalg.norm(lattice_matrix, axis=1, keepdims=True)
    return np.asarray(lattice_matrix / lengths, dtype=float)


def crystal_axes_to_cartesian(components: FloatArray, lattice_matrix: FloatArray) -> FloatArray:
    """Moments (..., 3) in μB along the unit crystal axes as Cartesian vectors (..., 3) in μB.

    The axes are those of ``lattice_matrix`` (rows a, b, c), right-angled or not.
    """
    return np.asarray(components @ unit_axes(lattice_matrix), dtype=float)


def cartesian_to_crystal_axes(vectors: FloatArray, lattice_matrix: FloatArray) -> FloatArray:
    """The inverse of ``crystal_axes_to_cartesian``, for writing mCIF."""
    return np.asarray(np.linalg.solve(unit_axes(lattice_matrix).T, np.asarray(vectors).T).T, dtype=float)


def rotate_moments(moment: FloatArray, operations: Operations, lattice_matrix: FloatArray) -> FloatArray:
    """One Cartesian moment (3,) under every operation, as (O, 3)."""
    to_cartesian = lattice_matrix.T
    rotations = to_cartesian @ operations.rotations @ np.linalg.inv(to_cartesian)
    signs = operations.time_reversal * np.sign(np.linalg.det(operations.rotations))
    return np.asarray(signs[:, None] * (rotations @ moment), dtype=float)


def operations(block: CifBlock) -> Operations | None:
    """Magnetic operations of a block (centring included), or None where it lists and names none.

    Raises
    ------
    ParseError
        An operation is none, or the named magnetic space group is unknown.
    """
    listed = block.column(*_OPERATION_TAGS)
    if listed:
        found = collect(listed)
        centring = block.column(*_CENTERING_TAGS)
        return _product(found, collect(centring)) if centring else found
    return _from_group_name(block)


def _product(first: Operations, centring: Operations) -> Operations:
    """Every operation followed by every centring translation."""
    count = len(centring)
    return Operations(
        rotations=np.repeat(first.rotations, count, axis=0),
        translations=(first.translations[:, None] + centring.translations[None]).reshape(-1, 3),
        time_reversal=(first.time_reversal[:, None] * centring.time_reversal[None]).reshape(-1),
    )


def _from_group_name(block: CifBlock) -> Operations | None:
    name = block.value("_space_group_magn_name_bns")
    number = block.value("_space_group_magn_number_bns")
    if name is None and number is None:
        return None
    from pymatgen.symmetry.maggroups import MagneticSpaceGroup

    label: str | list[int] = (
        re.sub(r"\s+", "", name) if name else [int(part) for part in str(number).split(".")]
    )
    transform = block.value("_space_group_magn_transform_bns_pp_abc") or "a,b,c;0,0,0"
    try:
        group = MagneticSpaceGroup(label, transform)
        found = group.symmetry_ops
    except Exception as error:
        raise ParseError(
            f"the magnetic space group {name or number} is unknown and no operations are listed; "
            "add a _space_group_symop_magn_operation.xyz loop"
        ) from error
    return Operations(
        rotations=np.array([op.rotation_matrix for op in found]),
        translations=np.array([op.translation_vector for op in found]),
        time_reversal=np.array([op.time_reversal for op in found], dtype=np.int64),
    )


def moments_by_label(block: CifBlock, lattice_matrix: FloatArray) -> dict[str, FloatArray]:
    """Cartesian moment (3,) in μB of each label in the moment loop; labels without numbers are left out.

    Raises
    ------
    ParseError
        A component is no number.
    """
    labels = block.column("_atom_site_moment_label")
    columns = [block.column(tag) for tag in _COMPONENT_TAGS]
    if not labels or any(column is None or len(column) != len(labels) for column in columns):
        return {}
    moments: dict[str, FloatArray] = {}
    for label, *components in zip(labels, *(column or [] for column in columns), strict=True):
        if any(text.strip() in ("?", "") for text in components):
            continue
        try:
            values = np.array([0.0 if text == "." else float(text.split("(")[0]) for text in components])
        except ValueError as error:
            raise ParseError(
                f"the moment of {label} is no number ({' '.join(components)}); correct it"
            ) from error
        if not np.isfinite(values).all() or np.abs(values).max() > 100:
            raise ParseError(f"the moment of {label} is impossible ({' '.join(components)} μB); correct it")
        moments[label] = crystal_axes_to_cartesian(values, lattice_matrix)
    return moments
