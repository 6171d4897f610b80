"""Asks what to do with shared and partly empty sites before a prediction."""

from __future__ import annotations

from collections.abc import Iterable

from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QPalette
from PySide6.QtWidgets import (
    QCheckBox,
    QDialog,
    QDialogButtonBox,
    QHBoxLayout,
    QLabel,
    QRadioButton,
    QSpinBox,
    QTreeWidget,
    QTreeWidgetItem,
    QVBoxLayout,
    QWidget,
)

from negnn_gui.app.orderings import MOST_ORDERINGS
from negnn_gui.structures.disorder import describe_disorder
from negnn_gui.structures.entry import StructureEntry

_CHOICES = {
    "majority": (
        "&Most likely species on each site",
        "One ordered structure: each site takes its commonest species, mostly empty sites are left out.",
    ),
    "enumerate": (
        "&Ordered structures of this cell, up to",
        "Each is predicted and listed, with the mean and the spread over all of them.",
    ),
    "skip": ("&Leave out", "The structure stays open and is drawn, but nothing is predicted for it."),
}


class DisorderDialog(QDialog):
    """The structures that wait for an answer, and the three answers there are.

    Attributes
    ----------
    entry_ids : list of str
        What it asks about.
    """

    def __init__(self, entries: Iterable[StructureEntry], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.entry_ids: list[str] = []
        self.setWindowTitle("Shared or partly empty sites")
        self._question = QLabel()
        self._question.setWordWrap(True)
        self._list = QTreeWidget()
        self._list.setHeaderLabels(["Structure", "Shared or partly empty"])
        self._list.setRootIsDecorated(False)
        self._list.setAlternatingRowColors(True)
        self._list.setTextElideMode(Qt.TextElideMode.ElideRight)
        self._list.setAccessibleName("Structures with shared or partly empty sites")
        self._list.setToolTip("Occupancies are in percent; behind each kind, how many sites are of it")
        layout = QVBoxLayout(self)
        layout.addWidget(self._question)
        layout.addWidget(self._list, 1)
        self._radios = {name: self._add_choice(layout, name) for name in _CHOICES}
        self._radios["majority"].setChecked(True)
        self.remember = QCheckBox("&Do so from now on without asking")
        self.remember.setToolTip("Can be changed again under Edit > Settings > Predicting")
        self.remember.setAccessibleName("Do so from now on without asking")
        buttons = QDialogButtonBox(
            QDialogButtonBox.StandardButton.Ok | QDialogButtonBox.StandardButton.Cancel
        )
        buttons.accepted.connect(self.accept)
        buttons.rejected.connect(self.reject)
        buttons.button(QDialogButtonBox.StandardButton.Ok).setToolTip("Do what is chosen")
        buttons.button(QDialogButtonBox.StandardButton.Cancel).setToolTip("Predict nothing for now")
        layout.addWidget(self.remember)
        layout.addWidget(buttons)
        self.add(entries)
        self._radios["majority"].setFocus()
        self.resize(self.sizeHint())  # Qt would not give it more than two thirds of the screen

    def sizeHint(self) -> QSize:
        """Room for some structures, whatever the size of the letters."""
        width = 70 * self.fontMetrics().averageCharWidth()
        layout = self.layout()
        words = 0 if layout is None else layout.totalHeightForWidth(width)
        return QSize(width, max(24 * self.fontMetrics().height(), words))

    def add(self, entries: Iterable[StructureEntry]) -> None:
        """Ask about more structures at once."""
        for entry in entries:
            if entry.id in self.entry_ids:
                continue
            self.entry_ids.append(entry.id)
            item = QTreeWidgetItem([entry.name, describe_disorder(entry)])
            item.setToolTip(1, item.text(1))
            self._list.addTopLevelItem(item)
        self._list.resizeColumnToContents(0)
        count = len(self.entry_ids)
        what = "This structure has" if count == 1 else f"These {count:,} structures have"
        self._question.setText(
            f"{what} sites that several species share, or that are partly empty. A moment can only be predicted "
            "for whole atoms: what shall stand there?"
        )

    @property
    def choice(self) -> str:
        """ "majority", "enumerate" or "skip"."""
        return next(name for name, radio in self._radios.items() if radio.isChecked())

    def choose(self, choice: str) -> None:
        """Mark an answer."""
        self._radios[choice].setChecked(True)

    def _add_choice(self, layout: QVBoxLayout, name: str) -> QRadioButton:
        title, explanation = _CHOICES[name]
        radio = QRadioButton(title)
        radio.setToolTip(explanation)
        radio.setAccessibleName(title.replace("&", ""))
        radio.setAccessibleDescription(explanation)
        line = QHBoxLayout()
        line.addWidget(radio)
        if name == "enumerate":
            self.limit = QSpinBox()
            self.limit.setRange(1, MOST_ORDERINGS)
            self.limit.setValue(MOST_ORDERINGS)
            self.limit.setAccessibleName("Most ordered structures of one disordered structure")
            self.limit.setToolTip(
                "Most ordered structures to predict; the lowest in electrostatic energy first"
            )
            self.limit.valueChanged.connect(lambda _value: radio.setChecked(True))
            line.addWidget(self.limit)
        line.addStretch(1)
        layout.addLayout(line)
        quiet = QLabel(explanation)
        quiet.setForegroundRole(QPalette.ColorRole.PlaceholderText)
        quiet.setWordWrap(True)
        quiet.setIndent(24)
        layout.addWidget(quiet)
        return radio
