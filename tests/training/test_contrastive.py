"""Supercell views: the graphs of real supercells, told apart by their masks; the contrastive and the joint task."""

from pathlib import Path

import numpy as np
import pytest
import torch
from pymatgen.core import Lattice, Structure

from negnn_gui.graphs.batch import GraphBatch, collate
from negnn_gui.graphs.build import build_graph
from negnn_gui.graphs.spec import GraphSpec
from negnn_gui.models import registry
from negnn_gui.models.checkpoint import ModelFileError
from negnn_gui.models.encoder import CrystalGraphEncoder, EncoderConfig
from negnn_gui.models.features import element_features
from negnn_gui.models.loading import load_encoder, load_ssl_heads
from negnn_gui.models.ssl_heads import ProjectionHead, SSLHeadsConfig
from negnn_gui.training.contrastive import (
    TEMPERATURE,
    contrastive_answers,
    mean_over_atoms,
    pretraining_module,
)
from negnn_gui.training.contrastive_images import edge_images, open_edge_images
from negnn_gui.training.contrastive_views import ViewDataset, draw_factors, supercells
from negnn_gui.training.graph_store import GraphStore, open_graph_store
from negnn_gui.training.masking import hide_share
from negnn_gui.training.pretrain import PretrainConfig
from negnn_gui.training.pretrain_publish import pretrain_encoder, publish_encoder
from negnn_gui.training.pretrain_run import RunOptions, run_pretraining
from negnn_gui.training.tables import StructureTable, read_structures_table

SPEC = GraphSpec()

# One with atoms outside the cell, one whose edges are nearly all tied, one of a single atom.
CRYSTALS = [
    Structure(
        Lattice.from_parameters(4.6, 5.3, 6.1, 83, 95, 107),
        ["Fe", "O", "O", "Cr"],
        [[0.02, -0.9, 1.2], [0.4, 0.5, 0.1], [2.7, 0.2, 0.6], [0.3, 0.8, -0.3]],
    ),
    Structure.from_spacegroup("Fm-3m", Lattice.cubic(4.177), ["Ni", "O"], [[0] * 3, [0.5] * 3]),
    Structure(Lattice.from_parameters(2.48, 2.48, 2.48, 109.47, 109.47, 109.47), ["Fe"], [[0.1, 0, 0]]),
]


def table_of(crystals: list[Structure]) -> StructureTable:
    sizes = [len(crystal) for crystal in crystals]
    return StructureTable(
        name="crystals",
        sha256="0",
        ids=np.array([str(i) for i in range(len(crystals))]),
        formulas=np.array([crystal.reduced_formula for crystal in crystals]),
        splits=np.array(["train"] * len(crystals)),
        lattices=np.stack([crystal.lattice.matrix for crystal in crystals]),
        start=np.concatenate([[0], np.cumsum(sizes)]),
        atomic_numbers=np.concatenate([crystal.atomic_numbers for crystal in crystals]),
        frac_coords=np.concatenate([crystal.frac_coords for crystal in crystals]),
    )


@pytest.fixture
def store_and_images(tmp_path: Path) -> tuple[GraphStore, np.ndarray]:
    table = table_of(CRYSTALS)
    store = open_graph_store(table, SPEC, tmp_path)
    return store, open_edge_images(table, store, SPEC, tmp_path)


def repeated(crystal: Structure, factors: np.ndarray) -> Structure:
    """The supercell, replica after replica with c fastest, its atoms in the order of the cell."""
    sites = [
        (site.specie, (site.frac_coords + np.array([i, j, k])) @ crystal.lattice.matrix)
        for i, j, k in np.ndindex(*factors)
        for site in crystal
    ]
    lattice = Lattice(crystal.lattice.matrix * np.asarray(factors)[:, None])
    return Structure(lattice, [s for s, _ in sites], [x for _, x in sites], coords_are_cartesian=True)


def edges(batch: GraphBatch) -> np.ndarray:
    """Sorted rows of target, source, distance and weight."""
    columns = (batch.weight, batch.distance, batch.source, batch.target)
    rounded = [column.double().numpy().round(3) for column in columns]
    return np.column_stack(rounded[::-1])[np.lexsort(rounded)]


