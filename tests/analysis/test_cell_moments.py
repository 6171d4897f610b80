"""Sums of magnitudes over a cell, and which predictions deserve doubt."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from pymatgen.core import Lattice, Structure

from negnn_gui.analysis.cell_moments import cell_total
from negnn_gui.analysis.doubt import doubtful, far, wide
from negnn_gui.results import Analysis, ModelRef, MomentPrediction, NearestKnown
from negnn_gui.structures.entry import StructureEntry


def nio() -> StructureEntry:
    structure = Structure.from_spacegroup("Fm-3m", Lattice.cubic(4.2), ["Ni", "O"], [[0] * 3, [0.5] * 3])
    return StructureEntry("x", None, 0, "NiO", structure, tuple(f"s{i}" for i in range(8)))


def prediction(median: list[float], half_width: float = 0.1) -> MomentPrediction:
    values = np.array(median)
    nan = np.full(len(values), np.nan)
    return MomentPrediction(values, values - half_width, values + half_width, nan, nan)


def analysis(moment: MomentPrediction, moment_exp: MomentPrediction, ood: list[float]) -> Analysis:
    n = len(ood)
    return Analysis(
        "x", np.full(n, 28), np.zeros((6, n, 64), dtype=np.float32), moment, moment_exp, np.array(ood),
        NearestKnown.unknown(n), ModelRef("e", "0"), ModelRef("m", "0"), "cpu",
    )  # fmt: skip


def test_a_cell_of_four_formula_units_carries_four_times_one() -> None:
    found = cell_total(nio(), prediction([1.7] * 4 + [0.1] * 4))
    assert found.total == pytest.approx(7.2)
    assert found.formula_units == 4
    assert found.per_formula_unit == pytest.approx(1.8)
    assert found.complete


def test_sites_without_data_are_left_out_and_counted() -> None:
    found = cell_total(nio(), prediction([1.7] * 4 + [np.nan] * 4))
    assert found.total == pytest.approx(6.8)
    assert (found.known, found.sites, found.complete) == (4, 8, False)
    nothing = cell_total(nio(), MomentPrediction.no_data(8))
    assert np.isnan(nothing.total) and nothing.known == 0


def test_wide_means_wide_in_itself_and_against_the_moment() -> None:
    median = np.array([0.2, 4.0, 4.0, 0.2, np.nan])
    width = np.array([1.5, 1.5, 2.5, 0.9, np.nan])
    lo = median - width / 2
    np.testing.assert_array_equal(wide(median, lo, lo + width), [True, False, True, False, False])


def test_doubt_has_two_reasons_and_none_without_a_number() -> None:
    np.testing.assert_array_equal(far([0.2, 0.95, 1.0, np.nan]), [False, True, True, False])
    moment = prediction([0.1, 0.1, np.nan])
    unsure = replace(moment, hi=np.array([3.0, 0.2, np.nan]))
    found = analysis(unsure, moment, [0.1, 0.99, 0.99])
    np.testing.assert_array_equal(doubtful(found, "moment"), [True, True, False])
    np.testing.assert_array_equal(doubtful(found, "moment_exp"), [False, True, False])


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("moment", {0, 1}),
        ("interval", {0, 1}),
        ("moment_exp", {1}),
        ("ood", {1, 2}),
        ("element", set()),
        ("input", set()),
    ],
)
def test_rings_in_3d_follow_what_is_coloured(name: Any, expected: set[int]) -> None:
    from negnn_gui.app.scene.colouring import doubtful_sites

    moment = prediction([0.1, 0.1, np.nan])
    found = analysis(replace(moment, hi=np.array([3.0, 0.2, np.nan])), moment, [0.1, 0.99, 0.99])
    assert doubtful_sites(found, name) == expected
    assert doubtful_sites(None, name) == frozenset()
