"""Kinds of maps and what their fits are told: one place for names, tips and parameters."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum

from negnn_gui.analysis import tsne, umap_fit
from negnn_gui.analysis.clusters import MIN_SURROUNDINGS
from negnn_gui.analysis.tsne import TsneOptions
from negnn_gui.analysis.umap_fit import UmapOptions


class Method(Enum):
    """How vectors become points."""

    PCA = "PCA"
    TSNE = "t-SNE"
    UMAP = "UMAP"


TIPS = {
    Method.PCA: "Principal components: distances are true as far as two axes can show them",
    Method.TSNE: "t-SNE: keeps neighbours together; distances between groups mean little",
    Method.UMAP: "UMAP: keeps neighbours together and groups apart; distances between groups mean little",
}
_STORED = {Method.TSNE: "tsne", Method.UMAP: "umap"}


@dataclass(frozen=True)
class MapParameters:
    """What the fits of a map are told.

    Attributes
    ----------
    cluster_size : int
        Fewest different surroundings that make a cluster.
    """

    tsne: TsneOptions = field(default_factory=TsneOptions)
    umap: UmapOptions = field(default_factory=UmapOptions)
    cluster_size: int = MIN_SURROUNDINGS

    def of(self, method: Method) -> TsneOptions | UmapOptions:
        """Parameters of a fitted kind of map."""
        return self.tsne if method is Method.TSNE else self.umap

    def stored_name(self, method: Method, levels: str) -> str | None:
        """Name of the map in an atlas; None where these parameters are not those it was made with."""
        return f"{_STORED[method]}:{levels}" if self.of(method) == MapParameters().of(method) else None


def axes(method: Method) -> tuple[str, str]:
    """Titles of the axes of a fitted kind of map."""
    return tsne.AXES if method is Method.TSNE else umap_fit.AXES


def available(method: Method) -> bool:
    """Whether this installation can fit such a map."""
    if method is Method.TSNE:
        return tsne.tsne_available()
    return umap_fit.umap_available() if method is Method.UMAP else True


def how_to_get(method: Method) -> str:
    """What a user without the library reads."""
    library, install = (
        ("openTSNE", tsne.INSTALL) if method is Method.TSNE else ("umap-learn", umap_fit.INSTALL)
    )
    return f"{method.value} needs {library}, which is not installed: {install}"
