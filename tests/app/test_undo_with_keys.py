"""Each kind of change, made with keys, undone with Ctrl+Z and made again with Ctrl+Shift+Z."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from minimal_cif import minimal_cubic_cif
from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QApplication, QLineEdit

from negnn_gui.app.views.disorder_dialog import DisorderDialog

pytestmark = pytest.mark.gui
CTRL, SHIFT = Qt.KeyboardModifier.ControlModifier, Qt.KeyboardModifier.ShiftModifier
Key = Qt.Key
POSCAR = "rock salt\n1.0\n3 0 0\n0 3 0\n0 0 3\nFe O\n1 1\nDirect\n0 0 0\n0.5 0.5 0.5\n"


@pytest.fixture
def bench(make_bench, preferences, nio, wait_until_idle):
    """NiO, open and predicted."""
    bench = make_bench()
    bench.controller.open_paths([nio])
    wait_until_idle(bench.controller)
    bench.window.activateWindow()
    return bench


@pytest.fixture
def undone_and_redone(bench, qtbot) -> Callable[..., None]:
    """Check that ``state`` goes back and forth with the keys of the Edit menu."""

    def check(what: str, state: Callable[[], object], change: Callable[[], object]) -> None:
        bench.controller.history.stack.beginMacro("a step of its own")  # never one gesture with the last one
        bench.controller.history.stack.endMacro()
        before = state()
        change()
        bench.window.activateWindow()  # a dialog may have closed, and no window manager runs here
        qtbot.waitUntil(bench.window.isActiveWindow, timeout=10_000)
        after = state()
        assert after != before, what
        qtbot.keyClick(bench.window, Key.Key_Z, CTRL)
        assert state() == before, f"{what} undone"
        qtbot.keyClick(bench.window, Key.Key_Z, CTRL | SHIFT)
        assert state() == after, f"{what} redone"

    return check


def names(bench) -> list[str]:
    return [entry.name for entry in bench.session.entries.values()]


@pytest.mark.parametrize(
    ("text", "formula"), [(POSCAR, "FeO"), (minimal_cubic_cif(3, "Co1 Co 0 0 0", "O1 O 0.5 0.5 0.5"), "CoO")]
)
def test_pasting(bench, qtbot, wait_until_idle, undone_and_redone, text, formula):
    def paste() -> None:
        QGuiApplication.clipboard().setText(text)
        qtbot.keyClick(bench.window, Key.Key_V, CTRL)
        wait_until_idle(bench.controller)

    undone_and_redone("paste", lambda: [e.formula for e in bench.session.entries.values()], paste)
    assert [e.formula for e in bench.session.entries.values()] == ["NiO", formula]


def test_every_other_kind_of_change(bench, nio, qtbot, wait_until_idle, undone_and_redone):
    session, views = bench.session, bench.views

    def rename() -> None:
        qtbot.keyClick(bench.window, Key.Key_F2)
        [editor] = views.structures.findChildren(QLineEdit)
        editor.selectAll()
        qtbot.keyClicks(editor, "rocksalt")
        qtbot.keyClick(editor, Key.Key_Return)
        qtbot.waitUntil(lambda: names(bench) == ["rocksalt"])

    undone_and_redone("rename", lambda: names(bench), rename)
    undone_and_redone(
        "duplicate", lambda: names(bench), lambda: qtbot.keyClick(bench.window, Key.Key_D, CTRL)
    )
    assert names(bench) == ["rocksalt", "rocksalt_copy"]
    undone_and_redone("close", lambda: names(bench), lambda: qtbot.keyClick(bench.window, Key.Key_W, CTRL))
    assert len(names(bench)) == 1
    qtbot.waitUntil(lambda: views.settled and views.table.view.model().rowCount() == 2, timeout=60_000)

    undone_and_redone(
        "selection", lambda: session.selection, lambda: qtbot.keyClick(views.table.view, Key.Key_A, CTRL)
    )
    undone_and_redone(
        "colouring",
        lambda: session.colouring.property,
        lambda: qtbot.keyClick(bench.menus.colour_by, Key.Key_Down),
    )
    repeat = views.crystal.panel.cell.repeats[0]
    undone_and_redone(
        "supercell",
        lambda: (session.style().supercell, repeat.value()),
        lambda: qtbot.keyClick(repeat, Key.Key_Up),
    )
    assert session.style().supercell == (2, 1, 1)
    views.canvas.setFocus()
    undone_and_redone(
        "style", lambda: session.style().perspective, lambda: qtbot.keyClick(views.canvas, Key.Key_P)
    )
    undone_and_redone("bonds", session.style, lambda: qtbot.keyClick(views.canvas, Key.Key_B, CTRL))


def test_the_choice_of_an_ordering(bench, nio, qtbot, wait_until_idle, undone_and_redone):
    bench.preferences.disorder = "skip"
    shared = nio.with_name("shared.cif")
    shared.write_text(
        minimal_cubic_cif(3, "Fe1 Fe 0 0 0 0.6", "Ni1 Ni 0 0 0 0.4", "O1 O 0.5 0.5 0.5 1", name="shared")
    )
    bench.controller.open_paths([shared])
    wait_until_idle(bench.controller)
    bench.session.set_current(list(bench.session.entries)[1])

    def choose() -> None:
        qtbot.keyClick(bench.window, Key.Key_D, CTRL | SHIFT)
        qtbot.waitUntil(lambda: isinstance(QApplication.activeModalWidget(), DisorderDialog), timeout=10_000)
        qtbot.keyClick(QApplication.activeModalWidget(), Key.Key_Return)
        qtbot.waitUntil(lambda: len(names(bench)) == 3, timeout=60_000)
        wait_until_idle(bench.controller)

    undone_and_redone("ordering", lambda: names(bench), choose)
    [ordered] = [entry for entry in bench.session.entries.values() if entry.ordering_of]
    assert ordered.formula == "FeO"


def test_recent_files_are_opened_again_with_keys(bench, nio, qtbot, wait_until_idle):
    menu = bench.menus._recent
    assert [action.text() for action in menu.actions() if action.text()] == ["NiO.cif", "Clear list"]
    menu.popup(bench.window.mapToGlobal(bench.window.rect().center()))
    qtbot.keyClick(menu, Key.Key_Down)
    qtbot.keyClick(menu, Key.Key_Return)
    wait_until_idle(bench.controller)
    assert names(bench) == ["NiO", "NiO"]
