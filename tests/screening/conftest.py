"""Inputs of screening tests: many small crystals, some of them broken, and a real predictor."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from minimal_cif import minimal_cubic_cif

if TYPE_CHECKING:
    from negnn_gui.inference.predictor import Predictor

_METALS = ("Ni", "Fe", "Mn", "Co", "Cr")


def cif(number: int, occupancy: float = 1.0) -> str:
    """A cubic monoxide, a little different for each number."""
    metal = _METALS[number % len(_METALS)]
    sites = (f"{metal}1 {metal} 0 0 0 {occupancy}", f"O1 O 0.5 0.5 {0.5 + 0.0001 * number} 1")
    return minimal_cubic_cif(3.0 + 0.001 * number, *sites, name=f"x{number}")


@pytest.fixture(scope="session")
def crystal_text() -> Callable[[int], str]:
    """The text of crystal number ``n``."""
    return cif


@pytest.fixture
def write_cif() -> Callable[[Path, int], Path]:
    """Write crystal number ``n``."""

    def write(path: Path, number: int) -> Path:
        path.write_text(cif(number))
        return path

    return write


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """300 crystals, every 40th broken, in two nested folders."""
    root = tmp_path / "many"
    (root / "inner").mkdir(parents=True)
    for number in range(300):
        place = root if number % 2 else root / "inner"
        text = "data_broken\n" if number % 40 == 3 else cif(number)
        (place / f"x{number:03d}.cif").write_text(text)
    return root


@pytest.fixture(scope="session")
def predictor(random_models: Path) -> Predictor:
    """An untrained model, on the CPU."""
    from negnn_gui.inference.predictor import Predictor

    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_DATA_HOME", str(random_models))
        return Predictor.load("random", device="cpu")
