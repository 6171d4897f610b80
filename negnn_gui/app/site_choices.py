"""Which sites a wish such as "all equivalent ones" means, from those that are selected."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from negnn_gui.app.scene.bonds import CellBonds
    from negnn_gui.structures.entry import StructureEntry

Sites = frozenset[int]


def of_elements(entry: StructureEntry, elements: Iterable[str]) -> Sites:
    """All sites of some elements."""
    wanted = set(elements)
    return frozenset(site for site, symbol in enumerate(entry.elements) if symbol in wanted)


def same_elements(entry: StructureEntry, sites: Sites) -> Sites:
    """All sites of the elements that are among the given ones."""
    return of_elements(entry, (entry.elements[site] for site in sites))


def equivalent(entry: StructureEntry, sites: Sites) -> Sites:
    """All sites that symmetry makes alike to one of the given ones (spglib, 0.01 Å), these included."""
    if not sites:
        return sites
    orbits = np.asarray(entry.equivalent)
    wanted = np.isin(orbits, orbits[sorted(sites)])
    return frozenset(int(site) for site in np.flatnonzero(wanted))


def inverted(entry: StructureEntry, sites: Sites) -> Sites:
    """Those that are not selected."""
    return frozenset(range(entry.n_sites)) - sites


def grown(sites: Sites, bonds: CellBonds) -> Sites:
    """The given sites and those bonded to one of them."""
    chosen = np.array(sorted(sites), dtype=np.int64)
    outwards, back = np.isin(bonds.first, chosen), np.isin(bonds.second, chosen)
    neighbours = np.concatenate([bonds.second[outwards], bonds.first[back]])
    return sites | frozenset(int(site) for site in neighbours)