@pytest.mark.parametrize("crystal", CRYSTALS, ids=lambda c: c.reduced_formula)
def test_images_give_the_distances(crystal: Structure) -> None:
    graph = build_graph(crystal, SPEC)
    images = edge_images(
        crystal.lattice.matrix, crystal.frac_coords, graph.source, graph.target, graph.distance
    )
    frac = crystal.frac_coords[graph.source] + images - crystal.frac_coords[graph.target]
    np.testing.assert_allclose(
        np.linalg.norm(frac @ crystal.lattice.matrix, axis=1), graph.distance, atol=1e-5
    )
    every = np.column_stack([graph.target, graph.source, images])
    assert len(np.unique(every, axis=0)) == len(every)


def test_views_are_the_graphs_of_real_supercells(store_and_images: tuple[GraphStore, np.ndarray]) -> None:
    store, images = store_and_images
    factors = np.array([[2, 1, 3], [1, 2, 1], [2, 2, 2], [1, 1, 1]])
    graphs = np.array([0, 1, 2, 0])
    view = supercells(store, images, graphs, factors)
    expected = collate(
        [build_graph(repeated(CRYSTALS[g], f), SPEC) for g, f in zip(graphs, factors, strict=True)]
    )
    assert torch.equal(view.atomic_numbers, expected.atomic_numbers)
    assert torch.equal(view.structure, expected.structure)
    assert torch.equal(view.degree, expected.degree)
    assert view.n_structures == 4
    np.testing.assert_allclose(edges(view), edges(expected), atol=2e-3)


def test_an_unmasked_view_says_what_the_cell_does(store_and_images: tuple[GraphStore, np.ndarray]) -> None:
    store, images = store_and_images
    torch.manual_seed(0)
    encoder = CrystalGraphEncoder(EncoderConfig(), SPEC, torch.tensor(element_features())).eval()
    cell = encoder(store.batch(np.array([0])))
    view = encoder(supercells(store, images, np.array([0]), np.array([[2, 1, 2]])))
    torch.testing.assert_close(view, cell.repeat(1, 4, 1), atol=1e-5, rtol=1e-5)


def test_cells_are_doubled_until_they_hold_ten_atoms() -> None:
    sizes = np.array([1, 2, 3, 5, 9, 40])
    factors = draw_factors(sizes.repeat(50), np.random.default_rng(0))
    doublings = (factors == 2).sum(axis=1).reshape(6, 50)
    assert (doublings == np.array([3, 3, 2, 1, 1, 1])[:, None]).all()
    assert set(factors.ravel()) == {1, 2}
    assert (factors[-50:] == 2).any(axis=0).all()  # each of the three axes has its turn


def test_a_fifth_is_hidden_and_two_views_differ(store_and_images: tuple[GraphStore, np.ndarray]) -> None:
    store, images = store_and_images
    batch, _ = ViewDataset(store, images, 0)[np.array([0, 1, 2])]
    hidden = hide_share(batch, 0.2, torch.Generator().manual_seed(0))
    sizes = torch.bincount(batch.structure)
    counts = torch.bincount(batch.structure[hidden.atoms], minlength=6)
    assert counts.tolist() == [max(1, round(0.2 * n)) for n in sizes.tolist()]
    assert torch.equal(hidden.edges, hidden.atoms[batch.source] | hidden.atoms[batch.target])
    again, _ = ViewDataset(store, images, 0)[np.array([0, 1, 2])]
    assert torch.equal(again.source, batch.source)


def test_nt_xent_is_the_published_formula() -> None:
    torch.manual_seed(0)
    vectors = torch.randn(11, 64)
    batch = collate([build_graph(crystal, SPEC) for crystal in [*CRYSTALS[1:], CRYSTALS[2], CRYSTALS[2]]])
    projection = ProjectionHead()
    logits, truth = contrastive_answers(projection, vectors, batch)["view"]
    means = torch.stack([vectors[batch.structure == i].mean(0) for i in range(4)])
    torch.testing.assert_close(mean_over_atoms(vectors, batch), means)
    z = projection(means)
    expected = 0.0
    for i, j in ((0, 2), (1, 3), (2, 0), (3, 1)):
        like = [torch.cosine_similarity(z[i], z[k], dim=0) / TEMPERATURE for k in range(4)]
        others = torch.stack([like[k] for k in range(4) if k != i])
        expected += (torch.logsumexp(others, 0) - like[j]) / 4
    torch.testing.assert_close(torch.nn.functional.cross_entropy(logits, truth), expected)


