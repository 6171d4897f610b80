"""A table of the results of a screening, with its filter: structures or sites."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QPoint, Qt, QTimer, Signal
from PySide6.QtWidgets import (
    QHBoxLayout,
    QHeaderView,
    QLabel,
    QLineEdit,
    QMenu,
    QStackedLayout,
    QVBoxLayout,
    QWidget,
)

from negnn_gui.app.screening.store_columns import COLUMNS
from negnn_gui.app.screening.store_model import StoreModel
from negnn_gui.app.theme import warning_colour
from negnn_gui.app.views.sites_table_view import SitesView
from negnn_gui.screening.result_store import TableName

IntArray = NDArray[np.int64]

_TYPING_MS = 350
AT_MOST_COPIED = 50_000
_EXAMPLES = {
    "structures": "moment_max_muB > 2 and ood_share < 0.1",
    "sites": 'element == "Fe" and moment_pred_muB > 2',
}
_MAX_WIDTH = 260
_SORT_MARK = 14


class StoreTable(QWidget):
    """Rows of one table of the store.

    ``wanted`` says that other rows or another order are wanted (see :attr:`expression` and :attr:`sort`);
    ``opened`` carries the columns of a row that was double-clicked or chosen with Enter, ``copy_wanted`` rows of
    the store and names of columns.
    """

    wanted = Signal()
    opened = Signal(object)
    copy_wanted = Signal(object, object)

    def __init__(self, table: TableName, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.table = table
        self.expression = ""
        self.sort: tuple[str, bool] | None = None
        self.n_rows = 0
        self._sized = False
        self._empty = "Nothing has been predicted yet."
        self.model = StoreModel(COLUMNS[table], self)
        self.model.selection_changed.connect(self._tell_counts)
        self._build()
        self._typing = QTimer(self, singleShot=True, interval=_TYPING_MS)
        self._typing.timeout.connect(self.apply_filter)
        self._tell_counts()

    # --- construction -------------------------------------------------------------------------------

    def _build(self) -> None:
        self.filter = QLineEdit(self)
        self.filter.setPlaceholderText(f"Filter: {_EXAMPLES[self.table]}")
        self.filter.setClearButtonEnabled(True)
        self.filter.setAccessibleName(f"Filter of the {self.table}")
        names = [name for column in self.model.columns for name in column.sources]
        self.filter.setToolTip(
            "Compare columns with numbers and texts; and, or, not, in, + - * /, abs(), known().\n"
            + "\n".join("  ".join(names[k : k + 5]) for k in range(0, len(names), 5))
        )
        self.filter.textEdited.connect(lambda _: self._typing.start())
        self.filter.returnPressed.connect(self.apply_filter)
        self.count = QLabel(self)
        self.count.setAccessibleName(f"Number of {self.table}")
        self.problem = QLabel(self)
        self.problem.setWordWrap(True)
        self.problem.setContentsMargins(6, 0, 6, 2)
        self.problem.hide()
        bar = QHBoxLayout()
        bar.setContentsMargins(4, 4, 8, 4)
        bar.setSpacing(10)
        bar.addWidget(self.filter, 1)
        bar.addWidget(self.count)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.addLayout(bar)
        layout.addWidget(self.problem)
        self._build_view()
        self.message = QLabel(self)
        self.message.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.message.setWordWrap(True)
        self._stack = QStackedLayout()
        self._stack.addWidget(self.message)
        self._stack.addWidget(self.view)
        layout.addLayout(self._stack, 1)

    def _build_view(self) -> None:
        self.view = SitesView(self)
        self.view.setModel(self.model)
        self.view.setAccessibleName(self.table.capitalize())
        self.view.setToolTip("Moments in μB; Enter opens a structure, Ctrl+C copies the chosen rows")
        self.view.chosen.connect(self.model.choose)
        self.view.copy_wanted.connect(self.copy)
        self.view.row_opened.connect(self._open)
        self.view.verticalHeader().hide()
        self.view.verticalHeader().setDefaultSectionSize(self.fontMetrics().height() + 7)
        self.view.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
        self.view.customContextMenuRequested.connect(self._on_context_menu)
        header = self.view.horizontalHeader()
        header.setSectionsMovable(True)
        header.setHighlightSections(False)
        header.setSortIndicatorClearable(True)
        header.setSortIndicator(-1, Qt.SortOrder.AscendingOrder)
        header.setSortIndicatorShown(True)
        header.setSectionsClickable(True)
        header.setResizeContentsPrecision(30)
        header.setSectionResizeMode(QHeaderView.ResizeMode.Interactive)
        header.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
        header.customContextMenuRequested.connect(self._on_header_menu)
        header.sortIndicatorChanged.connect(self._on_sort)
        for number, column in enumerate(self.model.columns):
            self.view.setColumnHidden(number, not column.shown)

    # --- what it shows ------------------------------------------------------------------------------

    def set_total(self, n_rows: int) -> None:
        """How many rows the store has."""
        self.n_rows = n_rows
        self._tell_counts()

    def set_empty(self, sentence: str) -> None:
        """What to say while there are no rows."""
        self._empty = sentence
        self._tell_counts()

    def after_rows(self) -> None:
        """Other rows are shown, or more of them."""
        self.problem.hide()
        self.view.forget_anchor()
        self._tell_counts()

    def fit_columns(self) -> None:
        """Widths that suit the first rows, once."""
        if self._sized or not self.model.rowCount():
            return
        self._sized = True
        self.view.resizeColumnsToContents()
        for number in range(len(self.model.columns)):
            self.view.setColumnWidth(number, min(_MAX_WIDTH, self.view.columnWidth(number) + _SORT_MARK))

    def complain(self, sentence: str) -> None:
        """The filter cannot be used; the rows stay as they are."""
        colour = warning_colour(self.palette())
        self.problem.setStyleSheet(f"color: {colour.name()}")
        self.problem.setText(f"Filter: {sentence}")
        self.problem.show()

    def _tell_counts(self, _selected: int = 0) -> None:
        shown, selected = self.model.rowCount(), len(self.model.selected)
        text = (
            f"{shown:,} {self.table}"
            if shown == self.n_rows
            else f"{shown:,} of {self.n_rows:,} {self.table}"
        )
        self.count.setText(f"{text}, {selected:,} selected" if selected else text)
        self.count.setVisible(bool(self.n_rows))
        self.message.setText(f"No row of {self.n_rows:,} meets the filter." if self.n_rows else self._empty)
        self._stack.setCurrentWidget(self.view if shown else self.message)

    # --- what the user does -------------------------------------------------------------------------

    def apply_filter(self) -> None:
        """Filter by what stands in the line."""
        self._typing.stop()
        if self.filter.text().strip() != self.expression or self.problem.isVisible():
            self.expression = self.filter.text().strip()
            self.wanted.emit()

    def _on_sort(self, column: int, order: Qt.SortOrder) -> None:
        descending = order == Qt.SortOrder.DescendingOrder
        self.sort = None if column < 0 else (self.model.columns[column].sources[0], descending)
        self.wanted.emit()

    def _open(self, row: int) -> None:
        values = self.model.values(row)
        if values is not None:
            self.opened.emit(values)

    def copy(self) -> None:
        """Ask for the selected rows (all that are shown where none is) as tab-separated values."""
        header = self.view.horizontalHeader()
        columns = [header.logicalIndex(place) for place in range(header.count())]
        names = [
            name
            for column in columns
            if not self.view.isColumnHidden(column)
            for name in self.model.columns[column].sources
        ]
        self.copy_wanted.emit(self.chosen_or_shown()[:AT_MOST_COPIED], names)

    def chosen_or_shown(self) -> IntArray:
        """Rows of the store that are selected and shown, in the order shown; all shown where none is."""
        chosen = self.model.chosen_in_order()
        return chosen if len(chosen) else self.model.shown

    def _on_context_menu(self, place: QPoint) -> None:
        menu = QMenu(self)
        index = self.view.indexAt(place)
        if index.isValid():
            menu.addAction("Open the crystal", lambda: self._open(index.row()))
        menu.addAction("Copy as TSV", self.copy)
        menu.exec(self.view.viewport().mapToGlobal(place))
        menu.deleteLater()

    def _on_header_menu(self, place: QPoint) -> None:
        menu = QMenu(self)
        for number, column in enumerate(self.model.columns):
            action = menu.addAction(column.title)
            action.setCheckable(True)
            action.setChecked(not self.view.isColumnHidden(number))
            action.toggled.connect(lambda shown, number=number: self.view.setColumnHidden(number, not shown))
        menu.exec(self.view.horizontalHeader().mapToGlobal(place))
        menu.deleteLater()
