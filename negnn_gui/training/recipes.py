"""From tables of data to a finished model folder: train, evaluate on the test split, write it with its card."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from negnn_gui import __version__
from negnn_gui.inference.moment_models import LoadedMomentModel, load_moment_model
from negnn_gui.models import registry
from negnn_gui.models.checkpoint import read_config
from negnn_gui.models.loading import load_encoder
from negnn_gui.models.negnn import DFT, EXPERIMENTAL, MEDIAN, MomentConfig, MomentModel
from negnn_gui.training.cards import machine, moment_card
from negnn_gui.training.evaluate import GIVEN, element_median_figures, moment_figures
from negnn_gui.training.evaluation_plots import plot_error_against_domain, plot_parity
from negnn_gui.training.fit_run import MomentData, open_moment_data, run_fit
from negnn_gui.training.golden import write_golden
from negnn_gui.training.pretrain_evaluate import Edges, evaluate_encoder
from negnn_gui.training.pretrain_run import RunOptions
from negnn_gui.training.publish import calibrate, predict_split, save_moment_model

log = logging.getLogger(__name__)


def train_moment_model(
    data: Path,
    out: Path,
    model_id: str,
    encoder_id: str,
    config: MomentConfig,
    options: Mapping[str, RunOptions],
    command: str,
) -> Path:
    """Train the heads one after the other (``options`` by head) and write ``out/model_id``."""
    info = registry.get(encoder_id, "encoder")
    encoder = load_encoder(info)
    model = MomentModel(config, encoder.spec, encoder)
    tables = {head: open_moment_data(data, head, encoder.spec) for head in config.heads}
    facts: dict[str, Any] = {"command": command, "program": f"negnn-gui {__version__}", "hardware": machine()}
    for head in config.heads:
        fit = run_fit(tables[head], model, head, out, options[head])
        facts[f"{head} head"] = (
            f"{fit.steps} steps of {options[head].batch_atoms} atoms in {fit.seconds / 60:.0f} min, "
            f"peak rate {options[head].rate:g}, seed {options[head].seed}"
        )
    model.to("cpu").eval()
    folder = out / model_id
    calibrations = {head: calibrate(model, own, head) for head, own in tables.items()}
    figures, medians = {}, {}
    for head, own in tables.items():
        figures[head] = moment_figures(head, predict_split(model, own, head, "test"), calibrations[head])
        medians[head] = median_of(own, head)
    card = moment_card(model_id, encoder_id, facts, figures, medians)
    save_moment_model(folder, model, info.ref, tables, calibrations, {**facts, "test": figures}, card)
    write_golden(folder)
    return folder


def median_of(data: MomentData, head: str) -> dict[str, Any]:
    """Figures of the element median, from the train split, on the test split."""
    parts = []
    for split in ("train", "test"):
        atoms = data.atoms(split)
        moments = data.moments[atoms].astype(np.float64)
        counted = np.isfinite(moments) if head == DFT else moments > GIVEN
        parts.append(
            (moments[counted], np.asarray(data.store.atomic_numbers[atoms][counted], dtype=np.int64))
        )
    return element_median_figures(parts[0], parts[1])


def evaluate_model(
    data: Path, model_id: str, split: str, plots: Path | None = None, edges: Edges = "hidden"
) -> dict[str, Any]:
    """Figures of a registered model, of either kind, on a split; pictures of a moment model go to ``plots``.

    ``edges`` is for encoders: whether they see the lengths of the edges at hidden atoms.

    Raises
    ------
    ModelFileError
        An encoder without heads cannot be evaluated on hidden atoms.
    """
    info = registry.get(model_id)
    config, _ = read_config(info.folder)
    if config["kind"] == "encoder":
        return dict(evaluate_encoder(data, info, split, edges))
    loaded = load_moment_model(model_id)
    return {
        head: _evaluate_head(data, loaded, head, split, plots)
        for head in config["architecture"]["heads"]
        if head in (DFT, EXPERIMENTAL)
    }


def _evaluate_head(
    data: Path, loaded: LoadedMomentModel, head: str, split: str, plots: Path | None
) -> dict[str, Any]:
    own = open_moment_data(data, head, loaded.model.spec)
    found = predict_split(loaded.model, own, head, split, loaded.domain)
    figures = moment_figures(head, found, loaded.calibration[head])
    if plots is not None:
        predicted = np.maximum(found.quantiles[:, MEDIAN], 0.0)
        title = f"{loaded.ref.id}, {head}, {split} split"
        plot_parity(predicted, found.truth, title, plots / f"parity_{head}")
        if found.ood_score is not None:
            error = np.abs(predicted - found.truth)
            plot_error_against_domain(found.ood_score, error, title, plots / f"error_against_ood_{head}")
    figures["element_median"] = median_of(own, head)
    return figures
