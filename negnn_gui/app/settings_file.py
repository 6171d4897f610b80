"""The INI file of the settings: opened as it is, or set aside and begun anew where it cannot be trusted."""

from __future__ import annotations

import logging
import re
from pathlib import Path

from PySide6.QtCore import QSettings

logger = logging.getLogger(__name__)

VERSION = 1
"""Raise when a value changes its meaning; what a newer program wrote is never read as if it were ours."""

_VERSION_KEY = "settings/version"
_LINE = re.compile(r"\s*(|[;#].*|\[[^\]]*\]|[^=]+=.*)")
_MOST_BYTES = 4_000_000


def open_settings(path: Path) -> tuple[QSettings, str]:
    """The settings in ``path``, and a sentence where they were reset (else "").

    A file that is damaged, or that a newer version of the program wrote, is renamed and kept; the settings then
    begin anew. Where it cannot be renamed (a folder that may not be written) it is left alone and not used.
    """
    fault = _fault(path)
    if not fault:
        settings = QSettings(str(path), QSettings.Format.IniFormat)
        if settings.status() == QSettings.Status.NoError:
            fault = _version_fault(settings)
        elif settings.status() == QSettings.Status.FormatError:
            fault = "is damaged"
        if not fault:
            return settings, ""
        del settings
    backup = _free_name(path)
    try:
        path.rename(backup)
    except OSError as error:
        logger.warning("the settings in %s cannot be set aside: %s", path, error)
        sentence = (
            f"The settings file {fault} and cannot be moved aside; the usual settings are used for now."
        )
        return QSettings(str(backup), QSettings.Format.IniFormat), sentence
    logger.warning("the settings file %s; kept as %s", fault, backup)
    sentence = f"The settings file {fault}; it is kept as {backup.name}, and the usual settings are used."
    return QSettings(str(path), QSettings.Format.IniFormat), sentence


def stamp(settings: QSettings) -> None:
    """Say which version of the settings a file holds, once something is written into it."""
    if settings.value(_VERSION_KEY) != str(VERSION):
        settings.setValue(_VERSION_KEY, str(VERSION))


def _fault(path: Path) -> str:
    """Why the bytes cannot be an INI file: clause, or ""."""
    try:
        if path.stat().st_size > _MOST_BYTES:
            return "is damaged (far too long)"
        data = path.read_bytes()
    except (FileNotFoundError, NotADirectoryError):
        return ""
    except OSError as error:
        return f"cannot be read ({error.strerror})"
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError:
        return "is damaged"
    sound = "\0" not in text and all(_LINE.fullmatch(line) for line in text.splitlines())
    return "" if sound else "is damaged"


def _version_fault(settings: QSettings) -> str:
    written = str(settings.value(_VERSION_KEY, "1"))
    if not written.isascii() or not written.isdigit():
        return "is damaged"
    return "" if int(written) <= VERSION else "was written by a newer version of the program"


def _free_name(path: Path) -> Path:
    number = 1
    while (backup := path.with_name(f"{path.stem}.backup-{number}{path.suffix}")).exists():
        number += 1
    return backup
