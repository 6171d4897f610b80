"""Hand-made descriptors of sites and structures, beside which the learned representation is measured.

======================= ================================================================= =========
name                    of a site / of a structure                                        library
======================= ================================================================= =========
one-hot                 element (104 numbers) / shares of the elements
features                CGCNN's 92 element features / their mean
magpie                  of the element and of the composition / of the composition        matminer
ofm                     orbital field matrix (32 x 32) / mean over the sites              matminer
sine                    sorted row of the sine matrix / its eigenvalues                   matminer
soap                    smooth overlap of atomic positions / mean over the sites          dscribe
======================= ================================================================= =========

Magpie: Ward et al., npj Comput. Mater. 2 (2016) 16028. Orbital field matrix: Pham et al., Sci. Technol. Adv. Mater.
18 (2017) 756. Sine matrix: Faber et al., Int. J. Quantum Chem. 115 (2015) 1094. SOAP: Bartók et al., Phys. Rev. B 87
(2013) 184115, here within 5 Å and compressed over the species (each counted by its atomic number; Darby et al., npj
Comput. Mater. 8 (2022) 166), because 89 elements would give vectors of a million numbers.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from negnn_gui.models.features import MAX_Z, element_features
from negnn_gui.structures.symmetry import equivalent_sites

if TYPE_CHECKING:
    from pymatgen.core import Structure

FloatArray = NDArray[np.float64]

INSTALL = "pip install 'negnn-gui[paper]'"
WHOLE = -1
_VORONOI_CUTOFF = 7.0  # Å; a larger one is taken where the cell is not closed by then
_SOAP = {"r_cut": 5.0, "n_max": 6, "l_max": 4, "sigma": 0.5, "periodic": True}


class MissingLibrary(ModuleNotFoundError):
    """A descriptor needs a library that is not installed; the message says how to get it."""


class DescriptorStopped(Exception):
    """The computation was cancelled or ran out of its time."""


@dataclass(frozen=True)
class Descriptor:
    """Name, title for people, and the library that computes it ("" for none beyond the program's own)."""

    name: str
    title: str
    library: str = ""


DESCRIPTORS: dict[str, Descriptor] = {
    d.name: d
    for d in (
        Descriptor("one-hot", "element one-hot"),
        Descriptor("features", "92 element features"),
        Descriptor("magpie", "Magpie", "matminer"),
        Descriptor("ofm", "orbital field matrix", "matminer"),
        Descriptor("sine", "sine matrix", "matminer"),
        Descriptor("soap", "SOAP", "dscribe"),
    )
}


@dataclass(frozen=True, eq=False)
class Rows:
    """What is described: R rows, each a site of a structure or a whole structure.

    Attributes
    ----------
    structures : sequence of Structure
        Ordered ones.
    structure : (R,) int
        Index into ``structures``.
    site : (R,) int
        0-based site, or :data:`WHOLE` for the structure itself.
    """

    structures: Sequence[Structure]
    structure: NDArray[np.int64]
    site: NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.structure)


Progress = Callable[[int, int], bool]


def require(name: str) -> None:
    """Refuse a descriptor whose library is not there.

    Raises
    ------
    MissingLibrary
    """
    library = DESCRIPTORS[name].library
    if library and find_spec(library) is None:
        raise MissingLibrary(f"{library} is missing: {INSTALL}", name=library)


def describe(name: str, rows: Rows, progress: Progress = lambda done, total: True) -> FloatArray:
    """Vectors (R, D) of a descriptor.

    ``progress(done, total)`` is called after each structure; a false answer stops.

    Raises
    ------
    MissingLibrary
        See :func:`require`.
    DescriptorStopped
        ``progress`` said so.
    """
    require(name)
    make = _MAKERS[name](rows)
    vectors: list[FloatArray | None] = [None] * len(rows)
    wanted: dict[int, list[int]] = {}
    for row, structure in enumerate(rows.structure):
        wanted.setdefault(int(structure), []).append(row)
    for done, (index, own) in enumerate(wanted.items(), start=1):
        sites = sorted({int(rows.site[row]) for row in own})
        found = make(rows.structures[index], sites)
        for row in own:
            vectors[row] = found[int(rows.site[row])]
        if not progress(done, len(wanted)):
            raise DescriptorStopped
    return np.stack([vector for vector in vectors if vector is not None]).astype(np.float64)


_Make = Callable[["Structure", list[int]], dict[int, FloatArray]]


def _of_elements(table: FloatArray) -> _Make:
    def make(structure: Structure, sites: list[int]) -> dict[int, FloatArray]:
        vectors = table[[site.specie.Z for site in structure]]
        return {site: vectors.mean(axis=0) if site == WHOLE else vectors[site] for site in sites}

    return make


