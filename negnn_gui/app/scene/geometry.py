"""Which atoms are seen: the cell or supercell, with the images of atoms on its faces, edges and corners."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import product

import numpy as np
from numpy.typing import NDArray

# An atom this close to a face, Å, counts as on it: relaxed coordinates such as 0.9997 belong to both faces.
FACE_TOLERANCE = 0.05


@dataclass(frozen=True, eq=False)
class DisplayedAtoms:
    """M atoms as drawn: periodic images of the N sites of a cell.

    Attributes
    ----------
    site : (M,) int
        Index of the site.
    offset : (M, 3) int
        Cell that the image lies in, counted from the coordinates in the file.
    position : (M, 3) float
        Cartesian, Å.
    """

    site: NDArray[np.int64]
    offset: NDArray[np.int64]
    position: NDArray[np.float64]

    def __len__(self) -> int:
        return len(self.site)

    def take(self, keep: NDArray[np.bool_]) -> DisplayedAtoms:
        """Those for which the (M,) mask is true."""
        return DisplayedAtoms(self.site[keep], self.offset[keep], self.position[keep])


def displayed_atoms(
    lattice: NDArray[np.float64],
    frac: NDArray[np.float64],
    supercell: NDArray[np.int64] | None = None,
    images: bool = True,
) -> DisplayedAtoms:
    """Atoms inside the drawn box.

    Parameters
    ----------
    lattice : (3, 3) float
        Rows a, b, c, Å.
    frac : (N, 3) float
        Fractional coordinates, in any cell.
    supercell : (3, 3) int or None
        Rows: the box's vectors in units of a, b, c; None is the cell itself.
    images : bool
        Whether atoms on a face also appear on the opposite one.

    Returns
    -------
    DisplayedAtoms
        Atoms of the box first (for the plain cell: in the order of the sites), then the images.
    """
    matrix = np.eye(3, dtype=np.int64) if supercell is None else supercell
    to_box = np.linalg.inv(matrix.astype(np.float64))
    tolerance = np.minimum(FACE_TOLERANCE * plane_density(matrix @ lattice), 0.02)
    wrapped, home = _wrap(frac, np.minimum(FACE_TOLERANCE * plane_density(lattice), 0.02))

    sites, offsets, on_far_face = [], [], []
    for shift in _cells_touching(matrix):
        inside = (wrapped + shift) @ to_box
        near = np.all((inside > -tolerance) & (inside < 1.0 + tolerance), axis=1)
        index = np.flatnonzero(near)
        sites.append(index)
        offsets.append(home[index] + shift)
        on_far_face.append(np.any(inside[index] > 1.0 - tolerance, axis=1))
    site = np.concatenate(sites)
    offset = np.concatenate(offsets)
    image = np.concatenate(on_far_face)
    if not images:
        site, offset, image = site[~image], offset[~image], image[~image]
    order = np.argsort(image, kind="stable")
    site, offset = site[order], offset[order]
    return DisplayedAtoms(site, offset, (frac[site] + offset) @ lattice)


def box_corners(
    lattice: NDArray[np.float64], supercell: NDArray[np.int64] | None = None
) -> NDArray[np.float64]:
    """(8, 3) float: corners of the drawn box, Å, in binary order of (a, b, c)."""
    box = lattice if supercell is None else supercell @ lattice
    return np.array(list(product((0.0, 1.0), repeat=3))) @ box


def box_edges() -> NDArray[np.int64]:
    """(12, 2) int: pairs of ``box_corners`` that an edge joins; those from the origin come first."""
    edges = [(i, i | bit) for bit in (4, 2, 1) for i in range(8) if not i & bit]
    return np.array(sorted(edges, key=lambda edge: edge[0] != 0), dtype=np.int64)


def reciprocal(lattice: NDArray[np.float64]) -> NDArray[np.float64]:
    """(3, 3) float: rows a*, b*, c* with a·a* = 1 (no factor 2π), 1/Å."""
    return np.asarray(np.linalg.inv(lattice).T, dtype=np.float64)


def plane_density(lattice: NDArray[np.float64]) -> NDArray[np.float64]:
    """(3,) float: planes per Å along the normals of the cell's faces, abs(a*), abs(b*), abs(c*)."""
    return np.asarray(np.linalg.norm(reciprocal(lattice), axis=1))


def _wrap(
    frac: NDArray[np.float64], tolerance: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    """Coordinates moved to [-tolerance, 1 - tolerance) and the whole cells they were moved by."""
    cells = -np.floor(frac + tolerance)
    return frac + cells, cells.astype(np.int64)


def _cells_touching(matrix: NDArray[np.int64]) -> list[NDArray[np.int64]]:
    """Cells whose atoms can lie inside the box or on its faces."""
    corners = np.array(list(product((0, 1), repeat=3))) @ matrix
    ranges = [range(int(lo) - 1, int(hi) + 2) for lo, hi in zip(corners.min(0), corners.max(0), strict=True)]
    if np.array_equal(matrix, np.diag(np.diag(matrix))) and np.all(np.diag(matrix) > 0):
        # Wrapped atoms lie in [0, 1): only cells of the box and those beyond its far faces can touch it.
        ranges = [range(int(n) + 1) for n in np.diag(matrix)]
    return [np.array(shift, dtype=np.int64) for shift in product(*ranges)]
