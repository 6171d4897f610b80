"""Display panel: colours of the elements, the map of numbers, and the ends of the colour bar."""

from __future__ import annotations

from dataclasses import replace

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QCheckBox, QHBoxLayout, QWidget

from negnn_gui.app.scene.colouring import Colouring, ColourScale, property_info
from negnn_gui.app.scene.colourmaps import DIVERGING, SEQUENTIAL
from negnn_gui.app.scene.colours import SCHEMES
from negnn_gui.app.scene.style import Style
from negnn_gui.app.views.section import Section, choice, number
from negnn_gui.structures.entry import StructureEntry

_FAR = 1000.0


class ColoursSection(Section):
    """Emits ``colouring_wanted``, ``style_wanted`` (legend), ``refused`` where the limits make no sense."""

    colouring_wanted = Signal(object)
    style_wanted = Signal(object)
    refused = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__("Colours", parent)
        self._colouring, self._style = Colouring(), Style()
        self.scheme = choice(
            "Colours of the elements", "Which colour each element has", [(v, k) for k, v in SCHEMES.items()]
        )
        self.scheme.activated.connect(
            lambda: self.colouring_wanted.emit(replace(self._colouring, scheme=self.scheme.currentData()))
        )
        self.row("Elements", self.scheme)
        self.map = choice("Colour map", "Colours of numbers, from low to high", ())
        self.map.activated.connect(
            lambda: self.colouring_wanted.emit(replace(self._colouring, colour_map=self.map.currentData()))
        )
        self.row("Map", self.map)
        self.automatic = QCheckBox("Limits from the data")
        self.automatic.setToolTip(
            "Ends of the colour bar from the data (2nd and 98th percentile), or as typed"
        )
        self.automatic.toggled.connect(self._set_limits)
        self.form.addRow(self.automatic)
        self.lo = number(
            "Lower end of the colour bar",
            "Value of the first colour, in the unit of the bar",
            -_FAR,
            _FAR,
            0.1,
            decimals=3,
        )
        self.hi = number(
            "Upper end of the colour bar",
            "Value of the last colour, in the unit of the bar",
            -_FAR,
            _FAR,
            0.1,
            decimals=3,
        )
        line = QHBoxLayout()
        for box in (self.lo, self.hi):
            box.valueChanged.connect(self._set_limits)
            line.addWidget(box, 1)
        self.row("Limits", line)
        self.legend = QCheckBox("Legend and colour bar")
        self.legend.setToolTip("Say in the picture what the colours mean")
        self.legend.toggled.connect(lambda on: self.style_wanted.emit(replace(self._style, legend=on)))
        self.form.addRow(self.legend)

    def show_colouring(
        self, style: Style, colouring: Colouring, entry: StructureEntry | None, scale: ColourScale | None
    ) -> None:
        """Show what the colours mean; ``scale`` is the colour bar, where there is one."""
        self._style, self._colouring = style, colouring
        fields = (self.automatic, self.lo, self.hi, self.legend)
        for field in fields:
            field.blockSignals(True)
        self.legend.setChecked(style.legend)
        self.scheme.setCurrentIndex(self.scheme.findData(colouring.scheme))
        info = property_info(entry, colouring.property)
        self._offer_maps(DIVERGING if info.kind == "diverging" else SEQUENTIAL)
        self.map.setCurrentIndex(max(0, self.map.findData(colouring.colour_map or info.colour_map)))
        numeric = scale is not None
        self.map.setEnabled(numeric)
        self.automatic.setEnabled(numeric)
        self.automatic.setChecked(colouring.limits is None)
        for box in (self.lo, self.hi):
            box.setEnabled(numeric and colouring.limits is not None)
            box.setSuffix(f" {info.unit}" if info.unit else "")
        if scale is not None:
            self.lo.setValue(scale.lo)
            self.hi.setValue(scale.hi)
        for field in fields:
            field.blockSignals(False)

    def _offer_maps(self, names: tuple[str, ...]) -> None:
        if [self.map.itemData(row) for row in range(self.map.count())] != list(names):
            self.map.clear()
            for name in names:
                self.map.addItem(name, name)

    def _set_limits(self) -> None:
        if self.automatic.isChecked():
            limits = None
        else:
            lo, hi = round(self.lo.value(), 6), round(self.hi.value(), 6)
            if lo >= hi:
                self.refused.emit(f"The lower limit {lo:g} must lie below the upper one {hi:g}.")
                return
            limits = lo, hi
        self.colouring_wanted.emit(replace(self._colouring, limits=limits))
