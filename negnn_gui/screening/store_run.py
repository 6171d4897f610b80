"""A screening into a result store: read by worker processes, predicted in batches, kept as parts.

It can be paused, cancelled, gone on with after a kill, and what failed can be read again; every structure's
rows are there exactly once whatever happens.
"""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Unpack

from negnn_gui.export.codecs import Codec, Embeddings, SitesParquet, highest_level
from negnn_gui.export.text import printable
from negnn_gui.results import ModelRef
from negnn_gui.screening.batches import gather
from negnn_gui.screening.inputs import list_inputs, say_left_out
from negnn_gui.screening.journal import Checkpoint, Journal
from negnn_gui.screening.model_choice import models_used
from negnn_gui.screening.pool import FileFrame
from negnn_gui.screening.predicting import CancelledError, outcomes
from negnn_gui.screening.reading import ReadTask
from negnn_gui.screening.request import Disorder, ScreeningError, ScreeningReport
from negnn_gui.screening.result_store import (
    StoreHeader,
    StoreWriter,
    is_store,
    read_header,
    write_header,
)
from negnn_gui.screening.rounds import Round, carried_on, live_failures, round_folder, rounds
from negnn_gui.screening.run import Listeners, Run, report_of
from negnn_gui.screening.store_growth import OldFailures, StoreGrowth

if TYPE_CHECKING:
    from negnn_gui.inference.predictor import Predictor
    from negnn_gui.screening.cluster import Cluster


@dataclass(frozen=True)
class StoreRequest:
    """What to screen, and where to keep the results.

    Attributes
    ----------
    folder : Path
        The store. Where it exists already its work is gone on with, and ``paths``, ``disorder`` and ``levels``
        are its own.
    paths : tuple of Path
        Files and folders.
    disorder : "majority", "enumerate" or "skip"
        What to do with a site that several species share.
    levels : str
        Levels whose embeddings are kept, such as "01"; "" for none.
    retry : bool
        Read again what failed, once everything has been read.
    workers : int
        Processes that read files; 0 reads in this process.
    time_limit_s : float
        Seconds a worker may take for one structure before its file is given up.
    cluster : str
        Address of the Dask scheduler whose workers read and predict; "" for this machine.
    """

    folder: Path
    paths: tuple[Path, ...] = ()
    disorder: Disorder = "skip"
    levels: str = ""
    retry: bool = False
    workers: int = 1
    time_limit_s: float = 30.0
    cluster: str = ""


