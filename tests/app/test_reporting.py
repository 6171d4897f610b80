"""Errors nobody caught: in the log in full, to the user as one sentence with a report."""

from __future__ import annotations

import logging
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import qInstallMessageHandler, qWarning

from negnn_gui.app import reporting
from negnn_gui.app.crash_report import without_folders
from negnn_gui.app.last_crash import CrashWatch, last_crash


@pytest.fixture
def log(own_settings: None, qapp) -> Iterator[Path]:
    """A log of the test's own; logging is put back as it was."""
    root = logging.getLogger()
    handlers, level = list(root.handlers), root.level
    reporting.listen_to_qt()
    reporting.start_log(verbose=False)
    yield reporting.log_path()
    qInstallMessageHandler(None)
    logging.captureWarnings(False)
    for handler in [h for h in root.handlers if h not in handlers]:
        root.removeHandler(handler)
        handler.close()
    root.setLevel(level)


@pytest.fixture
def reporter(monkeypatch: pytest.MonkeyPatch, qapp) -> reporting.ErrorReporter:
    monkeypatch.setattr(sys, "excepthook", sys.excepthook)
    monkeypatch.setattr(threading, "excepthook", threading.excepthook)
    reporter = reporting.ErrorReporter()
    reporter.install()
    return reporter


def raised() -> tuple:
    try:
        raise ValueError(f"cannot use {Path.home() / 'secret' / 'x.cif'}")
    except ValueError:
        return sys.exc_info()


def test_uncaught_error_is_logged_in_full_and_reported_in_a_sentence(log, reporter, qtbot):
    with qtbot.waitSignal(reporter.reported) as caught:
        sys.excepthook(*raised())
    sentence, report = caught.args
    assert "Traceback" not in sentence
    assert "\n" not in sentence
    assert "ValueError" in report
    assert "Traceback" in log.read_text()


def test_report_names_no_personal_folder(log, reporter, qtbot):
    logging.getLogger("x").warning("read %s/secret/y.cif", Path.home())
    report = reporting.report(*raised(), log)
    assert str(Path.home()) not in report
    assert "secret" not in report
    assert "cannot use …/x.cif" in report
    assert "WARNING x: read …/y.cif" in report
    assert "test_reporting.py" in report


def test_report_names_what_caused_the_error(log):
    try:
        try:
            raise OSError(28, "No space left on device", "/mnt/group project/ann/x.csv")
        except OSError as error:
            raise RuntimeError("not saved") from error
    except RuntimeError as error:
        report = reporting.report(type(error), error, error.__traceback__)
    assert "RuntimeError: not saved" in report
    assert "OSError: [Errno 28] No space left on device: '…/x.csv'" in report
    assert "ann" not in report


@pytest.mark.parametrize(
    ("text", "public"),
    [
        ("/home/ann/x.cif: empty", "…/x.cif: empty"),
        ("C:\\Users\\Ann Smith\\x.cif", "…/x.cif"),
        ("negnn_gui/app/jobs.py:12 is ours", "negnn_gui/app/jobs.py:12 is ours"),
        ("3 of 4 / 5", "3 of 4 …/ 5"),
        ("~/my folder/x y.cif", "…/x y.cif"),
    ],
)
def test_folders_are_left_out_and_file_names_kept(text, public):
    assert without_folders(text) == public


def test_a_crash_of_native_code_is_found_at_the_next_start(own_settings, tmp_path):
    script = (
        "import faulthandler; from negnn_gui.app.last_crash import CrashWatch; "
        "CrashWatch().start(); faulthandler._sigsegv()"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, timeout=120)
    assert done.returncode != 0
    watch = CrashWatch()
    watch.start()
    try:
        assert watch.found
        assert "Fatal Python error: Segmentation fault" in last_crash()
        assert str(Path.home()) not in last_crash()
    finally:
        watch.stop()
    again = CrashWatch()
    again.start()
    again.stop()
    assert not again.found, "it is told once"
    assert last_crash(), "and can still be read"


def test_error_in_a_plain_thread_is_reported_too(log, reporter, qtbot):
    def fail() -> None:
        raise KeyError("lost")

    thread = threading.Thread(target=fail)
    with qtbot.waitSignal(reporter.reported) as caught:
        thread.start()
        thread.join()
    assert "KeyError" in caught.args[1]


def test_words_of_qt_go_to_the_log(log):
    qWarning("something about fonts")
    assert "something about fonts" in log.read_text()


def test_read_only_home_costs_the_log_only(own_settings, qapp, monkeypatch, caplog, tmp_path):
    root = logging.getLogger()
    handlers, level = list(root.handlers), root.level
    blocked = tmp_path / "file"
    blocked.write_text("")
    monkeypatch.setattr(reporting, "log_path", lambda: blocked / "negnn-gui.log")
    try:
        reporting.start_log(verbose=False)
        assert any("no log is kept" in record.message for record in caplog.records)
    finally:
        logging.captureWarnings(False)
        for handler in [h for h in root.handlers if h not in handlers]:
            root.removeHandler(handler)
        root.setLevel(level)


def test_the_log_rotates_and_stays_small(log):
    for number in range(60):
        logging.getLogger("x").warning("%d %s", number, "y" * 99_000)
    files = sorted(log.parent.glob("negnn-gui.log*"))
    assert [file.name for file in files] == ["negnn-gui.log", *(f"negnn-gui.log.{n}" for n in (1, 2, 3))]
    assert max(file.stat().st_size for file in files) <= 1_000_000
    assert " 59 yyy" in log.read_text(), "the latest lines are in the first file"


def test_verbose_writes_the_log_to_the_terminal_as_well(own_settings, qapp, capsys):
    root = logging.getLogger()
    handlers, level = list(root.handlers), root.level
    try:
        reporting.start_log(verbose=True)
        logging.getLogger("x").info("something to see")
    finally:
        logging.captureWarnings(False)
        for handler in [h for h in root.handlers if h not in handlers]:
            root.removeHandler(handler)
            handler.close()
        root.setLevel(level)
    assert "INFO x: something to see" in capsys.readouterr().err
    assert "INFO x: something to see" in reporting.log_path().read_text()
