"""The whole path: a CIF dropped on the window becomes a table on the disk."""

from __future__ import annotations

import csv
import math

import pytest
from PySide6.QtCore import QMimeData, QPoint, QPointF, Qt, QUrl
from PySide6.QtGui import QDragEnterEvent, QDragLeaveEvent, QDragMoveEvent, QDropEvent
from PySide6.QtWidgets import QApplication, QWidget

pytestmark = [
    pytest.mark.gui,
    # Qt 6.12 wants the place of a drag as QPointF, Qt 6.7 knows only QPoint.
    pytest.mark.filterwarnings("ignore:Function. 'QDrag:DeprecationWarning"),
]

LEFT, NONE = Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier


def drag_and_drop(target: QWidget, data: QMimeData) -> bool:
    """Send what Qt sends while something is dragged over a widget and let go; whether it was accepted."""
    copy = Qt.DropAction.CopyAction
    centre = target.rect().center()
    enter = QDragEnterEvent(centre, copy, data, LEFT, NONE)
    QApplication.sendEvent(target, enter)
    if not enter.isAccepted():
        return False
    QApplication.sendEvent(target, QDragMoveEvent(centre, copy, data, LEFT, NONE))
    drop = QDropEvent(QPointF(centre), copy, data, LEFT, NONE)
    QApplication.sendEvent(target, drop)
    return drop.isAccepted()


def files(*paths) -> QMimeData:
    data = QMimeData()
    data.setUrls([QUrl.fromLocalFile(str(path)) for path in paths])
    return data


@pytest.fixture
def bench(make_bench):
    return make_bench()


def test_dropped_cif_becomes_rows_of_a_csv(bench, nio, qtbot, tmp_path, wait_until_idle):
    assert drag_and_drop(bench.window, files(nio))
    wait_until_idle(bench.controller)
    target = tmp_path / "sites.csv"
    with qtbot.waitSignal(bench.controller.exported, timeout=60_000):
        bench.controller.export_sites(target)
    with target.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert [row["element"] for row in rows] == ["Ni", "O"]
    assert [row["site_label"] for row in rows] == ["Ni1", "O1"]
    assert [row["structure"] for row in rows] == ["NiO", "NiO"]
    assert rows[0]["source_file"] == str(nio)
    assert rows[0]["model_id"] == "tiny-random"
    [analysis] = bench.session.analyses.values()
    for row, moment in zip(rows, analysis.moment.median, strict=True):
        assert math.isclose(float(row["moment_pred_muB"]), moment, abs_tol=5e-4)


def test_a_table_never_replaces_a_structure_file(bench, nio, qtbot, wait_until_idle):
    bench.controller.open_paths([nio])
    wait_until_idle(bench.controller)
    before = nio.read_bytes()
    with qtbot.waitSignal(bench.controller.problem, timeout=60_000) as told:
        bench.controller.export_sites(nio)
    assert "structure file not written by this program" in told.args[0]
    wait_until_idle(bench.controller)
    assert nio.read_bytes() == before


def test_dropped_files_and_folders_open_together_bad_ones_apart(bench, nio, tmp_path, wait_until_idle):
    folder = tmp_path / "more" / "deep"
    folder.mkdir(parents=True)
    for name in ("one", "two"):
        (folder / f"{name}.cif").write_text(nio.read_text())
    bad = tmp_path / "bad.cif"
    bad.write_text("data_bad\n")
    assert drag_and_drop(bench.window, files(nio, tmp_path / "more", bad))
    wait_until_idle(bench.controller)
    assert [entry.name for entry in bench.session.entries.values()] == ["NiO", "one", "two"]
    assert [failure.path for failure in bench.session.read_failures] == [bad]
    assert len(bench.session.analyses) == 3


def test_drops_are_taken_wherever_they_fall(bench, nio, wait_until_idle, qtbot):
    bench.controller.open_paths([nio])
    wait_until_idle(bench.controller)
    targets = [
        widget
        for widget in bench.window.findChildren(QWidget)
        if widget.isVisible() and not widget.isWindow()
    ]
    assert len(targets) > 30
    for target in targets:
        before = len(bench.session.entries)
        # Qt offers a drag to the widget under the mouse first, then to its parents.
        reached = target
        while not (accepted := drag_and_drop(reached, files(nio))) and not reached.isWindow():
            reached = reached.parentWidget()
        assert accepted, f"{type(target).__name__} {target.objectName()} swallows drops"
        wait_until_idle(bench.controller)
        assert len(bench.session.entries) == before + 1, f"{type(target).__name__} takes drops for itself"
        bench.controller.close_entries([list(bench.session.entries)[-1]])


def test_dropped_text_is_a_structure(bench, nio, wait_until_idle):
    data = QMimeData()
    data.setText(nio.read_text())
    assert drag_and_drop(bench.window, data)
    wait_until_idle(bench.controller)
    assert [entry.formula for entry in bench.session.entries.values()] == ["NiO"]


@pytest.mark.parametrize("kind", ["web address", "colour", "nothing"])
def test_what_is_no_file_is_refused(bench, kind):
    data = QMimeData()
    if kind == "web address":
        data.setUrls([QUrl("https://example.org/NiO.cif")])
    elif kind == "colour":
        data.setColorData("red")
    assert not drag_and_drop(bench.window, data)


def test_frame_shows_while_something_hovers(bench, nio):
    frame = bench.drops.frame
    data = files(nio)  # the event does not own it
    enter = QDragEnterEvent(QPoint(50, 50), Qt.DropAction.CopyAction, data, LEFT, NONE)
    QApplication.sendEvent(bench.window, enter)
    assert frame.isVisible()
    QApplication.sendEvent(bench.window, QDragLeaveEvent())
    assert not frame.isVisible()
