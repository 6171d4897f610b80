"""What is drawn of a structure, as arrays: displayed atoms with radii, bonds, the box, shared sites."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from negnn_gui.app.scene.bonds import CellBonds, add_bonded_neighbours, cell_bonds, displayed_bonds
from negnn_gui.app.scene.geometry import DisplayedAtoms, box_corners, displayed_atoms
from negnn_gui.app.scene.molecules import whole_molecules
from negnn_gui.app.scene.polyhedra import Polyhedra, coordination_polyhedra
from negnn_gui.app.scene.style import WIRE_RADIUS, Style, atom_radii

if TYPE_CHECKING:
    from negnn_gui.structures.entry import StructureEntry

Floats = NDArray[np.float64]
VACANCY = ""


@dataclass(frozen=True, eq=False)
class Drawing:
    """One structure in one style.

    Attributes
    ----------
    lattice : (3, 3) float
        Rows a, b, c of the cell, Å.
    frac : (N, 3) float
        Fractional coordinates as in the file.
    atoms : DisplayedAtoms
        M displayed atoms.
    radii : (M,) float
        Drawn radii, Å.
    bonds : (K, 2) int
        Pairs of displayed atoms.
    matrix : (3, 3) int
        Rows: vectors of the drawn box in units of a, b, c.
    polyhedra : Polyhedra or None
        Coordination polyhedra, where the style asks for some.
    """

    lattice: Floats
    frac: Floats
    atoms: DisplayedAtoms
    radii: Floats
    bonds: NDArray[np.int64]
    matrix: NDArray[np.int64]
    polyhedra: Polyhedra | None = None

    @property
    def box(self) -> Floats:
        """(3, 3) float: rows are the vectors of the drawn box, Å."""
        return np.asarray(self.matrix @ self.lattice)

    def extent(self) -> tuple[Floats, Floats]:
        """Spheres that a picture must contain, box corners included: (P, 3) centres and (P,) radii, Å."""
        corners = box_corners(self.lattice, self.matrix)
        return np.vstack([self.atoms.position, corners]), np.concatenate([self.radii, np.zeros(len(corners))])

    @cached_property
    def corner_radius(self) -> float:
        """Radius of the atoms that sit on the box's corners, Å; 0 where there are none."""
        at_origin = np.linalg.norm(self.atoms.position, axis=1) < self.radii
        return float(self.radii[at_origin].max(initial=0.0))


def draw(entry: StructureEntry, style: Style, found: CellBonds | None = None) -> Drawing:
    """Arrange a structure in a style.

    Parameters
    ----------
    found : CellBonds or None
        What CrystalNN found, for a style that asks for it; None: the style's distances decide meanwhile.

    Raises
    ------
    ValueError
        The style cannot be drawn, see ``Style.check``.
    """
    style.check(entry.n_sites)
    lattice = np.array(entry.structure.lattice.matrix, dtype=np.float64)
    frac = np.array(entry.structure.frac_coords, dtype=np.float64).reshape(-1, 3)
    matrix = style.supercell_matrix()
    atoms = boxed = displayed_atoms(lattice, frac, matrix, style.images)
    pairs, polyhedra = np.empty((0, 2), dtype=np.int64), None
    if style.draws_bonds(len(atoms)) or style.polyhedra or style.complete != "none":
        bonds = bonds_of(entry, style, found)
        if style.complete == "molecules":
            atoms = whole_molecules(atoms, bonds, lattice, frac)
        centres = np.array(
            [style.complete == "bonds" or symbol in style.polyhedra for symbol in entry.elements]
        )
        if centres.any():
            atoms = add_bonded_neighbours(atoms, centres[atoms.site], bonds, lattice, frac)
        atoms = _shown(atoms, entry, style, lattice)
        if style.draws_bonds(len(atoms)):
            pairs = displayed_bonds(atoms, bonds)
        if style.polyhedra:
            middles = _shown(boxed, entry, replace(style, hidden=frozenset()), lattice)
            polyhedra = coordination_polyhedra(middles, bonds, lattice, frac, entry.elements, style.polyhedra)
    else:
        atoms = _shown(atoms, entry, style, lattice)
    return Drawing(lattice, frac, atoms, _radii(entry, style, atoms, pairs), pairs, matrix, polyhedra)


