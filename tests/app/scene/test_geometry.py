"""Displayed atoms: known counts of images on faces, edges and corners."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from pymatgen.core import Lattice

from negnn_gui.app.scene.geometry import box_corners, box_edges, displayed_atoms, reciprocal

Arrays = Callable[[str], tuple[np.ndarray, np.ndarray, list[str]]]

# Corners count 8 times, edges 4 times, faces twice.
WITH_IMAGES = {"NaCl": 27, "diamond": 18, "rutile": 15, "perovskite": 21, "hcp": 9}


@pytest.mark.parametrize("name", WITH_IMAGES)
def test_atoms_on_faces_edges_and_corners_are_repeated(name: str, crystal_arrays: Arrays) -> None:
    lattice, frac, _ = crystal_arrays(name)
    assert len(displayed_atoms(lattice, frac)) == WITH_IMAGES[name]
    assert len(displayed_atoms(lattice, frac, images=False)) == len(frac)


def test_sites_of_the_cell_come_first_in_their_order_and_lie_where_the_file_says(
    crystal_arrays: Arrays,
) -> None:
    lattice, frac, _ = crystal_arrays("NaCl")
    atoms = displayed_atoms(lattice, frac)
    np.testing.assert_array_equal(atoms.site[: len(frac)], np.arange(len(frac)))
    np.testing.assert_allclose(atoms.position[: len(frac)], frac @ lattice)
    np.testing.assert_allclose(atoms.position, (frac[atoms.site] + atoms.offset) @ lattice)


@pytest.mark.parametrize("shift", [[1.0, -2.0, 3.0], [-1e-4, 0.0, 1e-4], [0.0, 1.0, -1.0]])
def test_the_same_atoms_are_seen_wherever_the_file_puts_them(
    shift: list[float], crystal_arrays: Arrays
) -> None:
    lattice, frac, _ = crystal_arrays("rutile")
    atoms = displayed_atoms(lattice, frac + shift)
    assert len(atoms) == WITH_IMAGES["rutile"]
    inside = atoms.position @ np.linalg.inv(lattice)
    assert np.all((inside > -0.02) & (inside < 1.02))


@pytest.mark.parametrize("name", WITH_IMAGES)
def test_a_supercell_holds_as_many_atoms_as_cells(name: str, crystal_arrays: Arrays) -> None:
    lattice, frac, _ = crystal_arrays(name)
    supercell = np.diag([2, 3, 1])
    assert len(displayed_atoms(lattice, frac, supercell, images=False)) == 6 * len(frac)


def test_a_matrix_turns_the_primitive_cell_of_fcc_into_the_conventional_one() -> None:
    conventional = 3.6 * np.eye(3)
    primitive = 1.8 * np.array([[0, 1, 1], [1, 0, 1], [1, 1, 0]], dtype=float)
    matrix = np.array([[-1, 1, 1], [1, -1, 1], [1, 1, -1]])
    np.testing.assert_allclose(matrix @ primitive, conventional)
    origin = np.zeros((1, 3))
    assert len(displayed_atoms(primitive, origin, matrix)) == 14
    assert len(displayed_atoms(primitive, origin, matrix, images=False)) == 4


def test_a_reflected_supercell_shows_the_same_number_of_atoms(crystal_arrays: Arrays) -> None:
    lattice, frac, _ = crystal_arrays("perovskite")
    mirrored = np.diag([1, 1, -2])
    assert len(displayed_atoms(lattice, frac, mirrored, images=False)) == 2 * len(frac)


def test_edges_join_corners_one_lattice_vector_apart() -> None:
    lattice = np.array(Lattice.from_parameters(4, 5, 6, 80, 95, 110).matrix)
    corners, edges = box_corners(lattice), box_edges()
    assert len({tuple(edge) for edge in edges}) == 12
    steps = corners[edges[:, 1]] - corners[edges[:, 0]]
    for vector in lattice:
        assert np.sum(np.all(np.isclose(steps, vector), axis=1)) == 4


def test_reciprocal_vectors_are_dual() -> None:
    lattice = np.array(Lattice.from_parameters(4, 5, 6, 80, 95, 110).matrix)
    np.testing.assert_allclose(reciprocal(lattice) @ lattice.T, np.eye(3), atol=1e-12)
