"""Coordination polyhedra: convex hulls of the atoms bonded to a centre."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from negnn_gui.app.scene.bonds import CellBonds
    from negnn_gui.app.scene.geometry import DisplayedAtoms

Floats = NDArray[np.float64]

# Faces whose normals differ by less than this (cosine) are one face, without an edge between them.
_SAME_FACE = 0.999
_FLAT = 0.05


@dataclass(frozen=True, eq=False)
class Polyhedra:
    """Faces and edges of all polyhedra of a picture.

    Attributes
    ----------
    points, normals : (3 T, 3) float
        Corners of the T triangles, Å, each with the normal of its face.
    site : (3 T,) int
        Site in the middle, for the colour.
    edges : (E, 2, 3) float
        Ends of the edges, Å.
    """

    points: Floats
    normals: Floats
    site: NDArray[np.int64]
    edges: Floats

    @property
    def triangles(self) -> NDArray[np.int64]:
        """(T, 3) int: indices of ``points``."""
        return np.arange(len(self.points), dtype=np.int64).reshape(-1, 3)


def coordination_polyhedra(
    atoms: DisplayedAtoms,
    bonds: CellBonds,
    lattice: Floats,
    frac: Floats,
    elements: Sequence[str],
    centres: Collection[str],
) -> Polyhedra:
    """Polyhedra around all displayed atoms of some elements; fewer than four neighbours, or flat ones, make none."""
    points, normals, site, edges = [], [], [], []
    wanted = np.array([symbol in centres for symbol in elements], dtype=bool)
    around = {int(s): _neighbours(int(s), bonds, lattice, frac) for s in np.flatnonzero(wanted)}
    hulls = {s: _hull(neighbours) for s, neighbours in around.items()}
    for index in np.flatnonzero(wanted[atoms.site]):
        centre = int(atoms.site[index])
        hull = hulls[centre]
        if hull is not None:
            shift = atoms.offset[index] @ lattice
            points.append(hull[0].reshape(-1, 3) + shift)
            normals.append(np.repeat(hull[1], 3, axis=0))
            site.append(np.full(3 * len(hull[1]), centre))
            edges.append(hull[2] + shift)
    if not points:
        nothing = np.empty((0, 3))
        return Polyhedra(nothing, nothing, np.empty(0, dtype=np.int64), np.empty((0, 2, 3)))
    return Polyhedra(
        np.concatenate(points), np.concatenate(normals), np.concatenate(site), np.concatenate(edges)
    )


def _neighbours(site: int, bonds: CellBonds, lattice: Floats, frac: Floats) -> Floats:
    """(n, 3) float: positions of the atoms bonded to a site as the file gives it, Å."""
    out, back = bonds.first == site, bonds.second == site
    others = np.concatenate(
        [frac[bonds.second[out]] + bonds.image[out], frac[bonds.first[back]] - bonds.image[back]]
    )
    return np.asarray(others @ lattice)


def _hull(corners: Floats) -> tuple[Floats, Floats, Floats] | None:
    """Triangles (T, 3, 3), their normals (T, 3) outwards, and edges (E, 2, 3); None where there is no body."""
    from scipy.spatial import ConvexHull

    if len(corners) < 4 or np.linalg.svd(corners - corners.mean(axis=0))[1][2] < _FLAT:
        return None
    hull = ConvexHull(corners)
    normals = hull.equations[:, :3]
    edges = [
        corners[sorted(set(hull.simplices[face]) & set(hull.simplices[other]))]
        for face in range(len(normals))
        for other in hull.neighbors[face]
        if face < other and normals[face] @ normals[other] < _SAME_FACE
    ]
    return corners[hull.simplices], normals, np.array(edges)
