"""Lattice and coordinates to the last bit, the same on every processor.

A bare cut among tied neighbours hangs on the last bit of their distances, and NumPy rounds differently where
it finds other vector units: a matrix product through BLAS, a cosine through its own kernels. The published
checkpoints can only be reproduced everywhere without either.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

_DECIMALS = 8  # of lengths in Å and angles in degrees, as many as files give
_TOLERANCE = 1e-12  # Å; beyond it the lattice was not made from rounded lengths and angles


def cartesian(frac_coords: NDArray[np.float64], lattice: NDArray[np.float64]) -> NDArray[np.float64]:
    """(N, 3) Cartesian coordinates in Å from fractional ones and (3, 3) lattice rows, without BLAS."""
    x, y, z = (np.asarray(frac_coords, dtype=np.float64)[:, axis, None] for axis in range(3))
    return np.ascontiguousarray((x * lattice[0] + y * lattice[1]) + z * lattice[2])


def standard_lattice(lattice: NDArray[np.float64]) -> NDArray[np.float64]:
    """(3, 3) lattice rows in Å as pymatgen makes them from lengths and angles, rounded by the C library.

    It is given back as it is where it was not made from lengths and angles of at most eight decimals.
    """
    rows = [[float(x) for x in row] for row in lattice]
    a, b, c = (round(math.hypot(*row), _DECIMALS) for row in rows)
    alpha, beta, gamma = (_angle(rows[i], rows[j]) for i, j in ((1, 2), (0, 2), (0, 1)))
    sin_alpha, sin_beta = math.sin(alpha), math.sin(beta)
    cosine = (math.cos(alpha) * math.cos(beta) - math.cos(gamma)) / (sin_alpha * sin_beta)
    gamma_star = math.acos(max(-1.0, min(1.0, cosine)))
    made = np.array(
        [
            [a * sin_beta, 0.0, a * math.cos(beta)],
            [
                -b * sin_alpha * math.cos(gamma_star),
                b * sin_alpha * math.sin(gamma_star),
                b * math.cos(alpha),
            ],
            [0.0, 0.0, c],
        ]
    )
    return made if bool(np.abs(made - lattice).max() <= _TOLERANCE) else np.array(lattice, dtype=np.float64)


def _angle(first: list[float], second: list[float]) -> float:
    """Angle in radians between two lattice vectors, rounded in degrees as files give it."""
    product = sum(x * y for x, y in zip(first, second, strict=True))
    cosine = product / (math.hypot(*first) * math.hypot(*second))
    return math.radians(round(math.degrees(math.acos(max(-1.0, min(1.0, cosine)))), _DECIMALS))
