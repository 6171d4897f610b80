"""Dialogs that ask where: which files to open, and where to save tables."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal
from PySide6.QtWidgets import QWidget

from negnn_gui.app.file_dialogs import ask_for_files, ask_for_folder, ask_where_to_save
from negnn_gui.app.table_formats import TABLE_FORMATS, format_chosen

if TYPE_CHECKING:
    from negnn_gui.app.controller import Controller
    from negnn_gui.app.preferences import Preferences


class FileChoices(QObject):
    """Asks, remembers the folder, and hands on. ``said`` carries a sentence, ``problem`` one for a dialog."""

    said = Signal(str)
    problem = Signal(str)

    def __init__(self, window: QWidget, controller: Controller, preferences: Preferences) -> None:
        super().__init__(window)
        self._window = window
        self._controller = controller
        self._preferences = preferences

    def open_files(self) -> None:
        """Choose files to open."""

        def take(paths: list[Path]) -> None:
            self._preferences.folder = str(paths[0].parent)
            self._controller.open_paths(paths)

        ask_for_files(self._window, "Open structures", self._preferences.folder, take)

    def open_folder(self) -> None:
        """Choose a folder to open with everything below it."""

        def take(folder: Path) -> None:
            self._preferences.folder = str(folder)
            self._controller.open_paths([folder])

        ask_for_folder(self._window, "Open a folder of structures", self._preferences.folder, take)

    def save_sites(self, format_: str = "") -> None:
        """Choose where to save the sites table; the format of the settings is offered first, or this one."""
        usual = format_ or self._preferences.table_format
        kinds = dict.fromkeys([TABLE_FORMATS[usual].kind, *(known.kind for known in TABLE_FORMATS.values())])

        def take(path: Path, kind: str) -> None:
            self._preferences.folder = str(path.parent)
            self._controller.export_sites(path, format_chosen(path, kind))

        start = Path(self._preferences.folder) / TABLE_FORMATS[usual].name
        ask_where_to_save(self._window, "Export sites", start, take, ";;".join(kinds))
