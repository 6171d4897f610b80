"""Dialogs that ask for files, folders and names: they open without a loop of their own, and hand on what was chosen.

Qt's static functions (``QFileDialog.getOpenFileName`` and its kind) run an event loop inside the caller: what goes
wrong meanwhile is stuck below it, and a window that closes takes the ground from under it.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

from PySide6.QtWidgets import QDialogButtonBox, QFileDialog, QInputDialog, QLineEdit, QMessageBox, QWidget

Take = Callable[[Path], object]
Save = Callable[[Path, str], object]


def ask_for_files(
    parent: QWidget, title: str, folder: str, take: Callable[[list[Path]], object], kinds: str = ""
) -> QFileDialog:
    """Let one or more existing files be chosen; ``take`` gets them, and is not called where none was."""
    dialog = QFileDialog(parent, title, folder, kinds)
    dialog.setFileMode(QFileDialog.FileMode.ExistingFiles)
    return _ask(dialog, lambda: take([Path(name) for name in dialog.selectedFiles()]))


def ask_for_file(parent: QWidget, title: str, folder: str, take: Take, kinds: str = "") -> QFileDialog:
    """Let one existing file be chosen."""
    dialog = QFileDialog(parent, title, folder, kinds)
    dialog.setFileMode(QFileDialog.FileMode.ExistingFile)
    return _ask(dialog, lambda: take(Path(dialog.selectedFiles()[0])))


def ask_for_folder(parent: QWidget, title: str, folder: str, take: Take) -> QFileDialog:
    """Let an existing folder be chosen."""
    dialog = QFileDialog(parent, title, folder)
    dialog.setFileMode(QFileDialog.FileMode.Directory)
    dialog.setOption(QFileDialog.Option.ShowDirsOnly)
    return _ask(dialog, lambda: take(Path(dialog.selectedFiles()[0])))


def ask_where_to_save(parent: QWidget, title: str, start: Path, take: Save, kinds: str) -> QFileDialog:
    """Let a name for a new file be chosen.

    Parameters
    ----------
    parent, title : QWidget, str
        The window that asks, and for what.
    start : Path
        Folder and name that are offered; without a folder, the present one.
    take : callable
        Gets the path and the one of the ``kinds`` that was chosen. A name without a suffix of one of them has that
        of the one chosen; an older file is replaced only after a question.
    kinds : str
        What can be saved, as Qt writes it: ``"CSV (*.csv);;Parquet (*.parquet)"``.
    """
    dialog = QFileDialog(parent, title, str(start.parent), kinds)
    dialog.setAcceptMode(QFileDialog.AcceptMode.AcceptSave)
    dialog.setFileMode(QFileDialog.FileMode.AnyFile)
    dialog.selectFile(start.name)
    # Qt puts it behind a bare name itself, and then asks about an older file of that name.
    dialog.setDefaultSuffix(_suffixes(dialog.selectedNameFilter())[0][1:])
    dialog.filterSelected.connect(lambda kind: dialog.setDefaultSuffix(_suffixes(kind)[0][1:]))

    def check() -> None:
        chosen = Path(dialog.selectedFiles()[0])
        kind = dialog.selectedNameFilter()
        path = _with_suffix(chosen, kind, kinds)
        if path == chosen or not path.exists():
            take(path, kind)
        else:  # "0.5" became "0.5.csv": Qt has asked about another name
            _ask_to_replace(parent, path, lambda: take(path, kind))

    return _ask(dialog, check)


def ask_for_name(
    parent: QWidget, title: str, question: str, take: Callable[[str], object], tip: str
) -> QInputDialog:
    """Let a name be typed; ``take`` gets it without needless spaces, and is not called where it is empty.

    ``tip`` is the tooltip of the field: what the name is for.
    """
    dialog = QInputDialog(parent)
    dialog.setWindowTitle(title)
    dialog.setLabelText(question)
    dialog.sizeHint()  # makes the field and the buttons, which Qt else does when the dialog is shown
    [field], [buttons] = dialog.findChildren(QLineEdit), dialog.findChildren(QDialogButtonBox)
    field.setToolTip(tip)
    take_it = buttons.button(QDialogButtonBox.StandardButton.Ok)
    take_it.setToolTip("Take this name")
    take_it.setEnabled(False)
    dialog.textValueChanged.connect(lambda text: take_it.setEnabled(bool(text.strip())))
    buttons.button(QDialogButtonBox.StandardButton.Cancel).setToolTip("Change nothing")

    def check() -> None:
        if name := " ".join(dialog.textValue().split()):
            take(name)

    dialog.accepted.connect(check)
    dialog.finished.connect(dialog.deleteLater)
    dialog.open()
    return dialog


def _ask(dialog: QFileDialog, take: Callable[[], object]) -> QFileDialog:
    dialog.accepted.connect(take)
    dialog.finished.connect(dialog.deleteLater)
    dialog.open()
    return dialog


def _with_suffix(path: Path, kind: str, kinds: str) -> Path:
    return path if path.suffix.lower() in _suffixes(kinds) else path.with_name(path.name + _suffixes(kind)[0])


def _suffixes(kinds: str) -> list[str]:
    """ "Pictures (*.png *.svg)" -> [".png", ".svg"]."""
    return re.findall(r"\*(\.\w+)", kinds)


def _ask_to_replace(parent: QWidget, path: Path, replace: Callable[[], object]) -> None:
    box = QMessageBox(parent)
    box.setIcon(QMessageBox.Icon.Question)
    box.setWindowTitle("Replace file")
    box.setText(f"{path.name} exists already. Replace it?")
    box.setStandardButtons(QMessageBox.StandardButton.Yes | QMessageBox.StandardButton.No)
    box.setDefaultButton(QMessageBox.StandardButton.No)
    box.button(QMessageBox.StandardButton.Yes).clicked.connect(lambda: replace())
    box.finished.connect(box.deleteLater)
    box.open()
