"""The levels of the encoder, 0 to 5: one, or several side by side; dragging slides along them."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QObject, QPoint, Qt, Signal
from PySide6.QtGui import QGuiApplication, QKeyEvent, QMouseEvent
from PySide6.QtWidgets import QHBoxLayout, QLabel, QToolButton, QWidget

N_LEVELS = 6
_JOINING = Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.ShiftModifier


class LevelPicker(QWidget):
    """Emits ``levels_chosen(str)``, such as "1", or "012" after Ctrl or Shift clicks.

    Pressing on a level and dragging goes through those in between, as on a slider; so do the arrow keys.
    """

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
            button.installEventFilter(self)
            layout.addWidget(button)
        self._sliding = False

    def set_levels(self, levels: str) -> None:
        """Mark these levels."""
        for level, button in enumerate(self.buttons):
            button.setChecked(str(level) in levels)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Slide while the left button is held, and with the arrow keys."""
        if event.type() == QEvent.Type.MouseMove and isinstance(event, QMouseEvent):
            return self._slide(watched, event)
        if event.type() == QEvent.Type.MouseButtonRelease and self._sliding:
            self._sliding = False
            for button in self.buttons:
                button.setDown(False)
            return True  # a click would choose the level again on which sliding began
        if event.type() == QEvent.Type.KeyPress and isinstance(event, QKeyEvent):
            step = {Qt.Key.Key_Left: -1, Qt.Key.Key_Right: 1}.get(Qt.Key(event.key()), 0)
            return self._step(watched, step) if step else False
        return super().eventFilter(watched, event)

    def _slide(self, watched: QObject, event: QMouseEvent) -> bool:
        if not event.buttons() & Qt.MouseButton.LeftButton or event.modifiers() & _JOINING:
            return False
        assert isinstance(watched, QToolButton)
        place = watched.mapTo(self, event.position().toPoint())
        level = self._level_at(place)
        if not self._sliding and level == self.buttons.index(watched):
            return False  # still on the button that was pressed: this is a click
        self._sliding = True
        if [button.isChecked() for button in self.buttons] != [n == level for n in range(N_LEVELS)]:
            self.set_levels(str(level))
            self.levels_chosen.emit(str(level))
        return True

    def _step(self, watched: QObject, step: int) -> bool:
        number = next(n for n, button in enumerate(self.buttons) if button is watched) + step
        if 0 <= number < N_LEVELS:
            self.buttons[number].setFocus(Qt.FocusReason.TabFocusReason)
            self.set_levels(str(number))
            self.levels_chosen.emit(str(number))
        return True

    def _level_at(self, place: QPoint) -> int:
        """The level whose button is nearest to a place."""
        return min(range(N_LEVELS), key=lambda n: abs(self.buttons[n].geometry().center().x() - place.x()))

    def _button(self, level: int) -> QToolButton:
        button = QToolButton(self)
        button.setText(str(level))
        button.setCheckable(True)
        reach = (
            "the element alone" if level == 0 else f"surroundings up to {level} bond{'s' * (level > 1)} away"
        )
        button.setToolTip(f"Level {level}: {reach}. Drag to slide, Ctrl+click joins levels.")
        button.setAccessibleName(f"Level {level}")
        button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        button.clicked.connect(lambda: self._choose(level))
        return button

    def _choose(self, level: int) -> None:
        if QGuiApplication.keyboardModifiers() & _JOINING:
            marked = [str(n) for n, button in enumerate(self.buttons) if button.isChecked()]
        else:
            marked = [str(level)]
        levels = "".join(marked) or str(level)
        self.set_levels(levels)
        self.levels_chosen.emit(levels)
