"""The Display dock: every choice of how the crystal is drawn, in groups that fold."""

from __future__ import annotations

import numpy as np
from PySide6.QtCore import QEvent, QObject, Qt, Signal
from PySide6.QtWidgets import QAbstractSpinBox, QComboBox, QFrame, QScrollArea, QVBoxLayout, QWidget

from negnn_gui.app.scene.colouring import Colouring, ColourScale
from negnn_gui.app.scene.colours import element_colours
from negnn_gui.app.scene.style import Style
from negnn_gui.app.views.display_atoms import AtomsSection
from negnn_gui.app.views.display_bonds import BondsSection
from negnn_gui.app.views.display_cell import CellSection, SlabSection
from negnn_gui.app.views.display_colours import ColoursSection
from negnn_gui.app.views.display_moments import MomentsSection
from negnn_gui.structures.entry import StructureEntry


class DisplayPanel(QScrollArea):
    """Shows a style and a colouring; emits those that the user asks for.

    ``style_wanted(Style)``, ``colouring_wanted(Colouring)``, ``search_wanted`` and ``cancel_wanted`` for
    CrystalNN, ``refused(str)``: a sentence on what was typed and cannot be used.
    """

    style_wanted = Signal(object)
    colouring_wanted = Signal(object)
    search_wanted = Signal()
    cancel_wanted = Signal()
    refused = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAccessibleName("How the crystal is drawn")
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setWidgetResizable(True)
        self.atoms, self.cell, self.bonds = AtomsSection(), CellSection(), BondsSection()
        self.moments, self.colours, self.slab = MomentsSection(), ColoursSection(), SlabSection()
        body = QWidget()
        layout = QVBoxLayout(body)
        layout.setContentsMargins(2, 2, 2, 2)
        layout.setSpacing(1)
        for section in (self.atoms, self.cell, self.colours, self.moments, self.bonds, self.slab):
            layout.addWidget(section)
            section.style_wanted.connect(self.style_wanted)
        layout.addStretch(1)
        self.setWidget(body)
        self._body = body
        self.colours.colouring_wanted.connect(self.colouring_wanted)
        self.bonds.search_wanted.connect(self.search_wanted)
        self.bonds.cancel_wanted.connect(self.cancel_wanted)
        for teller in (self.slab, self.moments, self.colours):
            teller.refused.connect(self.refused)
        for field in body.findChildren(QWidget):
            self._tame(field)
        body.setEnabled(False)

    def show_state(
        self,
        entry: StructureEntry | None,
        style: Style,
        colouring: Colouring,
        scale: ColourScale | None,
        bonds_are_drawn: bool,
    ) -> None:
        """Show how a structure is drawn."""
        self._body.setEnabled(entry is not None)
        elements = () if entry is None else entry.elements
        colours = element_colours(elements, colouring.scheme)
        self.atoms.show_elements(elements, colours)
        self.atoms.show_style(style)
        self.cell.show_style(style)
        self.colours.show_colouring(style, colouring, entry, scale)
        self.moments.show_style(style)
        self.bonds.show_style(style, elements, bonds_are_drawn)
        for box in self.bonds.findChildren(QAbstractSpinBox):
            self._tame(box)
        lattice = np.eye(3) if entry is None else np.array(entry.structure.lattice.matrix)
        self.slab.show_style(style, lattice)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """The wheel over a field that nobody is in scrolls the panel instead of changing the field."""
        if event.type() == QEvent.Type.Wheel and isinstance(watched, QWidget) and not watched.hasFocus():
            event.ignore()
            return True
        return super().eventFilter(watched, event)

    def _tame(self, field: QWidget) -> None:
        if isinstance(field, QAbstractSpinBox | QComboBox):
            field.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
            field.installEventFilter(self)
