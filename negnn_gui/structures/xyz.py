"""Extended XYZ, frame by frame: a long file is never held, and a bad frame does not stop the rest."""

from __future__ import annotations

import re
from collections.abc import Iterator
from io import StringIO
from typing import TYPE_CHECKING

from negnn_gui.structures.cif_orbits import MAX_SITES
from negnn_gui.structures.parsed import ParsedFrame, ParseError

if TYPE_CHECKING:
    from ase import Atoms

_HEAVY_HYDROGEN = re.compile(r"^(\s*)[DT](?=\s)", re.MULTILINE)


def parse_extxyz(lines: Iterator[str]) -> Iterator[ParsedFrame | ParseError]:
    """Every frame of a file in order; a frame that cannot be used becomes an error and the next one follows.

    After a frame whose atom count is no number or whose lines run out nothing more can be read.
    """
    numbered = enumerate(lines, start=1)
    found = False
    for line, text in numbered:
        if not text.strip():
            continue
        found = True
        if not text.strip().isdigit():
            yield ParseError(f"line {line}: the number of atoms should stand here, not {text.strip()[:40]!r}")
            return
        count = int(text) if len(text.strip()) < 12 else MAX_SITES + 1
        if count > MAX_SITES:
            yield ParseError(
                f"line {line}: {text.strip()[:20]} atoms are more than {MAX_SITES}; open a smaller cell"
            )
            return
        body = [row for _, row in zip(range(count + 1), (row for _, row in numbered), strict=False)]
        if len(body) < count + 1:
            yield ParseError(
                f"line {line}: the frame should have {count} atoms but the file ends after "
                f"{max(len(body) - 1, 0)}; it is cut short"
            )
            return
        try:
            yield _parse_frame(count, body, line)
        except ParseError as error:
            yield error
    if not found:
        yield ParseError("the file is empty; there is nothing to read")


def _parse_frame(count: int, body: list[str], line: int) -> ParsedFrame:
    from ase.io.extxyz import read_extxyz

    from negnn_gui.structures.ase_atoms import frame_from_atoms

    if count == 0:
        raise ParseError(f"line {line}: the frame has 0 atoms; a crystal needs at least one")
    if not re.search(r"\blattice\s*=", body[0], re.IGNORECASE):
        raise ParseError(
            f'line {line + 1}: there is no unit cell (no Lattice="..."); only crystals can be predicted'
        )
    text = f"{count}\n" + "\n".join(body) + "\n"
    warnings: list[str] = []
    if _HEAVY_HYDROGEN.search(text):
        text = _HEAVY_HYDROGEN.sub(r"\1H", text)
        warnings.append("Deuterium or tritium is read as H.")
    try:
        atoms: Atoms = next(iter(read_extxyz(StringIO(text), index=0)))
    except Exception as error:
        raise ParseError(_explain(error, body, line)) from error
    frame = frame_from_atoms(atoms)
    if not all(atoms.pbc):
        frame.warnings.append(
            "The file says that it is not periodic in all directions; it is read as a crystal."
        )
    frame.warnings.extend(warnings)
    return frame


def _explain(error: Exception, body: list[str], line: int) -> str:
    """What is wrong with a frame that ase refused, with the first suspicious line."""
    if isinstance(error, KeyError):
        symbol = str(error).strip("'\"")
        for offset, row in enumerate(body[1:], start=2):
            if row.split()[:1] == [symbol]:
                return f"line {line + offset}: {symbol!r} is no element; correct or delete the row"
    width = max((len(row.split()) for row in body[1:]), default=0)
    for offset, row in enumerate(body[1:], start=2):
        if len(row.split()) < min(width, 4):
            return f"line {line + offset}: an atom should stand here, not {row.strip()[:40]!r}"
    return f"line {line}: this frame does not follow its Properties ({str(error)[:120]}); correct it"
