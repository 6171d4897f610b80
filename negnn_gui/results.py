"""What a prediction says: plain NumPy arrays that every layer above the models speaks.

Conventions: N sites in the order of the file; moments in μB; NaN means "no data", never zero; predicted moments
are magnitudes and have no sign.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float64]
Float32Array = NDArray[np.float32]
IntArray = NDArray[np.int64]


@dataclass(frozen=True, order=True)
class SiteRef:
    """One site of one open structure: the unit of the linked selection."""

    entry_id: str
    site_index: int


@dataclass(frozen=True)
class ModelRef:
    """Which model computed something: its registry id and the sha256 of its weights."""

    id: str
    sha256: str


@dataclass(frozen=True, eq=False)
class MomentPrediction:
    """Predicted magnitude of the site moments, abs(m) in μB; NaN where the head has no data for the element.

    Attributes
    ----------
    median, lo, hi : (N,) float
        Median of the predicted distribution and the ends of its 90 % interval. ``lo`` and ``hi`` are NaN where
        the model carries no calibrated interval.
    alt, alt_weight : (N,) float
        Second spin state and its weight (0 to 1) where the model sees one, else NaN.
    """

    median: FloatArray
    lo: FloatArray
    hi: FloatArray
    alt: FloatArray
    alt_weight: FloatArray

    @classmethod
    def no_data(cls, n_sites: int) -> MomentPrediction:
        """A prediction that says nothing about any of ``n_sites`` sites."""
        nan = np.full(n_sites, np.nan)
        return cls(nan, nan.copy(), nan.copy(), nan.copy(), nan.copy())


@dataclass(frozen=True, eq=False)
class NearestKnown:
    """For each site the most similar site of the atlas (cosine distance at level 1).

    ``formula`` and ``element`` are "" and the numbers NaN where nothing comparable is known.
    """

    formula: tuple[str, ...]
    element: tuple[str, ...]
    moment: FloatArray
    distance: FloatArray

    @classmethod
    def unknown(cls, n_sites: int) -> NearestKnown:
        """No neighbour known for any of ``n_sites`` sites (no atlas)."""
        nan = np.full(n_sites, np.nan)
        return cls(("",) * n_sites, ("",) * n_sites, nan, nan.copy())

    def part(self, sites: slice) -> NearestKnown:
        """Those of some sites in a row."""
        return NearestKnown(
            self.formula[sites], self.element[sites], self.moment[sites].copy(), self.distance[sites].copy()
        )


@dataclass(frozen=True, eq=False)
class Analysis:
    """Everything the program computed for one structure.

    Attributes
    ----------
    entry_id : str
        Id of the ``StructureEntry`` it belongs to.
    atomic_numbers : (N,) int
        Z of each site as it was predicted (after any choice about disorder).
    embeddings : (levels, N, 64) float32
        Output of each level of the encoder; level 0 is the element, level l knows l bonds around. Only the levels up
        to the highest one that was asked for.
    moment, moment_exp : MomentPrediction
        DFT-like and experimental-like magnitudes, μB.
    ood_score : (N,) float
        0 to 1: percentile of the distance to training sites in embedding space; NaN where not computed.
    nearest : NearestKnown
        Most similar atlas site of each site.
    encoder, model : ModelRef
        Encoder and moment model; ``model`` is None where only embeddings were asked for.
    device : str
        Device that computed it, such as "cpu" or "cuda:0".
    warnings : tuple of str
        One sentence each, for the Details panel and the sidecar.
    """

    entry_id: str
    atomic_numbers: IntArray
    embeddings: Float32Array
    moment: MomentPrediction
    moment_exp: MomentPrediction
    ood_score: FloatArray
    nearest: NearestKnown
    encoder: ModelRef
    model: ModelRef | None
    device: str
    warnings: tuple[str, ...] = field(default=())

    @property
    def n_sites(self) -> int:
        """Number of sites."""
        return len(self.atomic_numbers)

    def embedding(self, levels: str) -> Float32Array:
        """Vectors of a choice of levels side by side.

        Parameters
        ----------
        levels : str
            Digits of the wanted levels, such as "0", "01" or "012345".

        Returns
        -------
        (N, 64 * len(levels)) float32

        Raises
        ------
        ValueError
            ``levels`` is empty or names a level that the encoder does not have.
        """
        return join_levels(self.embeddings, levels)


def parse_levels(levels: str, available: int) -> list[int]:
    """Digits of a level choice as integers, checked against the number of levels ``available``."""
    wanted = [int(c) if c.isascii() and c.isdigit() else -1 for c in levels]
    if not wanted or any(not 0 <= level < available for level in wanted) or len(set(wanted)) != len(wanted):
        raise ValueError(
            f"levels must be distinct digits from 0 to {available - 1} such as 01 or 012, not {levels!r}"
        )
    return wanted


def join_levels(embeddings: Float32Array, levels: str) -> Float32Array:
    """Concatenate levels of a (levels, N, 64) array into (N, 64 * len(levels))."""
    wanted = parse_levels(levels, embeddings.shape[0])
    return np.concatenate([embeddings[level] for level in wanted], axis=1)
