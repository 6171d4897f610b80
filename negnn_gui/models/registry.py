"""The models that the program knows: those that ship with it and those that the user installed.

Listing reads configurations only (no torch, no weights), so the window and the command line have it at once.
A folder that cannot be used is listed with its fault and disturbs no other.
"""

from __future__ import annotations

import difflib
import json
import logging
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from negnn_gui import locations
from negnn_gui.models import checkpoint
from negnn_gui.models.checkpoint import Kind, ModelFileError, WrongKindError
from negnn_gui.results import ModelRef

log = logging.getLogger(__name__)

Origin = Literal["shipped", "user"]

DEFAULTS_FILE = "defaults.json"
GOLDEN_FILE = "golden.npz"


class UnknownModelError(LookupError):
    """No model of that name, or no default; the message says what there is."""


@dataclass(frozen=True, eq=False)
class ModelInfo:
    """One model folder, usable or not.

    Attributes
    ----------
    id : str
        Name of the folder and, in a sound model, of the model.
    kind : "encoder", "moment", "property" or "unknown"
        "unknown" where the folder cannot be read.
    folder : Path
    sha256 : str
        Identity of weights and configuration; "" where the folder cannot be read.
    config : dict
        Configuration in the current format; empty where it cannot be read.
    origin : "shipped" or "user"
    fault : str or None
        One sentence on why the model cannot be used.
    """

    id: str
    kind: Kind | Literal["unknown"]
    folder: Path
    sha256: str
    config: dict[str, Any]
    origin: Origin
    fault: str | None = None

    @property
    def ref(self) -> ModelRef:
        """What an analysis says about the model that made it."""
        return ModelRef(self.id, self.sha256)

    def card(self) -> str:
        """The model card, Markdown; a sentence where there is none."""
        try:
            return (self.folder / checkpoint.CARD_FILE).read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError):
            return f"The model {self.id} has no readable card ({checkpoint.CARD_FILE})."


def shipped_models_dir() -> Path:
    """Folder of the models that ship with the program."""
    return locations.resources_dir() / "models"


def user_models_dir() -> Path:
    """Folder of the user's models; made when the first one is installed."""
    return locations.user_data_dir() / "models"


def list_models(kind: Kind | None = None) -> list[ModelInfo]:
    """All models by name, the shipped ones first; with ``kind`` the usable ones of that kind."""
    shipped = [_read(folder, "shipped") for folder in _folders(shipped_models_dir())]
    taken = {info.id for info in shipped}
    user = [_read(folder, "user", taken) for folder in _folders(user_models_dir())]
    return [info for info in shipped + user if kind is None or (info.kind == kind and info.fault is None)]


def get(model_id: str, kind: Kind | None = None) -> ModelInfo:
    """A usable model by its name.

    Raises
    ------
    UnknownModelError
        There is none of that name.
    ModelFileError
        There is one, but its folder cannot be used, or it is not of the wanted kind.
    """
    info = _find(model_id)
    if info.fault is not None:
        raise ModelFileError(info.fault, info.folder)
    if kind is not None and info.kind != kind:
        raise WrongKindError(f"this is a model of kind “{info.kind}”, not “{kind}”", info.folder)
    return info


def default_id(kind: Kind) -> str:
    """Name of the model that is used where none is chosen.

    Raises
    ------
    UnknownModelError
        The installation names none of this kind.
    """
    path = shipped_models_dir() / DEFAULTS_FILE
    try:
        defaults = json.loads(path.read_text(encoding="utf-8"))
        model_id = defaults[kind]
    except (OSError, ValueError, TypeError, KeyError) as error:
        raise UnknownModelError(
            f"no default model of kind “{kind}” is installed; name one, or reinstall negnn-gui"
        ) from error
    return str(model_id)


def verify(info: ModelInfo) -> None:
    """Check a model's files, weights included, against its sha256.

    Raises
    ------
    ModelFileError
        The model cannot be used, with the reason.
    """
    if info.fault is not None:
        raise ModelFileError(info.fault, info.folder)
    if checkpoint.verify_model(info.folder) != info.sha256:
        raise ModelFileError("the model was replaced meanwhile; list the models again", info.folder)


