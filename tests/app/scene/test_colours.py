"""Element colours: complete, and told apart by colour-blind readers where they should be."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pytest
from ase.data import chemical_symbols

from negnn_gui.app.scene.colourmaps import DIVERGING, MISSING, SEQUENTIAL, control_points, map_colours
from negnn_gui.app.scene.colours import SCHEMES, category_colours, element_colours

# Full dichromacy in linear RGB: Machado, Oliveira and Fernandes, IEEE Trans. Vis. Comput. Graph. 15 (2009) 1291.
DICHROMATS = {
    "protanopia": [[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216], [-0.003882, -0.048116, 1.051998]],
    "deuteranopia": [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.011820, 0.042940, 0.968881]],
    "tritanopia": [[1.255528, -0.076749, -0.178779], [-0.078411, 0.930809, 0.147602], [0.004733, 0.691367, 0.303900]],
}  # fmt: skip


def lab(rgb: np.ndarray, dichromat: str | None = None) -> np.ndarray:
    """CIELAB (D65) of (N, 3) sRGB colours of 0 to 255, as seen by a dichromat."""
    linear = np.asarray(rgb, dtype=float) / 255.0
    linear = np.where(linear <= 0.04045, linear / 12.92, ((linear + 0.055) / 1.055) ** 2.4)
    if dichromat is not None:
        linear = np.clip(linear @ np.array(DICHROMATS[dichromat]).T, 0.0, 1.0)
    to_xyz = np.array([[0.4124, 0.3576, 0.1805], [0.2126, 0.7152, 0.0722], [0.0193, 0.1192, 0.9505]])
    xyz = linear @ to_xyz.T / [0.9505, 1.0, 1.089]
    f = np.where(xyz > (6 / 29) ** 3, np.cbrt(xyz), xyz / (3 * (6 / 29) ** 2) + 4 / 29)
    return np.stack([116 * f[:, 1] - 16, 500 * (f[:, 0] - f[:, 1]), 200 * (f[:, 1] - f[:, 2])], axis=1)


@pytest.mark.parametrize("scheme", SCHEMES)
def test_every_element_has_a_colour(scheme: str) -> None:
    symbols = [*chemical_symbols[1:104], "D"]
    colours = element_colours(symbols, scheme)
    assert set(colours) == set(symbols)
    assert all(0 <= channel <= 255 for colour in colours.values() for channel in colour)


def test_well_known_colours() -> None:
    assert element_colours(["Fe", "O"], "vesta") == {"Fe": (181, 113, 0), "O": (254, 3, 0)}
    assert element_colours(["O", "N", "C"], "jmol") == {
        "O": (255, 13, 13),
        "N": (48, 80, 248),
        "C": (144, 144, 144),
    }


def test_an_unknown_scheme_is_refused() -> None:
    with pytest.raises(ValueError, match="choose from vesta"):
        element_colours(["O"], "pastel")


@pytest.mark.parametrize("dichromat", DICHROMATS)
def test_the_safe_set_is_told_apart_by_colour_blind_readers(dichromat: str) -> None:
    elements = ["O", "Mn", "Fe", "Sr", "La", "Bi"]
    safe = lab(np.array(list(element_colours(elements, "colour-blind").values())), dichromat)
    gaps = [np.linalg.norm(p - q) for p, q in combinations(safe, 2)]
    assert min(gaps) > 15.0
    # The usual colours fail the same test for at least one of them, or it would show nothing.
    usual = lab(
        np.array(list(element_colours(["Mn", "Co", "Cr", "La", "Ni", "Al"], "vesta").values())), dichromat
    )
    assert min(np.linalg.norm(p - q) for p, q in combinations(usual, 2)) < 15.0


def test_oxygen_keeps_its_colour_in_the_safe_set_and_no_two_elements_share_one() -> None:
    crystals = (["Fe", "O"], ["La", "Mn", "O"], ["Ba", "Cu", "Y", "O", "F", "Cl", "Br", "I", "H", "N", "S"])
    assert len({element_colours(crystal, "colour-blind")["O"] for crystal in crystals}) == 1
    for crystal in crystals:
        assert len(set(element_colours(crystal, "colour-blind").values())) == len(crystal)


def test_neighbouring_categories_differ() -> None:
    colours = category_colours(21)
    assert len({tuple(colour) for colour in colours.tolist()}) == 21


@pytest.mark.parametrize("name", SEQUENTIAL)
def test_lightness_rises_evenly_along_a_sequential_map(name: str) -> None:
    lightness = lab(control_points(name))[:, 0]
    steps = np.diff(lightness)
    assert np.all(steps > 0.0)
    assert steps.max() < 3.0 * steps.min() + 3.0


@pytest.mark.parametrize("name", DIVERGING)
def test_a_diverging_map_is_lightest_and_neutral_in_the_middle(name: str) -> None:
    table = lab(control_points(name))
    middle = len(table) // 2
    assert np.all(np.diff(table[: middle + 1, 0]) > 0)
    assert np.all(np.diff(table[middle:, 0]) < 0)
    assert np.hypot(*table[middle, 1:]) < 5.0


@pytest.mark.parametrize("name", (*SEQUENTIAL, *DIVERGING))
def test_no_value_looks_like_a_missing_one(name: str) -> None:
    colours = map_colours(np.linspace(0, 1, 400), 0.0, 1.0, name)
    gaps = np.linalg.norm(lab(colours) - lab(np.array([MISSING])), axis=1)
    assert gaps.min() > 18.0


def test_values_beyond_the_ends_take_the_end_and_missing_ones_grey() -> None:
    colours = map_colours(np.array([-1.0, 0.0, 2.0, 9.0, np.nan]), 0.0, 2.0, "viridis")
    assert colours[0].tolist() == colours[1].tolist() == [0x44, 0x01, 0x54]
    assert colours[2].tolist() == colours[3].tolist() == [0xFD, 0xE7, 0x25]
    assert tuple(colours[4]) == MISSING
