"""From tables of data to a finished model folder: train, evaluate on the test split, write it with its card."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from negnn_gui import __version__
from negnn_gui.inference.moment_models import load_moment_model
from negnn_gui.models import registry
from negnn_gui.models.loading import load_encoder
from negnn_gui.models.negnn import DFT, MomentConfig, MomentModel
from negnn_gui.models.registry import ModelInfo
from negnn_gui.training.card_sections import moment_sections, with_section
from negnn_gui.training.cards import machine, moment_card
from negnn_gui.training.evaluate import counted, element_median_figures, moment_figures
from negnn_gui.training.fit_run import MomentData, open_training_data, run_fit
from negnn_gui.training.golden import write_golden
from negnn_gui.training.pretrain_run import RunOptions
from negnn_gui.training.publish import calibrate, predict_split, save_moment_model
from negnn_gui.training.small_fit import SITES_A_STEP, fit_small_data
from negnn_gui.training.warm_start import begin, standardise_nodes, start_from

log = logging.getLogger(__name__)


def train_moment_model(
    data: Path,
    out: Path,
    model_id: str,
    encoder_id: str,
    config: MomentConfig,
    options: Mapping[str, RunOptions],
    command: str,
    init: str | None = None,
    safe_zeros: int = 0,
) -> Path:
    """Train the heads one after the other (``options`` by head) and write ``out/model_id``.

    ``init`` names a registered moment model whose weights are the first ones, as far as the two are alike; a head
    without ``options`` stays as it is there. ``safe_zeros`` non-magnetic structures train the DFT head besides.

    Raises
    ------
    ModelFileError
        No weight of the model to start from fits.
    """
    info = registry.get(encoder_id, "encoder")
    encoder = load_encoder(info)
    model = MomentModel(config, encoder.spec, encoder)
    tables = {head: open_training_data(data, head, encoder.spec, safe_zeros) for head in config.heads}
    facts: dict[str, Any] = {"command": command, "program": f"negnn-gui {__version__}", "hardware": machine()}
    first = tables[config.heads[0]]
    standardise_nodes(model, encoder, first.store, first.graphs("train"))
    if init is not None:
        taken = start_from(model, load_moment_model(init).model, init, first)
        facts["first weights"] = f"those of {init}, {taken}"
    elif begun := begin(model, encoder):
        facts["first weights"] = begun
    if safe_zeros:
        facts["safe zeros"] = f"{safe_zeros} non-magnetic structures of mp_structures, moment 0 on every atom"
    for head in config.heads:
        if head not in options:
            facts[f"{head} head"] = f"that of {init}, not trained further"
            continue
        if head == DFT or not config.members:
            fit = run_fit(tables[head], model, out, options[head], head)
            size = f"{options[head].batch_atoms} atoms, peak rate {options[head].rate:g}"
        else:
            fit = fit_small_data(tables[head], model, head, out, options[head])
            size = f"{SITES_A_STEP} sites, {config.members} members"
        facts[f"{head} head"] = (
            f"{fit.steps} steps of {size}, {fit.seconds / 60:.0f} min, seed {options[head].seed}"
        )
    model.to("cpu").eval()
    return publish_moment_model(out / model_id, model, info, tables, facts)


def publish_moment_model(
    folder: Path,
    model: MomentModel,
    encoder: ModelInfo,
    tables: Mapping[str, MomentData],
    facts: Mapping[str, Any],
) -> Path:
    """Calibrate a trained model on val, measure it on test, and write its folder with card and golden outputs."""
    calibrations = {head: calibrate(model, own, head) for head, own in tables.items()}
    figures, medians = {}, {}
    for head, own in tables.items():
        figures[head] = moment_figures(head, predict_split(model, own, head, "test"), calibrations[head])
        medians[head] = median_of(own, head)
    card = moment_card(folder.name, encoder.id, facts, figures, medians)
    for title, body in moment_sections(folder.name, figures, None).items():
        card = with_section(card, title, body)
    save_moment_model(folder, model, encoder.ref, tables, calibrations, {**facts, "test": figures}, card)
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
