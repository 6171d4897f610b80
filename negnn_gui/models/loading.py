"""Checkpoint folders <-> encoders: names of the weights and of the config's entries.

An encoder's weights are those of :class:`CrystalGraphEncoder` under ``encoder.`` and of its self-supervised heads,
where it has them, under ``heads.``.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from negnn_gui.graphs.spec import GraphSpec
from negnn_gui.models import registry
from negnn_gui.models.checkpoint import ModelFileError, load_model
from negnn_gui.models.encoder import CrystalGraphEncoder, EncoderConfig
from negnn_gui.models.registry import ModelInfo
from negnn_gui.models.ssl_heads import SSLHeads, SSLHeadsConfig

ENCODER_PREFIX = "encoder."
HEADS_PREFIX = "heads."


def load_encoder(info: ModelInfo) -> CrystalGraphEncoder:
    """The encoder of a registered model, ready for inference (eval mode, no gradients).

    Raises
    ------
    ModelFileError
        The folder is damaged, of another kind, or its weights do not fit its config.
    """
    config, weights = load_model(info.folder, "encoder")
    encoder = encoder_from(config, weights)
    return encoder.eval().requires_grad_(False)


def load_encoder_of(config: Mapping[str, Any], folder: Path) -> tuple[ModelInfo, CrystalGraphEncoder]:
    """The registered encoder that the model of a ``folder`` was trained on, by the model's config.

    Raises
    ------
    ModelFileError, UnknownModelError
        The encoder is damaged, missing or another one.
    """
    info = registry.get(config["encoder"]["id"], "encoder")
    if info.sha256 != config["encoder"]["sha256"]:
        raise ModelFileError(
            f"it was trained on another version of the encoder {info.id}; reinstall both", folder
        )
    return info, load_encoder(info)


def encoder_from(config: Mapping[str, Any], weights: Mapping[str, Tensor]) -> CrystalGraphEncoder:
    """Build an encoder from a checkpoint's config and weights, strictly."""
    own = strip_prefix(weights, ENCODER_PREFIX)
    if "element_features" not in own:
        raise ModelFileError(f"the weights of {config.get('id')} hold no element features")
    encoder = CrystalGraphEncoder(
        EncoderConfig.from_dict(config["architecture"]["encoder"]),
        GraphSpec.from_dict(config["graph_spec"]),
        own["element_features"],
    )
    load_strictly(encoder, own, str(config.get("id")))
    return encoder


def load_ssl_heads(info: ModelInfo) -> SSLHeads | None:
    """The self-supervised heads stored with an encoder, or None where it has none."""
    config, weights = load_model(info.folder)
    description = config["architecture"].get("heads")
    if description is None:
        return None
    heads = SSLHeads(SSLHeadsConfig.from_dict(description), GraphSpec.from_dict(config["graph_spec"]))
    load_strictly(heads, strip_prefix(weights, HEADS_PREFIX), info.id)
    return heads.eval().requires_grad_(False)


def strip_prefix(weights: Mapping[str, Tensor], prefix: str) -> dict[str, Tensor]:
    """Weights whose names start with ``prefix``, without it."""
    return {name[len(prefix) :]: value for name, value in weights.items() if name.startswith(prefix)}


def load_strictly(module: torch.nn.Module, weights: Mapping[str, Tensor], model_id: str) -> None:
    """Load weights by name; a missing, unknown or misshapen one is an error."""
    try:
        module.load_state_dict(dict(weights), strict=True)
    except RuntimeError as error:
        reason = str(error).splitlines()[-1].strip()
        raise ModelFileError(f"the weights of {model_id} do not fit its config: {reason}") from error
