"""Structure files -> an atlas of one's own, as the window makes it of what is open."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from negnn_gui.cli.console import FAILED_INPUTS, CommandError, say

if TYPE_CHECKING:
    from negnn_gui.inference.predictor import Predictor
    from negnn_gui.results import Analysis
    from negnn_gui.screening.request import Disorder
    from negnn_gui.structures.entry import StructureEntry

_BATCH = 64


def build_of_files(
    paths: Sequence[Path], folder: Path, name: str, encoder: str | None, device: str, disorder: Disorder
) -> int:
    """Write an atlas of the structures in some files and folders; the exit status.

    Every input that fails is told in a line; the rest is in the atlas.

    Raises
    ------
    CommandError
        Nothing could be read, or the atlas cannot be written.
    """
    from negnn_gui.analysis.own_atlas import write_own_atlas
    from negnn_gui.inference.devices import DeviceError
    from negnn_gui.models.checkpoint import ModelFileError
    from negnn_gui.models.registry import UnknownModelError
    from negnn_gui.screening.model_choice import ModelChoice

    failures: list[str] = []
    structures = 0

    def told() -> Iterator[tuple[StructureEntry, Analysis]]:
        nonlocal structures
        for pair in _analysed(paths, predictor, disorder, failures):
            structures += 1
            yield pair

    try:
        predictor = ModelChoice(encoder, encoder_only=True, device=device).load()
        count = write_own_atlas(folder, told(), name)
    except (UnknownModelError, ModelFileError, DeviceError) as error:
        raise CommandError(str(error)) from error
    except ValueError as error:
        raise CommandError(f"{error}: nothing of what was given could be read") from error
    except OSError as error:
        raise CommandError(f"{error.filename or folder}: {error.strerror or error}") from error
    typer.echo(f"wrote {count} sites of {structures} structures to {folder}")
    if failures:
        say(f"{len(failures)} inputs are not in it")
        return FAILED_INPUTS
    return 0


def _analysed(
    paths: Sequence[Path], predictor: Predictor, disorder: Disorder, failures: list[str]
) -> Iterator[tuple[StructureEntry, Analysis]]:
    from negnn_gui.inference.predictor import PredictionFailure

    entries = _entries(paths, disorder, failures)
    while batch := list(islice(entries, _BATCH)):
        for entry, outcome in zip(batch, predictor.predict(batch), strict=True):
            if isinstance(outcome, PredictionFailure):
                _fail(failures, f"{entry.path or entry.name}, frame {entry.frame}: {outcome.reason}")
            else:
                yield entry, outcome


def _entries(paths: Sequence[Path], disorder: Disorder, failures: list[str]) -> Iterator[StructureEntry]:
    from negnn_gui.screening.inputs import list_inputs
    from negnn_gui.screening.reading import ReadTask, read_frames

    for path in list_inputs(paths, own_files=frozenset()):
        for frame in read_frames(ReadTask(path, disorder)):
            if frame is None:
                continue
            if frame.failure is not None:
                where = "" if frame.failure.frame is None else f", frame {frame.failure.frame}"
                _fail(failures, f"{frame.failure.path}{where}: {frame.failure.reason}")
            yield from frame.entries


def _fail(failures: list[str], sentence: str) -> None:
    failures.append(sentence)
    say(sentence)
