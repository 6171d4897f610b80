"""The atlas of known magnetic sites: where they lie on the maps, and which of them are most like an atom."""

from __future__ import annotations

from collections import OrderedDict
from pathlib import Path
from typing import TypeVar

import numpy as np
from numpy.typing import ArrayLike, NDArray

from negnn_gui.analysis.atlas_files import AtlasContent, AtlasError, AtlasSites, read_atlas, write_atlas
from negnn_gui.analysis.linear_metric import LinearMetric
from negnn_gui.analysis.neighbours import Metric, Neighbours, VectorIndex
from negnn_gui.analysis.projection import AlignedMaps, LinearProjection, spaced_rows
from negnn_gui.results import Float32Array, FloatArray, ModelRef, NearestKnown, parse_levels

__all__ = ["Atlas", "AtlasContent", "AtlasError", "AtlasSites", "write_atlas"]

_KEPT_CHOICES = 3
KNOWN_LEVEL = 1
"""Level at which sites are compared to find the most similar one."""

_K = TypeVar("_K")
_T = TypeVar("_T")


class Atlas:
    """Known sites with their vectors at every level of one encoder.

    Vectors are read from disk and prepared per level choice when first asked for; the last few are kept.

    Attributes
    ----------
    fit_rows : (M,) int
        Rows that maps are fitted to.
    """

    def __init__(self, content: AtlasContent) -> None:
        self._content = content
        self._indices: OrderedDict[tuple[str, str], VectorIndex] = OrderedDict()
        self.fit_rows = spaced_rows(len(content.sites))
        self._maps = AlignedMaps(lambda levels: self.vectors(levels, self.fit_rows), content.projections)
        self._places: OrderedDict[str, FloatArray] = OrderedDict()

    @classmethod
    def load(cls, folder: Path, encoder: ModelRef | None = None) -> Atlas:
        """Read the atlas in ``folder``.

        Parameters
        ----------
        encoder : ModelRef or None
            Encoder in use; vectors of another one cannot be compared with its own.

        Raises
        ------
        AtlasError
            It is missing or damaged, written by a newer version, or was built with another encoder.
        """
        content = read_atlas(folder)
        if encoder is not None and content.encoder.sha256 != encoder.sha256:
            raise AtlasError(
                f"the atlas in {folder} was built with the encoder {content.encoder.id}, not {encoder.id}, "
                "so its vectors cannot be compared: choose that encoder or build an atlas with this one"
            )
        return cls(content)

    def __len__(self) -> int:
        return len(self._content.sites)

    @property
    def encoder(self) -> ModelRef:
        """Encoder that computed the vectors."""
        return self._content.encoder

    @property
    def sites(self) -> AtlasSites:
        """What is known of each site."""
        return self._content.sites

    @property
    def n_levels(self) -> int:
        """Number of levels stored."""
        return int(self._content.quantised.shape[0])

    @property
    def attribution(self) -> str:
        """Sources and licences of what is known of the sites."""
        return self._content.attribution

    @property
    def known_moment(self) -> FloatArray:
        """(N,) abs(m) in μB: calculated, or measured where that is all there is; else NaN."""
        sites = self._content.sites
        return np.where(np.isfinite(sites.moment_dft), sites.moment_dft, sites.moment_exp)

    def vectors(self, levels: str, rows: slice | NDArray[np.int64] = slice(None)) -> Float32Array:
        """(N, D * len(levels)) float32 vectors of a level choice such as "01", or those of some rows."""
        content = self._content
        parts = [
            content.centre[level] + content.quantised[level][rows] * content.scale[level]
            for level in parse_levels(levels, self.n_levels)
        ]
        return np.concatenate(parts, axis=1)

    @property
    def name(self) -> str:
        """What users call it."""
        return self._content.name

    @property
    def metrics(self) -> dict[str, LinearMetric]:
        """Distances learned from its sites, by name; each belongs to one level choice."""
        return self._content.metrics

    def nearest(self, vectors: ArrayLike, levels: str, k: int, metric: str = "cosine") -> Neighbours:
        """The ``k`` atlas sites nearest to each of (M, D * len(levels)) vectors of the same level choice.

        Parameters
        ----------
        metric : str
            "cosine", "euclidean", or the name of a learned metric of the same level choice.

        Raises
        ------
        ValueError
            There is no such metric, or it belongs to other levels.
        """
        learned = self._learned(levels, metric)
        return self._index(levels, metric).query(
            vectors if learned is None else learned.transform(vectors), k
        )

    def _learned(self, levels: str, metric: str) -> LinearMetric | None:
        if metric in ("cosine", "euclidean"):
            return None
        learned = self.metrics.get(metric)
        if learned is None or learned.levels != levels:
            where = "" if learned is None else f" at levels {levels}, only at {learned.levels}"
            raise ValueError(f"the atlas has no distance called {metric!r}{where}")
        return learned

    def nearest_known(self, embeddings: Float32Array) -> NearestKnown:
        """Most similar atlas site of each site of (levels, N, D) embeddings: cosine distance at level 1."""
        found = self.nearest(embeddings[KNOWN_LEVEL], str(KNOWN_LEVEL), 1)
        rows, usable = found.index[:, 0], found.index[:, 0] >= 0
        sites = self._content.sites
        return NearestKnown(
            tuple(sites.formula[row] if ok else "" for row, ok in zip(rows, usable, strict=True)),
            tuple(sites.element[row] if ok else "" for row, ok in zip(rows, usable, strict=True)),
            np.where(usable, self.known_moment[rows], np.nan),
            found.distance[:, 0],
        )

    def projection(self, levels: str) -> LinearProjection:
        """Principal components of the atlas at a level choice, aligned with the choices before it."""
        return self._maps.projection(levels)

    def places(self, levels: str) -> FloatArray:
        """(N, 2) places of the atlas sites on the map of ``projection(levels)``."""
        if levels not in self._places:
            self._places[levels] = self.projection(levels).transform(self.vectors(levels))
        return _recent(self._places, levels)

    def stored_places(self, name: str) -> Float32Array | None:
        """(N, 2) places on a fitted map stored in the file, such as "tsne:01", or None."""
        return self._content.coordinates.get(name)

    @property
    def stored_maps(self) -> tuple[str, ...]:
        """Names of the fitted maps stored in the file, such as "tsne:01"."""
        return tuple(self._content.coordinates)

    def _index(self, levels: str, metric: str) -> VectorIndex:
        key = (levels, metric)
        if key not in self._indices:
            learned, vectors = self._learned(levels, metric), self.vectors(levels)
            kind: Metric = "cosine" if metric == "cosine" else "euclidean"
            self._indices[key] = VectorIndex(vectors if learned is None else learned.transform(vectors), kind)
        return _recent(self._indices, key)


def _recent(kept: OrderedDict[_K, _T], key: _K) -> _T:
    """Mark ``key`` as used last and forget the choices that were not used for longest."""
    kept.move_to_end(key)
    while len(kept) > _KEPT_CHOICES:
        kept.popitem(last=False)
    return kept[key]
