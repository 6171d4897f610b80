"""Walking the widgets of a window: what a screen reader, a keyboard and weak eyes meet."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt
from PySide6.QtGui import QAccessible, QColor, QFontMetrics, QPalette
from PySide6.QtWidgets import (
    QAbstractButton,
    QAbstractItemView,
    QAbstractSlider,
    QAbstractSpinBox,
    QCheckBox,
    QComboBox,
    QDoubleSpinBox,
    QGraphicsView,
    QHeaderView,
    QKeySequenceEdit,
    QLabel,
    QLineEdit,
    QMenu,
    QMessageBox,
    QPlainTextEdit,
    QRadioButton,
    QScrollBar,
    QTabBar,
    QTextEdit,
    QToolBar,
    QToolButton,
    QWidget,
)

if TYPE_CHECKING:
    from pytestqt.qtbot import QtBot

CONTROLS = (
    QAbstractButton,
    QAbstractItemView,
    QAbstractSlider,
    QAbstractSpinBox,
    QComboBox,
    QGraphicsView,
    QKeySequenceEdit,
    QLineEdit,
    QPlainTextEdit,
    QTextEdit,
)
# They are parts of another control, or of the frame of a dock, whose work the View menu does as well.
_PARTS = (QComboBox, QAbstractSpinBox, QLineEdit, QKeySequenceEdit, QHeaderView, QTabBar)


def controls(root: QWidget) -> Iterator[QWidget]:
    """Everything visible below ``root`` that a user can operate."""
    for widget in root.findChildren(QWidget):
        if not widget.isVisible() or widget.window() is not root.window():
            continue
        named = type(widget).__name__ == "CrystalCanvas"
        if not named and (not isinstance(widget, CONTROLS) or isinstance(widget, QScrollBar | QHeaderView)):
            continue
        if widget.objectName().startswith("qt_") or _is_a_part(widget):
            continue
        yield widget


def _is_a_part(widget: QWidget) -> bool:
    parent = widget.parentWidget()
    if isinstance(parent, _PARTS):
        return True
    if isinstance(parent, QAbstractItemView):  # a table's corner button
        return isinstance(widget, QAbstractButton)
    return False


def name_of(widget: QWidget) -> str:
    """What a screen reader says."""
    interface = QAccessible.queryAccessibleInterface(widget)
    return interface.text(QAccessible.Text.Name).replace("&", "").strip() if interface is not None else ""


def nameless(root: QWidget) -> list[str]:
    """Controls without a name."""
    return [describe(widget) for widget in controls(root) if not name_of(widget)]


def unexplained(root: QWidget) -> list[str]:
    """Controls without a tooltip; the 3D view has one of its own for each atom."""
    return [
        describe(widget)
        for widget in controls(root)
        if not widget.toolTip().strip()
        and type(widget).__name__ != "CrystalCanvas"
        and not isinstance(root, QMessageBox)  # its sentence is what explains its buttons
    ]


def without_unit(root: QWidget) -> list[str]:
    """Fields for real numbers that say no unit, neither behind the number nor in the tooltip."""
    units = (
        "Å",
        "μB",
        "°",
        "%",
        "px",
        " mm",
        "in the unit of",
        "pixel",
        "times",
        "×",
        " s",
        "no unit",
        "neighbour",
        "distance",
    )
    return [
        describe(widget)
        for widget in controls(root)
        if isinstance(widget, QDoubleSpinBox)
        and not any(unit in widget.suffix() + widget.toolTip() for unit in units)
    ]


def tabbed_through(window: QWidget, qtbot: QtBot, steps: int) -> set[QWidget]:
    """Widgets that pressing Tab again and again comes to."""
    window.activateWindow()
    reached: set[QWidget] = set()
    for _ in range(steps):
        focus = window.focusWidget()
        if focus is not None:
            reached.add(focus)
        qtbot.keyClick(focus or window, Qt.Key.Key_Tab)
    return reached


def without_keys(root: QWidget, reached: set[QWidget]) -> list[str]:
    """Enabled controls that Tab never came to and that no menu replaces."""
    return [
        describe(widget)
        for widget in controls(root)
        if widget.isEnabled()
        and widget not in reached
        and not _in_a_group_that_was_reached(widget, reached)
        and not (isinstance(widget, QToolButton) and _has_action(widget))
    ]


def _has_action(button: QToolButton) -> bool:
    action = button.defaultAction()
    return action is not None and any(isinstance(owner, QMenu) for owner in action.associatedObjects())


def _in_a_group_that_was_reached(widget: QWidget, reached: set[QWidget]) -> bool:
    """Of buttons that exclude each other Tab reaches the chosen one; arrows go on to the others."""
    if not isinstance(widget, QAbstractButton):
        return False
    if (group := widget.group()) is not None and group.exclusive():
        return any(other in reached for other in group.buttons())
    return isinstance(widget, QRadioButton) and any(
        isinstance(other, QRadioButton) and other.parent() is widget.parent() for other in reached
    )


def clipped(root: QWidget) -> list[str]:
    """Labels and controls whose words do not fit into them."""
    found = []
    for widget in root.findChildren(QWidget):
        if not widget.isVisible() or widget.window() is not root.window():
            continue
        if widget.objectName().startswith("qt_") or isinstance(widget.parentWidget(), QToolBar) is None:
            continue
        if (problem := _clipping(widget)) != "":
            found.append(f"{describe(widget)}: {problem}")
    return found


def _clipping(widget: QWidget) -> str:
    metrics = QFontMetrics(widget.font())
    if isinstance(widget, QLabel):
        if not widget.text() or not widget.pixmap().isNull() or type(widget).__name__ == "ElidedLabel":
            return ""
        if widget.wordWrap():
            needed = widget.heightForWidth(widget.width())
            return f"{needed} high, has {widget.height()}" if widget.height() < needed - 1 else ""
        if (
            widget.sizePolicy().horizontalPolicy().name == "Ignored"
        ):  # cut off on purpose, whole in its tooltip
            return "" if widget.toolTip() else "cut off without a tooltip"
        needed = widget.sizeHint().width()
        if widget.width() < needed - 1:
            return f"{needed} wide, has {widget.width()}"
        return (
            f"{widget.height()} high for letters of {metrics.height()}"
            if widget.height() < metrics.height()
            else ""
        )
    if isinstance(widget, QAbstractButton) and widget.text() and not _is_a_part(widget):
        needed = (
            widget.minimumSizeHint() if isinstance(widget, QCheckBox | QRadioButton) else widget.sizeHint()
        )
        words = metrics.horizontalAdvance(widget.text().replace("&", ""))
        if (
            isinstance(widget, QToolButton)
            and widget.toolButtonStyle() == Qt.ToolButtonStyle.ToolButtonIconOnly
        ):
            words = 0
        if widget.width() < words or widget.height() < min(needed.height(), metrics.height()):
            return f"{words} x {metrics.height()} of words in {widget.width()} x {widget.height()}"
    if isinstance(widget, QLineEdit | QComboBox | QAbstractSpinBox) and widget.height() < metrics.height():
        return f"{widget.height()} high for letters of {metrics.height()}"
    return ""


def faint(root: QWidget, least: float = 4.5) -> list[str]:
    """Enabled labels and buttons whose letters stand out too little from what is behind them."""
    found = []
    for widget in root.findChildren(QWidget):
        if not widget.isVisible() or not widget.isEnabled():
            continue
        if isinstance(widget, QLabel | QAbstractButton | QLineEdit) and widget.text():
            colours = widget.palette()
            front, back = colours.color(widget.foregroundRole()), _behind(widget)
            if (found_contrast := contrast(front, back)) < least:
                found.append(f"{describe(widget)}: {front.name()} on {back.name()}, {found_contrast:.2f}:1")
    return found


def _behind(widget: QWidget) -> QColor:
    place: QWidget | None = widget
    while place is not None:
        if place.autoFillBackground() or place.isWindow() or isinstance(place, QLineEdit):
            return place.palette().color(place.backgroundRole())
        place = place.parentWidget()
    return widget.palette().color(QPalette.ColorRole.Window)


def contrast(front: QColor, back: QColor) -> float:
    """WCAG 2 contrast ratio."""

    def luminance(colour: QColor) -> float:
        channels = (colour.redF(), colour.greenF(), colour.blueF())
        linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
        return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]

    lighter, darker = sorted((luminance(front), luminance(back)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


def describe(widget: QWidget) -> str:
    """Enough to find a widget in the code."""
    text = widget.text() if isinstance(widget, QLabel | QAbstractButton) else ""
    above = type(widget.parentWidget()).__name__ if widget.parentWidget() is not None else ""
    return f"{above} > {type(widget).__name__} {widget.objectName()} {name_of(widget)!r} {text[:50]!r}"
