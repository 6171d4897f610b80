"""What frames a crystal in a picture: legend, colour bar, axes, names of the cell's edges, measurements."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from negnn_gui.app.scene.camera import Camera, Margins
from negnn_gui.app.scene.colouring import ColourScale, tick_values
from negnn_gui.app.scene.colourmaps import MISSING
from negnn_gui.app.scene.drawing import Drawing
from negnn_gui.app.scene.meshes import cones
from negnn_gui.app.scene.moments import BallKey, Glyphs, key_value
from negnn_gui.app.scene.overlay import RGB, Overlay, Text, text_width
from negnn_gui.app.scene.style import Style, Theme

_EDGE = 16.0
_TEXT, _SMALL = 13.0, 12.0
_ROW = 22.0
_BAR = 14.0
_LINE = 20.0  # from a name in the scene to the text below it
_AXES_SPACE = 122.0
# What frames a crystal takes at most this share of a picture's width, and of its height.
_MOST_FREE = 0.5
_AXIS_COLOURS: tuple[RGB, RGB, RGB] = ((214, 62, 52), (46, 150, 72), (52, 104, 214))
# Smaller pictures (thumbnails) show the crystal alone.
_LEAST_SIDE = 150.0


@dataclass(frozen=True)
class Frame:
    """The picture that is being furnished: sizes in pixels, ``unit`` pixels to a logical one."""

    overlay: Overlay
    camera: Camera
    theme: Theme
    width: float
    height: float
    unit: float


def has_room(width: float, height: float, unit: float) -> bool:
    """Whether a picture is large enough for a legend beside the crystal."""
    return min(width, height) >= _LEAST_SIDE * unit


def margins(
    style: Style,
    scale: ColourScale | None,
    legend: Sequence[tuple[str, RGB]],
    width: float,
    height: float,
    unit: float,
    *,
    doubts: bool = False,
    key: bool = False,
) -> Margins:
    """Pixels at the edges of a picture that the crystal leaves free.

    ``doubts``: the rings of doubtful atoms are explained; ``key``: moments have a scale key.
    """
    if not has_room(width, height, unit):
        pad = 0.04 * min(width, height)
        return Margins(pad, pad, pad, pad)
    pad = (26.0 if style.cell else 14.0) * unit
    left, right, top, bottom = pad, pad, pad, pad
    if style.axes and height > width:
        bottom = _AXES_SPACE * unit  # in a narrow picture the axes stand below the crystal
    elif style.axes:
        left = _AXES_SPACE * unit
    if style.legend and scale is not None:
        right = (
            max(text_width(words, _SMALL * unit) for _, words in _ticks(scale))
            + (2 * _EDGE + _BAR + 8.0) * unit
        )
        top = max(top, (_EDGE + _ROW) * unit)
    elif style.legend and legend:
        right = max(text_width(name, _TEXT * unit) for name, _ in legend) + (2 * _EDGE + 24.0) * unit
    if style.legend and doubts:
        rows = 2.0 if _doubt_is_below(scale, width, unit) else 1.0
        top = max(top, (_EDGE + rows * _ROW) * unit)
    if style.legend and key:
        bottom = max(bottom, (_EDGE + _ROW + 6.0) * unit)
    across = min(1.0, _MOST_FREE * width / (left + right))
    down = min(1.0, _MOST_FREE * height / (top + bottom))
    return Margins(left * across, right * across, top * down, bottom * down)


def furnish(
    frame: Frame,
    drawing: Drawing,
    style: Style,
    legend: Sequence[tuple[str, RGB]],
    scale: ColourScale | None,
    key: Glyphs | BallKey | None,
) -> None:
    """Everything that the style asks for."""
    if style.cell:
        add_cell_names(frame, drawing.box, drawing.corner_radius)
    if style.axes:
        add_axes(frame, drawing.lattice)
    if style.legend:
        add_legend(frame, legend)
        if scale is not None:
            add_colour_bar(frame, scale)
        if isinstance(key, BallKey):
            add_ball_key(frame, key)
        else:
            add_moment_key(frame, key)


def add_legend(frame: Frame, items: Sequence[tuple[str, RGB]]) -> None:
    """Names with coloured balls in a column at the top right, as many as there is room for."""
    unit, step = frame.unit, _ROW * frame.unit
    room = max(1, int((frame.height - 2.0 * _EDGE * unit) / step))
    shown = list(items[:room])
    if len(items) > room:
        shown[-1] = (f"+{len(items) - room + 1}", MISSING)
    words = max((text_width(name, _TEXT * unit) for name, _ in shown), default=0.0)
    x = frame.width - _EDGE * unit - words
    for row, (name, colour) in enumerate(shown):
        y = _EDGE * unit + (row + 0.5) * step
        frame.overlay.add_sphere(x - 14.0 * unit, y, 7.5 * unit, colour)
        frame.overlay.add_text(Text(name, x, y, _TEXT * unit, frame.theme.foreground))


def add_colour_bar(frame: Frame, scale: ColourScale) -> None:
    """A vertical bar at the right with title, unit, ticks, and a swatch for sites without data."""
    unit, overlay, theme = frame.unit, frame.overlay, frame.theme
    length = float(np.clip(0.42 * frame.height, 60.0 * unit, 260.0 * unit))
    right = frame.width - _EDGE * unit
    left, top = right - _BAR * unit, (_EDGE + 30.0) * unit
    overlay.add_text(Text(scale.label, right, (_EDGE + 8.0) * unit, _TEXT * unit, theme.foreground, "right"))
    colours = scale.colours(np.linspace(scale.hi, scale.lo, 65))
    levels = top + length * np.linspace(0.0, 1.0, 65)
    corners = np.empty((64, 4, 2))
    corners[:, [0, 3], 0], corners[:, [1, 2], 0] = left, right
    corners[:, [0, 1], 1], corners[:, [2, 3], 1] = levels[:-1, None], levels[1:, None]
    overlay.add_quads(corners, np.stack([colours[:-1], colours[:-1], colours[1:], colours[1:]], axis=1))
    _add_frame(overlay, (left, top), (right, top + length), theme.cell)
    for value, words in _ticks(scale):
        y = top + length * (scale.hi - value) / (scale.hi - scale.lo)
        overlay.add_line((left - 4.0 * unit, y), (left, y), theme.cell)
        overlay.add_text(Text(words, left - 8.0 * unit, y, _SMALL * unit, theme.foreground, "right"))
    if scale.missing:
        middle, half = top + length + 20.0 * unit, 7.0 * unit
        box = [[left, middle - half], [right, middle - half], [right, middle + half], [left, middle + half]]
        overlay.add_quads(np.array([box]), np.tile(np.array(MISSING, dtype=np.uint8), (1, 4, 1)))
        overlay.add_text(Text("no data", left - 8.0 * unit, middle, _SMALL * unit, theme.foreground, "right"))


def add_doubt_key(frame: Frame, scale: ColourScale | None, measured: bool) -> None:
    """What the rings of doubtful atoms mean, at the top left and in their colour.

    Where the title of the colour bar needs the row, or the window shows a measurement there, it stands below.
    """
    unit, edge = frame.unit, _EDGE * frame.unit
    below = measured or _doubt_is_below(scale, frame.width, unit)
    y = edge + (8.0 + _ROW * below) * unit
    veil = frame.theme.background if measured else None
    words = _doubt_words(frame.width, unit)
    frame.overlay.add_text(Text(words, edge, y, _SMALL * unit, frame.theme.doubt, "left", veil))


def _doubt_words(width: float, unit: float) -> str:
    words = "ringed: wide interval or unlike training data"
    return words if text_width(words, _SMALL * unit) <= 0.6 * width else "ringed: unsure"


def _doubt_is_below(scale: ColourScale | None, width: float, unit: float) -> bool:
    if scale is None:
        return False
    words = text_width(_doubt_words(width, unit), _SMALL * unit) + text_width(scale.label, _TEXT * unit)
    return words + 3.0 * _EDGE * unit > width


def add_axes(frame: Frame, lattice: NDArray[np.float64]) -> None:
    """Arrows along a, b, c in the bottom left corner, as the crystal is turned."""
    unit, overlay, camera = frame.unit, frame.overlay, frame.camera
    directions = lattice / np.linalg.norm(lattice, axis=1, keepdims=True)
    seen = np.column_stack([directions @ camera.right, -(directions @ camera.up), directions @ camera.back])
    origin = np.array([60.0 * unit, frame.height - 60.0 * unit, 0.0])
    for name, direction, colour in zip("abc", seen, _AXIS_COLOURS, strict=True):
        neck = origin + 25.0 * unit * direction
        overlay.add_stick(origin, neck, 2.4 * unit, colour)
        overlay.add_mesh(
            cones(neck[None], direction[None], 13.0 * unit, 5.6 * unit, np.array([colour], dtype=np.uint8))
        )
        label = origin + 48.0 * unit * direction
        overlay.add_text(
            Text(name, label[0], label[1], _TEXT * unit, frame.theme.foreground, "centre", bold=True)
        )
    overlay.add_sphere(origin[0], origin[1], 4.0 * unit, frame.theme.cell)


def add_cell_names(frame: Frame, box: NDArray[np.float64], clearance: float) -> None:
    """a, b, c beside the ends of the box's edges and 0 at its origin, ``clearance`` Å beyond the corners."""
    places = frame.camera.project(np.vstack([np.zeros(3), box]), frame.width, frame.height)
    centre = frame.camera.project(box.sum(axis=0) / 2.0, frame.width, frame.height)[0]
    beyond = 10.0 * frame.unit + clearance * frame.camera.pixels_per_angstrom(frame.height)
    for name, place in zip("0abc", places, strict=True):
        if name != "0" and np.linalg.norm(place[:2] - places[0, :2]) < 16.0 * frame.unit:
            continue  # this edge runs towards the viewer: its name would lie on the 0
        outward = place[:2] - centre[:2]
        length = float(np.linalg.norm(outward))
        x, y = place[:2] + (outward / length * beyond if length > 1e-6 else 0.0)
        frame.overlay.add_text(
            Text(name, x, y, 14.0 * frame.unit, frame.theme.foreground, "centre", bold=name != "0")
        )


