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
    MotifFit,
    TsneFit,
)
from negnn_gui.app.views.embedding_map_sites import Categories, MapSites, named_categories

logger = logging.getLogger(__name__)

_JOIN_S = 10.0
_VERBS = {TsneFit: "t-SNE", ClusterFit: "Clusters", MotifFit: "Motifs"}
IN_NONE = "in none"


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
        self._maps: dict[str, FittedMap] = {}
        self._clusters: dict[str, NDArray[np.int64]] = {}
        self._motifs: dict[str, list[str]] = {}
        self._asked: dict[Fit, tuple[str, str]] = {}
        self._refused: set[tuple[str, str]] = set()
        self._worker: FitWorker | None = None

    def set_sites(self, sites: MapSites) -> None:
        """Study other sites; a map fitted to the same atlas stays."""
        if sites.atlas is None or sites.atlas is not self._sites.atlas:
            self._maps = {}
        self._sites, self._clusters, self._refused = sites, {}, set()
        self.cancel()

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

    # --- answers ------------------------------------------------------------------------------------

    def fitted_map(self, levels: str) -> FittedMap | None:
        """The t-SNE map of a level choice; None until it is fitted."""
        if levels not in self._maps:
            self._ask("tsne", levels)
        return self._maps.get(levels)

    def clusters(self, levels: str) -> Categories | None:
        """Which cluster each site is in; None until it is known."""
        if levels not in self._clusters:
            self._ask("clusters", levels)
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
        sites = self._sites
        if any(entry_id not in self._motifs for entry_id in sites.index.entry_ids):
            self._ask("motifs", "")
            return None
        joined = [name for entry_id in sites.index.entry_ids for name in self._motifs[entry_id]]
        names = np.array([name or IN_NONE for name in joined], dtype=object)
        distinct, counts = np.unique(names.astype(str), return_counts=True)
        order = [str(name) for name in distinct[np.argsort(-counts, kind="stable")] if name != IN_NONE]
        known = None if sites.atlas is None else sites.atlas.sites.motif
        return named_categories(names, order, missing=IN_NONE, known=known)

    # --- questions ----------------------------------------------------------------------------------

    def _ask(self, kind: str, levels: str) -> None:
        key = (kind, levels)
        if key in self._asked.values() or key in self._refused:
            return
        if kind == "motifs":
            request: Fit = MotifFit(
                {entry.id: entry.structure for entry in self._sites.entries if entry.id not in self._motifs}
            )
        elif kind == "clusters":
            request = ClusterFit(self._sites.vectors(levels))
        else:
            request = self._tsne(levels)
        self._asked[request] = key
        self.told.emit(f"{_VERBS[type(request)]}…")
        self._thread().submit(request)

    def _tsne(self, levels: str) -> TsneFit:
        vectors, rows = self._sites.reference(levels)
        start = self._sites.projection(levels).transform(vectors)
        return TsneFit(vectors, rows, start, len(self._sites.atlas or ()))

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
        if kind == "tsne":
            self._maps[levels] = cast(FittedMap, result)
            self.map_found.emit()
            return
        if kind == "clusters":
            self._clusters[levels] = cast("NDArray[np.int64]", result)
        else:
            self._motifs |= cast("dict[str, list[str]]", result)
        self.categories_found.emit()

    def _on_failed(self, request: Fit, reason: str) -> None:
        if request in self._asked:
            self._refused.add(self._asked.pop(request))
            self.told.emit("")
            self.failed.emit(f"{_VERBS[type(request)]}: {reason}")

    def _on_progress(self, done: int, total: int) -> None:
        if self._asked and total:
            self.told.emit(f"{_VERBS[type(next(iter(self._asked)))]}: {100 * done // total} %")
