"""Which predictions deserve doubt: wide intervals, and atoms unlike those the model was trained on."""

from __future__ import annotations

from typing import Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from negnn_gui.results import Analysis, MomentPrediction

BoolArray = NDArray[np.bool_]
Kind = Literal["moment", "moment_exp"]

OUT_OF_DOMAIN_FROM = 0.95
"""A site counts as out of domain where it is farther out than this share of the training sites."""
WIDE_FROM_MUB = 1.0
"""An interval that is wider than this, and than half of the moment, says little."""
_WIDE_SHARE = 0.5


def wide(median: ArrayLike, lo: ArrayLike, hi: ArrayLike) -> BoolArray:
    """(N,) whether 90 % intervals are more than 1 μB wide and more than half the moment; False where unknown."""
    width = np.asarray(hi) - np.asarray(lo)
    return np.asarray((width > WIDE_FROM_MUB) & (width > _WIDE_SHARE * np.asarray(median)))


def far(ood_score: ArrayLike) -> BoolArray:
    """(N,) whether atoms lie farther from the training sites than 95 % of held-out sites do."""
    return np.asarray(np.asarray(ood_score) >= OUT_OF_DOMAIN_FROM)


def doubtful(analysis: Analysis, kind: Kind) -> BoolArray:
    """(N,) which predictions of one kind are given but deserve doubt, for either reason."""
    prediction: MomentPrediction = analysis.moment if kind == "moment" else analysis.moment_exp
    unsure = wide(prediction.median, prediction.lo, prediction.hi) | far(analysis.ood_score)
    return np.asarray(unsure & np.isfinite(prediction.median))
