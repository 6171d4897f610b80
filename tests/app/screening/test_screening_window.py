"""A folder dropped on the window becomes a screening: paused, cancelled, gone on with, looked at, opened."""

from __future__ import annotations

import shutil
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import pytest
from minimal_cif import minimal_cubic_cif
from PySide6.QtCore import QMimeData, QPointF, Qt, QUrl
from PySide6.QtGui import QDragEnterEvent, QDropEvent, QGuiApplication
from PySide6.QtWidgets import QApplication, QWidget

from negnn_gui.app.screening.exporting import ExportDialog
from negnn_gui.app.screening.new_screening import NewScreening
from negnn_gui.app.screening.screening_window import ScreeningWindow
from negnn_gui.app.screening.state import Stage
from negnn_gui.app.workbench import Workbench
from negnn_gui.screening import batches, store_run
from negnn_gui.screening.result_store import is_store
from negnn_gui.screening.rounds import live_failures, rounds
from negnn_gui.screening.store_tables import StoreTables

if TYPE_CHECKING:
    from pytestqt.qtbot import QtBot

pytestmark = [
    pytest.mark.gui,
    # Qt 6.12 wants the place of a drag as QPointF, Qt 6.7 knows only QPoint.
    pytest.mark.filterwarnings("ignore:Function. 'QDrag:DeprecationWarning"),
]

GOOD, BAD = 90, 10
LEFT = Qt.MouseButton.LeftButton
WAIT = 100_000


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """100 crystals in nested folders, every tenth broken."""
    root = tmp_path_factory.mktemp("many")
    (root / "inner").mkdir()
    for number in range(GOOD + BAD):
        metal = ("Ni", "Fe")[number % 2]
        sites = (f"{metal}1 {metal} 0 0 0", "O1 O 0.5 0.5 0.5")
        text = minimal_cubic_cif(3 + 0.002 * number, *sites, name=f"x{number}")
        place = root if number % 3 else root / "inner"
        (place / f"x{number:03d}.cif").write_text("data_broken\n" if number % 10 == 3 else text)
    return root


