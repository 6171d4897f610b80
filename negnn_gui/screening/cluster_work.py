"""What a worker of a cluster does: it reads and predicts some files and hands back a part of the tables.

Models and reader processes stay with the worker between parts. Nothing here writes a file: only who asked does,
so a part that was computed twice, because a worker was lost, is still written once.
"""

from __future__ import annotations

import contextlib
import pickle
import threading
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import pyarrow as pa

from negnn_gui import __version__
from negnn_gui.export.blocks import parquet_bytes, read_parquet_bytes, table_columns, table_schema
from negnn_gui.export.codecs import Codec, Rows, highest_level
from negnn_gui.export.text import printable
from negnn_gui.results import ModelRef
from negnn_gui.screening.batches import gather
from negnn_gui.screening.journal import Position
from negnn_gui.screening.model_choice import ModelChoice, models_used
from negnn_gui.screening.pool import FileFrame
from negnn_gui.screening.predicting import outcomes
from negnn_gui.screening.reader_process import ReaderProcess
from negnn_gui.screening.reading import Failure, ReadTask, read_frames

if TYPE_CHECKING:
    from negnn_gui.inference.predictor import Predictor

_MOST_SITES = 131_072
"""A part ends after the batch that reaches this: a file of a million frames must not become one answer."""


class WorkerRefusal(Exception):
    """A worker cannot do what is asked; the message is one clause."""


@dataclass(frozen=True)
class Description:
    """What a worker would compute with."""

    version: str
    models: dict[str, ModelRef]


@dataclass(frozen=True)
class Order:
    """Some files in a row, and what to make of them.

    Attributes
    ----------
    start : Position
        Of the first task within the whole run; frames of it that are done already are in its ``skip``.
    codecs : dict of str to Codec
        The tables asked for, by name.
    time_limit_s : float
        Seconds that reading one structure may take; 0 reads without this protection.
    """

    tasks: tuple[ReadTask, ...]
    start: Position
    choice: ModelChoice
    codecs: Mapping[str, Codec]
    time_limit_s: float = 30.0


@dataclass(frozen=True)
class Part:
    """What some files in a row gave.

    Attributes
    ----------
    end : Position
        Where the next part begins.
    tables : dict of str to bytes
        Parquet, by the ``source`` of the codecs that take these rows; absent where there are none.
    warnings : tuple of str
        ``file, frame: sentence``.
    unseen : tuple of Path
        Files that this worker does not find at all.
    """

    end: Position
    tables: dict[str, bytes]
    failures: tuple[Failure, ...]
    warnings: tuple[str, ...]
    structures: int
    n_sites: int
    devices: tuple[str, ...]
    models: dict[str, ModelRef]
    unseen: tuple[Path, ...] = ()

    @property
    def sites(self) -> pa.Table | None:
        """Rows of the sites table, where they were asked for and there are some."""
        return self.table("sites")

    def table(self, source: str) -> pa.Table | None:
        """Rows of a source; None where there are none."""
        data = self.tables.get(source)
        return None if data is None else read_parquet_bytes(data)

    def rows(self, source: str) -> Rows | None:
        """The same as columns."""
        table = self.table(source)
        return None if table is None else table_columns(table)


def describe(choice: ModelChoice) -> Description:
    """Load the models and say which they are.

    Raises
    ------
    WorkerRefusal
        They cannot be loaded here.
    """
    return Description(__version__, models_used(_models.get(choice)))


def carry_out(order: Order) -> Part:
    """Read and predict the files of an order.

    Raises
    ------
    WorkerRefusal
        The models cannot be loaded here.
    """
    predictor = _models.get(order.choice)
    kept: dict[str, list[Rows]] = {}
    makers = {codec.source: codec for codec in order.codecs.values()}
    levels = highest_level(order.codecs.values())
    failures: list[Failure] = []
    warnings: list[str] = []
    devices: dict[str, None] = {}
    structures = n_sites = 0
    end = order.start
    with _reader(order.time_limit_s) as reader:
        for batch in gather(_frames(order.tasks, reader), order.start):
            with _models.lock:  # one computation at a time: threads would only share the same cores
                found = [
                    outcome
                    for _, outcome in outcomes(
                        batch, predictor, highest_level=levels, cancelled=lambda: False, notify=_ignore
                    )
                ]
            for outcome in found:
                if isinstance(outcome, Failure):
                    failures.append(outcome)
                    continue
                entry, analysis = outcome
                structures, n_sites = structures + 1, n_sites + entry.n_sites
                devices[analysis.device] = None
                place = f"{printable(entry.path or entry.name)}, frame {entry.frame}"
                warnings += [f"{place}: {text}" for text in (*entry.warnings, *analysis.warnings)]
                for source, maker in makers.items():
                    kept.setdefault(source, []).append(maker.rows(entry, analysis))
            end = batch.end
            if n_sites >= _MOST_SITES:
                break
    return Part(
        end=end,
        tables={name: parquet_bytes(rows, table_schema(tuple(rows[0]))) for name, rows in kept.items()},
        failures=tuple(failures),
        warnings=tuple(warnings),
        structures=structures,
        n_sites=n_sites,
        devices=tuple(devices),
        models=models_used(predictor),
        unseen=tuple(task.path for task in order.tasks if _is_unseen(task)),
    )


def models_loaded() -> int:
    """How often this process has loaded models."""
    return _models.loads


class _Models:
    """The models of this process; whoever asks second for the same ones gets them as they are."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.loads = 0
        self._loaded: tuple[ModelChoice, Predictor] | None = None

    def get(self, choice: ModelChoice) -> Predictor:
        from negnn_gui.inference.devices import DeviceError
        from negnn_gui.models.checkpoint import ModelFileError
        from negnn_gui.models.registry import UnknownModelError

        with self.lock:
            if self._loaded is None or self._loaded[0] != choice:
                try:
                    self._loaded = (choice, choice.load())
                except (UnknownModelError, ModelFileError, DeviceError) as error:
                    raise WorkerRefusal(str(error)) from None
                self.loads += 1
            return self._loaded[1]


_models = _Models()
_idle: list[ReaderProcess] = []


@contextlib.contextmanager
def _reader(time_limit_s: float) -> Iterator[ReaderProcess | None]:
    """A reader process, kept for the next part; None where files are read without protection."""
    if time_limit_s <= 0:
        yield None
        return
    try:
        reader = _idle.pop()
    except IndexError:
        reader = ReaderProcess(time_limit_s)
    reader.time_limit_s = time_limit_s
    try:
        yield reader
    except BaseException:
        reader.stop()
        raise
    if reader.is_free:
        _idle.append(reader)
    else:
        reader.stop()


def _frames(tasks: tuple[ReadTask, ...], reader: ReaderProcess | None) -> Iterator[FileFrame]:
    for number, task in enumerate(tasks):
        if reader is None:
            yield from ((number, frame) for frame in read_frames(task) if frame is not None)
        else:
            yield from ((number, pickle.loads(data)) for data in reader.frames(task))
        yield number, None


def _is_unseen(task: ReadTask) -> bool:
    place = task.location or task.path
    return task.text is None and not (place.exists() or place.is_symlink())


def _ignore(text: str) -> None:
    """A change of device is seen in the devices of a part."""
