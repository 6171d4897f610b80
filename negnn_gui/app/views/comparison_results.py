"""What a comparison of representations found: a table, the errors as bars, and predicted against known."""

from __future__ import annotations

import csv
import math
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pyqtgraph as pg
from PySide6.QtCore import QEvent, Qt
from PySide6.QtWidgets import (
    QAbstractItemView,
    QHeaderView,
    QSplitter,
    QTableWidget,
    QTableWidgetItem,
    QWidget,
)

from negnn_gui.app.views.plot_style import bare_plot, plot_colours, style_plot
from negnn_gui.export.atomic import replacing

if TYPE_CHECKING:
    from negnn_gui.analysis.comparison import Compared

_COLUMNS = ("Representation", "MAE", "RMSE", "R²")
_LONGEST_LABEL = 24
_FIELDS = ("mae", "rmse", "r2")


class ComparisonResults(QSplitter):
    """Rows in the order in which they came; the highlighted one is shown in the parity plot."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(Qt.Orientation.Vertical, parent)
        self.results: list[Compared] = []
        self._label, self._unit = "", ""
        self.table = QTableWidget(0, len(_COLUMNS))
        self.table.setHorizontalHeaderLabels(list(_COLUMNS))
        self.table.setAccessibleName("Errors by representation")
        self.table.setToolTip(
            "Mean over the splits and its spread; the row chosen is shown in the plot below"
        )
        self.table.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.table.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.table.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.table.setAlternatingRowColors(True)
        self.table.setWordWrap(False)
        self.table.verticalHeader().hide()
        self.table.verticalHeader().setDefaultSectionSize(self.fontMetrics().height() + 6)
        header = self.table.horizontalHeader()
        header.setSectionResizeMode(QHeaderView.ResizeMode.ResizeToContents)
        header.setSectionResizeMode(0, QHeaderView.ResizeMode.Stretch)
        self.table.itemSelectionChanged.connect(self._draw_parity)
        self.plots = QSplitter(Qt.Orientation.Horizontal)
        self.bars, self.parity = pg.PlotWidget(), pg.PlotWidget()
        self.bars.setAccessibleName("Errors as bars")
        self.parity.setAccessibleName("Predicted against known")
        self.bars.setToolTip("Mean absolute error of each representation, in the unit of the labels")
        self.parity.setToolTip("Labels of the rows left out, predicted and known, in their unit")
        for plot in (self.bars, self.parity):
            bare_plot(plot)
            plot.setMinimumSize(180, 150)
            self.plots.addWidget(plot)
        self.addWidget(self.table)
        self.addWidget(self.plots)
        self.setStretchFactor(0, 2)
        self.setStretchFactor(1, 3)
        self._draw()

    def begin(self, label: str, unit: str) -> None:
        """Forget the results; the next are of this label in this unit."""
        self.results, self._label, self._unit = [], label, unit
        self.table.setRowCount(0)
        named = f" ({unit})" if unit else ""
        self.table.setHorizontalHeaderLabels(["Representation", f"MAE{named}", f"RMSE{named}", "R²"])
        self._draw()

    def add(self, result: Compared) -> None:
        """Show one more representation."""
        row = len(self.results)
        self.results.append(result)
        self.table.insertRow(row)
        self.table.setItem(row, 0, QTableWidgetItem(result.representation))
        for column, field in enumerate(_FIELDS, start=1):
            cell = QTableWidgetItem(_with_spread(*result.mean(field)) if not result.fault else "–")
            cell.setTextAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
            cell.setToolTip(result.fault or "mean ± standard deviation over the splits")
            self.table.setItem(row, column, cell)
        if (name := self.table.item(row, 0)) is not None:
            name.setToolTip(result.fault or result.representation)
        best = self.best_row()
        if best is not None and best != self.table.currentRow():
            self.table.selectRow(best)
        self._draw()

    def best_row(self) -> int | None:
        """Row of the smallest mean absolute error."""
        known = [(r.mean("mae")[0], i) for i, r in enumerate(self.results) if not r.fault]
        return min(known)[1] if known else None

    def write_csv(self, path: Path, places: list[tuple[str, int]]) -> None:
        """Errors of every representation as ``path``, predictions beside it as ``NAME_predictions.csv``.

        ``places`` names structure and site (-1: the structure) of every labelled row.

        Raises
        ------
        OSError
        """
        with replacing(path) as temporary, temporary.open("w", newline="", encoding="utf-8") as stream:
            writer = csv.writer(stream)
            writer.writerow(["label", "unit", "representation", "split", *_FIELDS, "fault"])
            for result in self.results:
                for split, errors in enumerate(result.errors):
                    values = [f"{getattr(errors, field):.6g}" for field in _FIELDS]
                    writer.writerow([self._label, self._unit, result.representation, split, *values, ""])
                if result.fault:
                    writer.writerow(
                        [self._label, self._unit, result.representation, "", "", "", "", result.fault]
                    )
        predictions = path.with_name(f"{path.stem}_predictions.csv")
        with replacing(predictions) as temporary, temporary.open("w", newline="", encoding="utf-8") as stream:
            writer = csv.writer(stream)
            writer.writerow(["representation", "structure", "site_index", "known", "predicted"])
            for result in self.results:
                for row, known, predicted in zip(result.rows, result.known, result.predicted, strict=True):
                    structure, site = places[row]
                    writer.writerow(
                        [
                            result.representation,
                            structure,
                            site if site >= 0 else "",
                            f"{known:.6g}",
                            f"{predicted:.6g}",
                        ]
                    )

    def changeEvent(self, event: QEvent) -> None:
        """Follow light and dark."""
        super().changeEvent(event)
        if event.type() == QEvent.Type.PaletteChange:
            self._draw()

    def _draw(self) -> None:
        colours = plot_colours(self.palette())
        for plot in (self.bars, self.parity):
            style_plot(plot, colours, self.font())
        self.bars.clear()
        shown = [result for result in self.results if not result.fault]
        axis = self.bars.getAxis("bottom")
        axis.setTicks([[(i, _short(result.representation)) for i, result in enumerate(shown)]])
        self.bars.setLabel("left", f"MAE{f' ({self._unit})' if self._unit else ''}")
        if shown:
            means, spreads = zip(*(result.mean("mae") for result in shown), strict=True)
            places = np.arange(len(shown), dtype=float)
            self.bars.addItem(
                pg.BarGraphItem(
                    x=places,
                    height=np.array(means),
                    width=0.7,
                    brush=colours.accent,
                    pen=pg.mkPen(colours.line),
                )
            )
            spread = np.nan_to_num(np.array(spreads, dtype=float))
            self.bars.addItem(
                pg.ErrorBarItem(
                    x=places,
                    y=np.array(means),
                    height=2 * spread,
                    beam=0.25,
                    pen=pg.mkPen(colours.text),
                )
            )
            self.bars.setXRange(-0.6, len(shown) - 0.4, padding=0)
            self.bars.setYRange(0, 1.1 * float(np.max(np.array(means) + spread)), padding=0)
        self._draw_parity()

    def _draw_parity(self) -> None:
        colours = plot_colours(self.palette())
        self.parity.clear()
        self.parity.setLabel("bottom", f"known {_elided(self._label, self._unit)}".strip())
        self.parity.setLabel("left", f"predicted{f' ({self._unit})' if self._unit else ''}")
        row = self.table.currentRow()
        if not 0 <= row < len(self.results) or self.results[row].fault:
            return
        result = self.results[row]
        ends = [
            float(min(result.known.min(), result.predicted.min())),
            float(max(result.known.max(), result.predicted.max())),
        ]
        self.parity.plot(ends, ends, pen=pg.mkPen(colours.faint))
        self.parity.plot(
            result.known,
            result.predicted,
            pen=None,
            symbol="o",
            symbolSize=5,
            symbolPen=None,
            symbolBrush=pg.mkBrush(colours.accent),
        )
        self.parity.autoRange()


def _with_spread(mean: float, spread: float) -> str:
    if math.isnan(mean):
        return "–"
    return f"{mean:.4g}" if math.isnan(spread) else f"{mean:.4g} ± {spread:.2g}"


def _elided(label: str, unit: str) -> str:
    """A column's name and unit, short enough for an axis."""
    name = label if len(label) <= _LONGEST_LABEL else label[: _LONGEST_LABEL - 1].rstrip() + "…"
    return f"{name} ({unit})" if unit else name


def _short(title: str) -> str:
    """Names under the bars: "levels 01" is "01"."""
    words = {"element one-hot": "one-hot", "92 element features": "92 feat.", "orbital field matrix": "OFM"}
    return words.get(
        title, title.removeprefix("levels ").removeprefix("level ").replace("sine matrix", "sine")
    )
