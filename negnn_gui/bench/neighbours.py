"""The neighbour search, and the whole way from a structure to its crystal graph."""

from __future__ import annotations

from negnn_gui.bench.benchmark import Benchmark, Settings, median_ms, one_thread
from negnn_gui.bench.crystals import TWENTY_ATOMS, example, supercell
from negnn_gui.bench.figures import Figure, Measured


def measure_graphs(settings: Settings) -> Measured:
    """Time of a graph at 20 and at 1,960 atoms, beside pymatgen's compiled search of the full cutoff."""
    from negnn_gui.graphs.build import build_graph
    from negnn_gui.graphs.spec import GraphSpec

    spec = GraphSpec()
    small = example(TWENTY_ATOMS).structure
    large = supercell(TWENTY_ATOMS, (2, 1, 1) if settings.quick else (7, 7, 2)).structure
    figures = []
    with one_thread():
        times = {}
        for structure in (small, large):
            atoms = len(structure)
            times[atoms] = median_ms(lambda s=structure: build_graph(s, spec), settings.repeats)  # type: ignore[misc]
            search = median_ms(lambda s=structure: s.get_neighbor_list(spec.cutoff), settings.repeats)  # type: ignore[misc]
            figures += [
                Figure(f"graph_{atoms}_atoms", times[atoms], "ms"),
                Figure(f"pymatgen_search_{atoms}_atoms", search, "ms"),
                Figure(f"graph_over_search_{atoms}_atoms", times[atoms] / search, ""),
            ]
    growth = (times[len(large)] / times[len(small)]) / (len(large) / len(small))
    figures.append(Figure("time_per_atom_large_over_small", growth, ""))
    return Measured(tuple(figures), {"threads": 1, "cutoff_A": spec.cutoff, "repeats": settings.repeats})


GRAPHS = Benchmark("graphs", "From a structure to its crystal graph", measure_graphs)
