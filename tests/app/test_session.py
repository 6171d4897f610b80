"""The session: who is open, what is awaited, what is selected."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from pytestqt.qtbot import QtBot

from negnn_gui.app.session import Session, Stage
from negnn_gui.results import Analysis, ModelRef, MomentPrediction, NearestKnown, SiteRef
from negnn_gui.structures.entry import StructureEntry, StructureReadError


@pytest.fixture
def session(qtbot: QtBot) -> Session:
    return Session()


@pytest.fixture
def entry() -> Callable[[str], StructureEntry]:
    from pymatgen.core import Lattice, Structure

    iron = Structure(Lattice.cubic(2.87), ["Fe", "Fe"], [[0, 0, 0], [0.5, 0.5, 0.5]])
    return lambda name: StructureEntry(name, Path(f"{name}.cif"), 0, name, iron, ("Fe1", "Fe2"))


def analysis(entry_id: str, moment: float = 2.2) -> Analysis:
    values = np.full(2, moment)
    none = MomentPrediction.no_data(2)
    return Analysis(
        entry_id,
        np.array([26, 26]),
        np.zeros((6, 2, 64), dtype=np.float32),
        MomentPrediction(values, values, values, none.alt, none.alt_weight),
        none,
        np.zeros(2),
        NearestKnown.unknown(2),
        ModelRef("e", "0"),
        ModelRef("m", "0"),
        "cpu",
    )


def test_first_entry_opened_becomes_current(session, entry, qtbot):
    with qtbot.waitSignals([session.entries_changed, session.current_changed]):
        session.add_entries([entry("a"), entry("b")])
    assert session.current.id == "a"
    assert list(session.entries) == ["a", "b"]
    assert session.status("b").stage is Stage.READ


def test_closing_the_current_entry_shows_the_next_one_then_the_one_before(session, entry):
    session.add_entries([entry("a"), entry("b"), entry("c")])
    session.set_current("b")
    session.remove_entries(["b"])
    assert session.current.id == "c"
    session.remove_entries(["c"])
    assert session.current.id == "a"
    session.remove_entries(["a"])
    assert session.current is None


def test_closing_drops_analysis_and_selection_of_that_entry_only(session, entry):
    session.add_entries([entry("a"), entry("b")])
    generation = session.begin_prediction(["a", "b"])
    session.accept(generation, analysis("a"))
    session.accept(generation, analysis("b"))
    session.select(frozenset({SiteRef("a", 0), SiteRef("b", 1)}))
    session.remove_entries(["a"])
    assert list(session.analyses) == ["b"]
    assert session.selection == {SiteRef("b", 1)}


def test_result_of_an_older_generation_is_dropped(session, entry):
    session.add_entries([entry("a")])
    old = session.begin_prediction(["a"])
    new = session.begin_prediction(["a"])
    assert not session.accept(old, analysis("a", 1.0))
    assert session.analyses == {}
    assert session.accept(new, analysis("a", 2.0))
    assert session.analyses["a"].moment.median[0] == 2.0
    assert not session.accept(new, analysis("a", 3.0)), "a second answer was not asked for"


def test_result_for_a_closed_entry_is_dropped(session, entry):
    session.add_entries([entry("a")])
    generation = session.begin_prediction(["a"])
    session.remove_entries(["a"])
    assert not session.accept(generation, analysis("a"))
    assert not session.reject(generation, "a", "too late")


def test_failure_replaces_an_earlier_analysis(session, entry):
    session.add_entries([entry("a")])
    session.accept(session.begin_prediction(["a"]), analysis("a"))
    session.reject(session.begin_prediction(["a"]), "a", "no room")
    assert session.analyses == {}
    assert session.status("a").stage is Stage.FAILED
    assert session.status("a").reason == "no room"
    assert session.n_failed == 1


def test_cancelling_brings_back_what_was_there(session, entry):
    session.add_entries([entry("a"), entry("b"), entry("c")])
    session.accept(session.begin_prediction(["a"]), analysis("a"))
    session.begin_prediction(["a", "b"])
    session.enqueue(["c"])
    assert session.n_awaited == 2
    session.abandon()
    assert [session.status(name).stage for name in "abc"] == [Stage.PREDICTED, Stage.READ, Stage.READ]
    assert session.n_awaited == 0


def test_ended_generation_leaves_newer_ones_alone(session, entry):
    session.add_entries([entry("a"), entry("b")])
    first = session.begin_prediction(["a"])
    session.begin_prediction(["b"])
    session.abandon(first)
    assert session.status("a").stage is Stage.READ
    assert session.status("b").stage is Stage.WAITING


def test_selection_of_unknown_structures_is_ignored_and_said_once(session, entry, qtbot):
    session.add_entries([entry("a")])
    with qtbot.waitSignal(session.selection_changed) as caught:
        session.select(frozenset({SiteRef("a", 1), SiteRef("gone", 0)}))
    assert caught.args == [frozenset({SiteRef("a", 1)})]
    with qtbot.assertNotEmitted(session.selection_changed):
        session.select(frozenset({SiteRef("a", 1)}))


def test_unreadable_files_stay_until_dismissed(session):
    bad = StructureReadError(Path("x.cif"), "it is empty")
    worse = StructureReadError(Path("y.cif"), "it is no CIF")
    session.add_read_failures([bad, worse])
    session.dismiss_read_failures([bad])
    assert session.read_failures == (worse,)


def test_views_cannot_change_the_session_through_what_it_returns(session, entry):
    session.add_entries([entry("a")])
    session.entries.clear()
    assert list(session.entries) == ["a"]
