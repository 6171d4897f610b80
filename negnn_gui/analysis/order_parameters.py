"""Local environments by pymatgen's order parameters: how much a shell of neighbours is an octahedron, 0 to 1.

Zimmermann and Jain, RSC Adv. 10 (2020) 6063, doi 10.1039/C9RA07755C. The shells are those of
:mod:`negnn_gui.analysis.motifs`. The order parameters know fewer polyhedra than the motifs do (no prism, no antiprism,
nothing for 9 to 11 or more than 12 neighbours, no difference between cubic and hexagonal close packing), but say how
near to the ideal a shell is.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import cache
from typing import TYPE_CHECKING, Any

import numpy as np

from negnn_gui.analysis.motifs import FloatArray, site_shells

if TYPE_CHECKING:
    from pymatgen.core import Structure

# Below this the likest polyhedron is no name for a shell: the prism of MoS2 is a pentagonal pyramid to 0.47.
LEAST = 0.5
_NAMES = {
    "body-centered cubic": "cubic",
    "square co-planar": "square planar",
    "rectangular see-saw-like": "see-saw",
    "see-saw-like": "see-saw",
    "trigonal non-coplanar": "trigonal pyramidal",
    "trigonal pyramidal": "trigonal pyramidal, 4-fold",
    "L-shaped": "bent",
    "water-like": "bent",
    "bent 120 degrees": "bent",
    "bent 150 degrees": "bent",
}


def site_environments(structure: Structure, sites: Iterable[int] | None = None) -> list[tuple[str, float]]:
    """Likest polyhedron of each of ``sites`` (default: all) and its order parameter.

    Returns
    -------
    list of (str, float)
        Such as ("octahedral", 0.99); ("7-fold", 0.21) where no order parameter reaches 0.5, ("9-fold", nan) where there
        is none for the number of neighbours, ("", nan) without neighbours within 8.5 Å.
    """
    return [environment(shell) for shell in site_shells(structure, sites)]


def environment(shell: FloatArray) -> tuple[str, float]:
    """Likest polyhedron of (n, 3) directions to neighbours, and its order parameter, 0 to 1."""
    n = len(shell)
    if not n:
        return "", float("nan")
    names, measure = _measure(n)
    if not names:
        return f"{n}-fold", float("nan")
    found = measure.get_order_parameters(_places(shell), 0, list(range(1, n + 1)))
    values = np.array([0.0 if value is None else float(value) for value in found])
    best = int(values.argmax())
    return (names[best] if values[best] >= LEAST else f"{n}-fold"), float(values[best])


def _places(shell: FloatArray) -> Sequence[Any]:
    """A site and its neighbours in the form that pymatgen wants."""
    from pymatgen.core import Site

    return [Site("H", place) for place in [np.zeros(3), *(2.0 * shell)]]


@cache
def _measure(n: int) -> tuple[list[str], Any]:
    """Names of the polyhedra with ``n`` corners, and what measures all of them, with pymatgen's tuned parameters."""
    from pymatgen.analysis.local_env import CN_OPT_PARAMS, LocalStructOrderParams

    known: dict[str, list[Any]] = dict(CN_OPT_PARAMS.get(n, {}))
    names = [_NAMES.get(str(name), str(name)) for name in known]
    kinds = [str(choice[0]) for choice in known.values()]
    parameters = [dict(choice[1]) if len(choice) > 1 else None for choice in known.values()]
    return names, LocalStructOrderParams(kinds, parameters=parameters) if names else None
