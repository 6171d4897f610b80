"""Tools > Compare representations: which of them predicts the user's own labels best."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QStandardPaths, Qt, Signal
from PySide6.QtWidgets import (
    QComboBox,
    QDialog,
    QDialogButtonBox,
    QFormLayout,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QListWidget,
    QListWidgetItem,
    QProgressBar,
    QPushButton,
    QSpinBox,
    QVBoxLayout,
    QWidget,
)

from negnn_gui.analysis import descriptors
from negnn_gui.analysis.comparison import choices
from negnn_gui.analysis.label_files import LabelFile, LabelFileError, Matched, match_labels, read_label_file
from negnn_gui.analysis.regression import TITLES
from negnn_gui.app.comparison_job import CompareRequest, ComparisonWorker
from negnn_gui.app.file_dialogs import ask_for_file, ask_where_to_save
from negnn_gui.app.jobs import sentence
from negnn_gui.app.views.comparison_results import ComparisonResults
from negnn_gui.app.views.plot_export import PICTURE_FILTER, save_picture

if TYPE_CHECKING:
    from negnn_gui.app.session import Session

_LEVELS = 6
_AT_FIRST = ("levels 0", "levels 01", "levels 012", "one-hot", "features")
_HOW_TO = (
    "A CSV file with the columns structure (the file's name without its ending), a column of numbers and, for labels "
    "of sites, site_index. Open and predict the structures first."
)


class CompareRepresentations(QDialog):
    """Chooses labels and representations, runs the regressions in a thread of its own, and shows what they find.

    ``said`` carries a sentence for the status bar.
    """

    said = Signal(str)

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle("Compare representations")
        self.resize(980, 680)
        self._session = session
        self._labels: LabelFile | None = None
        self._matched: Matched | None = None
        self._ran: tuple[tuple[str, int], ...] = ()
        self._running = 0
        self._worker = ComparisonWorker(self)
        self.choose = QPushButton("Choose labels…")
        self.choose.setToolTip(_HOW_TO)
        self.file = QLabel("No labels chosen")
        self.file.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self.column, self.method = QComboBox(), QComboBox()
        self.unit, self.splits = QLineEdit(), QSpinBox()
        self.list = QListWidget()
        self.remarks = QLabel(_HOW_TO)
        self.results = ComparisonResults()
        self.bar = QProgressBar()
        self.run, self.cancel = QPushButton("&Compare"), QPushButton("Cancel")
        self.save, self.picture = QPushButton("Save &table…"), QPushButton("Save &plot…")
        self._lay_out()
        self._connect()
        self._enable()

    # --- making -------------------------------------------------------------------------------------

    def _lay_out(self) -> None:
        for key, title in TITLES.items():
            self.method.addItem(title[0].upper() + title[1:], key)
        self.splits.setRange(1, 20)
        self.splits.setValue(5)
        self.unit.setPlaceholderText("such as μB, K, eV")
        self.remarks.setWordWrap(True)
        self.bar.setTextVisible(True)
        # the style outlines empty boxes in a shade that the dark window swallows
        self.list.setStyleSheet("QListWidget::indicator:unchecked { border: 1px solid palette(text); }")
        self._fill_list()
        names = {
            self.column: ("Column of labels", "The column of the file that is predicted"),
            self.unit: (
                "Unit of the labels",
                "Shown beside the errors and on the axes; nothing is converted",
            ),
            self.method: ("Regression method", "How labels are predicted from the vectors"),
            self.splits: (
                "Number of splits",
                "How often a fifth of the rows, whole formulas, is left out and tested",
            ),
            self.list: ("Representations", "Which representations are compared"),
            self.bar: ("Progress", "Regressions done"),
            self.run: ("Compare", "Run the regressions"),
            self.cancel: ("Cancel", "Stop after the present step; what is found stays"),
            self.save: ("Save table", "Errors of every split, and predictions, as CSV"),
            self.picture: ("Save plot", "Bars and parity as PNG, SVG or PDF"),
            self.choose: ("Choose labels", _HOW_TO),
        }
        for widget, (name, tip) in names.items():
            widget.setAccessibleName(name)
            widget.setToolTip(tip)
        form = QFormLayout()
        form.setRowWrapPolicy(
            QFormLayout.RowWrapPolicy.WrapLongRows
        )  # large letters: the field goes below its name
        form.addRow("Predict", self.column)
        form.addRow("Unit", self.unit)
        form.addRow("Method", self.method)
        form.addRow("Splits", self.splits)
        form.addRow("From", self.list)
        left = QWidget()
        left.setLayout(form)
        left.setMaximumWidth(330)
        top, middle, bottom = QHBoxLayout(), QHBoxLayout(), QHBoxLayout()
        top.addWidget(self.choose)
        top.addWidget(self.file, 1)
        middle.addWidget(left)
        middle.addWidget(self.results, 1)
        for button in (self.run, self.cancel):
            bottom.addWidget(button)
        bottom.addWidget(self.bar, 1)
        bottom.addWidget(self.save)
        bottom.addWidget(self.picture)
        close = QDialogButtonBox(QDialogButtonBox.StandardButton.Close)
        close.rejected.connect(self.reject)
        close.button(QDialogButtonBox.StandardButton.Close).setToolTip(
            "What was found stays until the program ends"
        )
        bottom.addWidget(close)
        layout = QVBoxLayout(self)
        layout.addLayout(top)
        layout.addWidget(self.remarks)
        layout.addLayout(middle, 1)
        layout.addLayout(bottom)

    def _fill_list(self) -> None:
        for key, title in choices(_LEVELS).items():
            item = QListWidgetItem(title)
            item.setData(Qt.ItemDataRole.UserRole, key)
            wanted = Qt.CheckState.Checked if key in _AT_FIRST else Qt.CheckState.Unchecked
            item.setCheckState(wanted)
            try:
                if key in descriptors.DESCRIPTORS:
                    descriptors.require(key)
            except descriptors.MissingLibrary as error:
                item.setFlags(item.flags() & ~Qt.ItemFlag.ItemIsEnabled)
                item.setText(f"{title} (not installed)")
                item.setToolTip(str(error))
            self.list.addItem(item)

    def _connect(self) -> None:
        self.choose.clicked.connect(self._ask_for_labels)
        self.column.currentTextChanged.connect(self._match)
        self.list.itemChanged.connect(self._enable)
        self.run.clicked.connect(self.start)
        self.cancel.clicked.connect(self._give_up)
        self.save.clicked.connect(self._save_table)
        self.picture.clicked.connect(self._save_plot)
        self._worker.compared.connect(self.results.add)
        self._worker.failed.connect(self._show)
        self._worker.progress.connect(self._on_progress)
        self._worker.ended.connect(self._on_ended)
        self._session.entries_changed.connect(self._match)
        self._session.analysis_changed.connect(self._match)

    # --- choosing -----------------------------------------------------------------------------------

    def _ask_for_labels(self) -> None:
        home = QStandardPaths.writableLocation(QStandardPaths.StandardLocation.HomeLocation)
        start = str(self._labels.path.parent) if self._labels else home
        ask_for_file(self, "Labels", start, self.take_labels, "Tables (*.csv *.tsv *.txt);;All files (*)")

    def take_labels(self, path: Path) -> None:
        """Read a file of labels; what is wrong with it is said, and the ones before stay."""
        try:
            self._labels = read_label_file(path)
        except LabelFileError as error:
            self._show(str(error))
            return
        self.file.setText(path.name)
        self.file.setToolTip(str(path))
        self.column.blockSignals(True)
        self.column.clear()
        self.column.addItems(list(self._labels.columns))
        self.column.blockSignals(False)
        self._match()

    def _match(self) -> None:
        """Which labels belong to structures that are open and predicted."""
        if self._labels is None or not self.column.currentText():
            return
        predicted = self._predicted()
        self._matched = None
        if not self._session.entries:
            self._show("Open the structures that the labels belong to; then they can be compared.")
        elif not predicted:
            self._show("Predict the open structures first (Ctrl+R): their embeddings are what is compared.")
        else:
            try:
                entries = {own: self._session.entries[own] for own in predicted}
                self._matched = match_labels(self._labels, self.column.currentText(), entries)
            except LabelFileError as error:
                self._show(str(error))
            else:
                rows = self._matched.rows
                kind = "sites" if self._labels.of_sites else "structures"
                structures = len({row.entry_id for row in rows})
                used = f"{len(rows)} labels of {kind} in {structures} structures are used"
                self._show(". ".join([used, *self._matched.remarks]))
        self._enable()

    def _predicted(self) -> list[str]:
        analyses = self._session.analyses
        return [own for own in self._session.entries if own in analyses]

    def chosen(self) -> tuple[str, ...]:
        """Keys of the ticked representations."""
        items = [self.list.item(i) for i in range(self.list.count())]
        return tuple(
            str(item.data(Qt.ItemDataRole.UserRole))
            for item in items
            if item.checkState() == Qt.CheckState.Checked and item.flags() & Qt.ItemFlag.ItemIsEnabled
        )

    # --- running ------------------------------------------------------------------------------------

    def start(self) -> None:
        """Run the regressions."""
        self._match()  # the sentence of a run before this one goes
        if self._matched is None or not self.chosen():
            return
        ids = {row.entry_id for row in self._matched.rows}
        entries = {own: self._session.entries[own] for own in ids}
        request = CompareRequest(
            self._matched.rows,
            entries,
            {own: self._session.analyses[own] for own in ids},
            self.chosen(),
            self.method.currentData(),
            tuple(range(self.splits.value())),
        )
        self._ran = tuple((entries[row.entry_id].name, row.site) for row in self._matched.rows)
        self.results.begin(self.column.currentText(), self.unit.text().strip())
        if not self._worker.isRunning():
            self._worker.start()
        self._running = self._worker.submit(request)
        self._on_progress(0, len(request.representations) * len(request.seeds))
        self._enable()

    def _give_up(self) -> None:
        self._worker.cancel()
        known, asked = len(self.results.results), len(self.chosen())
        self._show(f"Cancelled: {known} of {asked} representations were compared, and their results stay.")

    def _on_progress(self, done: int, total: int) -> None:
        self.bar.setMaximum(max(total, 1))
        self.bar.setValue(done)
        self.bar.setFormat(f"{done} of {total} regressions")

    def _on_ended(self, number: int) -> None:
        if number != self._running:
            return
        self._running = 0
        best = self.results.best_row()
        if best is not None:
            result = self.results.results[best]
            unit = f" {self.unit.text().strip()}".rstrip()
            self.said.emit(f"Least error: {result.representation}, MAE {result.mean('mae')[0]:.4g}{unit}")
        self._enable()

    def _show(self, sentence: str) -> None:
        self.remarks.setText(sentence)

    def _enable(self) -> None:
        running = bool(self._running)
        self.run.setEnabled(not running and self._matched is not None and bool(self.chosen()))
        self.cancel.setEnabled(running)
        self.bar.setVisible(running or bool(self.results.results))
        for widget in (self.choose, self.column, self.method, self.splits, self.list, self.unit):
            widget.setEnabled(not running)
        for button in (self.save, self.picture):
            button.setEnabled(not running and bool(self.results.results))

    # --- saving -------------------------------------------------------------------------------------

    def _save_table(self) -> None:
        self._ask(
            "Save table",
            "comparison.csv",
            "Comma-separated values (*.csv)",
            lambda path: self.results.write_csv(path, list(self._ran)),
        )

    def _save_plot(self) -> None:
        self._ask(
            "Save plot", "comparison.png", PICTURE_FILTER, lambda path: save_picture(path, self.results.plots)
        )

    def _ask(self, title: str, name: str, kinds: str, write: Callable[[Path], object]) -> None:
        folder = self._labels.path.parent if self._labels else Path.home()
        ask_where_to_save(self, title, folder / name, lambda path, _kind: self._save(path, write), kinds)

    def _save(self, path: Path, write: Callable[[Path], object]) -> None:
        try:
            write(path)
        except (OSError, ValueError) as error:
            reason = sentence(error) if isinstance(error, OSError) else str(error)
            self._show(f"{path.name} could not be saved: {reason}.")
        else:
            self._show(f"Saved {path}")

    # --- ending -------------------------------------------------------------------------------------

    def shutdown(self, timeout_s: float = 10.0) -> bool:
        """Cancel and join the thread; False where it did not stop."""
        return self._worker.close(timeout_s) if self._worker.isRunning() else True

    def reject(self) -> None:
        """Esc, Close and the frame's button: what runs is given up; the window itself is kept by whoever made it."""
        self._worker.cancel()
        super().reject()
