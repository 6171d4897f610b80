"""How the nearest known sites of a site change as its surroundings are seen wider, level by level."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from negnn_gui.analysis.atlas import Atlas
from negnn_gui.analysis.neighbours import Metric

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class LevelNeighbours:
    """The k nearest known sites of one site at each of L levels.

    Attributes
    ----------
    rows : (L, k) int
        Rows of the atlas, nearest first; -1 where the vector was not finite.
    distance : (L, k) float
    stayed : (L, k) bool
        Whether the site was among the k nearest at the level before, too (False at the first level).
    kept : (L,) float
        Share of the neighbours that stayed; NaN at the first level.
    same_element : (L,) float
        Share of the neighbours of the same element.
    same_motif : (L,) float
        Share of the neighbours with the same coordination motif; NaN where the site's is not known.
    median, lowest, highest : (L,) float
        Of the known abs(m) of the neighbours, μB; NaN where none is known.
    """

    rows: IntArray
    distance: FloatArray
    stayed: NDArray[np.bool_]
    kept: FloatArray
    same_element: FloatArray
    same_motif: FloatArray
    median: FloatArray
    lowest: FloatArray
    highest: FloatArray

    @property
    def n_levels(self) -> int:
        """Number of levels L."""
        return len(self.rows)


def neighbours_by_level(
    atlas: Atlas, vectors: ArrayLike, element: str, motif: str = "", *, k: int = 10, metric: Metric = "cosine"
) -> LevelNeighbours:
    """The known sites nearest to one site at every single level.

    Parameters
    ----------
    vectors : (L, D) float
        Vectors of the site at levels 0 to L - 1.
    motif : str
        Its coordination motif, "" where it is not known.

    Raises
    ------
    ValueError
        The atlas has fewer levels or vectors of another length.
    """
    own = np.asarray(vectors, dtype=np.float32)
    found = [atlas.nearest(own[level][None], str(level), k, metric) for level in range(len(own))]
    rows = np.concatenate([answer.index for answer in found])
    usable = rows >= 0
    stayed = np.zeros(rows.shape, dtype=np.bool_)
    for level in range(1, len(rows)):
        stayed[level] = np.isin(rows[level], rows[level - 1]) & usable[level]
    kept = stayed.mean(axis=1)
    kept[:1] = np.nan
    sites = atlas.sites
    moments = np.where(usable, atlas.known_moment[rows], np.nan)
    median, lowest, highest = (_over_known(moments, statistic) for statistic in (np.median, np.min, np.max))
    return LevelNeighbours(
        rows=rows,
        distance=np.concatenate([answer.distance for answer in found]),
        stayed=stayed,
        kept=kept,
        same_element=((sites.element[rows] == element) & usable).mean(axis=1),
        same_motif=((sites.motif[rows] == motif) & usable).mean(axis=1)
        if motif
        else np.full(len(rows), np.nan),
        median=median,
        lowest=lowest,
        highest=highest,
    )


def _over_known(moments: FloatArray, statistic: Callable[[FloatArray], np.floating]) -> FloatArray:
    """A statistic of the finite values of each row, NaN where there are none."""
    known = [row[np.isfinite(row)] for row in moments]
    return np.array([float(statistic(row)) if len(row) else np.nan for row in known])
