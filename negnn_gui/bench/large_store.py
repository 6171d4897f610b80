"""Does the window of a screening stay quick, and its memory small, with 100,000 structures in the store?"""

from __future__ import annotations

from negnn_gui.bench import processes
from negnn_gui.bench.benchmark import Benchmark, Settings
from negnn_gui.bench.figures import Figure, Measured

_GAP_TARGET_MS = 100.0
_MEMORY_TARGET_MB = 2048.0


def measure_store(settings: Settings) -> Measured:
    """Open, filter, sort and page through a store of generated results in the screening window.

    ``gap`` is the longest time without an event on the GUI thread; ``work`` the longest that this thread itself
    computed without one, which other programs on the machine do not lengthen.
    """
    answer = processes.ask("large_store", ["--structures", "2000" if settings.quick else "100000"])
    took, gap = answer["took_ms"], answer["longest_gap_ms"]
    both = answer["peak_mb"] + answer["reader_mb"]  # the window and the process that reads for it
    figures = [Figure("peak_memory", both, "MB", target=_MEMORY_TARGET_MB)]
    for name in ("open", "filter_sites", "sort_sites", "sort_structures", "scroll"):
        figures.append(Figure(name, took[name], "ms"))
        figures.append(Figure(f"gap_{name}", gap[name], "ms", target=_GAP_TARGET_MS))
        figures.append(Figure(f"work_{name}", answer["longest_work_ms"][name], "ms", target=_GAP_TARGET_MS))
    return Measured(
        tuple(figures),
        {
            "structures": answer["structures"],
            "sites": answer["sites"],
            "store_MB": answer["store_mb"],
            "qt_platform": answer["platform"],
        },
    )


STORE = Benchmark("store", "Screening window with a large store of results", measure_store)
