"""The crystal graph of one structure, as plain arrays."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, eq=False)
class CrystalGraph:
    """Atoms and directed, weighted edges; edges are sorted by ``target``.

    Attributes
    ----------
    atomic_numbers : (N,) int64
    source, target : (E,) int64
        A message runs from ``source`` to ``target``.
    distance : (E,) float32
        Å; float64 for an exact spec.
    weight : (E,) float32
        Share of the edge in the sum at its target; 1 except in a tied last shell.
    isolated : (N,) bool
        Atoms without any neighbour within the cutoff.
    """

    atomic_numbers: NDArray[np.int64]
    source: NDArray[np.int64]
    target: NDArray[np.int64]
    distance: NDArray[np.float32] | NDArray[np.float64]
    weight: NDArray[np.float32]
    isolated: NDArray[np.bool_]

    @property
    def n_atoms(self) -> int:
        """Number of atoms N."""
        return len(self.atomic_numbers)

    @property
    def n_edges(self) -> int:
        """Number of directed edges E."""
        return len(self.source)
