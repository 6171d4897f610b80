"""Mean and spread over the orderings of a disordered structure."""

from __future__ import annotations

import numpy as np
import pytest
from pymatgen.core import Lattice, Structure

from negnn_gui.analysis.ordering_statistics import ordering_statistics
from negnn_gui.results import Analysis, ModelRef, MomentPrediction, NearestKnown
from negnn_gui.structures.disorder import resolve_disorder
from negnn_gui.structures.entry import StructureEntry


def disordered() -> StructureEntry:
    mixed = {"Fe": 0.5, "Co": 0.5}
    structure = Structure(
        Lattice.tetragonal(3, 5), [mixed, mixed, "O"], [[0, 0, 0], [0.5, 0.5, 0.3], [0.5, 0, 0]]
    )
    return StructureEntry("parent", None, 0, "alloy", structure, ("M1", "M2", "O1"))


def analysis(entry: StructureEntry, moments: list[float]) -> Analysis:
    count = len(moments)
    none = MomentPrediction.no_data(count)
    values = np.array(moments)
    return Analysis(
        entry.id,
        np.array([site.specie.Z for site in entry.structure]),
        np.zeros((1, count, 64), dtype=np.float32),
        MomentPrediction(values, values, values, none.alt, none.alt_weight),
        none,
        np.zeros(count),
        NearestKnown.unknown(count),
        ModelRef("e", "0"),
        None,
        "cpu",
    )


def test_mean_and_spread_by_ordering_and_by_site() -> None:
    parent = disordered()
    orderings = resolve_disorder(parent, "enumerate")
    assert [entry.ordering for entry in orderings] == ["1 of 2", "2 of 2"]
    assert {entry.ordering_of for entry in orderings} == {"parent"}
    given = {("Fe", 0): 2.0, ("Co", 0): 1.0, ("Fe", 1): 3.0, ("Co", 1): 1.5}
    predicted = [
        (
            entry,
            analysis(entry, [given.get((element, i), np.nan) for i, element in enumerate(entry.elements)]),
        )
        for entry in orderings
    ]
    statistics = ordering_statistics(parent, predicted)
    assert set(statistics.elements) == {"Fe", "Co"}, "oxygen has no data and no column"
    iron = statistics.elements.index("Fe")
    assert sorted(statistics.means[:, iron]) == [2.0, 3.0]
    assert statistics.overall[iron] == pytest.approx((2.5, 0.5))
    sites = {(site.label, site.element): site for site in statistics.sites}
    assert sites["M2", "Fe"].mean == 3.0
    assert sites["M2", "Fe"].count == 1
    assert sites["O1", "O"].count == 2
    assert np.isnan(sites["O1", "O"].mean)


def test_nothing_predicted_yet_is_no_statistics() -> None:
    statistics = ordering_statistics(disordered(), [])
    assert statistics.elements == ()
    assert statistics.means.shape == (0, 0)
    assert statistics.sites == ()
