"""Levels chosen by clicks, by sliding and by keys."""

from __future__ import annotations

import pytest
from PySide6.QtCore import QEvent, QPoint, QPointF, Qt
from PySide6.QtGui import QMouseEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QToolButton
from pytestqt.qtbot import QtBot

from negnn_gui.app.views.level_picker import LevelPicker

pytestmark = pytest.mark.gui

Left = Qt.MouseButton.LeftButton


@pytest.fixture
def picker(qtbot: QtBot) -> LevelPicker:
    widget = LevelPicker()
    qtbot.addWidget(widget)
    widget.set_levels("1")
    widget.show()
    qtbot.waitExposed(widget)
    return widget


@pytest.fixture
def chosen(picker: LevelPicker) -> list[str]:
    found: list[str] = []
    picker.levels_chosen.connect(found.append)
    return found


def checked(picker: LevelPicker) -> str:
    return "".join(str(n) for n, button in enumerate(picker.buttons) if button.isChecked())


def drag_to(button: QToolButton, place: QPoint) -> None:
    where = QPointF(button.mapToGlobal(place))
    nothing, plain = Qt.MouseButton.NoButton, Qt.KeyboardModifier.NoModifier
    QApplication.sendEvent(
        button, QMouseEvent(QEvent.Type.MouseMove, QPointF(place), where, nothing, Left, plain)
    )


def test_a_click_chooses_one_and_control_joins(
    picker: LevelPicker, chosen: list[str], qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    qtbot.mouseClick(picker.buttons[3], Left)
    assert chosen == ["3"] and checked(picker) == "3"
    monkeypatch.setattr(
        "negnn_gui.app.views.level_picker.QGuiApplication.keyboardModifiers",
        lambda: Qt.KeyboardModifier.ControlModifier,
    )
    qtbot.mouseClick(picker.buttons[4], Left, Qt.KeyboardModifier.ControlModifier)
    assert chosen == ["3", "34"] and checked(picker) == "34"


def test_dragging_slides_through_the_levels_in_between(picker: LevelPicker, chosen: list[str]) -> None:
    first = picker.buttons[0]
    QTest.mousePress(first, Left, Qt.KeyboardModifier.NoModifier, first.rect().center())
    for level in (1, 2, 2, 3):
        place = first.mapFrom(picker, picker.buttons[level].geometry().center())
        drag_to(first, place)
    beyond = first.mapFrom(picker, QPoint(picker.width() + 300, 5))
    drag_to(first, beyond)
    QTest.mouseRelease(first, Left, Qt.KeyboardModifier.NoModifier, beyond)
    assert [level for level in chosen if level != "1"] == ["2", "3", "5"]
    assert checked(picker) == "5"
    assert not any(button.isDown() for button in picker.buttons)


def test_a_click_that_trembles_is_still_a_click(picker: LevelPicker, chosen: list[str]) -> None:
    button = picker.buttons[2]
    QTest.mousePress(button, Left, Qt.KeyboardModifier.NoModifier, QPoint(4, 4))
    drag_to(button, QPoint(6, 5))
    QTest.mouseRelease(button, Left, Qt.KeyboardModifier.NoModifier, QPoint(6, 5))
    assert chosen == ["2"]


def test_arrow_keys_go_to_the_next_level(picker: LevelPicker, chosen: list[str], qtbot: QtBot) -> None:
    picker.buttons[4].setFocus()
    qtbot.keyClick(picker.buttons[4], Qt.Key.Key_Right)
    qtbot.keyClick(picker.buttons[5], Qt.Key.Key_Right)
    qtbot.keyClick(picker.buttons[5], Qt.Key.Key_Left)
    assert chosen == ["5", "4"] and checked(picker) == "4"
