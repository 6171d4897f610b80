"""Questions about a store, answered by a process of its own; it may be lost."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from negnn_gui.analysis.site_filter import FilterError
from negnn_gui.bench.generated_store import generate_store
from negnn_gui.screening.request import ScreeningError
from negnn_gui.screening.result_store import part_path
from negnn_gui.screening.store_process import StoreProcess
from negnn_gui.screening.store_server import Copy, Failures, OpenStore, Order, Page, StoreServer
from negnn_gui.screening.store_tables import QueryCancelledError, StoreTables


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """300 structures of 4 sites in three parts."""
    folder = tmp_path_factory.mktemp("generated") / "store"
    generate_store(folder, 300, 4)
    return folder


@pytest.fixture(scope="module")
def process() -> Iterator[StoreProcess]:
    process = StoreProcess()
    yield process
    process.stop()


def test_answers_are_those_of_the_tables(process: StoreProcess, store: Path) -> None:
    assert process.ask(Page("sites", np.arange(2))) is None, "no store is open"
    assert process.ask(OpenStore(store, 1)) == (128, 512)
    assert process.ask(OpenStore(store, 3)) == (300, 1200)
    tables = StoreTables(store, 3)
    rows, n_parts = process.ask(Order("sites", "moment_pred_muB > 4", ("moment_pred_muB", True), 0))
    expected = tables.ordered(
        "sites", tables.matching("sites", "moment_pred_muB > 4"), "moment_pred_muB", True
    )
    assert n_parts == 3 and np.array_equal(rows, expected)
    page = process.ask(Page("sites", rows[:5]))
    assert np.array_equal(page["moment_pred_muB"], tables.rows("sites", expected[:5])["moment_pred_muB"])
    text = process.ask(Copy("structures", np.array([2, 0]), ("structure", "n_sites")))
    assert text == "structure\tn_sites\nstructure_000002\t4\nstructure_000000\t4\n"
    assert process.ask(Failures(store)) == []


def test_a_mistake_is_told_and_the_next_question_answered(process: StoreProcess, store: Path) -> None:
    process.ask(OpenStore(store, 3))
    with pytest.raises(FilterError, match="there is no column moment"):
        process.ask(Order("sites", "moment > 2", None, 0))
    assert len(process.ask(Order("sites", "", None, 2))[0]) == 4 * 44


@pytest.mark.skipif(os.name != "posix", reason="a process is stopped by a signal")
def test_nobody_waits_for_what_was_given_up(process: StoreProcess, store: Path) -> None:
    process.ask(OpenStore(store, 3))
    pid = process.pid
    os.kill(pid, signal.SIGSTOP)  # it is slow
    asked: list[int] = []

    def given_up() -> bool:
        asked.append(1)
        if len(asked) == 1:
            threading.Timer(0.2, os.kill, (pid, signal.SIGCONT)).start()
        return True

    with pytest.raises(QueryCancelledError):
        process.ask(Order("sites", "moment_pred_muB > 1", None, 0), given_up)
    assert len(process.ask(Page("sites", np.arange(3)))["frame"]) == 3


def test_a_lost_process_is_replaced_and_knows_the_store(process: StoreProcess, store: Path) -> None:
    process.ask(OpenStore(store, 2))
    before = process.pid
    os.kill(before, getattr(signal, "SIGKILL", signal.SIGTERM))
    rows, n_parts = process.ask(Order("structures", "", None, 0))
    assert (len(rows), n_parts) == (256, 2)
    assert process.pid != before


def test_closing_waits_for_no_answer(store: Path) -> None:
    process = StoreProcess(closing=lambda: True)
    with pytest.raises(QueryCancelledError):
        process.ask(OpenStore(store, 3))
    assert process.pid == 0


def test_a_damaged_part_is_a_sentence(store: Path, tmp_path: Path) -> None:
    folder = tmp_path / "damaged"
    generate_store(folder, 10, 2)
    part_path(folder, "sites", 0).write_bytes(b"PAR1nonsense")
    with pytest.raises(ScreeningError, match=r"sites-000000\.parquet is damaged"):
        StoreServer().answer(OpenStore(folder, 1))
