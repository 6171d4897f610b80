"""What mouse and keyboard mean in the 3D view: turn, move, zoom, select, look along an axis."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np
from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QKeyEvent, QMouseEvent, QWheelEvent
from PySide6.QtWidgets import QApplication

if TYPE_CHECKING:
    from negnn_gui.app.views.canvas import CrystalCanvas
    from negnn_gui.app.views.canvas_pointing import Pointing

_Button, _Key, _Mod = Qt.MouseButton, Qt.Key, Qt.KeyboardModifier

# With Shift a digit key gives another character, a different one on each keyboard layout.
_DIGITS = {
    _Key.Key_1: "a", _Key.Key_Exclam: "a",
    _Key.Key_2: "b", _Key.Key_At: "b", _Key.Key_QuoteDbl: "b",
    _Key.Key_3: "c", _Key.Key_NumberSign: "c", _Key.Key_section: "c", _Key.Key_sterling: "c",
}  # fmt: skip
_ARROWS = {
    _Key.Key_Left: (-1.0, 0.0),
    _Key.Key_Right: (1.0, 0.0),
    _Key.Key_Up: (0.0, 1.0),
    _Key.Key_Down: (0.0, -1.0),
}
_KEY_TURN = np.radians(7.5)
_KEY_STEP = 0.04


class Gestures:
    """Translates events into calls of the canvas.

    Left drag turns, middle or Shift+left drag moves, right drag or the wheel zooms; a click selects,
    Ctrl+click adds or takes away; Ctrl+drag draws a rubber band that adds, Alt+drag one that selects anew.
    """

    def __init__(self, canvas: CrystalCanvas, pointing: Pointing) -> None:
        self._canvas, self._pointing = canvas, pointing
        self._pressed: QPointF | None = None
        self._last = QPointF()
        self._act: Callable[[QPointF, QPointF], None] | None = None
        self._dragging = False
        self._modifiers = _Mod.NoModifier
        self.band: QRectF | None = None

    def press(self, event: QMouseEvent) -> None:
        """A button went down: decide what a drag will do."""
        self._pressed = self._last = event.position()
        self._dragging, self.band = False, None
        self._modifiers = event.modifiers()
        if event.button() == _Button.MiddleButton:
            self._act = self._move
        elif event.button() == _Button.RightButton:
            self._act = self._zoom
        elif event.button() == _Button.LeftButton:
            if self._modifiers & _Mod.ShiftModifier:
                self._act = self._move
            elif self._modifiers & (_Mod.ControlModifier | _Mod.AltModifier):
                self._act = self._stretch
            else:
                self._act = self._turn

    def move(self, event: QMouseEvent) -> None:
        """The pointer moved: drag, or point at something."""
        here = event.position()
        if self._pressed is None:
            self._pointing.hover(here, event.globalPosition())
            return
        if not self._dragging:
            self._dragging = (here - self._pressed).manhattanLength() >= QApplication.startDragDistance()
        if self._dragging and self._act is not None:
            self._act(self._last, here)
            self._last = here

    def release(self, event: QMouseEvent) -> None:
        """A button went up: a click, or the end of a drag."""
        if self._pressed is None:
            return
        band, dragged, pressed = self.band, self._dragging, self._pressed
        self.cancel()
        adding = bool(self._modifiers & _Mod.ControlModifier)
        if band is not None:
            self._pointing.pick_inside(band, adding)
        elif not dragged and event.button() == _Button.LeftButton:
            self._pointing.pick_at(pressed, adding)
        elif not dragged and event.button() == _Button.RightButton:
            atom = self._pointing.atom_at(pressed)
            self._canvas.menu_wanted.emit(event.globalPosition().toPoint(), atom)

    def cancel(self) -> None:
        """Forget a drag that has begun."""
        self._pressed, self._act, self._dragging, self.band = None, None, False, None

    def wheel(self, event: QWheelEvent) -> None:
        """Zoom about the pointer: one notch is a seventh."""
        notches = event.angleDelta().y() / 120.0
        if notches:
            at = self._fraction(event.position())
            self._canvas.move_camera(lambda camera: camera.zoomed(1.15**notches, at))

    def key(self, event: QKeyEvent) -> bool:
        """Do what a key says; False where it says nothing here."""
        key, modifiers = _Key(event.key()), event.modifiers()
        control, shift = bool(modifiers & _Mod.ControlModifier), bool(modifiers & _Mod.ShiftModifier)
        canvas = self._canvas
        if control and key == _Key.Key_B:
            canvas.toggle_bonds()
        elif control and key == _Key.Key_U:
            canvas.toggle_cell()
        elif control or modifiers & _Mod.AltModifier:
            return False
        elif key in _DIGITS:
            starred = shift or key not in (_Key.Key_1, _Key.Key_2, _Key.Key_3)
            canvas.look(_DIGITS[key] + ("*" if starred else ""))
        elif key == _Key.Key_Equal:
            canvas.look("standard")
        elif key == _Key.Key_Escape:
            self.cancel()
            self._pointing.clear()
        elif key in _ARROWS:
            right, up = _ARROWS[key]
            if shift:
                canvas.move_camera(lambda camera: camera.panned(_KEY_STEP * right, _KEY_STEP * up))
            else:
                canvas.move_camera(lambda camera: camera.rotated(_KEY_TURN * right, _KEY_TURN * up))
        elif key in (_Key.Key_Plus, _Key.Key_Minus):
            canvas.move_camera(lambda camera: camera.zoomed(1.15 if key == _Key.Key_Plus else 1 / 1.15))
        else:
            return False
        return True

    def _turn(self, last: QPointF, here: QPointF) -> None:
        # Across the shorter side of the view the crystal turns once upside down.
        step = (here - last) * (np.pi / max(min(self._canvas.width(), self._canvas.height()), 1))
        self._canvas.move_camera(lambda camera: camera.rotated(step.x(), -step.y()))

    def _move(self, last: QPointF, here: QPointF) -> None:
        step = (here - last) / max(self._canvas.height(), 1)
        self._canvas.move_camera(lambda camera: camera.panned(step.x(), -step.y()))

    def _zoom(self, last: QPointF, here: QPointF) -> None:
        upwards = (last.y() - here.y()) / max(self._canvas.height(), 1)
        self._canvas.move_camera(lambda camera: camera.zoomed(float(np.exp(2.5 * upwards))))

    def _stretch(self, _last: QPointF, here: QPointF) -> None:
        if self._pressed is not None:
            self.band = QRectF(self._pressed, here).normalized()
            self._canvas.update()

    def _fraction(self, point: QPointF) -> tuple[float, float]:
        """Right and up from the middle of the view, in heights of the view."""
        height = max(self._canvas.height(), 1)
        return (point.x() - self._canvas.width() / 2.0) / height, (
            self._canvas.height() / 2.0 - point.y()
        ) / height
