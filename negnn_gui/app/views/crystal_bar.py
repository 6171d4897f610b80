"""The bar above the crystal: style, directions to look along, projection, spin, selection."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QAction, QActionGroup
from PySide6.QtWidgets import QLineEdit, QMenu, QSizePolicy, QToolButton, QWidget

from negnn_gui.app.views.display_atoms import STYLES
from negnn_gui.app.views.flow import FlowBar

_GAP_PX = 6

_DIRECTIONS = {
    "a": ("Look along a", "1"),
    "b": ("Look along b", "2"),
    "c": ("Look along c", "3"),
    "a*": ("Look along a*, at right angles to (100)", "Shift+1"),
    "b*": ("Look along b*, at right angles to (010)", "Shift+2"),
    "c*": ("Look along c*, at right angles to (001)", "Shift+3"),
}


class CrystalBar(FlowBar):
    """Emits ``atoms_wanted(str)`` (a style of atoms), ``look_wanted(str)``, ``fit_wanted``,
    ``perspective_wanted(bool)``, ``spin_wanted(bool)``."""

    atoms_wanted = Signal(str)
    look_wanted = Signal(str)
    fit_wanted = Signal()
    perspective_wanted = Signal(bool)
    spin_wanted = Signal(bool)

    def __init__(self, select: QMenu, compare: QMenu, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAccessibleName("3D view")
        self.atoms: dict[str, QAction] = {}
        group = QActionGroup(self)
        styles = QMenu(self)
        for name, (title, what) in STYLES.items():
            action = styles.addAction(title, partial(self.atoms_wanted.emit, name))
            action.setCheckable(True)
            action.setToolTip(what)
            group.addAction(action)
            self.atoms[name] = action
        styles.addSeparator()
        self.perspective = styles.addAction("Perspective\tP")
        self.perspective.setCheckable(True)
        self.perspective.setToolTip("Perspective instead of parallel projection")
        self.perspective.triggered.connect(self.perspective_wanted)
        styles.setToolTipsVisible(True)
        self._offer("Style", "How atoms and bonds are drawn, and the projection", styles)
        self.row.add_gap(_GAP_PX)
        for view, (tip, keys) in _DIRECTIONS.items():
            self._add(view, f"{tip} ({keys})", partial(self.look_wanted.emit, view))
        self.direction = QLineEdit()
        self.direction.setPlaceholderText("[uvw] (hkl)")
        self.direction.setAccessibleName("Direction to look along")
        self.direction.setToolTip(
            "Look along a direction [1 1 0] or at right angles to a plane (1 1 1); Enter"
        )
        self.direction.setFixedWidth(self.direction.fontMetrics().horizontalAdvance("[uvw] (hkl)") + 18)
        self.direction.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        self.direction.returnPressed.connect(self._look)
        self.direction.textEdited.connect(lambda: self.mark(valid=True))
        self.row.addWidget(self.direction)
        self.row.add_gap(_GAP_PX)
        self._add("Fit", "Fit the crystal into the view without turning it (F)", self.fit_wanted.emit)
        self._add("Reset", "Look as at the start (=)", partial(self.look_wanted.emit, "standard"))
        self.spin = self._switch("Spin", "Turn the crystal slowly until the mouse takes hold of it (S)")
        self.spin.clicked.connect(self.spin_wanted)
        self.row.add_gap(_GAP_PX)
        self._offer("Select", "Select sites: by element, by symmetry, by bonds", select)
        self._offer(
            "Compare", "Show up to three other structures beside this one, seen from the same side", compare
        )

    def show_state(self, atoms: str, perspective: bool) -> None:
        """Show a style of atoms and a projection."""
        self.atoms[atoms].setChecked(True)
        self.perspective.setChecked(perspective)

    def mark(self, valid: bool) -> None:
        """Show whether the typed direction can be used."""
        self.direction.setStyleSheet("" if valid else "QLineEdit { border-color: #d0342c; }")

    def _look(self) -> None:
        text = self.direction.text().strip()
        if text:
            self.look_wanted.emit(text if text[0] in "[(abc" or text == "standard" else f"[{text}]")

    def _add(self, text: str, tip: str, act: Callable[[], object]) -> None:
        self._button(text, tip).clicked.connect(lambda: act())

    def _offer(self, text: str, tip: str, menu: QMenu) -> None:
        button = self._button(text, tip)
        button.setMenu(menu)
        button.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)

    def _switch(self, text: str, tip: str) -> QToolButton:
        button = self._button(text, tip)
        button.setCheckable(True)
        return button

    def _button(self, text: str, tip: str) -> QToolButton:
        button = QToolButton(self)
        button.setText(text)
        button.setToolTip(tip)
        button.setAccessibleName(text)
        button.setAccessibleDescription(tip)
        button.setAutoRaise(True)
        button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.row.addWidget(button)
        return button
