"""The checks that every structure passes, whatever file it came from; out comes the finished entry."""

from __future__ import annotations

import uuid
from collections import Counter
from pathlib import Path

import numpy as np
from pymatgen.core import Composition, DummySpecies, Element, Species, Structure

from negnn_gui.structures.cif_orbits import MAX_SITES
from negnn_gui.structures.coincidence import CrowdedError, close_pairs
from negnn_gui.structures.entry import StructureEntry
from negnn_gui.structures.parsed import FloatArray, ParsedFrame, ParseError
from negnn_gui.structures.species import SpeciesError, element_of

OVERLAP = 0.5
"""Atoms nearer than this (Å) are reported."""

_MAX_WARNINGS = 12


def assemble(frame: ParsedFrame, path: Path | None, index: int, name: str) -> StructureEntry:
    """An entry from a parsed frame.

    Raises
    ------
    ParseError
        No atoms, no volume, positions that are no numbers, species that are no elements.
    """
    warnings = list(frame.warnings)
    _check_numbers(frame)
    species = _usable_species(frame.species, warnings)
    symbols = [_main_symbol(composition) for composition in species]
    labels = unique_labels(frame.labels or _numbered(symbols))
    _warn_of_shape(frame, species, labels, warnings)
    structure = Structure(frame.lattice, species, frame.frac_coords, labels=labels)
    moments, vectors = _moments(frame)
    return StructureEntry(
        id=uuid.uuid4().hex,
        path=path,
        frame=index,
        name=name,
        structure=structure,
        site_labels=tuple(labels),
        moment_input=moments,
        moment_vectors=vectors,
        warnings=tuple(dict.fromkeys(" ".join(warning.split()) for warning in warnings))[:_MAX_WARNINGS],
    )


def unique_labels(labels: list[str]) -> list[str]:
    """Labels told apart: the first "Ni1" stays, its symmetry copies become "Ni1_2", "Ni1_3", ..."""
    taken = set(labels)
    count: Counter[str] = Counter()
    unique = []
    for label in labels:
        count[label] += 1
        if count[label] == 1:
            unique.append(label)
            continue
        while (candidate := f"{label}_{count[label]}") in taken:
            count[label] += 1
        taken.add(candidate)
        unique.append(candidate)
    return unique


def _numbered(symbols: list[str]) -> list[str]:
    """Fe1, Fe2, O1, ... for formats without labels."""
    count: Counter[str] = Counter()
    labels = []
    for symbol in symbols:
        count[symbol] += 1
        labels.append(f"{symbol}{count[symbol]}")
    return labels


def _check_numbers(frame: ParsedFrame) -> None:
    """Refuse what has no atoms, no finite positions or no volume."""
    if not frame.species:
        raise ParseError("there are 0 atoms; a crystal needs at least one")
    if len(frame.species) > MAX_SITES:
        raise ParseError(
            f"the cell holds {len(frame.species)} atoms, more than {MAX_SITES}; open a smaller cell"
        )
    if frame.frac_coords.shape != (len(frame.species), 3):
        raise ParseError("the positions are incomplete; every atom needs three coordinates")
    matrix = np.asarray(frame.lattice.matrix)
    if not np.isfinite(matrix).all() or np.abs(matrix).max() > 1e5:
        raise ParseError("the unit cell holds numbers that are impossible (NaN or huge); correct it")
    lengths = np.linalg.norm(matrix, axis=1)
    if not lengths.all() or abs(np.linalg.det(matrix)) < 1e-4 * lengths.prod() or lengths.prod() < 1e-6:
        raise ParseError("the unit cell has no volume; correct its vectors")
    wrong = ~(np.abs(frame.frac_coords) < 1e4).all(axis=1)
    if wrong.any():
        atom = int(np.argmax(wrong)) + 1
        label = f" ({frame.labels[atom - 1]})" if frame.labels else ""
        raise ParseError(f"the position of atom {atom}{label} is impossible (NaN or huge); correct it")


