"""From a column of labels to a finished property model: fit, measure on the test split, write it with its card."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import Any

import numpy as np

from negnn_gui import __version__
from negnn_gui.inference.property_models import PROPERTY_PREFIX, LoadedPropertyModel, open_property_model
from negnn_gui.models import registry
from negnn_gui.models.checkpoint import save_model
from negnn_gui.models.encoder import CrystalGraphEncoder
from negnn_gui.models.loading import load_encoder
from negnn_gui.models.property_model import PropertyConfig, PropertyModel
from negnn_gui.models.registry import ModelInfo
from negnn_gui.training.cards import machine, property_card
from negnn_gui.training.evaluate import errors
from negnn_gui.training.golden import write_golden
from negnn_gui.training.graph_store import GraphStore, open_graph_store
from negnn_gui.training.pretrain_run import RunOptions, graphs_of_split
from negnn_gui.training.property_fit import fit_property, predict_property
from negnn_gui.training.targets import TargetData
from negnn_gui.training.warm_start import begin, standardise_nodes

log = logging.getLogger(__name__)

COVERAGE = 0.9


def train_property_model(
    target: TargetData,
    out: Path,
    model_id: str,
    encoder_id: str,
    config: PropertyConfig,
    options: RunOptions,
    command: str,
) -> Path:
    """Train on the train split of the target's table and write ``out/model_id``; returns that folder.

    Raises
    ------
    ModelFileError
        The backbone should begin as the encoder, which is of another form.
    """
    info = registry.get(encoder_id, "encoder")
    encoder = load_encoder(info)
    store = open_graph_store(target.table, encoder.spec)
    model = PropertyModel(config, encoder.spec, encoder)
    standardise_nodes(model, encoder, store, graphs_of_split(target.table, store, "train"))
    begun = begin(model, encoder)
    train = _labels_of(target, store, "train")
    scaling = (float(train.mean()), float(train.std()) or 1.0)
    fit = fit_property(target, store, model, encoder, scaling, out, options)
    model.to("cpu").eval()
    encoder.to("cpu")
    predicted, truth, _ = predict_property(target, store, model, encoder, scaling, "val")
    half_width = _conformal(np.abs(predicted - truth))
    figures = property_figures(target, store, model, encoder, scaling, half_width, "test")
    facts: dict[str, Any] = {
        "command": command,
        "program": f"negnn-gui {__version__}",
        "hardware": machine(),
        "fit": f"{fit.steps} steps of {options.batch_atoms} atoms, peak rate {options.rate:g}, "
        f"{fit.seconds / 60:.0f} min, seed {options.seed}",
    }
    if begun is not None:
        facts["first weights"] = begun
    if store.skipped:
        facts["left out"] = f"{len(store.skipped)} structures without a crystal graph"
    folder = out / model_id
    save_model(
        folder,
        {
            "id": model_id,
            "kind": "property",
            "architecture": config.to_dict(),
            "graph_spec": encoder.spec.to_dict(),
            "encoder": {"id": info.id, "sha256": info.sha256},
            "target": {
                "name": target.name,
                "table": target.table.name,
                "mean": scaling[0],
                "scale": scaling[1],
                "half_width": half_width,
                "elements": _elements(target, store),
                "training_data_sha256": target.table.sha256,
            },
            "training": {**facts, "test": figures},
        },
        {f"{PROPERTY_PREFIX}{name}": value.cpu() for name, value in model.state_dict().items()},
        property_card(model_id, info.id, target.name, config, facts, figures, target.table.name),
    )
    write_golden(folder)
    return folder


def evaluate_property_model(info: ModelInfo, target: TargetData, split: str) -> dict[str, Any]:
    """Figures of a registered property model on a split of its column."""
    loaded: LoadedPropertyModel = open_property_model(info)
    store = open_graph_store(target.table, loaded.encoder.spec)
    return property_figures(
        target, store, loaded.model, loaded.encoder, loaded.scaling, loaded.half_width, split
    )


def property_figures(
    target: TargetData,
    store: GraphStore,
    model: PropertyModel,
    encoder: CrystalGraphEncoder,
    scaling: tuple[float, float],
    half_width: float,
    split: str,
) -> dict[str, Any]:
    """Errors in the column's own unit, coverage of the intervals, and the errors of a constant or element median."""
    predicted, truth, numbers = predict_property(target, store, model, encoder, scaling, split)
    found = errors(predicted, truth)
    inside = np.abs(predicted - truth) <= half_width
    return {
        "target": target.name,
        "of": target.of,
        "rows": found.pop("atoms"),
        **{name.removesuffix("_muB"): value for name, value in found.items()},
        "interval": {"nominal": COVERAGE, "coverage": float(inside.mean()), "width": 2 * half_width},
        "median_instead": _median_errors(target, store, truth, numbers),
    }


def _median_errors(
    target: TargetData, store: GraphStore, truth: np.ndarray, numbers: np.ndarray
) -> dict[str, Any]:
    """Errors of always saying the training median: of the element for sites, of all for structures."""
    labels = _labels_of(target, store, "train")
    said = np.full(len(truth), float(np.median(labels)))
    if target.of == "site":
        graphs = graphs_of_split(target.table, store, "train")
        own = np.asarray(store.atomic_numbers[store.atoms_of(graphs)], dtype=np.int64)
        known = np.isfinite(target.of_atoms(store.structure[graphs]))
        for z in np.unique(numbers):
            if (own[known] == z).any():
                said[numbers == z] = float(np.median(labels[own[known] == z]))
    found = errors(said, truth)
    return {
        name.removesuffix("_muB"): value for name, value in found.items() if name in ("mae_muB", "rmse_muB")
    }


def _labels_of(target: TargetData, store: GraphStore, split: str) -> np.ndarray:
    rows = store.structure[graphs_of_split(target.table, store, split)]
    labels = target.labels[rows] if target.of == "structure" else target.of_atoms(rows)
    return np.asarray(labels[np.isfinite(labels)], dtype=np.float64)


def _elements(target: TargetData, store: GraphStore) -> list[int]:
    """Elements of the labelled sites, or of the sites of labelled structures, of the train split."""
    graphs = graphs_of_split(target.table, store, "train")
    known = np.isfinite(target.of_atoms(store.structure[graphs]))
    return [int(z) for z in np.unique(store.atomic_numbers[store.atoms_of(graphs)][known])]


def _conformal(error: np.ndarray) -> float:
    """Half width that holds ``COVERAGE`` of further errors (split conformal prediction)."""
    rank = min(np.ceil((len(error) + 1) * COVERAGE) / len(error), 1.0)
    return float(np.quantile(error, rank))
