"""The way from a file to a table without a mouse: nothing but keys, to whatever has the focus."""

from __future__ import annotations

import csv
from collections.abc import Callable

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QApplication, QWidget

from negnn_gui.app.session import Stage
from negnn_gui.app.views.action_finder import ActionFinder

pytestmark = pytest.mark.gui
CTRL = Qt.KeyboardModifier.ControlModifier
MOST_STEPS = 200


@pytest.fixture
def press(bench, qtbot) -> Callable[..., None]:
    """Press a key where the focus is, as a keyboard does."""

    window = bench.window

    def press(key: Qt.Key, modifiers: Qt.KeyboardModifier = Qt.KeyboardModifier.NoModifier) -> None:
        if QApplication.activeWindow() is None:  # a dialog has closed, and no window manager runs here
            window.activateWindow()
            qtbot.waitUntil(window.isActiveWindow, timeout=10_000)
        qtbot.keyClick(QApplication.focusWidget() or QApplication.activeWindow(), key, modifiers)

    return press


@pytest.fixture
def bench(make_bench, preferences, qtbot):
    """An empty window that predicts only when it is asked to."""
    preferences.auto_predict = False
    bench = make_bench()
    bench.window.activateWindow()
    qtbot.waitUntil(bench.window.isActiveWindow, timeout=10_000)
    return bench


def tab_to(widget: QWidget, press) -> None:
    """Press Tab until the focus is there."""
    for _ in range(MOST_STEPS):
        if QApplication.focusWidget() is widget:
            return
        press(Qt.Key.Key_Tab)
    raise AssertionError(f"Tab does not come to {widget}")


def test_prediction_and_export_with_keys_alone(
    bench, nio, tmp_path, qtbot, press, wait_until_idle, answer_file_dialog
):
    press(Qt.Key.Key_O, CTRL)
    answer_file_dialog(nio)
    qtbot.waitUntil(lambda: len(bench.session.entries) == 1, timeout=60_000)
    wait_until_idle(bench.controller)
    [entry_id] = bench.session.entries
    assert bench.session.status(entry_id).stage is Stage.READ

    press(Qt.Key.Key_R, CTRL)
    wait_until_idle(bench.controller)
    assert bench.session.status(entry_id).stage is Stage.PREDICTED
    qtbot.waitUntil(lambda: bench.views.settled, timeout=60_000)

    tab_to(bench.views.table.view, press)
    steps = []
    for key in (Qt.Key.Key_Tab, Qt.Key.Key_Down, Qt.Key.Key_Up):
        press(key)
        [site] = bench.session.selection
        steps.append(site.site_index)
    assert steps == [0, 1, 0]
    press(Qt.Key.Key_Z, CTRL)
    assert bench.session.selection == frozenset(), "steps that follow each other quickly are one to undo"

    target = tmp_path / "by-keys.csv"
    press(Qt.Key.Key_K, CTRL)
    qtbot.waitUntil(lambda: isinstance(QApplication.activeModalWidget(), ActionFinder), timeout=10_000)
    finder = QApplication.activeModalWidget()
    qtbot.waitUntil(finder.line.hasFocus, timeout=10_000)
    qtbot.keyClicks(finder.line, "sites table")
    press(Qt.Key.Key_Return)
    with qtbot.waitSignal(bench.controller.exported, timeout=60_000):
        answer_file_dialog(target)
    with target.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert [row["element"] for row in rows] == ["Ni", "O"]
    assert all(row["moment_pred_muB"] for row in rows)
    assert target.with_name("by-keys.meta.json").is_file()


def test_a_pasted_structure_is_predicted_and_exported_with_keys_alone(
    bench, nio, tmp_path, qtbot, press, wait_until_idle, answer_file_dialog
):
    QGuiApplication.clipboard().setText(nio.read_text())
    press(Qt.Key.Key_V, CTRL)
    wait_until_idle(bench.controller)
    assert [entry.formula for entry in bench.session.entries.values()] == ["NiO"]
    press(Qt.Key.Key_R, CTRL)
    wait_until_idle(bench.controller)
    press(Qt.Key.Key_E, CTRL)
    with qtbot.waitSignal(bench.controller.exported, timeout=60_000):
        answer_file_dialog(tmp_path / "pasted")
    assert len((tmp_path / "pasted.csv").read_text().splitlines()) == 3
