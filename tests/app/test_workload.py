"""Counting what the workers do."""

from __future__ import annotations

import pytest

from negnn_gui.app.workload import Workload


@pytest.fixture
def work() -> Workload:
    return Workload()


def activity(work: Workload, waiting: int = 0, busy: bool = False, has_models: bool = True):
    return work.activity(waiting=waiting, predictor_busy=busy, has_models=has_models)


def test_nothing_to_do_is_no_activity(work):
    assert activity(work) is None


def test_predictions_are_counted_until_there_is_nothing_left(work):
    work.begin_prediction()
    work.count_answer()
    shown = activity(work, waiting=2, busy=True)
    assert (shown.verb, shown.done, shown.total) == ("Predicting", 1, 3)
    work.begin_prediction()
    work.count_answer()
    assert work.end_prediction().startswith("Predicted 2 structures in ")
    assert work.end_prediction() == ""
    work.begin_prediction()
    assert activity(work, waiting=1).done == 0


def test_time_adds_up_over_stretches_and_not_between_them(work):
    work.begin_prediction()
    work.end_prediction()
    first = work.predicting_s
    assert work.predicting_s == first
    work.begin_prediction()
    work.end_prediction()
    assert work.predicting_s >= first


def test_start_is_that_of_the_first_prediction(work):
    assert work.started == ""
    work.begin_prediction()
    started = work.started
    assert started.endswith("+00:00")
    work.end_prediction()
    work.begin_prediction()
    assert work.started == started


def test_reading_saving_and_loading_are_told_apart(work):
    work.begin_files(1, "Reading")
    work.note_read(3, 10)
    assert activity(work).text == "Reading: 3 of 10 files"
    assert activity(work).can_cancel
    work.end_files(1)
    work.begin_files(2, "Saving")
    assert activity(work).text == "Saving…"
    assert not activity(work).can_cancel
    work.end_files(2)
    assert not work.has_files
    assert activity(work, busy=True, has_models=False).verb == "Loading the models"
    assert not activity(work, busy=True, has_models=False).can_cancel
    assert activity(work, waiting=1, busy=True, has_models=False).can_cancel
    assert activity(work, busy=True).verb == "Stopping"
