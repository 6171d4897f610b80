"""The last structure of a vasprun.xml, read as a stream: an unfinished run gives what it got to.

https://www.vasp.at/wiki/index.php/Vasprun.xml
"""

from __future__ import annotations

from typing import IO
from xml.etree import ElementTree

import numpy as np
from pymatgen.core import Composition, Element, Lattice

from negnn_gui.structures.parsed import FloatArray, ParsedFrame, ParseError
from negnn_gui.structures.species import SpeciesError, parse_type_symbol

# Large tables that say nothing about the structure; dropped as soon as they are read.
_BULKY = {"r", "set", "dos", "eigenvalues", "projected", "scstep", "calculation", "kpoints", "parameters"}


def parse_vasprun(stream: IO[bytes]) -> ParsedFrame:
    """The final structure of a calculation; the MAGMOM of its INCAR, if set, as moments.

    Raises
    ------
    ParseError
        The file holds no structure.
    """
    symbols: list[str] = []
    magmom: list[float] = []
    last: tuple[FloatArray, FloatArray] | None = None
    steps, broken, inside_atoms = 0, False, False
    try:
        for event, element in ElementTree.iterparse(stream, events=("start", "end")):
            if event == "start":
                inside_atoms = inside_atoms or element.tag == "atominfo"
            elif element.tag == "atominfo":
                symbols, inside_atoms = _symbols(element), False
            elif element.tag == "incar":
                magmom = _magmom(element)
            elif element.tag == "structure":
                last = _structure(element) or last
                steps += element.get("name") is None
            elif element.tag in _BULKY and not inside_atoms:
                element.clear()
    except ElementTree.ParseError as error:
        broken = True
        if last is None or not symbols:
            raise ParseError(
                f"line {error.position[0]}: the XML breaks off before the structure; get the file again"
            ) from error
    if last is None or not symbols:
        raise ParseError("it holds no structure; this is no vasprun.xml of a calculation")
    matrix, frac = last
    if len(frac) != len(symbols):
        raise ParseError(f"it names {len(symbols)} atoms but gives {len(frac)} positions; get the file again")
    made = {symbol: Composition({Element(symbol): 1}) for symbol in set(symbols)}
    frame = ParsedFrame(Lattice(matrix), [made[symbol] for symbol in symbols], frac)
    if broken:
        frame.warnings.append("The calculation did not finish: its last complete structure is shown.")
    elif steps > 1:
        frame.warnings.append(f"The last of {steps} steps of the calculation is shown.")
    _set_moments(frame, magmom)
    return frame


def _symbols(atominfo: ElementTree.Element) -> list[str]:
    rows = atominfo.findall("array[@name='atoms']/set/rc")
    try:
        return [parse_type_symbol(row.findtext("c") or "").symbol for row in rows]
    except SpeciesError as error:
        raise ParseError(f"{error}; the file cannot be used") from error


def _magmom(incar: ElementTree.Element) -> list[float]:
    text = incar.findtext("v[@name='MAGMOM']") or ""
    try:
        return [float(word) for word in text.split()]
    except ValueError:
        return []


def _structure(element: ElementTree.Element) -> tuple[FloatArray, FloatArray] | None:
    """(3, 3) cell and (N, 3) fractional positions, or None where one is not there."""
    basis = element.findall("crystal/varray[@name='basis']/v")
    positions = element.findall("varray[@name='positions']/v")
    try:
        matrix = np.array([[float(word) for word in (v.text or "").split()] for v in basis])
        frac = np.array([[float(word) for word in (v.text or "").split()] for v in positions])
    except ValueError:
        # VASP prints ******* where a number does not fit.
        return None
    if matrix.shape != (3, 3) or frac.ndim != 2 or frac.shape[1] != 3 or abs(np.linalg.det(matrix)) < 1e-9:
        return None
    return matrix, frac


def _set_moments(frame: ParsedFrame, magmom: list[float]) -> None:
    count = len(frame.species)
    if len(magmom) == count:
        frame.moments = np.array(magmom)
    elif len(magmom) == 3 * count:
        frame.moment_vectors = np.array(magmom).reshape(count, 3)
    else:
        return
    frame.warnings.append("The moments are those the calculation started from (MAGMOM), not its result.")
