"""Turning the crystal slowly, by itself, until somebody takes hold of it."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import numpy as np
from PySide6.QtCore import QTimer

if TYPE_CHECKING:
    from negnn_gui.app.views.canvas import CrystalCanvas

SECONDS_A_TURN = 20.0
_EVERY_MS = 33
# After a pause of the program the crystal goes on from where it was instead of jumping.
_LONGEST_STEP_S = 0.25


class Spin(QTimer):
    """Turns a canvas about the vertical of the picture; the speed does not depend on how fast it draws."""

    def __init__(self, canvas: CrystalCanvas) -> None:
        super().__init__(canvas)
        self._canvas = canvas
        self._last = 0.0
        self.setInterval(_EVERY_MS)
        self.timeout.connect(self._turn)

    def set_spinning(self, wanted: bool) -> None:
        """Begin or stop."""
        if wanted and not self.isActive():
            self._last = time.perf_counter()
            self.start()
        elif not wanted:
            self.stop()

    def _turn(self) -> None:
        now = time.perf_counter()
        step = min(now - self._last, _LONGEST_STEP_S) * 2.0 * np.pi / SECONDS_A_TURN
        self._last = now
        if self._canvas.isVisible():
            self._canvas.move_camera(lambda camera: camera.rotated(step, 0.0))
