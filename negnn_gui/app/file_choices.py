"""Dialogs that ask where: which files to open, and where to save tables."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal
from PySide6.QtWidgets import QFileDialog, QWidget

if TYPE_CHECKING:
    from negnn_gui.app.controller import Controller
    from negnn_gui.app.preferences import Preferences

_TABLES = {
    "csv": "Comma-separated values (*.csv)",
    "parquet": "Parquet (*.parquet)",
    "extxyz": "Extended XYZ (*.extxyz)",
}


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
        names, _ = QFileDialog.getOpenFileNames(self._window, "Open structures", self._preferences.folder)
        if names:
            self._preferences.folder = str(Path(names[0]).parent)
            self._controller.open_paths([Path(name) for name in names])

    def open_folder(self) -> None:
        """Choose a folder to open with everything below it."""
        title = "Open a folder of structures"
        name = QFileDialog.getExistingDirectory(self._window, title, self._preferences.folder)
        if name:
            self._preferences.folder = name
            self._controller.open_paths([Path(name)])

    def save_sites(self) -> None:
        """Choose where to save the sites table."""
        usual = self._preferences.table_format
        kinds = [_TABLES[usual], *(kind for name, kind in _TABLES.items() if name != usual)]
        path = self._ask("Export sites", f"sites.{usual}", ";;".join(kinds))
        if path is not None:
            self._controller.export_sites(path)

    def _ask(self, title: str, name: str, kinds: str) -> Path | None:
        start = str(Path(self._preferences.folder) / name)
        chosen, kind = QFileDialog.getSaveFileName(self._window, title, start, kinds)
        if not chosen:
            return None
        path = Path(chosen)
        self._preferences.folder = str(path.parent)
        # "Parquet (*.parquet)" -> ".parquet"
        suffix = kind.rpartition("(*")[2].rstrip(")") if "(*." in kind else Path(name).suffix
        return path if path.suffix else path.with_suffix(suffix)