class StoreRun(Run[StoreRequest]):
    """One run into a store; told of its progress after each batch, and while files are read.

    Parameters
    ----------
    committed : callable
        Told the number of parts that can be read, whenever there are more.
    between : callable
        Called before each batch; it may wait (Pause).
    options
        Those of :class:`~negnn_gui.screening.run.Run`.
    """

    def __init__(
        self,
        request: StoreRequest,
        load_predictor: Callable[[], Predictor],
        *,
        committed: Callable[[int], None] = lambda n_parts: None,
        between: Callable[[], object] = lambda: None,
        **options: Unpack[Listeners],
    ) -> None:
        super().__init__(request, load_predictor, **options)
        self._committed = committed
        self._between = between

    def run(self) -> ScreeningReport:
        """Do it, or what is left of it.

        Raises
        ------
        ScreeningError
            It cannot start: nothing to read, another run at work, or other models than before.
        WorkerStartError
            No reader process can be started.
        OSError
            The disk is full or the folder cannot be written; the work so far can be gone on with.
        """
        request = self._request
        began = time.monotonic()
        if not is_store(request.folder):
            write_header(
                request.folder,
                StoreHeader(tuple(map(printable, request.paths)), request.disorder, request.levels),
            )
        with contextlib.ExitStack() as stack:
            # Readers start while the models load; a cluster reads for itself.
            read = self._reader(stack) if self._connect is None else None
            header = read_header(request.folder)
            journal, before = self._open_journal(header)
            stack.callback(journal.close)
            if journal.last.complete:
                return report_of(journal.last, len(live_failures(request.folder)))
            if read is None:
                assert self._connect is not None
                cluster = stack.enter_context(self._connect())
                models = cluster.models
            else:
                predictor = self._load_predictor()
                models = models_used(predictor)
            self._agree_on_models(header, models)
            writer = StoreWriter(
                request.folder,
                keep=journal.last.sizes.get("parts", 0),
                reading=int(journal.header["round"]),
                levels=header.levels,
            )
            old = OldFailures(request.folder, before, journal)
            growth = StoreGrowth(
                journal, writer, old, began, progress=self._progress, committed=self._committed
            )
            growth.tell()
            tasks = _tasks(journal, header.disorder)
            with contextlib.suppress(CancelledError):
                if read is None:
                    self._gather(cluster, tasks, growth, header)
                else:
                    self._work(predictor, read(tasks), growth, header)
            return report_of(journal.last, growth.failures)

    # --- beginning ----------------------------------------------------------------------------------

    def _open_journal(self, header: StoreHeader) -> tuple[Journal, list[Round]]:
        """The journal to go on with or a new one, and the readings before it."""
        request = self._request
        done = rounds(request.folder)
        if not done:
            left_out: list[Path] = []
            inputs = list_inputs(request.paths, frozenset({request.folder.absolute()}), left_out)
            journal = self._begin(1, header, inputs, Checkpoint(sizes={"parts": 0}))
            say_left_out(left_out, self._notify)
            return journal, []
        last = done[-1]
        if last.last.complete and request.retry:
            failed = dict.fromkeys(failure.path for failure in live_failures(request.folder, done))
            if failed:
                start = carried_on(last.last)
                return self._begin(last.number + 1, header, list(failed), start), done
        reopened = Journal.reopen(last.folder)
        assert reopened is not None
        if not reopened.last.sizes:
            reopened.commit(last.last)
        return reopened, done[:-1]

    def _begin(self, number: int, header: StoreHeader, inputs: Iterable[Path], start: Checkpoint) -> Journal:
        facts = {"round": number, "started": datetime.now(UTC).isoformat(timespec="seconds")}
        journal = Journal.begin(round_folder(self._request.folder, number), facts, inputs)
        if journal.n_inputs == 0:
            journal.discard()
            raise ScreeningError(f"there is nothing to read in {', '.join(header.inputs) or 'no files'}")
        journal.commit(start)
        return journal

    def _agree_on_models(self, header: StoreHeader, models: dict[str, ModelRef]) -> None:
        """One store, one set of models: numbers of several could not be told apart."""
        if not header.models:
            write_header(self._request.folder, replace(header, models=models))
        elif header.models != models:
            names = ", ".join(ref.id for ref in header.models.values())
            raise ScreeningError(
                f"{self._request.folder.name} was begun with other models ({names}); choose these again, or begin anew"
            )

    # --- working ------------------------------------------------------------------------------------

    def _work(
        self, predictor: Predictor, frames: Iterator[FileFrame], growth: StoreGrowth, header: StoreHeader
    ) -> None:
        """Batch after batch is predicted here; the journal is complete at the end, unless cancelled."""
        levels = highest_level(_codecs(header).values())
        for batch in gather(frames, growth.journal.last.position):
            self._wait(growth)
            if self._cancelled():
                raise CancelledError
            for _, outcome in outcomes(
                batch, predictor, highest_level=levels, cancelled=self._cancelled, notify=self._notify
            ):
                growth.add(outcome)
            growth.commit(batch.end)
        growth.finish()

    def _gather(
        self, cluster: Cluster, tasks: Iterator[ReadTask], growth: StoreGrowth, header: StoreHeader
    ) -> None:
        """Part after part comes from the cluster; the journal is complete at the end, unless cancelled."""
        start, limit = growth.journal.last.position, self._request.time_limit_s
        for part in cluster.parts(tasks, start, _codecs(header), time_limit_s=limit):
            self._wait(growth)
            if self._cancelled():
                raise CancelledError
            growth.add_part(part)
            growth.commit(part.end)
        growth.finish()

    def _wait(self, growth: StoreGrowth) -> None:
        """Stand still while the user wants a pause."""
        paused = time.monotonic()
        self._between()
        growth.stood_still(time.monotonic() - paused)


def _codecs(header: StoreHeader) -> dict[str, Codec]:
    """Makers of the rows that the store keeps."""
    codecs: dict[str, Codec] = {"sites": SitesParquet()}
    if header.levels:
        codecs["embeddings"] = Embeddings(header.levels)
    return codecs


def _tasks(journal: Journal, disorder: Disorder) -> Iterator[ReadTask]:
    skip = journal.last.position.frames
    for path in journal.inputs_left():
        yield ReadTask(path, disorder, skip)
        skip = 0
