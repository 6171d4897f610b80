"""What is known of the sites on the map beyond their vectors; asked for once, answered in the background."""

from __future__ import annotations

import logging
from typing import cast

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QObject, Qt, Signal

from negnn_gui.analysis.clusters import NO_CLUSTER
from negnn_gui.app.views.embedding_map_fits import (
    ClusterFit,
    Fit,
    FittedMap,
    FitWorker,
    MapFit,
    MotifFit,
    PlaceFit,
    StoredFit,
)
from negnn_gui.app.views.embedding_map_methods import MapParameters, Method, available, axes, how_to_get
from negnn_gui.app.views.embedding_map_sites import Categories, MapSites, named_categories
from negnn_gui.results import Analysis, FloatArray

logger = logging.getLogger(__name__)

_JOIN_S = 10.0
_CLUSTERS, _MOTIFS, _ORDER, _PLACING = "Clusters", "Motifs", "Order parameters", "Placing by"
_MOST_FORMULAS = 12
IN_NONE = "in none"
OTHER = "others"


class MapStudies(QObject):
    """Fitted maps, clusters and motifs of the sites of a map.

    ``map_found`` and ``categories_found`` come when an answer asked for earlier is there; ``told`` carries what is
    going on ("t-SNE: 38 %", "" when nothing is), ``failed`` a sentence.
    """

    map_found = Signal()
    categories_found = Signal()
    told = Signal(str)
    failed = Signal(str)

    def __init__(self, parent: QObject) -> None:
        super().__init__(parent)
        self._sites = MapSites({}, {})
        self._maps: dict[tuple[Method, str], FittedMap] = {}
        self._placed: dict[FittedMap, dict[Analysis, FloatArray]] = {}
        self._parameters = MapParameters()
        self._clusters: dict[str, NDArray[np.int64]] = {}
        self._motifs: dict[str, dict[str, list[str]]] = {_MOTIFS: {}, _ORDER: {}}
        self._asked: dict[Fit, tuple[str, str]] = {}
        self._refused: set[tuple[str, str]] = set()
        self._worker: FitWorker | None = None

    def set_sites(self, sites: MapSites) -> None:
        """Study other sites; a map fitted to the same atlas stays."""
        if sites.atlas is None or sites.atlas is not self._sites.atlas:
            self._maps = {}
        self._sites, self._clusters, self._refused = sites, {}, set()
        shown = set(sites.analyses)
        for fitted, placed in self._placed.items():
            self._placed[fitted] = {
                analysis: places for analysis, places in placed.items() if analysis in shown
            }
        self._forget_places()
        self.cancel()

    def set_parameters(self, parameters: MapParameters) -> None:
        """Fit with other parameters; what they do not concern stays."""
        before, self._parameters = self._parameters, parameters
        self._maps = {
            key: found for key, found in self._maps.items() if before.of(key[0]) == parameters.of(key[0])
        }
        self._forget_places()
        if before.cluster_size != parameters.cluster_size:
            self._clusters = {}
        self._refused = set()
        self.cancel()

    def stored_methods(self) -> frozenset[Method]:
        """Kinds of map that came with the atlas, at whatever levels."""
        atlas = self._sites.atlas
        if atlas is None:
            return frozenset()
        fitted = (Method.TSNE, Method.UMAP)
        prefixes = {name.partition(":")[0] for name in atlas.stored_maps}
        return frozenset(
            method
            for method in fitted
            if (self._parameters.stored_name(method, "") or "").rstrip(":") in prefixes
        )

    def finalise(self) -> None:
        """Stop the thread, before the map goes."""
        if self._worker is not None:
            if not self._worker.close(_JOIN_S):
                logger.warning("a fit of the map did not stop")
            self._worker = None

    def cancel(self) -> None:
        """Give up what is being computed."""
        self._asked = {}
        if self._worker is not None:
            self._worker.cancel()
        self.told.emit("")

    def _forget_places(self) -> None:
        """Places on maps that are gone."""
        kept = set(self._maps.values())
        self._placed = {fitted: placed for fitted, placed in self._placed.items() if fitted in kept}

    @property
    def placing(self) -> bool:
        """Whether sites are being placed on a fitted map."""
        return any(isinstance(request, PlaceFit) for request in self._asked)

    # --- answers ------------------------------------------------------------------------------------

    def fitted_map(self, method: Method, levels: str) -> FittedMap | None:
        """The map of a kind and a level choice; None until it is fitted."""
        if (method, levels) not in self._maps:
            self._ask(method.value, levels)
        return self._maps.get((method, levels))

    def own_places(self, method: Method, levels: str) -> FloatArray:
        """(N, 2) places of the sites on a map that is fitted; NaN for structures that are still to be placed."""
        placed = self._placed.setdefault(self._maps[(method, levels)], {})
        analyses = self._sites.analyses
        if any(analysis not in placed for analysis in analyses):
            self._ask(f"{_PLACING} {method.value}", levels)
        parts = [placed.get(analysis, np.full((analysis.n_sites, 2), np.nan)) for analysis in analyses]
        return np.concatenate(parts) if parts else np.empty((0, 2))

    def clusters(self, levels: str) -> Categories | None:
        """Which cluster each site is in; None until it is known."""
        if levels not in self._clusters:
            self._ask(_CLUSTERS, levels)
            return None
        labels = self._clusters[levels]
        names = np.array([IN_NONE if n == NO_CLUSTER else f"cluster {n}" for n in labels], dtype=object)
        order = [f"cluster {number}" for number in range(int(labels.max(initial=NO_CLUSTER)) + 1)]
        return named_categories(names, order, missing=IN_NONE)

    def cluster_numbers(self, entry_id: str, levels: str) -> NDArray[np.float64] | None:
        """(N,) cluster of each site of an entry, NaN for none; None until it is known."""
        span = self._sites.index.span(entry_id)
        if levels not in self._clusters or span.stop == span.start:
            return None
        labels = self._clusters[levels][span]
        return np.where(labels == NO_CLUSTER, np.nan, labels)

    def motifs(self) -> Categories | None:
        """Coordination motif of each site, and of the known sites where the atlas has it; None until known."""
        known = None if self._sites.atlas is None else self._sites.atlas.sites.motif
        return self._environments(_MOTIFS, known)

    def order_parameters(self) -> Categories | None:
        """Local environment of each site by pymatgen's order parameters; None until known."""
        return self._environments(_ORDER, None)

    def _environments(self, kind: str, known: NDArray[np.object_] | None) -> Categories | None:
        sites, found = self._sites, self._motifs[kind]
        if any(entry_id not in found for entry_id in sites.index.entry_ids):
            self._ask(kind, "")
            return None
        joined = [name for entry_id in sites.index.entry_ids for name in found[entry_id]]
        names = np.array([name or IN_NONE for name in joined], dtype=object)
        distinct, counts = np.unique(names.astype(str), return_counts=True)
        order = [str(name) for name in distinct[np.argsort(-counts, kind="stable")] if name != IN_NONE]
        return named_categories(names, order, missing=IN_NONE, known=known)

    def formulas(self) -> Categories:
        """Compound of each site; those beyond the twelve with most sites share a grey."""
        sites = self._sites
        names = np.array(
            [entry.formula for entry in sites.entries for _ in range(entry.n_sites)], dtype=object
        )
        distinct, counts = np.unique(names.astype(str), return_counts=True)
        order = [str(name) for name in distinct[np.argsort(-counts, kind="stable")]][:_MOST_FORMULAS]
        names[~np.isin(names.astype(str), order)] = OTHER
        known = None if sites.atlas is None else sites.atlas.sites.formula
        return named_categories(names, order, missing=OTHER, known=known)

    # --- questions ----------------------------------------------------------------------------------

    def _ask(self, kind: str, levels: str) -> None:
        key = (kind, levels)
        if key in self._asked.values() or key in self._refused:
            return
        try:
            request = self._request(kind, levels)
        except ValueError as error:
            self._refused.add(key)
            self.failed.emit(str(error))
            return
        self._asked[request] = key
        self.told.emit(f"{kind}…")
        self._thread().submit(request)

    def _request(self, kind: str, levels: str) -> Fit:
        if kind in self._motifs:
            unknown = [entry for entry in self._sites.entries if entry.id not in self._motifs[kind]]
            return MotifFit({entry.id: entry.structure for entry in unknown}, by_order=kind == _ORDER)
        if kind == _CLUSTERS:
            return ClusterFit(self._sites.vectors(levels), self._parameters.cluster_size)
        if kind.startswith(_PLACING):
            fitted = self._maps[(Method(kind.removeprefix(_PLACING).strip()), levels)]
            placed = self._placed.get(fitted, {})
            waiting = tuple(analysis for analysis in self._sites.analyses if analysis not in placed)
            return PlaceFit(fitted.map, waiting, levels)
        return self._map_request(Method(kind), levels)

    def _map_request(self, method: Method, levels: str) -> MapFit | StoredFit:
        atlas, stored = self._sites.atlas, self._parameters.stored_name(method, levels)
        places = None if atlas is None or stored is None else atlas.stored_places(stored)
        if atlas is not None and places is not None:
            shown, rows = self._sites.analyses, atlas.fit_rows
            return StoredFit(
                atlas.vectors(levels), places.astype(np.float64), rows, axes(method), shown, levels
            )
        if not available(method):
            raise ValueError(how_to_get(method))
        vectors, rows = self._sites.reference(levels)
        start = self._sites.projection(levels).transform(vectors)
        options = self._parameters.of(method)
        return MapFit(vectors, rows, start, len(atlas or ()), options, self._sites.analyses, levels)

    def _thread(self) -> FitWorker:
        if self._worker is None:
            queued = Qt.ConnectionType.QueuedConnection
            self._worker = FitWorker()
            self._worker.found.connect(self._on_found, queued)
            self._worker.failed.connect(self._on_failed, queued)
            self._worker.progress.connect(self._on_progress, queued)
            self._worker.start()
        return self._worker

    def _on_found(self, request: Fit, result: object) -> None:
        if request not in self._asked:
            return  # the sites have changed since
        kind, levels = self._asked.pop(request)
        if not self._asked:
            self.told.emit("")
        if kind == _CLUSTERS:
            self._clusters[levels] = cast("NDArray[np.int64]", result)
        elif kind in self._motifs:
            self._motifs[kind] |= cast("dict[str, list[str]]", result)
        elif kind.startswith(_PLACING):
            assert isinstance(request, PlaceFit)
            for fitted, placed in self._placed.items():
                if fitted.map is request.map:
                    placed |= cast("dict[Analysis, FloatArray]", result)
            self.map_found.emit()
            return
        else:
            fitted = self._maps[(Method(kind), levels)] = cast(FittedMap, result)
            self._placed[fitted] = dict(fitted.own)
            self.map_found.emit()
            return
        self.categories_found.emit()

    def _on_failed(self, request: Fit, reason: str) -> None:
        if request in self._asked:
            key = self._asked.pop(request)
            self._refused.add(key)
            self.told.emit("")
            self.failed.emit(f"{key[0]}: {reason}")

    def _on_progress(self, done: int, total: int) -> None:
        if self._asked and total:
            self.told.emit(f"{next(iter(self._asked.values()))[0]}: {100 * done // total} %")
