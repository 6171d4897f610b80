"""XSF (XCrySDen, animated too) and CSSR: a cell and a list of atoms as plain text."""

from __future__ import annotations

import re
from collections.abc import Iterator

import numpy as np
from pymatgen.core import Composition, Element, Lattice

from negnn_gui.structures.cif import cell
from negnn_gui.structures.parsed import FloatArray, ParsedFrame, ParseError
from negnn_gui.structures.species import HEAVIEST, SpeciesError, parse_label, parse_type_symbol

_CSSR_ATOM = re.compile(r"^\s*(\d+)\s+(\S+)\s+(\S+)\s+(\S+)\s+(\S+)")


def parse_xsf(text: str) -> Iterator[ParsedFrame | ParseError]:
    """Every step of an XSF or AXSF file; data grids and forces are passed over.

    http://www.xcrysden.org/doc/XSF.html
    """
    lines = [line.split("#")[0].strip() for line in text.rstrip().split("\n")]
    matrix: FloatArray | None = None
    found = False
    for index, line in enumerate(lines):
        word = line.split()[0].upper() if line else ""
        if word.startswith("BEGIN_BLOCK"):
            break
        try:
            if word == "PRIMVEC":
                matrix = np.array([_numbers(lines, index + 1 + row) for row in range(3)])
            elif word == "PRIMCOORD":
                found = True
                yield _xsf_frame(lines, index + 1, matrix)
        except ParseError as error:
            found = True
            yield error
            return
    if not found:
        yield ParseError("there is no PRIMCOORD section with atoms; only crystals can be read")


def _xsf_frame(lines: list[str], start: int, matrix: FloatArray | None) -> ParsedFrame:
    if matrix is None:
        raise ParseError(f"line {start}: the atoms come before the cell (PRIMVEC); only crystals can be read")
    if abs(float(np.linalg.det(matrix))) < 1e-9:
        raise ParseError("the cell (PRIMVEC) has no volume; correct it")
    words = lines[start].split() if start < len(lines) else []
    if not words or not words[0].isdigit():
        raise ParseError(f"line {start + 1}: the number of atoms should stand here")
    count = int(words[0])
    if count == 0:
        raise ParseError(f"line {start + 1}: there are 0 atoms; a crystal needs at least one")
    if start + count >= len(lines):
        raise ParseError(f"line {len(lines)}: the file ends before its {count} atoms do; it is cut short")
    species, positions = [], np.empty((count, 3))
    made: dict[str, Composition] = {}
    for row in range(count):
        number = start + 1 + row
        symbol = _xsf_symbol(lines[number], number)
        positions[row] = _numbers(lines, number, skip=1)
        if symbol not in made:
            made[symbol] = Composition({Element(symbol): 1})
        species.append(made[symbol])
    return ParsedFrame(Lattice(matrix), species, positions @ np.linalg.inv(matrix))


def _xsf_symbol(line: str, number: int) -> str:
    word = line.split()[0] if line else ""
    if word.isdigit():
        if not 1 <= int(word) <= HEAVIEST:
            raise ParseError(f"line {number + 1}: {word} is the atomic number of no element that can be used")
        return str(Element.from_Z(int(word)).symbol)
    try:
        return parse_type_symbol(word).symbol
    except SpeciesError as error:
        raise ParseError(f"line {number + 1}: {error}; correct the row") from error


def _numbers(lines: list[str], index: int, skip: int = 0) -> list[float]:
    """Three numbers of a line, after ``skip`` words."""
    words = lines[index].split()[skip : skip + 3] if index < len(lines) else []
    try:
        values = [float(word.replace("D", "E").replace("d", "e")) for word in words]
    except ValueError:
        values = []
    if len(values) != 3:
        raise ParseError(
            f"line {index + 1}: three numbers should stand here; the file is cut short or damaged"
        )
    return values


def parse_cssr(text: str) -> ParsedFrame:
    """The crystal of a CSSR file (fractional coordinates, all atoms of the cell listed).

    Raises
    ------
    ParseError
        With the line at fault.
    """
    lines = text.split("\n")
    try:
        lengths = [float(word) for word in lines[0].split()[-3:]]
        angles = [float(word) for word in lines[1].split()[:3]]
    except (ValueError, IndexError) as error:
        raise ParseError("line 1: the cell lengths and angles should stand in the first two lines") from error
    if len(lengths) != 3 or len(angles) != 3:
        raise ParseError("line 1: the cell lengths and angles should stand in the first two lines")
    lattice = cell(lengths + angles)
    labels, species, positions = [], [], []
    notes: dict[str, None] = {}
    for number, line in enumerate(lines[4:], start=5):
        match = _CSSR_ATOM.match(line)
        if match is None:
            if line.strip():
                raise ParseError(f"line {number}: an atom should stand here, not {line.strip()[:40]!r}")
            continue
        try:
            parsed = parse_label(match[2])
            positions.append([float(match[axis]) for axis in (3, 4, 5)])
        except SpeciesError as error:
            raise ParseError(f"line {number}: {error}; correct the row") from error
        except ValueError as error:
            raise ParseError(f"line {number}: the position of {match[2]} is no number") from error
        if parsed.note:
            notes[parsed.note] = None
        labels.append(match[2])
        species.append(Composition({Element(parsed.symbol): 1}))
    if not species:
        raise ParseError("there are 0 atoms; a crystal needs at least one")
    stated = lines[2].split()[:1]
    if stated and stated[0].isdigit() and int(stated[0]) != len(species):
        raise ParseError(
            f"line 3: {stated[0]} atoms are announced but {len(species)} follow; the file is cut short"
        )
    warnings = [f"{note[:1].upper()}{note[1:]}." for note in notes]
    return ParsedFrame(lattice, species, np.array(positions), labels, warnings=warnings)
