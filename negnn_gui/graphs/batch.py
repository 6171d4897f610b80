"""Several crystal graphs as one disconnected graph on a device."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import torch
from torch import Tensor

from negnn_gui.graphs.crystal_graph import CrystalGraph


@dataclass(frozen=True, eq=False)
class GraphBatch:
    """B structures with together N atoms and E edges; edges are sorted by target.

    Attributes
    ----------
    atomic_numbers : (N,) int64
    source, target : (E,) int64
        Indices into the N atoms.
    distance, weight : (E,) float32
        Å; share in the sum at the target.
    degree : (N,) int64
        Number of edges that arrive at each atom.
    structure : (N,) int64
        0-based number of the structure each atom belongs to.
    n_structures : int
    """

    atomic_numbers: Tensor
    source: Tensor
    target: Tensor
    distance: Tensor
    weight: Tensor
    degree: Tensor
    structure: Tensor
    n_structures: int

    @property
    def n_atoms(self) -> int:
        """Number of atoms N."""
        return int(self.atomic_numbers.shape[0])

    def to(self, device: torch.device | str) -> GraphBatch:
        """The same batch on another device."""
        moved: dict[str, Any] = {
            name: _moved(value, device) for name, value in vars(self).items() if isinstance(value, Tensor)
        }
        return replace(self, **moved)


def _moved(value: Tensor, device: torch.device | str) -> Tensor:
    if torch.device(device).type == "mps" and value.dtype == torch.float64:
        value = value.float()  # MPS knows no double precision
    return value.to(device)


def collate(graphs: Sequence[CrystalGraph]) -> GraphBatch:
    """Join graphs; atoms keep their order, structure after structure."""
    sizes = np.array([g.n_atoms for g in graphs])
    shift = np.repeat(np.cumsum(sizes) - sizes, [g.n_edges for g in graphs])
    return assemble(
        np.concatenate([g.atomic_numbers for g in graphs]),
        np.concatenate([g.source for g in graphs]) + shift,
        np.concatenate([g.target for g in graphs]) + shift,
        np.concatenate([g.distance for g in graphs]),
        np.concatenate([g.weight for g in graphs]),
        sizes,
    )


def assemble(
    atomic_numbers: np.ndarray,
    source: np.ndarray,
    target: np.ndarray,
    distance: np.ndarray,
    weight: np.ndarray,
    sizes: np.ndarray,
) -> GraphBatch:
    """A batch from joined arrays whose edge indices already count through all atoms."""
    n = len(atomic_numbers)
    return GraphBatch(
        atomic_numbers=torch.from_numpy(np.ascontiguousarray(atomic_numbers, dtype=np.int64)),
        source=torch.from_numpy(np.ascontiguousarray(source, dtype=np.int64)),
        target=torch.from_numpy(np.ascontiguousarray(target, dtype=np.int64)),
        distance=torch.from_numpy(np.ascontiguousarray(distance)),
        weight=torch.from_numpy(np.ascontiguousarray(weight, dtype=np.float32)),
        degree=torch.from_numpy(np.bincount(target, minlength=n).astype(np.int64)),
        structure=torch.from_numpy(np.repeat(np.arange(len(sizes)), sizes)),
        n_structures=len(sizes),
    )
