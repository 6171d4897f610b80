"""The orderings of one disordered structure side by side: their moments, mean and spread, by ordering and by site."""

from __future__ import annotations

from collections.abc import Sequence
from math import isfinite

from PySide6.QtCore import QSize, Qt, QTimer, Signal
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import (
    QDialog,
    QDialogButtonBox,
    QHeaderView,
    QLabel,
    QTableWidget,
    QTableWidgetItem,
    QTabWidget,
    QVBoxLayout,
    QWidget,
)

from negnn_gui.analysis.ordering_statistics import OrderingStatistics, ordering_statistics
from negnn_gui.app.session import Session
from negnn_gui.app.views.site_text import NO_DATA

_REFRESH_MS = 60


class OrderingsTable(QDialog):
    """Stays open beside the work and follows the predictions; emits ``chosen(entry_id)``."""

    chosen = Signal(str)

    def __init__(self, session: Session, parent_id: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._session, self.parent_id = session, parent_id
        self._ids: list[str] = []
        self._account = QLabel()
        self._account.setWordWrap(True)
        self.by_ordering = _table(
            "Orderings",
            "Enter or a click shows an ordering in 3D; abs(m) in μB is the mean over the sites of an element",
        )
        self.by_site = _table("Sites of the disordered structure", "abs(m) in μB over the orderings")
        self.by_ordering.itemSelectionChanged.connect(self._on_row)
        self._tabs = QTabWidget()
        self._tabs.setAccessibleName("Moments by ordering or by site")
        self._tabs.setToolTip("The same predictions, gathered by ordering or by site")
        self._tabs.addTab(self.by_ordering, "By &ordering")
        self._tabs.addTab(self.by_site, "By &site")
        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Close)
        buttons.rejected.connect(self.reject)
        buttons.button(QDialogButtonBox.StandardButton.Close).setToolTip(
            "Close the table; the orderings stay open"
        )
        copy = buttons.addButton("&Copy as TSV", QDialogButtonBox.ButtonRole.ActionRole)
        copy.setToolTip("Copy the table that is shown, as tab-separated values")
        copy.clicked.connect(self.copy)
        layout = QVBoxLayout(self)
        layout.addWidget(self._account)
        layout.addWidget(self._tabs, 1)
        layout.addWidget(buttons)
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setInterval(_REFRESH_MS)
        self._timer.timeout.connect(self.refresh)
        # Methods of this dialog, not lambdas: Qt lets go of them when the dialog goes, which predictions may outlive.
        session.analysis_changed.connect(self._refresh_soon)
        session.entries_changed.connect(self._refresh_soon)
        self.refresh()

    def sizeHint(self) -> QSize:
        """Room for twenty rows."""
        return QSize(110 * self.fontMetrics().averageCharWidth(), 34 * self.fontMetrics().height())

    def refresh(self) -> None:
        """Write both tables anew."""
        entries = self._session.entries
        parent = entries.get(self.parent_id)
        if parent is None:
            self.reject()
            return
        self.setWindowTitle(f"Orderings of {parent.name}")
        orderings = [entry for entry in entries.values() if entry.ordering_of == parent.id]
        predicted = [(o, a) for o in orderings if (a := self._session.analysis(o.id)) is not None]
        statistics = ordering_statistics(parent, predicted)
        account = next((w for o in orderings for w in o.warnings if w.startswith("Disorder: ")), "")
        # The note of an ordering begins with its own number, which is out of place over all of them.
        account = account.partition("; ")[2] or account.removeprefix("Disorder: ")
        progress = f"{len(predicted)} of {len(orderings)} orderings predicted"
        self._account.setText(f"{progress}; {account}" if account else progress)
        self._ids = [entry.id for entry, _ in predicted]
        self._fill_orderings([entry.name for entry, _ in predicted], statistics)
        self._fill_sites(statistics)

    def _refresh_soon(self, *_what: object) -> None:
        self._timer.start()

    def copy(self) -> None:
        """Copy the table that is shown."""
        table = self._tabs.currentWidget()
        assert isinstance(table, QTableWidget)
        columns = range(table.columnCount())
        lines = ["\t".join(_text(table.horizontalHeaderItem(column)) for column in columns)]
        for row in range(table.rowCount()):
            lines.append("\t".join(_text(table.item(row, column)) for column in columns))
        QGuiApplication.clipboard().setText("\n".join(lines))

    def _fill_orderings(self, names: list[str], statistics: OrderingStatistics) -> None:
        header = ["Ordering", *(f"abs(m) {element} (μB)" for element in statistics.elements)]
        rows = [
            [name, *(_number(mean) for mean in means)]
            for name, means in zip(names, statistics.means, strict=True)
        ]
        if rows and statistics.elements:
            rows.append(["Mean", *(_number(mean) for mean, _ in statistics.overall)])
            rows.append(
                ["Spread (standard deviation)", *(_number(spread) for _, spread in statistics.overall)]
            )
        _fill(self.by_ordering, header, rows, bold_from=len(names))

    def _fill_sites(self, statistics: OrderingStatistics) -> None:
        header = ["Site", "Element", "Orderings", "Mean (μB)", "Spread (μB)", "Least (μB)", "Most (μB)"]
        rows = [
            [site.label, site.element, str(site.count)]
            + [_number(value) for value in (site.mean, site.spread, site.lo, site.hi)]
            for site in statistics.sites
        ]
        _fill(self.by_site, header, rows, texts=2)

    def _on_row(self) -> None:
        row = self.by_ordering.currentRow()
        if 0 <= row < len(self._ids):
            self.chosen.emit(self._ids[row])


