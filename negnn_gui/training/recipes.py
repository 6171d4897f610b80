"""From tables of data to a finished model folder: train, evaluate on the test split, write it with its card."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from negnn_gui import __version__
from negnn_gui.models import registry
from negnn_gui.models.loading import load_encoder
from negnn_gui.models.negnn import MomentConfig, MomentModel
from negnn_gui.training.cards import machine, moment_card
from negnn_gui.training.evaluate import counted, element_median_figures, moment_figures
from negnn_gui.training.fit_run import MomentData, open_moment_data, run_fit
from negnn_gui.training.golden import write_golden
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


def median_of(data: MomentData, head: str, split: str = "test") -> dict[str, Any]:
    """Figures of the element median, from the train split, on another split."""
    parts = []
    for name in ("train", split):
        atoms = data.atoms(name)
        moments = data.moments[atoms].astype(np.float64)
        kept = np.isfinite(moments) & counted(head, moments)
        parts.append((moments[kept], np.asarray(data.store.atomic_numbers[atoms][kept], dtype=np.int64)))
    return element_median_figures(parts[0], parts[1])
