"""A group of controls under a heading that folds it away."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Qt
from PySide6.QtWidgets import (
    QCheckBox,
    QComboBox,
    QDoubleSpinBox,
    QFormLayout,
    QLabel,
    QLayout,
    QSizePolicy,
    QSpinBox,
    QToolButton,
    QVBoxLayout,
    QWidget,
)


class Section(QWidget):
    """A heading with an arrow, and below it a form of rows."""

    def __init__(self, title: str, parent: QWidget | None = None, *, is_open: bool = True) -> None:
        super().__init__(parent)
        self.heading = QToolButton(self)
        self.heading.setText(title)
        self.heading.setCheckable(True)
        self.heading.setChecked(is_open)
        self.heading.setAutoRaise(True)
        self.heading.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        self.heading.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.heading.setAccessibleName(f"{title} settings")
        self.heading.setToolTip(f"Show or hide the settings of: {title.lower()}")
        self.heading.setStyleSheet("QToolButton { border: none; background: transparent; padding: 3px; }")
        font = self.heading.font()
        font.setBold(True)
        self.heading.setFont(font)
        self.content = QWidget(self)
        self.form = QFormLayout(self.content)
        self.form.setContentsMargins(10, 0, 8, 8)
        self.form.setHorizontalSpacing(8)
        self.form.setVerticalSpacing(4)
        self.form.setFieldGrowthPolicy(QFormLayout.FieldGrowthPolicy.AllNonFixedFieldsGrow)
        self.form.setRowWrapPolicy(QFormLayout.RowWrapPolicy.DontWrapRows)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.addWidget(self.heading)
        layout.addWidget(self.content)
        self.heading.toggled.connect(self._fold)
        self._fold(is_open)

    def _fold(self, is_open: bool) -> None:
        self.heading.setArrowType(Qt.ArrowType.DownArrow if is_open else Qt.ArrowType.RightArrow)
        self.content.setVisible(is_open)

    def row(self, label: str, field: QWidget | QLayout) -> None:
        """A labelled row; the label names the field for screen readers, where it has no name of its own."""
        words = QLabel(label, self.content)
        if isinstance(field, QWidget):
            words.setBuddy(field)
            if not field.accessibleName():
                field.setAccessibleName(label)
        self.form.addRow(words, field)


def choice(name: str, tip: str, items: Sequence[tuple[str, object]]) -> QComboBox:
    """A box of (text, data) to choose from."""
    box = QComboBox()
    box.setAccessibleName(name)
    box.setToolTip(tip)
    for text, data in items:
        box.addItem(text, data)
    box.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
    box.setMinimumContentsLength(9)
    return box


def number(
    name: str, tip: str, lo: float, hi: float, step: float, suffix: str = "", decimals: int = 2
) -> QDoubleSpinBox:
    """A field for a number with a unit; it speaks once the number is whole."""
    box = QDoubleSpinBox()
    box.setDecimals(decimals)
    box.setRange(lo, hi)
    box.setSingleStep(step)
    box.setSuffix(suffix)
    _finish(box, name, tip)
    return box


def whole_number(name: str, tip: str, lo: int, hi: int, suffix: str = "", step: int = 1) -> QSpinBox:
    """A field for a whole number."""
    box = QSpinBox()
    box.setRange(lo, hi)
    box.setSingleStep(step)
    box.setSuffix(suffix)
    _finish(box, name, tip)
    return box


def flag(title: str, tip: str) -> QCheckBox:
    """A box to tick; its title is its name."""
    box = QCheckBox(title)
    box.setAccessibleName(title.replace("&", ""))
    box.setToolTip(tip)
    return box


def _finish(box: QSpinBox | QDoubleSpinBox, name: str, tip: str) -> None:
    box.setKeyboardTracking(False)
    box.setAlignment(Qt.AlignmentFlag.AlignRight)
    box.setAccessibleName(name)
    box.setToolTip(tip)
    box.setMinimumWidth(54)  # the widest number it can hold would ask for more than a narrow dock has
    # The wheel scrolls the panel; it changes a number only where that has the focus.
    box.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
