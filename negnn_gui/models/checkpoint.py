"""A trained model on disk: a folder with its weights, its configuration, its card and its fingerprint.

=================== ================================================================================
file                content
=================== ================================================================================
weights.safetensors tensors by name; pickles are never read
config.json         ``format_version``, ``id``, ``kind``, ``architecture``, ``graph_spec``,
                    ``weights_sha256`` and whatever else the model wants to say about itself
sha256              the model's identity: sha256 of the canonical config.json, and through
                    ``weights_sha256`` of the weights
README.md           model card for people; not part of the identity
=================== ================================================================================
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import secrets
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, NoReturn

from negnn_gui.models import upgrades
from negnn_gui.models.upgrades import Config, Weights

if TYPE_CHECKING:
    from torch import Tensor

Kind = Literal["encoder", "moment", "property"]
KINDS: tuple[Kind, ...] = ("encoder", "moment", "property")

WEIGHTS_FILE = "weights.safetensors"
CONFIG_FILE = "config.json"
IDENTITY_FILE = "sha256"
CARD_FILE = "README.md"

_ID = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9._-]{0,78}[A-Za-z0-9])?", re.ASCII)
_AGAIN = "install the model again"
_SHA256 = re.compile(r"[0-9a-f]{64}", re.ASCII)


class ModelFileError(Exception):
    """A model cannot be used.

    Attributes
    ----------
    reason : str
        One sentence: what is wrong and what to do.
    path : Path or None
        The folder or file it is about.
    """

    def __init__(self, reason: str, path: Path | None = None) -> None:
        self.reason = reason
        self.path = path
        super().__init__(reason if path is None else f"{path.name}: {reason}")


class NewerFormatError(ModelFileError):
    """The model was written by a newer version of the program."""


class TamperedModelError(ModelFileError):
    """The model's files are not the ones that were saved: damaged or changed afterwards."""


class WrongKindError(ModelFileError):
    """An encoder where a moment model is wanted, or the other way round."""


def is_valid_id(model_id: str) -> bool:
    """Whether a string can name a model: 1 to 80 letters, digits and, inside, '.', '_' and '-'."""
    return _ID.fullmatch(model_id) is not None


def config_sha256(config: Mapping[str, Any]) -> str:
    """sha256 of a configuration as canonical JSON, so that its layout on disk does not matter."""
    canonical = json.dumps(config, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False)
    return hashlib.sha256(canonical.encode()).hexdigest()


def save_model(folder: Path, config: Mapping[str, Any], weights: Mapping[str, Tensor], card: str) -> str:
    """Write a model folder, all of it or nothing; one that is there is replaced.

    Parameters
    ----------
    folder : Path
        The folder to make; its parents are made too.
    config : mapping
        ``id``, ``kind``, ``architecture``, ``graph_spec`` and any further JSON; ``format_version`` and
        ``weights_sha256`` are set here.
    weights : mapping of str to Tensor
        Finite tensors on any device.
    card : str
        Model card, Markdown.

    Returns
    -------
    str
        The model's identity (sha256).

    Raises
    ------
    ValueError
        The configuration lacks a key or is not JSON, a weight is not finite, or the card is empty.
    """
    from safetensors.torch import save

    _check_finite(weights)
    if not card.strip():
        raise ValueError("a model is not saved without a card")
    # Cloned: safetensors refuses tensors that share memory, such as tied weights.
    blob = save({name: tensor.detach().cpu().contiguous().clone() for name, tensor in weights.items()})
    full = {
        **config,
        "format_version": upgrades.FORMAT_VERSION,
        "weights_sha256": hashlib.sha256(blob).hexdigest(),
    }
    fault = _config_fault(full)
    if fault:
        raise ValueError(f"the configuration of the model cannot be saved: {fault}")
    identity = config_sha256(full)
    files = {
        WEIGHTS_FILE: blob,
        CONFIG_FILE: (json.dumps(full, indent=2, ensure_ascii=False) + "\n").encode(),
        IDENTITY_FILE: f"{identity}\n".encode(),
        CARD_FILE: card.encode(),
    }
    write_folder(folder, files)
    return identity


def load_model(folder: Path, kind: Kind | None = None) -> tuple[Config, Weights]:
    """Read a model folder strictly: complete, of a known format, and unchanged since it was saved.

    Parameters
    ----------
    folder : Path
        Folder of the model.
    kind : "encoder", "moment", "property" or None
        The kind that is wanted; None takes either.

    Returns
    -------
    config : dict
        Configuration, in the current format.
    weights : dict of str to Tensor
        Tensors on the CPU.

    Raises
    ------
    ModelFileError
        A file is missing or cannot be read; its subclasses say when the format is newer, the content has been
        changed, or the model is of the wrong kind.
    """
    from safetensors import SafetensorError
    from safetensors.torch import load

    stored = _stored_config(folder)
    config = _upgraded(folder, stored)
    if kind is not None and config["kind"] != kind:
        raise WrongKindError(f"this is a model of kind “{config['kind']}”, not “{kind}”", folder)
    blob = _weights_blob(folder, stored)
    try:
        weights = load(blob)
    except (SafetensorError, KeyError, ValueError) as error:
        raise ModelFileError(f"{WEIGHTS_FILE} is not a safetensors file ({error})", folder) from error
    return config, upgrades.upgrade_weights(stored, weights, upgrades.STEPS, upgrades.FORMAT_VERSION)


