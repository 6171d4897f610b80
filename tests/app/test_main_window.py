"""The window as a user meets it: filled, linked, remembered, closed."""

from __future__ import annotations

import sys
import threading
from pathlib import Path

import pytest
from PySide6.QtCore import QByteArray, Qt
from PySide6.QtGui import QGuiApplication, QPalette
from PySide6.QtWidgets import QDockWidget, QMessageBox, QPlainTextEdit, QPushButton, QTextBrowser

from negnn_gui.app.main_window import MainWindow
from negnn_gui.app.reporting import ErrorReporter, log_path
from negnn_gui.app.session import Stage
from negnn_gui.app.theme import Theme, is_dark, palette, warning_colour
from negnn_gui.app.workbench import Workbench
from negnn_gui.inference.predictor import Predictor
from negnn_gui.results import SiteRef

pytestmark = pytest.mark.gui


@pytest.fixture
def bench(make_bench):
    return make_bench()


@pytest.fixture
def loaded(bench, nio, wait_until_idle, qtbot):
    """A window with NiO predicted and shown."""
    bench.controller.open_paths([nio])
    wait_until_idle(bench.controller)
    qtbot.waitUntil(lambda: bench.views.settled)
    return bench


def refs(bench, *sites: int) -> frozenset[SiteRef]:
    return frozenset(SiteRef(bench.session.current.id, site) for site in sites)


def test_welcome_page_gives_way_to_the_crystal_and_comes_back(loaded):
    assert loaded.views.canvas.isVisible()
    assert not loaded.welcome.isVisible()
    loaded.close_chosen()
    assert loaded.welcome.isVisible()
    assert not loaded.views.canvas.isVisible()


def test_welcome_page_offers_examples_that_open(bench, qtbot, wait_until_idle):
    assert "NiO" in {path.stem for path in bench.welcome.examples}
    [button] = [b for b in bench.welcome.findChildren(QPushButton) if b.text() == "NiO"]
    qtbot.mouseClick(button, Qt.MouseButton.LeftButton)
    wait_until_idle(bench.controller)
    assert [entry.name for entry in bench.session.entries.values()] == ["NiO"]


def test_one_selection_for_all_views(loaded):
    for view, name in (
        (loaded.views.canvas, "canvas"),
        (loaded.views.map, "map"),
        (loaded.views.table, "table"),
    ):
        loaded.controller.select(frozenset())
        chosen = frozenset({1}) if name == "canvas" else refs(loaded, 1)
        view.picked.emit(chosen, "replace")
        assert loaded.session.selection == refs(loaded, 1), name
    assert "1 selected" in loaded.status.text
    loaded.views.canvas.picked.emit(frozenset({0}), "add")
    assert loaded.session.selection == refs(loaded, 0, 1)
    loaded.views.table.picked.emit(refs(loaded, 1), "toggle")
    assert loaded.session.selection == refs(loaded, 0)


def test_escape_clears_the_selection(loaded, qtbot):
    loaded.controller.select(refs(loaded, 0))
    loaded.views.structures.setFocus()
    qtbot.keyClick(loaded.views.structures, Qt.Key.Key_Escape)
    assert loaded.session.selection == frozenset()


def test_colour_by_is_the_colouring_of_the_session(loaded):
    box = loaded.menus.colour_by
    assert box.isEnabled()
    assert box.currentData() == loaded.session.colouring.property == "moment"
    box.setCurrentIndex(box.findData("element"))
    box.activated.emit(box.currentIndex())
    assert loaded.session.colouring.property == "element"


def test_level_buttons_choose_and_join_levels(loaded, qtbot):
    buttons = loaded.menus.levels.buttons
    qtbot.mouseClick(buttons[3], Qt.MouseButton.LeftButton)
    assert loaded.session.levels == "3"
    assert [button.isChecked() for button in buttons] == [False, False, False, True, False, False]


def test_unreadable_file_is_a_row_with_its_reason_and_can_be_dismissed(loaded, tmp_path, wait_until_idle):
    bad = tmp_path / "bad.cif"
    bad.write_text("")
    loaded.controller.open_paths([bad])
    wait_until_idle(loaded.controller)
    model = loaded.views.structures.model()
    assert model.rowCount() == 2
    index = model.index(1, 0)
    assert index.data() == "bad.cif"
    reason = loaded.session.read_failures[0].reason
    assert reason in index.data(Qt.ItemDataRole.ToolTipRole)
    loaded.views.structures.setCurrentIndex(index)
    loaded.close_chosen()
    assert model.rowCount() == 1
    assert len(loaded.session.entries) == 1


