"""What the orderings of one disordered structure say together: mean and spread of their predicted moments."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from negnn_gui.results import Analysis
from negnn_gui.structures.entry import StructureEntry

Spread = tuple[float, float]
"""Mean and standard deviation (of the orderings at hand, so divided by their number); NaN where there is nothing."""


@dataclass(frozen=True)
class SiteStatistics:
    """One element on one site of the disordered structure.

    Attributes
    ----------
    label, element : str
    count : int
        In how many orderings it stands there.
    mean, spread, lo, hi : float
        Predicted abs(m), μB: mean, standard deviation and extremes of the medians over these orderings; NaN
        where the model has no data for the element.
    """

    label: str
    element: str
    count: int
    mean: float
    spread: float
    lo: float
    hi: float


@dataclass(frozen=True)
class OrderingStatistics:
    """Moments of the orderings that are predicted, μB.

    Attributes
    ----------
    elements : tuple of str
        Elements with a predicted moment, in the order of their first site.
    means : (orderings, elements) float
        Mean abs(m) of an element's sites in each ordering; NaN where it has none.
    overall : (elements,) tuple of (mean, spread)
        Mean and standard deviation of a column of ``means``.
    sites : tuple of SiteStatistics
        In the order of the disordered structure.
    """

    elements: tuple[str, ...]
    means: NDArray[np.float64]
    overall: tuple[Spread, ...]
    sites: tuple[SiteStatistics, ...]


def ordering_statistics(
    parent: StructureEntry, orderings: Sequence[tuple[StructureEntry, Analysis]]
) -> OrderingStatistics:
    """Gather the predictions of orderings of ``parent``; each keeps the places of its sites."""
    place_of = {_key(place): index for index, place in enumerate(parent.structure.frac_coords)}
    values: dict[tuple[int, str], list[float]] = {}
    by_ordering: list[dict[str, list[float]]] = []
    for entry, analysis in orderings:
        mine: dict[str, list[float]] = {}
        places = (place_of.get(_key(place), -1) for place in entry.structure.frac_coords)
        for site, element, moment in zip(places, entry.elements, analysis.moment.median, strict=True):
            mine.setdefault(element, []).append(float(moment))
            values.setdefault((site, element), []).append(float(moment))
        by_ordering.append(mine)
    known = (element for mine in by_ordering for element, moments in mine.items() if _any_known(moments))
    elements = tuple(dict.fromkeys(known))
    means = np.array(
        [[_mean(mine.get(element, [])) for element in elements] for mine in by_ordering], dtype=np.float64
    ).reshape(len(by_ordering), len(elements))
    overall = tuple(_mean_and_spread(column) for column in means.T)
    sites = tuple(
        _site(parent.site_labels[site], element, moments)
        for (site, element), moments in sorted(values.items(), key=lambda item: item[0][0])
        if site >= 0
    )
    return OrderingStatistics(elements, means, overall, sites)


def _site(label: str, element: str, moments: list[float]) -> SiteStatistics:
    known = [moment for moment in moments if np.isfinite(moment)]
    mean, spread = _mean_and_spread(np.array(moments))
    lo, hi = (min(known), max(known)) if known else (np.nan, np.nan)
    return SiteStatistics(label, element, len(moments), mean, spread, lo, hi)


def _mean_and_spread(values: NDArray[np.float64]) -> Spread:
    known = values[np.isfinite(values)]
    return (float(known.mean()), float(known.std())) if len(known) else (np.nan, np.nan)


def _mean(values: list[float]) -> float:
    known = [value for value in values if np.isfinite(value)]
    return float(np.mean(known)) if known else np.nan


def _any_known(values: list[float]) -> bool:
    return any(np.isfinite(value) for value in values)


def _key(place: NDArray[np.float64]) -> bytes:
    return np.asarray(place, dtype=np.float64).tobytes()
