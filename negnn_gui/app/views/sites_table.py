"""The sites table: every analysed site with its moments, filtered and sorted, linked with the other views."""

from __future__ import annotations

from collections.abc import Mapping

from PySide6.QtCore import QEvent, QPoint, QPointF, QSize, Qt, QTimer, Signal
from PySide6.QtGui import QColor, QGuiApplication, QIcon, QPainter, QPalette, QPixmap, QPolygonF
from PySide6.QtWidgets import (
    QCheckBox,
    QComboBox,
    QHBoxLayout,
    QHeaderView,
    QLabel,
    QLineEdit,
    QMenu,
    QStackedLayout,
    QVBoxLayout,
    QWidget,
)

from negnn_gui.analysis.site_filter import FilterError
from negnn_gui.app.theme import warning_colour
from negnn_gui.app.views.sites_table_columns import TABLE_COLUMNS
from negnn_gui.app.views.sites_table_model import SitesModel, WarningMarks
from negnn_gui.app.views.sites_table_view import SitesView
from negnn_gui.export.tables import SITE_COLUMNS
from negnn_gui.results import Analysis, SiteRef
from negnn_gui.structures.entry import StructureEntry

_TYPING_MS = 350
_MAX_WIDTH = 220
_MARK = 12
_SORT_MARK = 12
_EMPTY = "No sites yet: open a structure and predict it."
_NONE_LEFT = "No site meets the filter."
_ALL, _CURRENT, _SELECTED = range(3)


