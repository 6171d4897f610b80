"""How the neighbours of a site are arranged: octahedral, tetrahedral, ... by their number and their angles.

The first shell ends at the widest relative gap between neighbour distances. Its angles, sorted, are compared with
those of ideal polyhedra: a fingerprint that needs neither an orientation nor an order of the neighbours.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike, NDArray

if TYPE_CHECKING:
    from pymatgen.core import Structure

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]

# Å; the second is asked for only where the first may cut through a shell.
_REACHES = (5.0, 8.5)
# Longest bond of a shell in units of its shortest: an elongated octahedron (1.3) is whole, CuO's square (1.43) is.
_MAX_STRETCH = 1.4
_MAX_NEIGHBOURS = 16
# A shell of atoms of all kinds has at least so many: in metals even the widest gap may follow the first bond.
_FEWEST_IN_METALS = 6
# Root mean square of the deviations of the sorted angles up to which a shell has the name of a polyhedron; two
# and three neighbours have few names and take the nearest.
_TOLERANCE_DEG = 14.0
_TOLERANCE_OF_FEW_DEG = {2: 90.0, 3: 25.0}
# Anions as chemists count them; hydrogen sits between atoms and never closes a shell.
_LIGANDS = (6, 7, 8, 9, 15, 16, 17, 33, 34, 35, 52, 53)
_LIGAND_REACH = 1.25
_SAME_ELECTRONEGATIVITY = 0.15


def site_motifs(structure: Structure, sites: Iterable[int] | None = None) -> list[str]:
    """Motif of each of ``sites`` (default: all) of a structure; of a disordered site that of its main species."""
    numbers = _main_numbers(structure)
    return motifs_from_arrays(structure.lattice.matrix, structure.frac_coords, numbers, sites)


def _main_numbers(structure: Structure) -> list[int]:
    """Atomic number of each site; of a disordered one that of its main species."""
    return [max(site.species.items(), key=lambda item: item[1])[0].Z for site in structure]


def motifs_from_arrays(
    lattice: ArrayLike, frac_coords: ArrayLike, atomic_numbers: ArrayLike, sites: Iterable[int] | None = None
) -> list[str]:
    """Motif of each of ``sites`` (default: all), in their order.

    Parameters
    ----------
    lattice : (3, 3) float
        Rows a, b, c in Å.
    frac_coords : (N, 3) float
    atomic_numbers : (N,) int

    Returns
    -------
    list of str
        Such as "octahedral"; "7-fold" where no polyhedron fits, "" without neighbours within 8.5 Å. In compounds
        the shell of a metal is its anions; in metals all atoms count.
    """
    return [_name(shell) for shell in shells_from_arrays(lattice, frac_coords, atomic_numbers, sites)]


def site_shells(structure: Structure, sites: Iterable[int] | None = None) -> list[FloatArray]:
    """Directions (n, 3) to the first shell of each of ``sites`` (default: all), as :func:`shells_from_arrays`."""
    numbers = _main_numbers(structure)
    return shells_from_arrays(structure.lattice.matrix, structure.frac_coords, numbers, sites)


def shells_from_arrays(
    lattice: ArrayLike, frac_coords: ArrayLike, atomic_numbers: ArrayLike, sites: Iterable[int] | None = None
) -> list[FloatArray]:
    """Unit vectors (n, 3) to the first shell of each of ``sites`` (default: all); parameters as for the motifs.

    Empty without neighbours within 8.5 Å.
    """
    numbers = np.asarray(atomic_numbers, dtype=np.int64)
    matrix = np.ascontiguousarray(lattice, dtype=np.float64).reshape(3, 3)
    places = np.ascontiguousarray(np.asarray(frac_coords, dtype=np.float64).reshape(-1, 3) @ matrix)
    wanted = np.arange(len(numbers)) if sites is None else np.fromiter(sites, dtype=np.int64)
    found: dict[int, FloatArray] = dict.fromkeys(wanted.tolist(), np.empty((0, 3)))
    left = np.unique(wanted)
    for reach in _REACHES:
        unsure = []
        for site, (kinds, vectors) in zip(
            left, _neighbours(matrix, places, numbers, left, reach), strict=True
        ):
            shell, certain = _shell(int(numbers[site]), kinds, vectors, reach)
            found[int(site)] = shell
            if not certain:
                unsure.append(site)
        left = np.array(unsure, dtype=np.int64)
        if not len(left):
            break
    return [found[site] for site in wanted.tolist()]


def _neighbours(
    lattice: FloatArray, places: FloatArray, numbers: IntArray, sites: IntArray, reach: float
) -> list[tuple[IntArray, FloatArray]]:
    """For each site the atomic numbers (M,) and vectors (M, 3) of its neighbours within ``reach``, nearest first."""
    from pymatgen.optimization.neighbors import find_points_in_spheres

    centre, neighbour, image, distance = find_points_in_spheres(
        places,
        np.ascontiguousarray(places[sites]),
        r=reach,
        pbc=np.ones(3, dtype=np.int64),
        lattice=lattice,
        tol=1e-8,
    )
    vectors = places[neighbour] + image @ lattice - places[sites][centre]
    keep = (distance > 0.1) & (numbers[neighbour] != 1)
    order = np.lexsort((distance[keep], centre[keep]))
    centre, neighbour, vectors = (part[keep][order] for part in (centre, neighbour, vectors))
    ends = np.searchsorted(centre, np.arange(len(sites) + 1))
    return [(numbers[neighbour[start:end]], vectors[start:end]) for start, end in pairwise(ends)]


def _shell(number: int, kinds: IntArray, vectors: FloatArray, reach: float) -> tuple[FloatArray, bool]:
    """Unit vectors (n, 3) to the first shell, and whether ``reach`` was enough to tell where it ends."""
    distance = np.linalg.norm(vectors, axis=1)
    bonded = _bonded(number, kinds, distance)
    n, certain = _shell_size(distance[bonded], reach, 1 if not bonded.all() else _FEWEST_IN_METALS)
    if n < 2 and number not in _LIGANDS:  # an interstitial atom in a metal is no coordination polyhedron
        bonded = np.ones(len(kinds), dtype=np.bool_)
        n, certain = _shell_size(distance, reach, _FEWEST_IN_METALS)
    return vectors[bonded][:n] / distance[bonded][:n, None], certain


def _bonded(number: int, kinds: IntArray, distance: FloatArray) -> NDArray[np.bool_]:
    """Which neighbours may belong to the shell: the anions of a metal, the less electronegative ones of an anion."""
    everyone = np.ones(len(kinds), dtype=np.bool_)
    if not len(kinds):
        return everyone
    more = _electronegativity()[kinds] - _electronegativity()[number]
    near = distance <= _LIGAND_REACH * distance[0]
    givers = np.isin(kinds, _LIGANDS) & (more > _SAME_ELECTRONEGATIVITY)
    if (givers & near).any():
        return np.asarray(givers)
    takers = more < -_SAME_ELECTRONEGATIVITY
    return np.asarray(takers if number in _LIGANDS and (takers & near).any() else everyone)


def _shell_size(distance: FloatArray, reach: float, fewest: int) -> tuple[int, bool]:
    if not len(distance):
        return 0, False
    most = min(int(np.searchsorted(distance, _MAX_STRETCH * distance[0], side="right")), _MAX_NEIGHBOURS)
    following = np.append(distance, reach)[1 : most + 1]
    first = min(fewest, most) - 1
    n = first + int(np.argmax((following / distance[:most])[first:])) + 1
    return n, _MAX_STRETCH**2 * distance[0] <= reach


def _name(shell: FloatArray) -> str:
    n = len(shell)
    if n < 2:
        return f"{n}-fold" if n else ""
    own = _sorted_angles(shell)
    best, least = f"{n}-fold", _TOLERANCE_OF_FEW_DEG.get(n, _TOLERANCE_DEG)
    for name, ideal in _polyhedra().get(n, ()):
        deviation = float(np.sqrt(np.mean((own - ideal) ** 2)))
        if deviation < least:
            best, least = name, deviation
    return best


def _sorted_angles(vectors: FloatArray) -> FloatArray:
    """(n (n - 1) / 2,) angles in degrees between unit vectors, rising."""
    first, second = np.triu_indices(len(vectors), 1)
    cosine = np.einsum("ij,ij->i", vectors[first], vectors[second])
    angles: FloatArray = np.sort(np.degrees(np.arccos(np.clip(cosine, -1.0, 1.0))))
    return angles


@cache
def _polyhedra() -> dict[int, list[tuple[str, FloatArray]]]:
    """Names and sorted angles of ideal polyhedra by number of corners."""
    axes = np.concatenate([np.eye(3), -np.eye(3)])
    cube = np.array([[x, y, z] for x in (-1, 1) for y in (-1, 1) for z in (-1, 1)], dtype=np.float64)
    # Polar angles: prism with square faces 49.1°, antiprism 59.3° (hard spheres), dodecahedron after Hoard.
    prism = [*_ring(3, 49.1), *_ring(3, 130.9)]
    golden = 0.5 * (1 + 5**0.5)
    icosahedron = [np.roll([0.0, s, t * golden], k) for k in range(3) for s in (-1, 1) for t in (-1, 1)]
    edges = [np.roll([0.0, s, t], k) for k in range(3) for s in (-1, 1) for t in (-1, 1)]
    hexagonal = [*_ring(3, 35.26, 30), *_ring(6, 90), *_ring(3, 144.74, 30)]
    corners = {
        "linear": _ring(2, 90),
        "bent": [*_ring(1, 55), *_ring(1, 55, 180)],
        "trigonal planar": _ring(3, 90),
        "trigonal pyramidal": _ring(3, 115),
        "T-shaped": [*_ring(2, 90), *_ring(1, 0)],
        "tetrahedral": [*_ring(1, 0), *_ring(3, 109.47)],
        "square planar": _ring(4, 90),
        "see-saw": [*_ring(2, 90), *_ring(1, 60, 90), *_ring(1, 60, 270)],
        "trigonal bipyramidal": [*_ring(3, 90), *_ring(1, 0), *_ring(1, 180)],
        "square pyramidal": [*_ring(4, 100), *_ring(1, 0)],
        "octahedral": axes,
        "trigonal prismatic": prism,
        "pentagonal bipyramidal": [*_ring(5, 90), *_ring(1, 0), *_ring(1, 180)],
        "capped trigonal prismatic": [*prism, *_ring(1, 90, 60)],
        "capped octahedral": [*_ring(1, 0), *_ring(3, 74), *_ring(3, 130, 60)],
        "cubic": cube,
        "square antiprismatic": [*_ring(4, 59.3), *_ring(4, 120.7, 45)],
        "dodecahedral": [*_ring(2, 36.9), *_ring(2, 143.1, 90), *_ring(2, 69.5, 90), *_ring(2, 110.5)],
        "bicapped trigonal prismatic": [*prism, *_ring(1, 90, 60), *_ring(1, 90, 180)],
        "tricapped trigonal prismatic": [*prism, *_ring(3, 90, 60)],
        "cuboctahedral": edges,
        "anticuboctahedral": hexagonal,
        "icosahedral": icosahedron,
        "body-centred cubic": [*axes, *cube],
    }
    by_size: dict[int, list[tuple[str, FloatArray]]] = {}
    for name, places in corners.items():
        vectors = np.asarray(places, dtype=np.float64)
        vectors = vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
        by_size.setdefault(len(vectors), []).append((name, _sorted_angles(vectors)))
    return by_size


def _ring(n: int, polar: float, turn: float = 0.0) -> FloatArray:
    """(n, 3) unit vectors at a polar angle, evenly around the z axis from an azimuth ``turn`` (degrees)."""
    around = np.radians(turn + 360.0 / n * np.arange(n))
    tilt = np.radians(polar)
    return np.column_stack(
        [np.sin(tilt) * np.cos(around), np.sin(tilt) * np.sin(around), np.full(n, np.cos(tilt))]
    )


@cache
def _electronegativity() -> FloatArray:
    """Pauling's electronegativity by atomic number; 0 where there is none."""
    from pymatgen.core import Element

    table = np.zeros(119)
    for element in Element:
        table[element.Z] = float(element.data.get("X") or 0.0)
    return table
