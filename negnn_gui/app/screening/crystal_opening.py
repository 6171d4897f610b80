"""From a row of a screening's results to the crystal in the main window."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QObject

from negnn_gui.app.file_jobs import ReadFrame
from negnn_gui.screening.request import Disorder

if TYPE_CHECKING:
    from negnn_gui.app.controller import Controller
    from negnn_gui.structures.entry import StructureEntry


class CrystalOpening(QObject):
    """Opens one structure of a file, shows it once it is there, and selects the site of the row."""

    def __init__(self, controller: Controller, parent: QObject) -> None:
        super().__init__(parent)
        self._controller = controller
        self._wanted: tuple[str, int, str] | None = None
        self._site: int | None = None
        controller.session.entries_changed.connect(self._show)

    def open(self, row: dict[str, Any], disorder: Disorder) -> None:
        """Show the structure that a row names; it is read unless it is open already."""
        self._wanted = (row["source_file"], int(row["frame"]), row["structure"])
        self._site = int(row["site_index"]) if "site_index" in row else None
        if not self._show():
            source, frame, name = self._wanted
            self._controller.open_frame(ReadFrame(Path(source), frame, name, disorder))

    def _show(self) -> bool:
        if self._wanted is None:
            return False
        for entry in self._controller.session.entries.values():
            if _key(entry) == self._wanted:
                self._wanted = None
                self._controller.show_entry(entry.id)
                if self._site is not None:
                    from negnn_gui.results import SiteRef

                    self._controller.select(frozenset({SiteRef(entry.id, self._site)}))
                return True
        return False


def _key(entry: StructureEntry) -> tuple[str, int, str]:
    from negnn_gui.export.tables import source_file
    from negnn_gui.export.text import printable

    return source_file(entry), entry.frame, printable(entry.name)
