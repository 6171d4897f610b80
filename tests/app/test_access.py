"""Access for everybody: names for screen readers, tooltips, keys instead of a mouse, contrast, large letters."""

from __future__ import annotations

import pytest
import walking
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication

pytestmark = pytest.mark.gui


@pytest.fixture
def bench(furnished):
    """A furnished window with NiO in it, predicted, and a structure with a shared site that was left out."""
    return furnished(1600, 1000)


@pytest.mark.parametrize("page", ["welcome", "crystal"])
def test_every_control_of_the_window_is_named_explained_and_reached(bench, qtbot, page):
    if page == "welcome":
        bench.controller.close_entries(list(bench.session.entries))
        QApplication.processEvents()
    assert len(list(walking.controls(bench.window))) > 25
    assert walking.nameless(bench.window) == []
    assert walking.unexplained(bench.window) == []
    assert walking.without_unit(bench.window) == []
    assert walking.without_keys(bench.window, walking.tabbed_through(bench.window, qtbot, 250)) == []


def test_letters_stand_out_and_are_not_cut_off_at_twice_their_size(bench, qtbot):
    for appearance in ("light", "dark"):
        bench.set_appearance(appearance)
        QApplication.processEvents()
        assert walking.faint(bench.window) == [], appearance
    bench.preferences.font_percent = 200
    QApplication.processEvents()
    qtbot.wait(50)
    assert walking.clipped(bench.window) == []


def test_tab_steps_through_the_atoms_and_leaves_the_table_at_its_end(bench, qtbot):
    view = bench.views.table.view
    bench.session.set_current(next(e.id for e in bench.session.entries.values() if e.name == "NiO"))
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