def steps(n: int, **more: object) -> RunOptions:
    return RunOptions(None, max_steps=n, batch_atoms=200, progress=False, device="cpu", **more)  # type: ignore[arg-type]


@pytest.mark.parametrize("task", ["contrastive", "both"])
def test_a_run_becomes_an_encoder(task: str, tables: Path, tmp_path: Path) -> None:
    torch.set_num_threads(1)
    config = PretrainConfig(task=task, heads=SSLHeadsConfig(hidden=0))  # type: ignore[arg-type]
    written = pretrain_encoder(tables, tmp_path, "views", config, steps(12, rate=3e-3), "test")
    info = registry.install(written)
    registry.verify(info)
    assert info.config["task"] == task
    load_encoder(info)
    assert (load_ssl_heads(info) is None) == (task == "contrastive")
    assert "found among 512 views" in info.card()
    assert 0 < info.config["training"]["test"]["view"] <= 1
    golden = np.load(info.folder / "golden.npz")
    assert golden["embeddings/NiO"].shape == (6, 8, 64)


def test_crystals_are_told_apart_after_training(tables: Path, tmp_path: Path) -> None:
    torch.set_num_threads(1)
    table = read_structures_table(tables, "mp_magmoms")
    store = open_graph_store(table, SPEC)
    images = open_edge_images(table, store, SPEC)
    batch, _ = ViewDataset(store, images, 0)[np.arange(64)]

    def found(module: torch.nn.Module) -> float:
        with torch.no_grad():
            likeness, partner = module.answers(batch, torch.Generator().manual_seed(5))["view"]
        return float((likeness.argmax(1) == partner).double().mean())

    config = PretrainConfig(task="contrastive")
    before = found(pretraining_module(config).eval())
    run = run_pretraining(tables, tmp_path, config, steps(15, rate=3e-3))
    assert found(run.module.eval()) > max(before, 0.5)


def test_a_run_starts_from_a_registered_encoder(tables: Path, tmp_path: Path) -> None:
    config = PretrainConfig(seed=7)
    first = pretraining_module(config)
    registry.install(publish_encoder(tables, tmp_path, "first", first, {}))
    run = run_pretraining(tables, tmp_path / "run", PretrainConfig(init="first"), steps(1, rate=1e-6))
    ours, theirs = run.module.checkpoint_weights(), first.checkpoint_weights()
    for name in ("encoder.convolutions.0.at_target.weight", "heads.element.0.weight"):
        torch.testing.assert_close(ours[name], theirs[name], atol=1e-4, rtol=0)
    other = PretrainConfig(init="first", encoder=EncoderConfig(element_vectors=False))
    with pytest.raises(ModelFileError, match="cannot be the start"):
        run_pretraining(tables, tmp_path / "other", other, steps(1))


def test_an_interrupted_run_goes_on(tables: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import signal

    from negnn_gui.training.budget import Budget

    torch.set_num_threads(1)
    # ignored where the tests run in the background of a shell
    handler = signal.default_int_handler
    before = signal.signal(signal.SIGINT, handler)
    set_rate = Budget.on_train_batch_start

    def interrupted(self: Budget, trainer: object, *rest: object) -> None:
        if trainer.global_step == 5:  # type: ignore[attr-defined]
            signal.raise_signal(signal.SIGINT)
        set_rate(self, trainer, *rest)  # type: ignore[arg-type]

    monkeypatch.setattr(Budget, "on_train_batch_start", interrupted)
    with pytest.raises(KeyboardInterrupt):
        run_pretraining(tables, tmp_path, PretrainConfig(), steps(12))
    assert signal.signal(signal.SIGINT, before) is handler
    saved = torch.load(tmp_path / "last.ckpt", weights_only=False)
    assert saved["global_step"] == 5
    monkeypatch.undo()
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    resumed = run_pretraining(tables, tmp_path, PretrainConfig(), steps(12, resume=True))
    assert resumed.steps == 12 and resumed.seconds > 0
