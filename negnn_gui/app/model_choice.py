"""Which model predicts, on what device: what the user chose, and what is used where that is not there."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from negnn_gui.app.jobs import load_predictor, sentence

if TYPE_CHECKING:
    import argparse

    from negnn_gui.app.preferences import Preferences
    from negnn_gui.inference.predictor import Predictor

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class ModelChoice:
    """Id of a moment model ("" for the default one), device, and threads of the CPU.

    ``strict``: nothing else will do, because the command line says so.
    """

    model_id: str = ""
    device: str = "auto"
    threads: int = 1
    strict: bool = False

    @classmethod
    def of_preferences(cls, preferences: Preferences) -> ModelChoice:
        """As the settings say."""
        return cls(preferences.model, preferences.device, preferences.threads)

    @classmethod
    def at_start(cls, arguments: argparse.Namespace, preferences: Preferences) -> ModelChoice:
        """As the settings say, where the command line does not say otherwise."""
        kept = cls.of_preferences(preferences) if preferences.remembers else cls()
        return replace(
            kept,
            model_id=arguments.model if arguments.model is not None else kept.model_id,
            device=arguments.device if arguments.device is not None else kept.device,
            strict=arguments.model is not None or arguments.device is not None,
        )


def load_chosen(choice: ModelChoice, tell: Callable[[str], object]) -> Predictor:
    """Load what was chosen; where that is not there any more, the default model or the best device, saying so.

    Raises
    ------
    ModelFileError, UnknownModelError, DeviceError
        The usual model cannot be loaded either, or nothing else than what was chosen will do.
    """
    try:
        return load_predictor(choice.model_id or None, choice.device, choice.threads)
    except Exception as error:
        if choice.strict or choice == ModelChoice(threads=choice.threads):
            raise
        logger.warning("%s cannot be used", choice, exc_info=error)
        predictor = load_predictor(None, "auto", choice.threads)
        tell(f"What the settings name cannot be used ({sentence(error)}); the usual model and device are.")
        return predictor
