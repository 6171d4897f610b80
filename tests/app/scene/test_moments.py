"""Glyphs of moments: vectors on oblique cells, arrows with a direction, bars without one."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from pymatgen.core import Lattice, Structure

from negnn_gui.app.scene.colouring import Colouring
from negnn_gui.app.scene.crystal import CrystalScene
from negnn_gui.app.scene.drawing import draw
from negnn_gui.app.scene.moments import DOWN, LONGEST, UP, Magnitudes, arrows, bars, file_vectors, key_value
from negnn_gui.app.scene.style import Style
from negnn_gui.structures.entry import StructureEntry

Crystals = Callable[..., StructureEntry]
Scenes = Callable[..., CrystalScene]
WIDTH, HEIGHT = 400, 400


def test_collinear_moments_point_along_the_chosen_lattice_direction(known_crystal: Crystals) -> None:
    entry = known_crystal("hcp", moment_input=np.array([1.6, -1.6]))
    lattice = np.array(entry.structure.lattice.matrix)
    along_c = file_vectors(entry, (0, 0, 1), lattice)
    np.testing.assert_allclose(along_c, [[0, 0, 1.6], [0, 0, -1.6]], atol=1e-12)
    # [110] of a hexagonal cell is a + b, as long as a and 60 degrees from it.
    in_plane = file_vectors(entry, (1, 1, 0), lattice)
    np.testing.assert_allclose(np.linalg.norm(in_plane, axis=1), 1.6)
    assert in_plane[0] @ lattice[0] / (1.6 * 2.507) == pytest.approx(np.cos(np.radians(60)))


def test_vectors_of_the_file_are_drawn_as_they_are(known_crystal: Crystals) -> None:
    vectors = np.array([[1.0, 2.0, 2.0], [0, 0, -1.5]])
    entry = known_crystal("hcp", moment_input=np.array([3.0, 1.5]), moment_vectors=vectors)
    lattice = np.array(entry.structure.lattice.matrix)
    assert file_vectors(entry, (0, 0, 1), lattice) is entry.moment_vectors
    assert file_vectors(known_crystal("hcp"), (0, 0, 1), lattice) is None
    glyphs = arrows(draw(entry, Style(images=False)), vectors)
    np.testing.assert_allclose(glyphs.starts[0] + glyphs.heads.points[24], np.zeros(3), atol=1e-9)  # centred
    tip = glyphs.heads.points[24]
    np.testing.assert_allclose(tip / np.linalg.norm(tip), [1 / 3, 2 / 3, 2 / 3])
    assert np.linalg.norm(tip) == pytest.approx(LONGEST / 2)
    assert glyphs.scale == pytest.approx(LONGEST / 3.0)


def test_only_parallel_moments_have_two_colours(known_crystal: Crystals) -> None:
    drawing = draw(known_crystal("hcp"), Style(images=False))
    antiparallel = arrows(drawing, np.array([[1.0, 1, 0], [-2, -2, 0]]))
    assert [tuple(colour) for colour in antiparallel.colours] == [UP, DOWN]
    canted = arrows(drawing, np.array([[1.0, 1, 0.2], [-2, -2, 0]]))
    assert [tuple(colour) for colour in canted.colours] == [UP, UP]


def test_small_and_missing_moments_have_no_arrow(known_crystal: Crystals) -> None:
    entry = known_crystal("perovskite", moment_input=np.array([np.nan, 3.0, 0.0, 0.01, -0.5]))
    drawing = draw(entry, Style(images=False))
    vectors = file_vectors(entry, (0, 0, 1), drawing.lattice)
    assert len(arrows(drawing, vectors).starts) == 2
    silent = arrows(drawing, np.zeros((5, 3)))
    assert len(silent.starts) == len(silent.heads.points) == 0


def test_up_and_down_have_their_colours_in_the_picture(open_scene: Scenes, make_entry: Crystals) -> None:
    chain = Structure(Lattice.orthorhombic(8, 8, 4), ["Fe", "Fe"], [[0.25, 0.5, 0.5], [0.75, 0.5, 0.5]])
    entry = make_entry(chain, moment_input=np.array([2.2, -2.2]))
    scene = open_scene(entry, Style(cell=False, axes=False, legend=False, bonds=False))
    scene.look("[010]")
    image = scene.render_image(WIDTH, HEIGHT)[..., :3].astype(int)
    for index, (sign, hue) in enumerate(((1, UP), (-1, DOWN))):
        head = scene.drawing.atoms.position[index] + [0, 0, sign * (LONGEST / 2 - 0.35)]
        tail = scene.drawing.atoms.position[index] - [0, 0, sign * (LONGEST / 2 - 0.35)]
        widths = []
        for point in (head, tail):
            x, y, _ = scene.project(point, WIDTH, HEIGHT)[0]
            seen = image[int(y), int(x)]
            np.testing.assert_allclose(seen / seen.max(), np.array(hue) / max(hue), atol=0.2)
            widths.append(_run(image, x, y))
        assert widths[0] > 1.2 * widths[1]  # the head is wider than the shaft: the arrow has a direction


def test_bars_are_the_same_at_both_ends(open_scene: Scenes, make_entry: Crystals) -> None:
    one = Structure(Lattice.cubic(6), ["Fe"], [[0.5, 0.5, 0.5]])
    scene = open_scene(make_entry(one), Style(cell=False, axes=False, legend=False, moments="bars"))
    scene.set_values(Colouring("moment"), np.array([2.2]))
    scene.look("[010]")
    image = scene.render_image(WIDTH, HEIGHT)[..., :3].astype(int)
    centre = scene.drawing.atoms.position[0]
    for offset in (LONGEST / 2 - 0.3, LONGEST / 2 - 0.1):
        widths = []
        for sign in (1, -1):
            x, y, _ = scene.project(centre + np.array([0, 0, sign * offset]), WIDTH, HEIGHT)[0]
            widths.append(_run(image, x, y))
        assert widths[0] > 3
        assert abs(widths[0] - widths[1]) <= 1
    scene.set_values(Colouring("ood"), np.array([0.5]))
    x, y, _ = scene.project(centre + np.array([0, 0, LONGEST / 2 - 0.2]), WIDTH, HEIGHT)[0]
    assert _run(scene.render_image(WIDTH, HEIGHT)[..., :3].astype(int), x, y) == 0  # a score is no moment


def test_bars_ignore_signs_and_missing_values(known_crystal: Crystals) -> None:
    drawing = draw(known_crystal("NaCl"), Style(images=False))
    colours = np.zeros((8, 3), dtype=np.uint8)
    glyphs = bars(
        drawing, Magnitudes(np.array([1.0, -2.0, np.nan, 0, 0, 0, 0, 0]), "abs(m)"), colours, (0, 0, 1)
    )
    lengths = np.linalg.norm(glyphs.ends - glyphs.starts, axis=1)
    np.testing.assert_allclose(lengths, [LONGEST / 2, LONGEST])
    assert len(glyphs.heads.points) == 0


@pytest.mark.parametrize(
    ("largest", "key"), [(1.72, 1.0), (2.0, 2.0), (4.9, 2.0), (5.0, 5.0), (0.07, 0.05), (0.0, 0.0)]
)
def test_the_scale_key_is_round_and_no_longer_than_the_longest(largest: float, key: float) -> None:
    assert key_value(largest) == pytest.approx(key)


def _run(image: np.ndarray, x: float, y: float) -> int:
    """Number of pixels that are not white, from a place to its left and right."""
    row = np.any(image[int(y)] < 245, axis=1)
    if not row[int(x)]:
        return 0
    left = int(x) - int(np.argmin(row[: int(x) + 1][::-1]))
    right = int(x) + int(np.argmin(row[int(x) :]))
    return right - left - 1
