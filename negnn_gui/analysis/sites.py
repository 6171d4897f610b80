"""One numbering of all analysed sites, shared by the map, the table and the plots."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Mapping

import numpy as np
from numpy.typing import ArrayLike, NDArray

from negnn_gui.results import Analysis, SiteRef
from negnn_gui.structures.entry import StructureEntry

_log = logging.getLogger(__name__)

IntArray = NDArray[np.int64]
BoolArray = NDArray[np.bool_]


class SiteIndex:
    """Rows of all analysed sites: structure after structure, site after site.

    Parameters
    ----------
    counts : mapping of str to int
        Number of sites of each entry id, in the order of the rows.
    """

    def __init__(self, counts: Mapping[str, int]) -> None:
        self.entry_ids: tuple[str, ...] = tuple(counts)
        self.starts: IntArray = np.zeros(len(counts) + 1, dtype=np.int64)
        np.cumsum(list(counts.values()), out=self.starts[1:])
        self._start = {entry_id: int(start) for entry_id, start in zip(counts, self.starts, strict=False)}
        self._count = dict(counts)
        self._refs: list[SiteRef] | None = None

    def __len__(self) -> int:
        return int(self.starts[-1])

    def span(self, entry_id: str) -> slice:
        """Rows of one entry (empty where it has none)."""
        start = self._start.get(entry_id, 0)
        return slice(start, start + self._count.get(entry_id, 0))

    def place(self, row: int) -> tuple[str, int]:
        """Entry id and site index of a row."""
        entry = int(np.searchsorted(self.starts, row, side="right")) - 1
        return self.entry_ids[entry], int(row - self.starts[entry])

    def ref(self, row: int) -> SiteRef:
        """The site of a row."""
        return SiteRef(*self.place(row))

    def refs(self, rows: ArrayLike) -> frozenset[SiteRef]:
        """The sites of many rows."""
        if self._refs is None:
            self._refs = [SiteRef(name, site) for name, n in self._count.items() for site in range(n)]
        return frozenset(map(self._refs.__getitem__, np.asarray(rows, dtype=np.int64).tolist()))

    def rows(self, selection: Iterable[SiteRef]) -> IntArray:
        """Rows of the sites of a selection, rising; sites that are not here are left out."""
        found = []
        for ref in selection:
            start = self._start.get(ref.entry_id)
            if start is not None and 0 <= ref.site_index < self._count[ref.entry_id]:
                found.append(start + ref.site_index)
        return np.sort(np.array(found, dtype=np.int64))

    def mask(self, selection: Iterable[SiteRef]) -> BoolArray:
        """(N,) bool: which rows belong to a selection."""
        marked = np.zeros(len(self), dtype=np.bool_)
        marked[self.rows(selection)] = True
        return marked


def analysed(
    entries: Mapping[str, StructureEntry], analyses: Mapping[str, Analysis]
) -> list[tuple[StructureEntry, Analysis]]:
    """Entries that have an analysis of the same number of sites, in the order of ``entries``."""
    pairs = []
    for entry_id, entry in entries.items():
        analysis = analyses.get(entry_id)
        if analysis is None:
            continue
        if analysis.n_sites != entry.n_sites:
            _log.warning("%s: %d sites but an analysis of %d", entry.name, entry.n_sites, analysis.n_sites)
            continue
        pairs.append((entry, analysis))
    return pairs
