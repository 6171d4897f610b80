"""The prediction worker: it answers, it can be stopped, and nothing that is raised ends it or hangs it."""

from __future__ import annotations

import gc
import threading
import weakref
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import QCoreApplication, QEvent, QObject
from pytestqt.qtbot import QtBot

from negnn_gui.app.jobs import PredictionWorker, PredictRequest, Worker, any_stuck, sentence
from negnn_gui.inference.predictor import Predictor
from negnn_gui.results import Analysis
from negnn_gui.structures.entry import StructureEntry
from negnn_gui.structures.reading import read_structures

WAIT_MS = 60_000


@pytest.fixture
def entries(nio: Path) -> tuple[StructureEntry, ...]:
    """Three different entries of the same structure."""
    return tuple(entry for _ in range(3) for entry in read_structures(nio))


class Listener:
    """Collects what a worker says, in order."""

    def __init__(self, worker: PredictionWorker) -> None:
        self.said: list[tuple] = []
        worker.result.connect(lambda generation, analysis: self.said.append(("result", generation, analysis)))
        worker.failed.connect(
            lambda generation, entry_id, why: self.said.append(("failed", generation, entry_id, why))
        )
        worker.notice.connect(lambda text: self.said.append(("notice", text)))
        worker.device_changed.connect(lambda device: self.said.append(("device", device)))
        worker.ended.connect(lambda number: self.said.append(("ended", number)))

    def of(self, kind: str) -> list[tuple]:
        return [words[1:] for words in self.said if words[0] == kind]


@pytest.fixture
def start(qtbot: QtBot) -> Iterator[Callable[[Callable[[], Predictor]], tuple[PredictionWorker, Listener]]]:
    """Start workers; all of them must be joinable at the end."""
    workers: list[PredictionWorker] = []

    def start_one(load: Callable[[], Predictor]) -> tuple[PredictionWorker, Listener]:
        worker = PredictionWorker(load)
        workers.append(worker)
        listener = Listener(worker)
        worker.start()
        return worker, listener

    yield start_one
    for worker in workers:
        assert worker.close(20), "the worker hangs"


def wait_for_end(qtbot: QtBot, listener: Listener, count: int = 1) -> None:
    qtbot.waitUntil(lambda: len(listener.of("ended")) >= count, timeout=WAIT_MS)


def test_predicts_every_entry_in_order_and_says_on_which_device(qtbot, start, load_tiny, entries):
    worker, heard = start(load_tiny)
    number = worker.submit(PredictRequest(7, entries))
    wait_for_end(qtbot, heard)
    results = heard.of("result")
    assert [generation for generation, _ in results] == [7, 7, 7]
    assert [analysis.entry_id for _, analysis in results] == [entry.id for entry in entries]
    assert all(isinstance(analysis, Analysis) for _, analysis in results)
    assert heard.of("device") == [("cpu",)]
    assert heard.of("ended") == [(number,)]


def test_models_are_loaded_once_in_the_worker(qtbot, start, load_tiny, entries):
    threads = []

    def load() -> Predictor:
        threads.append(threading.current_thread())
        return load_tiny()

    worker, heard = start(load)
    worker.submit(PredictRequest(1, ()))
    worker.submit(PredictRequest(2, entries))
    wait_for_end(qtbot, heard, 2)
    assert len(heard.of("result")) == 3
    assert len(threads) == 1
    assert threads[0] is not threading.main_thread()


def test_a_structure_that_cannot_be_predicted_costs_only_itself(qtbot, start, load_tiny, entries, tmp_path):
    from pymatgen.core import Lattice, Structure

    mixed = Structure(Lattice.cubic(3.6), [{"Fe": 0.5, "Ni": 0.5}], [[0, 0, 0]])
    disordered = StructureEntry("mixed", None, 0, "mixed", mixed, ("M1",))
    worker, heard = start(load_tiny)
    worker.submit(PredictRequest(1, (entries[0], disordered, entries[1])))
    wait_for_end(qtbot, heard)
    assert [entry_id for _, entry_id, _ in heard.of("failed")] == ["mixed"]
    assert len(heard.of("result")) == 2


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (MemoryError(), "not enough memory"),
        (RuntimeError("CUDA out of memory. Tried to allocate 2.00 GiB"), "not enough memory"),
        (ValueError("odd"), "unexpected error (ValueError: odd)"),
        (SystemExit(3), "unexpected error (SystemExit"),
        (OSError(28, "No space left on device", "/models"), "No space left on device: /models"),
    ],
)
def test_failure_to_load_fails_every_entry_and_the_next_request_tries_again(
    qtbot, start, load_tiny, entries, error, said
):
    attempts = [error]

    def load() -> Predictor:
        if attempts:
            raise attempts.pop()
        return load_tiny()

    worker, heard = start(load)
    worker.submit(PredictRequest(1, entries))
    wait_for_end(qtbot, heard)
    assert [entry_id for _, entry_id, _ in heard.of("failed")] == [entry.id for entry in entries]
    assert all(said in why for _, _, why in heard.of("failed"))
    worker.submit(PredictRequest(2, entries))
    wait_for_end(qtbot, heard, 2)
    assert len(heard.of("result")) == 3


