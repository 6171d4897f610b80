"""The status bar: device, progress with Cancel, messages, and how much is selected."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QPalette
from PySide6.QtWidgets import QLabel, QProgressBar, QPushButton, QSizePolicy, QStatusBar, QWidget

from negnn_gui.app.activity import Activity


class StatusBar(QStatusBar):
    """Emits ``cancel_wanted``."""

    cancel_wanted = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._said = ""
        self.setSizeGripEnabled(False)
        self._device = _quiet_label("Device that predicts")
        self._work = QLabel()
        self._work.setAccessibleName("Progress")
        self._bar = QProgressBar()
        self._bar.setTextVisible(False)
        self._bar.setFixedWidth(120)
        self._bar.setFixedHeight(10)
        self._bar.setToolTip("How much of the running work is done")
        self._bar.setAccessibleName("Progress")
        self.cancel_button = QPushButton("Cancel")
        self.cancel_button.setToolTip("Stop reading and predicting; what is there already stays")
        self.cancel_button.clicked.connect(self.cancel_wanted)
        self._message = QLabel()
        self._message.setAccessibleName("Message")
        self._message.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        self._selected = _quiet_label("Number of selected sites")
        for widget in (self._device, self._work, self._bar, self.cancel_button):
            self.addWidget(widget)
        self.addWidget(self._message, 1)
        self.addPermanentWidget(self._selected)
        self.set_device("")
        self.set_activity(None)
        self.set_selected(0)

    @property
    def text(self) -> str:
        """Everything it says at present."""
        labels = (self._device, self._work, self._message, self._selected)
        return " | ".join(label.text() for label in labels if label.text())

    def set_device(self, device: str) -> None:
        """Name the device; "" while the models are not loaded."""
        self._device.setText(device or "no model loaded")

    def set_activity(self, activity: Activity | None) -> None:
        """Show how far the work has come; None: there is none."""
        for widget in (self._work, self._bar):
            widget.setVisible(activity is not None)
        self.cancel_button.setVisible(activity is not None and activity.can_cancel)
        if activity is None:
            return
        self._work.setText(activity.text)
        known = activity.total if activity.done else 0
        self._bar.setRange(0, known)
        self._bar.setValue(activity.done)

    def set_selected(self, count: int) -> None:
        """Say how many sites are selected."""
        self._selected.setText(f"{count:,} selected" if count else "")

    def say(self, text: str) -> None:
        """Show a sentence until the next one; its tooltip holds what does not fit."""
        self._said = text
        self.hint("")

    def hint(self, text: str) -> None:
        """Show what is under the mouse; "" brings the last sentence back."""
        self._message.setText(text or self._said)
        self._message.setToolTip(text or self._said)


def _quiet_label(name: str) -> QLabel:
    label = QLabel()
    label.setAccessibleName(name)
    label.setToolTip(name)
    label.setForegroundRole(QPalette.ColorRole.PlaceholderText)
    label.setTextInteractionFlags(Qt.TextInteractionFlag.NoTextInteraction)
    return label