def test_choosing_a_row_shows_that_structure(loaded, tmp_path, nio, wait_until_idle, qtbot):
    other = tmp_path / "other.cif"
    other.write_text(nio.read_text().replace("2.954", "3.1"))
    loaded.controller.open_paths([other])
    wait_until_idle(loaded.controller)
    assert loaded.session.current.name == "other", "what was opened last is shown"
    for row, name in ((0, "NiO"), (1, "other")):
        loaded.views.structures.setCurrentIndex(loaded.views.structures.model().index(row, 0))
        assert loaded.session.current.name == name
        qtbot.waitUntil(lambda name=name: name in loaded.views.details.toPlainText())


def test_details_name_cell_model_and_warnings(loaded):
    text = loaded.views.details.toPlainText()
    assert "2.9540, 2.9540, 2.9540" in text
    assert "tiny-random" in text
    loaded.show_model_card()
    [browser] = [b for b in loaded.window.findChildren(QTextBrowser) if b.accessibleName() == "Model card"]
    assert "For tests." in browser.toPlainText()
    browser.window().close()


def test_notices_of_the_predictor_are_said_twice(loaded):
    loaded.controller._on_notice("Memory ran out on cuda:0: going on with the CPU.")
    assert "going on with the CPU" in loaded.status.text
    assert "going on with the CPU" in loaded.views.details.toPlainText()


def test_hovering_names_the_site_until_it_ends(loaded):
    loaded.status.say("Saved")
    loaded.views.canvas.hovered.emit(0)
    assert "NiO, Ni1 (Ni): abs(m) DFT" in loaded.status.text
    loaded.views.canvas.hovered.emit(-1)
    assert loaded.status.text.endswith("Saved")


def test_cancel_button_is_there_while_there_is_something_to_cancel(
    bench, nio, qtbot, monkeypatch, wait_until_idle
):
    reached, go_on = threading.Event(), threading.Event()
    predict = Predictor.predict

    def slow(self, wanted, *, cancelled, **callbacks):
        reached.set()
        go_on.wait(30)
        if not cancelled():
            yield from predict(self, wanted, cancelled=cancelled, **callbacks)

    monkeypatch.setattr(Predictor, "predict", slow)
    bench.controller.open_paths([nio])
    qtbot.waitUntil(reached.is_set, timeout=60_000)
    assert bench.status.cancel_button.isVisible()
    qtbot.mouseClick(bench.status.cancel_button, Qt.MouseButton.LeftButton)
    go_on.set()
    wait_until_idle(bench.controller)
    assert not bench.status.cancel_button.isVisible()
    assert [bench.session.status(e).stage for e in bench.session.entries] == [Stage.READ]


def test_closing_while_predicting_joins_first_and_frees_vtk(make_bench, nio, qtbot, monkeypatch):
    bench = make_bench()
    reached = threading.Event()
    predict = Predictor.predict

    def endless(self, wanted, *, cancelled, **callbacks):
        while not cancelled():
            reached.set()
            yield from predict(self, wanted[:1], cancelled=cancelled, **callbacks)

    monkeypatch.setattr(Predictor, "predict", endless)
    bench.controller.open_paths([nio])
    qtbot.waitUntil(reached.is_set, timeout=60_000)
    with qtbot.waitSignal(bench.window.closed):
        bench.window.close()
    assert bench.joined


def test_closing_before_the_views_stand(qtbot, qapp, make_controller, preferences):
    window = MainWindow(preferences, Theme(qapp))
    qtbot.addWidget(window)
    with qtbot.waitSignal(window.painted):
        window.show()
    bench = Workbench(window, make_controller())
    window.close()
    assert bench.joined
    qtbot.wait(50)
    assert bench.views.canvas is None


def test_closing_before_anything_stands(qtbot, qapp, preferences):
    window = MainWindow(preferences, Theme(qapp))
    qtbot.addWidget(window)
    with qtbot.assertNotEmitted(window.painted, wait=50):
        window.show()
        window.close()


def test_pasting_text_opens_it_and_anything_else_is_said(bench, nio, wait_until_idle):
    QGuiApplication.clipboard().setText(nio.read_text())
    bench.paste()
    wait_until_idle(bench.controller)
    assert [entry.formula for entry in bench.session.entries.values()] == ["NiO"]
    QGuiApplication.clipboard().clear()
    bench.paste()
    assert "neither" in bench.status.text


def test_export_by_menu_adds_the_suffix(loaded, qtbot, answer_file_dialog, tmp_path):
    loaded.menus.export_csv.trigger()
    with qtbot.waitSignal(loaded.controller.exported, timeout=60_000):
        answer_file_dialog(tmp_path / "mine")
    assert (tmp_path / "mine.csv").is_file()


