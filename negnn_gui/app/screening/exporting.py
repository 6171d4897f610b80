"""The dialog that asks what to export, and the thread that writes it."""

from __future__ import annotations

import contextlib
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal
from PySide6.QtWidgets import (
    QComboBox,
    QDialog,
    QDialogButtonBox,
    QFormLayout,
    QLabel,
    QVBoxLayout,
)

from negnn_gui.app.file_dialogs import ask_where_to_save
from negnn_gui.app.jobs import Worker
from negnn_gui.app.table_formats import TABLE_FORMATS, TableFormat
from negnn_gui.screening.store_export import ExportCancelledError, ExportRequest, export_store

if TYPE_CHECKING:
    from negnn_gui.app.preferences import Preferences
    from negnn_gui.app.screening.screening_window import ScreeningWindow

_KINDS: dict[str, TableFormat] = TABLE_FORMATS | {
    "embeddings": TableFormat("Embeddings, Parquet", "embeddings.parquet", "Parquet (*.parquet)"),
    "embeddings-csv": TableFormat("Embeddings, CSV", "embeddings.csv", "Comma-separated values (*.csv)"),
}


class ExportWorker(Worker):
    """Writes one file after the other. ``written`` carries the path and the number of structures."""

    written = Signal(object, int)
    refused = Signal(str)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)

    def serve(self, request: ExportRequest) -> None:
        """Write it; the file appears whole or not at all."""
        with contextlib.suppress(ExportCancelledError):
            count = export_store(request, progress=self.report, cancelled=self.cancelled)
            self.written.emit(request.target, count)

    def refuse(self, request: ExportRequest, reason: str) -> None:
        """Say why there is no file."""
        self.refused.emit(f"{request.target.name} could not be saved: {reason}")


class ExportDialog(QDialog):
    """Which format and which rows; emits ``wanted`` with an ``ExportRequest``."""

    wanted = Signal(object)

    def __init__(self, window: ScreeningWindow, preferences: Preferences) -> None:
        super().__init__(window)
        self._window = window
        self._preferences = preferences
        self.setWindowTitle("Export results")
        self.setMinimumWidth(420)
        screenings = window.screenings
        kept = bool(screenings.header and screenings.header.levels)
        self.kind = QComboBox()
        for kind, (title, _, _) in _KINDS.items():
            if kept or not kind.startswith("embeddings"):
                self.kind.addItem(title, kind)
        self.kind.setAccessibleName("Format")
        self.kind.setToolTip("Tables hold rows as they are; crystals are read again from their files")
        self.rows = QComboBox()
        table = window.shown_table
        noun = table.table
        self.rows.addItem(f"All {table.n_rows:,} {noun}", "all")
        shown, chosen = table.model.rowCount(), len(table.model.selected)
        if table.expression and shown < table.n_rows:
            self.rows.addItem(f"The {shown:,} {noun} that meet the filter", "shown")
        if chosen:
            self.rows.addItem(f"The {chosen:,} selected {noun}", "selected")
        self.rows.setCurrentIndex(self.rows.count() - 1)
        self.rows.setAccessibleName("Rows")
        self.rows.setToolTip(
            "Rows of the table that is in front; a crystal is whole whatever site of it was chosen"
        )
        form = QFormLayout()
        form.setRowWrapPolicy(QFormLayout.RowWrapPolicy.WrapLongRows)
        form.setFieldGrowthPolicy(QFormLayout.FieldGrowthPolicy.ExpandingFieldsGrow)
        form.addRow("Format", self.kind)
        form.addRow("Rows", self.rows)
        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Cancel)
        self.save = buttons.addButton("Save as…", QDialogButtonBox.ButtonRole.AcceptRole)
        self.save.setToolTip("Choose a file, and write it")
        buttons.button(QDialogButtonBox.StandardButton.Cancel).setToolTip("Export nothing")
        buttons.accepted.connect(self._ask_where)
        buttons.rejected.connect(self.reject)
        layout = QVBoxLayout(self)
        layout.addLayout(form)
        remark = QLabel("A JSON file beside it says by which models and from which files it was made.")
        remark.setWordWrap(True)
        layout.addWidget(remark)
        layout.addWidget(buttons)

    def _ask_where(self) -> None:
        _, name, filter_ = _KINDS[self.kind.currentData()]
        start = Path(self._preferences.folder) / name

        def export(path: Path, _kind: str) -> None:
            self._preferences.folder = str(path.parent)
            self.export_to(path)

        ask_where_to_save(self, "Export results", start, export, filter_)

    def export_to(self, target: Path) -> None:
        """Ask for the chosen rows in this file."""
        table = self._window.shown_table
        rows = {"all": None, "shown": table.model.shown, "selected": table.model.selected}[
            self.rows.currentData()
        ]
        folder = self._window.screenings.state.folder
        assert folder is not None
        self.wanted.emit(ExportRequest(folder, target, self.kind.currentData(), table.table, rows))
        self.accept()
