"""Asks for what a published checkpoint needs to become a model: its file, CGCNN's element table, and a name."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import Signal
from PySide6.QtWidgets import (
    QDialog,
    QDialogButtonBox,
    QFormLayout,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QPushButton,
    QWidget,
)

from negnn_gui.app.file_dialogs import ask_for_file

_TEXT = (
    "The encoders published with the paper (cgcnn_60k_pred.pth, cgcnn_60k_contra.pth) become models of your own, with "
    "the graph convention they were trained with. Give your copy of the file and CGCNN's atom_init.json."
)


class PublishedForm(QDialog):
    """Emits ``filled(file, element_table, name)`` when it is accepted."""

    filled = Signal(Path, Path, str)

    def __init__(self, folder: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._folder = folder
        self.setWindowTitle("Import a published checkpoint")
        text = QLabel(_TEXT)
        text.setWordWrap(True)
        self.file = _line("Checkpoint", "File of the published checkpoint, .pth")
        self.table = _line("Element table", "CGCNN's atom_init.json")
        self.name = _line("Name of the model", "Letters, digits, '.', '_' and '-'")
        form = QFormLayout(self)
        form.addRow(text)
        for title, line, kinds in (
            ("&Checkpoint", self.file, "Published checkpoints (*.pth *.pt);;All files (*)"),
            ("&Element table", self.table, "JSON (*.json);;All files (*)"),
        ):
            label = QLabel(title)
            label.setBuddy(line)  # Qt finds it by itself only where the row is one widget
            form.addRow(label, self._with_browse(line, kinds))
        form.addRow("&Name", self.name)
        self._buttons = QDialogButtonBox(
            QDialogButtonBox.StandardButton.Ok | QDialogButtonBox.StandardButton.Cancel
        )
        for kind, tip in (
            (QDialogButtonBox.StandardButton.Ok, "Convert the checkpoint and add it to your models"),
            (QDialogButtonBox.StandardButton.Cancel, "Import nothing"),
        ):
            self._buttons.button(kind).setToolTip(tip)
        self._buttons.accepted.connect(self._finish)
        self._buttons.rejected.connect(self.reject)
        form.addRow(self._buttons)
        for line in (self.file, self.table, self.name):
            line.textChanged.connect(self._follow)
        self.file.textChanged.connect(self._suggest)
        self._follow()
        self.resize(80 * self.fontMetrics().averageCharWidth(), self.sizeHint().height())

    def _with_browse(self, line: QLineEdit, kinds: str) -> QHBoxLayout:
        browse = QPushButton("Browse…")
        browse.setAccessibleName(f"Browse for {line.accessibleName()}")
        browse.setToolTip("Choose the file in a dialog")
        browse.setAutoDefault(False)
        browse.clicked.connect(lambda: self._browse(line, kinds))
        both = QHBoxLayout()
        both.addWidget(line, 1)
        both.addWidget(browse)
        return both

    def _browse(self, line: QLineEdit, kinds: str) -> None:
        def take(path: Path) -> None:
            self._folder = str(path.parent)
            line.setText(str(path))

        ask_for_file(self, line.accessibleName(), self._folder, take, kinds)

    def _suggest(self, file: str) -> None:
        if not self.name.isModified() and file.strip():
            self.name.setText(f"published-{Path(file.strip()).stem}")

    def _follow(self) -> None:
        complete = all(line.text().strip() for line in (self.file, self.table, self.name))
        self._buttons.button(QDialogButtonBox.StandardButton.Ok).setEnabled(complete)

    def _finish(self) -> None:
        file, table = (Path(line.text().strip()).expanduser() for line in (self.file, self.table))
        self.filled.emit(file, table, self.name.text().strip())
        self.accept()


def _line(name: str, tip: str) -> QLineEdit:
    line = QLineEdit()
    line.setAccessibleName(name)
    line.setToolTip(tip)
    return line
