"""A screening run: files are read ahead by worker processes, predicted in batches, written as they come.

After each batch everything is on the disk and the journal says so. Batches depend on the inputs alone, so a
run that was killed and resumed writes the same bytes as an unbroken one.
"""

from __future__ import annotations

import contextlib
import os
import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from negnn_gui.export.codecs import highest_level
from negnn_gui.export.sidecars import RunRecord, errors_path, meta_path, read_meta, why_not_overwrite
from negnn_gui.results import ModelRef
from negnn_gui.screening.batches import Batch, gather
from negnn_gui.screening.inputs import list_inputs, say_left_out
from negnn_gui.screening.journal import Checkpoint, Journal
from negnn_gui.screening.model_choice import models_used
from negnn_gui.screening.pool import FileFrame, read_here
from negnn_gui.screening.predicting import CancelledError, outcomes
from negnn_gui.screening.products import Products
from negnn_gui.screening.reading import Failure, ReadTask
from negnn_gui.screening.request import (
    STANDARD_INPUT,
    ScreeningError,
    ScreeningProgress,
    ScreeningReport,
    ScreeningRequest,
)
from negnn_gui.screening.run import Run, report_of, with_part, with_structure

if TYPE_CHECKING:
    from negnn_gui.inference.predictor import Predictor
    from negnn_gui.screening.cluster import Cluster


