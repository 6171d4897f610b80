"""Models for a command; what is wrong with the choice becomes one sentence."""

from __future__ import annotations

from typing import TYPE_CHECKING

from negnn_gui.cli.console import CommandError

if TYPE_CHECKING:
    from negnn_gui.inference.predictor import Predictor
    from negnn_gui.screening.model_choice import ModelChoice


def moment_predictor(model: str | None, device: str) -> Predictor:
    """A moment model with its encoder; the default one where none is named."""
    from negnn_gui.screening.model_choice import ModelChoice

    return loaded(ModelChoice(model, device=device))


def loaded(choice: ModelChoice) -> Predictor:
    """The models of a choice."""
    from negnn_gui.inference.devices import DeviceError
    from negnn_gui.models.checkpoint import ModelFileError
    from negnn_gui.models.registry import UnknownModelError

    try:
        return choice.load()
    except (UnknownModelError, ModelFileError, DeviceError) as error:
        raise CommandError(str(error)) from error
