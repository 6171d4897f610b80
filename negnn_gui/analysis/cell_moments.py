"""What a whole cell carries: the sum of the predicted magnitudes, also per formula unit."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from negnn_gui.results import MomentPrediction
from negnn_gui.structures.entry import StructureEntry


@dataclass(frozen=True)
class CellTotal:
    """Sum of abs(m) over the sites of a cell that have a prediction, μB.

    It is a sum of magnitudes: an antiferromagnet has one too, so it is no net moment.

    Attributes
    ----------
    total : float
        NaN where no site has a prediction.
    known, sites : int
        Sites with a prediction, and all of them.
    formula_units : float
        Formula units of the reduced formula in the cell.
    """

    total: float
    known: int
    sites: int
    formula_units: float

    @property
    def per_formula_unit(self) -> float:
        """μB per formula unit."""
        return self.total / self.formula_units

    @property
    def complete(self) -> bool:
        """Whether every site has a prediction."""
        return self.known == self.sites


def cell_total(entry: StructureEntry, prediction: MomentPrediction) -> CellTotal:
    """The sum over the cell as it stands in the file (no reduction to a primitive cell)."""
    known = np.isfinite(prediction.median)
    total = float(prediction.median[known].sum()) if known.any() else float("nan")
    return CellTotal(total, int(known.sum()), len(known), entry.formula_units)