def install(folder: Path) -> ModelInfo:
    """Copy a model folder to the user's models, after verifying it, and return the copy.

    Raises
    ------
    ModelFileError
        The folder is no sound model, or a model of its name is installed already.
    """
    checkpoint.verify_model(folder)
    config, _ = checkpoint.read_config(folder)
    target = new_folder(config["id"])
    names = (
        checkpoint.WEIGHTS_FILE,
        checkpoint.CONFIG_FILE,
        checkpoint.IDENTITY_FILE,
        checkpoint.CARD_FILE,
        GOLDEN_FILE,
    )
    try:
        files = {name: (folder / name).read_bytes() for name in names if (folder / name).is_file()}
        checkpoint.write_folder(target, files)
    except OSError as error:
        raise ModelFileError(f"the model could not be copied to {target.parent} ({error})", folder) from error
    return get(config["id"])


def new_folder(model_id: str) -> Path:
    """Where a new model of the user's belongs.

    Raises
    ------
    ModelFileError
        The name is not one that a model can have, or it is taken.
    """
    if not checkpoint.is_valid_id(model_id):
        raise ModelFileError(
            f"{model_id!r} cannot name a model: use up to 80 letters, digits, '.', '_' and '-', "
            "with a letter or digit at both ends"
        )
    # Compared without case, since the file systems of macOS and Windows do so.
    if model_id.casefold() in (info.id.casefold() for info in list_models()):
        raise ModelFileError(
            f"a model named {model_id} is installed already; remove it or choose another name"
        )
    return user_models_dir() / model_id


def remove(model_id: str) -> None:
    """Delete one of the user's models, a broken one too.

    Raises
    ------
    UnknownModelError
        There is none of that name.
    ModelFileError
        It ships with the program, or the folder cannot be deleted.
    """
    info = _find(model_id, prefer="user")
    if info.origin == "shipped":
        raise ModelFileError(f"{model_id} ships with the program and cannot be removed")
    try:
        if info.folder.is_symlink():
            info.folder.unlink()
        else:
            shutil.rmtree(info.folder)
    except OSError as error:
        raise ModelFileError(f"the model could not be removed ({error})", info.folder) from error


def _find(model_id: str, prefer: Origin = "shipped") -> ModelInfo:
    """The listed model of that name; names are compared, never joined to a path."""
    models = list_models()
    named = [info for info in models if info.id == model_id]
    if not named:
        known = sorted({info.id for info in models})
        close = difflib.get_close_matches(model_id, known, n=1)
        hint = f"did you mean {close[0]}?" if close else f"there is {', '.join(known) or 'none installed'}"
        raise UnknownModelError(f"no model is named {model_id!r}; {hint}")
    return next((info for info in named if info.origin == prefer), named[0])


def _folders(parent: Path) -> list[Path]:
    """Model folders under ``parent``; names with a leading dot are ones that are just being written."""
    try:
        return sorted(path for path in parent.iterdir() if path.is_dir() and not path.name.startswith("."))
    except FileNotFoundError:
        return []
    except OSError as error:
        log.warning("the models in %s cannot be listed: %s", parent, error)
        return []


def _read(folder: Path, origin: Origin, taken: frozenset[str] | set[str] = frozenset()) -> ModelInfo:
    try:
        config, sha256 = checkpoint.read_config(folder)
    except ModelFileError as error:
        return ModelInfo(folder.name, "unknown", folder, "", {}, origin, error.reason)
    fault = None
    if config["id"] != folder.name:
        fault = f"the folder is named {folder.name} but holds the model {config['id']}; rename the folder"
    elif folder.name in taken:
        fault = f"the model {folder.name} of the program has the same name; remove this one"
    return ModelInfo(folder.name, config["kind"], folder, sha256, config, origin, fault)
