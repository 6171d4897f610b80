"""The pace of drawing: coarser while slow, finer again when fast, smooth at rest unless that would take long."""

from __future__ import annotations

from negnn_gui.app.views.canvas_pacing import Pacing


def settle(cost: float, pacing: Pacing | None = None) -> Pacing:
    """Draw twenty moving pictures that take ``cost`` seconds at full resolution, in proportion to their pixels."""
    pacing = pacing or Pacing()
    for _ in range(20):
        pacing.moving_took(cost / pacing.divisor**2)
    return pacing


def test_a_fast_machine_draws_every_pixel() -> None:
    assert settle(0.01).divisor == 1.0


def test_a_slow_one_drops_resolution_until_ten_pictures_a_second_are_reached() -> None:
    pacing = settle(0.6)
    assert 0.6 / pacing.divisor**2 < 0.1
    assert pacing.divisor <= 4.0


def test_resolution_comes_back() -> None:
    assert settle(0.005, settle(0.6)).divisor == 1.0


def test_the_smooth_picture_is_drawn_while_moving_only_where_it_is_nearly_free() -> None:
    assert settle(0.005).smooth_while_moving()
    assert not settle(0.05).smooth_while_moving()
    assert not Pacing().smooth_while_moving()


def test_at_rest_the_picture_is_smooth_unless_that_would_take_seconds() -> None:
    pacing = Pacing()
    assert pacing.smooth_at_rest()
    pacing.resting_took(0.4, smooth=True)
    assert pacing.smooth_at_rest()
    pacing.resting_took(2.0, smooth=True)
    assert not pacing.smooth_at_rest()
    pacing.resting_took(0.1, smooth=False)
    assert pacing.smooth_at_rest()