def add_moment_key(frame: Frame, glyphs: Glyphs | None) -> None:
    """A line as long as a round moment, with its value, at the bottom right."""
    if glyphs is None:
        return
    unit, overlay, colour = frame.unit, frame.overlay, frame.theme.foreground
    value = key_value(glyphs.largest)
    length = value * glyphs.scale * frame.camera.pixels_per_angstrom(frame.height)
    right, y = frame.width - _EDGE * unit, frame.height - (_EDGE + 6.0) * unit
    overlay.add_line((right - length, y), (right, y), colour)
    for end in (right - length, right):
        overlay.add_line((end, y - 4.0 * unit), (end, y + 4.0 * unit), colour)
    words = f"{glyphs.label} {value:g} μB".strip()
    overlay.add_text(Text(words, right, y - 14.0 * unit, _SMALL * unit, colour, "right"))


def add_ball_key(frame: Frame, key: BallKey) -> None:
    """A ball as large as that of a round moment, with its value, at the bottom right."""
    unit, colour = frame.unit, frame.theme.foreground
    radius = key.radius * frame.camera.pixels_per_angstrom(frame.height)
    right, y = frame.width - _EDGE * unit, frame.height - _EDGE * unit - max(radius, 8.0 * unit)
    words = f"{key.label} {key.value:g} μB"
    frame.overlay.add_sphere(right - radius, y, radius, MISSING)
    frame.overlay.add_text(Text(words, right - 2.0 * radius - 8.0 * unit, y, _SMALL * unit, colour, "right"))


