"""What the colour of an atom means: property, title, unit, limits and map, for scene, table and plots."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, get_args

import numpy as np
from numpy.typing import NDArray

from negnn_gui.app.scene.colourmaps import MISSING, map_colours
from negnn_gui.app.scene.colours import RGB, SCHEMES, category_colours, element_colours

if TYPE_CHECKING:
    from negnn_gui.results import Analysis
    from negnn_gui.structures.entry import StructureEntry

Property = Literal["element", "moment", "moment_exp", "input", "interval", "ood", "cluster"]
PROPERTIES: tuple[Property, ...] = get_args(Property)

# So few values have no outliers to guard against: their limits are their extremes.
_FEW_VALUES = 100


@dataclass(frozen=True)
class PropertyInfo:
    """Title, unit and kind of a property of sites; ``fixed`` are limits that do not depend on the data."""

    title: str
    unit: str
    kind: Literal["categorical", "sequential", "diverging"]
    colour_map: str
    fixed: tuple[float, float] | None = None

    @property
    def label(self) -> str:
        """Title with unit, such as "abs(m) DFT (μB)"."""
        return f"{self.title} ({self.unit})" if self.unit else self.title


INFO: dict[Property, PropertyInfo] = {
    "element": PropertyInfo("Element", "", "categorical", ""),
    "moment": PropertyInfo("abs(m) DFT", "μB", "sequential", "viridis"),
    "moment_exp": PropertyInfo("abs(m) exp.", "μB", "sequential", "viridis"),
    "input": PropertyInfo("m in file", "μB", "diverging", "blue-red"),
    "interval": PropertyInfo("90 % interval width, DFT", "μB", "sequential", "plasma"),
    "ood": PropertyInfo("Out-of-domain score", "", "sequential", "plasma", fixed=(0.0, 1.0)),
    "cluster": PropertyInfo("Map cluster", "", "categorical", ""),
}
_INPUT_MAGNITUDE = PropertyInfo("abs(m) in file", "μB", "sequential", "viridis")


@dataclass(frozen=True)
class Colouring:
    """The user's choice of what colours mean.

    Attributes
    ----------
    property : str
        One of ``PROPERTIES``.
    scheme : str
        Element colours: one of ``colours.SCHEMES``.
    colour_map : str or None
        A map of ``colourmaps``; None takes the property's own.
    limits : (lo, hi) or None
        Ends of the colour bar; None finds robust ones in the data.
    """

    property: Property = "element"
    scheme: str = "vesta"
    colour_map: str | None = None
    limits: tuple[float, float] | None = None

    def __post_init__(self) -> None:
        if self.property not in PROPERTIES:
            raise ValueError(f"no property is called {self.property!r}; choose from {', '.join(PROPERTIES)}")
        if self.scheme not in SCHEMES:
            raise ValueError(
                f"no element colours are called {self.scheme!r}; choose from {', '.join(SCHEMES)}"
            )
        if self.limits is not None and not self.limits[0] < self.limits[1]:
            raise ValueError(
                f"the lower limit {self.limits[0]:g} is not below the upper one {self.limits[1]:g}"
            )


@dataclass(frozen=True)
class ColourScale:
    """A colour bar: map, ends, label, and whether values lie beyond the ends or are missing."""

    colour_map: str
    lo: float
    hi: float
    label: str
    below: bool = False
    above: bool = False
    missing: bool = False

    def colours(self, values: NDArray[np.float64]) -> NDArray[np.uint8]:
        """(N, 3) uint8 of (N,) values; NaN becomes grey."""
        return map_colours(values, self.lo, self.hi, self.colour_map)


def property_info(entry: StructureEntry | None, name: Property) -> PropertyInfo:
    """Title, unit and kind; moments that a file gives as vectors have no sign, so they are magnitudes."""
    if name == "input" and entry is not None and entry.moment_vectors is not None:
        return _INPUT_MAGNITUDE
    return INFO[name]


def site_values(entry: StructureEntry, analysis: Analysis | None, name: Property) -> NDArray[np.float64]:
    """Value of a property at each site.

    Returns
    -------
    (N,) float
        NaN where it is not known: no prediction yet, no data for the element, or nothing in the file.
        Elements and clusters are not numbers of a site's own: NaN throughout (the map knows the clusters).
    """
    unknown = np.full(entry.n_sites, np.nan)
    if name == "input":
        return unknown if entry.moment_input is None else np.asarray(entry.moment_input, dtype=np.float64)
    if analysis is None or name in ("element", "cluster") or analysis.n_sites != entry.n_sites:
        return unknown
    if name == "moment":
        return np.asarray(analysis.moment.median, dtype=np.float64)
    if name == "moment_exp":
        return np.asarray(analysis.moment_exp.median, dtype=np.float64)
    if name == "interval":
        return np.asarray(analysis.moment.hi - analysis.moment.lo, dtype=np.float64)
    return np.asarray(analysis.ood_score, dtype=np.float64)


def doubtful_sites(analysis: Analysis | None, name: Property) -> frozenset[int]:
    """Sites whose coloured prediction deserves doubt: a wide interval, or surroundings unlike the training data."""
    from negnn_gui.analysis.doubt import doubtful, far

    if analysis is None or name in ("element", "input", "cluster"):
        return frozenset()
    if name == "ood":
        unsure = far(analysis.ood_score)
    else:
        unsure = doubtful(analysis, "moment_exp" if name == "moment_exp" else "moment")
    return frozenset(int(site) for site in np.flatnonzero(unsure))


def robust_limits(values: NDArray[np.float64], info: PropertyInfo) -> tuple[float, float]:
    """Ends of a colour bar: 2nd and 98th percentile (extremes of few values); symmetric if diverging."""
    if info.fixed is not None:
        return info.fixed
    known = np.asarray(values, dtype=np.float64)
    known = known[np.isfinite(known)]
    if not len(known):
        return (-1.0, 1.0) if info.kind == "diverging" else (0.0, 1.0)
    share = 0.0 if len(known) <= _FEW_VALUES else 2.0
    if info.kind == "diverging":
        end = max(float(np.percentile(np.abs(known), 100.0 - share)), 0.01)
        return -end, end
    lo, hi = (float(end) for end in np.percentile(known, [share, 100.0 - share]))
    if hi - lo < 0.05 * abs(hi) or hi - lo < 0.01:
        # All alike: a bar from zero says how large they are instead of blowing up their noise.
        return min(lo, 0.0), max(hi, min(lo, 0.0) + 0.01)
    return (0.0, hi) if 0.0 < lo < 0.1 * hi else (lo, hi)


def colour_scale(
    entry: StructureEntry | None, colouring: Colouring, values: NDArray[np.float64] | None
) -> ColourScale | None:
    """The colour bar of a colouring; None for elements and clusters, which have a legend instead."""
    info = property_info(entry, colouring.property)
    if info.kind == "categorical":
        return None
    known = np.empty(0) if values is None else np.asarray(values, dtype=np.float64)
    lo, hi = colouring.limits or robust_limits(known, info)
    slack = 1e-9 * (hi - lo)
    return ColourScale(
        colour_map=colouring.colour_map or info.colour_map,
        lo=lo,
        hi=hi,
        label=info.label,
        below=bool(np.any(known < lo - slack)),
        above=bool(np.any(known > hi + slack)),
        missing=values is None or bool(np.isnan(known).any()),
    )


def colour_sites(
    entry: StructureEntry, colouring: Colouring, values: NDArray[np.float64] | None
) -> NDArray[np.uint8]:
    """Colour of each site.

    Parameters
    ----------
    values : (N,) float or None
        From ``site_values``, or cluster numbers (0, 1, ...; NaN or -1: in no cluster). Not used for elements.

    Returns
    -------
    (N, 3) uint8
        Grey where a value is missing; zero is a value.
    """
    if colouring.property == "element":
        table = element_colours(entry.elements, colouring.scheme)
        return np.array([table[symbol] for symbol in entry.elements], dtype=np.uint8).reshape(-1, 3)
    if values is None:
        return np.tile(np.array(MISSING, dtype=np.uint8), (entry.n_sites, 1))
    if colouring.property == "cluster":
        return _cluster_colours(np.asarray(values, dtype=np.float64))
    scale = colour_scale(entry, colouring, values)
    assert scale is not None  # the two categorical properties returned above
    return scale.colours(np.asarray(values, dtype=np.float64))


def legend_items(
    entry: StructureEntry, colouring: Colouring, values: NDArray[np.float64] | None
) -> list[tuple[str, RGB]]:
    """Names and colours of the legend: elements in the order of the file, clusters by number; else empty."""
    if colouring.property == "element":
        table = element_colours(entry.elements, colouring.scheme)
        return [(symbol, table[symbol]) for symbol in dict.fromkeys(entry.elements)]
    if colouring.property != "cluster" or values is None:
        return []
    numbers = np.asarray(values, dtype=np.float64)
    present = sorted({int(number) for number in numbers[np.isfinite(numbers)] if number >= 0})
    colours = category_colours(max(present, default=-1) + 1)
    items = [(f"cluster {number}", _rgb(colours[number])) for number in present]
    if len(items) < len(set(numbers[np.isfinite(numbers)])) or np.isnan(numbers).any():
        items.append(("in none", MISSING))
    return items


def tick_values(lo: float, hi: float, wanted: int = 5) -> list[float]:
    """Round numbers within [lo, hi] for the ticks of a bar."""
    raw = (hi - lo) / max(wanted - 1, 1)
    power = 10.0 ** np.floor(np.log10(raw))
    step = min((m * power for m in (1.0, 2.0, 2.5, 5.0, 10.0)), key=lambda s: abs(s - raw))
    first = int(np.ceil(lo / step - 1e-9))
    last = int(np.floor(hi / step + 1e-9))
    return [number * step for number in range(first, last + 1)]


def _cluster_colours(values: NDArray[np.float64]) -> NDArray[np.uint8]:
    known = np.isfinite(values) & (values >= 0)
    colours = np.tile(np.array(MISSING, dtype=np.uint8), (len(values), 1))
    if known.any():
        numbers = values[known].astype(np.int64)
        colours[known] = category_colours(int(numbers.max()) + 1)[numbers]
    return colours


def _rgb(colour: Sequence[int] | NDArray[np.uint8]) -> RGB:
    return int(colour[0]), int(colour[1]), int(colour[2])
