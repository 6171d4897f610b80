"""Entries on their way between processes: everything arrives, and a structure is made only where it is asked for."""

import pickle
from pathlib import Path

import numpy as np
import pytest
from pymatgen.core import Lattice, Structure

from negnn_gui.graphs.build import GraphError, build_graph
from negnn_gui.graphs.spec import GraphSpec
from negnn_gui.inference.entry_graphs import entry_graph
from negnn_gui.structures.entry import StructureEntry
from negnn_gui.structures.reading import example_paths, read_structures


def entries() -> list[StructureEntry]:
    found = [frame for path in example_paths() for frame in read_structures(path)]
    return [frame for frame in found if isinstance(frame, StructureEntry)]


def sent(entry: StructureEntry) -> StructureEntry:
    arrived: StructureEntry = pickle.loads(pickle.dumps(entry))
    return arrived


def test_an_entry_arrives_whole_and_without_its_structure_until_that_is_asked_for() -> None:
    for entry in entries():
        arrived = sent(entry.prepare())
        assert "structure" not in vars(arrived)
        assert (arrived.id, arrived.path, arrived.name, arrived.site_labels) == (
            entry.id,
            entry.path,
            entry.name,
            entry.site_labels,
        )
        assert (arrived.formula, arrived.elements, arrived.n_sites) == (
            entry.formula,
            entry.elements,
            entry.n_sites,
        )
        np.testing.assert_array_equal(arrived.cart_coords, entry.structure.cart_coords)
        assert "structure" not in vars(arrived)
        assert arrived.structure == entry.structure
        assert [site.label for site in arrived.structure] == [site.label for site in entry.structure]
        assert arrived.is_ordered == entry.is_ordered
        assert arrived.structure is arrived.structure


def test_the_graph_of_an_entry_is_that_of_its_structure() -> None:
    for entry in entries():
        if not entry.is_ordered:
            continue
        ours, theirs = (
            entry_graph(sent(entry.prepare()), GraphSpec()),
            build_graph(entry.structure, GraphSpec()),
        )
        for name in ("atomic_numbers", "source", "target", "distance", "weight", "isolated"):
            np.testing.assert_array_equal(getattr(ours, name), getattr(theirs, name))


def test_a_disordered_entry_is_refused_with_its_reason() -> None:
    structure = Structure(Lattice.cubic(4.0), [{"Fe": 0.5, "Ni": 0.5}], [[0, 0, 0]])
    entry = StructureEntry("x", None, 0, "x", structure, ("Fe1",))
    with pytest.raises(GraphError, match="disordered"):
        entry_graph(sent(entry), GraphSpec())


def test_what_arrays_cannot_hold_travels_as_it_is() -> None:
    structure = Structure(
        Lattice.cubic(4.0), ["Fe+"], [[0, 0, 0]], site_properties={"magmom": [2.0]}, charge=1.0
    )
    arrived = sent(StructureEntry("x", Path("a.cif"), 3, "x", structure, ("Fe1",), np.array([2.0])))
    assert arrived.structure.site_properties == {"magmom": [2.0]} and arrived.structure.charge == 1.0
    assert arrived.moment_input is not None and arrived.frame == 3


def test_nothing_else_is_made_up() -> None:
    entry = entries()[0]
    with pytest.raises(AttributeError, match="no attribute 'colour'"):
        _ = sent(entry).colour  # type: ignore[attr-defined]
