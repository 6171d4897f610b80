"""Symmetry operations of a CIF: from its list, else from its space group's name or number."""

from __future__ import annotations

import re
from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache

import numpy as np
import spglib
from numpy.typing import NDArray

from negnn_gui.structures.cif_syntax import CifBlock
from negnn_gui.structures.parsed import FloatArray, ParseError

_OPERATION_TAGS = (
    "_space_group_symop_operation_xyz",
    "_symmetry_equiv_pos_as_xyz",
    "_symmetry_equiv_pos_as_xyz_",
    "_space_group_symop_operation_xyz_",
)
_NUMBER_TAGS = ("_space_group_it_number", "_symmetry_int_tables_number")
_HALL_TAGS = ("_space_group_name_hall", "_symmetry_space_group_name_hall")
_NAME_TAGS = (
    "_space_group_name_h-m_alt",
    "_symmetry_space_group_name_h-m",
    "_space_group_name_h-m_ref",
    "_space_group_name_h-m_full",
    "_space_group_name_h-m",
)
_TERM = re.compile(r"([+-]?)(?:(\d+\.?\d*|\.\d+)(?:/(\d+))?)?\*?([xyz]?)")
# Order of the point group by the first space-group number that has it.
_POINT_GROUP_ORDER = {
    1: 1, 2: 2, 3: 2, 10: 4, 16: 4, 47: 8, 75: 4, 83: 8, 89: 8, 123: 16, 143: 3, 147: 6, 149: 6, 162: 12,
    168: 6, 175: 12, 177: 12, 191: 24, 195: 12, 200: 24, 207: 24, 221: 48,
}  # fmt: skip


@dataclass(frozen=True)
class Operations:
    """Symmetry operations x' = R x + t in fractional coordinates.

    Attributes
    ----------
    rotations : (O, 3, 3) float
    translations : (O, 3) float
    time_reversal : (O,) int
        1, or -1 where the operation also reverses time (moments change sign).
    """

    rotations: FloatArray
    translations: FloatArray
    time_reversal: NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.translations)


@lru_cache(maxsize=8192)
def parse_operation(text: str) -> tuple[tuple[tuple[float, ...], ...], tuple[float, ...], int]:
    """Rotation, translation and time reversal of "x,-y,z+1/2" or "x,-y,z+1/2,-1".

    Raises
    ------
    ValueError
        The text is no operation.
    """
    parts = text.lower().replace(" ", "").strip("'\"").split(",")
    if len(parts) not in (3, 4):
        raise ValueError(text)
    rows, shift = [], []
    for part in parts[:3]:
        row, constant = _parse_component(part)
        rows.append(tuple(row))
        shift.append(constant)
    reversal = 1
    if len(parts) == 4:
        if parts[3] not in ("1", "+1", "-1", "m", "-m", "+m"):
            raise ValueError(text)
        reversal = -1 if parts[3].startswith("-") else 1
    if abs(abs(float(np.linalg.det(np.array(rows)))) - 1) > 1e-6:
        raise ValueError(text)
    return tuple(rows), tuple(shift), reversal


def _parse_component(part: str) -> tuple[list[float], float]:
    row, constant, position = [0.0, 0.0, 0.0], 0.0, 0
    while position < len(part):
        match = _TERM.match(part, position)
        if match is None or match.end() == position or not (match[2] or match[4]):
            raise ValueError(part)
        size = Fraction(match[2]) / int(match[3] or 1) if match[2] else Fraction(1)
        signed = float(-size if match[1] == "-" else size)
        if match[4]:
            row["xyz".index(match[4])] += signed
        else:
            constant += signed
        position = match.end()
    return row, constant


def collect(texts: list[str]) -> Operations:
    """Operations of a list of "x,y,z" texts.

    Raises
    ------
    ParseError
        One of them is no operation.
    """
    parsed = []
    for text in texts:
        try:
            parsed.append(parse_operation(text))
        except (ValueError, ZeroDivisionError) as error:
            raise ParseError(
                f"{text.strip()!r} is no symmetry operation; write it like x,-y,z+1/2"
            ) from error
    rotations, translations, reversals = zip(*parsed, strict=True)
    return Operations(np.array(rotations), np.array(translations), np.array(reversals, dtype=np.int64))


def identity() -> Operations:
    """The single operation x,y,z."""
    return collect(["x,y,z"])


