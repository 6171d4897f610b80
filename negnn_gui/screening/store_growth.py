"""A result store while a run writes to it: rows and failures are added, then a batch counts, in the journal too."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa

from negnn_gui.export.tables import source_file
from negnn_gui.export.text import printable
from negnn_gui.screening.journal import Checkpoint, Journal, Position, inputs_in
from negnn_gui.screening.reading import Failure
from negnn_gui.screening.request import ScreeningProgress
from negnn_gui.screening.result_store import StoreWriter
from negnn_gui.screening.rounds import Round, is_ahead, live_failures
from negnn_gui.screening.run import with_part, with_structure
from negnn_gui.screening.store_tables import StoreTables

if TYPE_CHECKING:
    from negnn_gui.results import Analysis
    from negnn_gui.screening.cluster_work import Part
    from negnn_gui.structures.entry import StructureEntry


class StoreGrowth:
    """Adds results of batches or parts to a store and commits them.

    Parameters
    ----------
    began : float
        ``time.monotonic()`` when the work began.
    progress, committed : callable
        Told after each commit how far the screening is, and of more parts that can be read.
    """

    def __init__(
        self,
        journal: Journal,
        writer: StoreWriter,
        old: OldFailures,
        began: float,
        *,
        progress: Callable[[ScreeningProgress], None],
        committed: Callable[[int], None],
    ) -> None:
        self.journal = journal
        self._writer = writer
        self._old = old
        self._clock = began
        self._progress = progress
        self._committed = committed
        self._state = journal.last

    @property
    def failures(self) -> int:
        """What has failed and was not read since."""
        return self.journal.last.failures + self._old.left(self.journal.last)

    def add(self, outcome: tuple[StructureEntry, Analysis] | Failure) -> None:
        """Add what came of one structure; what an earlier reading has stored is left out."""
        if isinstance(outcome, Failure):
            self._writer.fail(outcome)
            self._state = replace(self._state, failures=self._state.failures + 1)
            return
        entry, analysis = outcome
        if (source_file(entry), entry.frame) not in self._old.stored:
            n_warnings = self._writer.add(entry, analysis)
            self._state = with_structure(self._state, entry.n_sites, n_warnings, analysis.device)

    def add_part(self, part: Part) -> None:
        """Add everything that a worker of a cluster handed back, likewise."""
        tables = {name: part.table(name) for name in ("sites", "embeddings")}
        sites, embeddings = tables["sites"], tables["embeddings"]
        if sites is not None and self._old.stored:
            files, frames = sites.column("source_file").to_pylist(), sites.column("frame").to_pylist()
            pairs = list(zip(files, frames, strict=True))
            new = pa.array([pair not in self._old.stored for pair in pairs], type=pa.bool_())
            sites = sites.filter(new)
            embeddings = None if embeddings is None else embeddings.filter(new)
            there = len(set(pairs) & self._old.stored)
            part = replace(part, structures=part.structures - there, n_sites=sites.num_rows)
        if sites is not None and sites.num_rows:
            self._writer.add_tables(sites, embeddings)
        self._writer.warn(part.warnings)
        for failure in part.failures:
            self._writer.fail(failure)
        self._state = with_part(self._state, part)

    def commit(self, position: Position) -> None:
        """What was added counts from now on; the next batch begins at ``position``."""
        n_parts = self._writer.n_parts
        sizes = self._writer.commit()
        now = time.monotonic()
        seconds = self._state.wall_time_s + now - self._clock
        self._clock = now
        self._commit(replace(self._state, position=position, sizes=sizes, wall_time_s=seconds))
        if self._writer.n_parts > n_parts:
            self._committed(self._writer.n_parts)
        self.tell()

    def finish(self) -> None:
        """Everything has been read."""
        self._commit(replace(self._state, complete=True, sizes=self._writer.commit()))
        self.tell()

    def stood_still(self, seconds: float) -> None:
        """A pause is no work."""
        self._clock += seconds

    def tell(self) -> None:
        """Say how far the screening is."""
        state = self.journal.last
        self._progress(
            ScreeningProgress(
                files_done=self.journal.n_inputs if state.complete else state.position.file,
                files_total=self.journal.n_inputs,
                structures=state.structures,
                sites=state.sites,
                failures=self.failures,
            )
        )

    def _commit(self, state: Checkpoint) -> None:
        self.journal.commit(state)
        self._state = state


class OldFailures:
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
