"""What every format's parser hands over, before the checks that are the same for all."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from pymatgen.core import Composition, Lattice, Structure

FloatArray = NDArray[np.float64]


class ParseError(Exception):
    """A text holds no usable structure; the message is the sentence for the user, without the file's name."""


@dataclass
class ParsedFrame:
    """One crystal as its format's parser understood it.

    Attributes
    ----------
    lattice : pymatgen Lattice
    species : list of pymatgen Composition
        What stands on each of the N sites, with occupancies.
    frac_coords : (N, 3) float
        Fractional coordinates in the order of the file.
    labels : list of str or None
        A label a site; copies of one label are numbered later. None where the format has none.
    moments : (N,) float or None
        Signed collinear moments, μB; NaN where not given.
    moment_vectors : (N, 3) float or None
        Cartesian moments, μB; NaN where not given.
    warnings : list of str
        What was repaired or looks odd, one sentence each.
    """

    lattice: Lattice
    species: list[Composition]
    frac_coords: FloatArray
    labels: list[str] | None = None
    moments: FloatArray | None = None
    moment_vectors: FloatArray | None = None
    warnings: list[str] = field(default_factory=list)

    @classmethod
    def from_structure(cls, structure: Structure) -> ParsedFrame:
        """Take apart a structure that a pymatgen reader made; labels and moments are not looked at."""
        return cls(
            lattice=structure.lattice,
            species=[site.species for site in structure],
            frac_coords=np.asarray(structure.frac_coords, dtype=float).reshape(-1, 3),
        )
