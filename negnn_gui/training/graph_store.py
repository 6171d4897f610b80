"""Graphs of a whole table, built once, kept memory-mapped, and batched without a loop over atoms.

The cache is keyed by the table's sha256 and the GraphSpec; it can be deleted at any time.
"""

from __future__ import annotations

import hashlib
import json
import logging
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from negnn_gui.graphs.batch import GraphBatch, assemble
from negnn_gui.graphs.build import GraphError, graph_from_arrays
from negnn_gui.graphs.crystal_graph import CrystalGraph
from negnn_gui.graphs.spec import GraphSpec
from negnn_gui.locations import user_cache_dir
from negnn_gui.training.tables import StructureTable, TrainingDataError, ranges

log = logging.getLogger(__name__)

_ARRAYS = (
    "structure",
    "atom_start",
    "edge_start",
    "atomic_numbers",
    "source",
    "degree",
    "distance",
    "weight",
)
_LAYOUT = 1


class GraphStore:
    """Graphs of S structures; ``structure[i]`` is the row of the table that graph i was made of.

    Structures that give no graph, or in which an atom has no neighbour, are left out and named in ``skipped``.
    """

    def __init__(self, folder: Path) -> None:
        arrays = {name: np.load(folder / f"{name}.npy", mmap_mode="r") for name in _ARRAYS}
        self.structure: NDArray[np.int64] = np.asarray(arrays["structure"])
        self.atom_start: NDArray[np.int64] = np.asarray(arrays["atom_start"])
        self.edge_start: NDArray[np.int64] = np.asarray(arrays["edge_start"])
        self.atomic_numbers = arrays["atomic_numbers"]
        self._source = arrays["source"]
        self._degree = arrays["degree"]
        self._distance = arrays["distance"]
        self._weight = arrays["weight"]
        self.skipped: dict[str, str] = json.loads((folder / "skipped.json").read_text())

    def __len__(self) -> int:
        return len(self.structure)

    @property
    def sizes(self) -> NDArray[np.int64]:
        """(S,) atoms of each graph."""
        return np.diff(self.atom_start)

    def atoms_of(self, graphs: NDArray[np.int64]) -> NDArray[np.int64]:
        """Indices of the atoms of several graphs, graph after graph."""
        return ranges(self.atom_start[graphs], self.sizes[graphs])

    def shell_moments(self) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """(N,) weighted mean distance, Å, and mean squared distance, Å², of every atom's neighbours."""
        atom = np.repeat(np.arange(len(self._degree)), self._degree)
        size = len(self._degree)
        weight = np.bincount(atom, self._weight, size)
        first = np.bincount(atom, self._weight * self._distance, size)
        second = np.bincount(atom, self._weight * self._distance**2, size)
        return first / weight, second / weight

    def batch(self, graphs: NDArray[np.int64]) -> GraphBatch:
        """Several graphs as one batch."""
        sizes = self.sizes[graphs]
        atoms = self.atoms_of(graphs)
        n_edges = np.diff(self.edge_start)[graphs]
        edges = ranges(self.edge_start[graphs], n_edges)
        shift = np.repeat(np.cumsum(sizes) - sizes, n_edges)
        return assemble(
            self.atomic_numbers[atoms],
            self._source[edges] + shift,
            np.repeat(np.arange(len(atoms)), self._degree[atoms]),
            self._distance[edges],
            self._weight[edges],
            sizes,
        )


def open_graph_store(table: StructureTable, spec: GraphSpec, cache: Path | None = None) -> GraphStore:
    """The graphs of ``table``: from the cache, else built (about 0.5 ms a structure) and cached."""
    key_text = json.dumps([_LAYOUT, table.sha256, spec.to_dict()], sort_keys=True)
    key = hashlib.sha256(key_text.encode()).hexdigest()[:20]
    root = (cache or user_cache_dir()) / "graphs"
    folder = root / f"{table.name}-{key}"
    if not folder.is_dir():
        root.mkdir(parents=True, exist_ok=True)
        log.info("building the graphs of %s (%d structures)", table.name, table.n_structures)
        with tempfile.TemporaryDirectory(dir=root) as temporary:
            building = Path(temporary) / "store"
            building.mkdir()
            _build(table, spec, building)
            # renamed when complete, so that an interrupted build leaves no half cache
            shutil.move(building, folder)
    return GraphStore(folder)


def _build(table: StructureTable, spec: GraphSpec, folder: Path) -> None:
    skipped: dict[str, str] = {}
    rows: list[int] = []
    graphs: list[CrystalGraph] = []
    for row, graph_or_reason in _graphs(table, spec):
        if isinstance(graph_or_reason, str):
            skipped[str(table.ids[row])] = graph_or_reason
        else:
            rows.append(row)
            graphs.append(graph_or_reason)
    if not graphs:
        reason = f": {next(iter(skipped.values()))}" if skipped else ""
        raise TrainingDataError(f"{table.name} holds no structure that gives a crystal graph{reason}")
    arrays = {
        "structure": np.array(rows, dtype=np.int64),
        "atom_start": np.cumsum([0] + [g.n_atoms for g in graphs]),
        "edge_start": np.cumsum([0] + [g.n_edges for g in graphs]),
        "atomic_numbers": np.concatenate([g.atomic_numbers for g in graphs]).astype(np.uint8),
        "source": np.concatenate([g.source for g in graphs]).astype(np.int32),
        "degree": np.concatenate([np.bincount(g.target, minlength=g.n_atoms) for g in graphs]).astype(
            np.int16
        ),
        "distance": np.concatenate([g.distance for g in graphs]),
        "weight": np.concatenate([g.weight for g in graphs]),
    }
    for name, array in arrays.items():
        np.save(folder / f"{name}.npy", array)
    (folder / "skipped.json").write_text(json.dumps(skipped, indent=1))
    if skipped:
        log.warning(
            "%s: %d structures left out, the first: %s", table.name, len(skipped), next(iter(skipped.items()))
        )


def _graphs(table: StructureTable, spec: GraphSpec) -> Iterator[tuple[int, CrystalGraph | str]]:
    for row in range(table.n_structures):
        atoms = slice(table.start[row], table.start[row + 1])
        try:
            graph = graph_from_arrays(
                table.lattices[row], table.atomic_numbers[atoms], table.frac_coords[atoms], spec
            )
        except GraphError as error:
            yield row, str(error)
            continue
        if graph.isolated.any():
            yield row, f"an atom has no neighbour within {spec.cutoff:g} Å"
        else:
            yield row, graph
