"""Many requests, few updates, and always one after the last request."""

from __future__ import annotations

import time
from itertools import pairwise

from negnn_gui.app.coalesce import Coalescer


def test_a_burst_becomes_one_update(qtbot):
    acted = []
    coalescer = Coalescer(lambda: acted.append(1), every_ms=20)
    for _ in range(100):
        coalescer.request()
    assert coalescer.pending
    assert acted == []
    qtbot.waitUntil(lambda: len(acted) == 1)
    qtbot.wait(60)
    assert len(acted) == 1
    assert not coalescer.pending


def test_updates_keep_their_distance_and_the_last_request_is_served(qtbot):
    times = []
    coalescer = Coalescer(lambda: times.append(time.monotonic()), every_ms=80)
    last_request = 0.0
    for _ in range(20):
        coalescer.request()
        last_request = time.monotonic()
        qtbot.wait(10)
    qtbot.waitUntil(lambda: not coalescer.pending)
    assert all(later - earlier >= 0.07 for earlier, later in pairwise(times))
    assert times[-1] >= last_request
    assert 2 <= len(times) <= 6


def test_stop_drops_what_is_pending(qtbot):
    acted = []
    coalescer = Coalescer(lambda: acted.append(1), every_ms=10)
    coalescer.request()
    coalescer.stop()
    qtbot.wait(40)
    assert acted == []
