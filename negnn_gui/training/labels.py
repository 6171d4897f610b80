"""Per-atom labels of the moment tables, and which elements they cover. See docs/science.md for the reasons."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from negnn_gui.models.negnn import DFT, EXPERIMENTAL
from negnn_gui.training.tables import StructureTable, TrainingDataError, read_column

TABLE_OF = {DFT: "mp_magmoms", EXPERIMENTAL: "magndata"}
# Pr Nd Pm Sm Eu Tb Dy Ho Er Tm Yb: 4f electrons frozen in the Materials Project's potentials, or not there at all
NO_DFT_MOMENT = (59, 60, 61, 62, 63, 65, 66, 67, 68, 69, 70)
_MIN_SITES = 10
_CARRIES = 0.05  # μB


def moment_labels(data: Path, head: str, table: StructureTable) -> NDArray[np.float32]:
    """abs(m) in μB of every atom of the head's table, flat; NaN where there is no label.

    Raises
    ------
    TrainingDataError
        The labels do not fit the structures.
    """
    if head == DFT:
        moments = np.abs(read_column(data, TABLE_OF[head], "magmoms").astype(np.float32))
        moments[np.isin(table.atomic_numbers, NO_DFT_MOMENT)] = np.nan
    else:
        vectors = read_column(data, TABLE_OF[head], "moments").astype(np.float32).reshape(-1, 3)
        given = read_column(data, TABLE_OF[head], "moment_given").astype(bool)
        moments = np.linalg.norm(vectors, axis=1).astype(np.float32)
        moments[~given] = np.nan
    if len(moments) != len(table.atomic_numbers):
        raise TrainingDataError(f"{table.name}.parquet: there must be one moment for each atom")
    return moments


def covered_elements(head: str, atomic_numbers: NDArray[np.int64], moments: NDArray[np.float32]) -> list[int]:
    """Atomic numbers that a head may speak about, from its training atoms.

    DFT: elements with at least ten labelled sites. Experimental: elements with a moment above 0.05 μB.
    """
    labelled = np.isfinite(moments)
    if head == EXPERIMENTAL:
        labelled = moments > _CARRIES
    needed = _MIN_SITES if head == DFT else 1
    count = np.bincount(atomic_numbers[labelled], minlength=104)
    return [int(z) for z in np.flatnonzero(count >= needed)]
