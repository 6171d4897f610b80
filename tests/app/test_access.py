"""Access for everybody: names for screen readers, tooltips with units, atoms stepped through with Tab."""

from __future__ import annotations

import pytest
import walking
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication

pytestmark = pytest.mark.gui


@pytest.fixture
def bench(make_bench, nio, wait_until_idle, qtbot):
    """A furnished window with NiO in it and one atom selected, so that every view shows its controls."""
    bench = make_bench()
    bench.window.resize(1600, 1000)
    bench.controller.open_paths([nio])
    wait_until_idle(bench.controller)
    qtbot.waitUntil(lambda: bench.views.settled)
    QApplication.processEvents()
    return bench


@pytest.mark.parametrize("page", ["welcome", "crystal"])
def test_every_control_is_named_and_explained(make_bench, bench, page):
    if page == "welcome":
        bench.controller.close_entries(list(bench.session.entries))
        QApplication.processEvents()
    assert len(list(walking.controls(bench.window))) > 25
    assert walking.nameless(bench.window) == []
    assert walking.unexplained(bench.window) == []
    assert walking.without_unit(bench.window) == []


def test_tab_steps_through_the_atoms_and_leaves_the_table_at_its_end(bench, qtbot):
    view = bench.views.table.view
    view.setFocus()
    chosen = []
    for _ in range(2):
        qtbot.keyClick(view, Qt.Key.Key_Tab)
        [site] = bench.session.selection
        chosen.append(site.site_index)
    assert chosen == [0, 1]
    assert bench.window.focusWidget() is view
    qtbot.keyClick(view, Qt.Key.Key_Backtab)
    assert {site.site_index for site in bench.session.selection} == {0}
    qtbot.keyClick(view, Qt.Key.Key_Tab)
    qtbot.keyClick(view, Qt.Key.Key_Tab)
    assert bench.window.focusWidget() is not view
    view.setFocus()
    qtbot.keyClick(view, Qt.Key.Key_Tab, Qt.KeyboardModifier.ControlModifier)
    assert bench.window.focusWidget() is not view, "Ctrl+Tab leaves at once"
