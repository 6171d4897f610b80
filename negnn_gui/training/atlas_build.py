"""Tables of known moments -> an atlas: sampled sites of the train split, embedded with one encoder.

Only training rows are taken, so that test formulas stay unseen also by what is looked up in the atlas.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray

from negnn_gui.analysis.atlas_files import AtlasSites, write_atlas
from negnn_gui.analysis.motifs import motifs_from_arrays
from negnn_gui.analysis.projection import AlignedMaps, spaced_rows
from negnn_gui.analysis.sampling import one_per_class, sample_balanced
from negnn_gui.models import registry
from negnn_gui.models.encoder import CrystalGraphEncoder
from negnn_gui.models.loading import load_encoder
from negnn_gui.models.negnn import DFT, EXPERIMENTAL
from negnn_gui.results import join_levels
from negnn_gui.training.batching import batches_by_atoms
from negnn_gui.training.fit_run import MomentData, open_moment_data
from negnn_gui.training.tables import read_column

log = logging.getLogger(__name__)

_BATCH_ATOMS = 8000
_CHOICES = ("0", "01", "012", "0123", "01234", "012345", "1", "2", "3", "4", "5")
ATTRIBUTION = (
    "Calculated moments: Materials Project (Jain et al., APL Mater. 1 (2013) 011002), CC BY 4.0. Measured moments: "
    "MAGNDATA, Bilbao Crystallographic Server (Gallego et al., J. Appl. Cryst. 49 (2016) 1750 and 1941); the source "
    "of each measured site is the DOI of its entry."
)


@dataclass(frozen=True, eq=False)
class _Chosen:
    """Sampled sites of one table: graphs and atoms of the store, rising, and what is known of them."""

    data: MomentData
    atoms: NDArray[np.int64]


def build_atlas(data: Path, folder: Path, encoder_id: str, sites: int, seed: int) -> int:
    """Write an atlas of about ``sites`` sites into ``folder``; returns how many there are.

    Measured sites get up to a quarter of the room.

    Raises
    ------
    TrainingDataError, UnknownModelError, ModelFileError
        What is needed is missing or damaged.
    """
    info = registry.get(encoder_id, "encoder")
    encoder = load_encoder(info)
    measured = _choose(open_moment_data(data, EXPERIMENTAL, encoder.spec), sites // 4, seed)
    calculated = _choose(open_moment_data(data, DFT, encoder.spec), sites - len(measured.atoms), seed)
    parts = [
        (calculated, _columns(calculated, read_column(data, "mp_magmoms", "structure_id"), measured=False)),
        (measured, _columns(measured, read_column(data, "magndata", "doi"), measured=True)),
    ]
    embeddings = np.concatenate([_embed(encoder, chosen) for chosen, _ in parts], axis=1)
    known = {name: np.concatenate([columns[name] for _, columns in parts]) for name in parts[0][1]}

    fitted_to = embeddings[:, spaced_rows(embeddings.shape[1])]
    maps = AlignedMaps(lambda levels: join_levels(fitted_to, levels), {})
    write_atlas(
        folder,
        encoder=info.ref,
        sites=AtlasSites(**known),
        embeddings=embeddings,
        projections={choice: maps.projection(choice) for choice in _CHOICES},
        attribution=ATTRIBUTION,
    )
    return int(embeddings.shape[1])


def _choose(data: MomentData, n: int, seed: int) -> _Chosen:
    """Labelled training sites, one of each kind within a structure, balanced over elements and moments."""
    atoms = data.atoms("train")
    atoms = atoms[np.isfinite(data.moments[atoms])]
    kinds = one_per_class(_site_kinds(data)[atoms], data.moments[atoms])
    atoms = atoms[kinds]
    numbers = np.asarray(data.store.atomic_numbers[atoms], dtype=np.int64)
    return _Chosen(data, atoms[sample_balanced(numbers, data.moments[atoms], n, seed)])


def _site_kinds(data: MomentData) -> NDArray[np.int64]:
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


def _columns(
    chosen: _Chosen, sources: NDArray[np.generic], *, measured: bool
) -> dict[str, NDArray[np.generic]]:
    data = chosen.data
    rows = data.store.structure[_graph_of(data, chosen.atoms)]
    numbers = np.asarray(data.store.atomic_numbers[chosen.atoms], dtype=np.int64)
    moments = data.moments[chosen.atoms].astype(np.float64)
    nothing = np.full(len(moments), np.nan)
    return {
        "element": _symbols()[numbers].astype(object),
        "formula": data.table.formulas[rows].astype(object),
        "source_id": np.array(
            ["" if source is None else str(source) for source in sources[rows]], dtype=object
        ),
        "motif": _motifs(chosen),
        "moment_dft": nothing if measured else moments,
        "moment_exp": moments if measured else nothing,
    }


def _motifs(chosen: _Chosen) -> NDArray[np.object_]:
    """Coordination motif of each chosen atom."""
    table, store = chosen.data.table, chosen.data.store
    graphs = _graph_of(chosen.data, chosen.atoms)
    found: list[str] = []
    for graph in np.unique(graphs):
        row = store.structure[graph]
        atoms = slice(table.start[row], table.start[row + 1])
        sites = chosen.atoms[graphs == graph] - store.atom_start[graph]
        found += motifs_from_arrays(
            table.lattices[row], table.frac_coords[atoms], table.atomic_numbers[atoms], sites
        )
    return np.array(found, dtype=object)


def _embed(encoder: CrystalGraphEncoder, chosen: _Chosen) -> NDArray[np.float32]:
    """(levels, M, 64) vectors of the chosen atoms, embedding only the structures that hold one."""
    store = chosen.data.store
    graphs = np.unique(_graph_of(chosen.data, chosen.atoms))
    found = []
    with torch.inference_mode():
        for part in batches_by_atoms(store.sizes, graphs, _BATCH_ATOMS):
            wanted = np.isin(store.atoms_of(part), chosen.atoms)
            found.append(encoder(store.batch(part))[:, torch.from_numpy(wanted)].numpy())
    return np.concatenate(found, axis=1)


def _graph_of(data: MomentData, atoms: NDArray[np.int64]) -> NDArray[np.int64]:
    return np.searchsorted(data.store.atom_start, atoms, side="right") - 1


def _symbols() -> NDArray[np.str_]:
    from pymatgen.core import Element

    return np.array(["", *(Element.from_Z(z).symbol for z in range(1, 104))])
