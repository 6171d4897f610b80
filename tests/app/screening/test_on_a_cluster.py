"""The window gives a screening to a scheduler: two workers on loopback, one killed; cancelled, gone on with."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest
from minimal_cif import minimal_cubic_cif
from PySide6.QtCore import Qt

import negnn_gui
from negnn_gui.app.screening.computing_place import HERE, ComputingPlace, GoOnElsewhere
from negnn_gui.app.screening.new_screening import NewScreening
from negnn_gui.app.screening.screening_window import ScreeningWindow
from negnn_gui.app.screening.state import Stage
from negnn_gui.app.workbench import Workbench
from negnn_gui.bench.local_cluster import LocalCluster
from negnn_gui.screening.rounds import live_failures, rounds
from negnn_gui.screening.store_tables import StoreTables

if TYPE_CHECKING:
    from pytestqt.qtbot import QtBot

    from negnn_gui.app.preferences import Preferences

pytest.importorskip("distributed")
pytestmark = [
    pytest.mark.gui,
    pytest.mark.skipif(os.name != "posix", reason="a worker is killed by a signal"),
]
LEFT = Qt.MouseButton.LeftButton
FILES, BAD_EVERY = 600, 50
WAIT = 600_000
SITES = ("Fe1 Fe 0 0 0", "O1 O 0.5 0.5 0.5")


@pytest.fixture
def bench(make_bench: Callable[..., Workbench]) -> Iterator[Workbench]:
    bench = make_bench()
    yield bench
    bench.window.close()


@pytest.fixture
def files(tmp_path: Path) -> Path:
    """600 crystals, every 50th broken."""
    folder = tmp_path / "many"
    folder.mkdir()
    for number in range(FILES):
        text = "data_broken\n" if number % BAD_EVERY == 7 else minimal_cubic_cif(3 + 0.001 * number, *SITES)
        (folder / f"x{number:03d}.cif").write_text(text)
    return folder


@pytest.fixture
def cluster(tmp_path: Path, tiny_models: Path) -> Iterator[LocalCluster]:
    place = tmp_path / "cluster"
    place.mkdir()
    root = str(Path(negnn_gui.__file__).parent.parent)
    environment = {
        **os.environ,
        "XDG_DATA_HOME": str(tiny_models),
        "PYTHONPATH": root,
        "OMP_NUM_THREADS": "1",
    }
    with LocalCluster(place, environment) as cluster:
        yield cluster


def begun(bench: Workbench, qtbot: QtBot, files: Path, store: Path, address: str) -> ScreeningWindow:
    """The dialog, filled in and confirmed with real keys and clicks."""
    bench.screening.offer([files], "")
    dialog = bench.window.findChild(NewScreening)
    dialog.folder.setText(str(store))
    dialog.place.lineEdit().selectAll()
    qtbot.keyClicks(dialog.place.lineEdit(), address)
    qtbot.mouseClick(dialog.start, LEFT)
    return bench.screening.window


@pytest.mark.slow
@pytest.mark.timeout(1800)
def test_a_cluster_screens_for_the_window(
    bench: Workbench, qtbot: QtBot, cluster: LocalCluster, files: Path, tmp_path: Path
) -> None:
    workers = [cluster.worker(name) for name in ("one", "two")]
    store = tmp_path / "results"
    window = begun(bench, qtbot, files, store, cluster.address)
    assert cluster.address in window.pace.text()
    qtbot.waitUntil(lambda: window.screenings.n_parts >= 1, timeout=WAIT)
    qtbot.mouseClick(window.pause, LEFT)
    assert window.screenings.state.stage is Stage.PAUSED
    workers[0].kill()
    qtbot.mouseClick(window.cancel, LEFT)
    qtbot.waitUntil(lambda: window.screenings.state.stage is Stage.STOPPED, timeout=WAIT)
    assert not rounds(store)[-1].last.complete
    qtbot.mouseClick(window.pause, LEFT)  # "Go on", on the worker that is left
    qtbot.waitUntil(lambda: window.screenings.state.stage is Stage.DONE, timeout=WAIT)
    n_bad = FILES // BAD_EVERY
    tables = StoreTables(store, rounds(store)[-1].n_parts)
    names = tables.rows("structures", np.arange(tables.n_rows("structures")))["structure"]
    assert sorted(names) == [f"x{n:03d}" for n in range(FILES) if n % BAD_EVERY != 7]
    assert tables.n_rows("sites") == 2 * (FILES - n_bad)
    assert len({failure.path for failure in live_failures(store)}) == n_bad


def test_no_scheduler_is_a_sentence_and_the_rest_goes_on_here(
    bench: Workbench, qtbot: QtBot, files: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("negnn_gui.screening.cluster._CONNECT_LIMIT_S", 0.5)
    for path in sorted(files.iterdir())[12:]:
        path.unlink()
    window = begun(bench, qtbot, files, tmp_path / "results", "tcp://127.0.0.1:9")
    qtbot.waitUntil(lambda: window.screenings.state.stage is Stage.STOPPED, timeout=WAIT)
    assert "no Dask scheduler answers at tcp://127.0.0.1:9" in window.pace.text()
    assert bench.controller.preferences.clusters == ("tcp://127.0.0.1:9",)
    qtbot.mouseClick(window.elsewhere, LEFT)
    dialog = window.findChild(GoOnElsewhere)
    assert dialog.place.address == "tcp://127.0.0.1:9"
    dialog.place.setCurrentText("nowhere")
    qtbot.mouseClick(dialog.go_on, LEFT)
    assert dialog.problem.text() == "An address of a Dask scheduler looks like tcp://HOST:8786, not nowhere."
    dialog.place.setCurrentText(HERE)
    qtbot.mouseClick(dialog.go_on, LEFT)
    qtbot.waitUntil(lambda: window.screenings.state.stage is Stage.DONE, timeout=WAIT)
    assert window.counts.text() == "12 of 12 files · 11 structures · 22 sites · 1 failed"


def test_cancel_ends_the_search_for_a_scheduler(
    bench: Workbench, qtbot: QtBot, files: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("negnn_gui.screening.cluster._CONNECT_TRY_S", 0.3)
    window = begun(bench, qtbot, files, tmp_path / "results", "tcp://127.0.0.1:9")
    qtbot.waitUntil(window.cancel.isVisible, timeout=WAIT)
    qtbot.mouseClick(window.cancel, LEFT)
    qtbot.waitUntil(lambda: window.screenings.state.stage is Stage.STOPPED, timeout=WAIT)
    assert window.pace.text() == "Stopped; it can go on from here"


def test_the_field_offers_addresses_used_before(qtbot: QtBot, preferences: Preferences) -> None:
    for number in range(7):
        preferences.remember_cluster(f"tcp://node{number}:8786")
    field = ComputingPlace(preferences)
    qtbot.addWidget(field)
    assert (field.currentText(), field.address, field.problem) == (HERE, "", "")
    assert [field.itemText(k) for k in range(field.count())] == [
        HERE,
        *(f"tcp://node{k}:8786" for k in (6, 5, 4, 3, 2)),
    ]
    for text, fine in (("node:8786", True), ("tls://10.0.0.1:8786", True), ("node", False), ("a b:1", False)):
        field.setCurrentText(text)
        assert (not field.problem) is fine, text