def _table(name: str, tip: str) -> QTableWidget:
    table = QTableWidget()
    table.setAccessibleName(name)
    table.setToolTip(tip)
    table.setEditTriggers(QTableWidget.EditTrigger.NoEditTriggers)
    table.setSelectionBehavior(QTableWidget.SelectionBehavior.SelectRows)
    table.setSelectionMode(QTableWidget.SelectionMode.SingleSelection)
    table.setAlternatingRowColors(True)
    table.setTabKeyNavigation(False)
    table.setShowGrid(False)
    table.verticalHeader().hide()
    table.verticalHeader().setSectionResizeMode(QHeaderView.ResizeMode.ResizeToContents)
    table.horizontalHeader().setSectionResizeMode(QHeaderView.ResizeMode.ResizeToContents)
    return table


def _fill(
    table: QTableWidget,
    header: Sequence[str],
    rows: list[list[str]],
    texts: int = 1,
    bold_from: int | None = None,
) -> None:
    """Write a table; the first ``texts`` columns are words, the others numbers and flush right."""
    row = table.currentRow()
    table.blockSignals(True)
    table.setColumnCount(len(header))
    table.setHorizontalHeaderLabels(list(header))
    for x in range(len(header)):
        side = Qt.AlignmentFlag.AlignLeft if x < texts else Qt.AlignmentFlag.AlignRight
        if (title := table.horizontalHeaderItem(x)) is not None:
            title.setTextAlignment(side | Qt.AlignmentFlag.AlignVCenter)
    table.setRowCount(len(rows))
    for y, cells in enumerate(rows):
        for x, text in enumerate(cells):
            item = QTableWidgetItem(text)
            side = Qt.AlignmentFlag.AlignLeft if x < texts else Qt.AlignmentFlag.AlignRight
            item.setTextAlignment(side | Qt.AlignmentFlag.AlignVCenter)
            if bold_from is not None and y >= bold_from:
                font = item.font()
                font.setBold(True)
                item.setFont(font)
            table.setItem(y, x, item)
    if 0 <= row < len(rows):
        table.setCurrentCell(row, 0)
    table.blockSignals(False)


def _number(value: float) -> str:
    return f"{value:.3f}" if isfinite(value) else NO_DATA


def _text(item: QTableWidgetItem | None) -> str:
    return "" if item is None else item.text()
