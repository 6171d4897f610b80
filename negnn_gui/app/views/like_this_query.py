"""Which known sites are most like the selected ones, and what their moments say."""

from __future__ import annotations

import csv
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from negnn_gui.analysis.atlas import Atlas
from negnn_gui.analysis.neighbours import Metric
from negnn_gui.analysis.sites import analysed
from negnn_gui.app.views.site_text import count_text, is_far
from negnn_gui.results import Analysis, Float32Array, SiteRef, join_levels
from negnn_gui.structures.entry import StructureEntry

MAX_QUERIES = 200
_MAX_LISTED = 500
_CSV_COLUMNS = (
    "structure",
    "site_index",
    "site_label",
    "element",
    "rank",
    "nn_element",
    "nn_formula",
    "nn_motif",
    "nn_moment_dft_muB",
    "nn_moment_exp_muB",
    "distance",
    "metric",
    "levels",
    "source",
)


@dataclass(frozen=True)
class Query:
    """One selected site with its analysis."""

    entry: StructureEntry
    analysis: Analysis
    site: int

    @property
    def label(self) -> str:
        """Label with the structure it belongs to."""
        return f"{self.entry.site_labels[self.site]} in {self.entry.name}"

    @property
    def element(self) -> str:
        """Symbol."""
        return self.entry.elements[self.site]

    def vector(self, levels: str) -> Float32Array:
        """(D,) vector of the site alone at a level choice; ValueError where there are fewer levels."""
        return join_levels(self.analysis.embeddings[:, self.site, None], levels)[0]


@dataclass(frozen=True, eq=False)
class LikeSites:
    """The known sites nearest to the selected ones, nearest first.

    Attributes
    ----------
    queries : tuple of Query
        The selected sites that were compared.
    rows : (k,) int
        Rows of the atlas.
    nearest_query : (k,) int
        Which query each is nearest to.
    distance : (k,) float
    """

    queries: tuple[Query, ...]
    rows: NDArray[np.int64]
    nearest_query: NDArray[np.int64]
    distance: NDArray[np.float64]
    levels: str
    metric: Metric


def queries(
    entries: Mapping[str, StructureEntry],
    analyses: Mapping[str, Analysis],
    selection: frozenset[SiteRef],
) -> list[Query]:
    """The selected sites that have been analysed, in order."""
    known = {entry.id: (entry, analysis) for entry, analysis in analysed(entries, analyses)}
    return [Query(*known[ref.entry_id], ref.site_index) for ref in sorted(selection) if ref.entry_id in known]


def find_like(atlas: Atlas, asked: list[Query], *, levels: str, metric: Metric, k: int) -> LikeSites:
    """The ``k`` known sites nearest to each of the sites asked about (of the first 200 of them).

    A known site that is near several of them is listed once, with the nearest; at most 500 are listed.

    Raises
    ------
    ValueError
        The encoder has no such levels.
    """
    compared = tuple(asked[:MAX_QUERIES])
    vectors = np.stack([query.vector(levels) for query in compared])
    found = atlas.nearest(vectors, levels, k, metric)
    rows, distance = found.index.ravel(), found.distance.ravel()
    owner = np.repeat(np.arange(len(compared)), found.index.shape[1])
    usable = np.flatnonzero(rows >= 0)
    order = usable[np.lexsort((rows[usable], distance[usable]))]
    _, first = np.unique(rows[order], return_index=True)
    best = order[np.sort(first)][:_MAX_LISTED]
    return LikeSites(compared, rows[best], owner[best], distance[best], levels, metric)


def doubts(atlas: Atlas, asked: list[Query]) -> list[str]:
    """Reasons not to trust a comparison, a short sentence each."""
    known = set(atlas.sites.element.tolist())
    unseen = sorted({query.element for query in asked} - known)
    found = [f"The atlas holds no {' and no '.join(unseen)}."] if unseen else []
    far = sum(is_far(float(query.analysis.ood_score[query.site])) for query in asked)
    if far:
        found.append(f"{count_text(far, 'site')} unlike all training data." if len(asked) > 1 else _FAR)
    if len(asked) > MAX_QUERIES:
        found.append(f"The first {MAX_QUERIES} of {len(asked):,} selected sites were compared.")
    return found


_FAR = "This site is unlike all training data."


def write_like_csv(path: Path, atlas: Atlas, like: LikeSites) -> None:
    """Write the list as CSV; OSError where the file cannot be written."""
    sites = atlas.sites
    with path.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.writer(stream)
        writer.writerow(_CSV_COLUMNS)
        for rank, (row, owner, distance) in enumerate(
            zip(like.rows, like.nearest_query, like.distance, strict=True), start=1
        ):
            query = like.queries[owner]
            writer.writerow(
                [
                    query.entry.name,
                    query.site,
                    query.entry.site_labels[query.site],
                    query.element,
                    rank,
                    sites.element[row],
                    sites.formula[row],
                    sites.motif[row],
                    _number(sites.moment_dft[row]),
                    _number(sites.moment_exp[row]),
                    f"{distance:.6g}",
                    like.metric,
                    like.levels,
                    sites.source_id[row],
                ]
            )


def _number(value: float) -> str:
    return f"{value:.4g}" if np.isfinite(value) else ""
