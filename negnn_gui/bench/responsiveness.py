"""Does the window stay alive while the worker works? A heartbeat on the GUI thread tells."""

from __future__ import annotations

from negnn_gui.bench import processes
from negnn_gui.bench.benchmark import Benchmark, Settings
from negnn_gui.bench.figures import Figure, Measured

_IMPORT_TARGET_MS = 500.0
_WORK_TARGET_MS = 100.0


def measure_worker(settings: Settings) -> Measured:
    """Longest gap of the heartbeat while the worker imports torch, loads the models, predicts 200 atoms."""
    answer = processes.ask("worker_heartbeat", _arguments(settings))
    gaps = answer["longest_gap_ms"]
    return Measured(
        (
            Figure("gap_importing_torch", gaps["import"], "ms", target=_IMPORT_TARGET_MS),
            Figure("gap_loading_models", gaps["load"], "ms", target=_WORK_TARGET_MS),
            Figure("gap_predicting", gaps["predict"], "ms", target=_WORK_TARGET_MS),
            Figure("importing_torch", answer["took_ms"]["import"], "ms"),
            Figure("loading_models", answer["took_ms"]["load"], "ms"),
            Figure("predicting", answer["took_ms"]["predict"], "ms"),
        ),
        {"atoms": answer["atoms"], "heartbeat_ms": answer["heartbeat_ms"], "qt_platform": answer["platform"]},
    )


def measure_window(settings: Settings) -> Measured:
    """The same in the whole window: from a file of 200 atoms opened to its moments on show."""
    answer = processes.ask("window_heartbeat", _arguments(settings))
    return Measured(
        (
            Figure("gap_open_to_moments", answer["longest_gap_ms"]["open"], "ms", target=_WORK_TARGET_MS),
            Figure("open_to_moments", answer["took_ms"]["open"], "ms"),
            Figure("gap_furnishing", answer["longest_gap_ms"]["furnish"], "ms"),
            Figure("furnishing", answer["took_ms"]["furnish"], "ms"),
        ),
        {
            "atoms": answer["atoms"],
            "heartbeat_ms": answer["heartbeat_ms"],
            "qt_platform": answer["platform"],
            "renderer": answer["renderer"],
        },
    )


def _arguments(settings: Settings) -> list[str]:
    atoms = ["--copies", "1" if settings.quick else "10"]
    return atoms if settings.model is None else [*atoms, "--model", settings.model]


WORKER = Benchmark("worker", "Heartbeat of the GUI thread while the worker works", measure_worker)
WINDOW = Benchmark("heartbeat", "Heartbeat of the window while a crystal is opened", measure_window)
