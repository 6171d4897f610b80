"""Registered moment models, ready to predict."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from negnn_gui.graphs.spec import GraphSpec
from negnn_gui.inference.calibration import Calibration
from negnn_gui.inference.domain import TrainingDomain
from negnn_gui.models import registry
from negnn_gui.models.checkpoint import load_model
from negnn_gui.models.loading import load_encoder_of, load_strictly, strip_prefix
from negnn_gui.models.negnn import MomentConfig, MomentModel
from negnn_gui.models.registry import ModelInfo
from negnn_gui.results import ModelRef

MODEL_PREFIX = "model."


@dataclass(frozen=True, eq=False)
class LoadedMomentModel:
    """A moment model with what belongs to it.

    Attributes
    ----------
    covered : dict of str to (104,) bool
        By head, whether it has data for element Z.
    calibration : dict of str to Calibration
        By head; a head without one gives no intervals.
    """

    ref: ModelRef
    encoder_ref: ModelRef
    model: MomentModel
    covered: dict[str, np.ndarray]
    calibration: dict[str, Calibration]
    domain: TrainingDomain | None


def load_moment_model(model_id: str) -> LoadedMomentModel:
    """Load a registered moment model and the encoder it was trained on.

    Raises
    ------
    ModelFileError
        A folder is damaged, or the encoder here is not the one it was trained on.
    UnknownModelError
        No such model, or its encoder is missing.
    """
    return open_moment_model(registry.get(model_id))


def open_moment_model(info: ModelInfo) -> LoadedMomentModel:
    """The same for a model folder that need not be registered; its encoder has to be.

    Raises
    ------
    ModelFileError, UnknownModelError
        As :func:`load_moment_model`.
    """
    config, weights = load_model(info.folder, "moment")
    encoder_info, encoder = load_encoder_of(config, info.folder)
    spec = GraphSpec.from_dict(config["graph_spec"])
    model = MomentModel(MomentConfig.from_dict(config["architecture"]), spec, encoder)
    load_strictly(model, strip_prefix(weights, MODEL_PREFIX), info.id)
    heads = config["heads"]
    return LoadedMomentModel(
        ref=ModelRef(info.id, info.sha256),
        encoder_ref=ModelRef(encoder_info.id, encoder_info.sha256),
        model=model.eval().requires_grad_(False),
        covered={name: _mask(head["elements"]) for name, head in heads.items()},
        calibration={
            name: Calibration.from_dict(head["calibration"])
            for name, head in heads.items()
            if head.get("calibration")
        },
        domain=TrainingDomain.from_weights(weights),
    )


def _mask(elements: list[int]) -> np.ndarray:
    mask = np.zeros(104, dtype=bool)
    mask[elements] = True
    return mask
