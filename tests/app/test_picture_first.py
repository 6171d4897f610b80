"""What is opened is seen before anything else is done about it."""

from __future__ import annotations

import pytest

from negnn_gui.app.session import Stage

pytestmark = pytest.mark.gui


def test_a_crystal_is_on_the_screen_before_the_other_views_and_the_prediction(
    make_bench, nio, wait_until_idle, qtbot
):
    bench = make_bench()
    views, session = bench.views, bench.session
    rows = views.table.view.model().rowCount
    seen = []

    def note(entry_id):
        told = "NiO" in views.details.toPlainText()
        seen.append((entry_id, rows(), told, session.status(entry_id).stage, session.n_awaited))

    views.canvas.shown.connect(note)
    bench.controller.open_paths([nio])
    assert bench.controller.busy
    qtbot.waitUntil(lambda: bool(seen), timeout=60_000)
    assert seen == [(session.current.id, 0, False, Stage.WAITING, 0)]
    assert bench.controller.busy, "its prediction is to come"
    wait_until_idle(bench.controller)
    qtbot.waitUntil(lambda: views.settled and views.canvas.is_smooth, timeout=60_000)
    assert rows() == 2 and "NiO" in views.details.toPlainText()
    assert session.status(session.current.id).stage is Stage.PREDICTED
