"""Trained modules -> model folders: weights, config with everything inference needs, and card."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from negnn_gui.graphs.batch import GraphBatch
from negnn_gui.inference.calibration import Calibration, fit_calibration
from negnn_gui.inference.domain import LEVEL, TrainingDomain
from negnn_gui.inference.moment_models import MODEL_PREFIX
from negnn_gui.models.checkpoint import save_model
from negnn_gui.models.encoder import CrystalGraphEncoder
from negnn_gui.models.negnn import MomentModel
from negnn_gui.results import ModelRef
from negnn_gui.training.batching import batches_by_atoms
from negnn_gui.training.fit_run import MomentData
from negnn_gui.training.labels import covered_elements

log = logging.getLogger(__name__)

_CENTRES = 512
_DOMAIN_SAMPLE = 60_000


def save_moment_model(
    folder: Path,
    model: MomentModel,
    encoder: ModelRef,
    data: Mapping[str, MomentData],
    calibrations: Mapping[str, Calibration],
    training: Mapping[str, Any],
    card: str,
) -> str:
    """Write a trained moment model with its calibrations (by head, as its data); returns its sha256."""
    heads: dict[str, Any] = {}
    for head in model.config.heads:
        own = data[head]
        train = own.atoms("train")
        heads[head] = {
            "label": "abs(m)",
            "unit": "μB",
            "elements": covered_elements(head, own.store.atomic_numbers[train], own.moments[train]),
            "training_data_sha256": own.table.sha256,
            "calibration": calibrations[head].to_dict(),
        }
    network = model.encoder
    assert network is not None
    domain = training_domain(network, next(iter(data.values())))
    weights = {f"{MODEL_PREFIX}{name}": value.cpu() for name, value in model.state_dict().items()}
    config = {
        "id": folder.name,
        "kind": "moment",
        "architecture": model.config.to_dict(),
        "graph_spec": model.spec.to_dict(),
        "encoder": {"id": encoder.id, "sha256": encoder.sha256},
        "heads": heads,
        "training": dict(training),
    }
    return save_model(folder, config, {**weights, **domain.weights()}, card)


@dataclass(frozen=True, eq=False)
class SplitPredictions:
    """Predictions for the L labelled atoms of a split.

    Attributes
    ----------
    quantiles : (L, Q) float64
        As predicted, μB.
    truth : (L,) float64
        abs(m), μB.
    atomic_numbers : (L,) int64
    ood_score : (L,) float64 or None
        None where no training domain was given.
    modes : (L, K, 2) float64 or None
        Spin states, place in μB and weight, where the model names them itself.
    """

    quantiles: NDArray[np.float64]
    truth: NDArray[np.float64]
    atomic_numbers: NDArray[np.int64]
    ood_score: NDArray[np.float64] | None
    modes: NDArray[np.float64] | None = None


def predict_split(
    model: MomentModel, data: MomentData, head: str, split: str, domain: TrainingDomain | None = None
) -> SplitPredictions:
    """Predict every labelled atom of a split."""
    return predict_graphs(model, data, head, data.graphs(split), domain)


def predict_graphs(
    model: MomentModel,
    data: MomentData,
    head: str,
    graphs: NDArray[np.int64],
    domain: TrainingDomain | None = None,
) -> SplitPredictions:
    """Predict every labelled atom of some graphs of the data."""
    quantiles, scores, modes = [], [], []
    model.eval()
    with torch.inference_mode():
        for batch in batches(data, graphs):
            embeddings = None
            if domain is not None and model.encoder is not None:
                embeddings = model.encoder(batch, up_to=max(LEVEL, model.nodes.highest_level))
                scores.append(domain.score(embeddings).double().numpy())
            answers = model(batch, embeddings)
            quantiles.append(answers[head].double().numpy())
            if f"{head}_modes" in answers:
                modes.append(answers[f"{head}_modes"].double().numpy())
    atoms = data.store.atoms_of(graphs)
    truth = data.moments[atoms].astype(np.float64)
    known = np.isfinite(truth)
    return SplitPredictions(
        quantiles=np.concatenate(quantiles)[known],
        truth=truth[known],
        atomic_numbers=np.asarray(data.store.atomic_numbers[atoms], dtype=np.int64)[known],
        ood_score=np.concatenate(scores)[known] if scores else None,
        modes=np.concatenate(modes)[known] if modes else None,
    )


def batches(data: MomentData, graphs: NDArray[np.int64], max_atoms: int = 8000) -> Iterator[GraphBatch]:
    """The graphs in order, in batches."""
    for part in batches_by_atoms(data.store.sizes, graphs, max_atoms):
        yield data.store.batch(part)


def calibrate(model: MomentModel, data: MomentData, head: str) -> Calibration:
    """90 % conformal correction from the val split."""
    found = predict_split(model, data, head, "val")
    return fit_calibration(found.quantiles[:, 0], found.quantiles[:, -1], found.truth, found.atomic_numbers)


def training_domain(encoder: CrystalGraphEncoder, data: MomentData, seed: int = 0) -> TrainingDomain:
    """Summary of the training sites at level 1; percentiles from the val split."""
    from sklearn.cluster import MiniBatchKMeans

    train = _level_vectors(encoder, data, "train", seed)
    mean, scale = train.mean(axis=0), train.std(axis=0) + 1e-6
    centres = min(_CENTRES, len(train))
    fitted = MiniBatchKMeans(centres, random_state=seed, n_init=3, batch_size=4096).fit(
        (train - mean) / scale
    )
    domain = TrainingDomain(
        centres=torch.tensor(fitted.cluster_centers_, dtype=torch.float32),
        mean=torch.tensor(mean),
        scale=torch.tensor(scale),
        distances=torch.zeros(101),
    )
    held_out = domain.distance(torch.tensor(_level_vectors(encoder, data, "val", seed))).numpy()
    percentiles = np.percentile(held_out, np.arange(101)).astype(np.float32)
    return TrainingDomain(domain.centres, domain.mean, domain.scale, torch.tensor(percentiles))


def _level_vectors(
    encoder: CrystalGraphEncoder, data: MomentData, split: str, seed: int
) -> NDArray[np.float32]:
    """Level-1 vectors of a sample of sites of a split."""
    graphs = np.random.default_rng(seed).permutation(data.graphs(split))
    wanted = int(np.searchsorted(np.cumsum(data.store.sizes[graphs]), _DOMAIN_SAMPLE)) + 1
    with torch.inference_mode():
        parts = [encoder(batch, up_to=LEVEL)[LEVEL].numpy() for batch in batches(data, graphs[:wanted])]
    return np.concatenate(parts).astype(np.float32)
