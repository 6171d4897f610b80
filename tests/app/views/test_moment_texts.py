"""What the hover card and the Details dock say of moments: both heads, second states, doubts, sums, and by whom."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from pymatgen.core import Lattice, Structure
from pytestqt.qtbot import QtBot

from negnn_gui.app.session import Session
from negnn_gui.app.views.details import Details
from negnn_gui.app.views.hover_card import site_lines
from negnn_gui.app.views.moment_summary import moment_rows
from negnn_gui.results import Analysis, ModelRef, MomentPrediction, NearestKnown
from negnn_gui.structures.entry import StructureEntry

pytestmark = pytest.mark.gui

ENTRY = StructureEntry(
    "x",
    None,
    0,
    "Fe2O2 <b>",
    Structure(Lattice.cubic(4.2), ["Fe", "Fe", "O", "O"], [[0] * 3, [0.5, 0.5, 0], [0.5] * 3, [0, 0, 0.5]]),
    ("Fe1", "Fe2", "O1", "O2"),
)


@pytest.fixture
def analysis() -> Analysis:
    nan = np.full(4, np.nan)
    median = np.array([4.1, 4.1, 0.1, 0.1])
    moment = MomentPrediction(
        median, median - 0.05, median + 0.05, np.array([0.9, *nan[1:]]), np.array([0.31, *nan[1:]])
    )
    of_iron = np.array([3.5, 3.5, np.nan, np.nan])
    moment_exp = MomentPrediction(of_iron, of_iron - 1.5, of_iron + 1.5, nan, nan)
    return Analysis(
        "x", np.array([26, 26, 8, 8]), np.zeros((6, 4, 64), dtype=np.float32), moment, moment_exp,
        np.array([0.1, 0.99, 0.2, 0.2]), NearestKnown.unknown(4), ModelRef("enc", "e" * 64),
        ModelRef("mod", "m" * 64), "cpu",
    )  # fmt: skip


def test_the_card_says_both_moments_the_second_state_doubts_and_the_models(analysis: Analysis) -> None:
    lines = dict(site_lines(ENTRY, analysis, 0)[1])
    assert lines["abs(m) DFT"] == "4.10 or 0.90 μB (4.05 to 4.15)"
    assert lines["second state"] == "0.90 μB, weight 31 %"
    assert lines["abs(m) exp."] == "3.50 μB (2.00 to 5.00, ⚠ wide)"
    assert lines["by"] == "mod on enc"
    lines = dict(site_lines(ENTRY, analysis, 1)[1])
    assert "second state" not in lines
    assert lines["out of domain"] == "0.99, ⚠ unlike the training data"
    assert dict(site_lines(ENTRY, analysis, 2)[1])["abs(m) exp."] == "no data"


def test_the_cell_is_summed_by_head_and_per_formula_unit(analysis: Analysis) -> None:
    rows = moment_rows(ENTRY, analysis)
    assert rows[:2] == [("Σ abs(m) DFT, cell", "8.40 μB"), ("per FeO", "4.20 μB")]
    assert rows[2:5] == [
        ("Σ abs(m) exp., cell", "7.00 μB, 2 of 4 sites"),
        ("per FeO", "3.50 μB"),
        ("no data for", "O"),
    ]
    said = dict(rows)
    assert said["Second spin state"] == "Fe1: 4.10 or 0.90 μB (31 %)"
    assert said["⚠ abs(m) DFT unsure"].startswith("Fe2: ")
    assert said["⚠ abs(m) exp. unsure"].startswith("Fe1, Fe2: ")
    assert (said["Moments by"], said["on embeddings of"], said["on"]) == ("mod", "enc", "cpu")


def test_equivalent_sites_tell_their_second_state_once(analysis: Analysis) -> None:
    alike = replace(analysis.moment, alt=np.array([0.9, 0.9, np.nan, 1.2]), alt_weight=np.full(4, 0.31))
    said = dict(moment_rows(ENTRY, replace(analysis, moment=alike)))
    assert said["Second spin state"] == "Fe1 and 1 alike: 4.10 or 0.90 μB (31 %); O2: 0.10 or 1.20 μB (31 %)"


def test_nothing_is_said_of_what_is_not_predicted(analysis: Analysis) -> None:
    bare = replace(
        analysis, moment=MomentPrediction.no_data(4), moment_exp=MomentPrediction.no_data(4), model=None
    )
    rows = moment_rows(ENTRY, bare)
    assert rows[:2] == [("Σ abs(m) DFT", "no data"), ("Σ abs(m) exp.", "no data")]
    assert not any("unsure" in name for name, _ in rows)
    assert dict(rows)["Moments by"] == "none (embeddings only)"


def test_details_show_the_sums_as_magnitudes(qtbot: QtBot, analysis: Analysis) -> None:
    session = Session()
    details = Details(session)
    qtbot.addWidget(details)
    session.add_entries([ENTRY])
    session.set_current(ENTRY.id)
    qtbot.waitUntil(lambda: ENTRY.formula in details.toPlainText())
    assert "Predicted moments" not in details.toPlainText()
    session.accept(session.begin_prediction([ENTRY.id]), analysis)
    qtbot.waitUntil(lambda: "8.40 μB" in details.toPlainText())
    text = details.toPlainText()
    assert "Magnitudes, summed without sign" in text
    assert "Fe2O2 <b>" in text
