"""Colour maps for numbers: perceptually even sequential ones and a diverging one with a neutral middle."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

# Control points at equal steps. viridis and plasma: van der Walt, Smith and Firing (matplotlib, CC0), chosen
# because lightness rises evenly and colour-blind readers see the same order. No map has the grey of MISSING.
_CONTROL = {
    "viridis": "440154 48186a 472d7b 424086 3b528b 33638d 2c728e 26828e 21918c"
    " 1fa088 28ae80 3fbc73 5ec962 84d44b addc30 d8e219 fde725",
    "plasma": "0d0887 310597 4c02a1 6600a7 7e03a8 9511a1 aa2395 bc3587 cc4778"
    " da5a6a e66c5c f0804e f89540 fdac33 fdc527 f8df25 f0f921",
    "blue-red": "123f8c 2f66b5 5b8fd6 93b8ea c9dcf5 f4f1ee f8cfbd f0a283 dd6f55 c33d36 8f1023",
}
SEQUENTIAL = ("viridis", "plasma")
DIVERGING = ("blue-red",)
MISSING = (140, 140, 140)


def map_colours(values: NDArray[np.float64], lo: float, hi: float, name: str) -> NDArray[np.uint8]:
    """Colours of numbers on a map from ``lo`` to ``hi``.

    Parameters
    ----------
    values : (N,) float
        Numbers beyond the ends take the colour of the end; NaN takes the grey ``MISSING``.

    Returns
    -------
    (N, 3) uint8

    Raises
    ------
    ValueError
        There is no map of that name.
    """
    table = control_points(name)
    values = np.asarray(values, dtype=np.float64)
    known = np.isfinite(values)
    span = hi - lo if hi > lo else 1.0
    place = np.clip((np.where(known, values, lo) - lo) / span, 0.0, 1.0) * (len(table) - 1)
    steps = np.arange(len(table))
    colours = np.stack([np.interp(place, steps, table[:, channel]) for channel in range(3)], axis=1)
    colours[~known] = MISSING
    return np.rint(colours).astype(np.uint8)


def control_points(name: str) -> NDArray[np.float64]:
    """(K, 3) float, 0 to 255: the colours of a map at equal steps."""
    if name not in _CONTROL:
        raise ValueError(f"no colour map is called {name!r}; choose from {', '.join(_CONTROL)}")
    return np.array(
        [[int(word[i : i + 2], 16) for i in (0, 2, 4)] for word in _CONTROL[name].split()], dtype=float
    )
