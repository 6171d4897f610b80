"""Access for everybody: names for screen readers, tooltips, keys instead of a mouse, contrast, large letters."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import walking
from minimal_cif import minimal_cif
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication, QWidget

from negnn_gui.app.screening.computing_place import GoOnElsewhere
from negnn_gui.app.views.settings import PAGES

pytestmark = pytest.mark.gui
SHARED = minimal_cif((3, 3, 3), "Fe1 Fe 0 0 0 0.5", "Ni1 Ni 0 0 0 0.5", "O1 O 0.5 0.5 0.5 1", name="shared")


@pytest.fixture
def bench(make_bench, preferences, nio, wait_until_idle, qtbot):
    """A furnished window with NiO in it, predicted, and a structure with a shared site that was left out."""
    preferences.disorder = "skip"
    bench = make_bench()
    bench.window.resize(1600, 1000)
    shared = nio.with_name("shared.cif")
    shared.write_text(SHARED)
    bench.controller.open_paths([shared, nio])
    wait_until_idle(bench.controller)
    qtbot.waitUntil(lambda: bench.views.settled, timeout=60_000)
    QApplication.processEvents()
    return bench


def tabbed_through(window: QWidget, qtbot, steps: int) -> set[QWidget]:
    """Widgets that pressing Tab again and again comes to."""
    window.activateWindow()
    reached: set[QWidget] = set()
    for _ in range(steps):
        focus = window.focusWidget()
        if focus is not None:
            reached.add(focus)
        qtbot.keyClick(focus or window, Qt.Key.Key_Tab)
    return reached


@pytest.mark.parametrize("page", ["welcome", "crystal"])
def test_every_control_of_the_window_is_named_explained_and_reached(bench, qtbot, page):
    if page == "welcome":
        bench.controller.close_entries(list(bench.session.entries))
        QApplication.processEvents()
    assert len(list(walking.controls(bench.window))) > 25
    assert walking.nameless(bench.window) == []
    assert walking.unexplained(bench.window) == []
    assert walking.without_unit(bench.window) == []
    assert walking.without_keys(bench.window, tabbed_through(bench.window, qtbot, 250)) == []


def test_letters_stand_out_and_are_not_cut_off_at_twice_their_size(bench, qtbot):
    for appearance in ("light", "dark"):
        bench.set_appearance(appearance)
        QApplication.processEvents()
        assert walking.faint(bench.window) == [], appearance
    bench.preferences.font_percent = 200
    QApplication.processEvents()
    qtbot.wait(50)
    assert walking.clipped(bench.window) == []


def published_form(bench) -> None:
    bench.desk.show_models()
    newest(set()).import_published.click()


def disorder(bench) -> None:
    shared = next(e for e in bench.session.entries.values() if not e.is_ordered)
    bench.session.set_current(shared.id)
    bench.desk.choose_orderings()


def export_of_a_screening(bench) -> None:
    bench.screening.show()
    bench.screening.window.export_wanted.emit()


OPENED: dict[str, Callable[[object], object]] = {
    **{f"settings, {page}": (lambda bench, page=page: bench.desk.show_settings(page)) for page in PAGES},
    "find an action": lambda bench: bench.desk.find_action(),
    "models": lambda bench: bench.desk.show_models(),
    "published model": published_form,
    "disorder": disorder,
    "image": lambda bench: bench.export_image(),
    "compare representations": lambda bench: bench.evidence.show_comparison(),
    "new screening": lambda bench: bench.screening.offer([bench.session.current.path], "5,000 files"),
    "screening": lambda bench: bench.screening.show(),
    "export of a screening": export_of_a_screening,
    "go on elsewhere": lambda bench: GoOnElsewhere(bench.preferences, "", bench.window).open(),
    "log": lambda bench: bench.show_log(),
    "model card": lambda bench: bench.show_model_card(),
    "about": lambda bench: bench.show_about(),
    "problem": lambda bench: bench.show_problem("It could not be saved."),
    "error": lambda bench: bench.show_error("Something went wrong.", "the report"),
}
"""Every window and dialog of the program's own, and how it is opened."""


def on_screen() -> set[QWidget]:
    return {
        w for w in QApplication.topLevelWidgets() if w.isVisible() and w.windowType() != Qt.WindowType.ToolTip
    }


def newest(before: set[QWidget]) -> QWidget:
    """The window or dialog that was opened last."""
    modal = QApplication.activeModalWidget()
    [found] = {modal} if modal is not None else on_screen() - before
    return found


def close_all(bench) -> None:
    for widget in QApplication.topLevelWidgets():
        if widget is not bench.window and widget.isVisible():
            widget.close()
    QApplication.processEvents()
    QApplication.sendPostedEvents(None, 52)  # deferred deletes


def settle(bench) -> None:
    """Let what is read arrive (the list of models) and be laid out."""
    for _ in range(3):
        while bench.controller.busy:
            QApplication.processEvents()
        QApplication.processEvents()


def found_in(bench, look: Callable[[QWidget], dict[str, list[str]]]) -> dict[str, dict[str, list[str]]]:
    """What ``look`` finds wrong in every window and dialog; nothing wrong is left out."""
    found = {}
    for name, show in OPENED.items():
        before = on_screen()
        show(bench)
        settle(bench)
        wrong = {kind: these for kind, these in look(newest(before)).items() if these}
        if wrong:
            found[name] = wrong
        close_all(bench)
    return found


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
