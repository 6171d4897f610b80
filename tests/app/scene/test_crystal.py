"""The picture of a crystal, checked by its pixels at the projected positions of atoms and bonds."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest
from pymatgen.core import Lattice, Structure

from negnn_gui.app.scene.colouring import Colouring, colour_sites
from negnn_gui.app.scene.crystal import CrystalScene
from negnn_gui.app.scene.drawing import half_sticks
from negnn_gui.app.scene.measure import AtomRef
from negnn_gui.app.scene.style import DARK, LIGHT, Style, Theme
from negnn_gui.structures.entry import StructureEntry

Crystals = Callable[..., StructureEntry]
Scenes = Callable[..., CrystalScene]
Frontmost = Callable[[CrystalScene, int, int], list[int]]
Pixel = Callable[[np.ndarray, np.ndarray], np.ndarray]

WIDTH, HEIGHT = 480, 360
BARE = Style(cell=False, axes=False, legend=False)


def assert_lit(seen: np.ndarray, colour: np.ndarray) -> None:
    """The colour is seen, up to a little light and shade."""
    colour = colour.astype(float)
    brightness = float(seen @ colour / (colour @ colour))
    assert 0.78 < brightness < 1.15
    assert np.abs(seen - brightness * colour).max() < 10


def places(scene: CrystalScene) -> np.ndarray:
    return scene.project(scene.drawing.atoms.position, WIDTH, HEIGHT)


@pytest.mark.parametrize("name", ["NaCl", "diamond", "rutile", "perovskite", "hcp"])
@pytest.mark.parametrize("atoms", ["ball-and-stick", "space-filling"])
def test_atoms_have_their_colour_where_they_are(
    name: str, atoms: str, known_crystal: Crystals, open_scene: Scenes, frontmost: Frontmost, pixel: Pixel
) -> None:
    entry = known_crystal(name)
    scene = open_scene(entry, replace(BARE, atoms=atoms, bonds=False))
    image = scene.render_image(WIDTH, HEIGHT)
    expected = colour_sites(entry, Colouring(), None)[scene.drawing.atoms.site]
    seen = frontmost(scene, WIDTH, HEIGHT)
    assert len(seen) >= 4
    for index in seen:
        assert_lit(pixel(image, places(scene)[index]), expected[index])


@pytest.mark.parametrize("view", ["a", "c*", "[111]", "(1-10)", "standard"])
@pytest.mark.parametrize("perspective", [False, True])
def test_atoms_are_where_numpy_projects_them_from_any_side(
    view: str,
    perspective: bool,
    known_crystal: Crystals,
    open_scene: Scenes,
    frontmost: Frontmost,
    pixel: Pixel,
) -> None:
    entry = known_crystal("perovskite")
    scene = open_scene(entry, replace(BARE, perspective=perspective, bonds=False))
    scene.look(view)
    scene.camera = replace(scene.camera.rotated(0.05, 0.1), half_height=4.0)
    image = scene.render_image(WIDTH, HEIGHT)
    expected = colour_sites(entry, Colouring(), None)[scene.drawing.atoms.site]
    for index in frontmost(scene, WIDTH, HEIGHT):
        assert_lit(pixel(image, places(scene)[index]), expected[index])


def test_vtk_projects_as_numpy_does(known_crystal: Crystals, open_scene: Scenes) -> None:
    for perspective in (False, True):
        scene = open_scene(known_crystal("rutile"), replace(BARE, perspective=perspective))
        scene.render_image(WIDTH, HEIGHT, smooth=False)
        for point, (x, y, _) in zip(scene.drawing.atoms.position, places(scene), strict=True):
            scene.renderer.SetWorldPoint(*point, 1.0)
            scene.renderer.WorldToDisplay()
            across, up, _ = scene.renderer.GetDisplayPoint()
            assert (across, HEIGHT - up) == (pytest.approx(x, abs=0.05), pytest.approx(y, abs=0.05))


def test_values_colour_the_atoms(
    known_crystal: Crystals, open_scene: Scenes, frontmost: Frontmost, pixel: Pixel
) -> None:
    entry = known_crystal("NaCl")
    scene = open_scene(entry, replace(BARE, bonds=False))
    values = np.array([0.0, 1.0, 2.0, 3.0, 4.0, np.nan, 2.5, 3.5])
    scene.set_values(Colouring("moment"), values)
    image = scene.render_image(WIDTH, HEIGHT)
    expected = colour_sites(entry, Colouring("moment"), values)[scene.drawing.atoms.site]
    for index in frontmost(scene, WIDTH, HEIGHT):
        assert_lit(pixel(image, places(scene)[index]), expected[index])
    with pytest.raises(ValueError, match="7 values for the 8 sites"):
        scene.set_values(Colouring("moment"), values[1:])


def test_each_half_of_a_bond_has_the_colour_of_its_atom(
    open_scene: Scenes, make_entry: Crystals, pixel: Pixel
) -> None:
    pair = Structure(Lattice.cubic(12), ["Fe", "O"], [[0.45, 0.5, 0.5], [0.6, 0.5, 0.5]])
    entry = make_entry(pair)
    scene = open_scene(entry)
    scene.look("c")
    image = scene.render_image(WIDTH, HEIGHT)
    iron, oxygen = colour_sites(entry, Colouring(), None).astype(float)
    starts, ends, _ = half_sticks(scene.drawing, colour_sites(entry, Colouring(), None))
    assert len(starts) == 2
    for start, end, expected in zip(starts, ends, (iron, oxygen), strict=True):
        # Inside the atoms the stick is hidden: look at the quarter next to where the halves meet.
        share = 0.85 if expected is iron else 0.15
        place = scene.project(start + share * (end - start), WIDTH, HEIGHT)[0]
        assert_lit(pixel(image, place), expected)


def test_bonds_and_cell_can_be_left_out(known_crystal: Crystals, open_scene: Scenes) -> None:
    scene = open_scene(known_crystal("NaCl"), Style(axes=False, legend=False))
    counts = []
    for style in (Style(axes=False, legend=False), Style(axes=False, legend=False, bonds=False), BARE):
        scene.set_style(replace(style, bonds=False) if style is BARE else style)
        image = scene.render_image(WIDTH, HEIGHT)
        counts.append(int(np.count_nonzero(np.any(image[..., :3] != 255, axis=2))))
    assert counts[0] > counts[1] > counts[2] > 0


def test_a_selected_site_has_rings_around_all_its_images(known_crystal: Crystals, open_scene: Scenes) -> None:
    scene = open_scene(known_crystal("perovskite"), replace(BARE, bonds=False))
    scene.look("c")
    before = scene.render_image(WIDTH, HEIGHT).astype(int)
    scene.set_selection({1})
    after = scene.render_image(WIDTH, HEIGHT).astype(int)
    changed = np.abs(after - before).sum(axis=2) > 60
    accent = np.array(LIGHT.accent)
    is_accent = np.abs(after[..., :3] - accent).max(axis=2) < 8
    titanium = places(scene)[scene.drawing.atoms.site == 1]
    radius = scene.drawing.radii[scene.drawing.atoms.site == 1][0] * scene.camera.pixels_per_angstrom(HEIGHT)
    ys, xs = np.nonzero(changed)
    distance = np.linalg.norm(np.stack([xs, ys], 1)[:, None] - titanium[None, :, :2], axis=2).min(axis=1)
    assert np.all(distance > 0.93 * radius)  # the atoms keep their colour
    assert np.all(distance < 1.4 * radius)
    for x, y in {(round(p[0]), round(p[1])) for p in titanium}:
        near = is_accent[
            max(0, int(y - 1.4 * radius)) : int(y + 1.4 * radius), max(0, int(x - 1.4 * radius)) :
        ]
        assert near.any()
    scene.set_selection(())
    np.testing.assert_array_equal(scene.render_image(WIDTH, HEIGHT), before)


@pytest.mark.parametrize("theme", [LIGHT, DARK])
def test_doubtful_sites_have_wider_rings_that_a_line_of_text_explains(
    theme: Theme, known_crystal: Crystals, open_scene: Scenes
) -> None:
    entry = known_crystal("perovskite")
    scene = open_scene(entry, replace(BARE, bonds=False), theme=theme)
    scene.look("c")
    values = np.linspace(0.0, 4.0, entry.n_sites)

    def ringed(doubtful: frozenset[int]) -> np.ndarray:
        scene.set_values(Colouring("moment"), values, doubtful=doubtful)
        image = scene.render_image(WIDTH, HEIGHT).astype(int)
        return np.abs(image[..., :3] - np.array(theme.doubt)).max(axis=2) < 8

    assert not ringed(frozenset()).any()
    ys, xs = np.nonzero(ringed(frozenset({1})))
    titanium = places(scene)[scene.drawing.atoms.site == 1]
    radius = scene.drawing.radii[scene.drawing.atoms.site == 1][0] * scene.camera.pixels_per_angstrom(HEIGHT)
    distance = np.linalg.norm(np.stack([xs, ys], 1)[:, None] - titanium[None, :, :2], axis=2).min(axis=1)
    assert len(xs) > 20
    # outside the ring of a selected atom, so that both can be seen
    assert np.all(distance > 1.15 * radius)
    assert np.all(distance < 1.55 * radius)
    scene.set_style(replace(BARE, bonds=False, legend=True))
    top_left = ringed(frozenset({1}))[:40, : WIDTH // 2]
    assert top_left.any()
    scene.set_structure(entry)
    assert not (
        np.abs(scene.render_image(WIDTH, HEIGHT)[..., :3].astype(int) - np.array(theme.doubt)).max(axis=2) < 8
    ).any()


def test_a_picture_has_its_size_and_an_opaque_background(known_crystal: Crystals, open_scene: Scenes) -> None:
    for theme in (LIGHT, DARK):
        scene = open_scene(known_crystal("hcp"), theme=theme)
        for size in ((1, 1), (33, 77), (401, 301)):
            image = scene.render_image(*size)
            assert image.shape == (size[1], size[0], 4)
            assert image.dtype == np.uint8
            assert np.all(image[..., 3] == 255)
        assert tuple(image[0, 0, :3]) == theme.background
    with pytest.raises(ValueError, match="has no pixels"):
        scene.render_image(0, 10)


def test_a_transparent_picture_over_white_is_the_white_picture(
    known_crystal: Crystals, open_scene: Scenes
) -> None:
    scene = open_scene(known_crystal("rutile"), Style())
    opaque = scene.render_image(WIDTH, HEIGHT).astype(float)
    clear = scene.render_image(WIDTH, HEIGHT, transparent=True).astype(float)
    assert clear[2, 2, 3] == 0
    assert (clear[..., 3] == 255).mean() > 0.05
    alpha = clear[..., 3:] / 255.0
    over = clear[..., :3] * alpha + 255.0 * (1.0 - alpha)
    difference = np.abs(over - opaque[..., :3]).max(axis=2)
    assert np.percentile(difference, 99.9) <= 6.0


def test_plain_and_smooth_pictures_show_the_same(known_crystal: Crystals, open_scene: Scenes) -> None:
    scene = open_scene(known_crystal("NaCl"), Style())
    smooth = scene.render_image(WIDTH, HEIGHT).astype(int)
    plain = scene.render_image(WIDTH, HEIGHT, smooth=False).astype(int)
    assert (np.abs(smooth - plain).max(axis=2) > 40).mean() < 0.06  # edges only


def test_the_legend_shows_each_element_and_a_colour_bar_shows_the_map(
    known_crystal: Crystals, open_scene: Scenes
) -> None:
    entry = known_crystal("perovskite")
    scene = open_scene(entry, Style(cell=False, axes=False))
    right = scene.render_image(WIDTH, HEIGHT)[:, -70:, :3].reshape(-1, 3).astype(int)
    for colour in {tuple(c) for c in colour_sites(entry, Colouring(), None).tolist()}:
        assert np.abs(right - colour).max(axis=1).min() < 14
    scene.set_values(Colouring("moment"), np.array([0.0, 4.0, 1, 2, 3]))
    image = scene.render_image(WIDTH, HEIGHT)
    column = image[36:, WIDTH - 23, :3].astype(int)  # through the middle of the bar, below its title
    rows = np.flatnonzero(np.any(column != 255, axis=1))
    bar = column[rows[0] : rows[-1] + 1]
    assert len(bar) > 100
    ends = (np.array([0xFD, 0xE7, 0x25]), np.array([0x44, 0x01, 0x54]))
    assert np.abs(bar[4] - ends[0]).max() < 16
    assert np.abs(bar[-5] - ends[1]).max() < 16


def test_missing_values_have_a_swatch_beside_the_bar(known_crystal: Crystals, open_scene: Scenes) -> None:
    scene = open_scene(known_crystal("perovskite"), Style(cell=False, axes=False))
    grey = (140, 140, 140)

    def has_swatch(values: np.ndarray) -> bool:
        scene.set_values(Colouring("moment"), values)
        column = scene.render_image(WIDTH, HEIGHT)[:, WIDTH - 23, :3].astype(int)
        return bool((np.abs(column - grey).max(axis=1) <= 2).sum() > 8)

    assert has_swatch(np.array([0.0, 4.0, np.nan, 2, 3]))
    assert not has_swatch(np.array([0.0, 4.0, 1, 2, 3]))


def test_a_shared_site_is_drawn_in_sectors(open_scene: Scenes, make_entry: Crystals) -> None:
    shared = Structure(Lattice.cubic(4), [{"Fe": 0.5, "Co": 0.25}], [[0.5, 0.5, 0.5]])
    scene = open_scene(make_entry(shared), Style(cell=False, axes=False))
    scene.look("c")
    image = scene.render_image(WIDTH, HEIGHT)[:, :-90, :3].astype(float)
    sphere = image[np.any(image < 254, axis=2)]
    hues = np.array([(181, 113, 0), (0, 0, 175), (242, 242, 242)], dtype=float)
    hues /= np.linalg.norm(hues, axis=1, keepdims=True)
    nearest = np.argmax(sphere @ hues.T, axis=1)
    areas = np.bincount(nearest, minlength=3)
    # Sectors seen along the axis they lie around have areas in proportion to their shares.
    assert areas[0] == pytest.approx(2.0 * areas[1], rel=0.25)
    assert areas[1] == pytest.approx(areas[2], rel=0.25)
    assert min(areas) > 500


def test_hidden_elements_are_neither_seen_nor_picked(known_crystal: Crystals, open_scene: Scenes) -> None:
    scene = open_scene(known_crystal("perovskite"), replace(BARE, hidden=frozenset({"Sr", "O"})))
    assert set(scene.drawing.atoms.site) == {1}
    assert len(scene.drawing.bonds) == 0


def test_a_supercell_keeps_the_sites_and_bad_ones_are_refused(
    known_crystal: Crystals, open_scene: Scenes
) -> None:
    scene = open_scene(known_crystal("hcp"))
    scene.set_style(replace(BARE, supercell=(3, 3, 2), images=False))
    assert len(scene.drawing.atoms) == 36
    np.testing.assert_array_equal(np.bincount(scene.drawing.atoms.site), [18, 18])
    with pytest.raises(ValueError, match="spans no cell"):
        scene.set_style(replace(BARE, supercell=((1, 0, 0), (2, 0, 0), (0, 0, 1))))
    assert len(scene.drawing.atoms) == 36


def test_picking_names_the_site_and_the_cell(known_crystal: Crystals, open_scene: Scenes) -> None:
    scene = open_scene(known_crystal("hcp"))
    scene.look("c")
    scene.render_image(WIDTH, HEIGHT)
    far_corner = np.array([1.0, 1.0, 1.0]) @ scene.drawing.lattice
    x, y, _ = scene.project(far_corner, WIDTH, HEIGHT)[0]
    assert scene.atom(scene.pick(x, y, WIDTH, HEIGHT)) == AtomRef(0, (1, 1, 1))
    assert scene.pick(2, 2, WIDTH, HEIGHT) == -1
    everything = scene.pick_rectangle((0, 0), (WIDTH, HEIGHT), WIDTH, HEIGHT)
    assert len(everything) == len(scene.drawing.atoms)


def test_a_measurement_is_drawn_between_the_atoms(known_crystal: Crystals, open_scene: Scenes) -> None:
    scene = open_scene(known_crystal("NaCl"), replace(BARE, bonds=False))
    before = scene.render_image(WIDTH, HEIGHT).astype(int)
    result = scene.set_measured([AtomRef(0), AtomRef(5)])
    assert result.value == pytest.approx(2.82)
    after = scene.render_image(WIDTH, HEIGHT).astype(int)
    ends = scene.project(scene.drawing.atoms.position[[0, 5]], WIDTH, HEIGHT)[:, :2]
    ys, xs = np.nonzero(np.abs(after - before).sum(axis=2) > 30)
    middle = ends.mean(axis=0)
    assert np.abs(np.stack([xs, ys], 1) - middle).max() < np.linalg.norm(ends[1] - ends[0]) / 2 + 40
    assert scene.set_measured([]) is None
    np.testing.assert_array_equal(scene.render_image(WIDTH, HEIGHT), before)


def test_resizing_a_picture_keeps_the_camera_that_somebody_set(
    known_crystal: Crystals, open_scene: Scenes
) -> None:
    scene = open_scene(known_crystal("hcp"))
    scene.render_image(WIDTH, HEIGHT)
    scene.camera = scene.camera.zoomed(3.0)
    kept = scene.camera
    scene.render_image(200, 500)
    assert scene.camera is kept


def test_an_empty_scene_and_a_released_one_can_be_drawn(known_crystal: Crystals, open_scene: Scenes) -> None:
    scene = open_scene(known_crystal("hcp"))
    scene.set_structure(None)
    assert np.all(scene.render_image(50, 40)[..., :3] == 255)
    assert scene.pick(10, 10, 50, 40) == -1
    scene.release()
    scene.release()
    scene.set_structure(known_crystal("hcp"))
    assert np.any(scene.render_image(50, 40)[..., :3] != 255)  # in a window of its own


def test_a_hundred_thousand_atoms_are_drawn_without_bonds(open_scene: Scenes, make_entry: Crystals) -> None:
    side = 46
    grid = np.stack(np.meshgrid(*[np.arange(side) / side] * 3, indexing="ij"), -1).reshape(-1, 3)
    entry = make_entry(Structure(Lattice.cubic(2.5 * side), ["Fe"] * len(grid), grid))
    scene = open_scene(entry)
    image = scene.render_image(WIDTH, HEIGHT, smooth=False)
    assert len(scene.drawing.atoms) == (side + 1) ** 3 > 100_000
    assert len(scene.drawing.bonds) == 0
    assert np.any(image[..., :3] != 255, axis=2).mean() > 0.2
    x, y, _ = scene.project(np.full(3, 2.5 * side), WIDTH, HEIGHT)[0]
    assert scene.pick(x, y, WIDTH, HEIGHT) >= 0
