"""Where the crystal is seen from: a camera as plain numbers, so that views can be kept, linked and tested."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from negnn_gui.app.scene.geometry import reciprocal

Vector = NDArray[np.float64]

# Opening angle of a perspective view, degrees; small enough that crystals do not look bent.
VIEW_ANGLE = 24.0
STANDARD = "standard"
_LATTICE_VIEWS = {
    "a": ("a", "c"),
    "b": ("b", "a"),
    "c": ("c", "b"),
    "a*": ("a*", "c"),
    "b*": ("b*", "a"),
    "c*": ("c*", "b"),
}


@dataclass(frozen=True)
class Margins:
    """Pixels at the edges of a picture that a fitted crystal leaves free."""

    left: float = 0.0
    right: float = 0.0
    top: float = 0.0
    bottom: float = 0.0


@dataclass(frozen=True, eq=False)
class Camera:
    """A view of the crystal.

    Attributes
    ----------
    focal : (3,) float
        Point in the middle of the picture, Å.
    back : (3,) float
        Unit vector from there to the viewer.
    up : (3,) float
        Unit vector that points up in the picture, perpendicular to ``back``.
    half_height : float
        Half the height of the picture at the focal point, Å.
    perspective : bool
        Perspective instead of parallel projection.
    """

    focal: Vector
    back: Vector
    up: Vector
    half_height: float
    perspective: bool = False

    @property
    def right(self) -> Vector:
        """(3,) float: unit vector to the right of the picture."""
        return np.cross(self.up, self.back)

    @property
    def distance(self) -> float:
        """From the viewer to the focal point, Å."""
        return self.half_height / np.tan(np.radians(VIEW_ANGLE) / 2.0)

    @property
    def position(self) -> Vector:
        """(3,) float: where the viewer is, Å."""
        return self.focal + self.distance * self.back

    def to_dict(self) -> dict[str, Any]:
        """The camera as JSON holds it; see ``from_dict``."""
        return {
            "focal_A": self.focal.tolist(),
            "back": self.back.tolist(),
            "up": self.up.tolist(),
            "half_height_A": self.half_height,
            "perspective": self.perspective,
        }

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Camera:
        """The camera of a ``to_dict``.

        Raises
        ------
        ValueError
            The data describe none; one sentence.
        """
        try:
            focal, back, up = (np.array(data[k], dtype=np.float64) for k in ("focal_A", "back", "up"))
            half_height, perspective = float(data["half_height_A"]), bool(data.get("perspective", False))
            upright = up - (up @ back) * back / max(float(back @ back), 1e-12)
            lengths = np.linalg.norm(back), np.linalg.norm(upright)
            usable = focal.shape == back.shape == (3,) and min(lengths) > 1e-6
        except (KeyError, TypeError, ValueError) as error:
            raise ValueError(f"the camera cannot be restored: {error}") from error
        if not (usable and np.isfinite([*focal, *back, *up]).all() and 0.0 < half_height < 1e6):
            raise ValueError("the camera cannot be restored: it looks nowhere")
        return cls(focal, _unit(back), _unit(upright), half_height, perspective)

    def rotated(self, right: float, up: float, roll: float = 0.0) -> Camera:
        """The crystal turned under the pointer: all in radians, ``roll`` counter-clockwise."""
        turn = _rotation(self.up, -right) @ _rotation(self.right, up) @ _rotation(self.back, -roll)
        back = _unit(turn @ self.back)
        tilted = turn @ self.up
        return replace(self, back=back, up=_unit(tilted - (tilted @ back) * back))

    def panned(self, right: float, up: float) -> Camera:
        """The crystal moved in the picture by fractions of the picture's height."""
        step = 2.0 * self.half_height
        return replace(self, focal=self.focal - step * (right * self.right + up * self.up))

    def zoomed(self, factor: float, at: tuple[float, float] = (0.0, 0.0)) -> Camera:
        """The crystal ``factor`` times as large; the point ``at`` stays.

        ``at`` counts to the right and up from the middle, in heights of the picture.
        """
        half_height = float(np.clip(self.half_height / factor, 0.05, 1e5))
        moved = 1.0 - self.half_height / half_height
        return replace(self, half_height=half_height).panned(moved * at[0], moved * at[1])

    def looking(self, back: Vector, up: Vector) -> Camera:
        """Seen from the direction ``back`` with ``up`` pointing up as far as it can."""
        back = _unit(back)
        upright = up - (up @ back) * back
        if np.linalg.norm(upright) < 1e-6 * np.linalg.norm(up):
            axis = np.eye(3)[int(np.argmin(np.abs(back)))]
            upright = axis - (axis @ back) * back
        return replace(self, back=back, up=_unit(upright))

    def fitted(self, points: Vector, radii: Vector, width: float, height: float, margins: Margins) -> Camera:
        """The same direction, moved and zoomed so that all spheres lie in a picture within its margins."""
        x, y, z = points @ self.right, points @ self.up, points @ self.back
        low = np.array([(axis - radii).min() for axis in (x, y, z)])
        high = np.array([(axis + radii).max() for axis in (x, y, z)])
        half = np.maximum((high - low) / 2.0, 0.3)
        free_width = max(width - margins.left - margins.right, 1.0)
        free_height = max(height - margins.top - margins.bottom, 1.0)
        half_height = max(half[1], half[0] * free_height / free_width)
        if self.perspective:
            half_height += half[2] * np.tan(np.radians(VIEW_ANGLE) / 2.0)
        centre = (low + high) / 2.0
        focal = centre[0] * self.right + centre[1] * self.up + centre[2] * self.back
        middled = replace(self, focal=focal, half_height=float(half_height * height / free_height))
        return middled.panned(
            (margins.left - margins.right) / (2.0 * height), (margins.bottom - margins.top) / (2.0 * height)
        )

    def project(self, points: Vector, width: float, height: float) -> Vector:
        """(M, 3) float: pixel x to the right and y down from the top left; depth towards the viewer, Å."""
        relative = np.atleast_2d(points) - self.focal
        depth = relative @ self.back
        scale = np.full(len(relative), height / (2.0 * self.half_height))
        if self.perspective:
            scale = scale * self.distance / np.maximum(self.distance - depth, 1e-6)
        x = width / 2.0 + scale * (relative @ self.right)
        y = height / 2.0 - scale * (relative @ self.up)
        return np.column_stack([x, y, depth])

    def ray(self, x: float, y: float, width: float, height: float) -> tuple[Vector, Vector]:
        """Origin (Å) and unit direction of the ray through a pixel."""
        step = 2.0 * self.half_height / height
        through = self.focal + step * ((x - width / 2.0) * self.right + (height / 2.0 - y) * self.up)
        if self.perspective:
            return self.position, _unit(through - self.position)
        # From far behind the viewer, so that no atom lies behind the origin however large the crystal is.
        return through + 1e5 * self.back, -self.back

    def pixels_per_angstrom(self, height: float) -> float:
        """Size of 1 Å at the focal point, pixels."""
        return height / (2.0 * self.half_height)