def operations(block: CifBlock, gamma: float, warnings: list[str]) -> Operations:
    """Operations of a block; ``gamma`` (degrees) tells hexagonal from rhombohedral axes.

    Warns where they had to be derived from the group's name or number, where nothing is stated, and where
    the list contradicts the stated number.

    Raises
    ------
    ParseError
        The file names a space group that does not exist, or an operation that is none.
    """
    texts = block.column(*_OPERATION_TAGS)
    number = _stated_number(block)
    if texts and any(text.strip() not in ("?", ".") for text in texts):
        found = collect(texts)
        _warn_of_contradiction(found, number, warnings)
        return found
    name, hall = block.value(*_NAME_TAGS), block.value(*_HALL_TAGS)
    setting = _find_setting(name, hall, number, gamma)
    if setting is None:
        if name or hall or number:
            stated = name or hall or number
            raise ParseError(
                f"the space group {stated!r} is unknown and no symmetry operations are listed; "
                "add a _space_group_symop_operation_xyz loop"
            )
        warnings.append("The file states no symmetry: only the listed atoms are in the cell (P1).")
        return identity()
    kind = spglib.get_spacegroup_type(setting)
    if kind.number > 1:
        choice = f", setting {kind.choice}" if kind.choice else ""
        warnings.append(
            f"The file lists no symmetry operations: those of {kind.international_short} "
            f"(no. {kind.number}{choice}) were used."
        )
    database = spglib.get_symmetry_from_database(setting)
    rotations = np.asarray(database["rotations"], dtype=float)
    return Operations(
        rotations, np.asarray(database["translations"]), np.ones(len(rotations), dtype=np.int64)
    )


def _stated_number(block: CifBlock) -> int | None:
    text = block.value(*_NUMBER_TAGS)
    if text is not None and text.isdigit() and 1 <= int(text) <= 230:
        return int(text)
    return None


def _warn_of_contradiction(found: Operations, number: int | None, warnings: list[str]) -> None:
    """Say so where the number of distinct rotations is not the order of the stated group's point group."""
    if number is None:
        return
    distinct = len({rotation.tobytes() for rotation in np.rint(found.rotations) + 0.0})  # -0 becomes 0
    order = _POINT_GROUP_ORDER[max(first for first in _POINT_GROUP_ORDER if first <= number)]
    if distinct != order:
        warnings.append(
            f"The {len(found)} listed symmetry operations contradict the stated space group no. {number}; "
            "the listed operations were used."
        )


def _squeeze(name: str) -> str:
    return re.sub(r"[\s_'\"()]", "", name).lower()


@lru_cache(maxsize=1)
def _settings() -> list[tuple[int, int, str, str, frozenset[str]]]:
    """(Hall number, space-group number, choice, squeezed Hall symbol, squeezed names) of all 530 settings."""
    table = []
    for hall in range(1, 531):
        kind = spglib.get_spacegroup_type(hall)
        names = {kind.international_short, kind.international_full}
        names.update(kind.international.split("="))
        squeezed = frozenset(_squeeze(name) for name in names if name.strip())
        table.append((hall, kind.number, kind.choice, _squeeze(kind.hall_symbol), squeezed))
    return table


def _find_setting(name: str | None, hall: str | None, number: int | None, gamma: float) -> int | None:
    """spglib's Hall number of what is stated; origin 2 and the axes of the cell where that is not said."""
    table = _settings()
    if hall:
        for entry in table:
            if entry[3] == _squeeze(hall):
                return entry[0]
    candidates: list[tuple[int, str]] = []
    wanted = ""
    if name:
        base, wanted = _split_choice(name)
        candidates = [(entry[0], entry[2]) for entry in table if base in entry[4]]
    if not candidates and number is not None:
        candidates = [(entry[0], entry[2]) for entry in table if entry[1] == number]
    if not candidates:
        return None
    axes = "h" if abs(gamma - 120) < 0.5 else "r"
    preferred = [wanted] if wanted else []
    for choice in [*preferred, axes, "2", "b1", "b", ""]:
        for setting, offered in candidates:
            if offered.lower() == choice:
                return setting
    return candidates[0][0]


def _split_choice(name: str) -> tuple[str, str]:
    """ "F d -3 m :2", "Fd-3mZ" and "R -3 m H" as the bare symbol and the choice it asks for."""
    base, _, choice = name.partition(":")
    squeezed, choice = _squeeze(base), _squeeze(choice)
    ending = re.search(r"\s([SZHRszhr]|O[12])$", base.strip())
    if not choice and ending:
        squeezed = _squeeze(base.strip()[: ending.start()])
        choice = {"s": "1", "z": "2", "o1": "1", "o2": "2"}.get(ending[1].lower(), ending[1].lower())
    return squeezed, choice
