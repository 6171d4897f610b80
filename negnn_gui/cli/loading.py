"""Models for a command; what is wrong with the choice becomes one sentence."""

from __future__ import annotations

from typing import TYPE_CHECKING

from negnn_gui.cli.console import CommandError

if TYPE_CHECKING:
    from negnn_gui.inference.predictor import Predictor


def moment_predictor(model: str | None, device: str) -> Predictor:
    """A moment model with its encoder; the default one where none is named."""
    return _load(model, None, device)


def encoder_predictor(model: str | None, device: str) -> Predictor:
    """An encoder alone; for the name of a moment model, the encoder it stands on."""
    from negnn_gui.models import registry
    from negnn_gui.models.checkpoint import ModelFileError
    from negnn_gui.models.registry import UnknownModelError

    try:
        info = registry.get(model or registry.default_id("encoder"))
    except (UnknownModelError, ModelFileError) as error:
        raise CommandError(str(error)) from error
    return _load(None, info.config["encoder"]["id"] if info.kind == "moment" else info.id, device)


def _load(model: str | None, encoder: str | None, device: str) -> Predictor:
    from negnn_gui.inference.devices import DeviceError
    from negnn_gui.inference.predictor import Predictor
    from negnn_gui.models.checkpoint import ModelFileError
    from negnn_gui.models.registry import UnknownModelError

    try:
        return Predictor.load(model, encoder_id=encoder, device=device)
    except (UnknownModelError, ModelFileError, DeviceError) as error:
        raise CommandError(str(error)) from error
