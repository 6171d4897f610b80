"""Descriptors of sites and structures: shapes, the same for another setting of the cell, and what is missing."""

import importlib.util

import numpy as np
import pytest
from pymatgen.core import Lattice, Structure

from negnn_gui.analysis import descriptors
from negnn_gui.analysis.descriptors import (
    DESCRIPTORS,
    WHOLE,
    DescriptorStopped,
    MissingLibrary,
    Rows,
    describe,
)

MNO = Structure.from_spacegroup("Fm-3m", Lattice.cubic(4.446), ["Mn", "O"], [[0] * 3, [0.5] * 3])
FE = Structure(Lattice.cubic(2.8665), ["Fe", "Fe"], [[0, 0, 0], [0.5, 0.5, 0.5]])
ROWS = Rows((MNO, FE), np.array([0, 1, 0, 0, 1]), np.array([0, 0, 4, WHOLE, WHOLE]))


def need(name: str) -> None:
    if DESCRIPTORS[name].library:
        pytest.importorskip(DESCRIPTORS[name].library)


@pytest.mark.filterwarnings("ignore")  # the libraries' own
@pytest.mark.parametrize("name", ["one-hot", "features", "ofm", "soap"])
def test_rows_of_sites_and_structures(name: str) -> None:
    need(name)
    vectors = describe(name, ROWS)
    assert len(vectors) == 5 and np.isfinite(vectors).all()
    assert not np.allclose(vectors[0], vectors[2]) and not np.allclose(vectors[0], vectors[1])
    # four alike Mn and four alike O; two alike Fe
    np.testing.assert_allclose(vectors[3], (vectors[0] + vectors[2]) / 2, rtol=1e-4, atol=1e-6)
    np.testing.assert_allclose(vectors[4], vectors[1], rtol=1e-4, atol=1e-6)


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("name", ["magpie", "sine"])
def test_descriptors_whose_sites_and_structures_differ_in_kind(name: str) -> None:
    need(name)
    sites = describe(name, Rows((MNO, FE), np.array([0, 1, 0]), np.array([0, 0, 4])))
    whole = describe(name, Rows((MNO, FE), np.array([0, 1]), np.array([WHOLE, WHOLE])))
    assert len(sites) == 3 and len(whole) == 2 and np.isfinite(sites).all() and np.isfinite(whole).all()
    assert not np.allclose(sites[0], sites[2])


def test_one_hot_of_a_structure_holds_its_shares() -> None:
    vectors = describe("one-hot", ROWS)
    assert vectors[3, 25] == vectors[3, 8] == 0.5 and vectors[0, 25] == 1 and vectors.shape == (5, 104)


def test_it_stops_when_told() -> None:
    with pytest.raises(DescriptorStopped):
        describe("features", ROWS, lambda done, total: done < 1)


def test_a_missing_library_is_named_with_its_installation(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(descriptors, "find_spec", lambda name: None)
    assert importlib.util.find_spec("numpy")
    with pytest.raises(MissingLibrary, match=r"dscribe is missing: pip install 'negnn-gui\[paper\]'"):
        describe("soap", ROWS)
