"""Where the surroundings are against the program: one sentence each, and nothing lost."""

from __future__ import annotations

import errno
import logging
import subprocess
import sys
from pathlib import Path

import pytest
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QDialog, QMessageBox

from negnn_gui import locations
from negnn_gui.app import reporting
from negnn_gui.app.last_crash import CrashWatch
from negnn_gui.app.model_choice import ModelChoice, load_chosen
from negnn_gui.app.preferences import Preferences
from negnn_gui.app.session import Stage
from negnn_gui.app.surroundings import lost_between_runs
from negnn_gui.export.atomic import AppendedFile

pytestmark = pytest.mark.gui


@pytest.fixture
def bench(make_bench, nio, wait_until_idle):
    """A window with NiO in it, predicted."""
    bench = make_bench()
    bench.controller.open_paths([nio])
    wait_until_idle(bench.controller)
    return bench


@pytest.fixture
def read_only_home(tmp_path, monkeypatch) -> Path:
    """A home in which no folder can be made, not even by root."""
    blocked = tmp_path / "blocked"
    blocked.write_text("no folder")
    for kind in ("CONFIG", "CACHE", "STATE"):
        monkeypatch.setenv(f"XDG_{kind}_HOME", str(blocked))
    return blocked


def told(bench) -> str:
    """The sentence of the one dialog there is, which is then closed."""
    [box] = bench.window.findChildren(QMessageBox)
    text = box.text()
    box.close()
    assert "\n" not in text and "Traceback" not in text
    return text


@pytest.mark.parametrize("text", ["Dear colleague,\nsee you on Monday.", "data_x\n_cell_length_a 1\n", "5"])
def test_pasted_text_that_is_no_structure(bench, wait_until_idle, text):
    QGuiApplication.clipboard().setText(text)
    bench.menus.paste.trigger()
    wait_until_idle(bench.controller)
    assert len(bench.session.entries) == 1, "what was open stays"
    [failure] = bench.session.read_failures
    assert f"What was pasted cannot be opened: {failure.reason}" in bench.status.text


def test_no_space_for_tables_sessions_and_pictures_on_a_real_disk(bench, qtbot, full_disk, wait_until_idle):
    table = full_disk / "older.txt"
    bench.controller.export_sites(table)
    wait_until_idle(bench.controller)
    sentence = told(bench)
    assert sentence.startswith("older.txt could not be saved: No space left on device")
    assert "free some space, or choose another disk" in sentence

    bench.sessions.save_to(full_disk / "older.negnn")
    wait_until_idle(bench.controller)
    assert told(bench).startswith("older.negnn could not be saved: No space left on device")
    assert bench.sessions.changed, "it is still to be saved"

    bench.views.map.export.save(full_disk / "plot.png")
    assert "plot.png could not be saved: No space left" in told_anywhere(bench)
    assert sorted(path.name for path in full_disk.iterdir()) == ["filler", "older.txt"]
    assert table.read_text() == "older"
    assert len(bench.session.analyses) == 1

    (full_disk / "filler").unlink()
    with qtbot.waitSignal(bench.controller.exported, timeout=60_000):
        bench.controller.export_sites(table)


def told_anywhere(bench) -> str:
    [box] = [box for box in bench.window.findChildren(QMessageBox) if box.isVisible()]
    text = box.text()
    box.close()
    return text


def test_no_space_while_saving_keeps_the_older_table(bench, tmp_path, monkeypatch, wait_until_idle):
    target = tmp_path / "sites.csv"
    target.write_text("an older table")

    def full(self, data):
        raise OSError(errno.ENOSPC, "No space left on device", str(self.path))

    monkeypatch.setattr(AppendedFile, "append", full)
    bench.controller.export_sites(target)
    wait_until_idle(bench.controller)
    assert told(bench).startswith("sites.csv could not be saved: No space left on device")
    assert target.read_text() == "an older table"
    assert len(bench.session.analyses) == 1


