"""From a file to moments, and structures a second."""

from __future__ import annotations

import time

from negnn_gui.bench.benchmark import Benchmark, LeftOut, Settings, load_predictor, median_ms, one_thread
from negnn_gui.bench.crystals import TWENTY_ATOMS, example_file, perturbed_examples
from negnn_gui.bench.figures import Figure, Measured

_DROP_TARGET_MS = 150.0


def measure_drop(settings: Settings) -> Measured:
    """Warm time from a CIF of 20 atoms to its moments, on one CPU thread."""
    from negnn_gui.inference.predictor import PredictionFailure
    from negnn_gui.structures.entry import StructureEntry
    from negnn_gui.structures.reading import read_structures

    path = example_file(TWENTY_ATOMS)
    parse_ms: list[float] = []
    with one_thread():
        predictor = load_predictor(settings)

        def drop() -> None:
            begin = time.perf_counter()
            entries = [found for found in read_structures(path) if isinstance(found, StructureEntry)]
            parse_ms.append(1000.0 * (time.perf_counter() - begin))
            for outcome in predictor.predict(entries):
                if isinstance(outcome, PredictionFailure):
                    raise LeftOut(f"{path.name} cannot be predicted: {outcome.reason}")

        total = median_ms(drop, settings.repeats)
    parsing = sorted(parse_ms[1:])[len(parse_ms[1:]) // 2]
    return Measured(
        (
            Figure("drop_to_moments", total, "ms", target=_DROP_TARGET_MS),
            Figure("of_it_parsing", parsing, "ms"),
            Figure("of_it_graph_and_models", total - parsing, "ms"),
        ),
        {"threads": 1, "file": path.name, "repeats": settings.repeats, **_models(predictor)},
    )


def measure_throughput(settings: Settings) -> Measured:
    """Structures of about 30 atoms a second on one CPU thread: graphs alone, and graphs with both models."""
    from negnn_gui.graphs.build import build_graph
    from negnn_gui.graphs.spec import GraphSpec

    entries = perturbed_examples(5 if settings.quick else 200)
    repeats = min(settings.repeats, 3)
    spec = GraphSpec()
    with one_thread():
        predictor = load_predictor(settings)
        graphs = median_ms(lambda: [build_graph(entry.structure, spec) for entry in entries], repeats)
        everything = median_ms(lambda: list(predictor.predict(entries)), repeats)
    atoms = sum(entry.n_sites for entry in entries)
    return Measured(
        (
            Figure("graphs_and_models", 1000.0 * len(entries) / everything, "/s", best="high"),
            Figure("graphs_alone", 1000.0 * len(entries) / graphs, "/s", best="high"),
            Figure("atoms", 1000.0 * atoms / everything, "/s", best="high"),
        ),
        {
            "threads": 1,
            "structures": len(entries),
            "atoms_per_structure": round(atoms / len(entries), 1),
            "repeats": repeats,
            **_models(predictor),
        },
    )


def _models(predictor: object) -> dict[str, str]:
    encoder, model = getattr(predictor, "encoder", None), getattr(predictor, "model", None)
    return {name: ref.id for name, ref in (("encoder", encoder), ("model", model)) if ref is not None}


DROP = Benchmark("drop", "A dropped CIF of 20 atoms to its moments", measure_drop)
THROUGHPUT = Benchmark("throughput", "Structures a second, graphs and models", measure_throughput)
