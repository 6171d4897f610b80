"""What the embedding map shows: which sites share one encoder, where they lie and what colour they have."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import cast

import numpy as np
from numpy.typing import NDArray

from negnn_gui.analysis.atlas import Atlas
from negnn_gui.analysis.projection import AlignedMaps, LinearProjection, spaced_rows
from negnn_gui.analysis.sites import SiteIndex, analysed
from negnn_gui.app.scene.colouring import (
    INFO,
    Colouring,
    ColourScale,
    Property,
    colour_scale,
    robust_limits,
    site_values,
)
from negnn_gui.app.scene.colourmaps import MISSING
from negnn_gui.app.scene.colours import RGB, UNKNOWN, category_colours, element_colours
from negnn_gui.app.views.site_text import count_text
from negnn_gui.results import Analysis, Float32Array, FloatArray, join_levels
from negnn_gui.structures.entry import StructureEntry

_SMALLEST, _LARGEST = 0.55, 2.0
_ATLAS_MOMENTS: dict[Property, str] = {"moment": "moment_dft", "moment_exp": "moment_exp"}


class MapSites:
    """All analysed sites that one map can show.

    Vectors of different encoders cannot be compared: where analyses differ, those of the atlas's encoder are
    shown, else those of the encoder with most sites.

    Attributes
    ----------
    index : SiteIndex
        Numbering of the N sites shown.
    elements : (N,) array of str
    left_out : int
        Sites of other encoders, not shown.
    atlas : Atlas or None
        None also where the atlas belongs to another encoder than the sites.
    """

    def __init__(
        self,
        entries: Mapping[str, StructureEntry],
        analyses: Mapping[str, Analysis],
        atlas: Atlas | None = None,
    ) -> None:
        pairs = analysed(entries, analyses)
        counts: Counter[str] = Counter()
        for _, analysis in pairs:
            counts[analysis.encoder.sha256] += analysis.n_sites
        shown = atlas.encoder.sha256 if atlas is not None and atlas.encoder.sha256 in counts else None
        if shown is None and counts:
            shown = counts.most_common(1)[0][0]
        self._pairs = [(entry, analysis) for entry, analysis in pairs if analysis.encoder.sha256 == shown]
        self.atlas = atlas if shown is None or (atlas is not None and atlas.encoder.sha256 == shown) else None
        self.index = SiteIndex({entry.id: entry.n_sites for entry, _ in self._pairs})
        self.left_out = counts.total() - len(self.index)
        symbols = [symbol for entry, _ in self._pairs for symbol in entry.elements]
        self.elements = np.array(symbols, dtype=object)
        self._entry = {entry.id: (entry, analysis) for entry, analysis in self._pairs}
        rows = spaced_rows(len(self.index))
        self._fit_rows = np.split(rows, np.searchsorted(rows, self.index.starts[1:-1])) if len(rows) else []
        self._maps = AlignedMaps(self._fit_vectors)

    def __len__(self) -> int:
        return len(self.index)

    def site(self, row: int) -> tuple[StructureEntry, Analysis, int]:
        """Entry, analysis and site index of a row."""
        entry_id, site = self.index.place(row)
        return (*self._entry[entry_id], site)

    @property
    def analyses(self) -> tuple[Analysis, ...]:
        """The analyses shown, in the order of the sites."""
        return tuple(analysis for _, analysis in self._pairs)

    @property
    def entries(self) -> list[StructureEntry]:
        """The entries shown."""
        return [entry for entry, _ in self._pairs]

    def vectors(self, levels: str) -> Float32Array:
        """(N, D) vectors of the sites at a level choice."""
        parts = [analysis.embedding(levels) for _, analysis in self._pairs]
        return np.concatenate(parts) if parts else np.empty((0, 0), dtype=np.float32)

    def reference(self, levels: str) -> tuple[Float32Array, NDArray[np.int64]]:
        """(M, D) vectors a map is made for, the known ones or else the sites' own, and the rows it is fitted to."""
        if self.atlas is not None:
            return self.atlas.vectors(levels), self.atlas.fit_rows
        return self.vectors(levels), spaced_rows(len(self))

    def places(self, levels: str) -> FloatArray:
        """(N, 2) places on the principal components of a level choice; ValueError where there are fewer levels."""
        projection = self.projection(levels)
        parts = [projection.transform(analysis.embedding(levels)) for _, analysis in self._pairs]
        return np.concatenate(parts) if parts else np.empty((0, 2))

    def _fit_vectors(self, levels: str) -> Float32Array:
        parts = []
        for (entry, analysis), rows in zip(self._pairs, self._fit_rows, strict=True):
            if len(rows):
                own = rows - self.index.span(entry.id).start
                parts.append(join_levels(analysis.embeddings[:, own], levels))
        return np.concatenate(parts)

    def projection(self, levels: str) -> LinearProjection:
        """Fitted to the atlas where there is one, so that opening a structure moves nothing."""
        if self.atlas is not None:
            return self.atlas.projection(levels)
        return self._maps.projection(levels)

    def colours(self, colouring: Colouring) -> tuple[NDArray[np.uint8], ColourScale | None]:
        """(N, 3) colours, and the colour bar of a property that has one."""
        if colouring.property == "element":
            return element_array(self.elements, colouring.scheme), None
        values = self._values(colouring.property)
        seen = values if len(self) else self._known_values(colouring.property)
        scale = colour_scale(self._common_entry(), colouring, seen)
        if scale is None:
            return np.tile(np.array(MISSING, dtype=np.uint8), (len(values), 1)), None
        return scale.colours(values), scale

    def sizes(self, name: str) -> FloatArray | None:
        """(N,) diameter of each site's point in units of the usual one, by a property; None for "" (all alike).

        The area follows the value between the property's robust limits; a site without a value is small.
        """
        if not name or not len(self):
            return None
        values = self._values(cast(Property, name))
        low, high = robust_limits(values, INFO[cast(Property, name)])
        share = np.clip((values - low) / (high - low), 0.0, 1.0)
        return np.sqrt(_SMALLEST**2 + np.nan_to_num(share) * (_LARGEST**2 - _SMALLEST**2))

    def _values(self, name: Property) -> FloatArray:
        parts = [site_values(entry, analysis, name) for entry, analysis in self._pairs]
        return np.concatenate(parts) if parts else np.empty(0)

    def _known_values(self, name: Property) -> FloatArray:
        """(M,) value of a property at each known site; empty where it is not known of them."""
        known = _ATLAS_MOMENTS.get(name)
        return np.empty(0) if known is None or self.atlas is None else getattr(self.atlas.sites, known)

    def known_colours(self, colouring: Colouring, scale: ColourScale | None) -> NDArray[np.uint8] | None:
        """(M, 3) colours of the atlas sites where the property is known of them, else None."""
        if self.atlas is None:
            return None
        if colouring.property == "element":
            return element_array(self.atlas.sites.element, colouring.scheme)
        known = self._known_values(colouring.property)
        return scale.colours(known) if scale is not None and len(known) else None

    def element_items(self, scheme: str) -> dict[str, tuple[RGB, int]]:
        """Colour and number of sites of each element, by atomic number; of known sites where there are no others."""
        elements = self.atlas.sites.element if self.atlas is not None and not len(self) else self.elements
        counts = Counter(elements.tolist())
        return {
            symbol: (colour, counts[symbol]) for symbol, colour in element_colours(counts, scheme).items()
        }

    def describe(self, atlas: Atlas | None, n_drawn: int, *, dense: bool) -> tuple[str, str]:
        """How much the map shows and what it leaves out, in short and in full.

        Parameters
        ----------
        atlas : Atlas or None
            The one that was asked for, shown or not.
        n_drawn : int
            Known sites that are drawn.
        dense : bool
            Whether the sites are drawn as a density image.
        """
        short, full = [], []
        if len(self):
            short.append(count_text(len(self), "site"))
        if self.atlas is not None:
            short.append(f"{len(self.atlas):,} known")
            if n_drawn < len(self.atlas):
                full.append(f"{n_drawn:,} of the known sites are drawn")
        if dense:
            short.append("density, zoom in for points")
        full = [*short, *full]
        if self.left_out:
            short.append(f"{self.left_out:,} of another encoder")
            full.append(f"{count_text(self.left_out, 'site')} of another encoder cannot be compared")
        if atlas is not None and self.atlas is None:
            short.append("atlas of another encoder")
            full.append(f"the atlas is not shown: it was built with another encoder, {atlas.encoder.id}")
        return " · ".join(short), "; ".join(full)

    def _common_entry(self) -> StructureEntry | None:
        """The entry that names the colour bar: one without signed moments only if none has them."""
        vectors = [entry for entry, _ in self._pairs if entry.moment_input is not None]
        if vectors and all(entry.moment_vectors is not None for entry in vectors):
            return vectors[0]
        return None