def test_no_space_for_the_copy_of_a_session_is_said_once(bench, monkeypatch, wait_until_idle):
    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr("negnn_gui.export.session_file.write_session", full)
    for name in ("first", "second"):
        bench.controller.rename(next(iter(bench.session.entries)), name)
        bench.status.say("")
        bench.sessions.autosave()
        wait_until_idle(bench.controller)
        said = "No copy of the session can be kept for the case of a crash: No space left on device"
        assert (said in bench.status.text) == (name == "first")


def test_no_space_for_settings_keeps_the_older_file(full_disk, own_settings, qapp, monkeypatch):
    monkeypatch.setenv("XDG_CONFIG_HOME", str(full_disk))
    (full_disk / "filler").unlink()
    Preferences().appearance = "dark"
    file = locations.user_config_dir() / "settings.ini"
    before = file.read_bytes()
    with (full_disk / "filler").open("wb", buffering=0) as filler, pytest.raises(OSError, match="No space"):
        while filler.write(bytes(4096)):
            pass
    preferences = Preferences()
    said: list[str] = []
    preferences.unwritable.connect(said.append)
    preferences.shortcuts = {f"action/{number}": "Ctrl+P" for number in range(500)}
    preferences.sync()
    preferences.appearance = "light"
    assert len(said) == 1 and "free some space" in said[0]
    assert preferences.appearance == "light", "for as long as the window"
    assert file.read_bytes() == before


def test_no_space_for_the_log_ends_the_log_quietly(own_settings, qapp, monkeypatch, capfd):
    monkeypatch.setattr(reporting, "log_path", lambda: Path("/dev/full"))
    if not Path("/dev/full").exists():
        pytest.skip("there is no /dev/full")
    root = logging.getLogger()
    handlers, level = list(root.handlers), root.level
    try:
        reporting.start_log(verbose=False)
        logging.getLogger("x").warning("one")
        logging.getLogger("x").warning("two")
        assert [h for h in root.handlers if h not in handlers] == []
    finally:
        logging.captureWarnings(False)
        for handler in [h for h in root.handlers if h not in handlers]:
            root.removeHandler(handler)
        root.setLevel(level)
    assert "Logging error" not in capfd.readouterr().err


def test_a_home_that_cannot_be_written_costs_only_what_is_kept_there(
    read_only_home, make_bench, nio, wait_until_idle
):
    assert str(reporting.log_path()).startswith(str(read_only_home))
    sentence = lost_between_runs()
    assert sentence.startswith("Not kept after this run: settings, the log, fitted maps. The program works")
    assert str(read_only_home) in sentence
    watch = CrashWatch()
    watch.start()
    watch.stop()
    bench = make_bench()
    bench.preferences.say_no_more()  # as it is where that sentence was shown
    bench.controller.open_paths([nio])
    wait_until_idle(bench.controller)
    assert [bench.session.status(e).stage for e in bench.session.entries] == [Stage.PREDICTED]
    bench.preferences.appearance = "dark"
    assert [box.text() for box in bench.window.findChildren(QMessageBox)] == []
    bench.show_log()
    [dialog] = [d for d in bench.window.children() if type(d) is QDialog]
    dialog.close()


def test_a_home_that_can_be_written_is_not_mentioned(own_settings):
    assert lost_between_runs() == ""


def test_a_model_that_is_gone_does_not_keep_one_from_predicting(load_tiny, monkeypatch):
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


@pytest.mark.parametrize(
    "fault",
    [
        "negnn_gui.app.views.structure_list.StructureList.__init__",  # while the window is furnished
        "negnn_gui.app.workbench.Workbench.__init__",  # before there is anything behind the window
    ],
)
def test_a_run_without_a_user_ends_after_an_error_nobody_caught(tmp_path, fault):
    module, _, method = fault.rpartition(".")
    module, _, kind = module.rpartition(".")
    script = (
        f"import sys, importlib; kind = getattr(importlib.import_module('{module}'), '{kind}')\n"
        f"def fail(*_, **__): raise KeyError('unexpected')\n"
        f"setattr(kind, '{method}', fail)\n"
        "from negnn_gui.app import startup\nfrom negnn_gui.__main__ import main\n"
        "sys.argv = ['negnn-gui', '--exit']\nsys.exit(main())\n"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, timeout=240)
    assert done.returncode == 1, done.stderr
    assert "KeyError" in done.stderr
