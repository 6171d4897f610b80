"""Where files lie: what ships with the program, what belongs to the user, and the training data.

Shipped resources are found in a checkout, in an installed wheel and in a frozen bundle; nothing else in the
program may build a path to them.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

import platformdirs

_APP = "negnn-gui"


def resources_dir() -> Path:
    """Folder with examples, shipped models, the atlas and icons.

    Raises
    ------
    FileNotFoundError
        The installation is incomplete: none of the three places holds the folder.
    """
    package = Path(__file__).resolve().parent
    candidates = [package / "_resources", package.parent / "resources"]
    frozen = getattr(sys, "_MEIPASS", None)
    if frozen:
        candidates.insert(0, Path(frozen) / "resources")
    for candidate in candidates:
        if (candidate / "examples").is_dir():
            return candidate
    raise FileNotFoundError(
        f"the program's resources are missing (looked in {', '.join(map(str, candidates))}); reinstall negnn-gui"
    )


def user_data_dir() -> Path:
    """The user's own models and atlases (follows XDG_DATA_HOME and its equivalents)."""
    return Path(platformdirs.user_data_dir(_APP, appauthor=False))


def user_cache_dir() -> Path:
    """Things that can be computed again: graphs of training data, fitted projections."""
    return Path(platformdirs.user_cache_dir(_APP, appauthor=False))


def user_config_dir() -> Path:
    """The user's settings."""
    return Path(platformdirs.user_config_dir(_APP, appauthor=False))


def user_log_dir() -> Path:
    """Folder of the rotating log."""
    return Path(platformdirs.user_log_dir(_APP, appauthor=False))


def training_data_dir(given: Path | None = None) -> Path:
    """Folder of the parquet tables: ``given`` (``--data``) or the environment variable ``NEGNN_DATA``.

    Raises
    ------
    FileNotFoundError
        Neither names an existing folder.
    """
    return _named_folder(given, "NEGNN_DATA", "training data", "--data DIR")


def reference_dir(given: Path | None = None) -> Path:
    """Folder of the published checkpoints: ``given`` or the environment variable ``NEGNN_REFERENCE``."""
    return _named_folder(given, "NEGNN_REFERENCE", "reference files", "a folder")


def _named_folder(given: Path | None, variable: str, what: str, option: str) -> Path:
    named = given if given is not None else os.environ.get(variable)
    if not named:
        raise FileNotFoundError(f"no folder of {what}: give {option} or set {variable}")
    folder = Path(named)
    if not folder.is_dir():
        raise FileNotFoundError(f"the folder of {what} does not exist: {folder}")
    return folder
