"""What ase reads for us (extended XYZ frames, PDB, Quantum ESPRESSO) as parsed frames."""

from __future__ import annotations

import re
from collections.abc import Iterator
from io import StringIO
from typing import TYPE_CHECKING

import numpy as np
from pymatgen.core import Composition, Element, Lattice

from negnn_gui.structures.parsed import FloatArray, ParsedFrame, ParseError

if TYPE_CHECKING:
    from ase import Atoms

_MOMENT_ARRAYS = ("magmoms", "magmom", "moments", "initial_magmoms", "moment_input", "spin")


def frame_from_atoms(atoms: Atoms, moments: bool = True) -> ParsedFrame:
    """An ase ``Atoms`` as a parsed frame, moments (results first, then arrays) included.

    Raises
    ------
    ParseError
        There are no atoms, no cell, or an atom that is no element.
    """
    if len(atoms) == 0:
        raise ParseError("there are 0 atoms; a crystal needs at least one")
    matrix = np.asarray(atoms.cell[:], dtype=float)
    if not np.isfinite(matrix).all() or abs(float(np.linalg.det(matrix))) < 1e-9:
        raise ParseError("the unit cell is missing or has no volume; only crystals with a cell can be read")
    numbers = atoms.get_atomic_numbers()
    if (numbers < 1).any():
        raise ParseError(f"atom {int(np.argmin(numbers)) + 1} is a dummy ('X'), not an element; delete it")
    made = {int(z): Composition({Element.from_Z(int(z)): 1}) for z in np.unique(numbers)}
    positions = np.asarray(atoms.get_positions(), dtype=float)
    frame = ParsedFrame(Lattice(matrix), [made[int(z)] for z in numbers], positions @ np.linalg.inv(matrix))
    if moments:
        _take_moments(frame, atoms)
    return frame


def parse_pdb(text: str) -> Iterator[ParsedFrame | ParseError]:
    """Every model of a PDB file."""
    from ase.io.proteindatabank import read_proteindatabank

    cell = re.search(r"^CRYST1.*$", text, re.MULTILINE)
    if cell is None:
        yield ParseError("there is no unit cell (no CRYST1 line); only crystals can be read")
        return
    # Some programs write D for deuterium in the element columns.
    plain = re.sub(r"^((?:ATOM  |HETATM).{70}) D", r"\1 H", text, flags=re.MULTILINE)
    try:
        models = read_proteindatabank(StringIO(plain), index=slice(None))
    except Exception as error:
        yield ParseError(_refused("PDB", error))
        return
    group = cell[0][55:66].strip()
    for model in models:
        # An END behind the last ENDMDL makes one more, empty model.
        if len(model) == 0 and len(models) > 1:
            continue
        if model.cell.rank == 0:
            model.cell = models[0].cell
        try:
            frame = frame_from_atoms(model, moments=False)
        except ParseError as error:
            yield error
            continue
        if plain != text:
            frame.warnings.append("Deuterium is read as H.")
        if group.replace(" ", "") not in ("", "P1"):
            frame.warnings.append(
                f"The symmetry of the space group {group} is not applied: only the listed atoms are read."
            )
        yield frame


def parse_espresso_input(text: str) -> ParsedFrame:
    """The crystal of a pw.x input (its starting magnetisation is no moment and is not taken).

    Raises
    ------
    ParseError
        The input holds no crystal that can be read.
    """
    from ase.io.espresso import read_espresso_in

    try:
        return frame_from_atoms(read_espresso_in(StringIO(text)), moments=False)
    except ParseError:
        raise
    except Exception as error:
        if "ibrav" in str(error):
            raise ParseError("only ibrav = 0 with CELL_PARAMETERS can be read; write the cell out") from error
        raise ParseError(_refused("Quantum ESPRESSO input", error)) from error


def parse_espresso_output(text: str) -> Iterator[ParsedFrame | ParseError]:
    """Every configuration of a pw.x output."""
    from ase.io.espresso import read_espresso_out

    try:
        count = 0
        for atoms in read_espresso_out(StringIO(text), index=slice(None), results_required=False):
            count += 1
            try:
                yield frame_from_atoms(atoms)
            except ParseError as error:
                yield error
        if count == 0:
            yield ParseError("the output holds no structure; the calculation may have stopped at once")
    except Exception as error:
        yield ParseError(_refused("Quantum ESPRESSO output", error))


def _refused(name: str, error: Exception) -> str:
    # Only messages that ase wrote for people are worth showing; the others speak of its inner workings.
    detail = f" ({str(error)[:120]})" if isinstance(error, ValueError) and str(error) else ""
    return f"it cannot be read as {name}{detail}; check that it is complete"


def _take_moments(frame: ParsedFrame, atoms: Atoms) -> None:
    found: FloatArray | None = None
    if atoms.calc is not None:
        found = atoms.calc.results.get("magmoms")
    for name in _MOMENT_ARRAYS:
        if found is None and name in atoms.arrays:
            found = atoms.arrays[name]
    if found is None:
        return
    values = np.asarray(found, dtype=float)
    if values.shape == (len(atoms),):
        frame.moments = values
    elif values.shape == (len(atoms), 3):
        frame.moment_vectors = values