def test_failure_to_load_ahead_of_time_is_a_notice(qtbot, start):
    def load() -> Predictor:
        raise MemoryError

    worker, heard = start(load)
    worker.submit(PredictRequest(1, ()))
    wait_for_end(qtbot, heard)
    assert len(heard.of("notice")) == 1
    assert "could not be loaded" in heard.of("notice")[0][0]


def test_what_is_raised_amid_a_prediction_fails_only_the_unanswered(
    qtbot, start, load_tiny, entries, monkeypatch
):
    predict = Predictor.predict

    def broken(self, wanted, **callbacks):
        yield from predict(self, wanted[:1], **callbacks)
        raise KeyboardInterrupt

    monkeypatch.setattr(Predictor, "predict", broken)
    worker, heard = start(load_tiny)
    worker.submit(PredictRequest(1, entries))
    wait_for_end(qtbot, heard)
    assert [analysis.entry_id for _, analysis in heard.of("result")] == [entries[0].id]
    assert [entry_id for _, entry_id, _ in heard.of("failed")] == [entry.id for entry in entries[1:]]
    assert worker.isRunning()


def test_exhausted_memory_on_prediction_halves_the_batch_and_says_so(
    qtbot, start, load_tiny, entries, monkeypatch
):
    compute = Predictor._compute

    def exhausted(self, ready, levels):
        if len(ready) > 1:
            raise RuntimeError("CUDA out of memory. Tried to allocate 1.00 GiB")
        return compute(self, ready, levels)

    monkeypatch.setattr(Predictor, "_compute", exhausted)
    worker, heard = start(load_tiny)
    worker.submit(PredictRequest(1, entries))
    wait_for_end(qtbot, heard)
    assert len(heard.of("result")) == 3
    assert any("half" in text for (text,) in heard.of("notice"))


def test_cancel_stops_the_running_request_and_drops_the_queued_ones(
    qtbot, start, load_tiny, entries, monkeypatch
):
    reached, go_on = threading.Event(), threading.Event()
    predict = Predictor.predict

    def slow(self, wanted, *, cancelled, **callbacks):
        for entry in wanted:
            if cancelled():
                return
            yield from predict(self, [entry], cancelled=cancelled, **callbacks)
            reached.set()
            go_on.wait(30)

    monkeypatch.setattr(Predictor, "predict", slow)
    worker, heard = start(load_tiny)
    worker.submit(PredictRequest(1, entries))
    worker.submit(PredictRequest(2, entries))
    assert reached.wait(WAIT_MS / 1000)
    worker.cancel()
    go_on.set()
    wait_for_end(qtbot, heard, 2)
    assert len(heard.of("result")) == 1
    assert heard.of("failed") == []
    worker.submit(PredictRequest(3, entries))
    wait_for_end(qtbot, heard, 3)
    assert [generation for generation, _ in heard.of("result")] == [1, 3, 3, 3]


def test_close_gives_up_after_the_timeout_and_works_later(qtbot, start, load_tiny):
    reached, go_on = threading.Event(), threading.Event()

    def stuck() -> Predictor:
        reached.set()
        go_on.wait(30)
        return load_tiny()

    worker, _ = start(stuck)
    worker.submit(PredictRequest(1, ()))
    assert reached.wait(10)
    assert not any_stuck()
    assert not worker.close(0.1)
    assert any_stuck(), "the program must not wait for it at its end"
    go_on.set()
    assert worker.close(20)
    assert not any_stuck()


class Sleeper(Worker):
    """Hears no cancel while it serves."""

    def serve(self, request: tuple[threading.Event, threading.Event]) -> None:
        reached, go_on = request
        reached.set()
        go_on.wait(30)


def test_a_thread_that_goes_on_after_its_owner_let_it_go_ends_nothing(qtbot):
    """Qt aborts the process where a running thread is destroyed, by Python or with its parent."""
    owner, reached, go_on = QObject(), threading.Event(), threading.Event()
    worker = Sleeper(owner)
    worker.start()
    worker.submit((reached, go_on))
    assert reached.wait(10)
    assert not worker.close(0.1)
    alive = weakref.ref(worker)
    del worker
    owner.deleteLater()
    del owner
    QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)
    gc.collect()
    assert any_stuck()
    go_on.set()
    qtbot.waitUntil(lambda: not any_stuck(), timeout=WAIT_MS)
    assert alive() is not None


def test_sentences_have_one_line_and_no_traceback():
    from negnn_gui.models.registry import UnknownModelError

    assert sentence(UnknownModelError("no model is named 'x'")) == "no model is named 'x'"
    long = sentence(ValueError("first line\nsecond line " + "x" * 1000))
    assert "\n" not in long
    assert len(long) < 300
