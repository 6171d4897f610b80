"""What is remembered between runs: window, recent files, choices; one INI file."""

from __future__ import annotations

import logging
from pathlib import Path

from PySide6.QtCore import QByteArray, QObject, QSettings, Signal

from negnn_gui import locations

logger = logging.getLogger(__name__)

N_RECENT = 10
APPEARANCES = ("system", "light", "dark")
_LAYOUT_VERSION = 3  # raise when docks are added or renamed: an older arrangement is then not restored


class Preferences(QObject):
    """Typed access to the settings file; a value that makes no sense counts as not set.

    With ``remember=False`` nothing is written and windows stand in their first arrangement: an unattended run
    must not depend on earlier runs, nor show in later ones.
    """

    recent_changed = Signal()

    def __init__(self, parent: QObject | None = None, *, remember: bool = True) -> None:
        super().__init__(parent)
        self._remember = remember
        path = locations.user_config_dir() / "settings.ini"
        self._settings = QSettings(str(path), QSettings.Format.IniFormat, self)
        if self._settings.status() != QSettings.Status.NoError:
            logger.warning("the settings in %s cannot be read; the usual ones are used", path)

    @property
    def auto_predict(self) -> bool:
        """Whether structures are predicted as soon as they are opened."""
        return str(self._settings.value("predict/automatically", "true")).lower() != "false"

    @auto_predict.setter
    def auto_predict(self, wanted: bool) -> None:
        self._set("predict/automatically", "true" if wanted else "false")

    @property
    def appearance(self) -> str:
        """One of ``APPEARANCES``."""
        value = str(self._settings.value("window/appearance", "system"))
        return value if value in APPEARANCES else "system"

    @appearance.setter
    def appearance(self, value: str) -> None:
        self._set("window/appearance", value)

    @property
    def folder(self) -> str:
        """Folder of the last file dialog."""
        return str(self._settings.value("files/folder", ""))

    @folder.setter
    def folder(self, value: str) -> None:
        self._set("files/folder", value)

    @property
    def recent(self) -> list[Path]:
        """Files and folders opened lately, the latest first."""
        value = self._settings.value("files/recent", [])
        names = [value] if isinstance(value, str) else value if isinstance(value, list) else []
        return [Path(str(name)) for name in names if name][:N_RECENT]

    def add_recent(self, paths: list[Path]) -> None:
        """Put ``paths`` on top of the recent ones."""
        names = [str(path.absolute()) for path in reversed(paths[:N_RECENT])]
        names += [str(path) for path in self.recent]
        self._set("files/recent", list(dict.fromkeys(names))[:N_RECENT])
        self.recent_changed.emit()

    def clear_recent(self) -> None:
        """Forget the recent files."""
        self._settings.remove("files/recent")
        self.recent_changed.emit()

    @property
    def layout(self) -> tuple[QByteArray, QByteArray] | None:
        """Window geometry and arrangement of docks as they were left."""
        if not self._remember or self._settings.value("window/layout_version") != str(_LAYOUT_VERSION):
            return None
        geometry, docks = self._settings.value("window/geometry"), self._settings.value("window/docks")
        if not isinstance(geometry, QByteArray) or not isinstance(docks, QByteArray):
            return None
        return geometry, docks

    def save_layout(self, geometry: QByteArray, docks: QByteArray) -> None:
        """Remember the window for the next run."""
        self._set("window/layout_version", str(_LAYOUT_VERSION))
        self._set("window/geometry", geometry)
        self._set("window/docks", docks)
        self._settings.sync()

    def _set(self, key: str, value: object) -> None:
        if self._remember:
            self._settings.setValue(key, value)
