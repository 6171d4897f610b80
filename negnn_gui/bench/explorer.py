"""The embedding explorer: nearest neighbours, loading the atlas, and the window's map at 100,000 sites."""

from __future__ import annotations

import tempfile
from pathlib import Path

from negnn_gui.bench import processes
from negnn_gui.bench.benchmark import Benchmark, Settings, median_ms, one_thread
from negnn_gui.bench.figures import Figure, Measured

_VECTORS, _QUICK = 100_000, 5_000
_NEAREST_TARGET_MS, _LOAD_TARGET_MS, _FRAME_TARGET_MS = 20.0, 300.0, 50.0
_MEMORY_TARGET_MB = 250.0
_STEPS = 40


def measure_nearest(settings: Settings) -> Measured:
    """One query among 100,000 vectors of length 64, and loading an atlas of 30,000 made-up sites."""
    import numpy as np

    from negnn_gui.analysis.atlas import Atlas
    from negnn_gui.analysis.atlas_files import AtlasSites, write_atlas
    from negnn_gui.analysis.neighbours import VectorIndex
    from negnn_gui.results import ModelRef

    n = _QUICK if settings.quick else _VECTORS
    random = np.random.default_rng(0)
    vectors = random.normal(size=(n, 64)).astype(np.float32)
    sites = n * 3 // 10
    with one_thread(), tempfile.TemporaryDirectory() as folder:
        index = VectorIndex(vectors)
        nearest = median_ms(lambda: index.query(vectors[:1], 10), settings.repeats)
        names = np.array([f"Fe{row % 4000}O" for row in range(sites)], dtype=object)
        write_atlas(
            Path(folder),
            encoder=ModelRef("benchmark", "0" * 64),
            sites=AtlasSites(names, names, names, names, np.ones(sites), np.ones(sites)),
            embeddings=random.normal(size=(6, sites, 64)).astype(np.float32),
        )
        load = median_ms(lambda: Atlas.load(Path(folder)), settings.repeats)
    return Measured(
        (
            Figure("ten_nearest", nearest, "ms", target=_NEAREST_TARGET_MS),
            Figure("load_atlas", load, "ms", target=_LOAD_TARGET_MS),
        ),
        {"vectors": n, "dimensions": 64, "atlas_sites": sites, "threads": 1, "repeats": settings.repeats},
    )


def measure_map(settings: Settings) -> Measured:
    """A picture of the map at 100,000 sites and 30,000 known ones, while mouse and wheel move it.

    With all sites in view (a density image) and with as many as are drawn as points; on the clock, and of the
    processor.
    """
    points = _QUICK if settings.quick else _VECTORS
    steps = 4 if settings.quick else _STEPS
    answer = processes.ask("explorer_map", ["--points", str(points), "--steps", str(steps)], {})
    figures = []
    for name in ("pan", "zoom", "pan_points", "zoom_points"):
        figures.append(Figure(f"{name}_frame", answer[name]["clock"], "ms", target=_FRAME_TARGET_MS))
        figures.append(Figure(f"{name}_work", answer[name]["processor"], "ms", target=_FRAME_TARGET_MS))
    return Measured(
        tuple(figures),
        {
            "sites": answer["sites"],
            "known": answer["known"],
            "as_points": answer["in_view"],
            "size": "800x600",
            "steps": steps,
        },
    )


def measure_linked(settings: Settings) -> Measured:
    """A tenth of 100,000 sites of ten structures selected on the map, marked in map, table and plots; memory."""
    points = _QUICK if settings.quick else _VECTORS
    answer = processes.ask(
        "explorer_linked", ["--points", str(points), "--repeats", str(settings.repeats)], {}
    )
    memory = answer["atlas_mb"]
    weight = () if memory is None else (Figure("memory_of_atlas", memory, "MB", target=_MEMORY_TARGET_MB),)
    return Measured(
        (Figure("select_linked", answer["linked_ms"], "ms", target=_FRAME_TARGET_MS), *weight),
        {"points": points, "selected": answer["selected"], "repeats": settings.repeats},
    )


NEAREST = Benchmark("nearest", "Nearest known sites, and loading an atlas", measure_nearest)
LINKED = Benchmark(
    "linked", "One selection in all views at 100,000 sites, and the atlas's memory", measure_linked
)
MAP = Benchmark(
    "map", "The embedding map of the window, moved by mouse and wheel at 100,000 sites", measure_map
)
