"""Where a screening computes: on this computer, or on the workers of a Dask scheduler."""

from __future__ import annotations

import re

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QComboBox, QDialog, QDialogButtonBox, QLabel, QSizePolicy, QVBoxLayout, QWidget

from negnn_gui.app.preferences import Preferences
from negnn_gui.app.theme import warning_colour

HERE = "This computer"
_ADDRESS = re.compile(r"(\w+://)?[^\s/]+:\d{1,5}")
_TIP = (
    "Predict on this computer, or on the workers of a Dask scheduler: give its address, such as "
    "tcp://HOST:8786. The workers must see the files under the same paths and have the same models."
)


class ComputingPlace(QComboBox):
    """A field for the address of a scheduler; it offers those used before."""

    def __init__(self, preferences: Preferences, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._preferences = preferences
        self.setEditable(True)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setInsertPolicy(QComboBox.InsertPolicy.NoInsert)
        self.addItem(HERE)
        self.addItems(list(preferences.clusters))
        self.setAccessibleName("Computed by")
        self.setToolTip(_TIP)

    @property
    def address(self) -> str:
        """The address as it stands in the field; "" for this computer."""
        text = self.currentText().strip()
        return "" if text == HERE else text

    @property
    def problem(self) -> str:
        """Why what stands in the field is no place to compute; "" where it is."""
        if not self.address or _ADDRESS.fullmatch(self.address):
            return ""
        return f"an address of a Dask scheduler looks like tcp://HOST:8786, not {self.address}"

    def remember(self) -> None:
        """Offer the address the next time too."""
        if self.address:
            self._preferences.remember_cluster(self.address)


class GoOnElsewhere(QDialog):
    """Asks where a stopped screening goes on; ``chosen`` carries the address, "" for this computer."""

    chosen = Signal(str)

    def __init__(self, preferences: Preferences, address: str, parent: QWidget) -> None:
        super().__init__(parent)
        self.setWindowTitle("Go on elsewhere")
        self.setMinimumWidth(420)
        layout = QVBoxLayout(self)
        layout.setSpacing(12)
        text = QLabel("What is done is kept. The rest is predicted by the same models here or on a cluster.")
        text.setWordWrap(True)
        layout.addWidget(text)
        self.place = ComputingPlace(preferences)
        self.place.setCurrentText(address or HERE)
        layout.addWidget(self.place)
        self.problem = QLabel()
        self.problem.setWordWrap(True)
        self.problem.setStyleSheet(f"color: {warning_colour(self.palette()).name()}")
        self.problem.hide()
        layout.addWidget(self.problem)
        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Cancel)
        self.go_on = buttons.addButton("Go on", QDialogButtonBox.ButtonRole.AcceptRole)
        self.go_on.setDefault(True)
        self.go_on.setToolTip("Predict the rest there")
        buttons.button(QDialogButtonBox.StandardButton.Cancel).setToolTip("Leave the screening as it stopped")
        buttons.accepted.connect(self._choose)
        buttons.rejected.connect(self.reject)
        layout.addWidget(buttons)

    def _choose(self) -> None:
        if self.place.problem:
            fault = self.place.problem
            self.problem.setText(fault[:1].upper() + fault[1:] + ".")
            self.problem.show()
            return
        self.place.remember()
        self.chosen.emit(self.place.address)
        self.accept()
