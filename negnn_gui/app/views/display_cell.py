"""Display panel: the cell, how often it is repeated, and the slab that is cut out."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from PySide6.QtCore import Signal
from PySide6.QtWidgets import QCheckBox, QGridLayout, QHBoxLayout, QLabel, QLineEdit, QWidget

from negnn_gui.app.scene.camera import lattice_indices
from negnn_gui.app.scene.style import Slab, Style
from negnn_gui.app.views.section import Section, number, whole_number

MOST_REPEATS = 10
_FAR = 1000.0
_SWITCHES = {
    "cell": ("Unit cell", "Draw the box of the cell with a, b, c (Ctrl+U in the 3D view)"),
    "axes": ("Axes in the corner", "Draw the directions of a, b, c at the bottom left"),
    "images": ("Atoms on the boundary", "Repeat atoms on faces, edges and corners on the opposite ones"),
}


class CellSection(Section):
    """Emits ``style_wanted`` with the style that the user asks for."""

    style_wanted = Signal(object)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__("Cell", parent)
        self._style = Style()
        self.switches: dict[str, QCheckBox] = {}
        for field, (text, tip) in _SWITCHES.items():
            box = QCheckBox(text)
            box.setToolTip(tip)
            box.toggled.connect(lambda on, field=field: self._set(**{field: on}))
            self.form.addRow(box)
            self.switches[field] = box
        self.repeats = [
            whole_number(
                f"Repeats along {axis}", f"How often the cell is repeated along {axis}", 1, MOST_REPEATS
            )
            for axis in "abc"
        ]
        line = QHBoxLayout()
        for axis, repeat in zip("abc", self.repeats, strict=True):
            repeat.setPrefix(f"{axis} ")
            repeat.valueChanged.connect(self._set_repeats)
            line.addWidget(repeat, 1)
        self.form.addRow(QLabel("Supercell"))
        self.form.addRow(line)
        self.by_matrix = QCheckBox("By a matrix")
        self.by_matrix.setToolTip("Give the vectors of the supercell in units of a, b, c: one row each")
        self.by_matrix.toggled.connect(self._show_matrix)
        self.form.addRow(self.by_matrix)
        self.matrix = [
            [
                whole_number(
                    f"{name} of the supercell, part along {axis}",
                    f"{name} of the supercell in units of a, b, c: the part along {axis}",
                    -MOST_REPEATS,
                    MOST_REPEATS,
                )
                for axis in "abc"
            ]
            for name in ("a'", "b'", "c'")
        ]
        self._grid = QWidget()
        grid = QGridLayout(self._grid)
        grid.setContentsMargins(0, 0, 0, 0)
        grid.setSpacing(3)
        for row, (name, boxes) in enumerate(zip(("a'", "b'", "c'"), self.matrix, strict=True)):
            grid.addWidget(QLabel(name), row, 0)
            for column, part in enumerate(boxes, start=1):
                part.valueChanged.connect(self._set_matrix)
                grid.addWidget(part, row, column)
                grid.setColumnStretch(column, 1)
        self.form.addRow(self._grid)
        self._grid.hide()

    def show_style(self, style: Style) -> None:
        """Show a style."""
        self._style = style
        diagonal = not isinstance(style.supercell[0], tuple)
        matrix = style.supercell_matrix()
        fields = [
            *self.switches.values(),
            *self.repeats,
            *(box for row in self.matrix for box in row),
            self.by_matrix,
        ]
        for field in fields:
            field.blockSignals(True)
        for name, box in self.switches.items():
            box.setChecked(getattr(style, name))
        for repeat, value in zip(self.repeats, np.diag(matrix), strict=True):
            repeat.setValue(max(1, int(value)))
        for boxes, values in zip(self.matrix, matrix, strict=True):
            for cell, value in zip(boxes, values, strict=True):
                cell.setValue(int(value))
        if not diagonal:
            self.by_matrix.setChecked(True)
            self._grid.show()
        for repeat in self.repeats:
            repeat.setEnabled(not self.by_matrix.isChecked())
        for field in fields:
            field.blockSignals(False)

    def _show_matrix(self, wanted: bool) -> None:
        self._grid.setVisible(wanted)
        for box in self.repeats:
            box.setEnabled(not wanted)
        if not wanted:
            self._set_repeats()

    def _set_repeats(self) -> None:
        first, second, third = (box.value() for box in self.repeats)
        self._set(supercell=(first, second, third))

    def _set_matrix(self) -> None:
        self._set(supercell=tuple(tuple(box.value() for box in row) for row in self.matrix))

    def _set(self, **fields: object) -> None:
        self.style_wanted.emit(replace(self._style, **fields))  # type: ignore[arg-type]


class SlabSection(Section):
    """Emits ``style_wanted``, and ``refused`` with a sentence where what was typed is no plane."""

    style_wanted = Signal(object)
    refused = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__("Slab", parent, is_open=False)
        self._style = Style()
        self._lattice = np.eye(3)
        self.active = QCheckBox("Only between two planes")
        self.active.setToolTip("Leave out the atoms that lie before the first plane or behind the second")
        self.active.toggled.connect(self._apply)
        self.form.addRow(self.active)
        self.plane = QLineEdit("(0 0 1)")
        self.plane.setToolTip("Indices (hkl) of the planes, such as (1 1 0) or (1-10)")
        self.plane.setAccessibleName("Planes (hkl)")
        self.plane.editingFinished.connect(self._apply)
        self.row("Planes", self.plane)
        self.lo = number(
            "First plane", "Distance of the first plane from the origin, Å", -_FAR, _FAR, 0.25, " Å"
        )
        self.hi = number(
            "Second plane", "Distance of the second plane from the origin, Å", -_FAR, _FAR, 0.25, " Å"
        )
        self.has_lo, self.has_hi = QCheckBox("From"), QCheckBox("To")
        for box, end, words in ((self.lo, self.has_lo, "first"), (self.hi, self.has_hi, "second")):
            end.setToolTip(f"Whether the {words} plane cuts; without it the slab is open on that side")
            end.toggled.connect(self._apply)
            box.valueChanged.connect(self._apply)
            self.form.addRow(end, box)

    def show_style(self, style: Style, lattice: np.ndarray) -> None:
        """Show a style for a crystal with this (3, 3) lattice."""
        self._style, self._lattice = style, lattice
        fields = (self.active, self.plane, self.has_lo, self.lo, self.has_hi, self.hi)
        for field in fields:
            field.blockSignals(True)
        slab = style.slab
        self.active.setChecked(slab is not None)
        if slab is not None:
            self.plane.setText("({} {} {})".format(*slab.normal))
            for end, box, value in ((self.has_lo, self.lo, slab.lo), (self.has_hi, self.hi, slab.hi)):
                end.setChecked(value is not None)
                if value is not None:
                    box.setValue(value)
        for field in fields[1:]:
            field.setEnabled(slab is not None)
        self.lo.setEnabled(slab is not None and slab.lo is not None)
        self.hi.setEnabled(slab is not None and slab.hi is not None)
        for field in fields:
            field.blockSignals(False)

    def _apply(self) -> None:
        if not self.active.isChecked():
            self._want(None)
            return
        numbers = lattice_indices(self.plane.text(), brackets="()")
        if numbers is None:
            self.refused.emit(f"{self.plane.text()!r} is no plane; give three indices, such as (1 1 0)")
            return
        lo: float | None
        hi: float | None
        if self._style.slab is None:
            lo, hi = self._half_of_the_box(numbers)
        else:
            lo = round(self.lo.value(), 4) if self.has_lo.isChecked() else None
            hi = round(self.hi.value(), 4) if self.has_hi.isChecked() else None
        self._want(Slab(numbers, lo, hi))

    def _half_of_the_box(self, normal: tuple[int, int, int]) -> tuple[float, float]:
        """A first slab that is seen to cut: the lower half of the box."""
        from negnn_gui.app.scene.geometry import box_corners
        from negnn_gui.app.scene.style import plane_normal

        along = box_corners(self._lattice, self._style.supercell_matrix()) @ plane_normal(
            normal, self._lattice
        )
        return round(float(along.min()), 2), round(float(along.mean()), 2)

    def _want(self, slab: Slab | None) -> None:
        if slab != self._style.slab:
            self.style_wanted.emit(replace(self._style, slab=slab))
