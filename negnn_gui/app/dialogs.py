"""Small windows that only say something: about, the log, a model card, a problem, an error report."""

from __future__ import annotations

import platform

from PySide6.QtCore import Qt, QUrl, qVersion
from PySide6.QtGui import QDesktopServices, QFontDatabase, QGuiApplication
from PySide6.QtWidgets import (
    QDialog,
    QDialogButtonBox,
    QMessageBox,
    QPlainTextEdit,
    QTextBrowser,
    QVBoxLayout,
    QWidget,
)

from negnn_gui import __version__
from negnn_gui.app.crash_report import log_tail
from negnn_gui.app.icons import app_icon
from negnn_gui.app.reporting import log_path

_ABOUT = """
<h3>negnn-gui {version}</h3>
<p>Magnetic moments per atom, how sure they are, and which known atoms are alike,
from a crystal structure.</p>
<p>If you use it, please cite: Self-supervised representations and node embedding graph neural networks for
accurate and multi-scale analysis of materials, <i>Mach. Learn.: Sci. Technol.</i> <b>5</b> (2024) 035018,
<a href="https://doi.org/10.1088/2632-2153/ad612b">doi 10.1088/2632-2153/ad612b</a>.</p>
<p>Free software under the MIT licence. Python {python}, Qt {qt}.</p>
"""
_LOG_TAIL = 200_000


def about(parent: QWidget) -> QMessageBox:
    """What this is, how to cite it."""
    box = QMessageBox(parent)
    box.setWindowTitle("About negnn-gui")
    box.setIconPixmap(app_icon().pixmap(64, 64))
    box.setText(_ABOUT.format(version=__version__, python=platform.python_version(), qt=qVersion()))
    return box


def problem(parent: QWidget, sentence: str) -> QMessageBox:
    """One sentence: what, where, what to do."""
    box = QMessageBox(QMessageBox.Icon.Warning, "negnn-gui", sentence, QMessageBox.StandardButton.Ok, parent)
    box.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
    return box


def error_report(parent: QWidget, sentence: str, report: str) -> QMessageBox:
    """A sentence, and a report that can be copied."""
    box = problem(parent, sentence)
    box.setDetailedText(report)
    copy = box.addButton("Copy report", QMessageBox.ButtonRole.ActionRole)
    copy.setToolTip("It names no folders of yours")
    copy.clicked.disconnect()  # copying does not close the box
    box.setEscapeButton(QMessageBox.StandardButton.Ok)  # with two buttons Qt would not know what Esc means
    copy.clicked.connect(lambda: QGuiApplication.clipboard().setText(report))
    return box


def log_window(parent: QWidget) -> QDialog:
    """The end of the log, and a button for its folder."""
    path = log_path()
    try:
        text = path.read_text(encoding="utf-8", errors="replace")[-_LOG_TAIL:]
    except OSError as error:
        text = f"The log cannot be read: {error.strerror}."
    view = QPlainTextEdit(text)
    view.setReadOnly(True)
    view.setFont(QFontDatabase.systemFont(QFontDatabase.SystemFont.FixedFont))
    view.setAccessibleName("Log")
    dialog, buttons = _dialog(parent, "Log", view)
    folder = buttons.addButton("Open folder", QDialogButtonBox.ButtonRole.ActionRole)
    folder.clicked.connect(lambda: QDesktopServices.openUrl(QUrl.fromLocalFile(str(path.parent))))
    folder.setToolTip("Show the folder of the log in the file manager")
    copy = buttons.addButton("Copy for a report", QDialogButtonBox.ButtonRole.ActionRole)
    copy.setToolTip("Copy the end of the log without the names of folders")
    copy.clicked.connect(lambda: QGuiApplication.clipboard().setText("\n".join(log_tail(path, 400))))
    view.setToolTip("The latest lines are at the end; older files lie beside it in the folder")
    view.setTabChangesFocus(True)
    view.moveCursor(view.textCursor().MoveOperation.End)
    return dialog


def model_card(parent: QWidget, title: str, markdown: str) -> QDialog:
    """The card of a model."""
    view = QTextBrowser()
    view.setMarkdown(markdown)
    view.setOpenExternalLinks(True)
    view.setAccessibleName("Model card")
    view.setToolTip("What the model was trained on, how well it does, and where it must not be used")
    dialog, _ = _dialog(parent, f"Model card: {title}", view)
    return dialog


def _dialog(parent: QWidget, title: str, content: QWidget) -> tuple[QDialog, QDialogButtonBox]:
    dialog = QDialog(parent)
    dialog.setWindowTitle(title)
    dialog.resize(820, 560)
    buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Close)
    buttons.button(QDialogButtonBox.StandardButton.Close).setToolTip("Close this window")
    buttons.rejected.connect(dialog.reject)
    layout = QVBoxLayout(dialog)
    layout.addWidget(content)
    layout.addWidget(buttons)
    return dialog, buttons
