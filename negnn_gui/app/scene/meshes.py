"""Meshes made in NumPy: cones of arrows, and spheres cut into sectors for shared sites."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Mesh:
    """(P, 3) points and normals, (T, 3) triangles, (P, 3) uint8 colours."""

    points: Floats
    normals: Floats
    triangles: NDArray[np.int64]
    colours: NDArray[np.uint8]


def merge(meshes: list[Mesh]) -> Mesh:
    """Several meshes as one."""
    if not meshes:
        nothing = np.empty((0, 3))
        return Mesh(nothing, nothing, np.empty((0, 3), dtype=np.int64), np.empty((0, 3), dtype=np.uint8))
    starts = np.cumsum([0] + [len(mesh.points) for mesh in meshes[:-1]])
    return Mesh(
        np.concatenate([mesh.points for mesh in meshes]),
        np.concatenate([mesh.normals for mesh in meshes]),
        np.concatenate([mesh.triangles + start for mesh, start in zip(meshes, starts, strict=True)]),
        np.concatenate([mesh.colours for mesh in meshes]),
    )


def cones(
    bases: Floats,
    directions: Floats,
    length: float,
    radius: float,
    colours: NDArray[np.uint8],
    sides: int = 24,
) -> Mesh:
    """Cones on (K, 3) base points towards (K, 3) unit directions, with (K, 3) colours."""
    count = len(bases)
    first, second = _perpendicular(directions)
    turn = np.linspace(0.0, 2.0 * np.pi, sides, endpoint=False)
    outward = np.cos(turn)[None, :, None] * first[:, None] + np.sin(turn)[None, :, None] * second[:, None]
    rim = bases[:, None] + radius * outward
    slope = length * outward + radius * directions[:, None]
    slope /= np.linalg.norm(slope, axis=2, keepdims=True)
    tips = np.repeat((bases + length * directions)[:, None], sides, axis=1)
    centre = bases[:, None]
    backwards = -np.repeat(directions[:, None], sides + 1, axis=1)
    # Rim and tip carry the normals of the side, a second rim and the centre those of the base.
    points = np.concatenate([rim, tips, rim, centre], axis=1)
    normals = np.concatenate([slope, slope, backwards], axis=1)
    here = np.arange(sides)
    after = (here + 1) % sides
    side_faces = np.stack([here, after, sides + here], axis=1)
    base_faces = np.stack([2 * sides + after, 2 * sides + here, np.full(sides, 3 * sides)], axis=1)
    per_cone = 3 * sides + 1
    faces = np.concatenate([side_faces, base_faces])[None] + per_cone * np.arange(count)[:, None, None]
    return Mesh(
        points.reshape(-1, 3),
        normals.reshape(-1, 3),
        faces.reshape(-1, 3).astype(np.int64),
        np.repeat(colours, per_cone, axis=0),
    )


def sectors(
    centres: Floats, radius: float, shares: list[float], colours: list[tuple[int, int, int]], steps: int = 48
) -> Mesh:
    """Equal spheres cut like an orange: one sector a share, side by side around the z axis.

    Parameters
    ----------
    centres : (K, 3) float
        Å.
    shares : list of float
        Widths of the sectors; they add up to 1.
    colours : list of (r, g, b)
        One a share.
    """
    polar = np.linspace(0.0, np.pi, steps // 2 + 1)
    parts = []
    start = 0.0
    for share, colour in zip(shares, colours, strict=True):
        columns = max(2, round(steps * share) + 1)
        azimuth = 2.0 * np.pi * np.linspace(start, start + share, columns)
        start += share
        normals = np.stack(
            [
                np.outer(np.sin(polar), np.cos(azimuth)),
                np.outer(np.sin(polar), np.sin(azimuth)),
                np.outer(np.cos(polar), np.ones(columns)),
            ],
            axis=2,
        ).reshape(-1, 3)
        points = centres[:, None] + radius * normals[None]
        row, column = np.meshgrid(np.arange(len(polar) - 1), np.arange(columns - 1), indexing="ij")
        corner = (row * columns + column).ravel()
        faces = np.concatenate(
            [
                np.stack([corner, corner + columns, corner + columns + 1], axis=1),
                np.stack([corner, corner + columns + 1, corner + 1], axis=1),
            ]
        )
        shifted = faces[None] + len(normals) * np.arange(len(centres))[:, None, None]
        parts.append(
            Mesh(
                points.reshape(-1, 3),
                np.tile(normals, (len(centres), 1)),
                shifted.reshape(-1, 3),
                np.tile(np.array(colour, dtype=np.uint8), (len(points) * len(normals), 1)),
            )
        )
    return merge(parts)


def cylinder(sides: int = 24) -> Mesh:
    """A black closed cylinder of length 1 along z and radius 1 about the origin."""
    turn = np.linspace(0.0, 2.0 * np.pi, sides, endpoint=False)
    circle = np.column_stack([np.cos(turn), np.sin(turn), np.zeros(sides)])
    down, up = [0.0, 0.0, -0.5], [0.0, 0.0, 0.5]
    # Both rims twice, with the normals of the side and of the ends.
    points = np.concatenate([circle + down, circle + up, circle + down, circle + up])
    ends = np.repeat([[0.0, 0.0, -1.0], [0.0, 0.0, 1.0]], sides, axis=0)
    here = np.arange(sides)
    after = (here + 1) % sides
    fan = np.arange(1, sides - 1)
    first = np.zeros_like(fan)
    faces = np.concatenate(
        [
            np.stack([here, after, sides + after], axis=1),
            np.stack([here, sides + after, sides + here], axis=1),
            np.stack([first, fan + 1, fan], axis=1) + 2 * sides,
            np.stack([first, fan, fan + 1], axis=1) + 3 * sides,
        ]
    ).astype(np.int64)
    return Mesh(
        points, np.concatenate([circle, circle, ends]), faces, np.zeros((4 * sides, 3), dtype=np.uint8)
    )


def _perpendicular(directions: Floats) -> tuple[Floats, Floats]:
    """Two unit vectors at right angles to each of the (K, 3) unit vectors and to each other."""
    helper = np.where(np.abs(directions[:, 2:3]) < 0.9, [[0.0, 0.0, 1.0]], [[1.0, 0.0, 0.0]])
    first = np.cross(directions, helper)
    first /= np.maximum(np.linalg.norm(first, axis=1, keepdims=True), 1e-12)
    return first, np.cross(directions, first)
