"""VASP's POSCAR, CONTCAR and the head of CHGCAR and LOCPOT (the grid behind the atoms is never read).

https://www.vasp.at/wiki/index.php/POSCAR
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from pymatgen.core import Composition, Element, Lattice

from negnn_gui.structures.cif_orbits import MAX_SITES
from negnn_gui.structures.parsed import FloatArray, ParsedFrame, ParseError
from negnn_gui.structures.species import SpeciesError, parse_type_symbol


def parse_poscar(lines: Iterator[str]) -> ParsedFrame:
    """One crystal from the lines of a file; only as many are taken as the atoms need.

    Raises
    ------
    ParseError
        With the number of the line at fault.
    """
    reader = _Lines(lines)
    reader.next("the comment")
    scale = reader.floats("the scale", 1)
    matrix = np.array([reader.floats("a lattice vector", 3)[:3] for _ in range(3)])
    matrix, stretch = _scaled(matrix, scale, reader.line)
    symbols, counts = _symbols_and_counts(reader)
    total = sum(counts)
    if total == 0:
        raise ParseError(f"line {reader.line}: the counts add up to 0 atoms; a crystal needs at least one")
    if total > MAX_SITES:
        raise ParseError(f"line {reader.line}: {total} atoms are more than {MAX_SITES}; open a smaller cell")
    mode = reader.next("Direct or Cartesian").strip()
    if mode[:1].lower() == "s":
        mode = reader.next("Direct or Cartesian").strip()
    rows = [reader.next(f"the position of atom {index + 1} of {total}") for index in range(total)]
    first_line = reader.line - total + 1
    positions = _positions(rows, first_line)
    frac = (positions * stretch) @ np.linalg.inv(matrix) if mode[:1].lower() in ("c", "k") else positions
    if symbols is None:
        names = _trailing_symbols(rows, first_line)
    else:
        names = [symbol for symbol, count in zip(symbols, counts, strict=True) for _ in range(count)]
    made = {name: Composition({Element(name): 1}) for name in set(names)}
    return ParsedFrame(Lattice(matrix), [made[name] for name in names], frac)


class _Lines:
    """Lines with their number; running out of them is an error that says what was expected."""

    def __init__(self, lines: Iterator[str]) -> None:
        self._lines = lines
        self.line = 0

    def next(self, expected: str) -> str:
        text = next(self._lines, None)
        self.line += 1
        if text is None or (not text.strip() and self.line > 1):
            raise ParseError(f"line {self.line}: {expected} is missing; the file is cut short")
        return text

    def floats(self, expected: str, least: int) -> FloatArray:
        text = self.next(expected)
        values = []
        for word in text.split():
            try:
                values.append(float(word))
            except ValueError:
                break
        if len(values) < least or not np.isfinite(values[:3]).all():
            raise ParseError(f"line {self.line}: {expected} should stand here, not {text.strip()[:40]!r}")
        return np.array(values)


def _scaled(matrix: FloatArray, scale: FloatArray, line: int) -> tuple[FloatArray, FloatArray]:
    """The cell in Å and the factors for Cartesian positions; a negative scale is the cell's volume."""
    volume = abs(float(np.linalg.det(matrix)))
    if volume < 1e-9 or not scale[0]:
        raise ParseError(
            f"line {line}: the cell has no volume; check the scale and the three lattice vectors"
        )
    if scale[0] < 0:
        factors = np.full(3, (-scale[0] / volume) ** (1 / 3))
    else:
        # VASP takes one factor, or three (one a Cartesian axis).
        factors = scale[:3] if len(scale) >= 3 and (scale[:3] > 0).all() else np.full(3, scale[0])
    return matrix * factors, factors


def _symbols_and_counts(reader: _Lines) -> tuple[list[str] | None, list[int]]:
    """Element symbols (None in VASP 4 files) and how many atoms of each, over as many lines as there are."""
    words: list[str] = []
    text = reader.next("the element symbols")
    while not text.split()[0].isdigit():
        words.extend(text.split())
        text = reader.next("the number of atoms of each element")
        if len(words) > MAX_SITES:
            raise ParseError(f"line {reader.line}: the number of atoms of each element is missing")
    counts = _counts(text, reader.line)
    while len(counts) < len(words):
        counts.extend(_counts(reader.next("the number of atoms of each element"), reader.line))
    if not words:
        return None, counts
    if len(counts) != len(words):
        raise ParseError(f"line {reader.line}: there are {len(words)} elements but {len(counts)} counts")
    symbols = []
    for word in words:
        try:
            # VASP 6 writes "Fe_pv/1a2b3c".
            symbols.append(parse_type_symbol(word.split("/")[0].split("_")[0]).symbol)
        except SpeciesError as error:
            raise ParseError(
                f"line {reader.line - 1}: {error}; correct the line of element symbols"
            ) from error
    return symbols, counts


def _counts(text: str, line: int) -> list[int]:
    # Some programs put a remark behind the counts.
    words = text.split("!")[0].split("#")[0].split()
    try:
        counts = [int(word) for word in words]
    except ValueError as error:
        raise ParseError(
            f"line {line}: the numbers of atoms should stand here, not {text.strip()[:40]!r}"
        ) from error
    if not counts or min(counts) < 0:
        raise ParseError(f"line {line}: the numbers of atoms should stand here, not {text.strip()[:40]!r}")
    return counts


def _positions(rows: list[str], first_line: int) -> FloatArray:
    positions = np.empty((len(rows), 3))
    for index, row in enumerate(rows):
        try:
            positions[index] = [float(word) for word in row.split()[:3]]
        except ValueError as error:
            raise ParseError(
                f"line {first_line + index}: three coordinates should stand here, not {row.strip()[:40]!r}"
            ) from error
    return positions


def _trailing_symbols(rows: list[str], first_line: int) -> list[str]:
    """Element symbols behind the coordinates, the only place a VASP 4 file can have them."""
    names = []
    for index, row in enumerate(rows):
        words = [word for word in row.split()[3:] if word not in ("T", "F", ".TRUE.", ".FALSE.")]
        try:
            names.append(parse_type_symbol(words[0]).symbol)
        except (IndexError, SpeciesError) as error:
            raise ParseError(
                f"line {first_line + index}: the file names no elements (VASP 4 style); "
                "add a line with the element symbols above the counts"
            ) from error
    return names
