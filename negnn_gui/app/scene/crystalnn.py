"""Bonds as pymatgen's CrystalNN sees them: slower than distances, and right where coordination is distorted.

Pan et al., Inorg. Chem. 60 (2021) 1590.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np

from negnn_gui.app.scene.bonds import CellBonds

if TYPE_CHECKING:
    from pymatgen.core import Structure

# Some 20 ms a site: beyond this it would take longer than anybody waits.
MAX_SITES = 3_000


class Cancelled(Exception):
    """The search was given up."""


def crystalnn_bonds(
    structure: Structure, go_on: Callable[[int, int], bool] = lambda done, of: True
) -> CellBonds:
    """Bonds of one cell, each once; two sites are bonded where either of them counts the other.

    Parameters
    ----------
    go_on : callable
        Told how many of how many sites are done; False gives up.

    Raises
    ------
    ValueError
        CrystalNN cannot treat the structure; one sentence.
    Cancelled
        ``go_on`` said so.
    """
    if not structure.is_ordered:
        raise ValueError("CrystalNN needs a structure without shared or partly empty sites; use distances")
    if len(structure) > MAX_SITES:
        raise ValueError(
            f"CrystalNN would take too long for {len(structure):,} sites (at most {MAX_SITES:,}); use distances"
        )
    from pymatgen.analysis.local_env import CrystalNN

    finder = CrystalNN()
    found: set[tuple[int, ...]] = set()
    for site in range(len(structure)):
        if not go_on(site, len(structure)):
            raise Cancelled
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # that it guesses radii where no charges are given
            try:
                around = finder.get_nn_info(structure, site)
            except (ValueError, RuntimeError) as error:
                reason = str(error).strip().splitlines()[-1] if str(error).strip() else type(error).__name__
                raise ValueError(f"CrystalNN failed at site {site}: {reason}; use distances") from error
        found |= {_once(site, int(n["site_index"]), tuple(int(step) for step in n["image"])) for n in around}
    rows = np.array(sorted(found), dtype=np.int64).reshape(-1, 5)
    return CellBonds(rows[:, 0], rows[:, 1], rows[:, 2:])


def _once(first: int, second: int, image: tuple[int, ...]) -> tuple[int, ...]:
    """A bond written from the end with the lower index, and from a site to itself in the forward direction."""
    backwards = tuple(-step for step in image)
    if first > second or (first == second and image < backwards):
        return (second, first, *backwards)
    return (first, second, *image)
