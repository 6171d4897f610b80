"""How far likeness in an atlas goes with chemistry and with moments, measured on sites that it does not hold."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from negnn_gui.analysis.atlas import Atlas
from negnn_gui.analysis.neighbour_statistics import likeness_weights, weighted_median
from negnn_gui.analysis.neighbours import Neighbours, VectorIndex
from negnn_gui.models.encoder import CrystalGraphEncoder
from negnn_gui.results import Float32Array, FloatArray, join_levels
from negnn_gui.training.atlas_sites import embed_atoms, motifs_of_atoms, site_kinds, symbols
from negnn_gui.training.evaluate import MAGNETIC
from negnn_gui.training.fit_run import MomentData

log = logging.getLogger(__name__)

K = 10
LEVELS = ("0", "1", "2", "3", "4", "5", "01", "012", "0123", "012345")
_VAL_SITES, _TEST_SITES = 2000, 3000


@dataclass(frozen=True, eq=False)
class _Queries:
    """Magnetic sites of a split: different ones, and how many atoms of the split each stands for."""

    vectors: Float32Array
    moments: FloatArray
    elements: NDArray[np.object_]
    motifs: NDArray[np.object_]
    weight: FloatArray

    def some(self, n: int, seed: int) -> _Queries:
        """``n`` of them, chosen at random."""
        rows = np.sort(np.random.default_rng(seed).permutation(len(self.moments))[:n])
        return _Queries(
            self.vectors[:, rows],
            self.moments[rows],
            self.elements[rows],
            self.motifs[rows],
            self.weight[rows],
        )


@dataclass(frozen=True)
class LevelFigures:
    """Shares 0 to 1 and errors in μB at one level choice (test split)."""

    element_purity: float
    motif_purity: float
    mean_error: float
    median_error: float
    same_element_error: float


@dataclass
class AtlasFigures:
    """What the card of an atlas says.

    Attributes
    ----------
    levels : dict of str to LevelFigures
        By level choice, cosine distance, on a sample of the test split.
    chosen_on_val : dict of str to float
        Error in μB of every way that was tried, on a sample of the val split.
    best : str
        The way with the smallest error there.
    best_test_error : float
        Its error on all magnetic atoms of the test split, μB.
    best_cosine, best_cosine_test_error : str, float
        The same among ways that only use cosine distance.
    """

    levels: dict[str, LevelFigures] = field(default_factory=dict)
    chosen_on_val: dict[str, float] = field(default_factory=dict)
    best: str = ""
    best_test_error: float = float("nan")
    best_cosine: str = ""
    best_cosine_test_error: float = float("nan")
    val_sites: int = 0
    test_sites: int = 0
    test_atoms: int = 0
    all_test_sites: int = 0


def atlas_figures(atlas: Atlas, encoder: CrystalGraphEncoder, data: MomentData, seed: int) -> AtlasFigures:
    """Measure an atlas on the calculated moments above 0.1 μB of the val and test splits.

    The way of looking up is chosen on val; test is only reported.
    """
    figures = AtlasFigures()
    val = _queries(encoder, data, "val", _VAL_SITES, seed)
    figures.val_sites = len(val.moments)
    for levels in LEVELS:
        for way, error in _ways(atlas, val, levels):
            figures.chosen_on_val[way] = error
        log.info("val, level %s: %.3f μB", levels, min(figures.chosen_on_val.values()))
    for name, metric in atlas.metrics.items():
        found = atlas.nearest(join_levels(val.vectors, metric.levels), metric.levels, K, name)
        figures.chosen_on_val[f"{name} {metric.levels}, weighted median"] = _median_error(atlas, val, found)
    test = _queries(encoder, data, "test", None, seed)
    figures.all_test_sites, figures.test_atoms = len(test.moments), int(test.weight.sum())
    ranked = sorted(figures.chosen_on_val, key=lambda way: figures.chosen_on_val[way])
    figures.best = ranked[0]
    figures.best_cosine = next(way for way in ranked if way.startswith("cosine"))
    figures.best_test_error = _error_of(atlas, test, figures.best)
    figures.best_cosine_test_error = _error_of(atlas, test, figures.best_cosine)
    sample = test.some(_TEST_SITES, seed)
    figures.test_sites = len(sample.moments)
    for levels in LEVELS:
        figures.levels[levels] = _level_figures(atlas, sample, levels)
    return figures


def _ways(atlas: Atlas, queries: _Queries, levels: str) -> Iterator[tuple[str, float]]:
    """Every way of looking up at a level choice by cosine, and its error in μB."""
    found = atlas.nearest(join_levels(queries.vectors, levels), levels, K, "cosine")
    moments = atlas.known_moment[found.index]
    yield f"cosine {levels}, mean", _error(moments.mean(axis=1), queries)
    yield f"cosine {levels}, median", _error(np.median(moments, axis=1), queries)
    yield f"cosine {levels}, weighted median", _median_error(atlas, queries, found)
    same = _of_same_element(atlas, queries, levels)
    yield f"cosine {levels} within the element, weighted median", _median_error(atlas, queries, same)


def _error_of(atlas: Atlas, queries: _Queries, way: str) -> float:
    """Error in μB of a way by its name."""
    kind, _, rest = way.partition(" ")
    levels = rest.partition(",")[0].partition(" ")[0]
    if kind == "cosine":
        return dict(_ways(atlas, queries, levels))[way]
    found = atlas.nearest(join_levels(queries.vectors, levels), levels, K, kind)
    return _median_error(atlas, queries, found)


def _level_figures(atlas: Atlas, queries: _Queries, levels: str) -> LevelFigures:
    found = atlas.nearest(join_levels(queries.vectors, levels), levels, K, "cosine")
    sites, rows = atlas.sites, found.index
    same = _of_same_element(atlas, queries, levels)
    return LevelFigures(
        _mean((sites.element[rows] == queries.elements[:, None]).mean(axis=1), queries),
        _mean((sites.motif[rows] == queries.motifs[:, None]).mean(axis=1), queries),
        _error(atlas.known_moment[rows].mean(axis=1), queries),
        _median_error(atlas, queries, found),
        _median_error(atlas, queries, same),
    )


def _of_same_element(atlas: Atlas, queries: _Queries, levels: str) -> Neighbours:
    """The nearest by cosine among known sites of the same element; row 0 at no distance where there is none."""
    vectors, elements = join_levels(queries.vectors, levels), atlas.sites.element.astype(str)
    index = np.zeros((len(vectors), K), dtype=np.int64)
    distance = np.full((len(vectors), K), np.nan)
    known = atlas.vectors(levels)
    for element in np.unique(queries.elements.astype(str)):
        own, theirs = np.flatnonzero(queries.elements == element), np.flatnonzero(elements == element)
        if not len(theirs):
            theirs = np.arange(len(elements))
        found = VectorIndex(known[theirs], "cosine").query(vectors[own], K)
        index[own, : found.index.shape[1]] = theirs[found.index]
        distance[own, : found.index.shape[1]] = found.distance
    return Neighbours(index, distance)


def _median_error(atlas: Atlas, queries: _Queries, found: Neighbours) -> float:
    stands_for = None if atlas.sites.weight is None else atlas.sites.weight[found.index]
    weights = likeness_weights(found.distance, stands_for)
    return _error(weighted_median(atlas.known_moment[found.index], weights), queries)


def _error(guess: FloatArray, queries: _Queries) -> float:
    return _mean(np.abs(guess - queries.moments), queries)


def _mean(values: FloatArray, queries: _Queries) -> float:
    return float(np.average(values, weights=queries.weight))


def _queries(
    encoder: CrystalGraphEncoder, data: MomentData, split: str, n: int | None, seed: int
) -> _Queries:
    """Different magnetic sites of a split, ``n`` of them chosen at random, or all."""
    atoms = data.atoms(split)
    atoms = atoms[data.moments[atoms] > MAGNETIC]
    keys = np.column_stack([site_kinds(data)[atoms], np.rint(100 * data.moments[atoms])]).astype(np.int64)
    _, first, counts = np.unique(keys, axis=0, return_index=True, return_counts=True)
    if n is not None and n < len(first):
        some = np.random.default_rng(seed).permutation(len(first))[:n]
        first, counts = first[some], counts[some]
    order = np.argsort(first)
    chosen = atoms[first[order]]
    return _Queries(
        embed_atoms(encoder, data, chosen),
        data.moments[chosen].astype(np.float64),
        symbols()[data.store.atomic_numbers[chosen].astype(np.int64)].astype(object),
        motifs_of_atoms(data, chosen) if split == "test" else np.full(len(chosen), "", dtype=object),
        counts[order].astype(np.float64),
    )
