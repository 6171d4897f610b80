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
from typing import TYPE_CHECKING

import numpy as np

from negnn_gui.export.tables import source_file
from negnn_gui.export.text import printable
from negnn_gui.results import ModelRef
from negnn_gui.screening.batches import Batch, gather
from negnn_gui.screening.inputs import list_inputs
from negnn_gui.screening.journal import Checkpoint, Journal, inputs_in
from negnn_gui.screening.model_choice import models_used
from negnn_gui.screening.pool import FileFrame, ReaderPool, read_here
from negnn_gui.screening.predicting import CancelledError, outcomes
from negnn_gui.screening.reading import Failure, ReadTask
from negnn_gui.screening.request import Disorder, ScreeningError, ScreeningProgress, ScreeningReport
from negnn_gui.screening.result_store import (
    StoreHeader,
    StoreWriter,
    is_store,
    read_header,
    write_header,
)
from negnn_gui.screening.rounds import Round, carried_on, is_ahead, live_failures, round_folder, rounds
from negnn_gui.screening.store_tables import StoreTables

if TYPE_CHECKING:
    from negnn_gui.inference.predictor import Predictor


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
    """

    folder: Path
    paths: tuple[Path, ...] = ()
    disorder: Disorder = "skip"
    levels: str = ""
    retry: bool = False
    workers: int = 1
    time_limit_s: float = 30.0


class StoreRun:
    """One run into a store.

    Parameters
    ----------
    request : StoreRequest
        What to do.
    load_predictor : callable
        Gives the models; called once, while the readers are starting.
    progress : callable
        Told after each batch, and while files are read, how far the screening is.
    committed : callable
        Told the number of parts that can be read, whenever there are more.
    between : callable
        Called before each batch; it may wait (Pause).
    cancelled, notify : callable
        Asked often, and told of events such as a change of device.
    """

    def __init__(
        self,
        request: StoreRequest,
        load_predictor: Callable[[], Predictor],
        *,
        progress: Callable[[ScreeningProgress], None] = lambda progress: None,
        committed: Callable[[int], None] = lambda n_parts: None,
        between: Callable[[], object] = lambda: None,
        cancelled: Callable[[], bool] = lambda: False,
        notify: Callable[[str], None] = lambda text: None,
    ) -> None:
        self._request = request
        self._load_predictor = load_predictor
        self._progress = progress
        self._committed = committed
        self._between = between
        self._cancelled = cancelled
        self._notify = notify

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
            reader = ReaderPool(request.workers, request.time_limit_s) if request.workers else None
            read = read_here if reader is None else stack.enter_context(reader).read
            header = read_header(request.folder)
            journal, before = self._open_journal(header)
            stack.callback(journal.close)
            if journal.last.complete:
                return _report(journal.last, len(live_failures(request.folder)))
            predictor = self._load_predictor()
            self._agree_on_models(header, models_used(predictor))
            writer = StoreWriter(
                request.folder,
                keep=journal.last.sizes.get("parts", 0),
                reading=int(journal.header["round"]),
                levels=header.levels,
            )
            old = _OldFailures(request.folder, before, journal)
            self._tell(journal.last, journal, old)
            frames = read(_tasks(journal, header.disorder))
            self._work(predictor, frames, journal, writer, old, began)
            return _report(journal.last, old.left(journal.last) + journal.last.failures)

    # --- beginning ----------------------------------------------------------------------------------

    def _open_journal(self, header: StoreHeader) -> tuple[Journal, list[Round]]:
        """The journal to go on with or a new one, and the readings before it."""
        request = self._request
        done = rounds(request.folder)
        if not done:
            return self._begin(1, header, _inputs(request), Checkpoint(sizes={"parts": 0})), []
        last = done[-1]
        if last.last.complete and request.retry:
            failed = dict.fromkeys(failure.path for failure in live_failures(request.folder, done))
            if failed:
                start = carried_on(last.last)
                return self._begin(last.number + 1, header, list(failed), start), done
        journal = Journal.reopen(last.folder)
        assert journal is not None
        if not journal.last.sizes:
            journal.commit(last.last)
        return journal, done[:-1]

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
        self,
        predictor: Predictor,
        frames: Iterator[FileFrame],
        journal: Journal,
        writer: StoreWriter,
        old: _OldFailures,
        clock: float,
    ) -> None:
        """Batch after batch; the journal is complete at the end, unless cancelled."""
        for batch in gather(frames, journal.last.position):
            paused = time.monotonic()
            self._between()
            clock += time.monotonic() - paused
            try:
                state = self._predict(predictor, batch, journal, writer, old)
            except CancelledError:
                return
            n_parts = writer.n_parts
            sizes = writer.commit()
            now = time.monotonic()
            journal.commit(replace(state, sizes=sizes, wall_time_s=state.wall_time_s + now - clock))
            clock = now
            if writer.n_parts > n_parts:
                self._committed(writer.n_parts)
            self._tell(journal.last, journal, old)
        journal.commit(replace(journal.last, complete=True, sizes=writer.commit()))
        self._tell(journal.last, journal, old)

    def _predict(
        self, predictor: Predictor, batch: Batch, journal: Journal, writer: StoreWriter, old: _OldFailures
    ) -> Checkpoint:
        if self._cancelled():
            raise CancelledError
        state = replace(journal.last, position=batch.end)
        for _, outcome in outcomes(batch, predictor, cancelled=self._cancelled, notify=self._notify):
            if isinstance(outcome, Failure):
                writer.fail(outcome)
                state = replace(state, failures=state.failures + 1)
                continue
            entry, analysis = outcome
            if (source_file(entry), entry.frame) in old.stored:
                continue
            state = replace(
                state,
                structures=state.structures + 1,
                sites=state.sites + entry.n_sites,
                warnings=state.warnings + writer.add(entry, analysis),
                devices=tuple(dict.fromkeys((*state.devices, analysis.device))),
            )
        return state

    def _tell(self, state: Checkpoint, journal: Journal, old: _OldFailures) -> None:
        self._progress(
            ScreeningProgress(
                files_done=journal.n_inputs if state.complete else state.position.file,
                files_total=journal.n_inputs,
                structures=state.structures,
                sites=state.sites,
                failures=state.failures + old.left(state),
            )
        )


class _OldFailures:
    """What earlier readings could not read, while this one tries it again.

    Attributes
    ----------
    stored : set of (str, int)
        Source file and frame of what the files to be read again have given already.
    """

    def __init__(self, store: Path, before: list[Round], journal: Journal) -> None:
        self.stored: set[tuple[str, int]] = set()
        self._files = np.empty(0, dtype=np.int64)
        if not before:
            return
        order = {path: number for number, path in enumerate(inputs_in(journal.folder))}
        self._files = np.sort([order[failure.path] for failure in live_failures(store, before)])
        wanted = {printable(path) for path in order}
        tables = StoreTables(store, before[-1].n_parts)
        for part in range(tables.n_parts):
            columns = tables.part_columns("structures", part)
            pairs = zip(columns["source_file"], columns["frame"].tolist(), strict=True)
            self.stored.update(pair for pair in pairs if pair[0] in wanted)

    def left(self, state: Checkpoint) -> int:
        """How many of them this reading has not come to."""
        if state.complete:
            return 0
        first = (
            state.position.file if is_ahead(state.position.file, state.position) else state.position.file + 1
        )
        return int(len(self._files) - np.searchsorted(self._files, first))


def _inputs(request: StoreRequest) -> Iterator[Path]:
    return list_inputs(request.paths, frozenset({request.folder.absolute()}))


def _tasks(journal: Journal, disorder: Disorder) -> Iterator[ReadTask]:
    skip = journal.last.position.frames
    for path in journal.inputs_left():
        yield ReadTask(path, disorder, skip)
        skip = 0


def _report(state: Checkpoint, failures: int) -> ScreeningReport:
    return ScreeningReport(
        structures=state.structures,
        sites=state.sites,
        failures=failures,
        wall_time_s=state.wall_time_s,
        complete=state.complete,
        device=state.devices[-1] if state.devices else "",
    )
