"""Display panel: how atoms are drawn, and for each element whether it is, with polyhedra or without."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from typing import Any

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QColor, QPixmap
from PySide6.QtWidgets import QCheckBox, QGridLayout, QLabel, QWidget

from negnn_gui.app.scene.colours import RGB
from negnn_gui.app.scene.style import Style
from negnn_gui.app.views.section import Section, choice

STYLES = {
    "ball-and-stick": ("Ball and stick", "Balls of 0.37 times the covalent radius, and bonds"),
    "space-filling": ("Space-filling", "Balls of the covalent radius"),
    "sticks": ("Sticks", "Bonds alone"),
    "wireframe": ("Wireframe", "Bonds as thin lines"),
}
_SWATCH = 12


class AtomsSection(Section):
    """Emits ``style_wanted`` with the style that the user asks for."""

    style_wanted = Signal(object)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__("Atoms", parent)
        self._style = Style()
        self._rows: dict[str, tuple[QCheckBox, QCheckBox]] = {}
        self.look = choice(
            "Style of atoms", "How atoms and bonds are drawn", [(v[0], k) for k, v in STYLES.items()]
        )
        for row, (_, tip) in enumerate(STYLES.values()):
            self.look.setItemData(row, tip, Qt.ItemDataRole.ToolTipRole)
        self.look.activated.connect(
            lambda: self.style_wanted.emit(replace(self._style, atoms=self.look.currentData()))
        )
        self.row("Style", self.look)
        self._grid = QGridLayout()
        self._grid.setHorizontalSpacing(8)
        self._grid.setVerticalSpacing(2)
        self._grid.setColumnStretch(0, 1)
        self.form.addRow(self._grid)
        self._shown: tuple[tuple[str, int, RGB], ...] = ()

    def show_style(self, style: Style) -> None:
        """Show a style."""
        self._style = style
        self.look.setCurrentIndex(self.look.findData(style.atoms))
        for symbol, (shown, polyhedra) in self._rows.items():
            for box, checked in ((shown, symbol not in style.hidden), (polyhedra, symbol in style.polyhedra)):
                box.blockSignals(True)
                box.setChecked(checked)
                box.blockSignals(False)

    def show_elements(self, elements: tuple[str, ...], colours: dict[str, RGB]) -> None:
        """A row for each element among the symbols of the sites."""
        counts = Counter(elements)
        wanted = tuple((symbol, number, colours[symbol]) for symbol, number in counts.items())
        if wanted == self._shown:
            return
        self._shown = wanted
        while (item := self._grid.takeAt(0)) is not None:
            if (widget := item.widget()) is not None:
                widget.hide()
                widget.deleteLater()
        self._rows.clear()
        if not wanted:
            return
        for column, title in ((1, "Shown"), (2, "Polyhedra")):
            self._grid.addWidget(QLabel(title), 0, column, Qt.AlignmentFlag.AlignCenter)
        for row, (symbol, number, colour) in enumerate(wanted, start=1):
            self._grid.addWidget(_name(symbol, number, colour), row, 0)
            shown = _box(f"Show {symbol}", f"Draw the atoms of {symbol}")
            shown.toggled.connect(lambda on, symbol=symbol: self._switch("hidden", symbol, not on))
            polyhedra = _box(
                f"Polyhedra around {symbol}", f"Draw the convex hull of the atoms bonded to each {symbol}"
            )
            polyhedra.toggled.connect(lambda on, symbol=symbol: self._switch("polyhedra", symbol, on))
            self._grid.addWidget(shown, row, 1, Qt.AlignmentFlag.AlignCenter)
            self._grid.addWidget(polyhedra, row, 2, Qt.AlignmentFlag.AlignCenter)
            self._rows[symbol] = shown, polyhedra
        self.show_style(self._style)

    def _switch(self, field: str, symbol: str, member: bool) -> None:
        symbols: frozenset[str] = getattr(self._style, field)
        changed: Any = symbols | {symbol} if member else symbols - {symbol}
        self.style_wanted.emit(replace(self._style, **{field: changed}))


def _name(symbol: str, number: int, colour: RGB) -> QWidget:
    label = QLabel()
    pixmap = QPixmap(_SWATCH, _SWATCH)
    pixmap.fill(QColor(*colour))
    swatch = QLabel()
    swatch.setPixmap(pixmap)
    label.setText(f"{symbol}  ({number:,})")
    label.setToolTip(f"{symbol}: {number:,} sites in the cell")
    holder = QWidget()
    layout = QGridLayout(holder)
    layout.setContentsMargins(0, 0, 0, 0)
    layout.addWidget(swatch, 0, 0)
    layout.addWidget(label, 0, 1)
    layout.setColumnStretch(1, 1)
    return holder


def _box(name: str, tip: str) -> QCheckBox:
    box = QCheckBox()
    box.setAccessibleName(name)
    box.setToolTip(tip)
    return box
