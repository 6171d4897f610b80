"""Where the surroundings are against the program: one sentence each, and nothing lost."""

from __future__ import annotations

import errno

import pytest
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QMessageBox

from negnn_gui.app import reporting
from negnn_gui.app.last_crash import CrashWatch
from negnn_gui.app.model_choice import ModelChoice, load_chosen
from negnn_gui.app.session import Stage
from negnn_gui.export.atomic import AppendedFile

pytestmark = pytest.mark.gui


@pytest.mark.parametrize("text", ["Dear colleague,\nsee you on Monday.", "data_x\n_cell_length_a 1\n", "5"])
def test_pasted_text_that_is_no_structure(make_bench, nio, wait_until_idle, text):
    bench = make_bench()
    bench.controller.open_paths([nio])
    wait_until_idle(bench.controller)
    QGuiApplication.clipboard().setText(text)
    bench.menus.paste.trigger()
    wait_until_idle(bench.controller)
    assert len(bench.session.entries) == 1, "what was open stays"
    said = bench.status.text
    assert "What was pasted cannot be opened: " in said
    [failure] = bench.session.read_failures
    assert failure.reason in said


def test_no_space_left_while_saving_keeps_the_older_table(
    make_bench, nio, qtbot, tmp_path, monkeypatch, wait_until_idle
):
    bench = make_bench()
    bench.controller.open_paths([nio])
    wait_until_idle(bench.controller)
    target = tmp_path / "sites.csv"
    target.write_text("an older table")

    def full(self, data):
        raise OSError(errno.ENOSPC, "No space left on device", str(self.path))

    monkeypatch.setattr(AppendedFile, "append", full)
    with qtbot.waitSignal(bench.controller.problem, timeout=60_000) as told:
        bench.controller.export_sites(target)
    assert "sites.csv could not be saved: No space left on device" in told.args[0]
    assert "free some space" in told.args[0]
    assert target.read_text() == "an older table"
    wait_until_idle(bench.controller)
    assert len(bench.session.analyses) == 1
    monkeypatch.undo()
    with qtbot.waitSignal(bench.controller.exported, timeout=60_000):
        bench.controller.export_sites(target)
    [box] = bench.window.findChildren(QMessageBox)
    box.close()


def test_a_home_that_cannot_be_written_costs_only_what_is_kept_there(
    make_bench, nio, tmp_path, wait_until_idle, monkeypatch
):
    blocked = tmp_path / "blocked"
    blocked.write_text("no folder")
    for kind in ("CONFIG", "CACHE", "STATE"):
        monkeypatch.setenv(f"XDG_{kind}_HOME", str(blocked))
    assert str(reporting.log_path()).startswith(str(blocked))
    watch = CrashWatch()
    watch.start()
    watch.stop()
    bench = make_bench()
    bench.controller.open_paths([nio])
    wait_until_idle(bench.controller)
    assert [bench.session.status(e).stage for e in bench.session.entries] == [Stage.PREDICTED]
    bench.show_log()
    dialogs = [d for d in bench.window.children() if type(d).__name__ == "QDialog"]
    assert len(dialogs) == 1
    dialogs[0].close()


def test_settings_that_name_a_model_that_is_gone_do_not_keep_one_from_predicting(load_tiny, monkeypatch):
    usual = load_tiny()
    asked = []

    def load(model_id, device, threads=1):
        asked.append((model_id, device))
        if model_id == "gone":
            raise LookupError("no model is named 'gone'")
        return usual

    monkeypatch.setattr("negnn_gui.app.model_choice.load_predictor", load)
    said: list[str] = []
    assert load_chosen(ModelChoice("gone", "cuda:7"), said.append) is usual
    assert asked == [("gone", "cuda:7"), (None, "auto")]
    assert len(said) == 1
    with pytest.raises(LookupError):
        load_chosen(ModelChoice("gone", strict=True), said.append)
