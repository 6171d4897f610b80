"""Crystals with known pictures, built from published lattice parameters."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest
from pymatgen.core import Lattice, Structure

from negnn_gui.app.scene.crystal import CrystalScene
from negnn_gui.app.scene.style import Style
from negnn_gui.structures.entry import StructureEntry

_FCC = [[0, 0, 0], [0, 0.5, 0.5], [0.5, 0, 0.5], [0.5, 0.5, 0]]
_OCTAHEDRAL = [[0.5, 0.5, 0.5], [0.5, 0, 0], [0, 0.5, 0], [0, 0, 0.5]]
_TETRAHEDRAL = [[0.25, 0.25, 0.25], [0.25, 0.75, 0.75], [0.75, 0.25, 0.75], [0.75, 0.75, 0.25]]
_RUTILE_O = [[0.305, 0.305, 0], [0.695, 0.695, 0], [0.195, 0.805, 0.5], [0.805, 0.195, 0.5]]
CRYSTALS: dict[str, tuple[Lattice, list[str], list[list[float]]]] = {
    "NaCl": (Lattice.cubic(5.64), ["Na"] * 4 + ["Cl"] * 4, [*_FCC, *_OCTAHEDRAL]),
    "diamond": (Lattice.cubic(3.567), ["C"] * 8, [*_FCC, *_TETRAHEDRAL]),
    "rutile": (
        Lattice.tetragonal(4.594, 2.959),
        ["Ti"] * 2 + ["O"] * 4,
        [[0, 0, 0], [0.5, 0.5, 0.5], *_RUTILE_O],
    ),
    "perovskite": (
        Lattice.cubic(3.905),
        ["Sr", "Ti", "O", "O", "O"],
        [[0.5, 0.5, 0.5], [0, 0, 0], [0.5, 0, 0], [0, 0.5, 0], [0, 0, 0.5]],
    ),
    "hcp": (Lattice.hexagonal(2.507, 4.069), ["Co", "Co"], [[0, 0, 0], [1 / 3, 2 / 3, 0.5]]),
}


def _make_entry(structure: Structure, name: str = "test", **more: Any) -> StructureEntry:
    labels = tuple(
        f"{site.specie.symbol if site.is_ordered else 'M'}{i}" for i, site in enumerate(structure, 1)
    )
    return StructureEntry(name, None, 0, name, structure, labels, **more)


@pytest.fixture
def make_entry() -> Callable[..., StructureEntry]:
    """(structure, name, moment_input=..., ...) -> an entry as reading would make it."""
    return _make_entry


@pytest.fixture
def known_crystal() -> Callable[..., StructureEntry]:
    """(name, moment_input=..., ...) -> the entry of one of the known crystals."""
    return lambda name, **more: _make_entry(Structure(*CRYSTALS[name]), name, **more)


@pytest.fixture
def crystal_arrays() -> Callable[[str], tuple[np.ndarray, np.ndarray, list[str]]]:
    """(name) -> lattice (3, 3), fractional coordinates (N, 3) and elements of one of the known crystals."""

    def arrays(name: str) -> tuple[np.ndarray, np.ndarray, list[str]]:
        lattice, elements, frac = CRYSTALS[name]
        return np.array(lattice.matrix), np.array(frac, dtype=float), elements

    return arrays


@pytest.fixture
def open_scene() -> Iterator[Callable[..., CrystalScene]]:
    """Make scenes that are released after the test."""
    scenes: list[CrystalScene] = []

    # Nothing in front of the atoms, so that their pixels can be looked at.
    bare = Style(cell=False, axes=False, legend=False)

    def make(entry: StructureEntry, style: Style = bare, **more: Any) -> CrystalScene:
        scene = CrystalScene(style=style, **more)
        scenes.append(scene)
        scene.set_structure(entry)
        return scene

    yield make
    for scene in scenes:
        scene.release()


@pytest.fixture
def frontmost() -> Callable[[CrystalScene, int, int], list[int]]:
    """(scene, width, height) -> displayed atoms that nothing hides in the middle."""

    def find(scene: CrystalScene, width: int, height: int) -> list[int]:
        assert scene.drawing is not None
        around = [(dx, dy) for dx in (-3, 0, 3) for dy in (-3, 0, 3)]
        return [
            index
            for index, (x, y, _) in enumerate(scene.project(scene.drawing.atoms.position, width, height))
            if 4 < x < width - 4 and 4 < y < height - 4
            if all(scene.pick(x + dx, y + dy, width, height) == index for dx, dy in around)
        ]

    return find


@pytest.fixture
def pixel() -> Callable[[np.ndarray, np.ndarray], np.ndarray]:
    """(image, place) -> mean colour of the 3 x 3 pixels around a place, (3,) float."""

    def mean(image: np.ndarray, place: np.ndarray) -> np.ndarray:
        x, y = int(place[0]), int(place[1])
        return image[y - 1 : y + 2, x - 1 : x + 2, :3].reshape(-1, 3).mean(axis=0)

    return mean
