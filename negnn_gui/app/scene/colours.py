"""Colours of the elements: VESTA's and Jmol's, and a set that colour-blind readers can tell apart."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache
from importlib import resources
from typing import Any

import numpy as np
from numpy.typing import NDArray

RGB = tuple[int, int, int]

SCHEMES = {"vesta": "VESTA", "jmol": "Jmol", "colour-blind": "Colour-blind safe"}
UNKNOWN: RGB = (200, 120, 200)

# Okabe and Ito, "Color universal design" (2008): told apart with every common kind of colour blindness.
OKABE_ITO: tuple[RGB, ...] = (
    (230, 159, 0),
    (86, 180, 233),
    (0, 158, 115),
    (240, 228, 66),
    (0, 114, 178),
    (213, 94, 0),
    (204, 121, 167),
)


def element_colours(elements: Iterable[str], scheme: str = "vesta") -> dict[str, RGB]:
    """Colour of each of the elements of one crystal.

    In the colour-blind-safe scheme a colour belongs to an element *within this crystal*: oxygen is vermilion,
    the others take the remaining colours in the order of their atomic numbers.

    Raises
    ------
    ValueError
        ``scheme`` is not one of ``SCHEMES``.
    """
    distinct = sorted(set(elements), key=_atomic_number)
    if scheme == "vesta":
        table = _vesta()
        return {symbol: table.get(symbol, _jmol(symbol)) for symbol in distinct}
    if scheme == "jmol":
        return {symbol: _jmol(symbol) for symbol in distinct}
    if scheme == "colour-blind":
        return _colour_blind(distinct)
    raise ValueError(f"no element colours are called {scheme!r}; choose from {', '.join(SCHEMES)}")


def category_colours(n_categories: int) -> NDArray[np.uint8]:
    """(n, 3) uint8: colours of numbered groups; after seven they come again, darker, then lighter."""
    colours = []
    for index in range(n_categories):
        round_, base = divmod(index, len(OKABE_ITO))
        colours.append(_shade(OKABE_ITO[base], round_))
    return np.array(colours, dtype=np.uint8).reshape(-1, 3)


def _colour_blind(distinct: list[str]) -> dict[str, RGB]:
    vermilion = OKABE_ITO[5]
    rest = [colour for colour in OKABE_ITO if colour != vermilion]
    colours: dict[str, RGB] = {}
    taken = 0
    for symbol in distinct:
        if symbol == "O":
            colours[symbol] = vermilion
            continue
        round_, base = divmod(taken, len(rest))
        colours[symbol] = _shade(rest[base], round_)
        taken += 1
    return colours


def _shade(colour: RGB, round_: int) -> RGB:
    target, weight = ((0, 0.0), (0, 0.45), (255, 0.5))[min(round_, 2)]
    red, green, blue = (round(value + (target - value) * weight) for value in colour)
    return red, green, blue


def _atomic_number(symbol: str) -> tuple[int, str]:
    from ase.data import atomic_numbers

    return atomic_numbers.get(symbol, 0 if symbol not in ("D", "T") else 1), symbol


def _jmol(symbol: str) -> RGB:
    from ase.data import atomic_numbers
    from ase.data.colors import jmol_colors

    number = atomic_numbers.get("H" if symbol in ("D", "T") else symbol, 0)
    if not 0 < number < len(jmol_colors):
        return UNKNOWN
    red, green, blue = (round(255 * float(value)) for value in jmol_colors[number])
    return red, green, blue


@cache
def _vesta() -> dict[str, RGB]:
    """pymatgen's table of VESTA's colours; empty where an installation left the file out."""
    source = resources.files("pymatgen.vis") / "ElementColorSchemes.yaml"
    if not source.is_file():
        return {}
    from ruamel.yaml import YAML

    schemes: dict[str, Any] = YAML(typ="safe").load(source.read_text(encoding="utf-8"))
    return {symbol: (int(r), int(g), int(b)) for symbol, (r, g, b) in schemes["VESTA"].items()}
