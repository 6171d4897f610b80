"""Do maps of the embeddings separate elements and surroundings, and do elements lie as in the periodic table?

Two measures for each level, both on magnetic sites of the test split: the share of sites whose ten neighbours on the
t-SNE map are mostly of their own element (or, among sites of the same element, of their own coordination), and the rank
correlation between the likeness of two elements (cosine of their mean vectors) and their nearness in the table.
"""

from __future__ import annotations

import csv
from collections.abc import Iterable, Mapping
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from scipy.spatial import cKDTree
from scipy.stats import spearmanr

from negnn_gui.analysis.motifs import motifs_from_arrays
from negnn_gui.analysis.projection import fit_pca
from negnn_gui.analysis.tsne import fit_tsne
from negnn_gui.models.features import group_class, period_class
from negnn_gui.training.evidence.cells import Cell, TableSpec, Value
from negnn_gui.training.evidence.representations import Vectors
from negnn_gui.training.evidence.tasks import PROTOCOL, TaskData

MAPS = TableSpec(
    "maps",
    key=("representation", "sites"),
    measured=(
        "element_right",
        "element_chance",
        "environment_right",
        "environment_chance",
        "elements_compared",
        "same_group_cosine",
        "other_cosine",
        "periodic_rank_correlation",
    ),
)
_NEAREST = 10
_FEWEST_SITES = 5


def map_cells(
    vectors: Vectors, names: Iterable[str], shown: str, folder: Path, sites: int, budget: float
) -> list[Cell]:
    """One map for each representation; points and likenesses of ``shown`` are written to ``folder``."""

    def cell(name: str) -> Cell:
        def measure(seconds: float) -> Mapping[str, Value]:
            task = vectors.task(PROTOCOL.name)
            found = vectors.of(PROTOCOL.name, name)
            numbers, motifs = site_kinds(task)
            places = fit_tsne(found, fit_pca(found).transform(found))
            assert places is not None
            elements, cosine = element_likeness(found, numbers)
            if name == shown:
                write_points(folder / "map_points.csv", places, numbers, motifs, task.labels)
                write_likeness(folder / "element_likeness.csv", elements, cosine)
            return {**_separation(places, numbers, motifs), **_periodicity(elements, cosine)}

        return Cell(MAPS, {"representation": name, "sites": sites}, budget, measure)

    return [cell(name) for name in names]


def site_kinds(task: TaskData) -> tuple[NDArray[np.int64], list[str]]:
    """Atomic number (R,) and coordination motif of every row of a task of sites."""
    numbers = np.array(
        [task.crystals[i][1][site] for i, site in zip(task.structure, task.site, strict=True)], dtype=np.int64
    )
    motifs = [""] * len(numbers)
    for index in np.unique(task.structure):
        rows = np.flatnonzero(task.structure == index)
        lattice, z, frac = task.crystals[index]
        for row, motif in zip(
            rows, motifs_from_arrays(lattice, frac, z, [int(s) for s in task.site[rows]]), strict=True
        ):
            motifs[row] = motif
    return numbers, motifs


def neighbours_agree(places: NDArray[np.float64], kinds: NDArray[np.int64]) -> tuple[float, float]:
    """Share of points of whose nearest ten most are of their own kind, and the share of the commonest kind."""
    k = min(_NEAREST, len(places) - 1)
    nearest = cKDTree(places).query(places, k + 1)[1][:, 1:]
    right = 0
    for own, around in zip(kinds, kinds[nearest], strict=True):
        values, counts = np.unique(around, return_counts=True)
        right += int(values[counts.argmax()] == own)
    return right / len(kinds), float(np.unique(kinds, return_counts=True)[1].max() / len(kinds))


def _separation(
    places: NDArray[np.float64], numbers: NDArray[np.int64], motifs: list[str]
) -> dict[str, Value]:
    element, chance = neighbours_agree(places, numbers)
    kinds = np.unique(motifs, return_inverse=True)[1]
    counted, right, base = 0, 0.0, 0.0
    for z in np.unique(numbers):
        own = numbers == z
        if own.sum() >= 3 * _NEAREST and len(np.unique(kinds[own])) > 1:
            share, common = neighbours_agree(places[own], kinds[own])
            counted, right, base = counted + own.sum(), right + share * own.sum(), base + common * own.sum()
    environment = (right / counted, base / counted) if counted else (float("nan"), float("nan"))
    return {
        "element_right": element,
        "element_chance": chance,
        "environment_right": environment[0],
        "environment_chance": environment[1],
    }


def element_likeness(
    vectors: NDArray[np.float64], numbers: NDArray[np.int64]
) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """Elements with five sites or more in the order of the table, and the cosines of their mean vectors.

    The mean over all sites is taken off first, since what all have in common would make every pair alike.
    """
    centred = vectors - vectors.mean(axis=0)
    elements = np.array(
        [z for z in np.unique(numbers) if (numbers == z).sum() >= _FEWEST_SITES], dtype=np.int64
    )
    means = np.array([centred[numbers == z].mean(axis=0) for z in elements]).reshape(len(elements), -1)
    unit = means / np.maximum(np.linalg.norm(means, axis=1, keepdims=True), 1e-12)
    return elements, unit @ unit.T


def _periodicity(elements: NDArray[np.int64], cosine: NDArray[np.float64]) -> dict[str, Value]:
    group, period = group_class()[elements], period_class()[elements]
    first, second = np.triu_indices(len(elements), 1)
    alike = cosine[first, second]
    same = group[first] == group[second]
    apart = np.abs(group[first] - group[second]) + 2 * np.abs(period[first] - period[second])
    enough = len(elements) > 2
    return {
        "elements_compared": len(elements),
        "same_group_cosine": float(alike[same].mean()) if same.any() else float("nan"),
        "other_cosine": float(alike[~same].mean()) if (~same).any() else float("nan"),
        "periodic_rank_correlation": float(spearmanr(-apart, alike)[0]) if enough else float("nan"),
    }


def write_points(
    path: Path,
    places: NDArray[np.float64],
    numbers: NDArray[np.int64],
    motifs: list[str],
    moments: NDArray[np.float64],
) -> None:
    """Points of a map as CSV: map_1, map_2, atomic_number, environment, moment_muB."""
    rows = [
        (f"{x:.2f}", f"{y:.2f}", int(z), motif, f"{m:.3f}")
        for (x, y), z, motif, m in zip(places, numbers, motifs, moments, strict=True)
    ]
    write_csv(path, ("map_1", "map_2", "atomic_number", "environment", "moment_muB"), rows)


def write_likeness(path: Path, elements: NDArray[np.int64], cosine: NDArray[np.float64]) -> None:
    """Pairs of elements as CSV: atomic_number_1, atomic_number_2, cosine."""
    rows = [
        (int(a), int(b), f"{cosine[i, j]:.3f}")
        for i, a in enumerate(elements)
        for j, b in enumerate(elements)
        if i <= j
    ]
    write_csv(path, ("atomic_number_1", "atomic_number_2", "cosine"), rows)


def write_csv(path: Path, header: tuple[str, ...], rows: Iterable[tuple[object, ...]]) -> None:
    """A small CSV file, written whole."""
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_suffix(".part")
    with part.open("w", newline="", encoding="utf-8") as stream:
        writer = csv.writer(stream, lineterminator="\n")
        writer.writerow(header)
        writer.writerows(rows)
    part.replace(path)
