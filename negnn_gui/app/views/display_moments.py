"""Display panel: moments as arrows, bars or balls, their size, and the axis of collinear ones."""

from __future__ import annotations

from dataclasses import replace

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QLineEdit, QWidget

from negnn_gui.app.scene.camera import lattice_indices
from negnn_gui.app.scene.style import Style
from negnn_gui.app.views.section import Section, choice, number

_KINDS = {
    "arrows": ("Arrows: moments of the file", "Where the file carries moments (mCIF, magmom)"),
    "bars": (
        "Bars: predicted abs(m)",
        "As long as the predicted magnitude; without heads, since it has no sign",
    ),
    "radius": (
        "Balls: predicted abs(m)",
        "The area of a ball is the predicted magnitude; without data: smallest",
    ),
    "none": ("None", "No glyphs; colours still show moments"),
}


class MomentsSection(Section):
    """Emits ``style_wanted``, and ``refused`` with a sentence where what was typed is no direction."""

    style_wanted = Signal(object)
    refused = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__("Moments", parent)
        self._style = Style()
        self.kind = choice(
            "How moments are drawn", "What shows the moments in 3D", [(v[0], k) for k, v in _KINDS.items()]
        )
        for row, (_, tip) in enumerate(_KINDS.values()):
            self.kind.setItemData(row, tip, Qt.ItemDataRole.ToolTipRole)
        self.kind.activated.connect(
            lambda: self.style_wanted.emit(replace(self._style, moments=self.kind.currentData()))
        )
        self.row("Drawn as", self.kind)
        self.length = number(
            "Length of 1 μB",
            "How long an arrow or a bar of 1 μB is, Å; auto: as fits the picture",
            0.0,
            5.0,
            0.1,
            " Å",
        )
        self.length.setSpecialValueText("auto")
        self.length.valueChanged.connect(
            lambda value: self.style_wanted.emit(replace(self._style, moment_length=round(value, 4) or None))
        )
        self.row("1 μB is", self.length)
        self.axis = QLineEdit()
        self.axis.setAccessibleName("Axis of collinear moments")
        self.axis.setToolTip(
            "Direction [uvw] along which collinear moments and bars are drawn, such as [0 0 1]"
        )
        self.axis.editingFinished.connect(self._set_axis)
        self.row("Axis", self.axis)

    def show_style(self, style: Style) -> None:
        """Show a style."""
        self._style = style
        self.kind.setCurrentIndex(self.kind.findData(style.moments))
        self.length.blockSignals(True)
        self.length.setValue(style.moment_length or 0.0)
        self.length.blockSignals(False)
        self.axis.setText("[{} {} {}]".format(*style.moment_axis))
        glyphs = style.moments in ("arrows", "bars")
        self.length.setEnabled(glyphs)
        self.axis.setEnabled(glyphs)

    def _set_axis(self) -> None:
        numbers = lattice_indices(self.axis.text(), brackets="[]")
        if numbers is None:
            self.refused.emit(f"{self.axis.text()!r} is no direction; give three indices, such as [0 0 1]")
        elif numbers != self._style.moment_axis:
            self.style_wanted.emit(replace(self._style, moment_axis=numbers))
