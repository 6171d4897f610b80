"""Sessions saved and opened in the window, copies for the case of a crash, and what they offer afterwards."""

from __future__ import annotations

import shutil
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest
from minimal_cif import minimal_cubic_cif
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QAbstractButton, QMessageBox

from negnn_gui.app.session import Stage
from negnn_gui.app.session_files import copies_folder
from negnn_gui.app.workbench import Workbench
from negnn_gui.results import SiteRef

if TYPE_CHECKING:
    from pytestqt.qtbot import QtBot

pytestmark = pytest.mark.gui

WAIT = 100_000


@pytest.fixture(autouse=True)
def no_copies_of_other_tests(load_tiny: object) -> Iterator[None]:
    """The data home is that of the random model, which all tests share."""
    shutil.rmtree(copies_folder(), ignore_errors=True)
    yield
    shutil.rmtree(copies_folder(), ignore_errors=True)


@pytest.fixture
def bench(make_bench: Callable[..., Workbench], nio: Path, wait_until_idle: Callable[..., None]) -> Workbench:
    """A window with one predicted structure, its nickel selected."""
    bench = make_bench()
    bench.controller.open_paths([nio])
    wait_until_idle(bench.controller)
    [entry] = bench.session.entries.values()
    bench.controller.select(frozenset({SiteRef(entry.id, 0)}))
    bench.controller.set_levels("012")
    return bench


def button(box: QMessageBox, text: str) -> QAbstractButton:
    return next(each for each in box.buttons() if each.text().replace("&", "") == text)


def test_a_saved_session_opens_as_it_was(
    bench: Workbench, qtbot: QtBot, tmp_path: Path, wait_until_idle: Callable[..., None]
) -> None:
    [before] = bench.session.analyses.values()
    path = tmp_path / "work.negnn"
    bench.sessions.save_to(path)
    wait_until_idle(bench.controller)
    assert bench.window.windowTitle() == "work - negnn-gui"
    assert not bench.sessions.changed
    bench.controller.close_entries(list(bench.session.entries))
    bench.controller.set_levels("1")
    bench.controller.open_paths([path])
    qtbot.waitUntil(lambda: len(bench.session.analyses) == 1, timeout=WAIT)
    [entry] = bench.session.entries.values()
    now = bench.session.analyses[entry.id]
    assert bench.session.status(entry.id).stage is Stage.PREDICTED
    np.testing.assert_array_equal(now.embeddings, before.embeddings)
    np.testing.assert_array_equal(now.moment.median, before.moment.median)
    assert bench.session.selection == {SiteRef(entry.id, 0)}
    assert bench.session.current is entry
    assert bench.session.levels == "012"


def test_the_choice_about_disorder_comes_back(
    bench: Workbench, nio: Path, qtbot: QtBot, tmp_path: Path, wait_until_idle: Callable[..., None]
) -> None:
    bench.preferences.disorder = "skip"
    sites = ("Fe1 Fe 0 0 0 0.5", "Ni1 Ni 0 0 0 0.5", "O1 O 0.5 0.5 0.5 1")
    for name in ("settled", "skipped"):
        (tmp_path / f"{name}.cif").write_text(minimal_cubic_cif(3, *sites, name=name))
        bench.controller.open_paths([tmp_path / f"{name}.cif"])
    wait_until_idle(bench.controller)
    _, settled, _ = bench.session.entries
    bench.controller.orderings.settle([settled], "enumerate")
    wait_until_idle(bench.controller)
    before = bench.controller.orderings.record()
    assert before == {"settled": "enumerate (1 ordering)", "skipped": "skip"}
    stages = [bench.session.status(entry_id).stage for entry_id in bench.session.entries]
    path = tmp_path / "work.negnn"
    bench.sessions.save_to(path)
    wait_until_idle(bench.controller)
    bench.controller.close_entries(list(bench.session.entries))
    bench.sessions.changed = False
    bench.sessions.open(path)
    qtbot.waitUntil(lambda: len(bench.session.analyses) == 2, timeout=WAIT)
    assert bench.controller.orderings.record() == before
    assert [bench.session.status(entry_id).stage for entry_id in bench.session.entries] == stages


def test_opening_asks_before_it_closes_what_was_not_saved(
    bench: Workbench, qtbot: QtBot, tmp_path: Path, wait_until_idle: Callable[..., None]
) -> None:
    path = tmp_path / "work.negnn"
    bench.sessions.save_to(path)
    wait_until_idle(bench.controller)
    [entry] = bench.session.entries
    bench.controller.select(frozenset())
    bench.sessions.open(path)
    box = bench.window.findChild(QMessageBox, "replace-session")
    assert "the structure that is open" in box.text()
    assert entry in bench.session.entries
    qtbot.mouseClick(button(box, "Open"), Qt.MouseButton.LeftButton)
    qtbot.waitUntil(
        lambda: len(bench.session.entries) == 1 and entry not in bench.session.entries, timeout=WAIT
    )


def test_a_bad_session_is_refused_and_costs_nothing(bench: Workbench, qtbot: QtBot, tmp_path: Path) -> None:
    path = tmp_path / "bad.negnn"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("../evil.py", "print()")
    bench.sessions.changed = False
    entries = bench.session.entries
    bench.sessions.open(path)
    qtbot.waitUntil(lambda: bench.window.findChild(QMessageBox) is not None, timeout=WAIT)
    box = bench.window.findChild(QMessageBox)
    assert "a path that leads out of the archive" in box.text()
    assert bench.session.entries == entries
    assert not (tmp_path.parent / "evil.py").exists()
    box.reject()


def test_a_copy_is_kept_and_offered_after_a_crash(
    bench: Workbench,
    make_bench: Callable[..., Workbench],
    qtbot: QtBot,
    tmp_path: Path,
    wait_until_idle: Callable[..., None],
) -> None:
    timer = bench.sessions._timer
    assert timer.isActive() and timer.interval() == 120_000, "every two minutes"
    timer.timeout.emit()
    wait_until_idle(bench.controller)
    [folder] = copies_folder().iterdir()
    crashed = shutil.copytree(folder, tmp_path / "crashed")
    bench.window.close()
    assert not list(copies_folder().iterdir()), "a clean end leaves no copy"
    shutil.copytree(crashed, copies_folder() / "of-a-crash")
    again = make_bench()
    box = again.window.findChild(QMessageBox, "recovery")
    assert "closed before its session was saved" in box.text()
    qtbot.mouseClick(button(box, "Restore"), Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: len(again.session.analyses) == 1, timeout=WAIT)
    wait_until_idle(again.controller)
    qtbot.waitUntil(lambda: not (copies_folder() / "of-a-crash").exists(), timeout=WAIT)
    assert list(copies_folder().iterdir()), "a copy of what was restored is kept"


def test_copies_of_a_program_that_runs_are_not_offered(
    bench: Workbench, make_bench: Callable[..., Workbench], wait_until_idle: Callable[..., None]
) -> None:
    bench.sessions.autosave()
    wait_until_idle(bench.controller)
    other = make_bench()
    assert other.window.findChild(QMessageBox, "recovery") is None
