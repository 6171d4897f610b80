"""Buttons for the levels of the encoder, 0 to 5: one, or several side by side."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QHBoxLayout, QLabel, QToolButton, QWidget

N_LEVELS = 6


class LevelPicker(QWidget):
    """Emits ``levels_chosen(str)``, such as "1", or "012" after Ctrl or Shift clicks."""

    levels_chosen = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.buttons = [self._button(level) for level in range(N_LEVELS)]
        layout = QHBoxLayout(self)
        layout.setContentsMargins(6, 0, 6, 0)
        layout.setSpacing(1)
        label = QLabel("Level")
        layout.addWidget(label)
        layout.addSpacing(4)
        for button in self.buttons:
            layout.addWidget(button)

    def set_levels(self, levels: str) -> None:
        """Mark these levels."""
        for level, button in enumerate(self.buttons):
            button.setChecked(str(level) in levels)

    def _button(self, level: int) -> QToolButton:
        button = QToolButton(self)
        button.setText(str(level))
        button.setCheckable(True)
        reach = (
            "the element alone" if level == 0 else f"surroundings up to {level} bond{'s' * (level > 1)} away"
        )
        button.setToolTip(f"Level {level}: {reach}. Ctrl+click joins levels.")
        button.setAccessibleName(f"Level {level}")
        button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        button.clicked.connect(lambda: self._choose(level))
        return button

    def _choose(self, level: int) -> None:
        joining = Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.ShiftModifier
        if QGuiApplication.keyboardModifiers() & joining:
            marked = [str(n) for n, button in enumerate(self.buttons) if button.isChecked()]
        else:
            marked = [str(level)]
        levels = "".join(marked) or str(level)
        self.set_levels(levels)
        self.levels_chosen.emit(levels)
