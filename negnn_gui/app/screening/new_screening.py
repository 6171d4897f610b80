"""The dialog that begins a screening: what to read, where the results go, what to do with disorder."""

from __future__ import annotations

import re
from datetime import datetime
from pathlib import Path

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import (
    QComboBox,
    QDialog,
    QDialogButtonBox,
    QFormLayout,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QPushButton,
    QSpinBox,
    QVBoxLayout,
    QWidget,
)

from negnn_gui import locations
from negnn_gui.app.file_dialogs import ask_for_folder
from negnn_gui.app.preferences import Preferences
from negnn_gui.app.screening.computing_place import ComputingPlace
from negnn_gui.app.theme import warning_colour
from negnn_gui.screening.pool import reading_processes
from negnn_gui.screening.result_store import is_store
from negnn_gui.screening.store_run import StoreRequest

_DISORDER = {
    "skip": "List them as failed",
    "majority": "Take the most likely species of each site",
    "enumerate": "Enumerate orderings",
}
_LEVELS = {"": "No", "1": "Level 1", "01": "Levels 0 and 1", "012345": "All levels"}
_MOST_NAMED = 3


class NewScreening(QDialog):
    """Emits ``begun`` with a ``StoreRequest``, or ``open_all_wanted`` with the paths.

    Parameters
    ----------
    paths : list of Path
        Files and folders.
    found : str
        What they hold, such as "5,000 files"; "" where that is not known.
    preferences : Preferences
        Remembers addresses of clusters.
    """

    begun = Signal(object)
    open_all_wanted = Signal(object)

    def __init__(self, paths: list[Path], found: str, preferences: Preferences, parent: QWidget) -> None:
        super().__init__(parent)
        self._paths = paths
        self._preferences = preferences
        self.setWindowTitle("New screening")
        self.setMinimumWidth(560)
        layout = QVBoxLayout(self)
        layout.setSpacing(12)
        layout.addWidget(self._headline(found))
        layout.addLayout(self._form())
        self.problem = QLabel()
        self.problem.setWordWrap(True)
        self.problem.setStyleSheet(f"color: {warning_colour(self.palette()).name()}")
        self.problem.hide()
        layout.addWidget(self.problem)
        layout.addWidget(self._buttons(offer_open=bool(found)))

    def _headline(self, found: str) -> QLabel:
        names = ", ".join(path.name or str(path) for path in self._paths[:_MOST_NAMED])
        if len(self._paths) > _MOST_NAMED:
            names += f" and {len(self._paths) - _MOST_NAMED:,} more"
        what = f"{names}: {found}." if found else f"{names}."
        label = QLabel(
            f"{what}\nA screening keeps its results on disk: the window stays quick and memory small, "
            "it can be paused and gone on with, and any crystal opens with a double click."
        )
        label.setTextFormat(Qt.TextFormat.PlainText)
        label.setWordWrap(True)
        return label

    def _form(self) -> QFormLayout:
        form = QFormLayout()
        form.setRowWrapPolicy(QFormLayout.RowWrapPolicy.WrapLongRows)
        form.setFieldGrowthPolicy(QFormLayout.FieldGrowthPolicy.ExpandingFieldsGrow)
        self.folder = QLineEdit(str(default_folder(self._paths)))
        self.folder.setToolTip("A new folder for the tables of the results (Parquet)")
        browse = QPushButton("Choose…")
        browse.setAccessibleName("Choose the folder of the results")
        browse.setToolTip("Choose in which folder the new one is made")
        browse.clicked.connect(self._browse)
        place = QHBoxLayout()
        place.addWidget(self.folder, 1)
        place.addWidget(browse)
        form.addRow("Results in", place)
        self.disorder = _combo(_DISORDER, "What to do with structures in which several species share a site")
        form.addRow("Disordered structures", self.disorder)
        self.levels = _combo(
            _LEVELS, "Keep the embedding of every site, 256 bytes a level, so that they can be exported"
        )
        form.addRow("Keep embeddings", self.levels)
        self.place = ComputingPlace(self._preferences)
        form.addRow("Computed by", self.place)
        self.workers = QSpinBox()
        self.workers.setRange(1, 64)
        self.workers.setValue(reading_processes())
        self.workers.setToolTip("Processes that read files; one each core but one is a good number")
        form.addRow("Reading processes", self.workers)
        self.place.currentTextChanged.connect(lambda: self.workers.setEnabled(not self.place.address))
        for text, field in (
            ("Folder of the results", self.folder),
            ("Disordered structures", self.disorder),
            ("Keep embeddings", self.levels),
            ("Reading processes", self.workers),
        ):
            field.setAccessibleName(text)
        return form

    def _buttons(self, *, offer_open: bool) -> QDialogButtonBox:
        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Cancel)
        buttons.button(QDialogButtonBox.StandardButton.Cancel).setToolTip("Screen nothing")
        self.start = buttons.addButton("Start screening", QDialogButtonBox.ButtonRole.AcceptRole)
        self.start.setDefault(True)
        self.start.setToolTip("Read and predict everything; the results are kept in the folder")
        self.open_all: QPushButton | None = None
        if offer_open:
            self.open_all = buttons.addButton("Open all here", QDialogButtonBox.ButtonRole.ActionRole)
            self.open_all.setToolTip(
                "Open every structure in the main window, however much memory that takes"
            )
            self.open_all.clicked.connect(self._open_all)
        buttons.accepted.connect(self._begin)
        buttons.rejected.connect(self.reject)
        return buttons

    def _browse(self) -> None:
        ask_for_folder(
            self,
            "Folder of the results",
            str(Path(self.folder.text()).parent),
            lambda chosen: self.folder.setText(str(chosen / default_folder(self._paths).name)),
        )

    def _begin(self) -> None:
        text = self.folder.text().strip()
        folder = Path(text).expanduser().absolute()
        fault = why_not_here(folder) if text else "name a folder for the results"
        fault = fault or self.place.problem
        if fault:
            self.problem.setText(fault[:1].upper() + fault[1:] + ".")
            self.problem.show()
            return
        self.place.remember()
        self.begun.emit(
            StoreRequest(
                folder,
                tuple(self._paths),
                disorder=self.disorder.currentData(),
                levels=self.levels.currentData(),
                workers=self.workers.value(),
                cluster=self.place.address,
            )
        )
        self.accept()

    def _open_all(self) -> None:
        self.open_all_wanted.emit(self._paths)
        self.reject()


def why_not_here(folder: Path) -> str:
    """Why the results of a new screening cannot go to a folder; "" where they can."""
    if is_store(folder):
        return f"{folder.name} holds the results of another screening; give a new name"
    if folder.is_file() or (folder.is_dir() and any(folder.iterdir())):
        return f"{folder.name} exists and is not empty; give a new name"
    above = next((parent for parent in folder.parents if parent.exists()), None)
    if above is None or not above.is_dir():
        return f"{folder} cannot be made; choose another place"
    return ""


def screenings_folder() -> Path:
    """Where results go unless another place is chosen."""
    return locations.user_data_dir() / "screenings"


def default_folder(paths: list[Path]) -> Path:
    """A new folder named for the first input and the time."""
    stem = (
        re.sub(r"[^\w.-]+", "_", paths[0].absolute().stem if paths else "screening").strip("._")
        or "screening"
    )
    return screenings_folder() / f"{stem[:40]}-{datetime.now():%Y%m%d-%H%M%S}"


def _combo(choices: dict[str, str], tip: str) -> QComboBox:
    combo = QComboBox()
    for value, text in choices.items():
        combo.addItem(text, value)
    combo.setToolTip(tip)
    return combo
