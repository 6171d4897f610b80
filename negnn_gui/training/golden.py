"""What a model answers about the shipped examples when it is published, kept beside it for its contract test."""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray

from negnn_gui.inference.moment_models import open_moment_model
from negnn_gui.inference.predictor import PredictionFailure, Predictor
from negnn_gui.inference.property_models import open_property_model, predict_entries
from negnn_gui.models.checkpoint import read_config
from negnn_gui.models.loading import load_encoder
from negnn_gui.models.registry import GOLDEN_FILE, ModelInfo
from negnn_gui.results import Analysis
from negnn_gui.structures.entry import StructureEntry
from negnn_gui.structures.reading import example_paths, read_structures


def write_golden(folder: Path) -> Path:
    """Write ``golden.npz`` into a model's folder, for every shipped example by its file stem; returns its path.

    An encoder's holds ``embeddings/NAME`` (levels, N, width); a moment model's ``moment/NAME`` and
    ``moment_exp/NAME`` (N,), medians in μB, since the embeddings are those of its encoder; a property model's
    ``property/NAME`` (N,) or (1,). It is not part of the model's identity.

    Raises
    ------
    ModelFileError, UnknownModelError
        The model cannot be used.
    """
    entries = [_example(path) for path in example_paths()]
    arrays: dict[str, NDArray[np.floating]] = {}
    info = _info(folder)
    if info.kind == "property":
        answers = predict_entries(open_property_model(info), entries)
        return _write(folder, {f"property/{answer.entry.name}": answer.values for answer in answers})
    predictor = _predictor(info)
    for entry, answer in zip(entries, predictor.predict(entries), strict=True):
        if isinstance(answer, PredictionFailure):
            raise ValueError(f"the example {entry.name} cannot be predicted: {answer.reason}")
        arrays |= {f"{what}/{entry.name}": values for what, values in _answers(answer).items()}
    return _write(folder, arrays)


def _write(folder: Path, arrays: dict[str, NDArray[np.floating]]) -> Path:
    buffer = io.BytesIO()
    np.savez_compressed(buffer, allow_pickle=False, **arrays)
    path = folder / GOLDEN_FILE
    path.write_bytes(buffer.getvalue())
    return path


def _answers(analysis: Analysis) -> dict[str, NDArray[np.floating]]:
    if analysis.model is None:
        return {"embeddings": analysis.embeddings}
    return {"moment": analysis.moment.median, "moment_exp": analysis.moment_exp.median}


def _info(folder: Path) -> ModelInfo:
    """A model that need not be registered."""
    config, sha256 = read_config(folder)
    return ModelInfo(folder.name, config["kind"], folder, sha256, config, "user")


def _predictor(info: ModelInfo) -> Predictor:
    """An encoder or a moment model on the CPU."""
    cpu = torch.device("cpu")
    if info.kind == "encoder":
        return Predictor(load_encoder(info), info.ref, None, cpu)
    moment = open_moment_model(info)
    encoder = moment.model.encoder
    assert encoder is not None
    return Predictor(encoder, moment.encoder_ref, moment, cpu)


def _example(path: Path) -> StructureEntry:
    (entry,) = read_structures(path)
    if not isinstance(entry, StructureEntry):
        raise entry
    return entry
