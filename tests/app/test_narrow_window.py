"""A small window: nothing is cut off, and the keyboard reaches all of it."""

from __future__ import annotations

import pytest
from PySide6.QtCore import QRect, Qt
from PySide6.QtWidgets import QApplication, QLabel, QPushButton, QToolButton, QWidget

from negnn_gui.app.views.flow import FlowBar, FlowLayout

pytestmark = pytest.mark.gui


@pytest.fixture
def bench(make_bench, nio, wait_until_idle, qtbot):
    """NiO in a window of 820 x 560 pixels."""
    bench = make_bench()
    bench.controller.open_paths([nio])
    wait_until_idle(bench.controller)
    qtbot.waitUntil(lambda: bench.views.settled)
    bench.window.resize(820, 560)
    qtbot.wait(100)
    return bench


def test_window_may_be_small(bench):
    assert bench.window.minimumSizeHint().width() <= 820
    assert bench.window.minimumSizeHint().height() <= 560
    assert bench.window.width() == 820


def test_a_small_window_gives_crystal_and_map_its_room(bench, qtbot):
    bench.docks.reset()
    qtbot.wait(100)
    plot = bench.views.map.plot
    assert plot.height() > 140 and plot.width() > 200
    assert plot.getPlotItem().getAxis("bottom").isVisible()
    for name in ("moments", "like", "insight"):
        assert bench.docks[name] in bench.window.tabifiedDockWidgets(bench.docks["sites"])
    bench.window.resize(1600, 1000)
    bench.docks.reset()
    qtbot.wait(100)
    assert bench.window.tabifiedDockWidgets(bench.docks["sites"]) == [bench.docks["insight"]]


@pytest.mark.parametrize("width", [900, 500, 260])
def test_no_control_of_the_3d_bar_is_cut_off(bench, qtbot, width):
    bar = bench.views.crystal.bar
    bar.setParent(None)
    holder = QWidget()
    qtbot.addWidget(holder)
    bar.setParent(holder)
    bar.resize(width, bar.heightForWidth(width))
    holder.show()
    bar.show()
    QApplication.processEvents()
    boxes = [
        control.geometry()
        for control in [bar.direction, *bar.findChildren(QToolButton)]
        if control.isVisible()
    ]
    assert len(boxes) >= 12
    for number, box in enumerate(boxes):
        assert bar.rect().contains(box)
        assert not any(box.intersects(other) for other in boxes[number + 1 :])


def test_tab_walks_through_the_3d_bar(bench, qtbot):
    bar = bench.views.crystal.bar
    bar.direction.setFocus()
    names = []
    for _ in range(5):
        qtbot.keyClick(bench.window.focusWidget(), Qt.Key.Key_Tab)
        names.append(bench.window.focusWidget().accessibleName())
    assert names == ["Fit", "Reset", "Spin", "Select", "Compare"]
    spin = next(b for b in bar.findChildren(QToolButton) if b.text() == "Spin")
    spin.setFocus()
    qtbot.keyClick(spin, Qt.Key.Key_Space)
    assert bench.views.canvas.spinning
    qtbot.keyClick(spin, Qt.Key.Key_Space)
    assert not bench.views.canvas.spinning


def test_tools_without_room_come_with_a_key(bench, qtbot):
    more = bench.window.toolbar.findChild(QToolButton, "qt_toolbar_ext_button")
    assert more.isVisible()
    assert not bench.menus.levels.isVisible()
    more.setFocus(Qt.FocusReason.TabFocusReason)
    qtbot.keyClick(more, Qt.Key.Key_Space)
    qtbot.waitUntil(bench.menus.levels.isVisible)


def test_rows_are_as_many_as_the_width_needs(qtbot):
    bar = FlowBar()
    qtbot.addWidget(bar)
    for number in range(6):
        button = QPushButton(str(number))
        button.setFixedSize(50, 20)
        bar.row.addWidget(button)
    assert bar.heightForWidth(1000) == 24
    assert bar.heightForWidth(3 * 50 + 2 * 2 + 8) == 2 * 20 + 2 + 4
    assert bar.heightForWidth(60) == 6 * 20 + 5 * 2 + 4
    assert bar.minimumSizeHint().width() == 58


def test_what_wants_width_takes_what_is_left_and_gaps_begin_no_row(qtbot):
    row = FlowLayout()
    holder = QWidget()
    qtbot.addWidget(holder)
    holder.setLayout(row)
    row.setContentsMargins(0, 0, 0, 0)
    first, second, last = QLabel("a"), QLabel("b"), QPushButton("c")
    first.setFixedSize(40, 20)
    last.setFixedSize(40, 20)
    second.setSizePolicy(second.sizePolicy().Policy.Ignored, second.sizePolicy().Policy.Preferred)
    for widget in (first, second):
        row.addWidget(widget)
    row.add_gap(10)
    row.addWidget(last)
    row.setGeometry(QRect(0, 0, 200, 20))
    assert second.width() == 200 - 2 * 40 - 10 - 3 * 2
    assert last.geometry().right() == 199
    row.setGeometry(QRect(0, 0, 42, 60))
    assert last.x() == 0
    assert last.y() > first.y()
