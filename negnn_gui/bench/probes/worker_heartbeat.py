"""The worker alone: it imports torch, loads the models and predicts while the main thread only beats."""

from __future__ import annotations

import argparse
import time
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication

from negnn_gui.app.jobs import PredictionWorker, PredictRequest
from negnn_gui.app.loading import heavy_imports
from negnn_gui.bench.crystals import TWENTY_ATOMS, supercell
from negnn_gui.bench.probes.answer import answer
from negnn_gui.bench.probes.heartbeat import INTERVAL_MS, Heartbeat

if TYPE_CHECKING:
    from negnn_gui.inference.predictor import Predictor


class Stages:
    """Loads a predictor as the window does, noting when each stage begins (s, ``time.perf_counter``)."""

    def __init__(self, model: str | None) -> None:
        self._model = model
        self.begun: dict[str, float] = {}

    def load(self) -> Predictor:
        """Import torch, then load the models; called by the worker thread."""
        self.begun["import"] = time.perf_counter()
        with heavy_imports():
            from negnn_gui.inference.predictor import Predictor
        self.begun["load"] = time.perf_counter()
        predictor = Predictor.load(self._model, device="cpu")
        self.begun["predict"] = time.perf_counter()
        return predictor


def main() -> None:
    """Predict one large cell and answer with the longest gap of each stage."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--copies", type=int, default=10)
    parser.add_argument("--model")
    arguments = parser.parse_args()
    application = QGuiApplication([])
    entry = supercell(TWENTY_ATOMS, (arguments.copies, 1, 1))
    stages = Stages(arguments.model)
    worker = PredictionWorker(load=stages.load)
    failures: list[str] = []
    queued = Qt.ConnectionType.QueuedConnection
    worker.failed.connect(lambda generation, entry_id, reason: failures.append(reason), queued)
    worker.ended.connect(application.quit, queued)
    heartbeat = Heartbeat()
    worker.start()
    worker.submit(PredictRequest(0, (entry,)))
    application.exec()
    ended = time.perf_counter()
    if failures:
        answer(left_out=failures[0])
    begun = stages.begun
    spans = {
        "import": (begun["import"], begun["load"]),
        "load": (begun["load"], begun["predict"]),
        "predict": (begun["predict"], ended),
    }
    answer(
        longest_gap_ms={name: heartbeat.longest_gap_ms(*span) for name, span in spans.items()},
        took_ms={name: 1000.0 * (end - begin) for name, (begin, end) in spans.items()},
        atoms=entry.n_sites,
        heartbeat_ms=INTERVAL_MS,
        platform=QGuiApplication.platformName(),
    )


if __name__ == "__main__":
    main()
