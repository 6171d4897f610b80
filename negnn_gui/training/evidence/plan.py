"""Which cells a run measures, the most telling first, and how large they are."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from negnn_gui.analysis.descriptors import DESCRIPTORS
from negnn_gui.training.evidence.cells import Cell, TableSpec
from negnn_gui.training.evidence.learning import LEARNING, LearningSizes, SmallData, learning_cells
from negnn_gui.training.evidence.maps import MAPS, map_cells
from negnn_gui.training.evidence.parity import PARITY, parity_cells
from negnn_gui.training.evidence.regression import (
    PROTOCOL_TABLE,
    REGRESSION,
    protocol_cells,
    regression_cells,
)
from negnn_gui.training.evidence.representations import OWNERS, Vectors, kinds_of, told
from negnn_gui.training.evidence.tasks import PROTOCOL, TASKS

TABLES: tuple[TableSpec, ...] = (LEARNING, PROTOCOL_TABLE, REGRESSION, MAPS, PARITY)
FAMILIES = ("cgcnn", "schnet", "mpnn", "megnet", "gcn")
LEARNING_TASK = "learning_curves"


@dataclass(frozen=True)
class Sizes:
    """How large the cells of a run are.

    Attributes
    ----------
    learning : LearningSizes
    structures : tuple of int
        Training sets of the learning curves.
    compared : int
        The one at which all families are compared first.
    more_structures : tuple of int
        Further ones, for CGCNN only.
    seeds, learning_seeds : tuple of int
    rows : dict
        Rows of each task.
    methods : tuple of str
        Regression methods beyond the Laplacian kernel, for a choice of representations.
    cell_seconds, learning_seconds : float
        Budget of a cell of regression or of training, seconds of the processor.
    """

    learning: LearningSizes = field(default_factory=LearningSizes)
    structures: tuple[int, ...] = (100, 300, 500, 1000)
    compared: int = 500
    more_structures: tuple[int, ...] = ()
    seeds: tuple[int, ...] = (0, 1, 2, 3, 4)
    learning_seeds: tuple[int, ...] = (0, 1, 2)
    site_rows: int = 1000
    structure_rows: int = 600
    protocol_rows: int = 1816
    methods: tuple[str, ...] = ("krr-rbf", "ridge", "boosting")
    cell_seconds: float = 120.0
    learning_seconds: float = 600.0


SIZES: dict[str, Sizes] = {
    "quick": Sizes(
        learning=LearningSizes(test_structures=100, steps=40, width=32, mpnn_width=12, layers=2),
        structures=(50, 100),
        compared=100,
        seeds=(0, 1),
        learning_seeds=(0,),
        site_rows=200,
        structure_rows=100,
        protocol_rows=300,
        methods=("ridge",),
        cell_seconds=20.0,
        learning_seconds=20.0,
    ),
    "small": Sizes(
        site_rows=500,
        structure_rows=300,
        cell_seconds=60.0,
    ),
    "full": Sizes(
        learning=LearningSizes(test_structures=2000, steps=1500, width=64, mpnn_width=32, layers=4),
        more_structures=(3000, 10000),
        site_rows=1689,
        structure_rows=2000,
        cell_seconds=600.0,
        learning_seconds=3600.0,
    ),
}


def rows_of(sizes: Sizes) -> dict[str, int]:
    """Rows of each task."""
    rows = {
        name: sizes.site_rows if task.of == "site" else sizes.structure_rows for name, task in TASKS.items()
    }
    return {**rows, PROTOCOL.name: sizes.protocol_rows}


def plan(
    data: Path, folder: Path, sizes: Sizes, encoder: str, published: Sequence[str], tasks: Sequence[str] = ()
) -> list[Cell]:
    """All cells in the order in which they are measured; ``tasks`` leaves only those of some tasks.

    Breadth comes before depth: seed (or part) 0 of everything, then the next, so that an interrupted run has
    something of every table.

    Raises
    ------
    ValueError
        A task is unknown.
    """
    known = [LEARNING_TASK, PROTOCOL.name, *TASKS]
    for task in tasks:
        if task not in known:
            raise ValueError(f"unknown task {task!r}; there are {', '.join(known)}")
    asked = tasks or known
    rows = rows_of(sizes)
    vectors = Vectors(data, rows, folder / "cache")
    cells: list[Cell] = []
    if LEARNING_TASK in asked:
        small = SmallData(data, sizes.learning)
        first, later = _learning(small, sizes, encoder, published)
        cells += first
    if PROTOCOL.name in asked:
        cells += _protocol(vectors, sizes, encoder, published, folder)
    wanted = [name for name in TASKS if name in asked]
    seconds = sizes.cell_seconds
    for names in told(encoder, published):
        for name in wanted:
            cells += regression_cells(
                vectors, name, names, ("krr-laplacian",), sizes.seeds, rows[name], seconds
            )
    for name in wanted:
        cells += parity_cells(vectors, {name: rows[name]}, f"{encoder}:01", folder, seconds)
    if LEARNING_TASK in asked:
        cells += later
    for name in wanted:
        few = [f"{encoder}:01", f"{encoder}:012", "one-hot", "ofm", "soap", "magpie"]
        cells += regression_cells(vectors, name, few, sizes.methods, sizes.seeds, rows[name], seconds)
    return sorted(cells, key=_round)


def _round(cell: Cell) -> int:
    """Seed or part of a cell; 0 where it has neither."""
    return int(cell.key.get("seed", cell.key.get("part", 0)))


def chosen_cells(cells: Sequence[Cell], encoder: str, wanted: Sequence[str] | None) -> list[Cell]:
    """Cells whose representation or node input is made of ``wanted`` alone; all for None.

    Raises
    ------
    ValueError
        A name is unknown.
    """
    if wanted is None:
        return list(cells)
    known = [*OWNERS, *DESCRIPTORS]
    for name in wanted:
        if name not in known:
            raise ValueError(f"unknown representation {name!r}; there are {', '.join(known)}")

    def of(cell: Cell) -> frozenset[str]:
        return kinds_of(str(cell.key["nodes" if "nodes" in cell.key else "representation"]), encoder)

    return [cell for cell in cells if of(cell) <= frozenset(wanted)]


def _learning(
    small: SmallData, sizes: Sizes, encoder: str, published: Sequence[str]
) -> tuple[list[Cell], list[Cell]]:
    """The comparison at one size first; other sizes and levels later."""
    inputs = ["one-hot", "features", f"{encoder}:01", f"{encoder}:01+one-hot"]
    levels = [
        f"{encoder}:0",
        f"{encoder}:012",
        *(f"{p}:01" for p in published),
        *(f"{p}:01+one-hot" for p in published),
    ]
    seeds, budget, compared = sizes.learning_seeds, sizes.learning_seconds, sizes.compared

    def cells(families: Sequence[str], nodes: Sequence[str], structures: int) -> list[Cell]:
        return learning_cells(small, families, nodes, structures, seeds, budget)

    first = cells(FAMILIES[:1], inputs, compared) + cells(FAMILIES[1:], inputs, compared)
    others = [size for size in sizes.structures if size != compared]
    later = cells(FAMILIES[:1], levels, compared)
    for size in others:
        later += cells(FAMILIES[:1], inputs, size)
    for size in others:
        later += cells(FAMILIES[1:], inputs, size)
    later += cells(FAMILIES[1:], levels[:2], compared)
    for size in sizes.more_structures:
        later += cells(FAMILIES[:1], inputs, size)
    return first, later


def _protocol(
    vectors: Vectors, sizes: Sizes, encoder: str, published: Sequence[str], folder: Path
) -> list[Cell]:
    rows, budget = sizes.protocol_rows, sizes.cell_seconds
    cells: list[Cell] = []
    for names in told(encoder, published):
        cells += protocol_cells(vectors, names, "krr-laplacian", rows, budget)
    mapped = [f"{encoder}:{level}" for level in ("1", "0", "2", "5")]
    return cells + map_cells(vectors, mapped, mapped[0], folder, rows, budget)