def _usable_species(species: list[Composition], warnings: list[str]) -> list[Composition]:
    """The same with isotopes as their element and mixed valences of one element as that element."""
    done: dict[int, Composition] = {}
    usable = []
    for composition in species:
        key = id(composition)
        if key not in done:
            done[key] = _usable(composition, warnings)
        usable.append(done[key])
    return usable


def _usable(composition: Composition, warnings: list[str]) -> Composition:
    amounts: dict[str, float] = {}
    kinds: dict[str, set[Element | Species]] = {}
    for kind, amount in composition.items():
        if isinstance(kind, DummySpecies):
            raise ParseError(f"{kind.symbol!r} is a vacancy or dummy, not an element; delete those sites")
        try:
            symbol = element_of(kind.symbol)
        except SpeciesError as error:
            raise ParseError(f"{error}; it cannot be used") from error
        if symbol != kind.symbol:
            warnings.append("Deuterium or tritium is read as H.")
        amounts[symbol] = amounts.get(symbol, 0.0) + amount
        kinds.setdefault(symbol, set()).add(kind)
    if not amounts:
        raise ParseError("a site holds no atom at all; delete it")
    result: dict[Element | Species, float] = {}
    for symbol, amount in amounts.items():
        kind = next(iter(kinds[symbol]))
        if len(kinds[symbol]) > 1:
            warnings.append(f"Sites that share {symbol} of different valence are read as plain {symbol}.")
        state = getattr(kind, "oxi_state", None) if isinstance(kind, Species) else None
        plain = len(kinds[symbol]) > 1 or state is None
        result[Element(symbol) if plain else Species(symbol, state)] = amount
    return Composition(result)


def _main_symbol(composition: Composition) -> str:
    kind = max(composition.items(), key=lambda item: item[1])[0]
    return str(kind.symbol)


def _warn_of_shape(
    frame: ParsedFrame, species: list[Composition], labels: list[str], warnings: list[str]
) -> None:
    """Say so where the cell is left-handed or full atoms overlap."""
    matrix = np.asarray(frame.lattice.matrix)
    if np.linalg.det(matrix) < 0:
        warnings.append("The cell is left-handed (negative volume); it is kept as it is.")
    try:
        pairs = close_pairs(matrix, frame.frac_coords, OVERLAP)
    except CrowdedError:
        warnings.append(f"Most atoms are less than {OVERLAP} Å apart; check the positions and their units.")
        return
    # Partly occupied sites may be near each other: only one of them is filled at a time.
    full = np.array([composition.num_atoms > 0.999 for composition in species])
    pairs = pairs[full[pairs].all(axis=1)]
    if len(pairs):
        first, second = (labels[index] for index in pairs[0])
        more = f" and {len(pairs) - 1} more pairs" if len(pairs) > 1 else ""
        warnings.append(f"Atoms overlap (less than {OVERLAP} Å apart): {first} and {second}{more}.")


def _moments(frame: ParsedFrame) -> tuple[FloatArray | None, FloatArray | None]:
    """``moment_input`` and ``moment_vectors`` of the entry; values that are no moments become NaN."""
    vectors, moments = frame.moment_vectors, frame.moments
    if vectors is not None:
        vectors = np.asarray(vectors, dtype=float).copy()
        vectors[~np.isfinite(vectors).all(axis=1)] = np.nan
        # Rounding noise of rotations, also in the sign of zero.
        vectors[np.abs(vectors) < 1e-8] = 0.0
        return (np.linalg.norm(vectors, axis=1), vectors) if np.isfinite(vectors).any() else (None, None)
    if moments is not None:
        moments = np.asarray(moments, dtype=float).copy()
        moments[~np.isfinite(moments)] = np.nan
        return (moments, None) if np.isfinite(moments).any() else (None, None)
    return None, None
