"""All analysed sites as a table model: filtered, sorted and marked by NumPy, so 100,000 rows stay quick."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QAbstractTableModel, QModelIndex, QObject, QPersistentModelIndex, Qt
from PySide6.QtGui import QIcon, QPalette
from PySide6.QtWidgets import QApplication

from negnn_gui.analysis.site_filter import filter_mask
from negnn_gui.analysis.sites import SiteIndex, analysed
from negnn_gui.app.views.site_text import NO_DATA, is_far, is_wide
from negnn_gui.app.views.sites_table_columns import (
    TABLE_COLUMNS,
    Columns,
    alignment,
    column_arrays,
    header_data,
    stack_columns,
)
from negnn_gui.export.text import raw_text
from negnn_gui.results import Analysis, SiteRef
from negnn_gui.structures.entry import StructureEntry

IntArray = NDArray[np.int64]
Index = QModelIndex | QPersistentModelIndex
Role = Qt.ItemDataRole
_NOWHERE = QModelIndex()
_SAME_MOMENT_MUB = 0.005
_WARNED = frozenset({"ood_score", "moment_lo_muB", "moment_exp_lo_muB"})


@dataclass(frozen=True)
class WarningMarks:
    """Icons behind a number: warning, warning on a selected row, and an empty one of the same size."""

    warning: QIcon
    selected: QIcon
    none: QIcon


class SitesModel(QAbstractTableModel):
    """One row a site, or one row for all symmetry-equivalent sites of a structure.

    Rows of the *table* are what is shown now; rows of the *index* number all analysed sites.
    """

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.index_of_sites = SiteIndex({})
        self.columns: Columns = stack_columns([])
        self._entries: list[StructureEntry] = []
        self._blocks: dict[str, tuple[Analysis, Columns]] = {}
        self._classes: dict[str, IntArray] = {}
        self._class_of: IntArray = np.empty(0, dtype=np.int64)
        self._multiplicity: IntArray = np.empty(0, dtype=np.int64)
        self._distinct = False
        self._scope: NDArray[np.bool_] | None = None
        self._filter = ""
        self._order: tuple[int, bool] | None = None
        self._selected: NDArray[np.bool_] = np.empty(0, dtype=np.bool_)
        self._rows: IntArray = np.empty(0, dtype=np.int64)
        self.marks = WarningMarks(QIcon(), QIcon(), QIcon())

    # --- what to show -------------------------------------------------------------------------------

    def set_analyses(
        self,
        entries: Mapping[str, StructureEntry],
        analyses: Mapping[str, Analysis],
        selection: frozenset[SiteRef],
    ) -> None:
        """Take over all analysed entries; columns of those that did not change are kept."""
        self.beginResetModel()
        pairs = analysed(entries, analyses)
        blocks: dict[str, tuple[Analysis, Columns]] = {}
        for entry, analysis in pairs:
            kept = self._blocks.get(entry.id)
            same = kept is not None and kept[0] is analysis
            blocks[entry.id] = (
                kept if kept is not None and same else (analysis, column_arrays(entry, analysis))
            )
        self._blocks = blocks
        self._entries = [entry for entry, _ in pairs]
        self._classes = {name: classes for name, classes in self._classes.items() if name in blocks}
        self.index_of_sites = SiteIndex({entry.id: entry.n_sites for entry in self._entries})
        self.columns = stack_columns([columns for _, columns in blocks.values()])
        self._selected = self.index_of_sites.mask(selection)
        self._scope = None
        self._update_classes()
        self._update_rows()
        self.endResetModel()

    def set_scope(self, scope: NDArray[np.bool_] | None) -> None:
        """Show only sites marked in (N,) bool, or all."""
        self._reset(scope=scope)

    def set_filter(self, expression: str) -> None:
        """Show only sites that meet an expression; FilterError (and no change) where it cannot be used."""
        filter_mask(expression, self.columns)
        self._reset(filter=expression)

    def set_distinct(self, distinct: bool) -> None:
        """One row for all symmetry-equivalent sites of a structure."""
        self._reset(distinct=distinct)

    def set_selection(self, selection: frozenset[SiteRef]) -> None:
        """Mark the selected sites."""
        self._selected = self.index_of_sites.mask(selection)
        if len(self._rows):
            last = self.index(len(self._rows) - 1, len(TABLE_COLUMNS) - 1)
            self.dataChanged.emit(self.index(0, 0), last, [Role.BackgroundRole, Role.ForegroundRole])

    def _reset(self, **changes: Any) -> None:
        self.beginResetModel()
        for name, value in changes.items():
            setattr(self, f"_{name}", value)
        if "distinct" in changes:
            self._update_classes()
        self._update_rows()
        self.endResetModel()

    def _update_classes(self) -> None:
        n = len(self.index_of_sites)
        self._class_of = np.arange(n)
        self._multiplicity = np.ones(n, dtype=np.int64)
        if not self._distinct or not n:
            return
        for entry in self._entries:
            if entry.id not in self._classes:
                self._classes[entry.id] = np.asarray(entry.equivalent, dtype=np.int64)
            _, first, place = np.unique(self._classes[entry.id], return_index=True, return_inverse=True)
            span = self.index_of_sites.span(entry.id)
            self._class_of[span] = span.start + first[place]
        self._multiplicity = np.bincount(self._class_of, minlength=n)

    def _update_rows(self) -> None:
        shown = filter_mask(self._filter, self.columns)
        if self._scope is not None:
            shown &= self._scope
        if self._distinct:
            # A class is shown by its first site as soon as any of its sites is wanted.
            wanted = np.zeros(len(shown), dtype=np.bool_)
            wanted[self._class_of[shown]] = True
            shown = wanted
        rows = np.flatnonzero(shown)
        if self._order is not None:
            rows = rows[self._sorted(rows, *self._order)]
        self._rows = rows

    def _sorted(self, rows: IntArray, column: int, descending: bool) -> IntArray:
        """Order of rows by a column; unknown values come last either way."""
        values = self.columns[TABLE_COLUMNS[column].sources[0]][rows]
        if values.dtype == object:
            known = values != ""
            _, keys = np.unique(values.astype(str), return_inverse=True)
        else:
            known = np.isfinite(values)
            keys = np.where(known, values, 0)
        return np.lexsort((-keys if descending else keys, ~known.astype(np.bool_)))

    # --- from table to sites and back ---------------------------------------------------------------

    def refs(self, table_rows: Iterable[int]) -> frozenset[SiteRef]:
        """Sites behind rows of the table: all equivalent ones where a row stands for several."""
        rows = self._rows[np.fromiter(table_rows, dtype=np.int64)]
        if self._distinct:
            rows = np.flatnonzero(np.isin(self._class_of, rows))
        return self.index_of_sites.refs(rows)

    def selected_table_rows(self) -> IntArray:
        """Rows of the table that are marked as selected."""
        return np.flatnonzero(self._marks()[self._rows])

    def _marks(self) -> NDArray[np.bool_]:
        if not self._distinct:
            return self._selected
        marks = np.zeros(len(self._selected), dtype=np.bool_)
        marks[self._class_of[self._selected]] = True
        return marks

    def tsv(self, table_rows: Iterable[int], table_columns: Iterable[int]) -> str:
        """Rows as tab-separated values under the names of the CSV columns, numbers in full precision."""
        names = [name for column in table_columns for name in TABLE_COLUMNS[column].sources]
        lines = ["\t".join(names)]
        for table_row in table_rows:
            row = self._rows[table_row]
            lines.append("\t".join(raw_text(self.columns[name][row]) for name in names))
        return "\n".join(lines) + "\n"

    # --- Qt's interface -----------------------------------------------------------------------------

    def rowCount(self, parent: Index = _NOWHERE) -> int:
        """Number of rows shown."""
        return 0 if parent.isValid() else len(self._rows)

    def columnCount(self, parent: Index = _NOWHERE) -> int:
        """Number of columns, hidden ones included."""
        return 0 if parent.isValid() else len(TABLE_COLUMNS)

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = Role.DisplayRole) -> Any:
        """Titles with units."""
        if orientation != Qt.Orientation.Horizontal:
            return None
        return header_data(TABLE_COLUMNS[section], role)

    def data(self, index: Index, role: int = Role.DisplayRole) -> Any:
        """Text, colours and warnings of one cell."""
        column, row = TABLE_COLUMNS[index.column()], int(self._rows[index.row()])
        if role == Role.DisplayRole:
            text = column.text(self.columns, row)
            return text if self._multiplicity[row] == 1 else self._text_of_class(column.sources[0], row, text)
        if role == Role.TextAlignmentRole:
            return alignment(column.numeric)
        if role == Role.BackgroundRole:
            return _colour(QPalette.ColorRole.Highlight) if self._is_marked(row) else None
        if role == Role.ForegroundRole:
            return self._text_colour(index.column(), row)
        if role == Role.DecorationRole:
            return self._mark(index.column(), row)
        if role == Role.ToolTipRole:
            return self._warning(index.column(), row)
        if role == Role.AccessibleDescriptionRole:
            selected = "selected" if self._is_marked(row) else ""
            return "; ".join(filter(None, (selected, self._warning(index.column(), row))))
        return None

    def sort(self, column: int, order: Qt.SortOrder = Qt.SortOrder.AscendingOrder) -> None:
        """Sort by a column; -1 is the order of the files."""
        self._reset(order=None if column < 0 else (column, order == Qt.SortOrder.DescendingOrder))

    def _text_of_class(self, name: str, row: int, text: str) -> str:
        """What a row that stands for several sites says: their number, and that moments differ in sign."""
        if name == "site_label":
            return f"{text} ×{self._multiplicity[row]}"
        if name == "moment_input_muB" and text:
            moments = self.columns[name][self._class_of == row]
            if np.ptp(np.abs(moments)) > _SAME_MOMENT_MUB or not np.isfinite(moments).all():
                return "various"
            if np.ptp(moments) > _SAME_MOMENT_MUB:
                return f"±{text.removeprefix('-')}"
        return text

    def _is_marked(self, row: int) -> bool:
        if self._distinct:
            return bool(self._selected[self._class_of == row].any())
        return bool(self._selected[row])

    def _text_colour(self, column: int, row: int) -> Any:
        if self._is_marked(row):
            return _colour(QPalette.ColorRole.HighlightedText)
        if TABLE_COLUMNS[column].text(self.columns, row) == NO_DATA:
            return _colour(QPalette.ColorRole.PlaceholderText)
        return None

    def _mark(self, column: int, row: int) -> QIcon | None:
        if TABLE_COLUMNS[column].sources[0] not in _WARNED:
            return None
        if not self._warning(column, row):
            return self.marks.none
        return self.marks.selected if self._is_marked(row) else self.marks.warning

    def _warning(self, column: int, row: int) -> str | None:
        name = TABLE_COLUMNS[column].sources[0]
        if name == "ood_score" and is_far(float(self.columns[name][row])):
            return "Far from the training sites: do not rely on the prediction"
        if name in ("moment_lo_muB", "moment_exp_lo_muB"):
            prefix = name.removesuffix("_lo_muB")
            values = (float(self.columns[f"{prefix}_{part}_muB"][row]) for part in ("pred", "lo", "hi"))
            if is_wide(*values):
                return "Wide interval: the model is unsure of this moment"
        return None


def _colour(role: QPalette.ColorRole) -> Any:
    return QApplication.palette().color(role)
