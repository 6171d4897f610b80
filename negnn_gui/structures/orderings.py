"""Ways to put whole atoms on the shared sites of one cell (no supercell), near to its composition."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations, product

import numpy as np
from pymatgen.core import Element, Structure

from negnn_gui.structures.symmetry import equivalent_sites, site_permutations

Ordering = tuple[str | None, ...]
"""Element symbol of each site, None where it is empty."""

MOST_COUNTED = 5000
"""Up to this many orderings are all made and compared; of more a random sample is drawn."""

SEED = 0


@dataclass(frozen=True)
class Choice:
    """One thing that may stand on a site: an element (``symbol`` None: nothing) and its share, 0 to 1."""

    symbol: str | None
    share: float
    oxidation: float | None = None

    @property
    def number(self) -> int:
        """Atomic number; 0 for nothing."""
        return 0 if self.symbol is None else int(Element(self.symbol).Z)


@dataclass(frozen=True)
class Orderings:
    """The orderings found and one clause that says how they were chosen."""

    orderings: list[Ordering]
    account: str


@dataclass(frozen=True)
class _Group:
    """Alike sites and how many of each choice they get together."""

    sites: list[int]
    symbols: list[str | None]
    counts: list[int]

    @property
    def number_of_ways(self) -> int:
        ways, left = 1, len(self.sites)
        for count in self.counts:
            ways *= math.comb(left, count)
            left -= count
        return ways


def site_options(structure: Structure) -> list[list[Choice]]:
    """What may stand on each site; the shares of a site add up to 1."""
    options = []
    for site in structure:
        choices = [
            Choice(str(kind.symbol), float(amount), getattr(kind, "oxi_state", None))
            for kind, amount in site.species.items()
        ]
        empty = 1 - sum(choice.share for choice in choices)
        if empty > 1e-3:
            choices.append(Choice(None, empty))
        options.append(choices)
    return options


def enumerate_orderings(structure: Structure, options: Sequence[Sequence[Choice]], limit: int) -> Orderings:
    """Up to ``limit`` symmetry-distinct orderings of the cell.

    All of them where there are few; ranked by electrostatic energy where every species has an oxidation
    state; else a random choice with a fixed seed.
    """
    limit = max(limit, 1)
    groups, exact = _groups(structure, options)
    ways = math.prod(group.number_of_ways for group in groups)
    fixed: list[str | None] = [choices[0].symbol for choices in options]
    few = ways <= MOST_COUNTED
    distinct = _distinct(list(_all(groups, fixed) if few else _sample(groups, fixed, 10 * limit)), structure)
    rounded = "" if exact else ", the occupancies rounded to whole atoms of this cell"
    if few and len(distinct) <= limit:
        return Orderings(distinct, f"all {len(distinct)} distinct orderings of the cell{rounded}")
    charges = _charges(options)
    if charges is not None and len(structure) <= 200:
        ranked = _by_ewald_energy(distinct, structure, charges)
        of = f"{len(distinct)} distinct ones" if few else f"a random sample of {len(distinct)}"
        return Orderings(ranked[:limit], f"the lowest in electrostatic (Ewald) energy of {of}{rounded}")
    drawn = np.random.default_rng(SEED).permutation(len(distinct))[:limit]
    many = f"{ways}" if ways < 10**6 else f"about 10^{int(math.log10(ways))}"
    return Orderings(
        [distinct[index] for index in sorted(drawn)],
        f"a random choice (seed {SEED}) out of {many} orderings{rounded}",
    )


def _groups(structure: Structure, options: Sequence[Sequence[Choice]]) -> tuple[list[_Group], bool]:
    """Shared sites that are equivalent, with whole numbers of atoms; and whether these are exact.

    Where a class of equivalent sites cannot hold whole atoms, all sites of the same content share theirs (as
    pymatgen's OrderDisorderedStructureTransformation does throughout): the composition counts for more.
    """
    classes = equivalent_sites(structure)
    by_content: dict[tuple[object, ...], dict[int, list[int]]] = {}
    for index, choices in enumerate(options):
        if len(choices) > 1 or choices[0].share < 1 - 1e-3:
            content = tuple((choice.symbol, round(choice.share, 4)) for choice in choices)
            by_content.setdefault(content, {}).setdefault(int(classes[index]), []).append(index)
    members: list[list[int]] = []
    for alike in by_content.values():
        if all(_is_whole(options[sites[0]], len(sites)) for sites in alike.values()):
            members.extend(alike.values())
        else:
            members.append(sorted(site for sites in alike.values() for site in sites))
    groups, exact = [], True
    for sites in members:
        choices = options[sites[0]]
        wanted = [choice.share * len(sites) for choice in choices]
        counts = _whole(wanted, len(sites))
        exact = exact and _is_whole(choices, len(sites))
        groups.append(_Group(sites, [choice.symbol for choice in choices], counts))
    return groups, exact


def _is_whole(choices: Sequence[Choice], n_sites: int) -> bool:
    return all(abs(choice.share * n_sites - round(choice.share * n_sites)) < 0.05 for choice in choices)


def _whole(wanted: list[float], total: int) -> list[int]:
    """Whole numbers with the right sum, the largest remainders rounded up."""
    counts = [math.floor(want + 1e-6) for want in wanted]
    order = sorted(range(len(wanted)), key=lambda index: counts[index] - wanted[index])
    for index in order[: total - sum(counts)]:
        counts[index] += 1
    return counts


def _all(groups: list[_Group], fixed: list[str | None]) -> Iterator[Ordering]:
    for parts in product(*(list(_fillings(group.sites, group.symbols, group.counts)) for group in groups)):
        ordering = list(fixed)
        for part in parts:
            for site, symbol in part:
                ordering[site] = symbol
        yield tuple(ordering)


def _fillings(
    sites: list[int], symbols: list[str | None], counts: list[int]
) -> Iterator[list[tuple[int, str | None]]]:
    if not symbols:
        yield []
        return
    for taken in combinations(sites, counts[0]):
        rest = [site for site in sites if site not in taken]
        for others in _fillings(rest, symbols[1:], counts[1:]):
            yield [(site, symbols[0]) for site in taken] + others


def _sample(groups: list[_Group], fixed: list[str | None], count: int) -> Iterator[Ordering]:
    generator = np.random.default_rng(SEED)
    for _ in range(count):
        ordering = list(fixed)
        for group in groups:
            symbols = [
                symbol for symbol, n in zip(group.symbols, group.counts, strict=True) for _ in range(n)
            ]
            for site, place in zip(group.sites, generator.permutation(len(symbols)), strict=True):
                ordering[site] = symbols[place]
        yield tuple(ordering)


def _distinct(candidates: list[Ordering], structure: Structure) -> list[Ordering]:
    """The first of every set of orderings that the symmetry of the average structure maps onto each other."""
    permutations = site_permutations(structure)
    seen: set[bytes] = set()
    distinct = []
    codes = {
        symbol: code for code, symbol in enumerate(dict.fromkeys(s for each in candidates for s in each))
    }
    for ordering in candidates:
        coded = np.array([codes[symbol] for symbol in ordering], dtype=np.uint8)
        if coded.tobytes() in seen:
            continue
        seen.update(row.tobytes() for row in coded[permutations])
        distinct.append(ordering)
    return distinct


def _charges(options: Sequence[Sequence[Choice]]) -> dict[str, float] | None:
    """Oxidation state of each element, where all are known and each element has only one."""
    charges: dict[str, float] = {}
    for choices in options:
        for choice in choices:
            if choice.symbol is None:
                continue
            if (
                choice.oxidation is None
                or charges.setdefault(choice.symbol, choice.oxidation) != choice.oxidation
            ):
                return None
    return charges if any(charges.values()) else None


def _by_ewald_energy(
    orderings: list[Ordering], structure: Structure, charges: dict[str, float]
) -> list[Ordering]:
    """Orderings by rising electrostatic energy of pymatgen's Ewald sum over all sites.

    The matrix of pair energies is worked out once for unit charges; each ordering is a quadratic form in it.
    """
    from pymatgen.analysis.ewald import EwaldSummation

    unit = Structure(structure.lattice, ["H+"] * len(structure), structure.frac_coords)
    matrix = EwaldSummation(unit).total_energy_matrix
    charge = np.array(
        [[0.0 if symbol is None else charges[symbol] for symbol in ordering] for ordering in orderings]
    )
    energy = np.einsum("oi,ij,oj->o", charge, matrix, charge)
    return [orderings[index] for index in np.argsort(energy, kind="stable")]
