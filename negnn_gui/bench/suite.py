"""Which benchmarks there are, and how a run of them goes."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime

from negnn_gui import __version__
from negnn_gui.bench import (
    drawing,
    embedding,
    end_to_end,
    explorer,
    large_cell,
    large_store,
    neighbours,
    peer_speed,
    prediction,
    responsiveness,
    restart,
    start,
)
from negnn_gui.bench.benchmark import Benchmark, LeftOut, Settings
from negnn_gui.bench.figures import Outcome, Report
from negnn_gui.bench.machine import describe_machine

log = logging.getLogger(__name__)

BENCHMARKS: tuple[Benchmark, ...] = (
    start.WINDOW,
    start.COMMAND,
    responsiveness.WORKER,
    responsiveness.WINDOW,
    prediction.DROP,
    prediction.THROUGHPUT,
    embedding.EMBEDDING,
    peer_speed.PEER_SPEED,
    end_to_end.END_TO_END,
    large_cell.LARGE_CELL,
    neighbours.GRAPHS,
    drawing.LARGE,
    explorer.NEAREST,
    explorer.MAP,
    explorer.LINKED,
    drawing.OPENING,
    large_store.STORE,
    restart.RESTART,
)
"""In the order they run."""


def choose(names: Sequence[str]) -> tuple[Benchmark, ...]:
    """The benchmarks of these names, all without any.

    Raises
    ------
    ValueError
        There is none of a name; the message says which there are.
    """
    known = {benchmark.name: benchmark for benchmark in BENCHMARKS}
    for name in names:
        if name not in known:
            raise ValueError(f"no benchmark is called {name!r}; there are {', '.join(known)}")
    return tuple(known[name] for name in dict.fromkeys(names)) if names else BENCHMARKS


def run(
    benchmarks: Sequence[Benchmark],
    settings: Settings,
    tell: Callable[[Outcome], None] = lambda outcome: None,
) -> Report:
    """Run benchmarks one after the other; ``tell`` hears of each as it ends."""
    started = datetime.now(UTC).isoformat(timespec="seconds")
    machine = describe_machine()
    outcomes = []
    for benchmark in benchmarks:
        outcomes.append(_outcome(benchmark, settings))
        tell(outcomes[-1])
    return Report(__version__, started, settings.quick, machine, tuple(outcomes))


def _outcome(benchmark: Benchmark, settings: Settings) -> Outcome:
    begin = time.perf_counter()

    def taken() -> float:
        return time.perf_counter() - begin

    name, title = benchmark.name, benchmark.title
    try:
        measured = benchmark.measure(settings)
    except LeftOut as reason:
        return Outcome(name, title, "left out", taken(), reason=str(reason))
    except Exception as error:  # one that fails must not take the others' figures with it
        log.exception("benchmark %s failed", name)
        return Outcome(name, title, "failed", taken(), reason=f"{type(error).__name__}: {error}")
    return Outcome(name, title, "done", taken(), measured)
