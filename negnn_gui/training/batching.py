"""Which structures go into a batch: a fixed number of atoms each, so that every step costs the same."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray
from torch.utils.data import Sampler


def batches_by_atoms(
    sizes: NDArray[np.int64], order: NDArray[np.int64], max_atoms: int
) -> list[NDArray[np.int64]]:
    """Cut ``order`` into runs of at most ``max_atoms`` atoms (a larger structure stands alone)."""
    batches: list[NDArray[np.int64]] = []
    begin, atoms = 0, 0
    for position, index in enumerate(order):
        if position > begin and atoms + sizes[index] > max_atoms:
            batches.append(order[begin:position])
            begin, atoms = position, 0
        atoms += int(sizes[index])
    if begin < len(order):
        batches.append(order[begin:])
    return batches


class AtomBudgetSampler(Sampler[NDArray[np.int64]]):
    """Batches of graph indices, shuffled anew in each epoch from ``seed`` and the epoch's number.

    Parameters
    ----------
    graphs : (G,) int64
        Indices to choose from.
    sizes : (S,) int64
        Atoms of every graph of the store.
    max_atoms : int
        Atoms in a batch.
    rank, world : int
        This process and the number of processes; each takes every ``world``-th batch.
    """

    def __init__(
        self,
        graphs: NDArray[np.int64],
        sizes: NDArray[np.int64],
        max_atoms: int,
        seed: int,
        shuffle: bool = True,
        rank: int = 0,
        world: int = 1,
    ) -> None:
        self.graphs = graphs
        self.sizes = sizes
        self.max_atoms = max_atoms
        self.seed = seed
        self.shuffle = shuffle
        self.rank = rank
        self.world = world
        self.epoch = 0

    def set_epoch(self, epoch: int) -> None:
        """Called by Lightning before each epoch."""
        self.epoch = epoch

    def _batches(self) -> list[NDArray[np.int64]]:
        order = self.graphs
        if self.shuffle:
            order = np.random.default_rng([self.seed, self.epoch]).permutation(order)
        every = batches_by_atoms(self.sizes, order, self.max_atoms)
        # the same number for every process, else DDP waits for ever
        even = len(every) // self.world * self.world if self.world > 1 else len(every)
        return every[self.rank : even : self.world]

    def __iter__(self) -> Iterator[NDArray[np.int64]]:
        return iter(self._batches())

    def __len__(self) -> int:
        return len(self._batches())
