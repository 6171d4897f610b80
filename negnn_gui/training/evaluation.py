"""Measuring a registered model on a split, and what is written of it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np

from negnn_gui.inference.moment_models import LoadedMomentModel, load_moment_model
from negnn_gui.models import registry
from negnn_gui.models.checkpoint import ModelFileError, read_config
from negnn_gui.models.negnn import DFT, EXPERIMENTAL, MEDIAN
from negnn_gui.training.evaluate import counted, moment_figures
from negnn_gui.training.evaluation_plots import plot_error_against_domain, plot_parity
from negnn_gui.training.evaluation_report import element_frame, evaluation_report
from negnn_gui.training.fit_run import open_moment_data
from negnn_gui.training.peer_comparison import PeerRequest, compare_with_peer
from negnn_gui.training.pretrain_evaluate import Edges, evaluate_encoder
from negnn_gui.training.publish import predict_split
from negnn_gui.training.recipes import median_of

FIGURES, REPORT, ELEMENTS = "figures.json", "report.md", "elements.csv"


def evaluate_model(
    data: Path,
    model_id: str,
    split: str,
    plots: Path | None = None,
    edges: Edges = "hidden",
    peer: PeerRequest | None = None,
) -> dict[str, Any]:
    """Figures of a registered model, of either kind, on a split; pictures of a moment model go to ``plots``.

    ``edges`` is for encoders: whether they see the lengths of the edges at hidden atoms. A moment model is compared
    with a ``peer`` on the same atoms.

    Raises
    ------
    ModelFileError
        An encoder without heads cannot be evaluated on hidden atoms.
    PeerError
        The peer cannot be found or run.
    """
    info = registry.get(model_id)
    config, _ = read_config(info.folder)
    if config["kind"] == "property":
        raise ModelFileError("its labels have to be named, see evaluate_property_model", info.folder)
    if config["kind"] == "encoder":
        return dict(evaluate_encoder(data, info, split, edges))
    loaded = load_moment_model(model_id)
    return {
        head: _evaluate_head(data, loaded, head, split, plots, peer)
        for head in config["architecture"]["heads"]
        if head in (DFT, EXPERIMENTAL)
    }


def is_of_moments(figures: dict[str, Any]) -> bool:
    """Whether figures are those of a moment model, by head, and not those of an encoder or a property model."""
    return all(isinstance(own, dict) for own in figures.values())


def write_evaluation(folder: Path, model_id: str, split: str, figures: dict[str, Any]) -> None:
    """Write ``figures.json`` and, for a moment model, ``report.md`` and ``elements.csv``."""
    folder.mkdir(parents=True, exist_ok=True)
    text = json.dumps(figures, indent=1, ensure_ascii=False)
    (folder / FIGURES).write_text(text + "\n", encoding="utf-8")
    if is_of_moments(figures):
        (folder / REPORT).write_text(evaluation_report(model_id, split, figures), encoding="utf-8")
        element_frame(figures).to_csv(folder / ELEMENTS, index=False)


def _evaluate_head(
    data: Path,
    loaded: LoadedMomentModel,
    head: str,
    split: str,
    plots: Path | None,
    peer: PeerRequest | None,
) -> dict[str, Any]:
    own = open_moment_data(data, head, loaded.model.spec)
    found = predict_split(loaded.model, own, head, split, loaded.domain)
    figures = moment_figures(head, found, loaded.calibration[head])
    if plots is not None:
        kept = counted(head, found.truth)
        predicted, truth = np.maximum(found.quantiles[kept, MEDIAN], 0.0), found.truth[kept]
        title = f"{loaded.ref.id}, {head}, {split} split"
        plot_parity(predicted, truth, title, plots / f"parity_{head}")
        if found.ood_score is not None:
            score, error = found.ood_score[kept], np.abs(predicted - truth)
            plot_error_against_domain(score, error, title, plots / f"error_against_ood_{head}")
    figures["element_median"] = median_of(own, head, split)
    if peer is not None:
        figures["peer"] = compare_with_peer(peer, loaded, own, head, split)
    return figures
