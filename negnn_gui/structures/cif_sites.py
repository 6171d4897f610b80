"""The atom rows of a CIF: label, element, occupancy, position, each checked with its line."""

from __future__ import annotations

import re
from dataclasses import dataclass

import numpy as np

from negnn_gui.structures.cif_syntax import CifBlock, Loop
from negnn_gui.structures.parsed import FloatArray, ParseError
from negnn_gui.structures.species import SpeciesError, parse_label, parse_type_symbol

_HYDROGEN = re.compile(r"[HDT](?![a-z])")
_FRACTIONAL = tuple(f"_atom_site_fract_{axis}" for axis in "xyz")
_CARTESIAN = tuple(f"_atom_site_cartn_{axis}" for axis in "xyz")
_LABELS = ("_atom_site_label", "_atom_site_label_atom_id", "_atom_site_id")
_SYMBOLS = ("_atom_site_type_symbol",)
_OCCUPANCIES = ("_atom_site_occupancy",)
_THIRDS = np.array([1 / 3, 2 / 3])


@dataclass(frozen=True)
class AtomRow:
    """One line of the atom table.

    Attributes
    ----------
    label : str
        As written; "" where the file has no labels.
    species : tuple of (element symbol, oxidation state or None, occupancy)
    frac : (3,) float
    """

    label: str
    species: tuple[tuple[str, float | None, float], ...]
    frac: FloatArray


def number(text: str) -> float:
    """A CIF number, its uncertainty dropped: "0.1234(5)" is 0.1234 and "." is 0.

    Raises
    ------
    ValueError
        It is none.
    """
    cleaned = text.strip()
    return 0.0 if cleaned == "." else float(cleaned.split("(")[0].replace(",", "."))


def atom_rows(block: CifBlock, lattice_matrix: FloatArray, warnings: list[str]) -> list[AtomRow]:
    """The atoms of a block in the order of the file, rows without position or occupancy left out.

    Raises
    ------
    ParseError
        No atoms, a row that is short, a position that is no number, an unknown element.
    """
    loop = block.loop_of(*_FRACTIONAL, *_CARTESIAN)
    if loop is None:
        loop = _single_atom(block)
    width = len(loop.tags)
    if not loop.is_complete:
        line = block.line(loop.offsets[-1])
        raise ParseError(
            f"line {line}: the atom table has {width} columns but ends in the middle of a row "
            f"({len(loop.values)} values); the file is cut short or a value is missing"
        )
    if not loop.values:
        raise ParseError(f"line {block.line(loop.start)}: the atom table is empty; there are 0 atoms")
    fractional = any(tag in loop.tags for tag in _FRACTIONAL)
    positions = _FRACTIONAL if fractional else _CARTESIAN
    missing = [tag for tag in positions if tag not in loop.tags]
    if missing:
        raise ParseError(f"the atom table has no column {missing[0]}; every atom needs three coordinates")
    axes = [loop.tags.index(tag) for tag in positions]
    oxidation = _oxidation_numbers(block)
    label_at, symbol_at, occupancy_at = (_place(loop, *tags) for tags in (_LABELS, _SYMBOLS, _OCCUPANCIES))
    rows, skipped = [], []
    notes: dict[str, None] = {}
    for first in range(0, len(loop.values), width):
        values = loop.values[first : first + width]
        label = _cell(values, label_at) or ""
        if any(values[axis].strip() == "?" for axis in axes):
            # hydrogens are often not located; without any other atom it would be another compound
            if not _HYDROGEN.match(_cell(values, symbol_at) or label):
                raise ParseError(
                    f"line {block.line(loop.offsets[first])}: atom {label or first // width + 1} has no position "
                    "(?); complete the row, or delete it if there is no such atom"
                )
            skipped.append(label or f"row {first // width + 1}")
            continue
        try:
            species = _row_species(
                _cell(values, symbol_at), _cell(values, occupancy_at), label, oxidation, notes
            )
            row = AtomRow(label, species, np.array([number(values[axis]) for axis in axes]))
        except SpeciesError as error:
            raise ParseError(
                f"line {block.line(loop.offsets[first])}: {error}; delete or correct the row"
            ) from error
        except ValueError as error:
            written = " ".join(values[axis] for axis in axes)
            raise ParseError(
                f"line {block.line(loop.offsets[first])}: a number of atom {label or first // width + 1} "
                f"cannot be read (position {written}); correct it"
            ) from error
        _check_position(row, block.line(loop.offsets[first]) if not _is_sane(row.frac) else 0)
        if not row.species:
            skipped.append(label)
            continue
        rows.append(row)
    warnings.extend(f"{note[:1].upper()}{note[1:]}." for note in notes)
    if skipped:
        warnings.append(f"Left out because they have no position or occupancy 0: {_listing(skipped)}.")
    if not rows:
        raise ParseError("no atom of the atom table has a position; there are 0 atoms")
    return _in_fractions(rows, fractional, lattice_matrix)


