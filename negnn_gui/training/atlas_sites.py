"""Which sites of a table an atlas takes, and what is known of them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray

from negnn_gui.analysis.motifs import motifs_from_arrays
from negnn_gui.analysis.sampling import one_per_class, sample_representative, stratum_weights
from negnn_gui.models.encoder import CrystalGraphEncoder
from negnn_gui.training.batching import batches_by_atoms
from negnn_gui.training.evaluate import MAGNETIC
from negnn_gui.training.fit_run import MomentData

_BATCH_ATOMS = 8000
_MAGNETIC_SHARE = 0.8


@dataclass(frozen=True, eq=False)
class ChosenSites:
    """Sampled sites of one table: atoms of the store, rising, and how many sites each stands for."""

    data: MomentData
    atoms: NDArray[np.int64]
    weight: NDArray[np.float64]


def choose_sites(data: MomentData, n: int, seed: int) -> ChosenSites:
    """Labelled training sites, one of each kind within a structure, of all elements and ranges of abs(m).

    Four fifths of the room belong to magnetic sites. Of these only one of an element and a moment (to 0.1 μB) is taken
    from a structure: different structures teach more than the neighbours of one do.
    """
    atoms = data.atoms("train")
    atoms = atoms[np.isfinite(data.moments[atoms])]
    atoms = atoms[one_per_class(site_kinds(data)[atoms], data.moments[atoms])]
    numbers = np.asarray(data.store.atomic_numbers[atoms], dtype=np.int64)
    moments = data.moments[atoms]
    magnetic = np.flatnonzero(moments > MAGNETIC)
    rest = np.flatnonzero(moments <= MAGNETIC)
    keys = np.column_stack([graph_of(data, atoms), numbers, np.rint(10 * moments)])[magnetic].astype(np.int64)
    magnetic = np.sort(magnetic[np.unique(keys, axis=0, return_index=True)[1]])
    room = min(len(magnetic), max(round(_MAGNETIC_SHARE * n), n - len(rest)))
    chosen = np.concatenate(
        [
            members[sample_representative(numbers[members], moments[members], places, seed)]
            for members, places in ((magnetic, room), (rest, n - room))
        ]
    )
    weight = stratum_weights(numbers, moments, chosen)
    order = np.argsort(chosen)
    return ChosenSites(data, atoms[chosen[order]], weight[order])


def site_kinds(data: MomentData) -> NDArray[np.int64]:
    """(N,) int: atoms of one structure with the same element and the same shell of neighbours share a number.

    Equivalent atoms always do; telling apart those that only look alike this far is not worth a symmetry search of
    every structure.
    """
    store = data.store
    mean_distance, mean_square = store.shell_moments()
    structure = np.repeat(np.arange(len(store)), store.sizes)
    keys = np.column_stack(
        [
            structure,
            np.asarray(store.atomic_numbers, dtype=np.int64),
            np.rint(mean_distance * 100),
            np.rint(mean_square * 100),
        ]
    ).astype(np.int64)
    _, kinds = np.unique(keys, axis=0, return_inverse=True)
    return kinds.reshape(-1).astype(np.int64)


def site_columns(
    chosen: ChosenSites, sources: NDArray[np.generic], *, measured: bool
) -> dict[str, NDArray[np.generic]]:
    """Columns of :class:`~negnn_gui.analysis.atlas_files.AtlasSites`; ``sources`` names each row of the table."""
    data = chosen.data
    rows = data.store.structure[graph_of(data, chosen.atoms)]
    numbers = np.asarray(data.store.atomic_numbers[chosen.atoms], dtype=np.int64)
    moments = data.moments[chosen.atoms].astype(np.float64)
    nothing = np.full(len(moments), np.nan)
    return {
        "element": symbols()[numbers].astype(object),
        "formula": data.table.formulas[rows].astype(object),
        "source_id": np.array(
            ["" if source is None else str(source) for source in sources[rows]], dtype=object
        ),
        "motif": motifs_of_atoms(data, chosen.atoms),
        "moment_dft": nothing if measured else moments,
        "moment_exp": moments if measured else nothing,
        "weight": chosen.weight,
    }


def motifs_of_atoms(data: MomentData, chosen: NDArray[np.int64]) -> NDArray[np.object_]:
    """Coordination motif of each chosen atom (rising)."""
    table, store = data.table, data.store
    graphs = graph_of(data, chosen)
    found: list[str] = []
    for graph in np.unique(graphs):
        row = store.structure[graph]
        atoms = slice(table.start[row], table.start[row + 1])
        sites = chosen[graphs == graph] - store.atom_start[graph]
        found += motifs_from_arrays(
            table.lattices[row], table.frac_coords[atoms], table.atomic_numbers[atoms], sites
        )
    return np.array(found, dtype=object)


def embed_atoms(
    encoder: CrystalGraphEncoder, data: MomentData, chosen: NDArray[np.int64]
) -> NDArray[np.float32]:
    """(levels, M, 64) vectors of M chosen atoms (rising), embedding only the structures that hold one."""
    store = data.store
    graphs = np.unique(graph_of(data, chosen))
    found = []
    with torch.inference_mode():
        for part in batches_by_atoms(store.sizes, graphs, _BATCH_ATOMS):
            wanted = np.isin(store.atoms_of(part), chosen)
            found.append(encoder(store.batch(part))[:, torch.from_numpy(wanted)].numpy())
    return np.concatenate(found, axis=1)


def graph_of(data: MomentData, atoms: NDArray[np.int64]) -> NDArray[np.int64]:
    """Graph that each atom belongs to."""
    return np.searchsorted(data.store.atom_start, atoms, side="right") - 1


def symbols() -> NDArray[np.str_]:
    """Symbol of each atomic number, 0 to 103."""
    from pymatgen.core import Element

    return np.array(["", *(Element.from_Z(z).symbol for z in range(1, 104))])
