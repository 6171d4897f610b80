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
from negnn_gui.analysis.neighbour_map import NeighbourMap
from negnn_gui.analysis.order_parameters import site_environments
from negnn_gui.analysis.tsne import AXES as TSNE_AXES
from negnn_gui.analysis.tsne import TsneOptions, fit_tsne, tsne_available
from negnn_gui.analysis.tsne_map import TsneMap
from negnn_gui.analysis.umap_fit import AXES as UMAP_AXES
from negnn_gui.analysis.umap_fit import UmapOptions, fit_umap
from negnn_gui.app.jobs import Worker
from negnn_gui.app.loading import heavy_imports
from negnn_gui.results import Analysis, Float32Array, FloatArray

if TYPE_CHECKING:
    from pymatgen.core import Structure

IntArray = NDArray[np.int64]
OpenMap = TsneMap | NeighbourMap


class Fit(Protocol):
    """A snapshot of what is asked for; ``compute`` returns None where it was cancelled."""

    def compute(self, worker: Worker) -> object | None:
        """Do the work, telling ``worker`` how far it is and asking it whether to go on."""
        ...


@dataclass(frozen=True, eq=False)
class FittedMap:
    """A map that cannot be computed from the vectors alone.

    Attributes
    ----------
    map : TsneMap or NeighbourMap
        Places any vector.
    known : (M, 2) float
        Places of the M known sites.
    fitted_rows : (F,) int or None
        Which of the sites the map was made for it was fitted to; None for a map that came with the atlas.
    own : dict of Analysis to (N, 2) float
        Places of the sites that were waiting for the map; others are placed by :class:`PlaceFit`.
    """

    map: OpenMap
    known: FloatArray
    fitted_rows: IntArray | None
    own: dict[Analysis, FloatArray]

    @property
    def by_nearest(self) -> bool:
        """Whether new sites go where their nearest fitted ones are, rather than where t-SNE moves them."""
        return isinstance(self.map, NeighbourMap)


@dataclass(frozen=True, eq=False)
class MapFit:
    """Fit a map to some of the (N, D) vectors, chosen by ``rows``, and place the ``n_known`` first of all of them.

    The sites of ``analyses`` are placed, too.
    """

    vectors: Float32Array
    rows: IntArray
    start: FloatArray
    n_known: int
    options: TsneOptions | UmapOptions
    analyses: tuple[Analysis, ...]
    levels: str

    def compute(self, worker: Worker) -> FittedMap | None:
        """Fit, or take the map kept from an earlier fit."""
        vectors, start = self.vectors[self.rows], self.start[self.rows]
        if isinstance(self.options, TsneOptions):
            with heavy_imports():
                import openTSNE  # noqa: F401
            places = fit_tsne(
                vectors, start, self.options, progress=worker.report, cancelled=worker.cancelled
            )
        else:
            places = fit_umap(
                vectors, start, self.options, progress=worker.report, cancelled=worker.cancelled
            )
        if places is None:
            return None
        is_tsne = isinstance(self.options, TsneOptions)
        fitted = open_map(vectors, places, TSNE_AXES if is_tsne else UMAP_AXES)
        known = place(fitted, self.vectors[: self.n_known], worker)
        own = PlaceFit(fitted, self.analyses, self.levels).compute(worker)
        return None if known is None or own is None else FittedMap(fitted, known, self.rows, own)


@dataclass(frozen=True, eq=False)
class StoredFit:
    """Take a map that came with the atlas: the (M, D) vectors of its sites, their places, and those fitted."""

    vectors: Float32Array
    places: FloatArray
    rows: IntArray
    axes: tuple[str, str]
    analyses: tuple[Analysis, ...]
    levels: str

    def compute(self, worker: Worker) -> FittedMap | None:
        """Prepare it for vectors that are not on it, and place the sites of ``analyses``."""
        fitted = open_map(self.vectors[self.rows], self.places[self.rows], self.axes)
        own = PlaceFit(fitted, self.analyses, self.levels).compute(worker)
        return None if own is None else FittedMap(fitted, self.places, None, own)


@dataclass(frozen=True, eq=False)
class PlaceFit:
    """Place the sites of some structures, by their analyses, on a fitted map."""

    map: OpenMap
    analyses: tuple[Analysis, ...]
    levels: str

    def compute(self, worker: Worker) -> dict[Analysis, FloatArray] | None:
        """(N, 2) places of each analysis."""
        if not self.analyses:
            return {}
        vectors = [analysis.embedding(self.levels) for analysis in self.analyses]
        if isinstance(self.map, TsneMap):
            with heavy_imports():
                import openTSNE  # noqa: F401
        placed = place(self.map, np.concatenate(vectors), worker)
        if placed is None:
            return None
        ends = np.cumsum([len(part) for part in vectors])[:-1]
        return dict(zip(self.analyses, np.split(placed, ends), strict=True))


def open_map(vectors: Float32Array, places: FloatArray, axes: tuple[str, str]) -> OpenMap:
    """The fitted map of (N, D) vectors and their places, ready for others: by t-SNE's own rule where it can be."""
    if axes == TSNE_AXES and tsne_available():
        return TsneMap(vectors, places)
    return NeighbourMap(vectors, places, axes)


def place(fitted: OpenMap, vectors: Float32Array, worker: Worker) -> FloatArray | None:
    """(N, 2) places on a fitted map; None where the worker was told to stop."""
    if isinstance(fitted, TsneMap):
        placed = fitted.transform(vectors, progress=worker.report, cancelled=worker.cancelled)
    else:
        placed = fitted.transform(vectors)
    return None if worker.cancelled() else placed


@dataclass(frozen=True, eq=False)
class ClusterFit:
    """Group the (N, D) vectors of the sites into clusters of at least ``min_surroundings`` different ones."""

    vectors: Float32Array
    min_surroundings: int

    def compute(self, worker: Worker) -> IntArray:
        """Cluster of each site."""
        with heavy_imports():
            import sklearn.cluster  # noqa: F401
        return find_clusters(self.vectors, self.min_surroundings)


@dataclass(frozen=True, eq=False)
class MotifFit:
    """Name the coordination of every site of some structures, by motifs or by order parameters."""

    structures: Mapping[str, Structure]
    by_order: bool = False

    def compute(self, worker: Worker) -> dict[str, list[str]] | None:
        """Motifs by entry id."""
        found = {}
        for number, (entry_id, structure) in enumerate(self.structures.items()):
            if worker.cancelled():
                return None
            worker.report(number, len(self.structures))
            if self.by_order:
                found[entry_id] = [name for name, _ in site_environments(structure)]
            else:
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
