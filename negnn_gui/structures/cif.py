"""CIF and magnetic CIF to crystals: every symmetry copy, in the order of the file.

pymatgen's own CIF reader sorts sites by composition and compares every site with every other; this one
keeps the file's order and stays fast for tens of thousands of atoms. Orbits are built as pymatgen builds
them: atom by atom, operation by operation, a copy that falls on an earlier one left out.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator

import numpy as np
from pymatgen.core import Composition, Lattice

from negnn_gui.structures import cif_symmetry, magnetic
from negnn_gui.structures.cif_orbits import Sites, build_sites
from negnn_gui.structures.cif_sites import AtomRow, atom_rows, number
from negnn_gui.structures.cif_symmetry import Operations
from negnn_gui.structures.cif_syntax import CifBlock, parse_blocks
from negnn_gui.structures.parsed import ParsedFrame, ParseError

_CELL_TAGS = (
    *(f"_cell_length_{axis}" for axis in "abc"),
    *(f"_cell_angle_{angle}" for angle in ("alpha", "beta", "gamma")),
)


def parse_cif(text: str) -> Iterator[ParsedFrame | ParseError]:
    """Every data block of a CIF that describes a crystal.

    Blocks without cell and atoms (publication data, patterns) are passed over.
    """
    crystals = [
        block
        for block in parse_blocks(text)
        if block.has_prefix("_atom_site_fract_", "_atom_site_cartn_", "_cell_length_")
    ]
    if not crystals:
        yield ParseError(
            "the file holds neither a unit cell nor atoms; it may be cut short, or be no structure CIF"
        )
    for block in crystals:
        try:
            yield parse_block(block)
        except ParseError as error:
            yield error


def parse_block(block: CifBlock) -> ParsedFrame:
    """One crystal from one data block.

    Raises
    ------
    ParseError
        The block describes no crystal that can be used; says why, with the line where known.
    """
    warnings: list[str] = []
    lattice = _block_lattice(block)
    magnetic_file = magnetic.is_magnetic(block)
    if magnetic.is_modulated(block):
        if magnetic_file:
            raise ParseError(
                "an incommensurate (modulated) magnetic structure has no unit cell; "
                "open a commensurate model of it"
            )
        warnings.append("The structure is modulated: only its average is read.")
    rows = atom_rows(block, lattice.matrix, warnings)
    operations = magnetic.operations(block) if magnetic_file else None
    if operations is None:
        operations = cif_symmetry.operations(block, lattice.gamma, warnings)
        if magnetic_file and len(operations) > 1:
            warnings.append("No magnetic symmetry is stated: moments follow the ordinary operations.")
    sites = build_sites(rows, operations, lattice, warnings)
    labels = [rows[shared[0]].label for shared in sites.rows] if any(row.label for row in rows) else None
    frame = ParsedFrame(lattice, sites.species, sites.frac, labels, warnings=warnings)
    if magnetic_file:
        _add_moments(frame, block, rows, sites, operations)
    _compare_formula(frame, block)
    if block.strays:
        line = block.line(block.strays[0])
        warnings.append(f"Line {line}: text that belongs to no tag was ignored (a quote may be missing).")
    return frame


def _block_lattice(block: CifBlock) -> Lattice:
    values = []
    for tag in _CELL_TAGS:
        text = block.value(tag)
        if text is None:
            raise ParseError(f"the unit cell is incomplete ({tag} is missing); add the six cell parameters")
        try:
            values.append(number(text))
        except ValueError as error:
            raise ParseError(f"{tag} is no number ({text}); correct it") from error
    return cell(values)


def cell(parameters: list[float]) -> Lattice:
    """A lattice from a, b, c (Å) and alpha, beta, gamma (degrees).

    Raises
    ------
    ParseError
        A parameter is impossible or the cell is flat.
    """
    written = " ".join(f"{value:g}" for value in parameters)
    lengths, angles = np.array(parameters[:3]), np.array(parameters[3:])
    if not np.isfinite(parameters).all() or (lengths <= 0).any() or (lengths > 1e4).any():
        raise ParseError(f"the cell lengths are impossible ({written}); correct them")
    if (angles <= 0).any() or (angles >= 180).any():
        raise ParseError(f"the cell angles are impossible ({written}); correct them")
    cosines = np.cos(np.radians(angles))
    if 1 - (cosines**2).sum() + 2 * cosines.prod() < 1e-6:
        raise ParseError(f"the cell has no volume ({written}); correct its angles")
    return Lattice.from_parameters(*parameters)


def _add_moments(
    frame: ParsedFrame, block: CifBlock, rows: list[AtomRow], sites: Sites, operations: Operations
) -> None:
    """Moments of all copies, turned by the operation that made each; sites without one stay unknown (NaN)."""
    given = magnetic.moments_by_label(block, frame.lattice.matrix)
    if not given:
        frame.warnings.append("The file states a magnetic symmetry but no moments.")
        return
    turned = {
        index: magnetic.rotate_moments(given[row.label], operations, frame.lattice.matrix)
        for index, row in enumerate(rows)
        if row.label in given
    }
    unknown = sorted(set(given) - {row.label for row in rows})
    if unknown:
        frame.warnings.append(f"Moments are given for labels that no atom has: {', '.join(unknown[:5])}.")
    odd = [
        rows[index].label
        for index, moments in turned.items()
        if index in sites.stabilisers
        and np.abs(moments[sites.stabilisers[index]] - moments[sites.stabilisers[index][0]]).max() > 0.05
    ]
    if odd:
        frame.warnings.append(
            f"The magnetic symmetry does not allow the moment given for {', '.join(odd[:5])}."
        )
    vectors = np.full((len(sites.frac), 3), np.nan)
    for site, (shared, operation) in enumerate(zip(sites.rows, sites.operation, strict=True)):
        carrier = next((index for index in shared if index in turned), None)
        if carrier is not None:
            vectors[site] = turned[carrier][operation]
    frame.moment_vectors = vectors


def _compare_formula(frame: ParsedFrame, block: CifBlock) -> None:
    """Warn where the atoms do not add up to the stated formula (rows lost, hydrogens not located)."""
    stated = block.value("_chemical_formula_sum")
    if stated is None:
        return
    try:
        wanted = Composition(re.sub(r"\b[DT](?=[\d\s.]|$)", "H", stated)).get_el_amt_dict()
    except Exception:
        # A formula written as a text for people says nothing that could be compared.
        return
    found: dict[str, float] = {}
    times = Counter(map(id, frame.species))
    for composition in {id(each): each for each in frame.species}.values():
        for symbol, amount in composition.get_el_amt_dict().items():
            found[symbol] = found.get(symbol, 0.0) + times[id(composition)] * amount
    lost = sorted(set(wanted) - set(found))
    if lost:
        frame.warnings.append(f"The stated formula {stated} has {', '.join(lost)}, the atom table has not.")
        return
    ratios = [found[symbol] / amount for symbol, amount in wanted.items() if amount > 0]
    if ratios and max(ratios) > 1.05 * min(ratios):
        frame.warnings.append(
            f"The atoms do not add up to the stated formula {stated}; the file may be incomplete."
        )
