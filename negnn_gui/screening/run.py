"""What every run over many files has: whom it tells, where files are read, and how a checkpoint grows."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from typing import TYPE_CHECKING, Generic, Protocol, TypedDict, TypeVar

from negnn_gui.screening.journal import Checkpoint
from negnn_gui.screening.pool import FileFrame, ReaderPool, read_here
from negnn_gui.screening.reading import ReadTask
from negnn_gui.screening.request import ScreeningProgress, ScreeningReport

if TYPE_CHECKING:
    from negnn_gui.inference.predictor import Predictor
    from negnn_gui.screening.cluster import Cluster
    from negnn_gui.screening.cluster_work import Part

Reader = Callable[[Iterable[ReadTask]], Iterator[FileFrame]]


class _Request(Protocol):
    @property
    def workers(self) -> int: ...

    @property
    def time_limit_s(self) -> float: ...


RequestT = TypeVar("RequestT", bound=_Request)


class Listeners(TypedDict, total=False):
    """What a :class:`Run` may be given beside its request."""

    connect: Callable[[], Cluster] | None
    progress: Callable[[ScreeningProgress], None]
    cancelled: Callable[[], bool]
    notify: Callable[[str], None]


class Run(Generic[RequestT]):
    """One run over many files, on this machine or on a cluster.

    Parameters
    ----------
    request : object
        What to read and where the results go.
    load_predictor : callable
        Gives the models; called once, while the readers are starting, and never where a cluster computes.
    connect : callable or None
        Gives the cluster that reads and predicts instead of this machine.
    progress, notify : callable
        Told how far the run is, and of events such as a change of device.
    cancelled : callable
        Asked often; once it returns True the run ends with what is committed.
    """

    def __init__(
        self,
        request: RequestT,
        load_predictor: Callable[[], Predictor],
        *,
        connect: Callable[[], Cluster] | None = None,
        progress: Callable[[ScreeningProgress], None] = lambda progress: None,
        cancelled: Callable[[], bool] = lambda: False,
        notify: Callable[[str], None] = lambda text: None,
    ) -> None:
        self._request = request
        self._load_predictor = load_predictor
        self._connect = connect
        self._progress = progress
        self._cancelled = cancelled
        self._notify = notify

    def _reader(self, stack: contextlib.ExitStack) -> Reader:
        """What reads the files: worker processes that end with ``stack``, or this process."""
        if self._request.workers == 0:
            return read_here
        return stack.enter_context(ReaderPool(self._request.workers, self._request.time_limit_s)).read


def with_structure(state: Checkpoint, n_sites: int, n_warnings: int, device: str) -> Checkpoint:
    """The state after one more structure."""
    return replace(
        state,
        structures=state.structures + 1,
        sites=state.sites + n_sites,
        warnings=state.warnings + n_warnings,
        devices=tuple(dict.fromkeys((*state.devices, device))),
    )


def with_part(state: Checkpoint, part: Part) -> Checkpoint:
    """The state after one more part of what a cluster hands back."""
    return replace(
        state,
        position=part.end,
        structures=state.structures + part.structures,
        sites=state.sites + part.n_sites,
        failures=state.failures + len(part.failures),
        warnings=state.warnings + len(part.warnings),
        devices=tuple(dict.fromkeys((*state.devices, *part.devices))),
    )


def report_of(state: Checkpoint, failures: int | None = None) -> ScreeningReport:
    """What a run that ends in this state has done; ``failures`` where they are not those of the state."""
    return ScreeningReport(
        structures=state.structures,
        sites=state.sites,
        failures=state.failures if failures is None else failures,
        wall_time_s=state.wall_time_s,
        warnings=state.warnings,
        complete=state.complete,
        device=state.devices[-1] if state.devices else "",
    )