def read_config(folder: Path) -> tuple[Config, str]:
    """Configuration (in the current format) and identity of a model folder, without reading its weights.

    Raises
    ------
    ModelFileError
        As for :func:`load_model`, but for the content of the weights.
    """
    stored = _stored_config(folder)
    if not (folder / WEIGHTS_FILE).is_file():
        raise ModelFileError(f"{WEIGHTS_FILE} is missing; {_AGAIN}", folder)
    return _upgraded(folder, stored), config_sha256(stored)


def verify_model(folder: Path) -> str:
    """Check that configuration and weights are those that were saved; returns the identity.

    Raises
    ------
    ModelFileError
        As for :func:`load_model`.
    """
    stored = _stored_config(folder)
    _upgraded(folder, stored)
    _weights_blob(folder, stored)
    return config_sha256(stored)


def write_folder(folder: Path, files: Mapping[str, bytes]) -> None:
    """Make ``folder`` hold exactly ``files``: a reader sees the old folder or the new one, never a part."""
    folder.parent.mkdir(parents=True, exist_ok=True)
    mark = f"{os.getpid()}-{secrets.token_hex(4)}"
    fresh, old = (folder.parent / f".{folder.name}.{mark}.{which}" for which in ("new", "old"))
    try:
        fresh.mkdir()
        for name, content in files.items():
            (fresh / name).write_bytes(content)
        if folder.exists():
            folder.rename(old)
        try:
            fresh.rename(folder)
        except OSError:
            if old.exists():
                old.rename(folder)
            raise
    finally:
        for leftover in (fresh, old):
            shutil.rmtree(leftover, ignore_errors=True)


def _stored_config(folder: Path) -> Config:
    """config.json as it lies there, checked against the identity file."""
    path = folder / CONFIG_FILE
    try:
        config = json.loads(path.read_text(encoding="utf-8"), parse_constant=_refuse_constant)
        identity = (folder / IDENTITY_FILE).read_text(encoding="ascii").strip()
    except FileNotFoundError as error:
        missing = Path(str(error.filename)).name
        raise ModelFileError(f"not a model folder, for {missing} is missing", folder) from error
    except (OSError, ValueError, RecursionError) as error:
        raise ModelFileError(f"the configuration cannot be read ({error}); {_AGAIN}", folder) from error
    version = config.get("format_version") if isinstance(config, dict) else None
    if not isinstance(version, int) or isinstance(version, bool):
        raise ModelFileError(f"{CONFIG_FILE} names no format version: not a model of this program", folder)
    if version > upgrades.FORMAT_VERSION:
        raise NewerFormatError(
            f"made by a newer version of the program (format {version}, this one reads up to "
            f"{upgrades.FORMAT_VERSION}); update negnn-gui to use it",
            folder,
        )
    if config_sha256(config) != identity:
        raise TamperedModelError(f"{CONFIG_FILE} has changed since the model was saved; {_AGAIN}", folder)
    return dict(config)


def _upgraded(folder: Path, stored: Config) -> Config:
    try:
        config = upgrades.upgrade_config(stored, upgrades.STEPS, upgrades.FORMAT_VERSION)
    except KeyError as error:
        raise ModelFileError(
            f"format {stored['format_version']} is too old for this program; get a newer model", folder
        ) from error
    fault = _config_fault(config)
    if fault:
        raise ModelFileError(f"{CONFIG_FILE}: {fault}", folder)
    return config


def _weights_blob(folder: Path, stored: Config) -> bytes:
    try:
        blob = (folder / WEIGHTS_FILE).read_bytes()
    except OSError as error:
        raise ModelFileError(f"{WEIGHTS_FILE} is missing or unreadable; {_AGAIN}", folder) from error
    if hashlib.sha256(blob).hexdigest() != stored.get("weights_sha256"):
        raise TamperedModelError(f"{WEIGHTS_FILE} has changed since the model was saved; {_AGAIN}", folder)
    return blob


def _config_fault(config: Mapping[str, Any]) -> str | None:
    """What is wrong with a configuration of the current format, or None."""
    if not isinstance(config.get("id"), str) or not is_valid_id(config["id"]):
        return f"{config.get('id')!r} is not a model name (letters, digits, '.', '_' and '-')"
    if config.get("kind") not in KINDS:
        return f"kind must be one of {', '.join(KINDS)}, not {config.get('kind')!r}"
    for key in ("architecture", "graph_spec"):
        if not isinstance(config.get(key), dict):
            return f"“{key}” is missing"
    if not isinstance(config.get("weights_sha256"), str) or not _SHA256.fullmatch(config["weights_sha256"]):
        return "“weights_sha256” is missing"
    try:
        if json.loads(json.dumps(config, allow_nan=False)) != config:
            return "it holds something that JSON does not keep, such as a tuple or a number as a key"
    except (TypeError, ValueError) as error:
        return f"it is not plain JSON ({error})"
    return None


def _check_finite(weights: Mapping[str, Tensor]) -> None:
    for name, tensor in weights.items():
        if tensor.is_floating_point() and not bool(tensor.isfinite().all()):
            raise ValueError(f"weight {name} is not finite, the model is not saved")


def _refuse_constant(constant: str) -> NoReturn:
    raise ValueError(f"{constant} is not JSON")
