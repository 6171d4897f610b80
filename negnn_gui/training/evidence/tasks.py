"""What is predicted: sites or structures with their labels, drawn from the tables of training data."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import numpy as np
from numpy.typing import NDArray

from negnn_gui.analysis.descriptors import WHOLE, Rows
from negnn_gui.training.tables import StructureTable, TrainingDataError, read_column, read_structures_table

if TYPE_CHECKING:
    from pymatgen.core import Structure

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]

MAGNETIC = 0.1  # μB
_MAX_ATOMS = 60
_MAX_ATOMS_OF_STRUCTURE_TASKS = 30
_NET = 0.05  # share of the summed magnitudes that an antiferromagnet's moments may leave


@dataclass(frozen=True)
class Task:
    """A property to predict.

    Attributes
    ----------
    expected : "short" or "long"
        Range that the paper finds best: a site's property asks its neighbours, a structure's more than them.
    """

    name: str
    title: str
    unit: str
    of: Literal["site", "structure"]
    expected: Literal["short", "long"]


@dataclass(frozen=True, eq=False)
class TaskData:
    """R labelled rows.

    Attributes
    ----------
    crystals : list of (lattice (3, 3) Å, atomic numbers (N,), fractional coordinates (N, 3))
    structure, site : (R,) int
        Index into ``crystals``; 0-based site or ``WHOLE``.
    labels : (R,) float
        In the unit of the task.
    formula : (R,) int
        Rows of one formula have one number.
    """

    task: Task
    crystals: list[tuple[FloatArray, IntArray, FloatArray]]
    structure: IntArray
    site: IntArray
    labels: FloatArray
    formula: IntArray

    @cached_property
    def rows(self) -> Rows:
        """The same rows with pymatgen's structures, for descriptors."""
        return Rows([_structure(*crystal) for crystal in self.crystals], self.structure, self.site)


def _structure(lattice: FloatArray, numbers: IntArray, frac: FloatArray) -> Structure:
    from pymatgen.core import Lattice, Structure

    return Structure(Lattice(lattice), [int(z) for z in numbers], frac)


PROTOCOL = Task("krr_protocol", "DFT abs(m), protocol of five parts by structure", "μB", "site", "short")
TASKS: dict[str, Task] = {
    t.name: t
    for t in (
        Task("dft_moments", "DFT abs(m)", "μB", "site", "short"),
        Task("paper_moments", "the paper's experimental abs(m)", "μB", "site", "short"),
        Task("neel_temperature", "Néel temperature of antiferromagnets", "K", "structure", "long"),
        Task("bulk_modulus", "log10 of the bulk modulus", "log10 GPa", "structure", "long"),
        Task("shear_modulus", "log10 of the shear modulus", "log10 GPa", "structure", "long"),
        Task("hse_gap", "HSE band gap", "eV", "structure", "long"),
        Task("formation_energy", "formation energy", "eV/atom", "structure", "long"),
        Task("perovskite_heat", "heat of formation of perovskites", "eV/atom", "structure", "long"),
    )
}
_COLUMNS = {
    "bulk_modulus": ("mp_structures", "paper_log10_bulk_modulus_GPa"),
    "shear_modulus": ("mp_structures", "paper_log10_shear_modulus_GPa"),
    "hse_gap": ("mp_structures", "paper_hse_gap_eV"),
    "formation_energy": ("mp_structures", "paper_formation_energy_eV_atom"),
    "perovskite_heat": ("perovskites", "heat_ref_eV_per_atom"),
}


def load_task(data: Path, name: str, max_rows: int, seed: int = 0) -> TaskData:
    """Rows of a task, at most ``max_rows`` drawn by ``seed``.

    Raises
    ------
    TrainingDataError
        A table is missing or lacks a column, or fewer than 20 rows have a label.
    """
    if name == PROTOCOL.name:
        return protocol_sites(data, PROTOCOL, seed=seed, sites=max_rows)
    if name == "dft_moments":
        return protocol_sites(data, TASKS[name], seed=seed, sites=max_rows)
    if name == "paper_moments":
        found = _paper_moments(data, max_rows, seed)
    elif name == "neel_temperature":
        table = read_structures_table(data, "magndata")
        labels = read_column(data, "magndata", "transition_temperature_K").astype(np.float64)
        labels[~_antiferromagnetic(data, table)] = np.nan
        found = _structure_task(TASKS[name], table, labels, max_rows, seed, _MAX_ATOMS)
    else:
        of_table, column = _COLUMNS[name]
        table = read_structures_table(data, of_table)
        labels = read_column(data, of_table, column).astype(np.float64)
        found = _structure_task(TASKS[name], table, labels, max_rows, seed, _MAX_ATOMS_OF_STRUCTURE_TASKS)
    if len(found.labels) < 20:
        raise TrainingDataError(f"only {len(found.labels)} rows have a label of the task {name}: it needs 20")
    return found


