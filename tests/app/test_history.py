"""Undo and redo: opening, closing, names, copies, selection, colouring."""

from __future__ import annotations

from dataclasses import replace

import pytest

from negnn_gui.app.history import _ONE_GESTURE_S
from negnn_gui.app.session import Stage
from negnn_gui.results import SiteRef


@pytest.fixture
def controller(make_controller, nio, wait_until_idle):
    """NiO open and predicted."""
    controller = make_controller()
    controller.start_files()
    controller.start_predictor()
    controller.open_paths([nio])
    wait_until_idle(controller)
    return controller


def names(controller) -> list[str]:
    return [entry.name for entry in controller.session.entries.values()]


def test_opening_is_undone_and_redone_with_what_was_computed(controller):
    session, stack = controller.session, controller.history.stack
    [entry_id] = session.entries
    analysis = session.analysis(entry_id)
    assert stack.undoText() == "Open NiO"
    stack.undo()
    assert session.entries == {}
    assert session.current is None
    stack.redo()
    assert session.analysis(entry_id) is analysis
    assert session.status(entry_id).stage is Stage.PREDICTED
    assert session.current.id == entry_id


def test_what_was_asked_for_is_shown_and_undoing_goes_back_to_what_was_before(
    controller, nio, wait_until_idle
):
    session, stack = controller.session, controller.history.stack
    for _ in range(2):
        controller.open_text(nio.read_text())
        wait_until_idle(controller)
    assert names(controller) == ["NiO", "pasted", "pasted_2"]
    first, second, third = session.entries
    assert session.current.id == third
    session.set_current(first)
    controller.open_paths([nio])
    wait_until_idle(controller)
    assert session.current.id not in {first, second, third}
    stack.undo()
    assert session.current.id == first
    stack.redo()
    assert session.current.id not in {first, second, third}


def test_many_files_opened_together_are_one_step(controller, nio, wait_until_idle):
    folder = nio.parent / "many"
    folder.mkdir()
    for number in range(5):
        (folder / f"n{number}.cif").write_text(nio.read_text())
    controller.open_paths([folder])
    wait_until_idle(controller)
    assert controller.history.stack.undoText() == "Open 5 structures"
    controller.history.stack.undo()
    assert names(controller) == ["NiO"]


def test_closed_structures_come_back_in_their_places(controller, nio, wait_until_idle):
    session = controller.session
    for name in ("a", "b", "c"):
        path = nio.parent / f"{name}.cif"
        path.write_text(nio.read_text())
        controller.open_paths([path])
        wait_until_idle(controller)
    ids = list(session.entries)
    session.set_current(ids[1])
    controller.select(frozenset({SiteRef(ids[1], 0), SiteRef(ids[2], 1)}))
    controller.close_entries(ids[1:3])
    assert names(controller) == ["NiO", "c"]
    assert session.selection == frozenset()
    controller.history.stack.undo()
    assert list(session.entries) == ids
    assert session.current.id == ids[1]
    assert session.selection == {SiteRef(ids[1], 0), SiteRef(ids[2], 1)}
    assert all(session.status(e).stage is Stage.PREDICTED for e in ids)
    controller.history.stack.redo()
    assert names(controller) == ["NiO", "c"]


def test_what_had_no_result_when_it_was_closed_is_predicted_when_it_comes_back(
    controller, nio, wait_until_idle
):
    session = controller.session
    [entry_id] = session.entries
    session.enqueue([entry_id])  # waiting again when it is closed
    controller.close_entries([entry_id])
    controller.history.stack.undo()
    wait_until_idle(controller)
    assert session.status(entry_id).stage is Stage.PREDICTED


def test_selection_and_colouring_are_undone_one_after_the_other(controller, monkeypatch):
    session, stack = controller.session, controller.history.stack
    [entry_id] = session.entries
    before = session.colouring
    controller.select(frozenset({SiteRef(entry_id, 0)}))
    controller.set_colouring(replace(before, property="element"))
    stack.undo()
    assert session.colouring == before
    assert session.selection == {SiteRef(entry_id, 0)}
    stack.undo()
    assert session.selection == frozenset()
    stack.redo()
    stack.redo()
    assert session.colouring.property == "element"


