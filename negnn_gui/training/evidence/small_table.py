"""The small-data table: five families of networks from four node inputs, trained on few structures.

Every run is one row of ``learning_curves.csv``, written when it is done, so that an interrupted table goes on where it
was. It is the table of that name of ``negnn reproduce --size small``, which takes these runs over in the same folder.
Mean, spread, gain and what is missing are always read from that file.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from negnn_gui.training.evidence.cells import Cell, CellTable, Outcome, read_rows, run_cells
from negnn_gui.training.evidence.claims import family_gain, node_embeddings
from negnn_gui.training.evidence.figures import families, learning_curves
from negnn_gui.training.evidence.learning import LEARNING, LearningSizes, SmallData, learning_cells
from negnn_gui.training.evidence.names import representation_title
from negnn_gui.training.evidence.plan import FAMILIES
from negnn_gui.training.evidence.summary import Row, means

SUMMARY = "small_data.md"
STRUCTURES = (100, 300, 500, 1000)
MORE_STRUCTURES = (3000, 10000)
COMPARED = 500
PLAIN_INPUTS = ("one-hot", "features")
EMBEDDED_INPUTS = ("01", "01+one-hot")

_TITLES = {"cgcnn": "CGCNN", "schnet": "SchNet", "mpnn": "MPNN", "megnet": "MEGNet", "gcn": "GCN"}


@dataclass(frozen=True)
class SmallTable:
    """Which runs make the table.

    Attributes
    ----------
    encoder : str
        Id of the encoder whose levels are among the inputs.
    inputs : tuple of str
        Of ``PLAIN_INPUTS`` and ``EMBEDDED_INPUTS``.
    structures, more_structures : tuple of int
        Sizes of the training sets, of all families and of CGCNN alone.
    sizes : LearningSizes
        Steps and widths, the same for all that is compared.
    limit : float
        Seconds of the processor after which a run ends.
    """

    encoder: str
    inputs: tuple[str, ...] = PLAIN_INPUTS + EMBEDDED_INPUTS
    families: tuple[str, ...] = FAMILIES
    structures: tuple[int, ...] = STRUCTURES
    more_structures: tuple[int, ...] = MORE_STRUCTURES
    seeds: tuple[int, ...] = (0, 1, 2)
    sizes: LearningSizes = field(default_factory=LearningSizes)
    limit: float = 600.0


def node_names(table: SmallTable) -> list[str]:
    """The inputs under the names of the CSV: levels belong to an encoder.

    Raises
    ------
    ValueError
        An input is not one of the four.
    """
    unknown = [name for name in table.inputs if name not in PLAIN_INPUTS + EMBEDDED_INPUTS]
    if unknown:
        raise ValueError(
            f"unknown input {unknown[0]!r}; there are {', '.join(PLAIN_INPUTS + EMBEDDED_INPUTS)}"
        )
    return [name if name in PLAIN_INPUTS else f"{table.encoder}:{name}" for name in table.inputs]


def small_cells(data: SmallData, table: SmallTable) -> list[Cell]:
    """Every run, in breadth: all families at 500 structures first, then the other sizes, CGCNN's large ones last."""
    nodes = node_names(table)

    def cells(families: Sequence[str], structures: int, seeds: Sequence[int]) -> list[Cell]:
        return learning_cells(data, families, nodes, structures, seeds, table.limit)

    first = [size for size in table.structures if size == COMPARED]
    others = [size for size in table.structures if size != COMPARED]
    found: list[Cell] = []
    for size in first:
        found += cells(table.families, size, table.seeds)
    for seed in table.seeds:
        for size in others:
            found += cells(table.families, size, (seed,))
    alone = [family for family in table.families if family == "cgcnn"]
    for size in table.more_structures:
        found += cells(alone, size, table.seeds)
    return found


def measure_small_table(
    data: Path,
    out: Path,
    table: SmallTable,
    stop_at: float | None = None,
    progress: Callable[[int, int, str], None] = lambda done, total, name: None,
) -> Outcome:
    """Measure what ``out/learning_curves.csv`` does not hold yet, then draw it and write its summary.

    Raises
    ------
    CellTableError
        The file there is not one of ours.
    """
    cells = small_cells(SmallData(data, table.sizes), table)
    rows = CellTable(out, LEARNING, resume=True)
    try:
        return run_cells(cells, {LEARNING.name: rows}, stop_at, progress)
    finally:
        write_summary(out, rows.rows, table.encoder)


