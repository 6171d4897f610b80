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
_MIN_SHARE = 0.1


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

    DFT: elements with at least ten labelled sites. Experimental: elements of which at least a tenth of the sites in
    the table carry more than 0.05 μB. A moment that is not given is unknown, not zero, so elements that are hardly
    ever given one (O: 8 of 31,619 sites) would be learned from their few exceptions alone.
    """
    present = np.bincount(atomic_numbers, minlength=104)
    if head == DFT:
        count = np.bincount(atomic_numbers[np.isfinite(moments)], minlength=104)
        covered = count >= _MIN_SITES
    else:
        count = np.bincount(atomic_numbers[moments > _CARRIES], minlength=104)
        covered = (count > 0) & (count >= _MIN_SHARE * present)
    return [int(z) for z in np.flatnonzero(covered)]