def add_measurement(frame: Frame, path: NDArray[np.float64], names: Sequence[str], label: str) -> None:
    """Dashed lines along the (M, 2) pixels of the measured atoms, their names at them, the value between."""
    unit, overlay, theme = frame.unit, frame.overlay, frame.theme
    for start, end in pairwise(path):
        length = float(np.linalg.norm(end - start))
        for begin in np.arange(0.0, length, 9.0 * unit):
            stop = min(begin + 5.0 * unit, length)
            first, second = start + (end - start) * (begin / length), start + (end - start) * (stop / length)
            overlay.add_line((first[0], first[1]), (second[0], second[1]), theme.accent)
    for name, (x, y) in zip(names, path, strict=True):
        overlay.add_text(
            Text(f" {name} ", x, y, 11.0 * unit, theme.foreground, "centre", theme.background, True)
        )
    if not label:
        return
    x, y = path.mean(axis=0)
    reach = [
        (text_width(f" {words} ", 11.0 * unit) + text_width(f" {label} ", _TEXT * unit)) / 2
        for words in names
    ]
    near = (np.abs(path[:, 0] - x) < reach) & (np.abs(path[:, 1] - y) < _LINE * unit)
    if near.any():  # below all names, or it would hide one of them
        y = float(path[:, 1].max()) + _LINE * unit
    overlay.add_text(Text(f" {label} ", x, y, _TEXT * unit, theme.foreground, "centre", theme.background))


def _ticks(scale: ColourScale) -> list[tuple[float, str]]:
    values = tick_values(scale.lo, scale.hi)
    step = abs(values[1] - values[0]) if len(values) > 1 else max(abs(scale.hi), 1e-9)
    quarter = abs(step / 10.0 ** np.floor(np.log10(step)) - 2.5) < 1e-6
    digits = int(np.clip(np.ceil(-np.log10(step) - 1e-9) + quarter, 0, 6))
    ticks = [(value, _number(value, digits)) for value in values]
    # The colours of the ends also stand for what lies beyond them: say so.
    near = 0.08 * (scale.hi - scale.lo)
    if scale.above:
        ticks = [tick for tick in ticks if scale.hi - tick[0] > near]
        ticks.append((scale.hi, f"≥ {_number(scale.hi, max(digits, 1))}"))
    if scale.below:
        ticks = [tick for tick in ticks if tick[0] - scale.lo > near]
        ticks.insert(0, (scale.lo, f"≤ {_number(scale.lo, max(digits, 1))}"))
    return ticks


def _number(value: float, digits: int) -> str:
    return f"{round(value, digits) + 0.0:.{digits}f}".replace("-", "−")


def _add_frame(
    overlay: Overlay, corner: tuple[float, float], opposite: tuple[float, float], colour: RGB
) -> None:
    (left, top), (right, bottom) = corner, opposite
    around = [(left, top), (right, top), (right, bottom), (left, bottom), (left, top)]
    for start, end in pairwise(around):
        overlay.add_line(start, end, colour)
