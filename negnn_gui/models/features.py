"""The 92 numbers that describe an element to the encoder, generated from pymatgen's and ASE's element data.

The layout and the bins are those of CGCNN (Xie and Grossman, Phys. Rev. Lett. 120 (2018) 145301), which the
published encoder uses (doi 10.1088/2632-2153/ad612b); nothing is copied from its table. Every property is a
one-hot vector over the equal bins of its range. A value outside the range goes to the bin at that end, one on
an edge to the bin below it, and a property without a value leaves its columns zero.

======= =========================== ==========================================
columns property                    bins
======= =========================== ==========================================
0-18    group                       0 (f-block), 1 to 18
19-25   period                      1 to 7
26-35   electronegativity, Pauling  10 in 0.5 to 4.0
36-45   covalent radius             10 in 0.25 to 2.50 Å
46-57   valence electrons           1 to 12
58-67   first ionisation energy     10 in 1.3 to 3.3 of ln(E / eV)
68-77   electron affinity           10 in -3.0 to 3.7 eV
78-81   block                       s, p, d, f
82-91   molar volume                10 in 1.5 to 4.3 of ln(V / cm³ mol⁻¹)
======= =========================== ==========================================

The paper counts columns 19 to 27 as a period one-hot of nine: the last two of them, which no period uses, are
the lowest two bins of the electronegativity.
"""

from __future__ import annotations

import math
from functools import cache
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from pymatgen.core import Element

N_FEATURES = 92
MAX_Z = 103
N_GROUP_CLASSES = 19
N_PERIOD_CLASSES = 9

_GROUP, _PERIOD, _ELECTRONEGATIVITY, _RADIUS = 0, 19, 26, 36
_VALENCE, _IONISATION, _AFFINITY, _BLOCK, _VOLUME = 46, 58, 68, 78, 82
_N_BINS = 10

# Here pymatgen has later estimates; the CRC Handbook gives 1.0 for Lu and no Pauling value for the others.
_CRC_ELECTRONEGATIVITY = {"Lu": 1.0, "Pm": math.nan, "Eu": math.nan, "Tb": math.nan, "Yb": math.nan}


@cache
def element_features() -> NDArray[np.float32]:
    """Feature vectors of all elements.

    Returns
    -------
    (104, 92) float32
        Row Z describes the element with atomic number Z, 1 to 103; row 0 (a hidden or missing atom) is zero.
        The array is shared and read-only.
    """
    from ase.data import covalent_radii
    from pymatgen.core import Element

    features = np.zeros((MAX_Z + 1, N_FEATURES), dtype=np.float32)
    for z in range(1, MAX_Z + 1):
        element, row = Element.from_Z(z), features[z]
        row[_GROUP + group_class()[z]] = 1
        row[_PERIOD + period_class()[z]] = 1
        row[_VALENCE + _valence_electrons(element) - 1] = 1
        row[_BLOCK + "spdf".index(_block(element))] = 1
        _set_bin(row, _ELECTRONEGATIVITY, _electronegativity(element), 0.5, 4.0)
        _set_bin(row, _RADIUS, float(covalent_radii[z]), 0.25, 2.50)
        _set_bin(row, _IONISATION, _log(element.ionization_energy), 1.3, 3.3)
        _set_bin(row, _AFFINITY, _number(element.electron_affinity), -3.0, 3.7)
        _set_bin(row, _VOLUME, _log(element.data.get("Molar volume")), 1.5, 4.3)
    features.flags.writeable = False
    return features


@cache
def group_class() -> NDArray[np.int64]:
    """(104,) int: class of each Z's group, 0 to 18, a target of the predictive self-supervision.

    The group of the periodic table, but 0 for La to Yb and Ac to No, which CGCNN gives no group (row 0: 0).
    """
    from pymatgen.core import Element

    elements = (Element.from_Z(z) for z in range(1, MAX_Z + 1))
    groups = [0, *(0 if _block(e) == "f" else e.group for e in elements)]
    return _read_only(groups)


@cache
def period_class() -> NDArray[np.int64]:
    """(104,) int: class of each Z's period, 0 for the first to 6 for the seventh, a target like the group's.

    The published head has nine classes, of which the last two never occur (row 0: 0).
    """
    from pymatgen.core import Element

    return _read_only([0, *(Element.from_Z(z).row - 1 for z in range(1, MAX_Z + 1))])


def _read_only(values: list[int]) -> NDArray[np.int64]:
    array = np.array(values, dtype=np.int64)
    array.flags.writeable = False
    return array


def _set_bin(row: NDArray[np.float32], first: int, value: float, low: float, high: float) -> None:
    """Set the one of ten equal bins of [low, high], starting at column ``first``, that holds ``value``."""
    if math.isnan(value):
        return
    # Rounded so that a value on an edge falls below it whatever the last bit of the division.
    position = round((value - low) / (high - low) * _N_BINS, 9)
    row[first + min(max(math.ceil(position) - 1, 0), _N_BINS - 1)] = 1


def _block(element: Element) -> str:
    # pymatgen places helium in the p-block by its group; its electrons are 1s2.
    return "s" if element.symbol == "He" else str(element.block)


def _valence_electrons(element: Element) -> int:
    """Outer s and p electrons, with the d electrons in the d-block; 2 (the outer s) in the f-block."""
    match _block(element):
        case "s":
            return 2 if element.symbol == "He" else int(element.group)
        case "p":
            return int(element.group) - 10
        case "d":
            return int(element.group)
        case _:
            return 2


def _electronegativity(element: Element) -> float:
    if element.symbol in _CRC_ELECTRONEGATIVITY:
        return _CRC_ELECTRONEGATIVITY[element.symbol]
    # From the raw data: the property warns about every element without a value.
    return _number(element.data.get("X"))


def _number(value: object) -> float:
    """A float, NaN where pymatgen has no data (None, NaN or a text such as "no data")."""
    try:
        return float(str(value).split()[0])
    except ValueError:
        return math.nan


def _log(value: object) -> float:
    number = _number(value)
    return math.log(number) if number > 0 else math.nan