def _one_hot(rows: Rows) -> _Make:
    return _of_elements(np.eye(MAX_Z + 1))


def _features(rows: Rows) -> _Make:
    return _of_elements(element_features().astype(np.float64))


def _magpie(rows: Rows) -> _Make:
    from matminer.featurizers.composition import ElementProperty
    from pymatgen.core import Composition

    magpie = ElementProperty.from_preset("magpie")
    known: dict[str, FloatArray] = {}

    def of(composition: Composition) -> FloatArray:
        key = composition.reduced_formula
        if key not in known:
            known[key] = np.asarray(magpie.featurize(composition), dtype=np.float64)
        return known[key]

    def make(structure: Structure, sites: list[int]) -> dict[int, FloatArray]:
        whole = of(structure.composition)
        return {
            site: whole
            if site == WHOLE
            else np.concatenate([of(Composition(structure[site].specie.symbol)), whole])
            for site in sites
        }

    return make


def _ofm(rows: Rows) -> _Make:
    from matminer.featurizers.structure import OrbitalFieldMatrix
    from pymatgen.analysis.local_env import VoronoiNN

    shells = {z: np.asarray(row, dtype=np.float64).ravel() for z, row in OrbitalFieldMatrix().ohvs.items()}
    voronoi = VoronoiNN(allow_pathological=True, cutoff=_VORONOI_CUTOFF, compute_adj_neighbors=False)

    def of(structure: Structure, site: int) -> FloatArray:
        # The sum is matminer's, but with the distance of the image that is the neighbour: matminer takes that of the
        # nearest image, which is zero where an atom neighbours its own copy.
        centre = structure[site]
        around = np.zeros_like(shells[1])
        for other in voronoi.get_nn_info(structure, site):
            distance = float(np.linalg.norm(other["site"].coords - centre.coords))
            around += other["weight"] / distance * shells[other["site"].specie.Z]
        return np.outer(around, shells[centre.specie.Z]).ravel()

    def make(structure: Structure, sites: list[int]) -> dict[int, FloatArray]:
        found = {site: of(structure, site) for site in sites if site != WHOLE}
        if WHOLE in sites:
            # what surrounds sites that symmetry makes alike is the same: one of them is enough
            first, count = np.unique(equivalent_sites(structure), return_index=True, return_counts=True)[1:]
            alike = [found[i] if i in found else of(structure, i) for i in map(int, first)]
            found[WHOLE] = np.average(alike, axis=0, weights=count)
        return {site: found[site] for site in sites}

    return make


def _sine(rows: Rows) -> _Make:
    from matminer.featurizers.structure import SineCoulombMatrix

    largest = max(len(rows.structures[i]) for i in set(map(int, rows.structure)))
    sine = SineCoulombMatrix(flatten=False)

    def make(structure: Structure, sites: list[int]) -> dict[int, FloatArray]:
        matrix = np.asarray(sine.featurize(structure)[0], dtype=np.float64)
        found = {}
        for site in sites:
            if site == WHOLE:
                values = np.linalg.eigvalsh(matrix)
                own = values[np.argsort(-np.abs(values))]
            else:
                others = np.sort(np.delete(matrix[site], site))[::-1]
                own = np.concatenate([matrix[site, site : site + 1], others])
            found[site] = np.pad(own, (0, largest - len(own)))
        return found

    return make


def _soap(rows: Rows) -> _Make:
    from dscribe.descriptors import SOAP
    from pymatgen.io.ase import AseAtomsAdaptor

    symbols = sorted(
        {site.specie.symbol for i in set(map(int, rows.structure)) for site in rows.structures[i]}
    )
    options: dict[str, Any] = dict(_SOAP)
    options["compression"] = {"mode": "mu2", "species_weighting": _atomic_numbers(symbols)}
    described = SOAP(species=symbols, **options)

    def make(structure: Structure, sites: list[int]) -> dict[int, FloatArray]:
        atoms = AseAtomsAdaptor.get_atoms(structure, msonable=False)
        centres = list(range(len(structure))) if WHOLE in sites else sites
        vectors = np.atleast_2d(np.asarray(described.create(atoms, centers=centres)))
        of_site = dict(zip(centres, vectors, strict=True))
        return {site: vectors.mean(axis=0) if site == WHOLE else of_site[site] for site in sites}

    return make


def _atomic_numbers(symbols: list[str]) -> dict[str, float]:
    from pymatgen.core import Element

    return {symbol: float(Element(symbol).Z) for symbol in symbols}


_MAKERS: dict[str, Callable[[Rows], _Make]] = {
    "one-hot": _one_hot,
    "features": _features,
    "magpie": _magpie,
    "ofm": _ofm,
    "sine": _sine,
    "soap": _soap,
}
