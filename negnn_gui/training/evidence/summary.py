"""Means over seeds and their spread, from the rows of the tables."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

Row = Mapping[str, str]


@dataclass(frozen=True)
class Mean:
    """Mean of ``n`` runs and the standard deviation between them (NaN for one run)."""

    value: float
    spread: float
    n: int

    def __str__(self) -> str:
        digits = 3 if abs(self.value) < 10 else 1
        if math.isnan(self.spread):
            return f"{self.value:.{digits}f}"
        return f"{self.value:.{digits}f} ± {self.spread:.{digits}f}"

    def percent(self, digits: int = 1) -> str:
        """Of a gain in percent: such as "+5.0 ± 4.4 %", or "+5.0 % (one draw)"."""
        if self.n < 2:
            return f"{self.value:+.{digits}f} % (one draw)"
        return f"{self.value:+.{digits}f} ± {self.spread:.{digits}f} %"


def mean_of(values: Iterable[float]) -> Mean | None:
    """Mean of finite values, or None where there is none."""
    known = np.array([v for v in values if math.isfinite(v)])
    if not len(known):
        return None
    return Mean(float(known.mean()), float(known.std(ddof=1)) if len(known) > 1 else math.nan, len(known))


def means(rows: Iterable[Row], by: Sequence[str], column: str) -> dict[tuple[str, ...], Mean]:
    """Mean of ``column`` over the rows that agree in the columns ``by``."""
    gathered: dict[tuple[str, ...], list[float]] = {}
    for row in rows:
        gathered.setdefault(tuple(row[name] for name in by), []).append(float(row[column]))
    found = {key: mean_of(values) for key, values in gathered.items()}
    return {key: mean for key, mean in found.items() if mean is not None}


def of_shared_draws(rows: Sequence[Row], by: str, draw: str = "seed") -> list[Row]:
    """Rows of those draws (seeds) that every value of ``by`` has, so that means of unequal draws are not compared."""
    draws: dict[str, set[str]] = {}
    for row in rows:
        draws.setdefault(row[by], set()).add(row[draw])
    shared = set.intersection(*draws.values()) if draws else set()
    return [row for row in rows if row[draw] in shared]


def paired(
    rows: Sequence[Row],
    first: Callable[[Row], bool],
    second: Callable[[Row], bool],
    by: Sequence[str],
    column: str,
) -> list[tuple[float, float]]:
    """Values of two kinds of row that agree in the columns ``by`` (seeds, sizes)."""
    left = {tuple(row[name] for name in by): float(row[column]) for row in rows if first(row)}
    right = {tuple(row[name] for name in by): float(row[column]) for row in rows if second(row)}
    return [(left[key], right[key]) for key in sorted(left.keys() & right.keys())]


def gain(pairs: Sequence[tuple[float, float]]) -> Mean | None:
    """By how many percent the first of each pair lies below the second; mean and spread over the pairs."""
    return mean_of(100 * (1 - own / other) for own, other in pairs if other > 0)
