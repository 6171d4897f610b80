"""What colours mean: values of a property, limits of its bar, missing values and the legend."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from negnn_gui.app.scene.colouring import (
    INFO,
    PROPERTIES,
    Colouring,
    colour_scale,
    colour_sites,
    legend_items,
    property_info,
    robust_limits,
    site_values,
    tick_values,
)
from negnn_gui.app.scene.colourmaps import MISSING
from negnn_gui.results import Analysis, ModelRef, MomentPrediction, NearestKnown
from negnn_gui.structures.entry import StructureEntry

Crystals = Callable[..., StructureEntry]


def analysis_of(entry: StructureEntry) -> Analysis:
    """Site i has abs(m) = i / 10 with an interval of 0.2 + i / 10, and 2 i by the other head; the last has none."""
    n = entry.n_sites
    value = np.arange(n) / 10.0
    value[-1] = np.nan
    none = np.full(n, np.nan)
    ref = ModelRef("m", "0" * 64)
    return Analysis(
        entry_id=entry.id,
        atomic_numbers=np.ones(n, dtype=np.int64),
        embeddings=np.zeros((6, n, 64), dtype=np.float32),
        moment=MomentPrediction(value, value - 0.1, 2 * value + 0.1, none, none),
        moment_exp=MomentPrediction(20 * value, none, none, none, none),
        ood_score=np.linspace(0, 1, n),
        nearest=NearestKnown.unknown(n),
        encoder=ref,
        model=ref,
        device="cpu",
    )


def test_each_property_has_its_values(known_crystal: Crystals) -> None:
    entry = known_crystal("NaCl", moment_input=np.linspace(-2, 2, 8))
    analysis = analysis_of(entry)
    expected = {
        "moment": analysis.moment.median,
        "moment_exp": analysis.moment_exp.median,
        "interval": np.append(0.2 + np.arange(7) / 10.0, np.nan),
        "ood": analysis.ood_score,
        "input": entry.moment_input,
        "element": np.full(8, np.nan),
        "cluster": np.full(8, np.nan),
    }
    assert set(expected) == set(PROPERTIES)
    for name, values in expected.items():
        np.testing.assert_allclose(site_values(entry, analysis, name), values)


def test_without_prediction_or_moments_in_the_file_nothing_is_known(known_crystal: Crystals) -> None:
    entry = known_crystal("NaCl")
    for name in PROPERTIES:
        assert np.all(np.isnan(site_values(entry, None, name)))


def test_an_analysis_of_other_sites_is_not_shown(known_crystal: Crystals) -> None:
    other = analysis_of(known_crystal("hcp"))
    assert np.all(np.isnan(site_values(known_crystal("NaCl"), other, "moment")))


def test_labels_carry_units() -> None:
    assert INFO["moment"].label == "abs(m) DFT (μB)"
    assert INFO["ood"].label == "Out-of-domain score"


def test_signed_moments_are_symmetric_about_zero_and_vectors_are_magnitudes(known_crystal: Crystals) -> None:
    moment = np.array([3.0, -1.0, 0, 0, 0, 0, 0, 0])
    signed = known_crystal("NaCl", moment_input=moment)
    scale = colour_scale(signed, Colouring("input"), moment)
    assert (scale.lo, scale.hi) == (-3.0, 3.0)
    vectors = np.zeros((8, 3))
    vectors[:, 0] = moment
    whole = known_crystal("NaCl", moment_input=np.abs(moment), moment_vectors=vectors)
    assert property_info(whole, "input").kind == "sequential"
    scale = colour_scale(whole, Colouring("input"), np.abs(moment))
    assert (scale.lo, scale.hi, scale.label) == (0.0, 3.0, "abs(m) in file (μB)")


def test_zero_is_a_value_and_missing_is_grey(known_crystal: Crystals) -> None:
    entry = known_crystal("NaCl")
    values = np.array([0.0, 4.0, np.nan, 2.0, 0, 0, 0, 0])
    colours = colour_sites(entry, Colouring("moment"), values)
    assert colours[0].tolist() == [0x44, 0x01, 0x54]
    assert colours[1].tolist() == [0xFD, 0xE7, 0x25]
    assert tuple(colours[2]) == MISSING
    assert colour_scale(entry, Colouring("moment"), values).missing
    assert not colour_scale(entry, Colouring("moment"), np.zeros(8)).missing
    assert np.all(colour_sites(entry, Colouring("moment"), None) == MISSING)


def test_a_zero_moment_is_the_neutral_middle_of_the_diverging_map(known_crystal: Crystals) -> None:
    entry = known_crystal("NaCl")
    colours = colour_sites(entry, Colouring("input"), np.array([-2.0, 0.0, 2.0, np.nan, 0, 0, 0, 0]))
    blue, white, red, grey = colours[:4].astype(int)
    assert blue[2] > blue[0] + 60
    assert red[0] > red[2] + 60
    assert white.min() > 230
    assert tuple(grey) == MISSING


def test_limits_ignore_outliers_of_many_values_but_not_of_few() -> None:
    many = np.append(np.linspace(1, 3, 2000), [50.0, -50.0])
    lo, hi = robust_limits(many, INFO["moment"])
    assert 1.0 < lo < 1.1
    assert 2.9 < hi < 3.0
    assert robust_limits(np.array([9.0, 20.0, 50.0]), INFO["moment"]) == (9.0, 50.0)


def test_the_bar_says_that_values_lie_beyond_its_ends() -> None:
    many = np.append(np.linspace(1, 3, 2000), [50.0])
    scale = colour_scale(None, Colouring("moment"), many)
    assert (scale.below, scale.above) == (True, True)
    scale = colour_scale(None, Colouring("moment", limits=(0.0, 60.0)), many)
    assert (scale.lo, scale.hi, scale.below, scale.above) == (0.0, 60.0, False, False)


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ([2.2, 2.2, 2.2], (0.0, 2.2)),  # all alike: from zero
        ([0.0, 0.0], (0.0, 0.01)),
        ([0.1, 4.0], (0.0, 4.0)),  # close to zero: from zero
        ([np.nan, np.nan], (0.0, 1.0)),
        ([3.0, 4.0], (3.0, 4.0)),
    ],
)
def test_limits_of_few_values(values: list[float], expected: tuple[float, float]) -> None:
    assert robust_limits(np.array(values), INFO["moment"]) == pytest.approx(expected)


def test_the_out_of_domain_bar_is_always_0_to_1() -> None:
    assert robust_limits(np.array([0.4, 0.5]), INFO["ood"]) == (0.0, 1.0)


def test_a_choice_that_makes_no_sense_is_refused() -> None:
    with pytest.raises(ValueError, match="choose from element, moment"):
        Colouring("colour")  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="not below"):
        Colouring("moment", limits=(2.0, 2.0))
    with pytest.raises(ValueError, match="choose from vesta"):
        Colouring(scheme="pastel")


def test_the_legend_names_elements_in_the_order_of_the_file_and_clusters_by_number(
    known_crystal: Crystals,
) -> None:
    entry = known_crystal("perovskite")
    assert [name for name, _ in legend_items(entry, Colouring(), None)] == ["Sr", "Ti", "O"]
    clusters = np.array([2.0, 0.0, 2.0, np.nan, -1.0])
    items = legend_items(entry, Colouring("cluster"), clusters)
    assert [name for name, _ in items] == ["cluster 0", "cluster 2", "in none"]
    colours = colour_sites(entry, Colouring("cluster"), clusters)
    assert tuple(colours[0]) == tuple(colours[2]) == items[1][1]
    assert tuple(colours[3]) == tuple(colours[4]) == MISSING
    assert legend_items(entry, Colouring("moment"), np.zeros(5)) == []


@pytest.mark.parametrize(
    ("lo", "hi"), [(0.0, 4.0), (-1.7, 1.7), (0.0, 0.013), (3.0, 4.0), (0.0, 1.0), (12.0, 13.7)]
)
def test_ticks_are_round_and_lie_on_the_bar(lo: float, hi: float) -> None:
    ticks = tick_values(lo, hi)
    assert 3 <= len(ticks) <= 9
    assert ticks[0] >= lo - 1e-9
    assert ticks[-1] <= hi + 1e-9
    step = ticks[1] - ticks[0]
    mantissa = step / 10 ** np.floor(np.log10(step))
    assert min(abs(mantissa - round_) for round_ in (1, 2, 2.5, 5, 10)) < 1e-6