def test_a_style_is_undone_and_redone_and_the_supercell_is_named(controller, monkeypatch):
    session, stack = controller.session, controller.history.stack
    [entry_id] = session.entries
    before, steps = session.style(entry_id), stack.count()
    now = iter(range(0, 1000, 10))  # seconds apart: each change is a step of its own
    monkeypatch.setattr("negnn_gui.app.history.monotonic", lambda: next(now) * (_ONE_GESTURE_S + 1))
    sticks = replace(before, atoms="sticks", polyhedra=frozenset({"Ni"}))
    controller.set_style(sticks)
    assert stack.undoText() == "Display"
    large = replace(sticks, supercell=(2, 1, 1))
    controller.set_style(large)
    assert stack.undoText() == "Supercell"
    assert stack.count() == steps + 2
    stack.undo()
    assert session.style(entry_id) == sticks
    stack.undo()
    assert session.style(entry_id) == before
    stack.redo()
    stack.redo()
    assert session.style(entry_id) == large
    controller.set_style(large)
    assert stack.count() == steps + 2, "nothing changed: nothing to undo"
    with pytest.raises(ValueError, match="spans no cell"):
        controller.set_style(replace(large, supercell=(0, 1, 1)))
    assert session.style(entry_id) == large


def test_quick_steps_of_one_gesture_are_undone_together(controller, monkeypatch):
    clock = iter([0.0, 0.1, 0.2, 0.2 + 2 * _ONE_GESTURE_S])
    monkeypatch.setattr("negnn_gui.app.history.monotonic", lambda: next(clock))
    session, stack = controller.session, controller.history.stack
    [entry_id] = session.entries
    steps = stack.count()
    first, second = SiteRef(entry_id, 0), SiteRef(entry_id, 1)
    for sites in ({first}, {second}, {first, second}):
        controller.select(frozenset(sites))
    assert stack.count() == steps + 1
    controller.select(frozenset())
    assert stack.count() == steps + 2, "a pause begins another step"
    stack.undo()
    assert session.selection == {first, second}
    stack.undo()
    assert session.selection == frozenset()


def test_a_copy_has_the_result_of_the_original_beside_it(controller):
    session = controller.session
    [entry_id] = session.entries
    controller.duplicate([entry_id])
    assert names(controller) == ["NiO", "NiO_copy"]
    copied = list(session.entries)[1]
    assert session.analysis(copied).entry_id == copied
    assert session.analysis(copied).moment is session.analysis(entry_id).moment
    controller.history.stack.undo()
    assert names(controller) == ["NiO"]
    controller.history.stack.redo()
    assert session.status(list(session.entries)[1]).stage is Stage.PREDICTED


def test_a_name_is_changed_and_changed_back(controller, qtbot, tmp_path):
    [entry_id] = controller.session.entries
    controller.rename(entry_id, "  my \n NiO ")
    assert names(controller) == ["my NiO"]
    with qtbot.waitSignal(controller.exported, timeout=60_000):
        controller.export_sites(tmp_path / "sites.csv")
    assert (tmp_path / "sites.csv").read_text().splitlines()[1].startswith("my NiO,")
    controller.history.stack.undo()
    assert names(controller) == ["NiO"]
    controller.rename(entry_id, "   ")
    assert names(controller) == ["NiO"], "no name is no name"


def test_undoing_while_something_is_predicted_leaves_nothing_behind(controller, nio, wait_until_idle):
    controller.open_paths([nio])
    while len(controller.session.entries) < 2:
        from PySide6.QtWidgets import QApplication

        QApplication.processEvents()
    controller.history.stack.undo()
    wait_until_idle(controller)
    assert names(controller) == ["NiO"]
    assert controller.session.n_awaited == 0
