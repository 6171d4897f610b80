"""Predictions from Python: ``from negnn_gui import predict``.

>>> from negnn_gui import predict
>>> sites = predict("NiO.cif")
>>> sites[["site_label", "moment_pred_muB"]]

The table has the columns of the command ``negnn predict``, unrounded.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from functools import lru_cache
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Literal, TypeAlias, get_args

import pandas as pd

from negnn_gui.export.tables import empty_site_frame, site_frame
from negnn_gui.screening.inputs import list_inputs
from negnn_gui.screening.reading import ReadTask, read_frames
from negnn_gui.screening.request import Disorder

if TYPE_CHECKING:
    from pymatgen.core import Structure

    from negnn_gui.inference.predictor import Predictor
    from negnn_gui.structures.entry import StructureEntry

Input: TypeAlias = "Path | str | Structure"
"""What can be predicted."""

_BATCH = 128


class PredictionError(ValueError):
    """A structure could not be read or predicted; the message says which and why."""


def predict(
    inputs: Input | Iterable[Input],
    *,
    model: str | None = None,
    device: str = "auto",
    disorder: Disorder = "skip",
    errors: Literal["raise", "omit"] = "raise",
) -> pd.DataFrame:
    """Predict the magnetic moment of every site.

    Parameters
    ----------
    inputs : path, pymatgen Structure, or several of them
        Files of one or many frames, folders (searched recursively), structures in memory; cells and site
        order stay as they are.
    model : str or None
        Id of a moment model (``negnn models list``); None takes the best one.
    device : str
        "auto", "cpu", "cuda", "cuda:1" or "mps".
    disorder : "majority", "enumerate" or "skip"
        Sites shared by several species: take the most likely, enumerate orderings, or count as a failure.
    errors : "raise" or "omit"
        What to do about an input that fails: raise, or leave it out and list it in ``.attrs["failures"]`` as
        dictionaries with ``path``, ``frame`` and ``reason``.

    Returns
    -------
    pandas.DataFrame
        One row a site: moments in μB, coordinates in Å, NaN where there is no data. Structures in memory are
        called structure_0, structure_1, ...

    Raises
    ------
    PredictionError
        An input failed and ``errors`` is "raise".
    UnknownModelError, ModelFileError, DeviceError
        The model or device cannot be used.
    ValueError
        ``disorder`` or ``errors`` is something else.
    TypeError
        An input is neither a path nor a structure.
    """
    from negnn_gui.analysis.atlas import KNOWN_LEVEL
    from negnn_gui.analysis.known_sites import all_with_nearest_known
    from negnn_gui.inference.predictor import PredictionFailure

    for name, value, known in (
        ("disorder", disorder, get_args(Disorder)),
        ("errors", errors, ("raise", "omit")),
    ):
        if value not in known:
            raise ValueError(f"{name} is one of {', '.join(known)}, not {value!r}")
    predictor = _predictor(model, device)
    tables: list[pd.DataFrame] = []
    failures: list[dict[str, object]] = []

    def fail(path: str, frame: int | None, reason: str) -> None:
        if errors == "raise":
            raise PredictionError(f"{path if frame is None else f'{path}, frame {frame}'}: {reason}")
        failures.append({"path": path, "frame": frame, "reason": reason})

    entries = _entries(inputs, disorder, fail)
    while batch := list(islice(entries, _BATCH)):
        outcomes = all_with_nearest_known(list(predictor.predict(batch, highest_level=KNOWN_LEVEL)))
        for entry, outcome in zip(batch, outcomes, strict=True):
            if isinstance(outcome, PredictionFailure):
                fail(str(entry.path or entry.name), entry.frame, outcome.reason)
            else:
                tables.append(site_frame(entry, outcome))
    table = pd.concat(tables, ignore_index=True) if tables else empty_site_frame()
    table.attrs["failures"] = failures
    return table


def _entries(
    inputs: Input | Iterable[Input],
    disorder: Disorder,
    fail: Callable[[str, int | None, str], None],
) -> Iterator[StructureEntry]:
    """Structures of all inputs in order; failures go to ``fail``."""
    for number, item in enumerate(_listed(inputs)):
        for task in _tasks(item, number, disorder):
            for frame in read_frames(task):
                if frame is None:
                    continue
                if frame.failure is not None:
                    fail(str(frame.failure.path), frame.failure.frame, frame.failure.reason)
                for entry in frame.entries:
                    yield entry if task.text is None else replace(entry, path=None)


def _tasks(item: Input, number: int, disorder: Disorder) -> Iterator[ReadTask]:
    if isinstance(item, str | Path):
        for path in list_inputs([Path(item)], own_files=frozenset()):
            yield ReadTask(path, disorder)
        return
    # As JSON a structure from memory passes the same checks as one from a file, moments and labels included.
    yield ReadTask(Path(f"structure_{number}"), disorder, text=item.to_json())


def _listed(inputs: Input | Iterable[Input]) -> list[Input]:
    from pymatgen.core import Structure

    several = isinstance(inputs, Iterable) and not isinstance(inputs, str | Path | Structure)
    listed: list[Input] = list(inputs) if several else [inputs]  # type: ignore[arg-type]
    for item in listed:
        if not isinstance(item, str | Path | Structure) or item == "":
            raise TypeError(f"an input is a path or a pymatgen structure, not {item!r}")
    return listed


@lru_cache(maxsize=2)
def _predictor(model: str | None, device: str) -> Predictor:
    """Kept between calls: loading takes seconds."""
    from negnn_gui.inference.predictor import Predictor

    return Predictor.load(model, device=device)
