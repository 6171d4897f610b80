"""Moments as glyphs: arrows for what a file says, headless bars for predicted magnitudes without a sign."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from negnn_gui.app.scene.meshes import Mesh, cones, merge

if TYPE_CHECKING:
    from negnn_gui.app.scene.drawing import Drawing
    from negnn_gui.results import Analysis
    from negnn_gui.structures.entry import StructureEntry

Floats = NDArray[np.float64]

# The longest glyph of a picture, Å: it reaches out of a ball on both sides without touching the next one.
LONGEST = 2.6
SHAFT_RADIUS = 0.11
HEAD_LENGTH = 0.55
HEAD_RADIUS = 0.24
UP = (214, 40, 57)
DOWN = (38, 98, 208)
# The largest ball of a picture that shows magnitudes as areas, and the smallest: zero is a value and stays visible.
LARGEST_BALL, SMALLEST_BALL = 0.85, 0.12
_NEGLIGIBLE = 0.02
_PARALLEL = 0.999


@dataclass(frozen=True, eq=False)
class Magnitudes:
    """Predicted abs(m) of each site: (N,) μB, NaN without data, and what to call them in the picture."""

    values: Floats
    label: str


def shown_magnitudes(analysis: Analysis | None, coloured_by: str) -> Magnitudes | None:
    """Which predicted moments bars and balls show: those like measured ones where these are the colours."""
    if analysis is None:
        return None
    if coloured_by == "moment_exp":
        return Magnitudes(analysis.moment_exp.median, "abs(m) exp.")
    return Magnitudes(analysis.moment.median, "abs(m) DFT")


@dataclass(frozen=True, eq=False)
class Glyphs:
    """Shafts (S, 3) to (S, 3) with (S, 3) colours, heads as one mesh, and the length of 1 μB in Å.

    ``label`` says in the scale key what is drawn.
    """

    starts: Floats
    ends: Floats
    colours: NDArray[np.uint8]
    heads: Mesh
    scale: float
    largest: float
    label: str = ""


@dataclass(frozen=True)
class BallKey:
    """Scale key of balls: a round moment (μB), the radius of its ball (Å), and what is drawn."""

    value: float
    radius: float
    label: str


def file_vectors(entry: StructureEntry, axis: tuple[int, int, int], lattice: Floats) -> Floats | None:
    """Moments carried by the file as Cartesian vectors.

    Parameters
    ----------
    axis : (3,) tuple of int
        Lattice direction [uvw] that collinear moments are drawn along.

    Returns
    -------
    (N, 3) float or None
        μB, NaN where a site has none; None where the file carries no moments.
    """
    if entry.moment_vectors is not None:
        return np.asarray(entry.moment_vectors, dtype=np.float64)
    if entry.moment_input is None:
        return None
    direction = np.array(axis) @ lattice
    return np.outer(np.asarray(entry.moment_input, dtype=np.float64), direction / np.linalg.norm(direction))


def arrows(drawing: Drawing, vectors: Floats, length_of_one: float | None = None) -> Glyphs:
    """An arrow through each displayed atom along its site's vector, (N, 3) μB.

    Where all are parallel to one axis, up and down have different colours. An arrow of 1 μB is
    ``length_of_one`` Å long; None makes the longest ``LONGEST``.
    """
    moment = np.nan_to_num(vectors[drawing.atoms.site])
    size = np.linalg.norm(moment, axis=1)
    largest = float(size.max(initial=0.0))
    shown = size > max(_NEGLIGIBLE, 0.01 * largest)
    scale = _scale(largest, length_of_one)
    direction = moment[shown] / size[shown][:, None]
    length = np.maximum(scale * size[shown], 1.2 * HEAD_LENGTH)[:, None]
    centre = drawing.atoms.position[shown]
    starts, tips = centre - direction * length / 2.0, centre + direction * length / 2.0
    colours = np.tile(np.array(UP, dtype=np.uint8), (len(centre), 1))
    if len(direction):
        along = direction @ _main_axis(moment[shown])
        if np.all(np.abs(along) > _PARALLEL):
            colours[along < 0.0] = DOWN
    necks = tips - direction * HEAD_LENGTH
    sides = 24 if len(necks) < 2000 else 8
    heads = cones(necks, direction, HEAD_LENGTH, HEAD_RADIUS, colours, sides) if len(necks) else merge([])
    return Glyphs(starts, necks, colours, heads, scale, largest, "m in file")


def bars(
    drawing: Drawing,
    magnitudes: Magnitudes,
    site_colours: NDArray[np.uint8],
    axis: tuple[int, int, int],
    length_of_one: float | None = None,
) -> Glyphs:
    """A bar through each displayed atom, as long as its site's magnitude; it has no direction."""
    size = np.nan_to_num(np.abs(magnitudes.values[drawing.atoms.site]))
    largest = float(size.max(initial=0.0))
    shown = size > max(_NEGLIGIBLE, 0.01 * largest)
    scale = _scale(largest, length_of_one)
    direction = np.array(axis) @ drawing.lattice
    half = np.outer(scale * size[shown] / 2.0, direction / np.linalg.norm(direction))
    centre = drawing.atoms.position[shown]
    colours = site_colours[drawing.atoms.site[shown]]
    return Glyphs(centre - half, centre + half, colours, merge([]), scale, largest, magnitudes.label)


def balls(drawing: Drawing, magnitudes: Magnitudes) -> tuple[Floats, BallKey | None]:
    """(M,) radii whose squares grow with the magnitudes, Å, and their scale key; None where all are zero.

    Sites without data, and those of (almost) no moment, have the smallest ball.
    """
    size = np.nan_to_num(np.abs(magnitudes.values[drawing.atoms.site]))
    largest = float(np.nan_to_num(np.abs(magnitudes.values)).max(initial=0.0))
    if largest <= _NEGLIGIBLE:
        return np.full(len(size), SMALLEST_BALL), None

    def radius(moment: Floats) -> Floats:
        return np.maximum(LARGEST_BALL * np.sqrt(moment / largest), SMALLEST_BALL)

    value = key_value(largest)
    return radius(size), BallKey(value, float(radius(np.array(value))), magnitudes.label)


def _scale(largest: float, length_of_one: float | None) -> float:
    """Å to a μB."""
    if length_of_one is not None:
        return length_of_one
    return LONGEST / largest if largest > 0.0 else 0.0


def key_value(largest: float) -> float:
    """A round moment for the scale key, at most the largest of the picture, μB."""
    if largest <= 0.0:
        return 0.0
    power = 10.0 ** np.floor(np.log10(largest))
    return float(max(step * power for step in (1.0, 2.0, 5.0) if step * power <= largest * 1.0001))


def _main_axis(moments: Floats) -> Floats:
    """Unit vector along the longest moment, pointing so that its largest component is positive."""
    axis = moments[int(np.argmax(np.linalg.norm(moments, axis=1)))]
    sign = np.sign(axis[int(np.argmax(np.abs(axis)))])
    return np.asarray(axis * sign / np.linalg.norm(axis))