@dataclass(frozen=True, eq=False)
class Categories:
    """Names of the N sites, colours (N, 3) by name, those (M, 3) of the known sites, and the legend.

    ``known_names`` are the (M,) names of the known sites where these have colours.
    """

    names: NDArray[np.object_]
    colours: NDArray[np.uint8]
    known_colours: NDArray[np.uint8] | None
    legend: dict[str, tuple[RGB, int]]
    known_names: NDArray[np.object_] | None = None


def named_categories(
    names: NDArray[np.object_],
    order: Sequence[str],
    *,
    missing: str,
    known: NDArray[np.object_] | None = None,
) -> Categories:
    """Colour sites by name, in the ``order`` of the legend; those called ``missing`` are grey.

    Known sites have the colour of their name where one of the sites has it too; else they are grey.
    """
    table: dict[str, RGB] = {}
    for name, colour in zip(order, category_colours(len(order)).tolist(), strict=True):
        table[name] = (colour[0], colour[1], colour[2])
    counts = Counter(names.tolist())
    if counts[missing]:
        table[missing] = MISSING
    legend = {name: (colour, counts[name]) for name, colour in table.items()}
    known_colours = None
    if known is not None and np.isin(known.astype(str), list(order)).any():
        known_colours = coloured_by_name(known, table)
    known_names = known if known_colours is not None else None
    return Categories(names, coloured_by_name(names, table), known_colours, legend, known_names)


def coloured_by_name(names: NDArray[np.object_], table: Mapping[str, RGB]) -> NDArray[np.uint8]:
    """(N, 3) uint8 colours of (N,) names; grey for those that are not in the table."""
    distinct, place = np.unique(names.astype(str), return_inverse=True)
    colours = np.array([table.get(str(name), MISSING) for name in distinct], dtype=np.uint8).reshape(-1, 3)
    chosen: NDArray[np.uint8] = colours[place.reshape(-1)]
    return chosen


def element_array(elements: NDArray[np.object_], scheme: str) -> NDArray[np.uint8]:
    """(N, 3) uint8 colours of (N,) element symbols."""
    distinct, place = np.unique(elements.astype(str), return_inverse=True)
    table = element_colours(distinct.tolist(), scheme)
    colours = np.array([table.get(symbol, UNKNOWN) for symbol in distinct], dtype=np.uint8).reshape(-1, 3)
    chosen: NDArray[np.uint8] = colours[place]
    return chosen
