"""Structure -> crystal graph.

The neighbour search is pymatgen's compiled ``find_points_in_spheres``; it is asked for a small radius first,
and for the full cutoff only around atoms that did not find enough neighbours.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from negnn_gui.graphs.crystal_graph import CrystalGraph
from negnn_gui.graphs.reproducible import cartesian, standard_lattice
from negnn_gui.graphs.spec import GraphSpec

if TYPE_CHECKING:
    from pymatgen.core import Structure

_FIRST_RADIUS = 5.0  # Å; 12 neighbours are found within it around nearly every atom of an inorganic crystal
MAX_ATOMIC_NUMBER = 103

Pairs = tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.float64]]


class GraphError(ValueError):
    """No graph can be made of a structure; the message is one sentence for the user."""


def build_graph(structure: Structure, spec: GraphSpec) -> CrystalGraph:
    """Crystal graph of an ordered structure.

    Raises
    ------
    GraphError
        No atoms, a partly occupied site, an element beyond Z = 103, or coordinates that are not finite.
    """
    if len(structure) == 0:
        raise GraphError("the structure holds no atoms")
    if not structure.is_ordered:
        raise GraphError("the structure is disordered: choose an ordering first")
    numbers = np.array([site.specie.Z for site in structure], dtype=np.int64)
    return graph_from_arrays(
        np.array(structure.lattice.matrix), numbers, np.array(structure.frac_coords), spec
    )


def graph_from_arrays(
    lattice: NDArray[np.float64],
    atomic_numbers: NDArray[np.int64],
    frac_coords: NDArray[np.float64],
    spec: GraphSpec,
) -> CrystalGraph:
    """Crystal graph from (3, 3) lattice rows in Å, (N,) atomic numbers and (N, 3) fractional coordinates.

    Raises
    ------
    GraphError
        As :func:`build_graph`.
    """
    numbers = np.ascontiguousarray(atomic_numbers, dtype=np.int64)
    _check(lattice, numbers, frac_coords)
    # float64 copies: the compiled search wants them, and the caller's arrays stay untouched
    matrix = np.array(lattice, dtype=np.float64, order="C")
    if spec.exact:
        matrix = standard_lattice(matrix)
    cart = cartesian(frac_coords, matrix)
    if spec.ties == "shell":
        centre, neighbour, distance, weight = _tied_shells(matrix, cart, spec)
    else:
        centre, neighbour, distance = _bare_cut(matrix, cart, spec)
        weight = np.ones(len(centre))
    found = np.bincount(centre, minlength=len(numbers))
    if spec.padding:
        centre, neighbour, distance, weight = _pad(centre, neighbour, distance, weight, found, spec)
    source, target = (neighbour, centre) if spec.direction == "to_centre" else (centre, neighbour)
    order = np.argsort(target, kind="stable")
    return CrystalGraph(
        atomic_numbers=numbers,
        source=source[order],
        target=target[order],
        distance=distance[order] if spec.exact else distance[order].astype(np.float32),
        weight=weight[order].astype(np.float32),
        isolated=found == 0,
    )


def _check(lattice: NDArray[np.float64], numbers: NDArray[np.int64], frac: NDArray[np.float64]) -> None:
    if len(numbers) == 0:
        raise GraphError("the structure holds no atoms")
    if not (np.isfinite(frac).all() and np.isfinite(lattice).all()):
        raise GraphError("a coordinate or a lattice vector is not a finite number")
    if numbers.min() < 1 or numbers.max() > MAX_ATOMIC_NUMBER:
        raise GraphError(f"only elements from H to Lr (Z = 1 to {MAX_ATOMIC_NUMBER}) can be represented")
    if abs(np.linalg.det(lattice)) < 1e-6:
        raise GraphError("the cell has no volume")


def _search(
    matrix: NDArray[np.float64], cart: NDArray[np.float64], centres: NDArray[np.int64], radius: float
) -> Pairs:
    """All periodic neighbours of ``centres`` within ``radius`` as (centre, neighbour, distance)."""
    from pymatgen.optimization.neighbors import find_points_in_spheres

    at, other, image, distance = find_points_in_spheres(
        all_coords=cart,
        center_coords=np.ascontiguousarray(cart[centres]),
        r=float(radius),
        pbc=np.array([1, 1, 1], dtype=np.int64),
        lattice=matrix,
        tol=1e-8,
    )
    centre = centres[at]
    itself = (centre == other) & (np.abs(image).sum(axis=1) == 0)
    keep = ~itself
    return centre[keep], other[keep].astype(np.int64), distance[keep]


def _sorted_candidates(matrix: NDArray[np.float64], cart: NDArray[np.float64], spec: GraphSpec) -> Pairs:
    """Neighbours sorted by centre and distance; enough of them to know the last shell of every atom."""
    margin = 2 * spec.tie_tolerance
    everyone = np.arange(len(cart), dtype=np.int64)
    first = min(_FIRST_RADIUS, spec.cutoff)
    centre, neighbour, distance = _search(matrix, cart, everyone, first)
    enough = np.bincount(centre[distance <= first - margin], minlength=len(cart)) >= spec.neighbours
    if not enough.all() and first < spec.cutoff:
        more = _search(matrix, cart, everyone[~enough], spec.cutoff)
        kept = enough[centre]
        centre, neighbour, distance = (
            np.concatenate([old[kept], new])
            for old, new in zip((centre, neighbour, distance), more, strict=True)
        )
    order = np.lexsort((distance, centre))
    return centre[order], neighbour[order], distance[order]


def _tied_shells(
    matrix: NDArray[np.float64], cart: NDArray[np.float64], spec: GraphSpec
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.float64], NDArray[np.float64]]:
    centre, neighbour, distance = _sorted_candidates(matrix, cart, spec)
    count = np.bincount(centre, minlength=len(cart))
    start = np.concatenate([[0], np.cumsum(count)[:-1]])
    last = np.full(len(cart), np.inf)
    full = count >= spec.neighbours
    last[full] = distance[start[full] + spec.neighbours - 1]
    last_of_edge = last[centre]
    inner = distance < last_of_edge - spec.tie_tolerance
    shell = ~inner & (distance <= last_of_edge + spec.tie_tolerance)
    n_inner = np.bincount(centre[inner], minlength=len(cart))
    n_shell = np.maximum(np.bincount(centre[shell], minlength=len(cart)), 1)
    shared = (spec.neighbours - n_inner) / n_shell
    weight = np.where(shell, shared[centre], 1.0)
    keep = inner | shell
    return centre[keep], neighbour[keep], distance[keep], weight[keep]


def _bare_cut(matrix: NDArray[np.float64], cart: NDArray[np.float64], spec: GraphSpec) -> Pairs:
    """First ``neighbours`` of each atom by distance; equal distances keep the order of the search."""
    centre, neighbour, distance = _search(matrix, cart, np.arange(len(cart), dtype=np.int64), spec.cutoff)
    order = np.lexsort((distance, centre))
    centre, neighbour, distance = centre[order], neighbour[order], distance[order]
    count = np.bincount(centre, minlength=len(cart))
    start = np.concatenate([[0], np.cumsum(count)[:-1]])
    keep = np.arange(len(centre)) - start[centre] < spec.neighbours
    return centre[keep], neighbour[keep], distance[keep]


def _pad(
    centre: NDArray[np.int64],
    neighbour: NDArray[np.int64],
    distance: NDArray[np.float64],
    weight: NDArray[np.float64],
    found: NDArray[np.int64],
    spec: GraphSpec,
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.float64], NDArray[np.float64]]:
    missing = np.repeat(np.arange(len(found)), np.maximum(spec.neighbours - found, 0))
    return (
        np.concatenate([centre, missing]),
        np.concatenate([neighbour, np.zeros(len(missing), dtype=np.int64)]),
        np.concatenate([distance, np.full(len(missing), spec.cutoff + 1.0)]),
        np.concatenate([weight, np.ones(len(missing))]),
    )
