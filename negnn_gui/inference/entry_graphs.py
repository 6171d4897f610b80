"""Structure entry -> crystal graph, without its structure where that has not been made."""

from __future__ import annotations

from negnn_gui.graphs.build import build_graph, graph_from_arrays
from negnn_gui.graphs.crystal_graph import CrystalGraph
from negnn_gui.graphs.spec import GraphSpec
from negnn_gui.structures.entry import StructureEntry


def entry_graph(entry: StructureEntry, spec: GraphSpec) -> CrystalGraph:
    """Crystal graph of an entry.

    Raises
    ------
    GraphError
        As :func:`~negnn_gui.graphs.build.build_graph`.
    """
    if not entry.n_sites or not entry.is_ordered:
        return build_graph(entry.structure, spec)  # which says why not
    return graph_from_arrays(entry.lattice, entry.atomic_numbers, entry.frac_coords, spec)
