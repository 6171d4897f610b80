"""The camera: named views, turning, zooming, fitting, and the way back from a pixel to a ray."""

from __future__ import annotations

import numpy as np
import pytest
from pymatgen.core import Lattice

from negnn_gui.app.scene.camera import STANDARD, Margins, default_camera, view_directions

HEXAGONAL = np.array(Lattice.hexagonal(3.0, 5.0).matrix)
TRICLINIC = np.array(Lattice.from_parameters(4, 5, 6, 80, 95, 110).matrix)
WIDTH, HEIGHT = 640, 480


def seen_along(view: str, lattice: np.ndarray):
    return default_camera().looking(*view_directions(view, lattice))


@pytest.mark.parametrize(("view", "row"), [("a", 0), ("b", 1), ("c", 2)])
def test_a_lattice_vector_seen_along_itself_is_a_point(view: str, row: int) -> None:
    camera = seen_along(view, TRICLINIC)
    x, y, depth = camera.project(TRICLINIC[row], WIDTH, HEIGHT)[0]
    assert (x, y) == (pytest.approx(WIDTH / 2), pytest.approx(HEIGHT / 2))
    assert depth == pytest.approx(np.linalg.norm(TRICLINIC[row]))  # it points at the viewer


@pytest.mark.parametrize(("view", "plane"), [("a*", (1, 2)), ("b*", (0, 2)), ("c*", (0, 1))])
def test_along_a_reciprocal_vector_the_other_two_lie_in_the_picture(
    view: str, plane: tuple[int, int]
) -> None:
    depth = seen_along(view, TRICLINIC).project(TRICLINIC[list(plane)], WIDTH, HEIGHT)[:, 2]
    np.testing.assert_allclose(depth, 0.0, atol=1e-9)


def test_along_c_of_a_hexagonal_cell_b_is_up_and_a_to_the_right() -> None:
    places = seen_along("c", HEXAGONAL).project(HEXAGONAL, WIDTH, HEIGHT)
    assert places[0, 0] > WIDTH / 2
    assert places[1, 1] < HEIGHT / 2
    assert places[1, 0] == pytest.approx(WIDTH / 2)


@pytest.mark.parametrize(
    ("typed", "direction"),
    [("[110]", (1, 1, 0)), ("[1 -1 0]", (1, -1, 0)), ("[1-10]", (1, -1, 0)), ("[0, 0, 1.5]", (0, 0, 1.5))],
)
def test_a_typed_direction_points_at_the_viewer(typed: str, direction: tuple[float, ...]) -> None:
    camera = seen_along(typed, TRICLINIC)
    wanted = np.array(direction) @ TRICLINIC
    np.testing.assert_allclose(camera.back, wanted / np.linalg.norm(wanted))


def test_a_typed_plane_lies_in_the_picture() -> None:
    in_plane = np.array([[1, -1, 0], [0, 1, -1]]) @ TRICLINIC  # both lie in (111)
    depth = seen_along("(111)", TRICLINIC).project(in_plane, WIDTH, HEIGHT)[:, 2]
    np.testing.assert_allclose(depth, 0.0, atol=1e-9)


@pytest.mark.parametrize("view", ["", "d", "[11]", "[000]", "(x y z)", "[1 1 0", "111"])
def test_an_unknown_view_is_refused_with_advice(view: str) -> None:
    with pytest.raises(ValueError, match="is no view; give a, b, c"):
        view_directions(view, TRICLINIC)


@pytest.mark.parametrize("perspective", [False, True])
def test_the_ray_through_a_pixel_meets_what_is_projected_there(perspective: bool) -> None:
    rng = np.random.default_rng(0)
    camera = default_camera(perspective).looking(rng.normal(size=3), rng.normal(size=3)).panned(0.1, -0.2)
    for point in rng.uniform(-3, 3, (50, 3)):
        x, y, _ = camera.project(point, WIDTH, HEIGHT)[0]
        origin, direction = camera.ray(x, y, WIDTH, HEIGHT)
        beside = np.linalg.norm(np.cross(point - origin, direction))
        assert beside < 1e-6
        assert (point - origin) @ direction > 0.0


def test_turning_keeps_the_axes_at_right_angles_and_turns_under_the_pointer() -> None:
    camera = seen_along(STANDARD, TRICLINIC)
    near = camera.focal + 2.0 * camera.back
    before = camera.project(near, WIDTH, HEIGHT)[0]
    after = camera.rotated(0.1, 0.0).project(near, WIDTH, HEIGHT)[0]
    assert after[0] > before[0]
    assert camera.rotated(0.0, 0.1).project(near, WIDTH, HEIGHT)[0][1] < before[1]
    for _ in range(500):
        camera = camera.rotated(0.03, -0.02, 0.01)
    frame = np.array([camera.right, camera.up, camera.back])
    np.testing.assert_allclose(frame @ frame.T, np.eye(3), atol=1e-9)


def test_zooming_keeps_the_point_under_the_pointer() -> None:
    camera = seen_along(STANDARD, TRICLINIC)
    point = camera.focal + 1.3 * camera.right - 0.7 * camera.up
    x, y, _ = camera.project(point, WIDTH, HEIGHT)[0]
    closer = camera.zoomed(1.7, ((x - WIDTH / 2) / HEIGHT, (HEIGHT / 2 - y) / HEIGHT))
    np.testing.assert_allclose(closer.project(point, WIDTH, HEIGHT)[0][:2], [x, y])
    assert closer.half_height == pytest.approx(camera.half_height / 1.7)


def test_panning_moves_by_fractions_of_the_height() -> None:
    camera = seen_along(STANDARD, TRICLINIC)
    before = camera.project(np.zeros(3), WIDTH, HEIGHT)[0]
    after = camera.panned(0.25, 0.5).project(np.zeros(3), WIDTH, HEIGHT)[0]
    np.testing.assert_allclose((after - before)[:2], [0.25 * HEIGHT, -0.5 * HEIGHT])


@pytest.mark.parametrize("perspective", [False, True])
@pytest.mark.parametrize("size", [(640, 480), (300, 700)])
def test_a_fitted_crystal_lies_inside_the_margins_and_fills_them(
    size: tuple[int, int], perspective: bool
) -> None:
    rng = np.random.default_rng(5)
    points, radii = rng.uniform(-6, 6, (200, 3)), rng.uniform(0.1, 0.8, 200)
    width, height = size
    margins = Margins(left=60, right=90, top=20, bottom=30)
    camera = default_camera(perspective).looking(rng.normal(size=3), rng.normal(size=3))
    camera = camera.fitted(points, radii, width, height, margins)
    places = camera.project(points, width, height)
    reach = radii * camera.pixels_per_angstrom(height)
    edges = [
        (places[:, 0] - reach).min() - margins.left,
        width - margins.right - (places[:, 0] + reach).max(),
        (places[:, 1] - reach).min() - margins.top,
        height - margins.bottom - (places[:, 1] + reach).max(),
    ]
    # Perspective enlarges what is near; spheres then reach a little beyond their projected radius.
    assert min(edges) > (-4.0 if perspective else -1e-6)
    if not perspective:
        assert min(edges) == pytest.approx(0.0, abs=1e-6)
