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
from negnn_gui.results import Float32Array, join_levels
from negnn_gui.training.evidence.embeddings import embed_crystals, row_levels
from negnn_gui.training.evidence.tasks import TaskData, load_task

log = logging.getLogger(__name__)

FloatArray = NDArray[np.float64]

SINGLE_LEVELS = ("0", "1", "2", "3", "4", "5")
JOINED_LEVELS = ("01", "012", "0123", "01234", "012345")
LEVELS = (*SINGLE_LEVELS, *JOINED_LEVELS)
OWNERS = ("ours", "published")
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
        self._embeddings: dict[tuple[str, str], Float32Array] = {}
        self._descriptors: dict[tuple[str, str], Float32Array] = {}

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
        if key not in self._embeddings:
            own = self.task(task)
            network = load_encoder(registry.get(encoder, "encoder"))
            self._embeddings[key] = row_levels(embed_crystals(network, own.crystals), own.structure, own.site)
        return join_levels(self._embeddings[key], levels).astype(np.float64)

    def _described(self, task: str, name: str) -> FloatArray:
        if (task, name) not in self._descriptors:
            self._descriptors[task, name] = self._read_or_describe(task, name)
        return self._descriptors[task, name].astype(np.float64)

    def _read_or_describe(self, task: str, name: str) -> Float32Array:
        own = self.task(task)
        path = self._cache / f"{task}-{len(own.labels)}-{name}.npy"
        if path.is_file():
            return np.asarray(np.load(path, allow_pickle=False), dtype=np.float32)
        begin = time.process_time()
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # the libraries' own remarks about single structures
            vectors = describe(
                name, own.rows, lambda done, total: time.process_time() - begin < _DESCRIPTOR_LIMIT
            ).astype(np.float32)
        log.info("%s of %s: %.0f s", name, task, time.process_time() - begin)
        self._cache.mkdir(parents=True, exist_ok=True)
        np.save(path, vectors, allow_pickle=False)
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


def kinds_of(representation: str, encoder: str) -> frozenset[str]:
    """What a representation (or the nodes of a network) is made by: "ours", "published", or its descriptors.

    >>> sorted(kinds_of("enc:01+one-hot", "enc")), sorted(kinds_of("soap+one-hot", "enc"))
    (['ours'], ['one-hot', 'soap'])
    """
    owner, _, rest = representation.rpartition(":")
    if owner:
        return frozenset({"ours" if owner == encoder else "published"})
    return frozenset(rest.split("+"))
