"""The habits of a desktop program, driven by keys: find an action, settings, keys, layouts, names, copies."""

from __future__ import annotations

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QKeySequence
from PySide6.QtWidgets import QApplication, QInputDialog, QLineEdit

from negnn_gui.app.action_catalogue import named_actions
from negnn_gui.app.layouts import PRESETS
from negnn_gui.app.preferences import Preferences
from negnn_gui.app.theme import is_dark
from negnn_gui.app.views.action_finder import ActionFinder
from negnn_gui.app.views.settings import SettingsDialog

pytestmark = pytest.mark.gui
CTRL = Qt.KeyboardModifier.ControlModifier


@pytest.fixture
def bench(make_bench, nio, wait_until_idle):
    bench = make_bench()
    bench.controller.open_paths([nio])
    wait_until_idle(bench.controller)
    bench.window.activateWindow()
    return bench


def dialog(bench, kind):
    [found] = bench.window.findChildren(kind)
    return found


def close(box, qtbot) -> None:
    box.close()
    QApplication.processEvents()


def test_an_action_is_found_by_its_name_and_carried_out(bench, qtbot):
    bench.desk.find_action()
    finder = dialog(bench, ActionFinder)
    qtbot.keyClicks(finder.line, "light appear")
    assert finder.list.topLevelItemCount() == 1
    qtbot.keyClick(finder.line, Qt.Key.Key_Return)
    assert bench.preferences.appearance == "light"
    bench.desk.find_action()
    finder = next(f for f in bench.window.findChildren(ActionFinder) if f.isVisible())
    qtbot.keyClicks(finder.line, "dark")
    qtbot.keyClick(finder.line, Qt.Key.Key_Return)
    assert is_dark(QApplication.palette())
    bench.desk.find_action()
    finder = next(f for f in bench.window.findChildren(ActionFinder) if f.isVisible())
    qtbot.keyClicks(finder.line, "no such thing")
    assert finder.empty.isVisible()
    assert not finder.list.isVisible()
    finder.line.clear()
    first = finder.list.currentItem().text(0)
    qtbot.keyClick(finder.line, Qt.Key.Key_Down)
    assert finder.list.currentItem().text(0) != first
    close(finder, qtbot)


def test_keys_are_shown_changed_taken_away_and_kept(bench, qtbot):
    bench.desk.show_settings("Keys")
    page = dialog(bench, SettingsDialog).tabs.currentWidget().widget()
    shown = {
        page.list.topLevelItem(r).text(0): page.list.topLevelItem(r).text(2)
        for r in range(page.list.topLevelItemCount())
    }
    assert shown["Open"] == "Ctrl+O"
    assert shown["Along a*"] == "Shift+1", "keys of the 3D view are shown too"
    qtbot.keyClicks(page.search, "sites table")
    assert page.chosen.id == "file/export/sites-csv"
    page.keys.setKeySequence(QKeySequence("Ctrl+O"))
    assert "“Open” has these keys" in page.note.text()
    page.keys.setKeySequence(QKeySequence("E"))
    assert not page.assign.isEnabled(), "a letter could not be typed any more"
    page.keys.setKeySequence(QKeySequence("Ctrl+O"))
    qtbot.mouseClick(page.assign, Qt.MouseButton.LeftButton)
    assert bench.menus.export_csv.shortcut() == QKeySequence("Ctrl+O")
    assert bench.menus.open_files.shortcut().isEmpty()
    assert bench.menus.export_csv.toolTip().endswith("(Ctrl+O)")
    assert Preferences().shortcuts == {"file/export/sites-csv": "Ctrl+O", "file/open": ""}
    page.search.clear()
    qtbot.mouseClick(page.reset, Qt.MouseButton.LeftButton)
    assert bench.menus.open_files.shortcut() == QKeySequence("Ctrl+O")
    assert Preferences().shortcuts == {}
    close(dialog(bench, SettingsDialog), qtbot)


def test_settings_take_effect_and_are_kept(bench, qtbot):
    size = bench.window.font().pointSizeF()
    bench.desk.show_settings()
    settings = dialog(bench, SettingsDialog)
    settings.letters.setValue(150)
    assert bench.window.font().pointSizeF() == pytest.approx(1.5 * size)
    settings.elements.setCurrentIndex(settings.elements.findData("jmol"))
    assert bench.session.colouring.scheme == "jmol"
    settings.appearance.setCurrentIndex(settings.appearance.findData("dark"))
    assert is_dark(QApplication.palette())
    settings.auto_predict.click()
    assert not bench.menus.auto_predict.isChecked()
    settings.table.setCurrentIndex(settings.table.findData("parquet"))
    settings.scale.setValue(4)
    settings.disorder.setCurrentIndex(settings.disorder.findData("majority"))
    with qtbot.assertNotEmitted(bench.controller.models_changed, wait=100):
        close(settings, qtbot)
    kept = Preferences()
    assert (kept.font_percent, kept.element_colours, kept.appearance) == (150, "jmol", "dark")
    assert (kept.auto_predict, kept.table_format, kept.image_scale) == (False, "parquet", 4)
    assert kept.disorder == "majority"


def test_layouts_show_their_docks_and_own_ones_come_back(bench, qtbot):
    layouts = bench.desk.layouts
    for name, shown in PRESETS.items():
        layouts.arrange(name)
        wanted = set(shown or bench.docks.names)
        assert {n for n in bench.docks.names if bench.docks[n].isVisible()} == wanted, name
    layouts.arrange("Map")
    layouts.save_own()
    question = dialog(bench, QInputDialog)
    qtbot.keyClicks(question.findChild(QLineEdit), "  my  map ")
    qtbot.keyClick(question, Qt.Key.Key_Return)
    layouts.arrange("Everything")
    layouts.restore_own("my map")
    assert not bench.docks["sites"].isVisible()
    assert "my map" in {named.name for named in named_actions(bench.window)}


def test_a_structure_is_renamed_in_the_list_and_copied(bench, qtbot):
    bench.menus.edit.rename.trigger()
    [editor] = bench.views.structures.findChildren(QLineEdit)
    editor.selectAll()
    qtbot.keyClicks(editor, "rocksalt")
    qtbot.keyClick(editor, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: [e.name for e in bench.session.entries.values()] == ["rocksalt"])
    bench.menus.edit.duplicate.trigger()
    assert [e.name for e in bench.session.entries.values()] == ["rocksalt", "rocksalt_copy"]
    bench.menus.edit.undo.trigger()
    bench.menus.edit.undo.trigger()
    assert [e.name for e in bench.session.entries.values()] == ["NiO"]
    assert bench.menus.edit.redo.text() == "&Redo Rename NiO"


def test_undo_keeps_its_name_where_keys_are_chosen(bench):
    undo = next(named for named in bench.desk.shortcuts.all() if named.id == "edit/undo")
    assert bench.menus.edit.undo.text() == "&Undo Open NiO"
    assert (undo.name, undo.place) == ("Undo", "Edit")
