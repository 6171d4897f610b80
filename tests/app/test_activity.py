"""Progress in words."""

from __future__ import annotations

import pytest

from negnn_gui.app.activity import Activity, Meter, duration


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


def test_meter_runs_from_start_to_stop_and_counts_anew():
    meter = Meter()
    assert meter.elapsed_s == 0.0
    meter.start()
    meter.answered = 5
    began = meter.elapsed_s
    meter.start()
    assert meter.elapsed_s >= began
    assert meter.answered == 5
    assert meter.stop() >= began
    assert (meter.answered, meter.elapsed_s) == (0, 0.0)
