"""The log, and what happens to errors nobody caught: written down in full, shown as one sentence."""

from __future__ import annotations

import logging
import os
import sys
import threading
from contextlib import suppress
from pathlib import Path
from types import TracebackType

from PySide6.QtCore import QMessageLogContext, QObject, QtMsgType, Signal, qInstallMessageHandler, qVersion

from negnn_gui import __version__, locations
from negnn_gui.app.crash_report import report

logger = logging.getLogger(__name__)

NO_WINDOW = 2
_MAX_BYTES = 1_000_000
_KEPT = 3
_LEVELS = {
    QtMsgType.QtDebugMsg: logging.DEBUG,
    QtMsgType.QtInfoMsg: logging.INFO,
    QtMsgType.QtWarningMsg: logging.WARNING,
    QtMsgType.QtCriticalMsg: logging.ERROR,
    QtMsgType.QtFatalMsg: logging.CRITICAL,
}


def log_path() -> Path:
    """File of the log."""
    return locations.user_log_dir() / "negnn-gui.log"


def listen_to_qt() -> None:
    """Log what Qt has to say; where it cannot open a window at all, say so and leave."""
    logging.getLogger().addHandler(logging.NullHandler())  # else what comes before the log goes to stderr
    qInstallMessageHandler(_log_qt_message)


def start_log(verbose: bool) -> None:
    """Log to the user's folder, rotating; a read-only home costs the log, not the program."""
    import platform
    from logging.handlers import RotatingFileHandler  # slow to load: not before the first paint

    root = logging.getLogger()
    root.setLevel(logging.INFO)
    layout = logging.Formatter("%(asctime)s %(levelname)s %(name)s: %(message)s")

    class Log(RotatingFileHandler):
        def handleError(self, record: logging.LogRecord) -> None:  # logging's own name
            """A full disk costs the rest of the log; the terminal is not filled with tracebacks instead."""
            root.removeHandler(self)
            with suppress(OSError):
                self.close()
            logger.warning("the log ends here: %s", sys.exc_info()[1])

    handlers: list[logging.Handler] = []
    unwritable: OSError | None = None
    try:
        log_path().parent.mkdir(parents=True, exist_ok=True)
        handlers.append(Log(log_path(), maxBytes=_MAX_BYTES, backupCount=_KEPT, encoding="utf-8"))
    except OSError as error:
        unwritable = error
    if verbose or not handlers:
        handlers.append(logging.StreamHandler())
    for handler in handlers:
        handler.setFormatter(layout)
        root.addHandler(handler)
    logging.captureWarnings(True)
    if unwritable is not None:
        logger.warning("no log is kept: %s", unwritable)
    logger.info("negnn-gui %s, Python %s, Qt %s", __version__, platform.python_version(), qVersion())


def _log_qt_message(kind: QtMsgType, context: QMessageLogContext, message: str) -> None:
    logging.getLogger("qt").log(_LEVELS.get(kind, logging.WARNING), "%s", message)
    if kind == QtMsgType.QtFatalMsg:
        # Qt would abort with a core dump; nothing of ours can run on without a platform plugin.
        sys.stderr.write(f"negnn-gui: the window cannot be opened: {' '.join(message.split())}\n")
        sys.stderr.write("The system packages it needs are listed in packaging/system-packages.txt.\n")
        logging.shutdown()
        os._exit(NO_WINDOW)


class ErrorReporter(QObject):
    """Takes the place of ``sys.excepthook``; ``reported`` carries one sentence and a report to copy."""

    reported = Signal(str, str)

    def install(self) -> None:
        """Catch what is raised in slots, in events and in plain threads."""
        sys.excepthook = self._on_exception
        threading.excepthook = lambda caught: self._on_exception(
            caught.exc_type, caught.exc_value, caught.exc_traceback
        )

    def _on_exception(
        self, kind: type[BaseException], error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if issubclass(kind, KeyboardInterrupt):
            sys.__excepthook__(kind, error or kind(), trace)
            return
        logger.critical("uncaught", exc_info=(kind, error or kind(), trace))
        self.reported.emit(
            f"Something went wrong that the program did not expect ({kind.__name__}). Your structures are "
            "still open; if it happens again, please send the report below.",
            report(kind, error, trace, log_path()),
        )
