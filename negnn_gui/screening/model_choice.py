"""Which models a run uses, in a form that can travel: each process loads them for itself."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from negnn_gui.results import ModelRef

if TYPE_CHECKING:
    from negnn_gui.inference.predictor import Predictor


@dataclass(frozen=True)
class ModelChoice:
    """Models by name.

    Attributes
    ----------
    model : str or None
        Id of a moment model or an encoder; None for the default one.
    encoder_only : bool
        No moments: the encoder named, or the one that the moment model named stands on.
    device : str
        "auto", "cpu", "cuda", "cuda:1" or "mps".
    """

    model: str | None = None
    encoder_only: bool = False
    device: str = "auto"

    def load(self) -> Predictor:
        """Load them here.

        Raises
        ------
        UnknownModelError, ModelFileError
            There is no such model, or its files are damaged.
        DeviceError
            The device does not exist.
        """
        from negnn_gui.inference.predictor import Predictor
        from negnn_gui.models import registry

        if not self.encoder_only:
            return Predictor.load(self.model, device=self.device)
        info = registry.get(self.model or registry.default_id("encoder"))
        encoder = info.id if info.kind == "encoder" else info.config["encoder"]["id"]
        return Predictor.load(None, encoder_id=encoder, device=self.device)


def models_used(predictor: Predictor) -> dict[str, ModelRef]:
    """Everything that decides the numbers, by what it does: "encoder", "moment", "atlas"."""
    from negnn_gui.analysis.known_sites import shipped_atlas_ref

    models = {"encoder": predictor.encoder}
    if predictor.model is not None:
        models["moment"] = predictor.model
        atlas = shipped_atlas_ref(predictor.encoder)
        if atlas is not None:
            models["atlas"] = atlas
    return models
