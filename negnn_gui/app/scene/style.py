"""How a crystal is drawn: choices of the user, colours of the surroundings, and the sizes of atoms."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

AtomStyle = Literal["ball-and-stick", "space-filling", "sticks", "wireframe"]
MomentStyle = Literal["none", "arrows", "bars", "radius"]
Completion = Literal["none", "bonds", "molecules"]
BondRule = Literal["distance", "crystalnn"]

STICK_RADIUS = 0.10
WIRE_RADIUS = 0.025
BALL_FRACTION = 0.37
# Beyond this many atoms bonds cost more than they tell (0.6 million half bonds: 1.4 s a frame in software).
MAX_BONDED_ATOMS = 20_000
# A supercell of more atoms is refused: it would take gigabytes.
MAX_ATOMS = 1_000_000

# An atom this close to a face of a slab, Å, counts as inside.
_ON_FACE = 0.01
_ISOTOPES = {"D": "H", "T": "H"}


@dataclass(frozen=True)
class Theme:
    """Colours around the crystal, each an (r, g, b) of 0 to 255."""

    background: tuple[int, int, int]
    foreground: tuple[int, int, int]
    cell: tuple[int, int, int]
    accent: tuple[int, int, int]
    doubt: tuple[int, int, int] = (204, 51, 153)


LIGHT = Theme(background=(255, 255, 255), foreground=(32, 35, 40), cell=(96, 102, 112), accent=(255, 128, 0))
DARK = Theme(
    background=(57, 59, 63),
    foreground=(228, 230, 234),
    cell=(150, 156, 166),
    accent=(255, 176, 32),
    doubt=(240, 120, 200),
)


@dataclass(frozen=True)
class Slab:
    """What lies between two planes (hkl); the rest of the crystal is left out.

    Attributes
    ----------
    normal : (h, k, l)
        Indices of the planes.
    lo, hi : float or None
        Distances of the planes from the origin along their normal, Å; None leaves that side open, so that
        one of them alone is a clipping plane.
    """

    normal: tuple[int, int, int] = (0, 0, 1)
    lo: float | None = None
    hi: float | None = None

    def holds(self, points: NDArray[np.float64], lattice: NDArray[np.float64]) -> NDArray[np.bool_]:
        """(M,) bool: which of the (M, 3) points (Å) lie in the slab, its faces included."""
        along = points @ plane_normal(self.normal, lattice)
        inside = np.ones(len(points), dtype=bool)
        if self.lo is not None:
            inside &= along >= self.lo - _ON_FACE
        if self.hi is not None:
            inside &= along <= self.hi + _ON_FACE
        return inside


@dataclass(frozen=True)
class Style:
    """What is drawn of a crystal.

    Attributes
    ----------
    atoms : str
        "ball-and-stick", "space-filling" (covalent radii), "sticks" or "wireframe".
    bonds : bool or None
        None: where the style has bonds and there are at most ``MAX_BONDED_ATOMS`` atoms.
    cell, axes, legend : bool
        Box of the unit cell with a, b, c; crystal axes in the corner; legend or colour bar.
    images : bool
        Repeat atoms that lie on a face, an edge or a corner of the cell on the opposite ones.
    complete : str
        What is completed beyond the box: "none"; "bonds": bonded neighbours that lie outside; "molecules": the
        rest of every molecule that the box cuts (endless networks stay cut).
    supercell : tuple of int, or 3 x 3 tuple
        Repeats along a, b, c, or a matrix whose rows are the new lattice vectors in the old ones.
    moments : str
        "arrows": the moments that the file carries; "bars": headless bars as long as the predicted magnitude
        (a prediction has no sign); "radius": balls whose area is that magnitude; "none".
    moment_length : float or None
        Å that an arrow or a bar of 1 μB is long; None: as fits the picture.
    moment_axis : (3,) tuple of int
        Lattice direction [uvw] along which collinear moments point.
    hidden : frozenset of str
        Elements that are left out.
    polyhedra : frozenset of str
        Elements around which the coordination polyhedron is drawn.
    bond_rule : str
        "distance": the two rules below; "crystalnn": what pymatgen's CrystalNN found, once it has.
    bond_scale : float
        A bond is at most this times the sum of the covalent radii.
    bond_limits : tuple of (element, element, Å)
        Longest bond of a pair of elements, instead of that rule; 0 forbids the pair.
    slab : Slab or None
        Only what lies between two planes.
    perspective : bool
        Perspective instead of parallel projection.
    """

    atoms: AtomStyle = "ball-and-stick"
    bonds: bool | None = None
    cell: bool = True
    axes: bool = True
    legend: bool = True
    images: bool = True
    complete: Completion = "none"
    supercell: tuple[int, int, int] | tuple[tuple[int, int, int], ...] = (1, 1, 1)
    moments: MomentStyle = "arrows"
    moment_length: float | None = None
    moment_axis: tuple[int, int, int] = (0, 0, 1)
    hidden: frozenset[str] = frozenset()
    polyhedra: frozenset[str] = frozenset()
    bond_rule: BondRule = "distance"
    bond_scale: float = 1.15
    bond_limits: tuple[tuple[str, str, float], ...] = ()
    slab: Slab | None = None
    perspective: bool = False

    def draws_bonds(self, n_atoms: int) -> bool:
        """Whether bonds are drawn among ``n_atoms`` displayed atoms."""
        if self.bonds is not None:
            return self.bonds
        return self.atoms != "space-filling" and n_atoms <= MAX_BONDED_ATOMS

    def check(self, n_sites: int = 1) -> None:
        """Make sure that a structure of ``n_sites`` can be drawn like this.

        Raises
        ------
        ValueError
            The supercell spans no cell or holds too many atoms, or a direction is (0 0 0); one sentence.
        """
        atoms = n_sites * abs(round(float(np.linalg.det(self.supercell_matrix()))))
        if atoms > MAX_ATOMS:
            raise ValueError(
                f"the supercell would hold {atoms:,} atoms, more than {MAX_ATOMS:,}; choose a smaller one"
            )
        if not any(self.moment_axis):
            raise ValueError("[0 0 0] is no direction for the moments; give another, such as [0 0 1]")
        if self.slab is not None and not any(self.slab.normal):
            raise ValueError("(0 0 0) is no plane; give its indices, such as (0 0 1)")

    def supercell_matrix(self) -> NDArray[np.int64]:
        """(3, 3) int: rows are the drawn lattice vectors in units of the cell's.

        Raises
        ------
        ValueError
            The matrix is singular, so it spans no cell.
        """
        given = np.asarray(self.supercell, dtype=np.int64)
        matrix = np.diag(given) if given.ndim == 1 else given
        if matrix.shape != (3, 3) or abs(np.linalg.det(matrix)) < 0.5:
            raise ValueError(
                f"the supercell {self.supercell} spans no cell; give three whole numbers or a 3 x 3 matrix"
            )
        return matrix


def plane_normal(indices: tuple[int, int, int], lattice: NDArray[np.float64]) -> NDArray[np.float64]:
    """(3,) float: unit normal of the planes (hkl)."""
    normal = np.array(indices, dtype=np.float64) @ np.linalg.inv(lattice).T
    return np.asarray(normal / np.linalg.norm(normal))


def covalent_radii(elements: Sequence[str]) -> NDArray[np.float64]:
    """Covalent radius of each element, Å (Cordero et al., Dalton Trans. 2008, 2832, through ase).

    Unknown symbols get 1.5 Å.
    """
    from ase.data import atomic_numbers
    from ase.data import covalent_radii as table

    numbers = [atomic_numbers.get(_ISOTOPES.get(symbol, symbol), 0) for symbol in elements]
    return np.array([table[z] if z else 1.5 for z in numbers], dtype=np.float64)


def atom_radii(elements: Sequence[str], style: AtomStyle) -> NDArray[np.float64]:
    """Drawn radius of each element in a style, Å."""
    if style == "sticks":
        return np.full(len(elements), STICK_RADIUS)
    if style == "wireframe":
        return np.full(len(elements), WIRE_RADIUS)
    covalent = covalent_radii(elements)
    return covalent if style == "space-filling" else BALL_FRACTION * covalent
