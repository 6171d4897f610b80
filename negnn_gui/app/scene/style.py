"""How a crystal is drawn: choices of the user, colours of the surroundings, and the sizes of atoms."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

AtomStyle = Literal["ball-and-stick", "space-filling", "sticks", "wireframe"]
MomentStyle = Literal["none", "arrows", "bars"]

STICK_RADIUS = 0.10
WIRE_RADIUS = 0.025
BALL_FRACTION = 0.37
# Beyond this many atoms bonds cost more than they tell (0.6 million half bonds: 1.4 s a frame in software).
MAX_BONDED_ATOMS = 20_000

_ISOTOPES = {"D": "H", "T": "H"}


@dataclass(frozen=True)
class Theme:
    """Colours around the crystal, each an (r, g, b) of 0 to 255."""

    background: tuple[int, int, int]
    foreground: tuple[int, int, int]
    cell: tuple[int, int, int]
    accent: tuple[int, int, int]


LIGHT = Theme(background=(255, 255, 255), foreground=(32, 35, 40), cell=(96, 102, 112), accent=(255, 128, 0))
DARK = Theme(background=(30, 32, 36), foreground=(228, 230, 234), cell=(150, 156, 166), accent=(255, 176, 32))


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
    complete_bonds : bool
        Also draw the bonded neighbours that lie outside the box.
    supercell : tuple of int, or 3 x 3 tuple
        Repeats along a, b, c, or a matrix whose rows are the new lattice vectors in the old ones.
    moments : str
        "arrows": the moments that the file carries; "bars": headless bars as long as the coloured magnitude
        (a prediction has no sign); "none".
    moment_axis : (3,) tuple of int
        Lattice direction [uvw] along which collinear moments point.
    hidden : frozenset of str
        Elements that are left out.
    polyhedra : frozenset of str
        Elements around which the coordination polyhedron is drawn.
    bond_scale : float
        A bond is at most this times the sum of the covalent radii.
    bond_limits : tuple of (element, element, Å)
        Longest bond of a pair of elements, instead of that rule; 0 forbids the pair.
    perspective : bool
        Perspective instead of parallel projection.
    """

    atoms: AtomStyle = "ball-and-stick"
    bonds: bool | None = None
    cell: bool = True
    axes: bool = True
    legend: bool = True
    images: bool = True
    complete_bonds: bool = False
    supercell: tuple[int, int, int] | tuple[tuple[int, int, int], ...] = (1, 1, 1)
    moments: MomentStyle = "arrows"
    moment_axis: tuple[int, int, int] = (0, 0, 1)
    hidden: frozenset[str] = frozenset()
    polyhedra: frozenset[str] = frozenset()
    bond_scale: float = 1.15
    bond_limits: tuple[tuple[str, str, float], ...] = ()
    perspective: bool = False

    def draws_bonds(self, n_atoms: int) -> bool:
        """Whether bonds are drawn among ``n_atoms`` displayed atoms."""
        if self.bonds is not None:
            return self.bonds
        return self.atoms != "space-filling" and n_atoms <= MAX_BONDED_ATOMS

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
