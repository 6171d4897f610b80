"""What frames a crystal: nothing lies on anything else, however small the picture."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from negnn_gui.app.scene.camera import default_camera
from negnn_gui.app.scene.colouring import ColourScale
from negnn_gui.app.scene.furniture import Frame, add_colour_bar, add_doubt_key, add_measurement, margins
from negnn_gui.app.scene.overlay import Text, text_width
from negnn_gui.app.scene.style import LIGHT, Style

SCALE = ColourScale("viridis", 0.0, 4.6, "abs(m) DFT (μB)")
Box = tuple[float, float, float, float]


class Notebook:
    """An overlay that only remembers its texts and quads."""

    def __init__(self) -> None:
        self.texts: list[Text] = []
        self.quads: list[np.ndarray] = []

    def add_text(self, text: Text) -> None:
        self.texts.append(text)

    def add_quads(self, corners: np.ndarray, _colours: np.ndarray) -> None:
        self.quads.append(corners)

    def __getattr__(self, name: str) -> Any:
        return lambda *_: None


def box(text: Text) -> Box:
    """Left, top, right, bottom of a line of text."""
    width = text_width(text.words, text.size)
    left = {"left": text.x, "right": text.x - width, "centre": text.x - width / 2.0}[text.align]
    return left, text.y - text.size / 2.0, left + width, text.y + text.size / 2.0


def apart(one: Box, other: Box) -> bool:
    """Whether two boxes share nothing."""
    return one[2] <= other[0] or other[2] <= one[0] or one[3] <= other[1] or other[3] <= one[1]


@pytest.mark.parametrize("measured", [False, True])
@pytest.mark.parametrize("width", [150, 207, 310, 398, 480, 620, 1200])
def test_the_key_of_the_rings_keeps_clear_of_the_colour_bar(width: int, measured: bool) -> None:
    notes = Notebook()
    frame = Frame(notes, default_camera(), LIGHT, width, 300, 1.0)  # type: ignore[arg-type]
    add_colour_bar(frame, SCALE)
    bar = notes.quads[0].reshape(-1, 2)
    taken = [box(text) for text in notes.texts] + [(*bar.min(axis=0), *bar.max(axis=0))]
    add_doubt_key(frame, SCALE, measured)
    key = box(notes.texts[-1])
    assert key[0] >= 0 and all(apart(key, other) for other in taken)
    assert not measured or key[1] > 36, "the window's panel with the measurement ends there"


@pytest.mark.parametrize("size", [(207, 365), (207, 245), (310, 170), (620, 390), (1242, 782)])
def test_the_crystal_stays_beside_the_colour_bar_and_between_title_and_key(size: tuple[int, int]) -> None:
    width, height = size
    free = margins(Style(), SCALE, [], width, height, 1.0, doubts=True, key=True)
    notes = Notebook()
    add_colour_bar(Frame(notes, default_camera(), LIGHT, width, height, 1.0), SCALE)  # type: ignore[arg-type]
    _title, *ticks = notes.texts
    assert width - free.right <= min(box(text)[0] for text in ticks)
    assert free.left + free.right <= 0.5 * width + 1e-9 and free.top + free.bottom <= 0.5 * height + 1e-9
    if height >= 240:
        assert free.top >= 38 and free.bottom >= 40


@pytest.mark.parametrize(
    "path",
    [
        [(100, 100), (130, 120)],
        [(100, 100), (300, 100)],
        [(100, 100), (120, 160), (180, 100)],
        [(90, 90), (100, 100), (110, 112), (140, 90)],
    ],
    ids=["close", "apart", "angle", "dihedral"],
)
def test_a_measured_value_hides_no_name(path: list[tuple[float, float]]) -> None:
    notes = Notebook()
    frame = Frame(notes, default_camera(), LIGHT, 400, 300, 1.0)  # type: ignore[arg-type]
    add_measurement(frame, np.array(path, dtype=float), [f"Mn{n}" for n in range(len(path))], "2.099 Å")
    *names, value = (box(text) for text in notes.texts)
    assert len(names) == len(path) and all(apart(value, name) for name in names)
