"""What a crystal graph is made of; travels with every checkpoint."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True)
class GraphSpec:
    """How neighbours are chosen and distances are expanded.

    Attributes
    ----------
    cutoff : float
        No neighbour lies farther than this, Å.
    neighbours : int
        Number of nearest periodic neighbours of each atom.
    gaussian_step, gaussian_width : float
        Centres 0, step, 2 step, ... up to the cutoff and width of the Gaussians, Å.
    ties : "shell" or "cut"
        "shell" takes every neighbour as far as the last one (within ``tie_tolerance``) and gives that shell
        weights that add up to the places left, so the graph does not depend on atom order or rotation.
        "cut" stops at ``neighbours``, as the published code does.
    tie_tolerance : float
        Å.
    direction : "to_centre" or "from_centre"
        Whether messages run from the neighbours to the atom (ours) or from the atom to them (published code).
    padding : bool
        Missing neighbours are replaced by atom 0 at ``cutoff`` + 1 Å, as the published code does. A fault of
        that code, kept only to reproduce its checkpoints.
    """

    cutoff: float = 8.0
    neighbours: int = 12
    gaussian_step: float = 0.2
    gaussian_width: float = 0.2
    ties: Literal["shell", "cut"] = "shell"
    tie_tolerance: float = 0.01
    direction: Literal["to_centre", "from_centre"] = "to_centre"
    padding: bool = False

    @property
    def exact(self) -> bool:
        """Whether distances keep double precision, so that the published code is met to the last digit."""
        return self.ties == "cut"

    @property
    def centres(self) -> NDArray[np.float32]:
        """Centres of the Gaussians, Å: 41 for the default spec."""
        n = round(self.cutoff / self.gaussian_step) + 1
        return (np.arange(n) * self.gaussian_step).astype(np.float32)

    def to_dict(self) -> dict[str, Any]:
        """JSON-ready form for a checkpoint's config."""
        return asdict(self)

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> GraphSpec:
        """Inverse of :meth:`to_dict`.

        Raises
        ------
        ValueError
            A field is unknown or a number makes no sense.
        """
        unknown = set(data) - set(cls.__dataclass_fields__)
        if unknown:
            raise ValueError(f"unknown field of a graph spec: {', '.join(sorted(unknown))}")
        spec = cls(**data)
        if spec.cutoff <= 0 or spec.neighbours < 1 or spec.gaussian_step <= 0 or spec.gaussian_width <= 0:
            raise ValueError("cutoff, neighbours and Gaussians of a graph spec must be positive")
        return spec
