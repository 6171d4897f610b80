"""Distances as numbers and displaced atoms: what is asked is right, and a short run learns it."""

from pathlib import Path

import numpy as np
import pytest
import torch

from negnn_gui.graphs.spec import GraphSpec
from negnn_gui.models.ssl_heads import SSLHeadsConfig
from negnn_gui.training.contrastive import pretraining_module
from negnn_gui.training.contrastive_images import open_edge_images
from negnn_gui.training.denoising import DenoisingPretraining, VectorBatch, VectorDataset
from negnn_gui.training.graph_store import open_graph_store
from negnn_gui.training.pretrain import PretrainConfig
from negnn_gui.training.pretrain_run import RunOptions, run_pretraining
from negnn_gui.training.tables import read_structures_table

SPEC = GraphSpec()


@pytest.fixture
def dataset(tables: Path) -> VectorDataset:
    table = read_structures_table(tables, "mp_structures")
    store = open_graph_store(table, SPEC)
    return VectorDataset(table, store, open_edge_images(table, store, SPEC))


def test_edge_vectors_are_as_long_as_the_distances(dataset: VectorDataset) -> None:
    batch, _ = dataset[np.array([5, 0, 17])]
    assert isinstance(batch, VectorBatch) and isinstance(batch.to("cpu"), VectorBatch)
    np.testing.assert_allclose(np.linalg.norm(batch.vector, axis=1), batch.distance, atol=1e-4)


def test_what_is_asked_about_displaced_atoms(dataset: VectorDataset) -> None:
    module = pretraining_module(PretrainConfig(noise=0.05, heads=SSLHeadsConfig(distance="both")))
    assert isinstance(module, DenoisingPretraining)
    batch, _ = dataset[np.arange(8)]
    answers = module.answers(batch, torch.Generator().manual_seed(1))
    assert set(answers) == {"group", "period", "element", "distance", "length", "noise"}
    said, change = answers["noise"]
    assert said.shape == change.shape and len(change) < len(
        batch.distance
    )  # hidden edges are not asked about
    # two independent displacements along the edge: a standard deviation of sqrt(2), in units of the noise
    assert 1.1 < float(change.std()) < 1.7 and abs(float(change.mean())) < 0.3
    length, truth = answers["length"]
    assert length.shape == truth.shape == answers["distance"][1].shape and float(truth.min()) > 0
    with pytest.raises(ValueError, match="predictive task"):
        pretraining_module(PretrainConfig(task="contrastive", noise=0.1))


@pytest.mark.parametrize(
    ("distance", "noise"), [("length", 0.0), ("both", 0.05)], ids=["length", "both with noise"]
)
def test_a_run_learns_to_tell_lengths(tables: Path, tmp_path: Path, distance: str, noise: float) -> None:
    torch.set_num_threads(1)
    config = PretrainConfig(heads=SSLHeadsConfig(distance=distance), noise=noise)  # type: ignore[arg-type]

    def trained(steps: int) -> float:
        options = RunOptions(None, max_steps=steps, rate=3e-3, batch_atoms=200, progress=False, device="cpu")
        run = run_pretraining(tables, tmp_path / str(steps), config, options, tables=["mp_structures"])
        return float(run.module.trainer.callback_metrics["val_loss"])

    assert trained(60) < trained(2)
