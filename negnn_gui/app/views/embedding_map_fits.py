"""What the map asks for in the background: fitted maps, clusters, motifs; and the thread that answers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import Signal

from negnn_gui.analysis.clusters import find_clusters
from negnn_gui.analysis.motifs import site_motifs
from negnn_gui.analysis.tsne import NeighbourMap, fit_tsne
from negnn_gui.app.jobs import Worker
from negnn_gui.app.loading import heavy_imports
from negnn_gui.results import Float32Array, FloatArray

if TYPE_CHECKING:
    from pymatgen.core import Structure

IntArray = NDArray[np.int64]


class Fit(Protocol):
    """A snapshot of what is asked for; ``compute`` returns None where it was cancelled."""

    def compute(self, worker: Worker) -> object | None:
        """Do the work, telling ``worker`` how far it is and asking it whether to go on."""
        ...


@dataclass(frozen=True, eq=False)
class FittedMap:
    """A map that cannot be computed from the vectors alone, with the (M, 2) places of the M known sites."""

    map: NeighbourMap
    known: FloatArray


@dataclass(frozen=True, eq=False)
class TsneFit:
    """Fit a map to some of the (N, D) vectors, chosen by ``rows``, and place the ``n_known`` first of all of them."""

    vectors: Float32Array
    rows: IntArray
    start: FloatArray
    n_known: int

    def compute(self, worker: Worker) -> FittedMap | None:
        """Fit, or take the map kept from an earlier fit."""
        with heavy_imports():
            import openTSNE  # noqa: F401
        fitted_to = self.vectors[self.rows]
        places = fit_tsne(
            fitted_to, self.start[self.rows], progress=worker.report, cancelled=worker.cancelled
        )
        if places is None:
            return None
        fitted = NeighbourMap(fitted_to, places)
        return FittedMap(fitted, fitted.transform(self.vectors[: self.n_known]))


@dataclass(frozen=True, eq=False)
class ClusterFit:
    """Group the (N, D) vectors of the sites."""

    vectors: Float32Array

    def compute(self, worker: Worker) -> IntArray:
        """Cluster of each site."""
        with heavy_imports():
            import sklearn.cluster  # noqa: F401
        return find_clusters(self.vectors)


@dataclass(frozen=True, eq=False)
class MotifFit:
    """Name the coordination of every site of some structures."""

    structures: Mapping[str, Structure]

    def compute(self, worker: Worker) -> dict[str, list[str]] | None:
        """Motifs by entry id."""
        found = {}
        for number, (entry_id, structure) in enumerate(self.structures.items()):
            if worker.cancelled():
                return None
            worker.report(number, len(self.structures))
            found[entry_id] = site_motifs(structure)
        return found


class FitWorker(Worker):
    """Serves fits one after the other; ``found`` carries the fit and its result, ``failed`` the fit and a sentence."""

    found = Signal(object, object)
    failed = Signal(object, str)

    def serve(self, request: Fit) -> None:
        """Do one fit."""
        try:
            result = request.compute(self)
        except ValueError as error:  # too few sites and the like: no fault of the program
            self.refuse(request, str(error))
            return
        if result is not None and not self.cancelled():
            self.found.emit(request, result)

    def refuse(self, request: Fit, reason: str) -> None:
        """Say why there is no answer."""
        self.failed.emit(request, reason)
