"""Every window and dialog of the program is as accessible as the main window: each is opened and walked through."""

from __future__ import annotations

from collections.abc import Callable
from pprint import pformat

import pytest
import walking
from PySide6.QtCore import QEvent, Qt
from PySide6.QtWidgets import QApplication, QWidget

from negnn_gui.app.atlas_menu import AtlasMenu
from negnn_gui.app.screening.computing_place import GoOnElsewhere
from negnn_gui.app.screening.state import Stage as ScreeningStage
from negnn_gui.app.views.settings import PAGES
from negnn_gui.app.workbench import Workbench
from negnn_gui.screening.store_run import StoreRequest

pytestmark = pytest.mark.gui


@pytest.fixture
def bench(furnished):
    """A furnished window with NiO in it, predicted, and a structure with a shared site that was left out."""
    bench = furnished(1200, 800)
    yield bench
    close_all(bench)


def published_form(bench: Workbench) -> None:
    bench.desk.show_models()
    newest(set()).import_published.click()


def disorder(bench: Workbench) -> None:
    bench.session.set_current(shared_entry(bench).id)
    bench.desk.choose_orderings()


def orderings_table(bench: Workbench) -> None:
    entry = shared_entry(bench)
    bench.session.set_current(entry.id)
    bench.controller.orderings.settle([entry.id], "enumerate")
    settle(bench)
    close_all(bench)
    bench.desk.show_orderings()


def export_of_a_screening(bench: Workbench) -> None:
    bench.screening.show()
    bench.screening.window.export_wanted.emit()


def name_of_an_atlas(bench: Workbench) -> None:
    [menu] = bench.window.findChildren(AtlasMenu)
    menu.aboutToShow.emit()
    next(action for action in menu.actions() if action.text().startswith("&Make one")).trigger()


def replace_session(bench: Workbench) -> None:
    bench.sessions.changed = True
    bench.sessions.open(shared_entry(bench).path.with_name("other.negnn"))


def shared_entry(bench: Workbench):
    return next(entry for entry in bench.session.entries.values() if not entry.is_ordered)


Show = Callable[[Workbench], object]
OPENED: dict[str, dict[str, Show]] = {
    "settings": {page: (lambda bench, page=page: bench.desk.show_settings(page)) for page in PAGES},
    "work": {
        "find an action": lambda bench: bench.desk.find_action(),
        "disorder": disorder,
        "orderings": orderings_table,
        "replace a session": replace_session,
        "name of a layout": lambda bench: bench.desk.layouts.save_own(),
        "image": lambda bench: bench.export_image(),
    },
    "models": {
        "models": lambda bench: bench.desk.show_models(),
        "published model": published_form,
        "model card": lambda bench: bench.show_model_card(),
        "name of an atlas": name_of_an_atlas,
        "compare representations": lambda bench: bench.evidence.show_comparison(),
    },
    "screening": {
        "new": lambda bench: bench.screening.offer([bench.session.current.path], "5,000 files"),
        "screening": lambda bench: bench.screening.show(),
        "export": export_of_a_screening,
        "go on elsewhere": lambda bench: GoOnElsewhere(bench.preferences, "", bench.window).open(),
    },
    "messages": {
        "log": lambda bench: bench.show_log(),
        "about": lambda bench: bench.show_about(),
        "problem": lambda bench: bench.show_problem("It could not be saved."),
        "error": lambda bench: bench.show_error("Something went wrong.", "the report"),
    },
}
"""Every window and dialog of the program's own, and how it is opened; a test walks through those of one kind."""


def on_screen() -> set[QWidget]:
    return {
        w for w in QApplication.topLevelWidgets() if w.isVisible() and w.windowType() != Qt.WindowType.ToolTip
    }


def newest(before: set[QWidget]) -> QWidget:
    """The window or dialog that was opened last."""
    modal = QApplication.activeModalWidget()
    [found] = {modal} if modal is not None else on_screen() - before
    return found


def close_all(bench: Workbench) -> None:
    for widget in QApplication.topLevelWidgets():
        if widget is not bench.window and widget.isVisible():
            widget.close()
    QApplication.processEvents()
    QApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)
    assert QApplication.activeModalWidget() is None, "every dialog can be closed"


def settle(bench: Workbench) -> None:
    """Let what is read arrive (the list of models) and be laid out."""
    for _ in range(3):
        while bench.controller.busy:
            QApplication.processEvents()
        QApplication.processEvents()


def found_in(
    bench: Workbench, shown: dict[str, Show], look: Callable[[QWidget], dict[str, list[str]]]
) -> dict:
    """What ``look`` finds wrong in the windows and dialogs of one kind; nothing wrong is left out."""
    found = {}
    for name, show in shown.items():
        before = on_screen()
        show(bench)
        settle(bench)
        if wrong := {kind: these for kind, these in look(newest(before)).items() if these}:
            found[name] = wrong
        close_all(bench)
    return found


@pytest.mark.parametrize("kind", OPENED)
def test_dialogs_are_as_accessible_as_the_window(bench, qtbot, nio, tmp_path, kind):
    if kind == "screening":
        bench.screening.begin(StoreRequest(tmp_path / "store", (nio,), workers=0))
        screenings = bench.screening.screenings
        qtbot.waitUntil(lambda: screenings.state.stage is ScreeningStage.DONE, timeout=60_000)
        close_all(bench)

    def walk(widget: QWidget) -> dict[str, list[str]]:
        return {
            "no name": walking.nameless(widget),
            "no tooltip": walking.unexplained(widget),
            "no unit": walking.without_unit(widget),
            "not reached": walking.without_keys(widget, walking.tabbed_through(widget, qtbot, 60)),
            "faint": walking.faint(widget),
        }

    def look(widget: QWidget) -> dict[str, list[str]]:
        widget.resize(widget.sizeHint().expandedTo(widget.size()))  # a larger screen than the tests have
        QApplication.processEvents()
        return {"faint": walking.faint(widget), "cut off": walking.clipped(widget)}

    bench.set_appearance("light")
    wrong = {"light": found_in(bench, OPENED[kind], walk)}
    bench.set_appearance("dark")
    bench.preferences.font_percent = 200
    wrong["dark, letters of 200 %"] = found_in(bench, OPENED[kind], look)
    assert not any(wrong.values()), pformat(wrong, width=160)
