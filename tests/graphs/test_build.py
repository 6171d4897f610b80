"""Neighbours, ties and refusals of the crystal graph."""

import numpy as np
import pytest
from pymatgen.core import Lattice, Structure

from negnn_gui.graphs.batch import collate
from negnn_gui.graphs.build import GraphError, build_graph
from negnn_gui.graphs.spec import GraphSpec

SPEC = GraphSpec()


def bcc(a: float = 2.8665) -> Structure:
    return Structure(Lattice.cubic(a), ["Fe", "Fe"], [[0, 0, 0], [0.5, 0.5, 0.5]])


def rock_salt(a: float = 4.177) -> Structure:
    return Structure.from_spacegroup("Fm-3m", Lattice.cubic(a), ["Ni", "O"], [[0, 0, 0], [0.5] * 3])


def low_symmetry(seed: int = 0, n: int = 9) -> Structure:
    random = np.random.default_rng(seed)
    lattice = Lattice.from_parameters(5.1, 6.3, 7.4, 81, 97, 104)
    return Structure(lattice, random.choice(["Fe", "O", "La"], n), random.random((n, 3)))


def test_bcc_takes_the_whole_tied_second_shell() -> None:
    graph = build_graph(bcc(), SPEC)
    first = graph.target == 0
    # 8 neighbours at a sqrt(3)/2 and all 6 at a, which share the 4 places that are left
    assert first.sum() == 14
    near = graph.distance[first] < 2.6
    assert near.sum() == 8
    np.testing.assert_allclose(graph.distance[first][near], 2.8665 * np.sqrt(3) / 2, rtol=1e-6)
    np.testing.assert_allclose(graph.weight[first][~near], 4 / 6, rtol=1e-6)
    np.testing.assert_allclose(graph.weight[first][near], 1.0)


def test_weights_add_up_to_the_number_of_neighbours() -> None:
    for structure in (bcc(), rock_salt(), low_symmetry()):
        graph = build_graph(structure, SPEC)
        total = np.bincount(graph.target, weights=graph.weight, minlength=graph.n_atoms)
        np.testing.assert_allclose(total, SPEC.neighbours, rtol=1e-5)


def test_neighbours_agree_with_pymatgens_slow_search() -> None:
    structure = low_symmetry()
    graph = build_graph(structure, SPEC)
    for atom, neighbours in enumerate(structure.get_all_neighbors(SPEC.cutoff)):
        nearest = np.sort([n.nn_distance for n in neighbours])[: SPEC.neighbours]
        np.testing.assert_allclose(np.sort(graph.distance[graph.target == atom])[:12], nearest, rtol=1e-5)


def test_edges_are_sorted_by_target_and_sources_are_right() -> None:
    graph = build_graph(rock_salt(), SPEC)
    assert (np.diff(graph.target) >= 0).all()
    nearest = graph.distance < 2.2
    # in rock salt the six nearest neighbours are of the other kind
    assert nearest.sum() == 6 * graph.n_atoms
    assert (graph.atomic_numbers[graph.source[nearest]] != graph.atomic_numbers[graph.target[nearest]]).all()


def test_few_neighbours_keep_weight_one_and_isolated_atoms_are_flagged() -> None:
    pair = Structure(Lattice.cubic(30), ["O", "O"], [[0.5, 0.5, 0.5], [0.54, 0.5, 0.5]])
    graph = build_graph(pair, SPEC)
    assert graph.n_edges == 2
    np.testing.assert_allclose(graph.weight, 1.0)
    np.testing.assert_allclose(graph.distance, 1.2, rtol=1e-5)
    assert not graph.isolated.any()
    alone = build_graph(Structure(Lattice.cubic(30), ["Fe"], [[0, 0, 0]]), SPEC)
    assert alone.n_edges == 0 and alone.isolated.all()


def test_bare_cut_and_padding_follow_the_published_code() -> None:
    published = GraphSpec(ties="cut", direction="from_centre", padding=True)
    graph = build_graph(bcc(), published)
    assert (np.bincount(graph.source) == 12).all()
    alone = build_graph(Structure(Lattice.cubic(30), ["Fe"], [[0, 0, 0]]), published)
    assert alone.n_edges == 12
    np.testing.assert_allclose(alone.distance, 9.0)


def test_the_structure_is_left_untouched() -> None:
    structure = low_symmetry()
    before = structure.copy()
    build_graph(structure, SPEC)
    assert structure == before


@pytest.mark.parametrize(
    ("structure", "reason"),
    [
        (Structure(Lattice.cubic(4), [{"Fe": 0.5, "Co": 0.5}], [[0, 0, 0]]), "disordered"),
        (Structure(Lattice.cubic(4), ["Rf"], [[0, 0, 0]]), "Z = 1 to 103"),
        (Structure(Lattice.cubic(4), ["Fe"], [[float("nan"), 0, 0]]), "finite"),
        (Structure(Lattice.cubic(4), [], []), "no atoms"),
    ],
)
def test_what_cannot_be_a_graph_is_refused_with_its_reason(structure: Structure, reason: str) -> None:
    with pytest.raises(GraphError, match=reason):
        build_graph(structure, SPEC)


def test_a_batch_is_the_disjoint_union() -> None:
    graphs = [build_graph(s, SPEC) for s in (bcc(), rock_salt(), low_symmetry())]
    batch = collate(graphs)
    assert batch.n_structures == 3 and batch.n_atoms == sum(g.n_atoms for g in graphs)
    second = (batch.target >= 2) & (batch.target < 10)
    np.testing.assert_array_equal(batch.source[second].numpy() - 2, graphs[1].source)
    np.testing.assert_array_equal(batch.structure[batch.source], batch.structure[batch.target])
    assert int(batch.degree.sum()) == sum(g.n_edges for g in graphs)


def test_a_spec_survives_json_and_refuses_nonsense() -> None:
    assert GraphSpec.from_dict(SPEC.to_dict()) == SPEC
    assert len(SPEC.centres) == 41
    with pytest.raises(ValueError, match="unknown field"):
        GraphSpec.from_dict({"cutof": 8.0})
    with pytest.raises(ValueError, match="positive"):
        GraphSpec.from_dict({"cutoff": -1.0})
