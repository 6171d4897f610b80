"""Ten structures with very many analysed sites, for the views that have to show them all."""

from __future__ import annotations

import numpy as np

from negnn_gui.bench.crystals import TWENTY_ATOMS, supercell
from negnn_gui.results import Analysis, ModelRef, MomentPrediction, NearestKnown
from negnn_gui.structures.entry import StructureEntry

BENCHMARK_ENCODER = ModelRef("benchmark", "0" * 64)
_LEVELS, _LENGTH = 6, 64


def many_structures(sites: int) -> list[StructureEntry]:
    """Ten structures that have about so many sites together."""
    cell = supercell(TWENTY_ATOMS, (max(1, sites // 200), 1, 1))
    return [
        StructureEntry(f"crystal-{k}", None, 0, f"crystal {k}", cell.structure, cell.site_labels)
        for k in range(10)
    ]


def random_analysis(entry: StructureEntry, seed: int, encoder: ModelRef = BENCHMARK_ENCODER) -> Analysis:
    """Made-up vectors (normal), moments (0 to 4 μB) and scores of the sites of an entry."""
    random, n = np.random.default_rng(seed), entry.n_sites
    vectors = random.normal(size=(_LEVELS, n, _LENGTH)).astype(np.float32)
    median = random.uniform(0, 4, n)
    nan = np.full(n, np.nan)
    moment = MomentPrediction(median, median - 0.1, median + 0.1, nan, nan)
    return Analysis(
        entry.id,
        entry.atomic_numbers.copy(),
        vectors,
        moment,
        MomentPrediction.no_data(n),
        np.full(n, 0.5),
        NearestKnown.unknown(n),
        encoder,
        None,
        "cpu",
    )
