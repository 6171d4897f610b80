"""The way from a file to a table without a mouse."""

from __future__ import annotations

import csv
from collections.abc import Callable
from pathlib import Path

import pytest
from PySide6.QtCore import Qt, QTimer
from PySide6.QtWidgets import QApplication, QFileDialog, QLineEdit

from negnn_gui.app.session import Stage
from negnn_gui.app.views.action_finder import ActionFinder

pytestmark = pytest.mark.gui
CTRL = Qt.KeyboardModifier.ControlModifier


@pytest.fixture
def answer_file_dialog(qtbot) -> Callable[[Path], None]:
    """Type a path into the next file dialog and press Enter; the dialog runs an event loop of its own."""

    def answer(path: Path) -> None:
        def type_path() -> None:
            dialog = QApplication.activeModalWidget()
            if not isinstance(dialog, QFileDialog):
                QTimer.singleShot(50, type_path)
                return
            [line] = [w for w in dialog.findChildren(QLineEdit) if w.objectName() == "fileNameEdit"]
            line.selectAll()
            qtbot.keyClicks(line, str(path))
            qtbot.keyClick(line, Qt.Key.Key_Return)

        QTimer.singleShot(50, type_path)

    return answer


def test_prediction_and_export_with_keys_alone(
    make_bench, preferences, nio, tmp_path, qtbot, wait_until_idle, answer_file_dialog
):
    preferences.auto_predict = False
    bench = make_bench()
    window = bench.window
    with qtbot.waitActive(window):
        window.activateWindow()

    answer_file_dialog(nio)
    qtbot.keyClick(window, Qt.Key.Key_O, CTRL)
    wait_until_idle(bench.controller)
    [entry_id] = bench.session.entries
    assert bench.session.status(entry_id).stage is Stage.READ

    qtbot.keyClick(window, Qt.Key.Key_R, CTRL)
    wait_until_idle(bench.controller)
    assert bench.session.status(entry_id).stage is Stage.PREDICTED
    qtbot.waitUntil(lambda: bench.views.settled)

    bench.views.table.filter.setFocus()
    while window.focusWidget() is not bench.views.table.view:
        qtbot.keyClick(window.focusWidget(), Qt.Key.Key_Tab)
    qtbot.keyClick(bench.views.table.view, Qt.Key.Key_Tab)
    assert {site.site_index for site in bench.session.selection} == {0}
    qtbot.keyClick(window, Qt.Key.Key_Z, CTRL)
    assert bench.session.selection == frozenset()

    target = tmp_path / "by-keys.csv"
    answer_file_dialog(target)
    qtbot.keyClick(window, Qt.Key.Key_K, CTRL)
    [finder] = window.findChildren(ActionFinder)
    qtbot.keyClicks(finder.line, "sites csv")
    with qtbot.waitSignal(bench.controller.exported, timeout=60_000):
        qtbot.keyClick(finder.line, Qt.Key.Key_Return)
    with target.open(encoding="utf-8", newline="") as file:
        assert [row["element"] for row in csv.DictReader(file)] == ["Ni", "O"]
