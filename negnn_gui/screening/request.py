"""What a screening run is asked to do, and what it reports while it runs."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from negnn_gui import __version__
from negnn_gui.export.codecs import (
    Codec,
    Embeddings,
    EmbeddingsFormat,
    SitesFormat,
    Summary,
    SummaryFormat,
    sites_codec,
)
from negnn_gui.export.sidecars import errors_path, meta_path
from negnn_gui.export.tables import Pool
from negnn_gui.export.text import printable
from negnn_gui.results import ModelRef

Disorder = Literal["majority", "enumerate", "skip"]

STANDARD_INPUT = Path("-")
"""The path that stands for a structure read from standard input."""


@dataclass(frozen=True)
class SitesOutput:
    """Write the sites table."""

    path: Path
    kind: SitesFormat = "csv"


@dataclass(frozen=True)
class SummaryOutput:
    """Write one row a structure."""

    path: Path
    kind: SummaryFormat = "csv"


@dataclass(frozen=True)
class EmbeddingsOutput:
    """Write the embeddings table of a choice of levels, by site or pooled by structure."""

    path: Path
    levels: str
    kind: EmbeddingsFormat = "parquet"
    pool: Pool | None = None


@dataclass(frozen=True)
class ScreeningRequest:
    """Inputs, outputs and choices of one run.

    Attributes
    ----------
    paths : tuple of Path
        Files and folders as given; ``Path("-")`` is standard input.
    sites, embeddings : outputs or None
        At least one; sidecars stand beside the sites table, or the embeddings where there is none.
    summary : output or None
        One row a structure besides.
    disorder : "majority", "enumerate" or "skip"
        What to do with a site that several species share.
    resume : bool
        Continue an interrupted run, and leave a finished one alone.
    workers : int
        Processes that read files; 0 reads in this process, without protection against a reader that hangs.
    time_limit_s : float
        Seconds a worker may take for one structure before its file is given up.
    standard_input : str or None
        The text piped in, where ``paths`` holds ``-``.
    """

    paths: tuple[Path, ...]
    sites: SitesOutput | None = None
    embeddings: EmbeddingsOutput | None = None
    disorder: Disorder = "skip"
    resume: bool = False
    workers: int = 1
    time_limit_s: float = 30.0
    standard_input: str | None = None
    summary: SummaryOutput | None = None

    def __post_init__(self) -> None:
        if self.sites is None and self.embeddings is None:
            raise ValueError("a screening run needs an output: sites or embeddings")
        places = [*self.tables, meta_path(self.main_output), errors_path(self.main_output)]
        if len({_absolute(place) for place in places}) < len(places):
            raise ValueError(f"two outputs would have the same name: {', '.join(map(str, places))}")

    @property
    def main_output(self) -> Path:
        """The table that the sidecars belong to."""
        if self.sites is not None:
            return self.sites.path
        assert self.embeddings is not None
        return self.embeddings.path

    @property
    def partial_folder(self) -> Path:
        """Where unfinished work is kept, ``sites.csv.partial``; on the same disk as the table."""
        return self.main_output.with_name(self.main_output.name + ".partial")

    @property
    def tables(self) -> tuple[Path, ...]:
        """The tables asked for."""
        outputs = (self.sites, self.summary, self.embeddings)
        return tuple(output.path for output in outputs if output is not None)

    def codecs(self) -> dict[str, Codec]:
        """How each table asked for is written, by the name of its growing file."""
        codecs: dict[str, Codec] = {}
        if self.sites is not None:
            codecs["sites"] = sites_codec(self.sites.kind)
        if self.summary is not None:
            codecs["summary"] = Summary(self.summary.kind)
        if self.embeddings is not None:
            output = self.embeddings
            codecs["embeddings"] = Embeddings(output.levels, output.pool, output.kind)
        return codecs

    @property
    def own_files(self) -> frozenset[Path]:
        """Everything this run writes, as absolute paths: never an input."""
        main = self.main_output
        files = (*self.tables, meta_path(main), errors_path(main), self.partial_folder)
        return frozenset(_absolute(path) for path in files)

    @property
    def given(self) -> tuple[str, ...]:
        """The inputs as given, without this run's outputs (a shell's ``*`` names them the second time)."""
        own = self.own_files
        return tuple(printable(path) for path in self.paths if _absolute(path) not in own)

    def options(self) -> dict[str, Any]:
        """The choices that decide what the tables say, by the names of the command's options."""
        options: dict[str, Any] = {"disorder": self.disorder}
        if self.sites is not None:
            options["format"] = self.sites.kind
        if self.summary is not None:
            options["summary_format"] = self.summary.kind
        if self.embeddings is not None:
            options["levels"] = self.embeddings.levels
            options["pool"] = self.embeddings.pool
            options["embeddings_format"] = self.embeddings.kind
        return options

    def fingerprint(self, models: dict[str, ModelRef]) -> str:
        """Digest of everything that decides the content of the tables; device and workers do not."""
        text = self.standard_input
        content = {
            "version": __version__,
            "inputs": self.given,
            "standard_input": None
            if text is None
            else hashlib.sha256(text.encode("utf-8", "replace")).hexdigest(),
            "options": self.options(),
            "tables": [printable(path.name) for path in self.tables],
            "models": {role: [ref.id, ref.sha256] for role, ref in models.items()},
        }
        return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()


@dataclass(frozen=True)
class ScreeningProgress:
    """How far a run is; counts include those of the interrupted runs it continues."""

    files_done: int
    files_total: int
    structures: int
    sites: int
    failures: int


@dataclass(frozen=True)
class ScreeningReport:
    """How a run ended.

    Attributes
    ----------
    complete : bool
        False where it was cancelled; the work so far waits for ``resume``.
    untouched : bool
        True where the output was finished already and nothing was done.
    device : str
        Device that was used last; "" where nothing was computed.
    warnings : int
        What was repaired or looks odd; the sidecar lists it.
    """

    structures: int
    sites: int
    failures: int
    wall_time_s: float
    complete: bool
    untouched: bool = False
    device: str = ""
    warnings: int = 0


class ScreeningError(Exception):
    """A run cannot start or go on; the message is one sentence that says what to do."""


def _absolute(path: Path) -> Path:
    return Path(path).absolute()
