"""Cells of thousands of atoms on the CPU: how long, how much memory, and whether both grow with the atoms."""

from __future__ import annotations

from negnn_gui.bench import processes
from negnn_gui.bench.benchmark import Benchmark, Settings
from negnn_gui.bench.figures import Figure, Measured

_MEMORY_TARGET_GB = 4.0
_GROWTH_TARGET = 1.5
_CELLS = ("5x5x2", "5x5x6", "10x10x5")  # of 20 atoms: 1,000, 3,000 and 10,000


def measure_large_cell(settings: Settings) -> Measured:
    """Time and memory at 1,000, 3,000 and 10,000 atoms, one thread, graph and models.

    Time is that of the processor: what else a machine does would hide how time grows.
    """
    cells = ("2x1x1", "2x2x1") if settings.quick else _CELLS
    model = [] if settings.model is None else ["--model", settings.model]
    told = processes.ask("large_cell", [*cells, *model])
    figures = []
    for cell in told["cells"]:
        atoms = cell["atoms"]
        figures += [
            Figure(f"{atoms}_atoms_processor", cell["cpu_s"], "s"),
            Figure(f"{atoms}_atoms_waited", cell["wall_s"], "s"),
        ]
    first, last = told["cells"][0], told["cells"][-1]
    growth = (last["cpu_s"] / last["atoms"]) / (first["cpu_s"] / first["atoms"])
    figures.append(Figure("time_per_atom_largest_over_smallest", growth, "", target=_GROWTH_TARGET))
    if last["peak_GB"] is not None:
        figures.append(Figure("peak_memory", last["peak_GB"], "GB", target=_MEMORY_TARGET_GB))
    return Measured(tuple(figures), {"threads": 1, "model": told["model"], "encoder": told["encoder"]})


LARGE_CELL = Benchmark("large_cell", "A cell of 10,000 atoms on the CPU", measure_large_cell)
