"""Sites that several species share, settled before a prediction: the likeliest species, or several orderings.

Nothing here happens silently: every result says in its warnings what was chosen.
"""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import replace
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from pymatgen.core import Composition, Structure

from negnn_gui.structures.coincidence import CrowdedError, close_pairs
from negnn_gui.structures.entry import StructureEntry
from negnn_gui.structures.orderings import Choice, enumerate_orderings, site_options

Mode = Literal["majority", "enumerate", "skip"]

SPLIT_DISTANCE = 0.9
"""Partly occupied sites nearer than this (Å) stand for one atom that is now here, now there."""


class DisorderError(ValueError):
    """A disordered structure was left as it is, or could not be ordered; the message is one sentence."""


def resolve_disorder(entry: StructureEntry, mode: Mode, limit: int = 20) -> list[StructureEntry]:
    """Ordered structures in place of a disordered one.

    Parameters
    ----------
    entry : StructureEntry
        Ordered entries come back as they are.
    mode : {"majority", "enumerate", "skip"}
        "majority": on each site its most likely species; sites that are more likely empty are left out.
        "enumerate": up to ``limit`` orderings of the same cell that keep its composition as nearly as whole
        atoms can: all distinct ones if few, else the lowest in pymatgen's Ewald energy where oxidation
        states are known, else a random choice with a fixed seed.
    limit : int
        Most orderings to return.

    Returns
    -------
    list of StructureEntry
        With new ids; sites in their old order, labels and moments with them.

    Raises
    ------
    DisorderError
        The mode is "skip", or no ordering keeps an atom.
    """
    if entry.is_ordered:
        return [entry]
    if mode == "skip":
        raise DisorderError(_skip_reason(entry))
    options = site_options(entry.structure)
    if mode == "majority":
        return [_majority(entry, options)]
    if mode == "enumerate":
        return _enumerate(entry, options, limit)
    raise ValueError(f"mode must be majority, enumerate or skip, not {mode!r}")


def names_of_orderings(orderings: Sequence[StructureEntry]) -> list[StructureEntry]:
    """The same with names of their own where there are several: rows of one table must be told apart."""
    if len(orderings) < 2:
        return list(orderings)
    return [replace(one, name=f"{one.name}_ordering{k}") for k, one in enumerate(orderings, start=1)]


def describe_disorder(entry: StructureEntry) -> str:
    """What is shared or partly empty, such as "4 of 12 sites: Fe 50 % / Co 50 % (4)"; "" if nothing is."""
    kinds: dict[str, int] = {}
    for site in entry.structure:
        if not site.is_ordered:
            shares = [f"{kind} {100 * amount:.3g} %" for kind, amount in site.species.items()]
            empty = 1 - site.species.num_atoms
            if empty > 1e-3:
                shares.append(f"empty {100 * empty:.3g} %")
            kinds[" / ".join(shares)] = kinds.get(" / ".join(shares), 0) + 1
    if not kinds:
        return ""
    listed = "; ".join(f"{kind} ({count})" for kind, count in kinds.items())
    return f"{sum(kinds.values())} of {entry.n_sites} sites: {listed}"


def _skip_reason(entry: StructureEntry) -> str:
    count = sum(not site.is_ordered for site in entry.structure)
    return (
        f"The structure is disordered ({count} of {entry.n_sites} sites are shared or partly empty); "
        "choose the most likely species or an enumeration to predict it."
    )


def _majority(entry: StructureEntry, options: Sequence[Sequence[Choice]]) -> StructureEntry:
    """The likeliest choice of each site, then one of every pair of sites that cannot both be filled."""
    chosen: list[str | None] = []
    for choices in options:
        # An atom before a vacancy, the lighter element before the heavier: a rule for ties, nothing more.
        best = max(choices, key=lambda choice: (choice.share, choice.symbol is not None, -choice.number))
        chosen.append(best.symbol)
    emptied = sum(symbol is None for symbol in chosen)
    split = _empty_split_sites(entry.structure, chosen)
    changed = sum(not site.is_ordered for site in entry.structure)
    parts = [f"Disorder: the most likely species was put on {changed} of {entry.n_sites} sites"]
    if emptied:
        parts.append(f"{emptied} mostly empty sites were left out")
    if split:
        parts.append(f"{split} sites too near to another filled one were left out")
    return _ordered(entry, chosen, "; ".join(parts) + ".", "majority")


def _empty_split_sites(structure: Structure, chosen: list[str | None]) -> int:
    """Empty, in place, the less occupied of two filled sites too near each other; how many that were."""
    occupancy = np.array([site.species.num_atoms for site in structure])
    try:
        pairs = close_pairs(structure.lattice.matrix, np.asarray(structure.frac_coords), SPLIT_DISTANCE)
    except CrowdedError as error:
        raise DisorderError("Most sites overlap, so no ordering makes sense; check the structure.") from error
    emptied = 0
    for first, second in pairs:
        if (
            chosen[first] is None
            or chosen[second] is None
            or max(occupancy[first], occupancy[second]) > 0.999
        ):
            continue
        chosen[first if occupancy[first] < occupancy[second] else second] = None
        emptied += 1
    return emptied


def _enumerate(
    entry: StructureEntry, options: Sequence[Sequence[Choice]], limit: int
) -> list[StructureEntry]:
    found = enumerate_orderings(entry.structure, options, limit)
    total = len(found.orderings)
    return [
        _ordered(
            entry,
            list(ordering),
            f"Disorder: ordering {index} of {total}; {found.account}.",
            f"{index} of {total}",
        )
        for index, ordering in enumerate(found.orderings, start=1)
    ]


def _ordered(entry: StructureEntry, chosen: Sequence[str | None], note: str, ordering: str) -> StructureEntry:
    """The entry with one element on each site that is not empty."""
    kept = [index for index, symbol in enumerate(chosen) if symbol is not None]
    if not kept:
        raise DisorderError(
            "Every site is more likely empty than filled, so nothing would be left to predict."
        )
    made = {symbol: Composition({symbol: 1}) for symbol in chosen if symbol is not None}
    labels = [entry.site_labels[index] for index in kept]
    structure = Structure(
        entry.structure.lattice,
        [made[str(chosen[index])] for index in kept],
        np.asarray(entry.structure.frac_coords)[kept],
        labels=labels,
    )
    return replace(
        entry,
        id=uuid.uuid4().hex,
        structure=structure,
        site_labels=tuple(labels),
        moment_input=_rows(entry.moment_input, kept),
        moment_vectors=_rows(entry.moment_vectors, kept),
        warnings=(*entry.warnings, note),
        ordering=ordering,
        ordering_of=entry.id,
    )


def _rows(values: NDArray[np.float64] | None, kept: list[int]) -> NDArray[np.float64] | None:
    return None if values is None else values[kept]
