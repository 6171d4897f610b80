"""Every representation of a task's rows: descriptors, our encoder, the published ones; each computed once."""

from __future__ import annotations

import logging
import time
import warnings
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from negnn_gui.analysis.descriptors import DESCRIPTORS, describe
from negnn_gui.models import registry
from negnn_gui.models.loading import load_encoder
from negnn_gui.results import Float32Array
from negnn_gui.training.evidence.embeddings import embed_crystals, row_vectors
from negnn_gui.training.evidence.tasks import TaskData, load_task

log = logging.getLogger(__name__)

FloatArray = NDArray[np.float64]

SINGLE_LEVELS = ("0", "1", "2", "3", "4", "5")
JOINED_LEVELS = ("01", "012", "0123", "01234", "012345")
LEVELS = (*SINGLE_LEVELS, *JOINED_LEVELS)
_DESCRIPTOR_LIMIT = 3600.0


class Vectors:
    """Representations by name: a descriptor's, "ENCODER:LEVELS", or several joined by "+".

    Parameters
    ----------
    data : Path
        Folder of the tables.
    max_rows : callable
        Rows of a task by its name.
    cache : Path
        Descriptors are kept here, because some take minutes.
    """

    def __init__(self, data: Path, rows_of: dict[str, int], cache: Path) -> None:
        self._data = data
        self._rows_of = rows_of
        self._cache = cache
        self._tasks: dict[str, TaskData] = {}
        self._embeddings: dict[tuple[str, str], list[Float32Array]] = {}

    def task(self, name: str) -> TaskData:
        """Labels and structures of a task, read once."""
        if name not in self._tasks:
            self._tasks[name] = load_task(self._data, name, self._rows_of[name])
        return self._tasks[name]

    def of(self, task: str, representation: str) -> FloatArray:
        """Vectors (R, D) of the rows of a task.

        Raises
        ------
        MissingLibrary, UnknownModelError
            What it needs is not installed.
        """
        parts = [self._of_one(task, part) for part in representation.split("+")]
        return np.concatenate(parts, axis=1)

    def _of_one(self, task: str, representation: str) -> FloatArray:
        if representation in DESCRIPTORS:
            return self._described(task, representation)
        encoder, _, levels = representation.rpartition(":")
        key = (task, encoder)
        own = self.task(task)
        if key not in self._embeddings:
            for other in [k for k in self._embeddings if k[0] != task]:
                del self._embeddings[other]  # tasks come one after the other
            network = load_encoder(registry.get(encoder, "encoder"))
            self._embeddings[key] = embed_crystals(network, own.crystals)
        return row_vectors(self._embeddings[key], own.structure, own.site, levels)

    def _described(self, task: str, name: str) -> FloatArray:
        own = self.task(task)
        path = self._cache / f"{task}-{len(own.labels)}-{name}.npy"
        if path.is_file():
            return np.asarray(np.load(path, allow_pickle=False), dtype=np.float64)
        begin = time.process_time()
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # the libraries' own remarks about single structures
            vectors = describe(
                name, own.rows, lambda done, total: time.process_time() - begin < _DESCRIPTOR_LIMIT
            )
        log.info("%s of %s: %.0f s", name, task, time.process_time() - begin)
        self._cache.mkdir(parents=True, exist_ok=True)
        np.save(path, vectors.astype(np.float32), allow_pickle=False)
        return vectors


def told(encoder: str, published: Sequence[str]) -> tuple[list[str], ...]:
    """Names of all representations that are compared, in three helpings, the most telling first."""
    ours = [f"{encoder}:{levels}" for levels in ("01", *SINGLE_LEVELS, "012")]
    theirs = [[f"{own}:{levels}" for own in published] for levels in ("01", "0", "012")]
    return (
        [*ours, "one-hot", *theirs[0], "soap", "features"],
        ["sine", "ofm"],  # these take long
        [
            *(f"{encoder}:{levels}" for levels in JOINED_LEVELS[2:]),
            "magpie",
            *theirs[1],
            *theirs[2],
            "soap+one-hot",
        ],
    )