def default_camera(perspective: bool = False) -> Camera:
    """A camera at the origin; ``fitted`` moves it to the crystal."""
    return Camera(np.zeros(3), np.array([0.0, 0.0, 1.0]), np.array([0.0, 1.0, 0.0]), 5.0, perspective)


def view_directions(view: str, lattice: Vector) -> tuple[Vector, Vector]:
    """Directions to the viewer and upwards of a named view.

    Parameters
    ----------
    view : str
        "standard" (c up, seen from in front of a, a little from the right and above), "a", "b", "c", "a*",
        "b*", "c*", a direction "[1 1 0]" or a plane normal "(1 1 1)"; digits may stand together, "[1-10]".
    lattice : (3, 3) float
        Rows a, b, c, Å.

    Raises
    ------
    ValueError
        ``view`` is none of these.
    """
    view = view.strip().replace("−", "-")
    star = reciprocal(lattice)
    rows = {"a": lattice[0], "b": lattice[1], "c": lattice[2], "a*": star[0], "b*": star[1], "c*": star[2]}
    if view == STANDARD:
        up, front = _unit(lattice[2]), _unit(star[0])
        side = np.cross(up, front)
        return front + 0.36 * side + 0.30 * up, up
    if view in _LATTICE_VIEWS:
        towards, up_name = _LATTICE_VIEWS[view]
        return rows[towards], rows[up_name]
    numbers = _indices(view)
    if numbers is None:
        raise ValueError(
            f"{view!r} is no view; give a, b, c, a*, b*, c*, a direction like [110] or a plane like (111)"
        )
    towards_viewer = np.array(numbers) @ (lattice if view.startswith("[") else star)
    along_c = np.linalg.norm(np.cross(_unit(towards_viewer), _unit(lattice[2]))) < 1e-3
    return towards_viewer, lattice[1] if along_c else lattice[2]


def lattice_indices(text: str, brackets: str) -> tuple[int, int, int] | None:
    """Three whole indices, in the ``brackets`` ("[]" or "()") or without any; None if they are not that."""
    text = text.strip().replace("−", "-")
    inner = text[1:-1] if text[:1] == brackets[0] and text[-1:] == brackets[1] else text
    numbers = _indices(f"({inner})")
    if numbers is None or any(not number.is_integer() or abs(number) > 99 for number in numbers):
        return None
    return int(numbers[0]), int(numbers[1]), int(numbers[2])


def _indices(text: str) -> list[float] | None:
    """Three Miller indices in [] or (); None if they are not that."""
    match = re.fullmatch(r"\[(.+)\]|\((.+)\)", text)
    if match is None:
        return None
    inner = (match.group(1) or match.group(2)).strip()
    words = re.findall(r"-?\d", inner) if re.fullmatch(r"(-?\d){3}", inner) else re.split(r"[\s,]+", inner)
    try:
        numbers = [float(word) for word in words]
    except ValueError:
        return None
    return numbers if len(numbers) == 3 and any(numbers) else None


def _unit(vector: Vector) -> Vector:
    return np.asarray(vector / np.linalg.norm(vector))


def _rotation(axis: Vector, angle: float) -> Vector:
    """(3, 3) float: rotation by ``angle`` (radians) about a unit vector (Rodrigues)."""
    x, y, z = axis
    cross = np.array([[0.0, -z, y], [z, 0.0, -x], [-y, x, 0.0]])
    return np.eye(3) + np.sin(angle) * cross + (1.0 - np.cos(angle)) * (cross @ cross)
