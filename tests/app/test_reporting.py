"""Errors nobody caught: in the log in full, to the user as one sentence with a report."""

from __future__ import annotations

import logging
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import qInstallMessageHandler, qWarning

from negnn_gui.app import reporting


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
    report = reporting.report(*raised())
    assert str(Path.home()) not in report
    assert "~/secret/x.cif" in report
    assert "test_reporting.py" in report


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