def _in_fractions(rows: list[AtomRow], fractional: bool, lattice_matrix: FloatArray) -> list[AtomRow]:
    """Rows with fractional coordinates, those meant as 1/3 and 2/3 made exact (as pymatgen does)."""
    coordinates = np.array([row.frac for row in rows])
    if not fractional:
        # CIF's default Cartesian frame: x along a, y in the plane of a and b.
        coordinates = coordinates @ np.linalg.inv(_standard_frame(lattice_matrix))
    for third in _THIRDS:
        coordinates[np.abs(coordinates / third - 1) < 1e-4] = third
    return [AtomRow(row.label, row.species, frac) for row, frac in zip(rows, coordinates, strict=True)]


def _standard_frame(lattice_matrix: FloatArray) -> FloatArray:
    """The same cell with a along x and b in the xy plane."""
    triangular = np.linalg.cholesky(lattice_matrix @ lattice_matrix.T)
    return np.asarray(triangular, dtype=float)


def _single_atom(block: CifBlock) -> Loop:
    """An atom written as single tags, without a loop."""
    tags = [tag for tag in block.items if tag.startswith("_atom_site_")]
    if not any(tag in tags for tag in (*_FRACTIONAL, *_CARTESIAN)):
        raise ParseError("no atoms are listed (no _atom_site_fract_x); the file may be cut short")
    start = block.text.find(tags[0])
    return Loop(tags, max(start, 0), [block.items[tag] for tag in tags], [max(start, 0)] * len(tags))


def _place(loop: Loop, *tags: str) -> int | None:
    """The column of the first of ``tags`` that is one."""
    return next((loop.tags.index(tag) for tag in tags if tag in loop.tags), None)


def _cell(values: list[str], place: int | None) -> str | None:
    """The value of a row in a column, if there is such a column."""
    return None if place is None else values[place].strip()


def _row_species(
    symbol: str | None,
    written: str | None,
    label: str,
    oxidation: dict[str, float],
    notes: dict[str, None],
) -> tuple[tuple[str, float | None, float], ...]:
    """Elements of one row with oxidation state and its ``written`` occupancy; empty if the occupancy is 0."""
    occupancy = 1.0 if written in (None, "?", ".", "") else number(str(written))
    if not 0 <= occupancy < 100:
        raise SpeciesError(f"the occupancy of {label or symbol} is impossible ({written})")
    if symbol and " + " in symbol:
        return _mixture(symbol)
    parsed = parse_type_symbol(symbol) if symbol and symbol not in ("?", ".") else parse_label(label)
    if parsed.note:
        notes[parsed.note] = None
    # Rounded occupancies such as 0.9999 mean a full site.
    occupancy = 1.0 if abs(occupancy - 1) < 5e-4 else occupancy
    state = oxidation.get(symbol or "", oxidation.get(parsed.symbol))
    return ((parsed.symbol, state, occupancy),) if occupancy > 1e-6 else ()


def _mixture(symbol: str) -> tuple[tuple[str, float | None, float], ...]:
    """The Pauling File's "0.8Nb + 0.2Zr"."""
    found: list[tuple[str, float | None, float]] = []
    for part in symbol.split(" + "):
        digits = part.strip().rstrip("+-").rstrip()
        amount = digits[: len(digits) - len(digits.lstrip("0123456789."))]
        found.append((parse_type_symbol(digits[len(amount) :]).symbol, None, float(amount or 1)))
    return tuple(found)


def _oxidation_numbers(block: CifBlock) -> dict[str, float]:
    """Oxidation state by type symbol, as written and without the charge."""
    symbols, states = block.column("_atom_type_symbol"), block.column("_atom_type_oxidation_number")
    found: dict[str, float] = {}
    for symbol, state in zip(symbols or [], states or [], strict=False):
        try:
            found[symbol.strip()] = number(state)
        except ValueError:
            continue
    return found


def _is_sane(frac: FloatArray) -> bool:
    return all(abs(value) < 1e4 for value in frac.tolist())  # no NaN is


def _check_position(row: AtomRow, line: int) -> None:
    if line:
        written = " ".join(f"{value:g}" for value in row.frac)
        raise ParseError(
            f"line {line}: the position of atom {row.label} is impossible ({written}); correct it"
        )


def _listing(names: list[str]) -> str:
    """Up to five names, then how many more."""
    more = f" and {len(names) - 5} more" if len(names) > 5 else ""
    return ", ".join(names[:5]) + more
