"""Element symbols as files write them: "Fe3+", "OW1", "D", "0.8Nb + 0.2Zr"; and what is no element."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache

from pymatgen.core import Element

HEAVIEST = 103
"""Largest atomic number that anything in the program is trained on (lawrencium)."""

_SYMBOLS = {**{element.symbol: element.Z for element in Element}, "D": 1, "T": 1}
_VACANCY = {"vac", "va", "vc", "void", "□", "x", "xx", "q", "dum", "dummy", "box"}
_UNKNOWN = {"?", ".", "", "uk", "unk", "unknown", "m", "a", "r", "ln", "tm", "re"}
_WATER = {"hw": "H", "hw1": "H", "ow": "O", "o-h": "O", "oh": "O", "oh2": "O", "wat": "O", "h2o": "O"}
_GROUPS = {"oh", "oh2", "wat", "h2o", "o-h", "nh4", "nh3", "no3"}
_CHARGE = re.compile(r"^(?P<letters>[A-Za-z]+)(?P<charge>\d*\.?\d*[+-]|[+-]\d*\.?\d*)?")


class SpeciesError(Exception):
    """A symbol names no element that can be used; the message is one clause."""


@dataclass(frozen=True)
class ParsedSymbol:
    """An element symbol and what had to be assumed to find it ("" if nothing)."""

    symbol: str
    note: str = ""


@lru_cache(maxsize=4096)
def parse_type_symbol(text: str) -> ParsedSymbol:
    """Element of a type symbol such as "Fe", "FE", "Fe3+", "O-2", "D" or "Ow".

    Raises
    ------
    SpeciesError
        A vacancy, a group of atoms, no element at all, or one beyond lawrencium.
    """
    cleaned = text.strip().strip("'\"")
    _refuse_non_elements(cleaned)
    match = _CHARGE.match(cleaned)
    if match is None:
        raise SpeciesError(f"{text.strip()!r} is no element symbol")
    letters = match["letters"]
    for candidate in (letters.title(), letters[:2].title()):
        if candidate in _SYMBOLS and (len(letters) <= 2 or candidate == letters[:2]):
            return _checked(candidate, "")
    if cleaned.lower() in _WATER or letters.lower() in _WATER:
        symbol = _WATER.get(cleaned.lower(), _WATER.get(letters.lower(), ""))
        return ParsedSymbol(symbol, f"{cleaned} is read as {symbol}")
    raise SpeciesError(f"{text.strip()!r} is no element")


@lru_cache(maxsize=16384)
def parse_label(text: str) -> ParsedSymbol:
    """Element at the start of a site label such as "Fe1", "FE2A" or "OW3", where the file names no type.

    A label in capitals that could be two elements ("CA1", "CO2") is read as the longer symbol.

    Raises
    ------
    SpeciesError
        As ``parse_type_symbol``.
    """
    cleaned = text.strip().strip("'\"")
    letters = re.match(r"[A-Za-z]*", cleaned)
    word = letters[0] if letters else ""
    _refuse_non_elements(word or cleaned)
    if word.lower() in _WATER:
        return ParsedSymbol(_WATER[word.lower()], f"{cleaned} is read as {_WATER[word.lower()]}")
    if word[:2].title() in _SYMBOLS and len(word) >= 2:
        symbol = word[:2].title()
        plain = word[1].islower() or len(word) == 2
        return _checked(symbol, "" if plain else f"{cleaned} is read as {symbol}")
    if word[:1].upper() in _SYMBOLS:
        symbol = word[0].upper()
        return _checked(symbol, "" if len(word) == 1 else f"{cleaned} is read as {symbol}")
    raise SpeciesError(f"{cleaned!r} starts with no element symbol")


def element_of(symbol: str) -> str:
    """An exact symbol ("Fe", "D") as the element it is read as ("Fe", "H").

    Raises
    ------
    SpeciesError
        It is no element, or one beyond lawrencium.
    """
    if symbol not in _SYMBOLS:
        raise SpeciesError(f"{symbol!r} is no element")
    return _checked(symbol, "").symbol


def _refuse_non_elements(text: str) -> None:
    word = text.lower()
    if word.rstrip("0123456789") in _VACANCY:
        raise SpeciesError(f"{text!r} is a vacancy or dummy, not an element")
    if word in _UNKNOWN and text.title() not in _SYMBOLS:
        raise SpeciesError(f"{text!r} stands for no single element")
    if word in _GROUPS and word not in _WATER:
        raise SpeciesError(f"{text!r} is a group of atoms, not an element")


def _checked(symbol: str, note: str) -> ParsedSymbol:
    """``symbol`` if it can be used; isotopes of hydrogen become H."""
    if _SYMBOLS[symbol] > HEAVIEST:
        raise SpeciesError(f"{symbol} (Z = {_SYMBOLS[symbol]}) is beyond lawrencium, which no model knows")
    if symbol in ("D", "T"):
        return ParsedSymbol("H", f"{'deuterium' if symbol == 'D' else 'tritium'} ({symbol}) is read as H")
    return ParsedSymbol(symbol, note)
