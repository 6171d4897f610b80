"""Disorder in the window: asked before a prediction, ordered structures beside the disordered one, recorded."""

from __future__ import annotations

import json

import numpy as np
import pytest
from minimal_cif import minimal_cif
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication

from negnn_gui.app.session import Stage
from negnn_gui.app.views.disorder_dialog import DisorderDialog
from negnn_gui.app.views.orderings_table import OrderingsTable

pytestmark = pytest.mark.gui
# Four sites shared by Fe and Ni, and oxygen: C(4, 2) = 6 orderings, fewer by symmetry.
DISORDERED = minimal_cif(
    (4.2, 4.2, 4.3),
    "Fe1 Fe 0 0 0 0.5",
    "Ni1 Ni 0 0 0 0.5",
    "Fe2 Fe 0.5 0.5 0 0.5",
    "Ni2 Ni 0.5 0.5 0 0.5",
    "Fe3 Fe 0.5 0 0.5 0.5",
    "Ni3 Ni 0.5 0 0.5 0.5",
    "Fe4 Fe 0 0.5 0.5 0.5",
    "Ni4 Ni 0 0.5 0.5 0.5",
    "O1 O 0.5 0 0 1",
    name="mixed",
)


@pytest.fixture
def mixed(tmp_path):
    path = tmp_path / "mixed.cif"
    path.write_text(DISORDERED)
    return path


@pytest.fixture
def bench(make_bench):
    return make_bench()


def question(bench, qtbot) -> DisorderDialog:
    qtbot.waitUntil(lambda: bool(bench.window.findChildren(DisorderDialog)), timeout=60_000)
    [dialog] = bench.window.findChildren(DisorderDialog)
    return dialog


def names(bench) -> list[str]:
    return [entry.name for entry in bench.session.entries.values()]


def stages(bench) -> list[Stage]:
    return [bench.session.status(entry_id).stage for entry_id in bench.session.entries]


def test_orderings_are_predicted_side_by_side_and_recorded(
    bench, mixed, nio, qtbot, tmp_path, wait_until_idle
):
    bench.controller.open_paths([mixed, nio])
    dialog = question(bench, qtbot)
    wait_until_idle(bench.controller)
    assert stages(bench) == [Stage.READ, Stage.PREDICTED], "ordered structures do not wait for the answer"
    assert dialog.choice == "majority"
    dialog.limit.setValue(2)
    assert dialog.choice == "enumerate"
    qtbot.keyClick(dialog, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: len(bench.session.analyses) == 3, timeout=60_000)
    wait_until_idle(bench.controller)
    assert names(bench) == ["mixed", "mixed_ordering1", "mixed_ordering2", "NiO"]
    assert stages(bench)[0] is Stage.SETTLED

    [table] = bench.window.findChildren(OrderingsTable)
    qtbot.waitUntil(lambda: table.by_ordering.rowCount() == 4)
    cells = [[table.by_ordering.item(r, c).text() for c in (0, 1)] for r in range(4)]
    assert [row[0] for row in cells] == [
        "mixed_ordering1",
        "mixed_ordering2",
        "Mean",
        "Spread (standard deviation)",
    ]
    first, second = float(cells[0][1]), float(cells[1][1])
    assert float(cells[2][1]) == pytest.approx((first + second) / 2, abs=2e-3)
    assert float(cells[3][1]) == pytest.approx(abs(first - second) / 2, abs=2e-3)
    table.by_ordering.selectRow(1)
    assert bench.session.current.name == "mixed_ordering2"
    table.copy()
    assert QApplication.clipboard().text().startswith("Ordering\tabs(m) ")
    table.close()

    with qtbot.waitSignal(bench.controller.exported, timeout=60_000):
        bench.controller.export_sites(tmp_path / "sites.csv")
    record = json.loads((tmp_path / "sites.meta.json").read_text())
    assert record["options"]["disorder"] == {"mixed": "enumerate (2 orderings)"}
    assert any("ordering 2 of 2" in warning for warning in record["warnings"])
    bench.controller.history.stack.undo()
    assert names(bench) == ["mixed", "NiO"]
    assert stages(bench)[0] is Stage.READ
    bench.controller.history.stack.redo()
    assert len(bench.session.analyses) == 3, "what was predicted comes back with them"


def test_most_likely_species_without_being_asked_again(bench, mixed, qtbot, wait_until_idle):
    bench.controller.open_paths([mixed])
    dialog = question(bench, qtbot)
    dialog.remember.click()
    dialog.accept()
    qtbot.waitUntil(lambda: len(bench.session.analyses) == 1, timeout=60_000)
    assert names(bench) == ["mixed", "mixed"]
    made = list(bench.session.entries.values())[1]
    assert made.is_ordered
    assert made.ordering == "majority"
    assert bench.preferences.disorder == "majority"
    bench.controller.open_paths([mixed])
    qtbot.waitUntil(lambda: len(bench.session.analyses) == 2, timeout=60_000)
    wait_until_idle(bench.controller)
    assert not [d for d in bench.window.findChildren(DisorderDialog) if d.isVisible()]


def test_left_out_until_asked_for_again(bench, mixed, qtbot, wait_until_idle):
    bench.controller.open_paths([mixed])
    dialog = question(bench, qtbot)
    dialog.reject()
    wait_until_idle(bench.controller)
    assert stages(bench) == [Stage.SKIPPED]
    [row] = [bench.views.structures.model().index(0, 0)]
    assert "shared or partly empty" in row.data(Qt.ItemDataRole.AccessibleTextRole)
    assert bench.controller.orderings.record() == {"mixed": "skip"}
    QApplication.processEvents()
    bench.menus.predict.trigger()
    qtbot.waitUntil(
        lambda: any(d.isVisible() for d in bench.window.findChildren(DisorderDialog)), timeout=60_000
    )
    next(d for d in bench.window.findChildren(DisorderDialog) if d.isVisible()).reject()


def test_a_run_without_a_user_does_what_it_was_told(make_controller, mixed, wait_until_idle):
    controller = make_controller()
    controller.orderings.choice = "majority"
    controller.start_files()
    controller.start_predictor()
    controller.open_paths([mixed])
    wait_until_idle(controller)
    [analysis] = controller.session.analyses.values()
    assert np.count_nonzero(analysis.atomic_numbers == 8) == 1
