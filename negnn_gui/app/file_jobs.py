"""The thread that reads structures and writes tables, so that the window never waits for a disk."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from importlib import import_module
from itertools import chain, islice
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import Signal

from negnn_gui.app.jobs import Worker, sentence
from negnn_gui.app.loading import heavy_imports

if TYPE_CHECKING:
    from negnn_gui.export.sidecars import RunRecord
    from negnn_gui.results import Analysis
    from negnn_gui.screening.request import Disorder
    from negnn_gui.structures.entry import StructureEntry, StructureReadError

    Outcome = StructureEntry | StructureReadError

logger = logging.getLogger(__name__)

_BATCH_EVERY_S = 0.05
# What reading, the views and exporting need: seconds to load, so it is done where the window does not wait for it.
_LIBRARIES = (
    "numpy",
    "negnn_gui.structures.reading",
    "pymatgen.core",
    "pandas",
    "negnn_gui.app.scene.crystal",
    "ase.data.colors",
    "negnn_gui.analysis.atlas",
    "negnn_gui.analysis.projection",
    "negnn_gui.export.writers",
    "negnn_gui.screening.store_run",
)


@dataclass(frozen=True)
class LoadLibraries:
    """The first request: import what the others need."""


@dataclass(frozen=True)
class ReadPaths:
    """Files and folders to open.

    Attributes
    ----------
    limit : int or None
        Where there are more files or structures than this, none is opened: ``many`` says so.
    """

    paths: tuple[Path, ...]
    limit: int | None = None


@dataclass(frozen=True)
class ReadFrame:
    """One structure of a file that was screened, under the name it has there."""

    path: Path
    frame: int
    name: str
    disorder: Disorder


@dataclass(frozen=True)
class ReadText:
    """Structure text from the clipboard or a drag, and the name to give it."""

    text: str
    name: str


@dataclass(frozen=True)
class WriteSites:
    """A sites table to save: structures with their analyses, and the facts of the sidecar.

    Attributes
    ----------
    started : str
        When the first of them was predicted: UTC, ISO 8601.
    wall_time_s : float
        Seconds spent predicting since.
    failures : int
        Structures that could not be read or predicted and are therefore not in the table.
    disorder : dict of str to str
        What was chosen for each structure with shared or partly empty sites, by its name.
    format : str
        One of ``TABLE_FORMATS``; "" for what the ending of the name says.
    """

    path: Path
    rows: tuple[tuple[StructureEntry, Analysis], ...]
    started: str
    wall_time_s: float
    failures: int
    disorder: Mapping[str, str] = field(default_factory=dict)
    format: str = ""


@dataclass(frozen=True, eq=False)
class Errand:
    """Any other work with files: what ``work`` returns comes back with ``errand_done``.

    ``must_finish``: also after Cancel, because the user would lose something.
    """

    work: Callable[[], object]
    must_finish: bool = False


Request = LoadLibraries | ReadPaths | ReadFrame | ReadText | WriteSites | Errand


class FileWorker(Worker):
    """Reads and writes, one request after the other.

    ``read`` carries a list of ``StructureEntry`` and one of ``StructureReadError``, some twenty times a
    second; ``many`` the paths that hold too many structures to open, and what they hold; ``written`` the path of a
    saved table; ``write_failed`` the path and the reason; ``errand_done`` an ``Errand`` with its result,
    ``errand_refused`` one with the reason why there is none.
    """

    read = Signal(object, object)
    many = Signal(object, str)
    written = Signal(object)
    write_failed = Signal(object, str)
    errand_done = Signal(object, object)
    errand_refused = Signal(object, str)

    def serve(self, request: Request) -> None:
        """Do one request."""
        match request:
            case LoadLibraries():
                with heavy_imports():
                    for name in _LIBRARIES:
                        import_module(name)
                    _read_an_example()
            case ReadPaths(paths, limit):
                self._read_paths(paths, limit)
            case ReadFrame():
                self._read_frame(request)
            case ReadText(text, name):
                self._read_text(text, name)
            case WriteSites():
                self._write(request)
            case Errand(work):
                self.errand_done.emit(request, work())

    def must_finish(self, request: Request) -> bool:
        """Reading can be given up; what the user saves is saved."""
        return isinstance(request, WriteSites) or (isinstance(request, Errand) and request.must_finish)

    def _read_paths(self, paths: tuple[Path, ...], limit: int | None) -> None:
        from negnn_gui.structures import reading

        files = []
        for file in reading.expand_paths(paths):
            if self.cancelled():
                return
            files.append(file)
        if limit is not None and len(files) > limit:
            self.many.emit(paths, f"{len(files):,} files")
            return
        with _Batch(self.read.emit) as batch:
            for done, file in enumerate(files):
                self.report(done, len(files))
                outcomes = _outcomes(reading.read_structures, file)
                first = [] if limit is None else list(islice(outcomes, limit + 1))
                if limit is not None and len(first) > limit:
                    self.many.emit((file,), f"more than {limit:,} structures")
                    continue
                for outcome in chain(first, outcomes):
                    if self.cancelled():
                        return
                    batch.add(outcome)
        self.report(len(files), len(files))

    def _read_frame(self, request: ReadFrame) -> None:
        from negnn_gui.screening.request import ScreeningError
        from negnn_gui.screening.store_export import crystal_of
        from negnn_gui.structures.entry import StructureReadError

        try:
            entry = crystal_of(request.path, request.frame, request.name, request.disorder)
        except ScreeningError as error:
            self.read.emit([], [StructureReadError(request.path, str(error), request.frame)])
        else:
            self.read.emit([entry], [])

    def _read_text(self, text: str, name: str) -> None:
        from negnn_gui.structures import reading
        from negnn_gui.structures.entry import StructureReadError

        try:
            self.read.emit(reading.read_text(text, name), [])
        except StructureReadError as error:
            self.read.emit([], [error])

    def _write(self, request: WriteSites) -> None:
        from negnn_gui.export.codecs import sites_format
        from negnn_gui.export.sidecars import why_not_overwrite
        from negnn_gui.export.writers import write_results

        fault = why_not_overwrite(request.path)
        if fault is not None:
            self.write_failed.emit(request.path, fault)
            return
        kind = "summary" if request.format == "summary" else sites_format(request.path)
        write_results(request.path, request.rows, _record(request), kind=kind)
        self.written.emit(request.path)

    def refuse(self, request: Request, reason: str) -> None:
        """Say what was not read or written."""
        if isinstance(request, LoadLibraries):
            self.notice.emit(f"a library could not be loaded: {reason}; reinstall negnn-gui")
            return
        if isinstance(request, WriteSites):
            self.write_failed.emit(request.path, reason)
            return
        if isinstance(request, Errand):
            self.errand_refused.emit(request, reason)
            return
        from negnn_gui.structures.entry import StructureReadError

        if isinstance(request, ReadFrame):
            self.read.emit([], [StructureReadError(request.path, reason, request.frame)])
        elif isinstance(request, ReadText):
            self.read.emit([], [StructureReadError(Path(request.name), reason)])
        else:
            self.read.emit([], [StructureReadError(path, reason) for path in request.paths])


def _read_an_example() -> None:
    """Let the readers load what they load when they are first used: ten times as long as reading a small file."""
    from negnn_gui.structures import reading
    from negnn_gui.structures.expand import example_paths

    if examples := sorted(example_paths(), key=lambda path: path.stat().st_size):
        list(reading.read_structures(examples[0]))


def _outcomes(read: Callable[[Path], Iterator[Outcome]], file: Path) -> Iterator[Outcome]:
    """Outcomes of one file; what its reader raises (no memory, say) costs that file only."""
    from negnn_gui.structures.entry import StructureReadError

    try:
        yield from read(file)
    except Exception as error:
        logger.exception("%s could not be read", file.name)
        yield StructureReadError(file, sentence(error))


def _record(request: WriteSites) -> RunRecord:
    """The sidecar of an exported table."""
    from negnn_gui.analysis.known_sites import shipped_atlas_ref
    from negnn_gui.export.sidecars import RunRecord, meta_path

    analyses = [analysis for _, analysis in request.rows]
    models = {"encoder": analyses[-1].encoder}
    if analyses[-1].model is not None:
        models["moment"] = analyses[-1].model
        if (atlas := shipped_atlas_ref(analyses[-1].encoder)) is not None:
            models["atlas"] = atlas
    warnings = [w for entry, analysis in request.rows for w in (*entry.warnings, *analysis.warnings)]
    return RunRecord(
        models=models,
        device=", ".join(sorted({analysis.device for analysis in analyses})),
        options={"program": "window", "disorder": dict(request.disorder)},
        inputs=tuple(dict.fromkeys(str(entry.path) for entry, _ in request.rows if entry.path is not None)),
        outputs=(request.path.name, meta_path(request.path).name),
        started=request.started,
        wall_time_s=request.wall_time_s,
        structures=len(analyses),
        sites=sum(analysis.n_sites for analysis in analyses),
        failures=request.failures,
        warnings=tuple(dict.fromkeys(warnings)),
        n_warnings=len(warnings),
    )


class _Batch:
    """Gathers outcomes of reading and passes them on in lumps."""

    def __init__(self, emit: Callable[[list[StructureEntry], list[StructureReadError]], None]) -> None:
        self._emit = emit
        self._entries: list[StructureEntry] = []
        self._failures: list[StructureReadError] = []
        self._emitted = 0.0

    def add(self, outcome: Outcome) -> None:
        if isinstance(outcome, Exception):
            self._failures.append(outcome)
        else:
            self._entries.append(outcome)
        if time.monotonic() - self._emitted >= _BATCH_EVERY_S:
            self.flush()

    def flush(self) -> None:
        if self._entries or self._failures:
            self._emit(self._entries, self._failures)
            self._entries, self._failures = [], []
        self._emitted = time.monotonic()

    def __enter__(self) -> _Batch:
        return self

    def __exit__(self, *exception: object) -> None:
        self.flush()
