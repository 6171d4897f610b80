"""How finely the crystal is drawn while it moves, so that it follows the pointer on any machine."""

from __future__ import annotations

# Ten pictures a second, with a little left for Qt.
_SLOW = 0.085
_FAST = 0.030
_DIVISORS = (1.0, 1.5, 2.0, 3.0, 4.0, 6.0)
# A smooth picture takes about four times a plain one; above this it is drawn only when the crystal rests.
_SMOOTH_WHILE_MOVING = 0.012
_TOO_SLOW_TO_SMOOTH = 0.30


class Pacing:
    """Chooses the resolution of the next picture from the time that the last ones took."""

    def __init__(self) -> None:
        self._step = 0
        self._plain: float | None = None

    @property
    def divisor(self) -> float:
        """By how much width and height are divided while the crystal moves."""
        return _DIVISORS[self._step]

    def moving_took(self, seconds: float) -> None:
        """Tell how long a picture of the moving crystal took."""
        if seconds > _SLOW and self._step < len(_DIVISORS) - 1:
            self._step += 1
        elif seconds < _FAST and self._step > 0:
            self._step -= 1
        self._plain = seconds * self.divisor**2 if self._step == 0 else None

    def resting_took(self, seconds: float, smooth: bool) -> None:
        """Tell how long a picture of the crystal at rest took."""
        self._plain = seconds / 4.0 if smooth else seconds

    def smooth_while_moving(self) -> bool:
        """Whether even the smooth picture is fast enough to follow the pointer."""
        return self._plain is not None and self._plain < _SMOOTH_WHILE_MOVING

    def smooth_at_rest(self) -> bool:
        """Whether a smooth picture is worth its time once the crystal rests."""
        return self._plain is None or self._plain < _TOO_SLOW_TO_SMOOTH