class ScreeningJob(Run[ScreeningRequest]):
    """One run over many files into tables; told of its progress after each structure."""

    def run(self) -> ScreeningReport:
        """Do it, or what is left of it.

        Raises
        ------
        ScreeningError
            The run cannot start: nothing to read, an output in the way, or unfinished work of another kind.
        WorkerStartError
            No reader process can be started.
        OSError
            The disk is full or a folder cannot be written; the work so far can be resumed.
        """
        request = self._request
        started = time.monotonic()
        _check_outputs(request)
        with contextlib.ExitStack() as stack:
            may_be_finished = self._may_be_finished()
            if self._connect is not None:
                cluster = stack.enter_context(self._connect())
                models = cluster.models
            else:
                # The readers start while the models load, unless there may be nothing to read.
                read = read_here if may_be_finished else self._reader(stack)
                predictor = self._load_predictor()
                models = models_used(predictor)
            fingerprint = request.fingerprint(models)
            if may_be_finished and (report := self._finished(fingerprint)) is not None:
                return report
            journal = self._open_journal(fingerprint)
            stack.callback(journal.close)
            products = Products(request, journal.folder, journal.last.sizes, complete=journal.last.complete)
            stack.callback(products.close)
            if journal.last.complete:
                pass
            elif self._connect is not None:
                self._gather(cluster, journal, products, started)
            else:
                read = self._reader(stack) if may_be_finished else read
                self._work(predictor, read(self._tasks(journal)), journal, products, started)
            if journal.last.complete:
                products.put_in_place(self._record(journal, products, models, fingerprint))
                journal.discard()
            return report_of(journal.last)

    def _work(
        self,
        predictor: Predictor,
        frames: Iterator[FileFrame],
        journal: Journal,
        products: Products,
        clock: float,
    ) -> None:
        """Predict batch after batch; the journal is complete at the end, unless cancelled."""
        for batch in gather(frames, journal.last.position):
            try:
                state = self._predict(predictor, batch, journal, products)
            except CancelledError:
                return
            now = time.monotonic()
            sizes = products.commit()
            journal.commit(replace(state, sizes=sizes, wall_time_s=state.wall_time_s + now - clock))
            clock = now
        journal.commit(replace(journal.last, complete=True, sizes=products.commit()))
        self._tell(journal.last, journal.n_inputs, journal)

    def _predict(
        self, predictor: Predictor, batch: Batch, journal: Journal, products: Products
    ) -> Checkpoint:
        """Write the results of one batch; the state then."""
        state = replace(journal.last, position=batch.end)
        levels = highest_level(self._request.codecs().values())
        for file, outcome in outcomes(
            batch, predictor, highest_level=levels, cancelled=self._cancelled, notify=self._notify
        ):
            self._tell(state, file, journal)
            if isinstance(outcome, Failure):
                products.fail(outcome)
                state = replace(state, failures=state.failures + 1)
                continue
            entry, analysis = outcome
            state = with_structure(state, entry.n_sites, products.add(entry, analysis), analysis.device)
        self._tell(state, batch.end.file, journal)
        return state

    def _gather(self, cluster: Cluster, journal: Journal, products: Products, clock: float) -> None:
        """Write part after part of what the cluster hands back."""
        request = self._request
        parts = cluster.parts(
            self._tasks(journal), journal.last.position, request.codecs(), time_limit_s=request.time_limit_s
        )
        try:
            for part in parts:
                products.add_part(part)
                state = with_part(journal.last, part)
                now, sizes = time.monotonic(), products.commit()
                state = replace(state, sizes=sizes, wall_time_s=state.wall_time_s + now - clock)
                journal.commit(state)
                clock = now
                self._tell(state, part.end.file, journal)
        except CancelledError:
            return
        journal.commit(replace(journal.last, complete=True, sizes=products.commit()))
        self._tell(journal.last, journal.n_inputs, journal)

    def _tell(self, state: Checkpoint, files_done: int, journal: Journal) -> None:
        self._progress(
            ScreeningProgress(
                files_done=files_done,
                files_total=journal.n_inputs,
                structures=state.structures,
                sites=state.sites,
                failures=state.failures,
            )
        )

    def _tasks(self, journal: Journal) -> Iterator[ReadTask]:
        skip = journal.last.position.frames
        for path in journal.inputs_left():
            text = self._request.standard_input if path == STANDARD_INPUT else None
            yield ReadTask(path, self._request.disorder, skip, text)
            skip = 0

    def _open_journal(self, fingerprint: str) -> Journal:
        request = self._request
        journal = Journal.reopen(request.partial_folder) if request.resume else None
        if journal is None:
            header = {"fingerprint": fingerprint, "started": datetime.now(UTC).isoformat(timespec="seconds")}
            left_out: list[Path] = []
            inputs = list_inputs(request.paths, request.own_files, left_out)
            journal = Journal.begin(request.partial_folder, header, inputs)
            say_left_out(left_out, self._notify)
            if journal.n_inputs == 0:
                journal.discard()
                raise ScreeningError("there is nothing to read: the paths name only this run's own outputs")
        elif journal.header["fingerprint"] != fingerprint:
            journal.close()
            raise ScreeningError(
                f"{request.partial_folder} holds unfinished work with other inputs, options or models; "
                "give the same ones, or leave out --resume to start anew"
            )
        return journal

    def _may_be_finished(self) -> bool:
        request = self._request
        return (
            request.resume
            and not request.partial_folder.exists()
            and all(path.exists() for path in (*request.tables, meta_path(request.main_output)))
        )

    def _finished(self, fingerprint: str) -> ScreeningReport | None:
        """The report of the run that wrote what is there already; None where no run of ours did."""
        main = self._request.main_output
        meta = read_meta(meta_path(main))
        if meta is None:
            return None
        if meta.get("fingerprint") != fingerprint:
            raise ScreeningError(
                f"{main} was made with other inputs, options or models; leave out --resume to replace it"
            )
        return ScreeningReport(
            structures=int(meta["structures"]),
            sites=int(meta["sites"]),
            failures=int(meta["failures"]),
            wall_time_s=float(meta["wall_time_s"]),
            warnings=int(meta.get("n_warnings", 0)),
            complete=True,
            untouched=True,
        )

    def _record(
        self, journal: Journal, products: Products, models: dict[str, ModelRef], fingerprint: str
    ) -> RunRecord:
        state, request = journal.last, self._request
        outputs = [path.name for path in request.tables]
        if state.failures:
            outputs.append(errors_path(request.main_output).name)
        options: dict[str, Any] = {**request.options(), "workers": request.workers}
        return RunRecord(
            models=models,
            device=", ".join(state.devices),
            options={**options, "time_limit_s": request.time_limit_s},
            inputs=request.given,
            outputs=tuple(outputs),
            started=str(journal.header["started"]),
            wall_time_s=round(state.wall_time_s, 3),
            structures=state.structures,
            sites=state.sites,
            failures=state.failures,
            warnings=products.first_warnings(),
            n_warnings=state.warnings,
            fingerprint=fingerprint,
        )


def _check_outputs(request: ScreeningRequest) -> None:
    """Refuse what would only fail after hours, and what would overwrite a structure that is not ours."""
    for path in request.tables:
        folder = path.parent
        if path.is_dir():
            raise ScreeningError(f"the output {path} is a folder; give the name of a file")
        if not folder.is_dir():
            raise ScreeningError(f"the folder {folder} of the output does not exist; make it first")
        if not os.access(folder, os.W_OK):
            raise ScreeningError(f"the folder {folder} of the output cannot be written; choose another one")
        fault = why_not_overwrite(path)
        if fault is not None and not request.partial_folder.exists():
            raise ScreeningError(fault)
