"""The element table of the encoder: layout, bins and agreement with CGCNN's."""

import json
import math
import os
from pathlib import Path

import numpy as np
import pytest
from pymatgen.core import Element

from negnn_gui.models.features import element_features, group_class, period_class

PROPERTIES = {
    "group": slice(0, 19),
    "period": slice(19, 26),
    "electronegativity": slice(26, 36),
    "radius": slice(36, 46),
    "valence": slice(46, 58),
    "ionisation": slice(58, 68),
    "affinity": slice(68, 78),
    "block": slice(78, 82),
    "volume": slice(82, 92),
}


def set_bin(symbol: str, name: str) -> int | None:
    """The bin that is set for an element's property, or None."""
    (hits,) = np.nonzero(element_features()[Element(symbol).Z, PROPERTIES[name]])
    assert len(hits) <= 1
    return int(hits[0]) if len(hits) else None


def test_shape_and_row_zero() -> None:
    table = element_features()
    assert table.shape == (104, 92)
    assert table.dtype == np.float32
    assert not table[0].any()
    assert set(np.unique(table)) == {0.0, 1.0}


def test_every_property_is_one_hot_or_missing() -> None:
    table = element_features()[1:]
    for name, columns in PROPERTIES.items():
        counts = table[:, columns].sum(axis=1)
        assert counts.max() == 1, name
        if name in ("group", "period", "radius", "valence", "ionisation", "block"):
            assert counts.min() == 1, name


def test_table_is_shared_and_cannot_be_changed() -> None:
    assert element_features() is element_features()
    for array in (element_features(), group_class(), period_class()):
        with pytest.raises(ValueError, match="read-only"):
            array[1] = 0


@pytest.mark.parametrize(
    ("symbol", "group", "period"),
    [
        ("H", 1, 0), ("He", 18, 0), ("O", 16, 1), ("Fe", 8, 3), ("Y", 3, 4), ("La", 0, 5), ("Yb", 0, 5),
        ("Lu", 3, 5), ("Hf", 4, 5), ("Ac", 0, 6), ("U", 0, 6), ("No", 0, 6), ("Lr", 3, 6),
    ],
)  # fmt: skip
def test_group_and_period_classes(symbol: str, group: int, period: int) -> None:
    z = Element(symbol).Z
    assert (group_class()[z], period_class()[z]) == (group, period)
    assert (set_bin(symbol, "group"), set_bin(symbol, "period")) == (group, period)


def test_classes_fit_their_heads() -> None:
    assert group_class().shape == period_class().shape == (104,)
    assert group_class().min() == 0
    assert group_class().max() == 18
    assert period_class().max() == 6


@pytest.mark.parametrize(
    ("symbol", "name", "expected"),
    [
        ("F", "electronegativity", 9),  # 3.98
        ("Cs", "electronegativity", 0),  # 0.79
        ("Gd", "electronegativity", 1),  # 1.20, on an edge: the bin below
        ("Ne", "electronegativity", None),
        ("Eu", "electronegativity", None),
        ("H", "radius", 0),  # 0.31 Å
        ("Fr", "radius", 9),  # 2.60 Å, beyond the range
        ("H", "valence", 0),
        ("He", "valence", 1),
        ("O", "valence", 5),
        ("Zn", "valence", 11),
        ("Dy", "valence", 1),
        ("Cs", "ionisation", 0),  # 3.89 eV
        ("He", "ionisation", 9),  # 24.59 eV
        ("Cl", "affinity", 9),  # 3.61 eV
        ("He", "block", 0),
        ("Ni", "block", 2),
        ("Lu", "block", 2),
        ("U", "block", 3),
        ("Cs", "volume", 9),  # 70.9 cm3/mol
        ("B", "volume", 0),  # 4.39 cm3/mol, below the range
        ("Fm", "volume", None),
    ],
)
def test_bins(symbol: str, name: str, expected: int | None) -> None:
    assert set_bin(symbol, name) == expected


def test_ionisation_bins_grow_with_the_energy() -> None:
    symbols = sorted((e for e in map(Element.from_Z, range(1, 104))), key=lambda e: e.ionization_energy)
    bins = [set_bin(e.symbol, "ionisation") for e in symbols]
    assert bins == sorted(bins)
    assert bins[0] == max(0, math.ceil((math.log(symbols[0].ionization_energy) - 1.3) / 0.2) - 1)


def test_group_and_period_columns_are_those_of_cgcnn() -> None:
    folder = os.environ.get("NEGNN_REFERENCE")
    if not folder:
        pytest.skip("NEGNN_REFERENCE is unset: CGCNN's element table is not at hand")
    rows = json.loads((Path(folder) / "atom_init.json").read_text())
    reference = np.array([rows[str(z)] for z in range(1, 101)])
    np.testing.assert_array_equal(element_features()[1:101, :28], reference[:, :28])
