"""How the nearest known sites of a site change with the level: what the encoder sees as alike, near and far."""

from __future__ import annotations

import csv
from pathlib import Path

import numpy as np
from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import (
    QAbstractItemView,
    QBoxLayout,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QScrollArea,
    QTableWidget,
    QTableWidgetItem,
    QVBoxLayout,
    QWidget,
)

from negnn_gui.analysis.atlas import Atlas
from negnn_gui.analysis.level_neighbours import LevelNeighbours, neighbours_by_level
from negnn_gui.analysis.motifs import site_motifs
from negnn_gui.app.theme import good_colour
from negnn_gui.app.views.known_sites_panel import KnownSitesPanel
from negnn_gui.app.views.level_chart import LevelChart
from negnn_gui.app.views.like_this_query import Query
from negnn_gui.app.views.plot_menu import PlotMenu
from negnn_gui.app.views.site_text import number_text

_K = 10
# Width over height, and in letters, from which charts and table stand side by side.
_WIDE, _LEAST_WIDE = 2.0, 110
_MOST_ATOMS_FOR_MOTIF = (
    2000  # beyond that the neighbours of one site take too long to look up while selecting
)


class LevelPanel(KnownSitesPanel):
    """Charts and a table of the ten nearest known sites of the first selected site at each level.

    ``level_chosen`` carries the level of the column that was clicked.
    """

    level_chosen = Signal(str)
    found: LevelNeighbours | None

    NOTHING = "Select an atom:\nits nearest known atoms at every level appear here."
    FOREIGN = (
        "The atlas was built with another encoder than this atom was analysed with:\nthey cannot be compared."
    )
    THESE = "This atom"

    # --- construction -------------------------------------------------------------------------------

    def build(self) -> QWidget:
        """Title, charts and table."""
        self.title = QLabel(self)
        self.title.setTextFormat(Qt.TextFormat.PlainText)
        self.title.setWordWrap(True)
        self.on_map = QPushButton("Show on map", self)
        self.on_map.setToolTip("Ring the chosen sites, or all of the list, on the map")
        self.on_map.clicked.connect(self._on_show)
        self.chart = LevelChart(self)
        # Below that ticks and labels lie on the curves; the rest is reached by scrolling.
        self.chart.setMinimumHeight(9 * self.fontMetrics().height())
        self.chart.setMinimumWidth(34 * self.fontMetrics().averageCharWidth())
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
        bar = QHBoxLayout()
        bar.addWidget(self.title, 1)
        bar.addWidget(self.on_map)
        bar.addWidget(self.export.button(self))
        page = QWidget(self)
        layout = QVBoxLayout(page)
        layout.setContentsMargins(6, 4, 6, 4)
        layout.addLayout(bar)
        halves = QWidget(page)
        self._halves = QBoxLayout(QBoxLayout.Direction.TopToBottom, halves)
        self._halves.setContentsMargins(0, 0, 0, 0)
        self._halves.addWidget(self.chart, 1)
        self._halves.addWidget(self.table, 1)
        self.table.setMinimumHeight(6 * self.table.verticalHeader().defaultSectionSize())
        scroll = QScrollArea(page)
        scroll.setFrameShape(QScrollArea.Shape.NoFrame)
        scroll.setWidgetResizable(True)
        scroll.setWidget(halves)
        layout.addWidget(scroll, 1)
        return page

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Charts beside the table where the panel is low and wide, above it elsewhere."""
        super().resizeEvent(event)
        least = _LEAST_WIDE * self.fontMetrics().averageCharWidth()
        is_wide = self.width() > max(_WIDE * self.height(), least)
        directions = QBoxLayout.Direction
        self._halves.setDirection(directions.LeftToRight if is_wide else directions.TopToBottom)

    # --- from selection to charts -------------------------------------------------------------------

    def compared(self) -> list[Query]:
        """The first one alone."""
        return self._asked[:1]

    def compare(self, atlas: Atlas) -> LevelNeighbours:
        """Its nearest known sites at each level."""
        query = self._asked[0]
        return neighbours_by_level(
            atlas,
            query.analysis.embeddings[: atlas.n_levels, query.site],
            query.element,
            _motif(query),
            k=_K,
        )

    def show_found(self, atlas: Atlas) -> None:
        """Charts, and one column a level."""
        found, query = self.found, self._asked[0]
        assert found is not None
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
