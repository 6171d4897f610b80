"""In which periodic image the edges of stored graphs start: what supercells of them need to know.

Found once for a table, kept memory-mapped beside its graphs.
"""

from __future__ import annotations

import hashlib
import json
import logging
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from negnn_gui.graphs.reproducible import cartesian
from negnn_gui.graphs.spec import GraphSpec
from negnn_gui.locations import user_cache_dir
from negnn_gui.training.graph_store import GraphStore
from negnn_gui.training.tables import StructureTable

log = logging.getLogger(__name__)

_MARGIN = 1e-3  # Å; distances are stored in single precision


def open_edge_images(
    table: StructureTable, store: GraphStore, spec: GraphSpec, cache: Path | None = None
) -> NDArray[np.int8]:
    """(E, 3) cell of each edge's source, seen from its target's, for all edges of a table's graphs.

    Raises
    ------
    ValueError
        The spec replaces missing neighbours by atoms that are none, or sends messages the other way.
    """
    if spec.padding or spec.direction != "to_centre":
        raise ValueError("supercell views need graphs without padding whose messages run to the centre")
    key_text = json.dumps([table.sha256, spec.to_dict(), int(store.edge_start[-1])], sort_keys=True)
    key = hashlib.sha256(key_text.encode()).hexdigest()[:20]
    path = (cache or user_cache_dir()) / "graphs" / f"{table.name}-{key}-images.npy"
    if not path.is_file():
        log.info("finding the periodic images of the edges of %s", table.name)
        images = np.concatenate([_images_of(table, store, graph) for graph in range(len(store))])
        path.parent.mkdir(parents=True, exist_ok=True)
        building = path.with_suffix(".tmp")
        with building.open("wb") as stream:
            np.save(stream, images)
        building.replace(path)  # complete or not there
    found: NDArray[np.int8] = np.load(path, mmap_mode="r")
    return found


def _images_of(table: StructureTable, store: GraphStore, graph: int) -> NDArray[np.int8]:
    row = store.structure[graph]
    batch = store.batch(np.array([graph]))
    return edge_images(
        table.lattices[row],
        table.frac_coords[table.start[row] : table.start[row + 1]],
        batch.source.numpy(),
        batch.target.numpy(),
        batch.distance.numpy(),
    )


def edge_images(
    lattice: NDArray[np.float64],
    frac_coords: NDArray[np.float64],
    source: NDArray[np.int64],
    target: NDArray[np.int64],
    distance: NDArray[np.floating],
) -> NDArray[np.int8]:
    """(E, 3) int8 n with abs(x_source + n - x_target) = distance; every neighbour is given once.

    The edges between two sites are the shortest of all their connections, so both are matched in the order of
    their lengths; equally long ones are interchangeable.
    """
    from pymatgen.optimization.neighbors import find_points_in_spheres

    n_atoms = len(frac_coords)
    matrix = np.array(lattice, dtype=np.float64, order="C")
    cart = cartesian(frac_coords, matrix)
    at, other, image, length = find_points_in_spheres(
        all_coords=cart,
        center_coords=cart,
        r=float(distance.max()) + _MARGIN,
        pbc=np.array([1, 1, 1], dtype=np.int64),
        lattice=matrix,
        tol=1e-8,
    )
    itself = (at == other) & (np.abs(image).sum(axis=1) == 0)
    pair = (at * n_atoms + other)[~itself]
    by_length = np.lexsort((length[~itself], pair))
    wanted = target * n_atoms + source
    order = np.lexsort((distance, wanted))
    first = np.searchsorted(wanted[order], wanted[order])
    nearest = np.searchsorted(pair[by_length], wanted[order]) + np.arange(len(order)) - first
    images = np.empty((len(order), 3), dtype=np.int8)
    images[order] = image[~itself][by_length][nearest].astype(np.int8)
    return images
