"""How the nearest known sites of a site change with the level: what the encoder sees as alike, near and far."""

from __future__ import annotations

import csv
from collections.abc import Mapping
from pathlib import Path

import numpy as np
from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtWidgets import (
    QAbstractItemView,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QStackedLayout,
    QTableWidget,
    QTableWidgetItem,
    QVBoxLayout,
    QWidget,
)

from negnn_gui.analysis.atlas import Atlas
from negnn_gui.analysis.level_neighbours import LevelNeighbours, neighbours_by_level
from negnn_gui.analysis.motifs import site_motifs
from negnn_gui.app.theme import good_colour
from negnn_gui.app.views.level_chart import LevelChart
from negnn_gui.app.views.like_this_query import Query, queries
from negnn_gui.app.views.plot_menu import PlotMenu
from negnn_gui.app.views.site_text import number_text
from negnn_gui.results import Analysis, SiteRef
from negnn_gui.structures.entry import StructureEntry

_K = 10
_REFRESH_MS = 60
_MOST_ATOMS_FOR_MOTIF = (
    2000  # beyond that the neighbours of one site take too long to look up while selecting
)
_NO_ATLAS = "No atlas is loaded:\nthere are no known atoms to compare with."
_NOTHING = "Select an atom:\nits nearest known atoms at every level appear here."
_NOT_PREDICTED = "The selected atoms have not been predicted yet."
_FOREIGN = (
    "The atlas was built with another encoder than this atom was analysed with:\nthey cannot be compared."
)


