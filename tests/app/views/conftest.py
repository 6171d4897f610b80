"""Small crystals with made-up analyses: the embeddings are random, but alike for like elements."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from pymatgen.core import Element, Lattice, Structure
from pytestqt.qtbot import QtBot

from negnn_gui.analysis.atlas import Atlas, AtlasSites, write_atlas
from negnn_gui.app.views.embedding_map import EmbeddingMap
from negnn_gui.results import Analysis, ModelRef, MomentPrediction, NearestKnown
from negnn_gui.structures.entry import StructureEntry

ENCODER = ModelRef("ssl-test", "a" * 64)
MODEL = ModelRef("ne-cgcnn-test", "c" * 64)
MOMENTS = {"O": 0.02, "Ni": 1.7, "Fe": 3.6, "Gd": 7.0}


def _entry(name: str, structure: Structure, moment_input: np.ndarray | None = None) -> StructureEntry:
    numbers: Counter[str] = Counter()
    labels = []
    for site in structure:
        symbol = site.specie.symbol
        numbers[symbol] += 1
        labels.append(f"{symbol}{numbers[symbol]}")
    path = Path(f"{name}.cif")
    return StructureEntry(f"id-{name}", path, 0, name, structure, tuple(labels), moment_input)


@pytest.fixture(scope="session")
def entries() -> dict[str, StructureEntry]:
    """NiO (4 Ni, 4 O; signed moments in the file), iron (2 Fe) and neodymium iron (1 Nd, 1 Fe)."""
    nio = Structure.from_spacegroup("Fm-3m", Lattice.cubic(4.18), ["Ni", "O"], [[0, 0, 0], [0.5, 0.5, 0.5]])
    iron = Structure.from_spacegroup("Im-3m", Lattice.cubic(2.87), ["Fe"], [[0, 0, 0]])
    ndfe = Structure(Lattice.cubic(3.2), ["Nd", "Fe"], [[0, 0, 0], [0.5, 0.5, 0.5]])
    moments = np.array([1.7, -1.7, 1.7, -1.7, 0.0, 0.0, 0.0, 0.0])
    made = (_entry("NiO", nio, moments), _entry("Fe", iron), _entry("NdFe", ndfe))
    return {entry.id: entry for entry in made}


def _element_vectors(symbol: str) -> np.ndarray:
    return 2.0 * np.random.default_rng(Element(symbol).Z).normal(size=64)


@pytest.fixture(scope="session")
def analyse() -> Callable[..., Analysis]:
    """Make an analysis: moments by element (none for Nd from the DFT head), intervals, a second state for Fe2."""

    def make(entry: StructureEntry, encoder: ModelRef = ENCODER) -> Analysis:
        rng = np.random.default_rng(len(entry.name))
        n = entry.n_sites
        element = np.array(entry.elements)
        embeddings = np.stack([_element_vectors(symbol) for symbol in entry.elements])[None].repeat(6, axis=0)
        embeddings += 0.4 * np.arange(6)[:, None, None] * rng.normal(size=(6, n, 64))
        median = np.array([MOMENTS.get(symbol, np.nan) for symbol in entry.elements]) + 0.01 * np.arange(n)
        nan = np.full(n, np.nan)
        alt, alt_weight = nan.copy(), nan.copy()
        if entry.name == "Fe":
            alt[1], alt_weight[1] = 0.9, 0.3
        width = np.full(n, 0.1)
        width[0] = 2.0
        moment = MomentPrediction(median, np.clip(median - width, 0, None), median + width, alt, alt_weight)
        measured = np.where(element == "Nd", 2.5, 0.9 * median)
        moment_exp = MomentPrediction(measured, measured - 0.2, measured + 0.2, nan, nan)
        ood = np.linspace(0.1, 0.99, n)
        nearest = NearestKnown(("NiO",) * n, tuple(entry.elements), median + 0.05, np.full(n, 0.01))
        numbers = np.array([Element(symbol).Z for symbol in entry.elements], dtype=np.int64)
        vectors = embeddings.astype(np.float32)
        return Analysis(entry.id, numbers, vectors, moment, moment_exp, ood, nearest, encoder, MODEL, "cpu")

    return make


@pytest.fixture(scope="session")
def analyses(entries: dict[str, StructureEntry], analyse: Callable[..., Analysis]) -> dict[str, Analysis]:
    """One analysis for each entry."""
    return {entry_id: analyse(entry) for entry_id, entry in entries.items()}


@pytest.fixture
def make_atlas(tmp_path: Path) -> Callable[..., Atlas]:
    """Write and load an atlas of n sites of Fe, Ni, Gd and O."""

    def make(n: int = 200, encoder: ModelRef = ENCODER) -> Atlas:
        rng = np.random.default_rng(8)
        element = np.array(rng.choice(["Fe", "Ni", "Gd", "O"], n), dtype=object)
        embeddings = np.stack([_element_vectors(symbol) for symbol in element])[None].repeat(6, axis=0)
        embeddings += (0.1 + 0.4 * np.arange(6))[:, None, None] * rng.normal(size=(6, n, 64))
        moment = np.array([MOMENTS[symbol] for symbol in element]) + 0.1 * rng.random(n)
        write_atlas(
            tmp_path / "atlas",
            encoder=encoder,
            sites=AtlasSites(
                element=element,
                formula=np.array([f"{symbol}{i % 7 + 1}S" for i, symbol in enumerate(element)], dtype=object),
                source_id=np.array([f"mp-{i}" for i in range(n)], dtype=object),
                motif=np.array(["octahedral"] * n, dtype=object),
                moment_dft=moment,
                moment_exp=np.where(np.arange(n) % 4 == 0, 0.9 * moment, np.nan),
            ),
            embeddings=embeddings.astype(np.float32),
        )
        return Atlas.load(tmp_path / "atlas", encoder)

    return make


@pytest.fixture
def view(qtbot: QtBot, entries: dict[str, StructureEntry], analyses: dict[str, Analysis]) -> EmbeddingMap:
    """A map of all crystals at level 1, shown."""
    widget = EmbeddingMap()
    qtbot.addWidget(widget)
    widget.resize(640, 480)
    widget.set_analyses(entries, analyses)
    widget.show()
    qtbot.waitExposed(widget)
    return widget