def write_summary(out: Path, rows: Sequence[Row], encoder: str) -> None:
    """``small_data.md`` and the pictures ``small_data_*.png|svg`` from measured rows."""
    (out / SUMMARY).write_text(summary(rows, encoder), encoding="utf-8")
    drawn = {"curves": learning_curves(rows, encoder), "families": families(rows, encoder, COMPARED)}
    for name, figure in drawn.items():
        if figure is not None:
            figure.savefig(out / f"small_data_{name}.png", dpi=110)
            figure.savefig(out / f"small_data_{name}.svg")


def read_summary(folder: Path, encoder: str) -> str:
    """The paragraph and tables of a folder's ``learning_curves.csv`` for one encoder.

    Raises
    ------
    FileNotFoundError
        There is no such file.
    """
    path = folder / f"{LEARNING.name}.csv"
    if not path.is_file():
        raise FileNotFoundError(f"{folder} holds no {path.name}: negnn small-data --out {folder} makes it")
    return summary(read_rows(path, LEARNING), encoder)


def summary(rows: Sequence[Row], encoder: str) -> str:
    """A paragraph, the gains, and the table of means and spreads; what was not measured is said."""
    nodes = [*PLAIN_INPUTS, *node_embeddings(encoder)]
    own = _of_one_budget([row for row in rows if row["nodes"] in nodes])
    if not own:
        return "No run of the small-data table has been measured for this encoder.\n"
    found = means(own, ("family", "structures", "nodes"), "mae")
    lines = [_paragraph(own, encoder), "", *_gain_lines(own, encoder), ""]
    header = [
        "family",
        "structures",
        *(f"{representation_title(n, encoder)} / μB" for n in nodes),
        "better embedding against better plain input",
    ]
    lines += [f"| {' | '.join(header)} |", f"|{' --- |' * len(header)}"]
    sizes = sorted({int(key[1]) for key in found} | set(STRUCTURES))
    for family in FAMILIES:
        for size in sizes:
            if size in MORE_STRUCTURES and family != "cgcnn":
                continue
            told = [_cell(found, family, size, n) for n in nodes]
            gained = family_gain(own, family, str(size), node_embeddings(encoder))
            last = "not measured" if gained is None else gained[1].percent()
            lines.append(f"| {' | '.join([_TITLES[family], str(size), *told, last])} |")
    return "\n".join(lines) + "\n"


def _of_one_budget(rows: Sequence[Row]) -> list[Row]:
    """Runs of the number of steps that most runs have: only these may be compared."""
    if not rows:
        return []
    steps = Counter(row["steps"] for row in rows).most_common(1)[0][0]
    return [row for row in rows if row["steps"] == steps]


def _cell(found: Mapping[tuple[str, ...], object], family: str, size: int, nodes: str) -> str:
    mean = found.get((family, str(size), nodes))
    return "not measured" if mean is None else str(mean)


def _paragraph(rows: Sequence[Row], encoder: str) -> str:
    steps = rows[0]["steps"]
    tested = " or ".join(sorted({row["test_structures"] for row in rows}, key=int))
    seconds = sum(float(row["cpu_seconds"]) for row in rows)
    return (
        f"Networks trained on few structures of at most 60 atoms of `mp_magmoms`, from the element one-hot, from the "
        f"92 element features, from the frozen levels 0 and 1 of `{encoder}`, and from those with the one-hot: mean "
        f"absolute error of abs(m) over all atoms of {tested} structures of the test split, mean ± standard deviation "
        f"of up to 3 seeds. Every run has the same budget, {steps} steps of 16 structures, whatever its input "
        f"({len(rows)} runs, {seconds / 3600:.1f} hours of one thread). The gain is taken seed by seed. The levels are "
        "standardised on the training structures, to vectors as long as the one-hot; the features stay the zeros and "
        "ones that they are, which do better on the val split as they are."
    )


def _gain_lines(rows: Sequence[Row], encoder: str) -> list[str]:
    lines = []
    for family in FAMILIES:
        gained = family_gain(rows, family, str(COMPARED), node_embeddings(encoder))
        told = "not measured"
        if gained is not None:
            told = f"{gained[1].percent()} lower error ({gained[0]}, seeds: {gained[1].n})"
        lines.append(f"* {_TITLES[family]}, {COMPARED} structures: {told}")
    return lines