@pytest.fixture(autouse=True)
def small_batches(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(batches, "MAX_STRUCTURES", 16)


@pytest.fixture
def gate(monkeypatch: pytest.MonkeyPatch) -> threading.Event:
    """Holds a run before its second batch, so that it cannot be over before it is paused on a busy machine."""
    opened, begun, outcomes = threading.Event(), [], store_run.outcomes

    def held(batch, *arguments, **options):
        if begun:
            opened.wait(WAIT / 1000)
        begun.append(batch)
        return outcomes(batch, *arguments, **options)

    monkeypatch.setattr(store_run, "outcomes", held)
    return opened


@pytest.fixture
def bench(make_bench: Callable[..., Workbench]) -> Iterator[Workbench]:
    bench = make_bench()
    yield bench
    bench.window.close()


def drop(target: QWidget, *paths: Path) -> None:
    data = QMimeData()
    data.setUrls([QUrl.fromLocalFile(str(path)) for path in paths])
    copy, none = Qt.DropAction.CopyAction, Qt.KeyboardModifier.NoModifier
    centre = target.rect().center()
    QApplication.sendEvent(target, QDragEnterEvent(centre, copy, data, LEFT, none))
    QApplication.sendEvent(target, QDropEvent(QPointF(centre), copy, data, LEFT, none))


def answered(bench: Workbench, qtbot: QtBot) -> NewScreening:
    """The dialog that asks how to screen, once it is there."""
    qtbot.waitUntil(lambda: bench.window.findChild(NewScreening) is not None, timeout=WAIT)
    return bench.window.findChild(NewScreening)


def started(bench: Workbench, qtbot: QtBot, folder: Path, store: Path) -> ScreeningWindow:
    """Drop a folder and begin to screen it with real clicks; files are read by one process."""
    drop(bench.window, folder)
    dialog = answered(bench, qtbot)
    dialog.folder.setText(str(store))
    qtbot.mouseClick(dialog.start, LEFT)
    return bench.screening.window


def wait_for(window: ScreeningWindow, qtbot: QtBot, stage: Stage) -> None:
    qtbot.waitUntil(lambda: window.screenings.state.stage is stage, timeout=WAIT)


def settled(window: ScreeningWindow, qtbot: QtBot, n_structures: int) -> None:
    qtbot.waitUntil(
        lambda: (
            window.structures.model.rowCount() == n_structures
            and window.structures.model.values(0) is not None
        ),
        timeout=WAIT,
    )


def assert_complete(store: Path) -> None:
    tables = StoreTables(store, rounds(store)[-1].n_parts)
    names = tables.rows("structures", np.arange(tables.n_rows("structures")))["structure"]
    assert sorted(names) == [f"x{n:03d}" for n in range(GOOD + BAD) if n % 10 != 3]
    assert tables.n_rows("sites") == 2 * GOOD
    assert len({failure.path for failure in live_failures(store)}) == BAD


def test_a_dropped_folder_is_screened_paused_cancelled_and_gone_on_with(
    bench: Workbench, gate: threading.Event, qtbot: QtBot, folder: Path, tmp_path: Path
) -> None:
    store = tmp_path / "results"
    window = started(bench, qtbot, folder, store)
    assert not bench.session.entries, "nothing is opened"
    qtbot.waitUntil(lambda: window.screenings.n_parts >= 1, timeout=WAIT)
    qtbot.mouseClick(window.pause, LEFT)
    assert window.screenings.state.stage is Stage.PAUSED
    assert window.pause.text() == "Go on"
    gate.set()
    # What is there is shown before the end.
    qtbot.waitUntil(lambda: window.structures.model.rowCount() > 0, timeout=WAIT)
    qtbot.waitUntil(lambda: window.structures.model.values(0) is not None, timeout=WAIT)
    qtbot.mouseClick(window.cancel, LEFT)
    wait_for(window, qtbot, Stage.STOPPED)
    assert not rounds(store)[-1].last.complete
    before = rounds(store)[-1].last.structures
    assert 0 < before < GOOD
    qtbot.mouseClick(window.pause, LEFT)
    wait_for(window, qtbot, Stage.DONE)
    settled(window, qtbot, GOOD)
    assert_complete(store)
    assert window.counts.text() == "100 of 100 files · 90 structures · 180 sites · 10 failed"
    qtbot.waitUntil(lambda: window.tabs.tabText(2) == "Failed (10)", timeout=WAIT)
    assert window.failures.rows.rowCount() == BAD
    _look_through(bench, window, qtbot)
    _export(bench, window, qtbot, tmp_path)
    _try_again(window, qtbot, folder, store)


def _look_through(bench: Workbench, window: ScreeningWindow, qtbot: QtBot) -> None:
    """Filter, sort, select, copy, and open a crystal from both tables."""
    window.tabs.setCurrentWidget(window.sites)
    qtbot.keyClicks(window.sites.filter, 'element == "Fe"')
    qtbot.keyClick(window.sites.filter, Qt.Key.Key_Return)
    n_iron = sum(1 for n in range(GOOD + BAD) if n % 10 != 3 and n % 2)
    qtbot.waitUntil(lambda: window.sites.model.rowCount() == n_iron, timeout=WAIT)
    window.sites.view.sortByColumn(4, Qt.SortOrder.DescendingOrder)  # the predicted moment
    qtbot.waitUntil(lambda: _moments(window) == sorted(_moments(window), reverse=True) != [], timeout=WAIT)
    window.sites.filter.clear()
    qtbot.keyClicks(window.sites.filter, "moment > 2")
    qtbot.keyClick(window.sites.filter, Qt.Key.Key_Return)
    qtbot.waitUntil(window.sites.problem.isVisible, timeout=WAIT)
    assert "there is no column moment" in window.sites.problem.text()
    assert window.sites.model.rowCount() == n_iron
    view = window.sites.view
    place = view.visualRect(window.sites.model.index(2, 0)).center()
    qtbot.mouseClick(view.viewport(), LEFT, pos=place)
    [chosen] = window.sites.model.selected.tolist()
    assert window.sites.count.text().endswith("1 selected")
    view.copy_wanted.emit()
    qtbot.waitUntil(lambda: "moment_pred_muB" in QGuiApplication.clipboard().text(), timeout=WAIT)
    assert len(QGuiApplication.clipboard().text().splitlines()) == 2
    row = window.sites.model.values(2)
    qtbot.mouseDClick(view.viewport(), LEFT, pos=place)
    qtbot.waitUntil(lambda: bench.session.current is not None, timeout=WAIT)
    assert bench.session.current.name == row["structure"]
    [site] = bench.session.selection
    assert (site.entry_id, site.site_index) == (bench.session.current.id, row["site_index"])
    assert chosen == window.sites.model.shown[2]


def _export(bench: Workbench, window: ScreeningWindow, qtbot: QtBot, place: Path) -> None:
    """Save the selected, the filtered and all rows by the dialog; what it offers follows the table in front."""
    n_iron = window.sites.model.rowCount()
    for rows, n_rows in (("selected", 1), ("shown", n_iron), ("all", 2 * GOOD)):
        qtbot.mouseClick(window.export, LEFT)
        dialog = window.findChild(ExportDialog)
        assert [dialog.rows.itemData(k) for k in range(3)] == ["all", "shown", "selected"]
        dialog.rows.setCurrentIndex(dialog.rows.findData(rows))
        target = place / f"{rows}.csv"
        with qtbot.waitSignal(window.screenings.exported, timeout=WAIT):
            dialog.export_to(target)
        table = pd.read_csv(target)
        assert len(table) == n_rows, rows
        assert set(table.element) == ({"Fe"} if rows != "all" else {"Fe", "Ni", "O"})
        assert target.with_suffix(".meta.json").is_file()
        qtbot.waitUntil(lambda: window.findChild(ExportDialog) is None, timeout=WAIT)


def _moments(window: ScreeningWindow) -> list[float]:
    values = [window.sites.model.values(row) for row in range(window.sites.model.rowCount())]
    return [float(row["moment_pred_muB"]) for row in values if row is not None]


def _try_again(window: ScreeningWindow, qtbot: QtBot, folder: Path, store: Path) -> None:
    mended = folder / "x013.cif"
    broken = mended.read_text()
    try:
        mended.write_text((folder / "x014.cif").read_text())
        qtbot.mouseClick(window.retry, LEFT)
        assert window.screenings.state.is_busy
        wait_for(window, qtbot, Stage.DONE)
        settled(window, qtbot, GOOD + 1)
        assert len(live_failures(store)) == BAD - 1
    finally:
        mended.write_text(broken)


def test_results_are_opened_again_in_another_window(
    bench: Workbench, qtbot: QtBot, folder: Path, tmp_path: Path
) -> None:
    store = tmp_path / "results"
    some = shutil.copytree(folder / "inner", tmp_path / "some")
    window = started(bench, qtbot, some, store) if len(list(some.iterdir())) > 50 else None
    assert window is None
    bench.controller.open_at_most = 10
    window = started(bench, qtbot, some, store)
    wait_for(window, qtbot, Stage.DONE)
    n_structures = window.screenings.state.progress.structures
    settled(window, qtbot, n_structures)
    bench.screening.open_results(tmp_path / "nothing here")
    assert window.screenings.state.folder == store, "what cannot be opened changes nothing"
    bench.screening.open_results(store)
    settled(window, qtbot, n_structures)
    assert window.screenings.state.stage is Stage.DONE


def test_a_handful_opens_and_a_file_of_many_frames_is_offered(
    bench: Workbench,
    qtbot: QtBot,
    nio: Path,
    tmp_path: Path,
    wait_until_idle: Callable[..., None],
) -> None:
    bench.controller.open_at_most = 3
    frame = '2\nLattice="{a} 0 0 0 {a} 0 0 0 {a}" Properties=species:S:1:pos:R:3 pbc="T T T"\nFe 0 0 0\nO 1.5 1.5 1.5\n'
    many = tmp_path / "many.extxyz"
    many.write_text("".join(frame.format(a=3 + 0.1 * k) for k in range(5)))
    drop(bench.window, nio, many)
    dialog = answered(bench, qtbot)
    wait_until_idle(bench.controller)
    assert [entry.name for entry in bench.session.entries.values()] == ["NiO"]
    qtbot.mouseClick(dialog.open_all, LEFT)
    qtbot.waitUntil(lambda: len(bench.session.entries) == 6, timeout=WAIT)
    wait_until_idle(bench.controller)


def test_a_folder_that_is_in_use_is_refused(
    bench: Workbench, qtbot: QtBot, folder: Path, tmp_path: Path
) -> None:
    taken = tmp_path / "taken"
    taken.mkdir()
    (taken / "file").write_text("")
    drop(bench.window, folder)
    dialog = answered(bench, qtbot)
    dialog.folder.setText(str(taken))
    qtbot.mouseClick(dialog.start, LEFT)
    assert "is not empty; give a new name" in dialog.problem.text()
    assert not is_store(taken)
    dialog.reject()


def test_closing_the_window_in_the_middle_keeps_what_is_done(
    bench: Workbench, qtbot: QtBot, folder: Path, tmp_path: Path
) -> None:
    store = tmp_path / "results"
    window = started(bench, qtbot, folder, store)
    qtbot.waitUntil(lambda: window.screenings.n_parts >= 1, timeout=WAIT)
    bench.window.close()
    assert bench.joined
    assert not rounds(store)[-1].last.complete
    assert rounds(store)[-1].last.structures > 0
