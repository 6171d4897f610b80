"""The Details dock: the structure shown, its warnings, the models that predicted it, and notices."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING

from PySide6.QtCore import QEvent, QUrl, Signal
from PySide6.QtGui import QPalette
from PySide6.QtWidgets import QTextBrowser, QWidget

from negnn_gui.app import theme
from negnn_gui.app.coalesce import Coalescer
from negnn_gui.app.session import EntryStatus, Session, Stage

if TYPE_CHECKING:
    from negnn_gui.app.jobs import LoadedModels
    from negnn_gui.results import Analysis
    from negnn_gui.structures.entry import StructureEntry

_SHOWN_NOTICES = 5
_CARD = "card:model"


class Details(QTextBrowser):
    """Text about the current entry. Emits ``card_wanted`` when the link to the model card is followed."""

    card_wanted = Signal()

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._session = session
        self._models: LoadedModels | None = None
        self._notices: list[str] = []
        self.setOpenLinks(False)
        self.setFrameShape(QTextBrowser.Shape.NoFrame)
        self.setAccessibleName("Details")
        self.setToolTip("Cell (Å, °), warnings, and which models made the result; Tab goes to the links")
        self.anchorClicked.connect(self._on_link)
        # Opening one structure changes what is told here several times, and the crystal is waited for more.
        self._later = Coalescer(self.refresh, every_ms=20, parent=self, after_picture=True)
        session.current_changed.connect(self._later.request)
        session.analysis_changed.connect(self._on_entry)
        session.status_changed.connect(self._on_entry)
        self.refresh()

    def set_models(self, models: LoadedModels) -> None:
        """Show which models are in use."""
        self._models = models
        self.refresh()

    def set_notices(self, notices: list[str]) -> None:
        """Show the latest sentences of the predictor."""
        self._notices = notices[-_SHOWN_NOTICES:]
        self.refresh()

    def refresh(self) -> None:
        """Write everything anew."""
        entry = self._session.current
        parts = []
        if entry is None:
            parts.append(self._quiet("Open a structure to see its cell, its warnings and what predicted it."))
        else:
            analysis = self._session.analysis(entry.id)
            parts += [
                _structure(entry),
                _moments(entry, analysis),
                self._messages(entry, analysis, self._session.status(entry.id)),
                _made_by(analysis),
            ]
        parts.append(self._provenance())
        if self._notices:
            parts += [_heading("Notices"), _items(self._notices)]
        self.setHtml("".join(parts))

    def changeEvent(self, event: QEvent) -> None:
        """Write anew in the colours of another palette."""
        super().changeEvent(event)
        if event.type() == QEvent.Type.PaletteChange:
            self.refresh()

    def _on_entry(self, entry_id: str) -> None:
        current = self._session.current
        if current is not None and current.id == entry_id:
            self._later.request()

    def _on_link(self, url: QUrl) -> None:
        if url.toString() == _CARD:
            self.card_wanted.emit()

    def _messages(self, entry: StructureEntry, analysis: Analysis | None, status: EntryStatus) -> str:
        messages = [*entry.warnings, *(analysis.warnings if analysis is not None else ())]
        if status.stage is Stage.FAILED:
            messages.insert(0, status.reason)
        if not messages:
            return ""
        colour = theme.warning_colour(self.palette()).name()
        return _heading("Warnings") + f'<div style="color:{colour}">{_items(messages)}</div>'

    def _provenance(self) -> str:
        if self._models is None:
            return _heading("Model") + self._quiet(
                "Loaded in the background; nothing is predicted until then."
            )
        rows = []
        if self._models.model_id:
            rows += [("Moments", self._models.model_id), ("sha256", self._models.model_sha256[:16])]
        rows += [("Encoder", self._models.encoder_id), ("sha256", self._models.encoder_sha256[:16])]
        if self._models.atlas is not None:
            rows.append(("Atlas", f"{len(self._models.atlas):,} known sites"))
        return _heading("Model") + _table(rows) + f'<p><a href="{_CARD}">Model card</a></p>'

    def _quiet(self, text: str) -> str:
        colour = self.palette().color(QPalette.ColorRole.PlaceholderText).name()
        return f'<p style="color:{colour}">{escape(text)}</p>'


def _structure(entry: StructureEntry) -> str:
    lattice = entry.structure.lattice
    rows = [
        ("Formula", entry.formula),
        ("Sites", f"{entry.n_sites:,}"),
        ("a, b, c (Å)", ", ".join(f"{length:.4f}" for length in lattice.abc)),
        ("α, β, γ (°)", ", ".join(f"{angle:.2f}" for angle in lattice.angles)),
        ("Volume (Å³)", f"{lattice.volume:,.2f}"),
        ("Source", str(entry.path) if entry.path is not None else "text"),
    ]
    if entry.frame:
        rows.append(("Frame", str(entry.frame)))
    if not entry.is_ordered:
        from negnn_gui.structures.disorder import describe_disorder

        rows.append(("Disorder", describe_disorder(entry)))
    if entry.ordering:
        rows.append(("Ordering", "most likely species" if entry.ordering == "majority" else entry.ordering))
    return f"<h3>{escape(entry.name)}</h3>" + _table(rows)


def _moments(entry: StructureEntry, analysis: Analysis | None) -> str:
    if analysis is None or analysis.n_sites != entry.n_sites:
        return ""
    from negnn_gui.app.views.moment_summary import moment_rows

    said = "Magnitudes, summed without sign: not the net moment of the cell."
    return _heading("Predicted moments") + _table(moment_rows(entry, analysis)) + f"<p>{said}</p>"


def _made_by(analysis: Analysis | None) -> str:
    """Which models made what is shown of this structure."""
    if analysis is None:
        return ""
    rows = [("Embedding by", f"{analysis.encoder.id} ({analysis.encoder.sha256[:12]})")]
    if analysis.model is not None:
        rows.append(("Moments by", f"{analysis.model.id} ({analysis.model.sha256[:12]})"))
    rows.append(("On", analysis.device))
    return _heading("Result") + _table(rows)


def _heading(text: str) -> str:
    return f"<h4>{escape(text)}</h4>"


def _items(texts: list[str]) -> str:
    return "".join(f"<p>{escape(text)}</p>" for text in texts)


def _table(rows: list[tuple[str, str]]) -> str:
    style = "padding-right:10px; white-space:nowrap"
    cells = "".join(
        f'<tr><td style="{style}"><b>{escape(name)}</b></td><td>{escape(value)}</td></tr>'
        for name, value in rows
    )
    return f"<table>{cells}</table>"