def bonds_of(entry: StructureEntry, style: Style, found: CellBonds | None = None) -> CellBonds:
    """The bonds of one cell by the rule of a style."""
    if style.bond_rule == "crystalnn" and found is not None:
        return found
    lattice = np.array(entry.structure.lattice.matrix, dtype=np.float64)
    frac = np.array(entry.structure.frac_coords, dtype=np.float64).reshape(-1, 3)
    return cell_bonds(lattice, frac, entry.elements, style.bond_scale, style.bond_limits)


def _radii(entry: StructureEntry, style: Style, atoms: DisplayedAtoms, pairs: NDArray[np.int64]) -> Floats:
    """(M,) float: drawn radii, Å."""
    radii = atom_radii(entry.elements, style.atoms)[atoms.site]
    if style.atoms not in ("sticks", "wireframe"):
        return radii
    # An atom without a bond would be a speck: show it as a small ball.
    alone = np.ones(len(atoms), dtype=bool)
    alone[pairs.ravel()] = False
    balls = 0.5 * atom_radii(entry.elements, "ball-and-stick")[atoms.site]
    return np.where(alone, np.maximum(radii, balls), radii)


def half_sticks(drawing: Drawing, colours: NDArray[np.uint8]) -> tuple[Floats, Floats, NDArray[np.uint8]]:
    """Each bond as two sticks in the colours of its atoms, or one where these are the same.

    The colour changes midway between the surfaces of the atoms, so that both halves look equally long.

    Parameters
    ----------
    colours : (M, 3) uint8
        Colour of each displayed atom.

    Returns
    -------
    (S, 3) starts, (S, 3) ends, (S, 3) uint8 colours
    """
    first, second = drawing.bonds[:, 0], drawing.bonds[:, 1]
    start, end = drawing.atoms.position[first], drawing.atoms.position[second]
    length = np.maximum(np.linalg.norm(end - start, axis=1), 1e-9)
    share = np.clip(0.5 + (drawing.radii[first] - drawing.radii[second]) / (2.0 * length), 0.1, 0.9)
    middle = start + share[:, None] * (end - start)
    plain = np.all(colours[first] == colours[second], axis=1)
    halves = ~plain
    return (
        np.concatenate([start[plain], start[halves], middle[halves]]),
        np.concatenate([end[plain], middle[halves], end[halves]]),
        np.concatenate([colours[first][plain], colours[first][halves], colours[second][halves]]),
    )


def stick_radius(style: Style) -> float:
    """Radius of the bonds in a style, Å."""
    if style.atoms == "wireframe":
        return WIRE_RADIUS
    return 0.10 if style.atoms == "sticks" else 0.085


def shared_sites(entry: StructureEntry) -> dict[int, tuple[tuple[str, float], ...]]:
    """Sites that several species share or that are partly empty.

    Returns
    -------
    dict
        Site index -> (element, share) from the largest share down; what is empty is ``VACANCY`` and comes
        last. The shares add up to 1.
    """
    if entry.is_ordered:
        return {}
    shared = {}
    for index, site in enumerate(entry.structure):
        shares: dict[str, float] = {}
        for species, amount in site.species.items():
            element = getattr(species, "element", species)
            symbol = str(getattr(element, "symbol", element))
            shares[symbol] = shares.get(symbol, 0.0) + float(amount)
        total = sum(shares.values())
        parts = sorted(shares.items(), key=lambda part: -part[1])
        if total > 1.0:
            parts = [(symbol, amount / total) for symbol, amount in parts]
        elif total < 1.0 - 1e-3:
            parts.append((VACANCY, 1.0 - total))
        if len(parts) > 1:
            shared[index] = tuple(parts)
    return shared


def _shown(atoms: DisplayedAtoms, entry: StructureEntry, style: Style, lattice: Floats) -> DisplayedAtoms:
    """Without the hidden elements and what lies outside the slab."""
    if style.hidden:
        keep = np.array([symbol not in style.hidden for symbol in entry.elements], dtype=bool)
        atoms = atoms.take(keep[atoms.site])
    return atoms if style.slab is None else atoms.take(style.slab.holds(atoms.position, lattice))