def test_problem_is_a_dialog_with_one_sentence(bench):
    bench.controller.export_sites(Path("never.csv"))
    [box] = bench.window.findChildren(QMessageBox)
    assert "nothing to export" in box.text()
    box.close()


def test_error_report_can_be_copied_and_comes_once(bench):
    bench.show_error("Something went wrong.", "the report")
    bench.show_error("Again.", "another")
    [box] = bench.window.findChildren(QMessageBox)
    [copy] = [button for button in box.buttons() if button.text() == "Copy report"]
    copy.click()
    assert QGuiApplication.clipboard().text() == "the report"
    assert box.isVisible()
    box.close()


def test_log_is_shown_and_copied_without_folders(bench):
    log_path().parent.mkdir(parents=True, exist_ok=True)
    line = "2026-01-02 03:04:05,678 WARNING x: read /home/ann/private/NiO.cif"
    log_path().write_text(f"{line}\n")
    bench.menus.show_log.trigger()
    [view] = [v for v in bench.window.findChildren(QPlainTextEdit) if v.accessibleName() == "Log"]
    assert view.toPlainText().strip() == line
    [copy] = [b for b in view.window().findChildren(QPushButton) if b.text() == "Copy for a report"]
    copy.click()
    assert QGuiApplication.clipboard().text() == "2026-01-02 03:04:05,678 WARNING x: read …/NiO.cif"
    view.window().close()


def test_an_uncaught_error_becomes_a_dialog_with_a_report_that_names_no_folder(bench, monkeypatch):
    monkeypatch.setattr(sys, "excepthook", sys.excepthook)
    monkeypatch.setattr(threading, "excepthook", threading.excepthook)
    reporter = ErrorReporter(bench.window)
    reporter.reported.connect(bench.show_error)
    reporter.install()

    sys.excepthook(ValueError, ValueError("cannot use /home/ann/private/NiO.cif"), None)
    [box] = bench.window.findChildren(QMessageBox)
    assert "ValueError" in box.text() and "still open" in box.text()
    report = box.detailedText()
    assert "ValueError: cannot use …/NiO.cif" in report
    assert "private" not in report and "/home" not in report
    box.close()


def test_docks_are_remembered_and_can_be_reset(make_bench, preferences):
    bench = make_bench()
    bench.docks["details"].hide()
    bench.window.close()
    again = make_bench()
    assert not again.docks["details"].isVisible()
    again.reset_docks()
    assert all(dock.isVisible() for dock in again.window.findChildren(QDockWidget))


def test_arrangement_that_makes_no_sense_is_not_restored(make_bench, preferences):
    preferences.save_layout(QByteArray(b"no geometry"), QByteArray(b"no docks"))
    bench = make_bench()
    assert all(dock.isVisible() for dock in bench.window.findChildren(QDockWidget))


@pytest.mark.parametrize("dark", [False, True])
def test_text_has_a_contrast_of_at_least_4_5(dark):
    colours = palette(dark)
    role = QPalette.ColorRole
    pairs = [
        (role.WindowText, role.Window),
        (role.Text, role.Base),
        (role.Text, role.AlternateBase),
        (role.ButtonText, role.Button),
        (role.PlaceholderText, role.Base),
        (role.PlaceholderText, role.Window),
        (role.HighlightedText, role.Highlight),
        (role.Link, role.Base),
        (role.ToolTipText, role.ToolTipBase),
    ]
    for front, back in pairs:
        assert contrast(colours.color(front), colours.color(back)) >= 4.5, (front, back)
    assert contrast(warning_colour(colours), colours.color(role.Base)) >= 4.5
    assert is_dark(colours) is dark


def contrast(front, back) -> float:
    """WCAG 2 contrast ratio."""

    def luminance(colour) -> float:
        channels = (colour.redF(), colour.greenF(), colour.blueF())
        linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
        return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]

    lighter, darker = sorted((luminance(front), luminance(back)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


def test_appearance_can_be_chosen(bench, qapp):
    bench.set_appearance("dark")
    assert is_dark(qapp.palette())
    bench.set_appearance("light")
    assert not is_dark(qapp.palette())
    assert bench.preferences.appearance == "light"


def test_known_sites_are_on_the_map_and_can_be_switched_off(loaded):
    assert loaded.controller.models.atlas is None, "the atlas belongs to another encoder than the random one"
    assert not loaded.menus.atlas.isEnabled()
    assert not loaded.menus.atlas.isChecked()


def test_selected_site_is_asked_for_like_ones(loaded, qtbot):
    loaded.controller.select(refs(loaded, 0))
    assert "No atlas" in loaded.views.like.message.text()
