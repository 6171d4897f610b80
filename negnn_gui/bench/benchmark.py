"""What every benchmark is made of."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from negnn_gui.bench.figures import Measured

if TYPE_CHECKING:
    from negnn_gui.inference.predictor import Predictor


class LeftOut(Exception):
    """A benchmark cannot be run here; the message is one sentence saying why."""


@dataclass(frozen=True)
class Settings:
    """How to measure.

    Attributes
    ----------
    repeats : int
        How often each thing is measured; the median counts.
    model : str or None
        Id of the moment model, None for the default one.
    quick : bool
        Small sizes, to see that it works: the figures then mean little.
    """

    repeats: int = 9
    model: str | None = None
    quick: bool = False


@dataclass(frozen=True)
class Benchmark:
    """One benchmark: a name to ask for, a title to read, and a function that measures."""

    name: str
    title: str
    measure: Callable[[Settings], Measured]


def median_ms(action: Callable[[], object], repeats: int) -> float:
    """Median time of ``action`` in ms, after one run that does not count."""
    action()
    times = []
    for _ in range(repeats):
        begin = time.perf_counter()
        action()
        times.append(time.perf_counter() - begin)
    return 1000.0 * statistics.median(times)


@contextmanager
def one_thread() -> Iterator[None]:
    """Hold torch and the linear algebra of NumPy to one CPU thread."""
    import threadpoolctl
    import torch

    usual = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        with threadpoolctl.threadpool_limits(1):
            yield
    finally:
        torch.set_num_threads(usual)


def load_predictor(settings: Settings) -> Predictor:
    """The moment model on the CPU.

    Raises
    ------
    LeftOut
        No model can be loaded.
    """
    from negnn_gui.inference.predictor import Predictor
    from negnn_gui.models.checkpoint import ModelFileError
    from negnn_gui.models.registry import UnknownModelError

    try:
        return Predictor.load(settings.model, device="cpu")
    except (UnknownModelError, ModelFileError) as error:
        raise LeftOut(str(error)) from error
