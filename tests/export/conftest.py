"""Results to write: small crystals with random numbers in every column."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from pymatgen.core import Lattice, Structure

from negnn_gui.export.writers import Result
from negnn_gui.results import Analysis, ModelRef, MomentPrediction, NearestKnown
from negnn_gui.structures.entry import StructureEntry

MakeResult = Callable[..., Result]


@pytest.fixture
def make_result() -> MakeResult:
    """Structure number ``n`` of a file in folder ``a``, with an analysis of it."""

    def make(number: int, vectors: bool = False, name: str | None = None) -> Result:
        rng = np.random.default_rng(number)
        species = ["Ni", "O", "O"][: 2 + number % 2]
        n = len(species)
        structure = Structure(Lattice.from_parameters(4, 5, 6, 80, 95, 110), species, rng.random((n, 3)))
        moments = rng.normal(size=(n, 3)) if vectors else None
        if moments is not None:
            moments[-1] = np.nan
        entry = StructureEntry(
            str(number),
            Path("a") / f"{name or f'x{number}'}.cif",
            0,
            name or f"x{number}",
            structure,
            tuple(f"{symbol}{k}" for k, symbol in enumerate(species)),
            moment_input=None if moments is None else np.linalg.norm(moments, axis=1),
            moment_vectors=moments,
        )
        nan = np.full(n, np.nan)
        median = rng.random(n) * 3
        median[1] = np.nan
        analysis = Analysis(
            entry_id=str(number),
            atomic_numbers=np.array([28, 8, 8][:n]),
            embeddings=rng.random((6, n, 64), dtype=np.float32),
            moment=MomentPrediction(median, median - 0.1, median + 0.2, nan, nan),
            moment_exp=MomentPrediction.no_data(n),
            ood_score=rng.random(n),
            nearest=NearestKnown.unknown(n),
            encoder=ModelRef("encoder", "e"),
            model=ModelRef("moments", "m"),
            device="cpu",
        )
        return entry, analysis

    return make
