"""A table over a result store: it holds which rows are shown, and the text of those that were looked at last.

What stands in the rows is read by another thread, a page at a time, when a view asks for it. So the memory it takes
does not grow with the store but by nine bytes a row.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterable
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QAbstractTableModel, QModelIndex, QObject, QPersistentModelIndex, Qt, Signal
from PySide6.QtGui import QPalette
from PySide6.QtWidgets import QApplication

from negnn_gui.app.views.sites_table_columns import Columns, TableColumn, alignment, header_data

IntArray = NDArray[np.int64]
Index = QModelIndex | QPersistentModelIndex
Role = Qt.ItemDataRole

PAGE = 64
_PAGES_HELD = 128
_NOWHERE = QModelIndex()
_COMING = "…"


class StoreModel(QAbstractTableModel):
    """One row a structure or a site; ``page_wanted`` carries a page's number and the rows of the store on it."""

    page_wanted = Signal(int, object)
    selection_changed = Signal(int)

    def __init__(self, columns: tuple[TableColumn, ...], parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.columns = columns
        self._rows: IntArray = np.empty(0, dtype=np.int64)
        self._selected: NDArray[np.bool_] = np.empty(0, dtype=np.bool_)
        self._pages: OrderedDict[int, Columns] = OrderedDict()
        self._asked: set[int] = set()

    # --- which rows ---------------------------------------------------------------------------------

    @property
    def shown(self) -> IntArray:
        """Rows of the store, in the order shown."""
        return self._rows

    def show_rows(self, rows: IntArray) -> None:
        """Show other rows of the store, or the same in another order; what is selected stays so."""
        self.beginResetModel()
        self._rows = rows
        self._make_room()
        self._forget_pages()
        self.endResetModel()

    def add_rows(self, rows: IntArray) -> None:
        """Show more rows behind the others."""
        if not len(rows):
            return
        first = len(self._rows)
        self.beginInsertRows(_NOWHERE, first, first + len(rows) - 1)
        self._rows = np.concatenate([self._rows, rows])
        self._make_room()
        self._pages.pop(first // PAGE, None)  # it was shorter
        self._asked.discard(first // PAGE)
        self.endInsertRows()

    def clear(self) -> None:
        """Show nothing and forget what was selected: it was another store."""
        self._selected = np.empty(0, dtype=np.bool_)
        self.show_rows(np.empty(0, dtype=np.int64))
        self.selection_changed.emit(0)

    def _make_room(self) -> None:
        needed = int(self._rows.max()) + 1 if len(self._rows) else 0
        if needed > len(self._selected):
            longer = np.zeros(max(needed, 2 * len(self._selected)), dtype=np.bool_)
            longer[: len(self._selected)] = self._selected
            self._selected = longer

    # --- selection ----------------------------------------------------------------------------------

    @property
    def selected(self) -> IntArray:
        """Selected rows of the store, rising; also those a filter hides."""
        return np.flatnonzero(self._selected)

    def chosen_in_order(self) -> IntArray:
        """Selected rows of the store that are shown, in the order shown."""
        return self._rows[self._selected[self._rows]]

    def choose(self, table_rows: Iterable[int], mode: str) -> None:
        """Select rows of the table: "replace" the selection, "add" to it or "toggle" them."""
        if isinstance(table_rows, range):
            places = np.arange(table_rows.start, table_rows.stop, table_rows.step)
        else:
            places = np.fromiter(table_rows, dtype=np.int64)
        rows = self._rows[places]
        if mode == "replace":
            self._selected[:] = False
        self._selected[rows] = ~self._selected[rows] if mode == "toggle" else True
        last = len(self._rows) - 1
        if last >= 0:
            self.dataChanged.emit(
                self.index(0, 0),
                self.index(last, len(self.columns) - 1),
                [Role.BackgroundRole, Role.ForegroundRole],
            )
        self.selection_changed.emit(int(np.count_nonzero(self._selected)))

    # --- pages --------------------------------------------------------------------------------------

    def receive(self, page: int, columns: Columns) -> None:
        """Take in what stands in a page."""
        self._asked.discard(page)
        first = page * PAGE
        last = min(first + PAGE, len(self._rows)) - 1
        if len(columns["frame"]) != last - first + 1:  # rows were added since it was asked for
            if first <= last:
                self.dataChanged.emit(self.index(first, 0), self.index(last, 0))  # whoever sees it asks again
            return
        self._pages[page] = columns
        self._pages.move_to_end(page)
        while len(self._pages) > _PAGES_HELD:
            self._pages.popitem(last=False)
        self.dataChanged.emit(self.index(first, 0), self.index(last, len(self.columns) - 1))

    def values(self, table_row: int) -> dict[str, Any] | None:
        """All columns of a row of the table; None while they are not there."""
        page = self._page(table_row // PAGE)
        if page is None:
            return None
        return {name: values[table_row % PAGE] for name, values in page.items()}

    def _page(self, number: int) -> Columns | None:
        page = self._pages.get(number)
        if page is None and number not in self._asked:
            self._asked.add(number)
            self.page_wanted.emit(number, self._rows[number * PAGE : (number + 1) * PAGE])
        return page

    def _forget_pages(self) -> None:
        self._pages.clear()
        self._asked.clear()

    # --- Qt's interface -----------------------------------------------------------------------------

    def rowCount(self, parent: Index = _NOWHERE) -> int:
        """Number of rows shown."""
        return 0 if parent.isValid() else len(self._rows)

    def columnCount(self, parent: Index = _NOWHERE) -> int:
        """Number of columns, hidden ones included."""
        return 0 if parent.isValid() else len(self.columns)

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = Role.DisplayRole) -> Any:
        """Titles with units."""
        if orientation != Qt.Orientation.Horizontal:
            return None
        return header_data(self.columns[section], role)

    def data(self, index: Index, role: int = Role.DisplayRole) -> Any:
        """Text and colours of one cell; "…" until it has been read."""
        column, row = self.columns[index.column()], index.row()
        if role == Role.TextAlignmentRole:
            return alignment(column.numeric)
        if role == Role.BackgroundRole:
            return _colour(QPalette.ColorRole.Highlight) if self._selected[self._rows[row]] else None
        if role == Role.ForegroundRole:
            return _colour(QPalette.ColorRole.HighlightedText) if self._selected[self._rows[row]] else None
        if role in (Role.DisplayRole, Role.ToolTipRole):
            page = self._page(row // PAGE)
            text = _COMING if page is None else column.text(page, row % PAGE)
            return text if role == Role.DisplayRole or len(text) > 24 else None
        if role == Role.AccessibleDescriptionRole:
            return "selected" if self._selected[self._rows[row]] else ""
        return None


def _colour(role: QPalette.ColorRole) -> Any:
    return QApplication.palette().color(role)