class SitesTable(QWidget):
    """Table with a filter line.

    ``picked`` carries a ``frozenset[SiteRef]`` and "replace", "add" or "toggle"; ``hovered`` a ``SiteRef`` or
    None.
    """

    picked = Signal(object, str)
    hovered = Signal(object)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._entries: dict[str, StructureEntry] = {}
        self._selection: frozenset[SiteRef] = frozenset()
        self._current: str | None = None
        self._own_pick = False
        self._sized = False
        self.model = SitesModel(self)
        self._build()
        self._typing_timer = QTimer(self, singleShot=True, interval=_TYPING_MS)
        self._typing_timer.timeout.connect(self.apply_filter)
        self._tell_counts()

    # --- what to show -------------------------------------------------------------------------------

    def set_analyses(self, entries: Mapping[str, StructureEntry], analyses: Mapping[str, Analysis]) -> None:
        """Show the sites of all analysed entries."""
        self._entries = dict(entries)
        self.model.set_analyses(entries, analyses, self._selection)
        self._apply_scope()

    def set_selection(self, selection: frozenset[SiteRef]) -> None:
        """Mark the selected sites, and bring the first of them into view if they were chosen elsewhere."""
        self._selection = selection
        self.model.set_selection(selection)
        if self._own_pick:
            return
        if self.scope.currentIndex() == _SELECTED:
            self._apply_scope()
        rows = self.model.selected_table_rows()
        if len(rows):
            self.view.scrollTo(self.model.index(int(rows[0]), 0))

    def set_current(self, entry_id: str | None) -> None:
        """Which structure "current structure" means."""
        self._current = entry_id
        if self.scope.currentIndex() == _CURRENT:
            self._apply_scope()

    # --- construction -------------------------------------------------------------------------------

    def _build(self) -> None:
        self.filter = QLineEdit(self)
        self.filter.setPlaceholderText('Filter: element == "Fe" and moment_pred_muB > 2')
        self.filter.setClearButtonEnabled(True)
        self.filter.setAccessibleName("Filter of the sites table")
        self.filter.setToolTip(
            "Compare columns with numbers and texts; and, or, not, in, + - * /, abs(), known().\n"
            + _columns_hint()
        )
        self.filter.textEdited.connect(lambda _: self._typing_timer.start())
        self.filter.returnPressed.connect(self.apply_filter)
        self.scope = QComboBox(self)
        self.scope.addItems(["All structures", "Current structure", "Selected sites"])
        self.scope.setAccessibleName("Which sites the table shows")
        self.scope.setToolTip("Sites of all structures, of the one in 3D, or the selected ones")
        self.scope.currentIndexChanged.connect(self._apply_scope)
        self.distinct = QCheckBox("Symmetry-distinct", self)
        self.distinct.setToolTip("One row for all sites of a structure that its symmetry makes equal")
        self.distinct.toggled.connect(self._on_distinct)
        self.count = QLabel(self)
        self.problem = QLabel(self)
        self.problem.setWordWrap(True)
        self.problem.setContentsMargins(6, 0, 6, 2)
        self.problem.hide()
        bar = QHBoxLayout()
        bar.setContentsMargins(4, 3, 8, 3)
        bar.setSpacing(10)
        bar.addWidget(self.filter, 1)
        for widget in (self.scope, self.distinct, self.count):
            bar.addWidget(widget)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.addLayout(bar)
        layout.addWidget(self.problem)
        layout.addLayout(self._build_view(), 1)
        self._follow_palette()
        self._follow_font()

    def _build_view(self) -> QStackedLayout:
        self.view = SitesView(self)
        self.view.setModel(self.model)
        self.view.setAccessibleName("Sites")
        self.view.setToolTip(
            "One row for each site; moments in μB, coordinates in Å. Tab steps from atom to atom, Ctrl+Tab leaves."
        )
        self.view.setIconSize(QSize(_MARK, _MARK))
        self.view.chosen.connect(self._on_chosen)
        self.view.copy_wanted.connect(self.copy)
        self.view.row_hovered.connect(self._on_hovered)
        self.view.verticalHeader().hide()
        self.view.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
        self.view.customContextMenuRequested.connect(self._on_context_menu)
        header = self.view.horizontalHeader()
        header.setSectionsMovable(True)
        header.setHighlightSections(False)
        header.setSortIndicatorClearable(True)
        header.setSortIndicator(-1, Qt.SortOrder.AscendingOrder)
        header.setResizeContentsPrecision(60)
        header.setDefaultAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
        header.setSectionResizeMode(QHeaderView.ResizeMode.Interactive)
        header.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
        header.customContextMenuRequested.connect(self._on_header_menu)
        self.view.setSortingEnabled(True)
        for number, column in enumerate(TABLE_COLUMNS):
            self.view.setColumnHidden(number, not column.shown)
        self.message = QLabel(_EMPTY, self)
        self.message.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self._stack = QStackedLayout()
        self._stack.addWidget(self.message)
        self._stack.addWidget(self.view)
        return self._stack

    def _follow_palette(self) -> None:
        colour = warning_colour(self.palette())
        self.problem.setStyleSheet(f"color: {colour.name()}")
        selected = self.palette().color(QPalette.ColorRole.HighlightedText)
        self.model.marks = WarningMarks(
            _triangle(colour), _triangle(selected), _triangle(QColor(Qt.GlobalColor.transparent))
        )

    def _follow_font(self) -> None:
        self.view.verticalHeader().setDefaultSectionSize(self.fontMetrics().height() + 7)
        if self._sized:
            self._fit_columns()

    def changeEvent(self, event: QEvent) -> None:
        """Take the colour of warnings from the palette, and the height of rows from the font."""
        super().changeEvent(event)
        if event.type() == QEvent.Type.FontChange and hasattr(self, "problem"):
            self._follow_font()
        if event.type() == QEvent.Type.PaletteChange and hasattr(self, "problem"):
            self._follow_palette()

    # --- filter, scope, order -----------------------------------------------------------------------

    def apply_filter(self) -> None:
        """Filter by what stands in the line; on an error say what is wrong and keep the rows as they are."""
        self._typing_timer.stop()
        try:
            self.model.set_filter(self.filter.text())
        except FilterError as error:
            self.problem.setText(f"Filter: {error}")
            self.problem.show()
            return
        self.problem.hide()
        self._after_reset()

    def _apply_scope(self) -> None:
        scope = None
        index = self.model.index_of_sites
        if self.scope.currentIndex() == _CURRENT:
            sites = range(self._entries[self._current].n_sites) if self._current in self._entries else ()
            scope = index.mask(SiteRef(self._current, site) for site in sites if self._current is not None)
        elif self.scope.currentIndex() == _SELECTED:
            scope = index.mask(self._selection)
        self.model.set_scope(scope)
        self._after_reset()

    def _on_distinct(self, distinct: bool) -> None:
        self.model.set_distinct(distinct)
        self._after_reset()

    def _after_reset(self) -> None:
        self.view.forget_anchor()
        if not self._sized and self.model.rowCount():
            self._sized = True
            self._fit_columns()
        self._tell_counts()

    def _fit_columns(self) -> None:
        self.view.resizeColumnsToContents()
        for number in range(len(TABLE_COLUMNS)):
            self.view.setColumnWidth(number, min(_MAX_WIDTH, self.view.columnWidth(number) + _SORT_MARK))

    def _tell_counts(self) -> None:
        total, shown = len(self.model.index_of_sites), self.model.rowCount()
        noun = "distinct" if self.distinct.isChecked() else "sites"
        self.count.setText(f"{shown:,} {noun}" if shown == total else f"{shown:,} {noun} of {total:,}")
        self.count.setVisible(bool(total))
        self.message.setText(_NONE_LEFT if total else _EMPTY)
        self._stack.setCurrentWidget(self.view if shown else self.message)

    # --- intents ------------------------------------------------------------------------------------

    def _on_chosen(self, rows: list[int], mode: str) -> None:
        self._own_pick = True  # what was chosen here is in view already and must not move
        try:
            self.picked.emit(self.model.refs(rows), mode)
        finally:
            self._own_pick = False

    def _on_hovered(self, row: int) -> None:
        refs = self.model.refs([row]) if 0 <= row < self.model.rowCount() else frozenset()
        self.hovered.emit(min(refs) if refs else None)

    def copy(self) -> None:
        """Copy the selected rows (all rows where none is selected) as tab-separated values."""
        rows = self.model.selected_table_rows()
        header = self.view.horizontalHeader()
        columns = [header.logicalIndex(place) for place in range(header.count())]
        visible = [column for column in columns if not self.view.isColumnHidden(column)]
        wanted = rows.tolist() if len(rows) else range(self.model.rowCount())
        QGuiApplication.clipboard().setText(self.model.tsv(wanted, visible))

    def _on_context_menu(self, place: QPoint) -> None:
        menu = QMenu(self)
        selected = len(self.model.selected_table_rows())
        what = "selected rows" if selected else "all rows"
        menu.addAction(f"Copy {what} as TSV", self.copy)
        menu.exec(self.view.viewport().mapToGlobal(place))

    def _on_header_menu(self, place: QPoint) -> None:
        self.column_menu().exec(self.view.horizontalHeader().mapToGlobal(place))

    def column_menu(self) -> QMenu:
        """Menu that shows and hides columns."""
        menu = QMenu(self)
        for number, column in enumerate(TABLE_COLUMNS):
            action = menu.addAction(column.title)
            action.setCheckable(True)
            action.setChecked(not self.view.isColumnHidden(number))
            action.toggled.connect(lambda shown, number=number: self.view.setColumnHidden(number, not shown))
        return menu


def _columns_hint() -> str:
    lines, line = [], ""
    for name in SITE_COLUMNS:
        if len(line) + len(name) > 70:
            lines.append(line)
            line = ""
        line += f"{name}  "
    return "\n".join([*lines, line])


def _triangle(colour: QColor) -> QIcon:
    pixmap = QPixmap(2 * _MARK, 2 * _MARK)
    pixmap.fill(Qt.GlobalColor.transparent)
    painter = QPainter(pixmap)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(colour)
    right, bottom = 2 * _MARK - 2, 2 * _MARK - 3
    painter.drawPolygon(QPolygonF([QPointF(_MARK, 2), QPointF(right, bottom), QPointF(2, bottom)]))
    painter.end()
    return QIcon(pixmap)
