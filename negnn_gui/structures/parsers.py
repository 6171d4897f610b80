"""From a format to its parser. This imports pymatgen; ase comes only when one of its formats is met."""

from __future__ import annotations

import threading
import warnings
from collections.abc import Callable, Iterator
from io import BytesIO
from typing import IO

from negnn_gui.structures.ase_atoms import parse_espresso_input, parse_espresso_output, parse_pdb
from negnn_gui.structures.cif import parse_cif
from negnn_gui.structures.crystal_text import parse_cssr, parse_xsf
from negnn_gui.structures.documents import parse_json, parse_yaml
from negnn_gui.structures.formats import Format
from negnn_gui.structures.parsed import ParsedFrame, ParseError
from negnn_gui.structures.poscar import parse_poscar
from negnn_gui.structures.vasprun import parse_vasprun
from negnn_gui.structures.xyz import parse_extxyz

Frames = Iterator[ParsedFrame | ParseError]

# Python's warning filters belong to the whole process, so only one thread at a time may change them.
_warning_lock = threading.Lock()


def of_stream(found: Format, stream: IO[bytes]) -> Frames:
    """Frames of a format that is read from bytes as they come (vasprun.xml)."""
    if found is not Format.VASPRUN:
        raise ValueError(f"{found} is not read from a stream")
    return _attentive(_single(lambda: parse_vasprun(stream)))


def of_lines(found: Format, lines: Iterator[str]) -> Frames:
    """Frames of a format that is read line by line (extxyz, POSCAR and CHGCAR)."""
    if found is Format.EXTXYZ:
        return _attentive(parse_extxyz(lines))
    if found is Format.POSCAR:
        return _attentive(_single(lambda: parse_poscar(lines)))
    raise ValueError(f"{found} is not read by line")


def of_text(found: Format, text: str) -> Frames:
    """Frames of any format from its whole text."""
    if found in (Format.EXTXYZ, Format.POSCAR):
        return of_lines(found, iter(text.split("\n")))
    if found is Format.VASPRUN:
        return of_stream(found, BytesIO(text.encode("utf-8")))
    many: dict[Format, Callable[[str], Frames]] = {
        Format.CIF: parse_cif,
        Format.XSF: parse_xsf,
        Format.JSON: parse_json,
        Format.YAML: parse_yaml,
        Format.PDB: parse_pdb,
        Format.QE_OUT: parse_espresso_output,
    }
    one: dict[Format, Callable[[str], ParsedFrame]] = {
        Format.CSSR: parse_cssr,
        Format.QE_IN: parse_espresso_input,
    }
    return _attentive(many[found](text) if found in many else _single(lambda: one[found](text)))


def _single(parse: Callable[[], ParsedFrame]) -> Frames:
    try:
        yield parse()
    except ParseError as error:
        yield error


def _attentive(frames: Frames) -> Frames:
    """The same frames, with the Python warnings that arose while each was parsed among its own warnings."""
    while True:
        with _warning_lock, warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            frame = next(frames, None)
        if frame is None:
            return
        if isinstance(frame, ParsedFrame):
            frame.warnings.extend(_told(caught))
        yield frame


def _told(caught: list[warnings.WarningMessage]) -> list[str]:
    """Messages meant for users (not deprecations and the like), short and once each."""
    messages = [str(each.message) for each in caught if issubclass(each.category, UserWarning)]
    return list(dict.fromkeys(" ".join(message.split())[:200] for message in messages))