class LevelPanel(QWidget):
    """Charts and a table of the ten nearest known sites of the first selected site at each level.

    ``show_on_map`` carries rows of the atlas, ``level_chosen`` the level of the column that was clicked.
    """

    show_on_map = Signal(object)
    level_chosen = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._atlas: Atlas | None = None
        self._asked: list[Query] = []
        self._selection: frozenset[SiteRef] = frozenset()
        self.found: LevelNeighbours | None = None
        self._build()
        self._timer = QTimer(self, singleShot=True, interval=_REFRESH_MS)
        self._timer.timeout.connect(self._search)
        self._search()

    def set_atlas(self, atlas: Atlas | None) -> None:
        """Compare with another atlas, or none."""
        self._atlas = atlas
        self._search_soon()

    def set_query(
        self,
        entries: Mapping[str, StructureEntry],
        analyses: Mapping[str, Analysis],
        selection: frozenset[SiteRef],
    ) -> None:
        """Look at the first of the selected sites."""
        self._selection = selection
        self._asked = queries(entries, analyses, selection)
        self._search_soon()

    def _search_soon(self) -> None:
        if not self._timer.isActive():
            self._timer.start()

    # --- construction -------------------------------------------------------------------------------

    def _build(self) -> None:
        self.title = QLabel(self)
        self.title.setTextFormat(Qt.TextFormat.PlainText)
        self.title.setWordWrap(True)
        self.on_map = QPushButton("Show on map", self)
        self.on_map.setToolTip("Ring the chosen sites, or all of the list, on the map")
        self.on_map.clicked.connect(self._on_show)
        self.chart = LevelChart(self)
        self.chart.setMinimumHeight(60)
        self.export = PlotMenu(
            self.chart, "neighbours-by-level", self.write_csv, lambda: self.found is not None
        )
        self.table = QTableWidget(0, 0, self)
        self.table.setAccessibleName("Nearest known sites at each level")
        self.table.setToolTip(
            "Green: also among the nearest at the level before. Click a header to show its level."
        )
        self.table.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.table.setTabKeyNavigation(False)
        self.table.setWordWrap(False)
        self.table.setShowGrid(False)
        self.table.setAlternatingRowColors(True)
        self.table.verticalHeader().setDefaultSectionSize(self.fontMetrics().height() + 7)
        self.table.horizontalHeader().sectionClicked.connect(
            lambda column: self.level_chosen.emit(str(column))
        )
        self.message = QLabel(self)
        self.message.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.message.setWordWrap(True)
        self.message.setMargin(12)
        bar = QHBoxLayout()
        bar.addWidget(self.title, 1)
        bar.addWidget(self.on_map)
        bar.addWidget(self.export.button(self))
        page = QWidget(self)
        layout = QVBoxLayout(page)
        layout.setContentsMargins(6, 4, 6, 4)
        layout.addLayout(bar)
        layout.addWidget(self.chart, 1)
        layout.addWidget(self.table, 1)
        self._stack = QStackedLayout(self)
        self._stack.addWidget(self.message)
        self._stack.addWidget(page)

    # --- from selection to charts -------------------------------------------------------------------

    def _search(self) -> None:
        self.found = None
        problem = self._problem()
        if not problem and self._atlas is not None:
            query = self._asked[0]
            try:
                self.found = neighbours_by_level(
                    self._atlas,
                    query.analysis.embeddings[: self._atlas.n_levels, query.site],
                    query.element,
                    _motif(query),
                    k=_K,
                )
            except ValueError as error:
                problem = f"This atom cannot be compared: {error}."
        self.message.setText(problem)
        self._stack.setCurrentIndex(0 if problem else 1)
        if self.found is not None and self._atlas is not None:
            self._show(self._atlas, self.found)

    def _problem(self) -> str:
        if self._atlas is None:
            return _NO_ATLAS
        if not self._selection:
            return _NOTHING
        if not self._asked:
            return _NOT_PREDICTED
        return "" if self._asked[0].analysis.encoder.sha256 == self._atlas.encoder.sha256 else _FOREIGN

    def _show(self, atlas: Atlas, found: LevelNeighbours) -> None:
        query = self._asked[0]
        more = f" (the first of {len(self._asked):,} selected)" if len(self._asked) > 1 else ""
        self.title.setText(
            f"{query.label}{more}: its {found.rows.shape[1]} nearest known sites at each level"
        )
        self.chart.show_levels(found, float(query.analysis.moment.median[query.site]))
        self.table.setColumnCount(found.n_levels)
        self.table.setRowCount(found.rows.shape[1])
        self.table.setHorizontalHeaderLabels([f"Level {level}" for level in range(found.n_levels)])
        green = good_colour(self.palette())
        for level in range(found.n_levels):
            for rank, row in enumerate(found.rows[level].tolist()):
                item = QTableWidgetItem("" if row < 0 else _name(atlas, row))
                if row >= 0:
                    item.setToolTip(_tip(atlas, row, float(found.distance[level, rank])))
                if found.stayed[level, rank]:
                    item.setForeground(green)
                self.table.setItem(rank, level, item)
        self.table.resizeColumnsToContents()

    # --- intents ------------------------------------------------------------------------------------

    def _on_show(self) -> None:
        if self.found is None:
            return
        chosen = [(index.column(), index.row()) for index in self.table.selectedIndexes()]
        rows = [self.found.rows[level, rank] for level, rank in chosen] or self.found.rows.ravel().tolist()
        self.show_on_map.emit(np.unique([row for row in rows if row >= 0]).astype(np.int64))

    def write_csv(self, path: Path) -> None:
        """Write one line for each level and neighbour; OSError where the file cannot be written."""
        assert self.found is not None and self._atlas is not None
        query, sites = self._asked[0], self._atlas.sites
        with path.open("w", encoding="utf-8", newline="") as stream:
            writer = csv.writer(stream)
            writer.writerow(
                ("structure", "site_index", "site_label", "element", "level", "rank", "nn_element", "nn_formula",
                 "nn_motif", "nn_moment_muB", "distance", "stayed", "source")
            )  # fmt: skip
            own = [query.entry.name, query.site, query.entry.site_labels[query.site], query.element]
            for level in range(self.found.n_levels):
                for rank, row in enumerate(self.found.rows[level].tolist()):
                    if row >= 0:
                        known = [sites.element[row], sites.formula[row], sites.motif[row]]
                        moment = number_text(float(self._atlas.known_moment[row]), 3)
                        distance = f"{self.found.distance[level, rank]:.6g}"
                        stayed = int(self.found.stayed[level, rank])
                        writer.writerow(
                            [*own, level, rank + 1, *known, moment, distance, stayed, sites.source_id[row]]
                        )


def _motif(query: Query) -> str:
    if query.entry.n_sites > _MOST_ATOMS_FOR_MOTIF:
        return ""
    return site_motifs(query.entry.structure, [query.site])[0]


def _name(atlas: Atlas, row: int) -> str:
    moment = number_text(float(atlas.known_moment[row]))
    return f"{atlas.sites.element[row]} in {atlas.sites.formula[row]}" + (f", {moment} μB" if moment else "")


def _tip(atlas: Atlas, row: int, distance: float) -> str:
    parts = (
        _name(atlas, row),
        str(atlas.sites.motif[row]) or "motif not known",
        f"cosine distance {distance:.4f}",
        str(atlas.sites.source_id[row]),
    )
    return "; ".join(part for part in parts if part)
