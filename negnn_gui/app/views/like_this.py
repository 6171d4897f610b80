"""Atoms like this one: the known sites nearest to the selected atoms, with their moments."""

from __future__ import annotations

from pathlib import Path
from typing import cast

import numpy as np
from PySide6.QtCore import QEvent, QSize, Qt
from PySide6.QtWidgets import (
    QAbstractItemView,
    QComboBox,
    QFrame,
    QLabel,
    QPushButton,
    QScrollArea,
    QSpinBox,
    QTableWidget,
    QTableWidgetItem,
    QVBoxLayout,
    QWidget,
)

from negnn_gui.analysis.atlas import Atlas
from negnn_gui.analysis.neighbours import Metric
from negnn_gui.app.file_dialogs import ask_where_to_save
from negnn_gui.app.jobs import sentence
from negnn_gui.app.theme import warning_colour
from negnn_gui.app.views.flow import FlowLayout
from negnn_gui.app.views.known_sites_panel import KnownSitesPanel
from negnn_gui.app.views.like_this_query import LikeSites, Query, doubts, find_like, write_like_csv
from negnn_gui.app.views.like_this_spread import MomentSpread
from negnn_gui.app.views.plot_menu import PlotMenu
from negnn_gui.app.views.site_text import interval_text, moment_text, number_text, shortened
from negnn_gui.export.atomic import replacing

_HEADERS = ("Element", "Formula", "Motif", "DFT (μB)", "Exp. (μB)", "Distance", "Like", "Source")
_NUMERIC = frozenset({3, 4, 5})
_QUERY_COLUMN = 6
_SMALLEST = QSize(180, 100)  # what has no room scrolls; the map above must not pay for it


class LikeThis(KnownSitesPanel):
    """List of the nearest known sites of the selection; ``show_on_map`` carries the rows of the listed ones."""

    found: LikeSites | None

    NOTHING = "Select atoms in the crystal, on the map or in the table:\nthe known atoms most like them appear here."
    FOREIGN = (
        "The atlas was built with another encoder than these atoms were analysed with:\n"
        "they cannot be compared."
    )
    THESE = "These atoms"

    _levels = "1"

    # --- what to show -------------------------------------------------------------------------------

    def set_levels(self, levels: str) -> None:
        """Compare at another choice of levels, such as "1" or "012"."""
        self._levels = levels
        self.search_soon()

    # --- construction -------------------------------------------------------------------------------

    def build(self) -> QWidget:
        """Title, choices, spread of the moments and list."""
        self.setMinimumSize(_SMALLEST)
        self.title = QLabel(self)
        self.title.setTextFormat(Qt.TextFormat.PlainText)
        self.title.setWordWrap(True)
        self.count = QSpinBox(self)
        self.count.setRange(1, 100)
        self.count.setValue(10)
        self.count.setSuffix(" nearest")
        self.count.setAccessibleName("How many known sites are listed")
        self.count.setToolTip("How many known sites are listed for each selected atom")
        self.distance = QComboBox(self)
        self.distance.addItems(["cosine", "euclidean"])
        self.distance.setAccessibleName("Distance")
        self.distance.setToolTip("Distance between embeddings at the chosen level")
        self.on_map = QPushButton("Show on map", self)
        self.on_map.setToolTip("Ring the listed sites, or the chosen lines, on the map")
        self.export = QPushButton("Export…", self)
        self.export.setToolTip("Save the list as CSV")
        self.spread = MomentSpread(self)
        self.plot_menu = PlotMenu(self.spread, "like-sites", self._write, lambda: self.found is not None)
        self.remark = QLabel(self)
        self.remark.setWordWrap(True)
        self.table = QTableWidget(0, len(_HEADERS), self)
        for column, title in enumerate(_HEADERS):
            item = QTableWidgetItem(title)
            item.setTextAlignment(_alignment(column))
            self.table.setHorizontalHeaderItem(column, item)
        self.table.setAccessibleName("Known atoms like the selected ones")
        self.table.setToolTip(
            "The nearest known sites; moments in μB, distances between embeddings have no unit"
        )
        self.table.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.table.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.table.setAlternatingRowColors(True)
        self.table.setShowGrid(False)
        self.table.setWordWrap(False)
        self.table.setTabKeyNavigation(False)
        self.table.verticalHeader().hide()
        self._follow_font()
        self.count.valueChanged.connect(lambda _: self.search_soon())
        self.distance.currentIndexChanged.connect(lambda _: self.search_soon())
        self.on_map.clicked.connect(self._on_show)
        self.export.clicked.connect(self._on_export)
        return self._page()

    def _follow_font(self) -> None:
        self.table.verticalHeader().setDefaultSectionSize(self.fontMetrics().height() + 7)

    def changeEvent(self, event: QEvent) -> None:
        """Take the height of rows from the font."""
        super().changeEvent(event)
        if event.type() == QEvent.Type.FontChange and hasattr(self, "table"):
            self._follow_font()

    def _page(self) -> QWidget:
        bar = FlowLayout(spacing=6)
        for widget in (self.count, self.distance, self.on_map, self.export):
            bar.addWidget(widget)
        page = _Page(self)
        layout = QVBoxLayout(page)
        layout.setContentsMargins(6, 4, 6, 4)
        layout.setSpacing(4)
        layout.addWidget(self.title)
        layout.addLayout(bar)
        layout.addWidget(self.spread)
        layout.addWidget(self.remark)
        layout.addWidget(self.table, 1)
        self._scrolled = scrolled = QScrollArea(self)
        scrolled.setWidget(page)
        scrolled.setWidgetResizable(True)
        scrolled.setFrameShape(QFrame.Shape.NoFrame)
        scrolled.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        scrolled.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        return scrolled

    # --- from selection to list ---------------------------------------------------------------------

    @property
    def like(self) -> LikeSites | None:
        """What is listed."""
        return self.found

    def compare(self, atlas: Atlas) -> LikeSites:
        """The known sites nearest to any of them."""
        metric = cast(Metric, self.distance.currentText())
        return find_like(atlas, self._asked, levels=self._levels, metric=metric, k=self.count.value())

    def show_found(self, atlas: Atlas) -> None:
        """Title, spread, remarks and list."""
        like = self.found
        assert like is not None
        self.title.setText(_title(self._asked, atlas, like))
        self.title.setToolTip(self._asked[0].label)
        _, median, lo, hi, _ = _prediction(self._asked)
        self.spread.show_moments(atlas.known_moment[like.rows], median, lo, hi)
        self._remark(" ".join(doubts(atlas, self._asked)))
        self.table.setColumnHidden(_QUERY_COLUMN, len(self._asked) == 1)
        self._fill(atlas, like)
        page = self._scrolled.widget()
        layout = None if page is None else page.layout()
        assert layout is not None
        layout.invalidate()  # Qt keeps the heights of the texts before these, where the page was hidden then
        layout.activate()
        self._scrolled.verticalScrollBar().setValue(0)  # other atoms: what they are comes first

    def _fill(self, atlas: Atlas, like: LikeSites) -> None:
        sites = atlas.sites
        self.table.setRowCount(len(like.rows))
        for line, (row, owner, distance) in enumerate(
            zip(like.rows, like.nearest_query, like.distance, strict=True)
        ):
            texts = (
                str(sites.element[row]),
                str(sites.formula[row]),
                str(sites.motif[row]),
                number_text(float(sites.moment_dft[row])),
                number_text(float(sites.moment_exp[row])),
                number_text(float(distance), 4),
                like.queries[owner].label,
                str(sites.source_id[row]),
            )
            for column, text in enumerate(texts):
                item = QTableWidgetItem(text)
                item.setTextAlignment(_alignment(column))
                self.table.setItem(line, column, item)
        self.table.resizeColumnsToContents()

    # --- intents ------------------------------------------------------------------------------------

    def _on_show(self) -> None:
        if self.found is None:
            return
        lines = sorted({index.row() for index in self.table.selectedIndexes()})
        self.show_on_map.emit(self.found.rows[lines] if lines else self.found.rows)

    def _on_export(self) -> None:
        name = f"{self._asked[0].entry.name}_like.csv" if self._asked else "like.csv"
        ask_where_to_save(
            self,
            "Export known atoms like these",
            Path(name),
            lambda path, _kind: self.export_csv(path),
            "CSV (*.csv)",
        )

    def export_csv(self, path: Path) -> None:
        """Write the list to a file; a failure is told in the panel."""
        if self.found is None or self._atlas is None:
            return
        try:
            with replacing(path) as temporary:
                self._write(temporary)
        except OSError as error:
            self._remark(f"{path.name} could not be saved: {sentence(error)}.")

    def _write(self, path: Path) -> None:
        if self.found is not None and self._atlas is not None:
            write_like_csv(path, self._atlas, self.found)

    def _remark(self, text: str) -> None:
        self.remark.setText(text)
        self.remark.setStyleSheet(f"color: {warning_colour(self.palette()).name()}")
        self.remark.setVisible(bool(text))


