"""One structure as it was opened, with what the file said about it."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from negnn_gui.structures.packing import pack

if TYPE_CHECKING:
    from pymatgen.core import Structure

FloatArray = NDArray[np.float64]


class StructureReadError(Exception):
    """A file (or one frame of it) holds no structure that can be used.

    Attributes
    ----------
    path, frame : Path or None, int or None
        Where; ``frame`` is None when the whole file failed.
    reason : str
        One sentence: what is wrong, the line where known, and what to try.
    """

    def __init__(self, path: Path | None, reason: str, frame: int | None = None) -> None:
        self.path = path
        self.frame = frame
        self.reason = reason
        # File names may hold line breaks; what the user reads is one line.
        place = "" if path is None else "".join(c if c.isprintable() else "?" for c in path.name) + ": "
        super().__init__(place + reason)

    def __reduce__(self) -> tuple[type[StructureReadError], tuple[Path | None, str, int | None]]:
        """Errors travel between processes with all they know."""
        return type(self), (self.path, self.reason, self.frame)


@dataclass(frozen=True, eq=False)
class StructureEntry:
    """A crystal structure in the cell and site order of its file.

    Attributes
    ----------
    id : str
        Unique within the running program.
    path : Path or None
        File as it was given; None for structures that came from memory or the clipboard.
    frame : int
        0-based frame within the file.
    name : str
        File stem ("NiO" for NiO.cif), never the name inside the file.
    structure : pymatgen Structure
        N sites; never changed after reading (take ``structure.copy()`` to change it).
    site_labels : tuple of str
        One label a site, such as "Fe1".
    moment_input : (N,) float or None
        Moment carried by the file, μB: signed if collinear, magnitude if a vector; NaN where not given.
    moment_vectors : (N, 3) float or None
        The same as Cartesian vectors, μB, where the file gives vectors.
    warnings : tuple of str
        One sentence each about what was repaired or looks odd.
    ordering : str
        What was chosen for shared and partly empty sites: "majority", or "3 of 12" for an enumerated ordering;
        "" where the file has none, or where nothing was chosen yet.
    ordering_of : str
        Id of the disordered entry that this is an ordering of; "" otherwise.
    """

    id: str
    path: Path | None
    frame: int
    name: str
    structure: Structure
    site_labels: tuple[str, ...]
    moment_input: NDArray[np.float64] | None = None
    moment_vectors: NDArray[np.float64] | None = None
    warnings: tuple[str, ...] = ()
    ordering: str = ""
    ordering_of: str = ""

    def __getstate__(self) -> dict[str, Any]:
        """Entries travel between processes without their structure, which is made again where it is asked for.

        Sites are thousands of small objects, and predicting needs arrays alone.
        """
        state = dict(self.__dict__)
        if "structure" in state:
            packed = pack(state["structure"])
            if packed is not None:
                del state["structure"]
                state["_packed"] = packed
        return state

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__dict__.update(state)

    def __getattr__(self, name: str) -> Any:
        packed = self.__dict__.get("_packed")
        if name != "structure" or packed is None:
            raise AttributeError(f"{type(self).__name__!r} object has no attribute {name!r}")
        structure = self.__dict__["structure"] = packed.unpack()
        return structure

    @property
    def n_sites(self) -> int:
        """Number of sites in the cell."""
        return len(self.site_labels)

    @cached_property
    def lattice(self) -> FloatArray:
        """(3, 3) lattice vectors as rows, Å."""
        return np.array(self.structure.lattice.matrix, dtype=np.float64)

    @cached_property
    def frac_coords(self) -> FloatArray:
        """(N, 3) fractional coordinates."""
        return np.asarray(self.structure.frac_coords, dtype=np.float64).reshape(self.n_sites, 3)

    @cached_property
    def cart_coords(self) -> FloatArray:
        """(N, 3) Cartesian coordinates, Å."""
        return np.asarray(self.structure.cart_coords, dtype=np.float64).reshape(self.n_sites, 3)

    @cached_property
    def atomic_numbers(self) -> NDArray[np.int64]:
        """(N,) Z of ``elements``."""
        from pymatgen.core import Element

        number = {symbol: Element(symbol).Z for symbol in set(self.elements)}
        return np.array([number[symbol] for symbol in self.elements], dtype=np.int64)

    def prepare(self) -> StructureEntry:
        """Find now what predicting and every table need, so that no later process has to; the entry itself."""
        _ = self.formula, self.atomic_numbers, self.lattice, self.frac_coords, self.cart_coords
        return self

    @property
    def is_ordered(self) -> bool:
        """Whether every site holds exactly one species with occupancy 1."""
        return self._occupation[1]

    @property
    def formula(self) -> str:
        """pymatgen's reduced formula."""
        return self._formula_and_units[0]

    @property
    def formula_units(self) -> float:
        """How many times the cell holds the atoms of ``formula``."""
        return self._formula_and_units[1]

    @cached_property
    def _formula_and_units(self) -> tuple[str, float]:
        """One pass over the sites: of a large cell pymatgen counts for tenths of a second."""
        formula, units = self.structure.composition.get_reduced_formula_and_factor()
        return str(formula), float(units)

    @property
    def elements(self) -> tuple[str, ...]:
        """Element symbol of each site (the most likely one where several share a site)."""
        return self._occupation[0]

    @cached_property
    def _occupation(self) -> tuple[tuple[str, ...], bool]:
        """``elements`` and ``is_ordered``: one pass over the sites, for asking pymatgen again takes seconds.

        Sites of one kind often share one composition, which is looked at once.
        """
        known: dict[int, tuple[str, bool]] = {}
        symbols, ordered = [], True
        for site in self.structure:
            composition = site.species
            found = known.get(id(composition))
            if found is None:
                species = max(composition.items(), key=lambda item: item[1])[0]
                element = getattr(species, "element", species)
                found = known[id(composition)] = (
                    str(getattr(element, "symbol", element)),
                    bool(site.is_ordered),
                )
            symbols.append(found[0])
            ordered = ordered and found[1]
        return tuple(symbols), ordered

    @cached_property
    def equivalent(self) -> NDArray[np.int64]:
        """(N,) int: sites with the same number are equivalent by symmetry (spglib, 0.01 Å)."""
        from negnn_gui.structures.symmetry import equivalent_sites

        return equivalent_sites(self.structure)