def protocol_sites(
    data: Path, task: Task = PROTOCOL, structures: int = 1000, sites: int = 1816, seed: int = 0
) -> TaskData:
    """Sites of the kernel ridge protocol of docs/science.md.

    ``structures`` of at most 60 atoms of the test split of mp_magmoms; of their sites with abs(m) > 0.1 μB one for
    each (structure, element, abs(m) rounded to 0.01); ``sites`` of these.
    """
    table = read_structures_table(data, "mp_magmoms")
    moments = np.abs(read_column(data, "mp_magmoms", "magmoms").astype(np.float64))
    random = np.random.default_rng(seed)
    rows = np.sort(random.permutation(small_structures(table, "test"))[:structures])
    kept: dict[tuple[int, int, int], tuple[int, int]] = {}
    for row in rows:
        for site in range(table.sizes[row]):
            atom = table.start[row] + site
            if moments[atom] > MAGNETIC:
                kind = (int(row), int(table.atomic_numbers[atom]), round(100 * float(moments[atom])))
                kept.setdefault(kind, (int(row), site))
    chosen = np.array(list(kept.values()), dtype=np.int64).reshape(-1, 2)
    chosen = chosen[np.sort(random.permutation(len(chosen))[:sites])]
    return _site_task(
        task, table, chosen[:, 0], chosen[:, 1], moments[table.start[chosen[:, 0]] + chosen[:, 1]]
    )


def small_structures(table: StructureTable, split: str, max_atoms: int = _MAX_ATOMS) -> IntArray:
    """Rows of a split with at most ``max_atoms`` atoms."""
    return np.flatnonzero((table.splits == split) & (table.sizes <= max_atoms))


def crystal(table: StructureTable, row: int) -> tuple[FloatArray, IntArray, FloatArray]:
    """Lattice, atomic numbers and fractional coordinates of a row."""
    atoms = slice(table.start[row], table.start[row + 1])
    return table.lattices[row], table.atomic_numbers[atoms], table.frac_coords[atoms]


def _paper_moments(data: Path, max_rows: int, seed: int) -> TaskData:
    import pandas as pd

    path = data / "paper_magmom_labels.csv"
    if not path.is_file():
        raise TrainingDataError(f"{path.name} is missing in {data}")
    labels = pd.read_csv(path)
    table = read_structures_table(data, "magndata")
    row_of = {str(name): row for row, name in enumerate(table.ids)}
    row = labels["structure_id"].map(row_of)
    small = row.map(lambda r: table.sizes[int(r)] <= _MAX_ATOMS, na_action="ignore")
    labels = labels[row.notna() & small.fillna(False).astype(bool)]
    order = np.sort(np.random.default_rng(seed).permutation(len(labels))[:max_rows])
    labels = labels.iloc[order]
    rows = np.array([row_of[str(name)] for name in labels["structure_id"]], dtype=np.int64)
    moments = np.abs(labels["paper_magmom"].to_numpy(dtype=np.float64))
    return _site_task(
        TASKS["paper_moments"], table, rows, labels["site_index"].to_numpy(dtype=np.int64), moments
    )


def _antiferromagnetic(data: Path, table: StructureTable) -> NDArray[np.bool_]:
    """(S,) whether the moments that are given cancel to a twentieth of their summed magnitudes."""
    vectors = read_column(data, "magndata", "moments").astype(np.float64).reshape(-1, 3)
    given = read_column(data, "magndata", "moment_given").astype(bool)
    vectors = np.where(given[:, None], vectors, 0.0)
    net = np.linalg.norm(np.add.reduceat(vectors, table.start[:-1]), axis=1)
    summed = np.add.reduceat(np.linalg.norm(vectors, axis=1), table.start[:-1])
    return np.asarray((summed > MAGNETIC) & (net < _NET * summed))


def _structure_task(
    task: Task, table: StructureTable, labels: FloatArray, max_rows: int, seed: int, max_atoms: int
) -> TaskData:
    usable = np.flatnonzero(np.isfinite(labels) & (table.sizes <= max_atoms))
    rows = np.sort(np.random.default_rng(seed).permutation(usable)[:max_rows])
    return _site_task(task, table, rows, np.full(len(rows), WHOLE), labels[rows])


def _site_task(
    task: Task, table: StructureTable, rows: IntArray, sites: IntArray, labels: FloatArray
) -> TaskData:
    unique, structure = np.unique(rows, return_inverse=True)
    formula = np.unique(table.formulas[rows], return_inverse=True)[1]
    return TaskData(
        task=task,
        crystals=[crystal(table, int(row)) for row in unique],
        structure=structure.astype(np.int64),
        site=sites.astype(np.int64),
        labels=labels.astype(np.float64),
        formula=formula.astype(np.int64),
    )


Loader = Callable[[str], TaskData]
