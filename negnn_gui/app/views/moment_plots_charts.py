"""Bars and boxes of the moment plots as numbers: what is counted where, and which sites stand behind it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]

_MAX_BINS = 28
_NICE = (1.0, 2.0, 2.5, 5.0, 10.0)
_SMALLEST_BIN = 0.01
_GOLDEN = 0.6180339887498949


@dataclass(frozen=True, eq=False)
class Bar:
    """One segment of a stacked histogram.

    Attributes
    ----------
    name : str
        Element.
    lo, hi : float
        Ends on the horizontal axis.
    bottom, top : int
        Ends on the vertical axis, in sites.
    rows : (top - bottom,) int
        The sites counted.
    """

    name: str
    lo: float
    hi: float
    bottom: int
    top: int
    rows: IntArray


@dataclass(frozen=True, eq=False)
class Box:
    """Spread of the values of one element: 5, 25, 50, 75 and 95 % quantiles, and the sites behind them."""

    name: str
    place: int
    quantiles: FloatArray
    rows: IntArray


def bin_edges(values: FloatArray) -> FloatArray:
    """Edges from 0 to beyond the largest value, a round step apart, at most 28 bins."""
    largest = float(values.max()) if len(values) else 1.0
    least = max(largest / _MAX_BINS, _SMALLEST_BIN)
    power = 10.0 ** np.floor(np.log10(least))
    step = next(nice * power for nice in _NICE if nice * power >= least * (1 - 1e-9))
    count = int(np.floor(largest / step + 1e-9)) + 1
    edges: FloatArray = step * np.arange(count + 1)
    return edges


def stacked_bars(values: FloatArray, elements: NDArray[np.object_], order: Sequence[str]) -> list[Bar]:
    """Histogram of (N,) values, 0 or more, stacked by element in the given order; NaN is left out."""
    known = np.flatnonzero(np.isfinite(values))
    edges = bin_edges(values[known])
    bin_of = np.clip(np.floor(values[known] / edges[1] + 1e-9).astype(np.int64), 0, len(edges) - 2)
    height = np.zeros(len(edges) - 1, dtype=np.int64)
    bars = []
    for name in order:
        own = elements[known] == name
        for number in np.unique(bin_of[own]):
            rows = known[own & (bin_of == number)]
            bottom = int(height[number])
            height[number] += len(rows)
            ends = float(edges[number]), float(edges[number + 1])
            bars.append(Bar(str(name), *ends, bottom, bottom + len(rows), rows))
    return bars


def element_boxes(values: FloatArray, elements: NDArray[np.object_], order: Sequence[str]) -> list[Box]:
    """Quantiles of (N,) values for each element that has any, side by side in the given order."""
    boxes: list[Box] = []
    for name in order:
        rows = np.flatnonzero((elements == name) & np.isfinite(values))
        if len(rows):
            spread = np.quantile(values[rows], [0.05, 0.25, 0.5, 0.75, 0.95])
            boxes.append(Box(str(name), len(boxes), spread, rows))
    return boxes


def scattered(n: int) -> FloatArray:
    """(n,) even offsets in -0.3 to 0.3, always the same: points of a column do not hide each other."""
    turns = np.arange(1, n + 1, dtype=np.float64) * _GOLDEN
    offsets: FloatArray = 0.6 * (turns % 1.0) - 0.3
    return offsets
