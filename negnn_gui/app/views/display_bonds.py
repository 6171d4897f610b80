"""Display panel: which atoms are bonded, by distance for each pair of elements or by CrystalNN."""

from __future__ import annotations

from dataclasses import replace
from itertools import combinations_with_replacement

from PySide6.QtCore import Signal
from PySide6.QtWidgets import (
    QCheckBox,
    QDoubleSpinBox,
    QFormLayout,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QWidget,
)

from negnn_gui.app.scene.bonds import bond_limits
from negnn_gui.app.scene.style import Style
from negnn_gui.app.views.section import Section, choice, number

_RULES = (("Distances", "distance"), ("CrystalNN", "crystalnn"))
_COMPLETIONS = (
    ("Cut at the box", "none"),
    ("Bonds completed", "bonds"),
    ("Molecules completed", "molecules"),
)
_LONGEST = 6.0
_MOST_PAIRS = 45


class BondsSection(Section):
    """Emits ``style_wanted``, and ``search_wanted`` or ``cancel_wanted`` for CrystalNN."""

    style_wanted = Signal(object)
    search_wanted = Signal()
    cancel_wanted = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__("Bonds", parent, is_open=False)
        self._style = Style()
        self._elements: tuple[str, ...] = ()
        self._boxes: dict[tuple[str, str], QDoubleSpinBox] = {}
        self.shown = QCheckBox("Bonds")
        self.shown.setToolTip("Draw bonds (Ctrl+B in the 3D view)")
        self.shown.toggled.connect(lambda on: self.style_wanted.emit(replace(self._style, bonds=on)))
        self.form.addRow(self.shown)
        self.rule = choice(
            "Rule of bonds",
            "Distances: closer than the limit of the pair of elements. CrystalNN: pymatgen's coordination from"
            " Voronoi polyhedra, searched in the background",
            _RULES,
        )
        self.rule.activated.connect(self._choose_rule)
        self.row("Rule", self.rule)
        self.scale = number(
            "Longest bond over the sum of covalent radii",
            "A bond is at most this many times the sum of the two covalent radii",
            0.5, 2.0, 0.05,
        )  # fmt: skip
        self.scale.valueChanged.connect(
            lambda value: self.style_wanted.emit(replace(self._style, bond_scale=round(value, 4)))
        )
        self.row("Times radii", self.scale)
        self._pairs = QWidget()
        self._pairs_row = self.form.rowCount()
        self.form.addRow(self._pairs)
        self.usual = QPushButton("Usual distances")
        self.usual.setToolTip("Forget the distances that were typed")
        self.usual.clicked.connect(
            lambda: self.style_wanted.emit(
                replace(self._style, bond_limits=(), bond_scale=Style().bond_scale)
            )
        )
        self.form.addRow(self.usual)
        self.note, self.cancel = QLabel(), QPushButton("Cancel")
        self.note.setWordWrap(True)
        self.cancel.setToolTip("Give up the search for bonds")
        self.cancel.clicked.connect(self.cancel_wanted)
        line = QHBoxLayout()
        line.addWidget(self.note, 1)
        line.addWidget(self.cancel)
        self.form.addRow(line)
        self.complete = choice(
            "What is completed beyond the box",
            "Bonds: also the bonded neighbours outside the box. Molecules: the rest of each molecule that it cuts",
            _COMPLETIONS,
        )
        self.complete.activated.connect(
            lambda: self.style_wanted.emit(replace(self._style, complete=self.complete.currentData()))
        )
        self.row("Boundary", self.complete)
        self.say("")

    def show_style(self, style: Style, elements: tuple[str, ...], bonds_are_drawn: bool) -> None:
        """Show a style for the element symbols of the sites."""
        self._style = style
        for widget in (self.shown, self.scale):
            widget.blockSignals(True)
        self.shown.setChecked(bonds_are_drawn)
        self.scale.setValue(style.bond_scale)
        for widget in (self.shown, self.scale):
            widget.blockSignals(False)
        self.rule.setCurrentIndex(self.rule.findData(style.bond_rule))
        self.complete.setCurrentIndex(self.complete.findData(style.complete))
        by_distance = style.bond_rule == "distance"
        for field in (self.scale, self._pairs, self.usual):
            field.setEnabled(by_distance)
        self._show_pairs(elements)

    def say(self, note: str, busy: bool = False) -> None:
        """A sentence about the search; ``busy``: it can be cancelled."""
        self.note.setText(note)
        self.note.setVisible(bool(note))
        self.cancel.setVisible(busy)

    def _choose_rule(self) -> None:
        rule = self.rule.currentData()
        self.style_wanted.emit(replace(self._style, bond_rule=rule))
        if rule == "crystalnn":
            self.search_wanted.emit()

    def _show_pairs(self, elements: tuple[str, ...]) -> None:
        distinct, limits = bond_limits(elements, self._style.bond_scale, self._style.bond_limits)
        pairs = list(combinations_with_replacement(range(len(distinct)), 2))[:_MOST_PAIRS]
        names = [(distinct[i], distinct[j]) for i, j in pairs]
        if names != list(self._boxes):
            self._make_pairs(names)
        for (i, j), box in zip(pairs, self._boxes.values(), strict=True):
            box.blockSignals(True)
            box.setValue(float(limits[i, j]))
            box.blockSignals(False)

    def _make_pairs(self, names: list[tuple[str, str]]) -> None:
        self.form.removeRow(self._pairs)
        self._pairs = QWidget()
        layout = QFormLayout(self._pairs)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setVerticalSpacing(2)
        self._boxes = {}
        for first, second in names:
            pair = f"{first}–{second}"
            box = number(
                f"Longest bond {pair}", f"Longest {pair} bond, Å; none: these are not bonded", 0.0, _LONGEST, 0.05,
                " Å",
            )  # fmt: skip
            box.setSpecialValueText("none")
            box.valueChanged.connect(lambda value, names=(first, second): self._set_limit(names, value))
            layout.addRow(pair, box)
            self._boxes[first, second] = box
        self.form.insertRow(self._pairs_row, self._pairs)

    def _set_limit(self, names: tuple[str, str], limit: float) -> None:
        others = tuple(row for row in self._style.bond_limits if {row[0], row[1]} != set(names))
        changed = replace(self._style, bond_limits=(*others, (*names, round(limit, 4))))
        self.style_wanted.emit(changed)
