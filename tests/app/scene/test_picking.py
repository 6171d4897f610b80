"""Ray against spheres, compared with the textbook quadratic."""

from __future__ import annotations

import numpy as np

from negnn_gui.app.scene.picking import inside_rectangle, pick


def by_quadratic(origin: np.ndarray, direction: np.ndarray, centres: np.ndarray, radii: np.ndarray) -> int:
    """First sphere on the ray, one sphere at a time: abs(origin + t direction - centre) = radius."""
    best, first = -1, np.inf
    for index, (centre, radius) in enumerate(zip(centres, radii, strict=True)):
        a = direction @ direction
        b = 2.0 * direction @ (origin - centre)
        c = (origin - centre) @ (origin - centre) - radius**2
        discriminant = b * b - 4.0 * a * c
        if discriminant < 0.0:
            continue
        roots = [(-b - np.sqrt(discriminant)) / (2 * a), (-b + np.sqrt(discriminant)) / (2 * a)]
        ahead = [root for root in roots if root >= 0.0]
        if ahead and ahead[0] < first:
            best, first = index, ahead[0]
    return best


def test_a_thousand_random_rays_agree_with_the_reference() -> None:
    rng = np.random.default_rng(3)
    centres = rng.uniform(-8, 8, (120, 3))
    radii = rng.uniform(0.2, 1.4, 120)
    hits = 0
    for _ in range(1000):
        origin = rng.uniform(-12, 12, 3)
        direction = (rng.uniform(-7, 7, 3) - origin) * rng.uniform(0.1, 10)
        expected = by_quadratic(origin, direction, centres, radii)
        assert pick(origin, direction, centres, radii) == expected
        hits += expected >= 0
    assert 300 < hits < 1000  # both answers were asked for


def test_a_far_origin_costs_no_accuracy() -> None:
    centres = np.array([[0.0, 0, 0], [0, 0.5, 0]])
    radii = np.array([0.25, 0.25])
    far = np.array([0.0, 0.2499, 1e5])
    assert pick(far, np.array([0.0, 0, -1]), centres, radii) == 0
    assert pick(np.array([0.0, 0.2502, 1e5]), np.array([0.0, 0, -1]), centres, radii) == 1


def test_spheres_behind_the_viewer_and_no_spheres_are_missed() -> None:
    ahead = np.array([0.0, 0, 1])
    assert pick(np.zeros(3), ahead, np.array([[0.0, 0, -3]]), np.array([1.0])) == -1
    assert pick(np.zeros(3), ahead, np.empty((0, 3)), np.empty(0)) == -1


def test_a_rubber_band_holds_the_points_between_its_corners_in_any_order() -> None:
    points = np.array([[5.0, 5.0, 0], [15, 5, 0], [10, 10, 9]])
    assert inside_rectangle(points, (12, 12), (0, 0)).tolist() == [0, 2]
    assert inside_rectangle(points, (20, 0), (11, 9)).tolist() == [1]
