"""``from negnn_gui import predict``: the table of the command line, from Python."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from pymatgen.core import Lattice, Structure

import negnn_gui
from negnn_gui import predict
from negnn_gui.api import PredictionError
from negnn_gui.export.tables import SITE_COLUMNS
from negnn_gui.structures.reading import example_paths


@pytest.fixture(autouse=True)
def untrained(random_models: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The model "random" is installed."""
    monkeypatch.setenv("XDG_DATA_HOME", str(random_models))


def _nio() -> Structure:
    structure = Structure.from_spacegroup(
        "Fm-3m", Lattice.cubic(4.17), ["Ni", "O"], [[0, 0, 0], [0.5, 0.5, 0.5]]
    )
    structure.add_site_property("magmom", [1.7, 1.7, -1.7, -1.7, 0, 0, 0, 0])
    return structure


def test_a_structure_in_memory() -> None:
    table = predict(_nio(), model="random", device="cpu")
    assert list(table.columns) == list(SITE_COLUMNS)
    assert len(table) == 8
    assert list(table.structure.unique()) == ["structure_0"]
    assert list(table.source_file.unique()) == [""]
    assert list(table.moment_input_muB) == [1.7, 1.7, -1.7, -1.7, 0, 0, 0, 0]
    assert np.ptp(table.moment_pred_muB[table.element == "Ni"]) < 1e-4


def test_files_and_structures_together() -> None:
    path = next(path for path in example_paths() if path.name == "NiO.cif")
    table = predict([path, _nio(), str(path)], model="random", device="cpu")
    assert list(table.structure.unique()) == ["NiO", "structure_1"]
    assert list(table.source_file.unique()) == [str(path), ""]


def test_a_failure_is_raised_or_listed(tmp_path: Path) -> None:
    missing = tmp_path / "none.cif"
    with pytest.raises(PredictionError, match=r"none\.cif: .*does not exist"):
        predict([missing, _nio()], model="random", device="cpu")
    table = predict([missing, _nio()], model="random", device="cpu", errors="omit")
    assert len(table) == 8
    (failure,) = table.attrs["failures"]
    assert (failure["path"], failure["frame"]) == (str(missing), None)
    assert list(predict([missing], model="random", device="cpu", errors="omit").columns) == list(SITE_COLUMNS)


def test_importing_the_package_is_light() -> None:
    code = (
        "import sys, negnn_gui; heavy = {'torch', 'numpy', 'pandas', 'pymatgen', 'typer'};"
        "print(negnn_gui.__version__, sorted(heavy & set(sys.modules)))"
    )
    root = Path(negnn_gui.__file__).parent.parent
    done = subprocess.run([sys.executable, "-c", code], cwd=root, capture_output=True, text=True)
    assert done.stdout == f"{negnn_gui.__version__} []\n"


def test_an_unknown_name_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="no attribute 'nothing'"):
        _ = negnn_gui.nothing
