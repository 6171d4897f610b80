"""Intents carried out: open, predict, cancel, close, export; stale answers dropped."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from negnn_gui.app.session import Stage
from negnn_gui.inference.predictor import Predictor
from negnn_gui.results import SiteRef


@pytest.fixture
def controller(make_controller):
    controller = make_controller()
    controller.start_files()
    controller.start_predictor()
    return controller


class Gate:
    """Holds the predictor before each structure until it is let through."""

    def __init__(self) -> None:
        self.reached = threading.Event()
        self.open = threading.Event()


@pytest.fixture
def gate(monkeypatch: pytest.MonkeyPatch) -> Iterator[Gate]:
    held = Gate()
    predict = Predictor.predict

    def slow(self, wanted, *, cancelled, **callbacks):
        for entry in wanted:
            held.reached.set()
            held.open.wait(30)
            if cancelled():
                return
            yield from predict(self, [entry], cancelled=cancelled, **callbacks)

    monkeypatch.setattr(Predictor, "predict", slow)
    yield held
    held.open.set()


def copies(nio: Path, count: int) -> list[Path]:
    paths = [nio.parent / f"copy{number}.cif" for number in range(count)]
    for path in paths:
        path.write_text(nio.read_text())
    return paths


def stages(controller) -> list[Stage]:
    return [controller.session.status(entry_id).stage for entry_id in controller.session.entries]


def test_opened_files_are_read_and_predicted(controller, nio, wait_until_idle):
    controller.open_paths([nio])
    wait_until_idle(controller)
    [entry] = controller.session.entries.values()
    assert controller.session.current is entry
    assert stages(controller) == [Stage.PREDICTED]
    assert controller.session.analyses[entry.id].embeddings.shape == (6, 2, 64)
    assert controller.device == "cpu"
    assert controller.models.model_id == "tiny-random"
    assert controller.models.card.startswith("# Random moment model")


def test_nothing_is_predicted_unasked_where_the_user_said_so(controller, preferences, nio, wait_until_idle):
    preferences.auto_predict = False
    controller.open_paths([nio])
    wait_until_idle(controller)
    assert stages(controller) == [Stage.READ]
    controller.predict(controller.unpredicted())
    wait_until_idle(controller)
    assert stages(controller) == [Stage.PREDICTED]


def test_files_that_cannot_be_read_do_not_hold_up_the_others(controller, nio, wait_until_idle):
    bad = nio.parent / "bad.cif"
    bad.write_bytes(bytes(range(256)) * 10)
    controller.open_paths([bad, nio])
    wait_until_idle(controller)
    assert [failure.path for failure in controller.session.read_failures] == [bad]
    assert stages(controller) == [Stage.PREDICTED]


def test_opened_paths_are_remembered(controller, preferences, nio, wait_until_idle):
    controller.open_paths([nio])
    wait_until_idle(controller)
    assert preferences.recent == [nio]


def test_what_is_opened_meanwhile_is_predicted_together_afterwards(
    controller, gate, nio, qtbot, wait_until_idle
):
    controller.open_paths([nio])
    qtbot.waitUntil(gate.reached.is_set, timeout=60_000)
    controller.open_paths(copies(nio, 3))
    qtbot.waitUntil(lambda: stages(controller) == [Stage.WAITING] * 4, timeout=60_000)
    generation_before = controller.session.begin_prediction([])
    gate.open.set()
    wait_until_idle(controller)
    assert stages(controller) == [Stage.PREDICTED] * 4
    assert controller.session.begin_prediction([]) == generation_before + 2, "one request for all three"


def test_cancel_keeps_what_is_there_and_can_be_followed_by_more(
    controller, gate, nio, qtbot, wait_until_idle
):
    controller.open_paths(copies(nio, 3))
    qtbot.waitUntil(gate.reached.is_set, timeout=60_000)
    qtbot.waitUntil(lambda: len(controller.session.entries) == 3, timeout=60_000)
    controller.cancel()
    assert stages(controller) == [Stage.READ] * 3
    gate.open.set()
    wait_until_idle(controller)
    assert controller.session.analyses == {}
    controller.predict(controller.unpredicted())
    wait_until_idle(controller)
    assert stages(controller) == [Stage.PREDICTED] * 3


def test_answer_for_a_structure_closed_meanwhile_is_dropped(controller, gate, nio, qtbot, wait_until_idle):
    controller.open_paths([nio])
    qtbot.waitUntil(gate.reached.is_set, timeout=60_000)
    controller.close_entries(list(controller.session.entries))
    gate.open.set()
    wait_until_idle(controller)
    assert controller.session.entries == {}
    assert controller.session.analyses == {}


def test_answer_to_an_older_request_is_dropped(controller, gate, nio, qtbot, wait_until_idle):
    controller.open_paths([nio])
    qtbot.waitUntil(gate.reached.is_set, timeout=60_000)
    [entry_id] = controller.session.entries
    newer = controller.session.begin_prediction([entry_id])
    gate.open.set()
    wait_until_idle(controller)
    assert controller.session.analyses == {}
    assert controller.session.status(entry_id).stage is Stage.WAITING
    controller.session.abandon(newer)


def test_shutdown_while_predicting_joins_the_workers(controller, gate, nio, qtbot):
    controller.open_paths(copies(nio, 3))
    qtbot.waitUntil(gate.reached.is_set, timeout=60_000)
    gate.open.set()
    assert controller.shutdown()


def test_failure_of_the_predictor_is_the_status_of_the_structure(make_controller, nio, wait_until_idle):
    def load() -> Predictor:
        raise RuntimeError("CUDA out of memory. Tried to allocate 20.00 MiB")

    controller = make_controller(load)
    controller.start_files()
    controller.start_predictor()
    controller.open_paths([nio])
    wait_until_idle(controller)
    [entry_id] = controller.session.entries
    status = controller.session.status(entry_id)
    assert status.stage is Stage.FAILED
    assert status.reason.startswith("not enough memory")
    assert any("could not be loaded" in notice for notice in controller.notices)


def test_selection_is_replaced_added_to_and_toggled(controller, nio, wait_until_idle):
    controller.open_paths([nio])
    wait_until_idle(controller)
    [entry_id] = controller.session.entries
    first, second = SiteRef(entry_id, 0), SiteRef(entry_id, 1)
    controller.select(frozenset({first}))
    controller.select(frozenset({second}), "add")
    assert controller.session.selection == {first, second}
    controller.select(frozenset({first}), "toggle")
    assert controller.session.selection == {second}
    controller.select(frozenset({first}), "replace")
    assert controller.session.selection == {first}
    with pytest.raises(ValueError, match="sideways"):
        controller.select(frozenset(), "sideways")


def test_export_saves_table_and_sidecar(controller, nio, qtbot, tmp_path, wait_until_idle):
    controller.open_paths([nio])
    wait_until_idle(controller)
    with qtbot.waitSignal(controller.exported, timeout=60_000) as caught:
        controller.export_sites(tmp_path / "out.csv")
    assert caught.args == [tmp_path / "out.csv"]
    assert len((tmp_path / "out.csv").read_text().splitlines()) == 3
    assert (tmp_path / "out.meta.json").is_file()


def test_export_of_nothing_is_a_sentence(controller, qtbot, tmp_path):
    with qtbot.waitSignal(controller.problem) as caught:
        controller.export_sites(tmp_path / "out.csv")
    assert "nothing to export" in caught.args[0]
    assert not (tmp_path / "out.csv").exists()


def test_activity_says_how_far_the_work_has_come(controller, gate, nio, qtbot, wait_until_idle):
    said = []
    controller.activity_changed.connect(said.append)
    controller.open_paths(copies(nio, 3))
    qtbot.waitUntil(gate.reached.is_set, timeout=60_000)
    gate.open.set()
    wait_until_idle(controller)
    texts = [activity.text for activity in said if activity is not None]
    assert any(text.startswith("Predicting") and "of 3 structures" in text for text in texts)
    assert said[-1] is None
