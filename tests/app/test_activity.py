"""Progress in words."""

from __future__ import annotations

import pytest

from negnn_gui.app.activity import Activity, duration, elapsed


@pytest.mark.parametrize(
    ("activity", "text"),
    [
        (Activity("Reading"), "Reading…"),
        (Activity("Predicting", 0, 412, 3.0), "Predicting: 0 of 412 structures"),
        (Activity("Predicting", 38, 412, 0.62), "Predicting: 38 of 412 structures, 61 /s, 6 s left"),
        (Activity("Predicting", 2, 10, 8.0), "Predicting: 2 of 10 structures, 0.2 /s, 32 s left"),
        (Activity("Predicting", 412, 412, 6.0), "Predicting: 412 of 412 structures, 69 /s"),
        (Activity("Reading", 1, 2000, 0.01, "files"), "Reading: 1 of 2,000 files"),
    ],
)
def test_text(activity, text):
    assert activity.text == text


@pytest.mark.parametrize(
    ("seconds", "text"), [(0.2, "1 s"), (89, "89 s"), (95, "2 min"), (3600, "60 min"), (7800, "2 h 10 min")]
)
def test_duration(seconds, text):
    assert duration(seconds) == text


@pytest.mark.parametrize(
    ("seconds", "text"), [(0.0001, "1 ms"), (0.034, "34 ms"), (1.52, "1.5 s"), (31, "31 s"), (240, "4 min")]
)
def test_elapsed(seconds, text):
    assert elapsed(seconds) == text
