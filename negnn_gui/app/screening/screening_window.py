"""The window of a screening: how far it is, what it found, what failed; pause, cancel, try again, export."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any, cast

import numpy as np
from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QGuiApplication, QPalette
from PySide6.QtWidgets import (
    QHBoxLayout,
    QLabel,
    QProgressBar,
    QPushButton,
    QStackedLayout,
    QTabWidget,
    QVBoxLayout,
    QWidget,
)

from negnn_gui.app.coalesce import Coalescer
from negnn_gui.app.drops import DropTarget
from negnn_gui.app.screening.failures_table import FailuresTable
from negnn_gui.app.screening.screenings import Screenings
from negnn_gui.app.screening.state import Stage
from negnn_gui.app.screening.store_table import AT_MOST_COPIED, StoreTable
from negnn_gui.app.views.elided_label import ElidedLabel
from negnn_gui.screening.reading import Failure

if TYPE_CHECKING:
    from negnn_gui.screening.result_store import TableName

_SORTED_AGAIN_EVERY_MS = 3000
_FIRST_SIZE = (1120, 700)
_NO_STORE = (
    "Drop files or folders here, or use Predict > Screen files, to predict thousands of structures "
    "without opening them."
)


class ScreeningWindow(QWidget):
    """Shows what :class:`Screenings` has.

    ``dropped`` carries paths; ``export_wanted`` and ``elsewhere_wanted`` come with the buttons.
    """

    dropped = Signal(object)
    export_wanted = Signal()
    elsewhere_wanted = Signal()

    def __init__(self, screenings: Screenings, parent: QWidget) -> None:
        super().__init__(parent, Qt.WindowType.Window)
        self.setObjectName("screening-window")
        self.setWindowTitle("Screening")
        self.resize(*_FIRST_SIZE)
        self.screenings = screenings
        self.structures = StoreTable("structures")
        self.sites = StoreTable("sites")
        self.failures = FailuresTable()
        self._tables = {"structures": self.structures, "sites": self.sites}
        self._asked = {"structures": 0, "sites": 0}  # number of the last question about rows
        self._shown = {"structures": 0, "sites": 0}  # number of the answer that is shown
        self._parts = {"structures": 0, "sites": 0}  # parts whose rows are shown or asked for
        self._again = Coalescer(self._show_new_rows, _SORTED_AGAIN_EVERY_MS, self)
        self._build()
        self.drops = DropTarget(self)
        self.drops.files_dropped.connect(self.dropped)
        self._connect()
        self._show_store()
        self._show_state()

    @property
    def shown_table(self) -> StoreTable:
        """The table in front; the structures where it is the list of what failed."""
        front = self.tabs.currentWidget()
        return front if isinstance(front, StoreTable) else self.structures

    def _build(self) -> None:
        self.title = QLabel()
        font = self.title.font()
        font.setBold(True)
        self.title.setFont(font)
        self.place = ElidedLabel()
        self.place.setForegroundRole(QPalette.ColorRole.PlaceholderText)
        self.counts = QLabel()
        self.counts.setAccessibleName("How far the screening is")
        self.pace = ElidedLabel()
        self.pace.setAccessibleName("Rate and time left")
        self.pace.setForegroundRole(QPalette.ColorRole.PlaceholderText)
        self.bar = QProgressBar()
        self.bar.setTextVisible(False)
        self.bar.setFixedHeight(10)
        self.bar.setAccessibleName("Progress of the screening")
        self.pause = _button("Pause", "Wait after the batch in hand", self._pause_or_go_on)
        self.elsewhere = _button(
            "Go on elsewhere…",
            "Go on from where it stopped, on a cluster or on this computer",
            self.elsewhere_wanted.emit,
        )
        self.cancel = _button(
            "Cancel", "Stop after the batch in hand; what is done is kept", self.screenings.cancel
        )
        self.retry = _button("Retry failed", "Read again the files that failed", self.screenings.retry_failed)
        self.export = _button(
            "Export…", "Save all, the filtered or the selected rows", self.export_wanted.emit
        )
        names = QHBoxLayout()
        names.setSpacing(12)
        names.addWidget(self.title)
        names.addWidget(self.place, 1)
        how_far = QHBoxLayout()
        how_far.setSpacing(12)
        how_far.addWidget(self.counts)
        how_far.addWidget(self.pace, 1)
        left = QVBoxLayout()
        left.setSpacing(5)
        left.addLayout(names)
        left.addWidget(self.bar)
        left.addLayout(how_far)
        head = QHBoxLayout()
        head.setContentsMargins(12, 10, 12, 8)
        head.setSpacing(8)
        head.addLayout(left, 1)
        for button in (self.pause, self.elsewhere, self.cancel, self.retry, self.export):
            head.addWidget(button, 0, Qt.AlignmentFlag.AlignVCenter)
        self.tabs = QTabWidget()
        self.tabs.setDocumentMode(True)
        self.tabs.addTab(self.structures, "Structures")
        self.tabs.addTab(self.sites, "Sites")
        self.tabs.addTab(self.failures, "Failed")
        whole = QWidget()
        layout = QVBoxLayout(whole)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.addLayout(head)
        layout.addWidget(self.tabs, 1)
        self.welcome = QLabel(_NO_STORE)
        self.welcome.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.welcome.setWordWrap(True)
        self.welcome.setMargin(40)
        self._stack = QStackedLayout(self)
        self._stack.addWidget(self.welcome)
        self._stack.addWidget(whole)

    def _connect(self) -> None:
        screenings = self.screenings
        screenings.changed.connect(self._show_state)
        screenings.replaced.connect(self._show_store)
        screenings.counted.connect(self._on_counted)
        screenings.ordered.connect(self._on_ordered)
        screenings.misread.connect(self._on_misread)
        screenings.paged.connect(self._on_paged)
        screenings.copied.connect(self._on_copied)
        screenings.failures_changed.connect(self._on_failures)
        for name, table in self._tables.items():
            table.wanted.connect(partial(self._order, name))
            table.opened.connect(screenings.open_crystal)
            table.model.page_wanted.connect(partial(self._ask_page, name))
            table.copy_wanted.connect(partial(screenings.ask_copy, cast("TableName", name)))

    # --- how far it is ------------------------------------------------------------------------------

    def _show_state(self) -> None:
        state = self.screenings.state
        self._stack.setCurrentIndex(0 if state.folder is None else 1)
        if state.folder is None:
            return
        self.title.setText(state.folder.name)
        self.place.setText(str(state.folder.parent))
        self.counts.setText(state.counts)
        self.pace.setText(state.pace)
        self.pace.setToolTip(state.pace)
        self.setWindowTitle(f"Screening: {state.folder.name}")
        known = state.progress is not None and (state.stage is not Stage.LISTING or state.progress.files_done)
        self.bar.setRange(0, state.progress.files_total if known and state.progress else 0)
        if known and state.progress is not None:
            self.bar.setValue(state.progress.files_done)
        elif not state.is_busy:
            self.bar.setRange(0, 1)
        going_on = state.stage in (Stage.PAUSED, Stage.STOPPED)
        self.pause.setText("Go on" if going_on else "Pause")
        self.pause.setToolTip("Go on from where it stopped" if going_on else "Wait after the batch in hand")
        self.pause.setVisible(state.stage is not Stage.DONE)
        self.pause.setEnabled(state.stage in (Stage.RUNNING, Stage.PAUSED, Stage.STOPPED))
        self.elsewhere.setVisible(state.stage is Stage.STOPPED)
        self.cancel.setVisible(state.is_busy)
        self.cancel.setEnabled(state.stage is not Stage.STOPPING)
        failed = 0 if state.progress is None else state.progress.failures
        self.retry.setVisible(state.stage is Stage.DONE and failed > 0)
        self.export.setEnabled(self.screenings.n_parts > 0)
        empty = (
            "Nothing has been predicted." if state.stage is Stage.DONE else "Nothing has been predicted yet."
        )
        for table in self._tables.values():
            table.set_empty(empty)

    def _pause_or_go_on(self) -> None:
        if self.screenings.state.stage is Stage.RUNNING:
            self.screenings.pause()
        else:
            self.screenings.go_on()

    # --- rows ---------------------------------------------------------------------------------------

    def _show_store(self) -> None:
        """Another store: forget the rows of the last one."""
        for name, table in self._tables.items():
            table.model.clear()
            table.set_total(0)
            self._parts[name] = 0
            self._asked[name] += 1
            self._shown[name] = self._asked[name]
        self._tell_tabs()

    def _on_counted(self, n_structures: int, n_sites: int) -> None:
        self.structures.set_total(n_structures)
        self.sites.set_total(n_sites)
        self._tell_tabs()
        if all(table.sort is None for table in self._tables.values()):
            self._show_new_rows()
        else:
            self._again.request()

    def _show_new_rows(self) -> None:
        for name, table in self._tables.items():
            if table.sort is not None:
                self._order(name)
            elif self._shown[name] == self._asked[name]:  # else the answer that comes holds them
                self._ask_order(name, self._parts[name])

    def _order(self, name: str) -> None:
        """Ask for the rows anew: the filter or the order was changed."""
        self._asked[name] += 1
        self._ask_order(name, 0)

    def _ask_order(self, name: str, first_part: int) -> None:
        table, number = self._tables[name], self._asked[name]
        self.screenings.ask_order(
            table.table, number, table.expression, table.sort, first_part, lambda: number == self._asked[name]
        )

    def _on_ordered(self, name: str, number: int, rows: Any, first_part: int, n_parts: int) -> None:
        if number != self._asked[name]:
            return
        table = self._tables[name]
        if first_part == 0 or number != self._shown[name]:
            self._shown[name] = number
            same = len(rows) == table.model.rowCount() and np.array_equal(rows, table.model.shown)
            if not same:
                table.model.show_rows(rows)
        elif first_part == self._parts[name]:
            table.model.add_rows(rows)
        else:  # asked twice for the same parts
            if n_parts > self._parts[name]:
                self._ask_order(name, self._parts[name])
            return
        self._parts[name] = n_parts
        table.after_rows()

    def _on_misread(self, name: str, number: int, sentence: str) -> None:
        if number == self._asked[name]:
            self._tables[name].complain(sentence)

    def _ask_page(self, name: str, page: int, rows: Any) -> None:
        table, number = self._tables[name], self._shown[name]
        self.screenings.ask_page(table.table, number, page, rows, lambda: number == self._shown[name])

    def _on_paged(self, name: str, number: int, page: int, columns: Any) -> None:
        if number == self._shown[name]:
            self._tables[name].model.receive(page, columns)
            self._tables[name].fit_columns()

    def _on_copied(self, text: str, n_rows: int) -> None:
        QGuiApplication.clipboard().setText(text)
        more = " (the most that is copied; export takes all)" if n_rows == AT_MOST_COPIED else ""
        self.screenings.said.emit(f"Copied {n_rows:,} rows{more}.")

    def _on_failures(self, failures: list[Failure]) -> None:
        self.failures.rows.set_failures(failures)
        self._tell_tabs()

    def _tell_tabs(self) -> None:
        numbers = (self.structures.n_rows, self.sites.n_rows, len(self.failures.rows.failures))
        for place, (name, number) in enumerate(zip(("Structures", "Sites", "Failed"), numbers, strict=True)):
            self.tabs.setTabText(place, f"{name} ({number:,})" if number else name)


def _button(text: str, tip: str, act: Any) -> QPushButton:
    button = QPushButton(text)
    button.setToolTip(tip)
    button.clicked.connect(lambda: act())
    return button