class _Page(QWidget):
    """As high as its wrapped texts need at its width: a scroll area asks only for the least at any width."""

    def event(self, event: QEvent) -> bool:
        """Follow the width and the texts."""
        handled = super().event(event)
        layout = self.layout()
        if layout is not None and event.type() in (QEvent.Type.Resize, QEvent.Type.LayoutRequest):
            needed = layout.minimumHeightForWidth(self.width())
            if needed != self.minimumHeight():
                self.setMinimumHeight(needed)
        return handled


def _prediction(asked: list[Query]) -> tuple[str, float, float, float, float]:
    """What the model says of a single site: which head, median, ends of the interval, second spin state."""
    nan = float("nan")
    if len(asked) > 1:
        return "", nan, nan, nan, nan
    analysis, site = asked[0].analysis, asked[0].site
    head, moment = "DFT", analysis.moment
    if np.isnan(moment.median[site]) and np.isfinite(analysis.moment_exp.median[site]):
        head, moment = "exp.", analysis.moment_exp
    median, lo, hi, alt = (float(part[site]) for part in (moment.median, moment.lo, moment.hi, moment.alt))
    return head, median, lo, hi, alt


def _title(asked: list[Query], atlas: Atlas, like: LikeSites) -> str:
    subject = shortened(asked[0].label, 44) if len(asked) == 1 else f"{len(asked):,} selected sites"
    moments = atlas.known_moment[like.rows]
    moments = moments[np.isfinite(moments)]
    text = "moments of like sites are not known"
    if len(moments):
        spread = interval_text(float(moments.min()), float(moments.max()))
        text = f"median of like sites {np.median(moments):.2f} μB, all {spread}"
    head, median, lo, hi, alt = _prediction(asked)
    if head:
        unit, interval = (" μB" if np.isfinite(median) else ""), interval_text(lo, hi)
        text += f"; predicted {head} {moment_text(median, alt)}{unit}" + (f", {interval}" if interval else "")
    return f"{subject}\n{text}"


def _alignment(column: int) -> Qt.AlignmentFlag:
    side = Qt.AlignmentFlag.AlignRight if column in _NUMERIC else Qt.AlignmentFlag.AlignLeft
    return side | Qt.AlignmentFlag.AlignVCenter
