"""What the colours of the map mean: a list of elements that can be switched off, or a colour bar."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from PySide6.QtCore import QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import (
    QColor,
    QIcon,
    QKeyEvent,
    QLinearGradient,
    QPainter,
    QPaintEvent,
    QPalette,
    QPen,
    QPixmap,
    QPolygonF,
)
from PySide6.QtWidgets import (
    QAbstractItemView,
    QListWidget,
    QListWidgetItem,
    QSizePolicy,
    QStackedWidget,
    QWidget,
)

from negnn_gui.app.scene.colouring import ColourScale, tick_values
from negnn_gui.app.scene.colourmaps import MISSING
from negnn_gui.app.scene.colours import RGB
from negnn_gui.app.views.site_text import count_text

_SWATCH = 12
_MISSING_TEXT = "no data"


class CategoryLegend(QListWidget):
    """Names with colours; a click, space or Enter hides the points of one and shows them again.

    ``hidden_changed`` carries a ``frozenset[str]`` of the names that are switched off.
    """

    hidden_changed = Signal(object)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAccessibleName("Legend of the map: click to hide or show points")
        self.setToolTip("Click an entry, or press Space on it, to hide or show its points")
        self.setSelectionMode(QAbstractItemView.SelectionMode.NoSelection)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setFrameShape(QListWidget.Shape.NoFrame)
        self.setIconSize(QSize(_SWATCH, _SWATCH))
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Expanding)
        self._hidden: frozenset[str] = frozenset()
        self._items: dict[str, tuple[RGB, int]] = {}
        self.itemClicked.connect(self._toggle)

    @property
    def hidden_names(self) -> frozenset[str]:
        """Names that are switched off."""
        return self._hidden

    def set_items(self, items: Mapping[str, tuple[RGB, int]]) -> None:
        """Show names with colour and number of sites; what was switched off stays so."""
        self._items = dict(items)
        self.clear()
        for name in items:
            self._dress(QListWidgetItem(name, self))
        self.setFixedWidth(max(56, self.sizeHintForColumn(0) + 24))

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Space and Enter do what a click does."""
        keys = (Qt.Key.Key_Space, Qt.Key.Key_Return, Qt.Key.Key_Enter)
        if event.key() in keys and self.currentItem() is not None:
            self._toggle(self.currentItem())
        else:
            super().keyPressEvent(event)

    def _toggle(self, item: QListWidgetItem) -> None:
        self._hidden = self._hidden ^ {item.text()}
        self._dress(item)
        self.hidden_changed.emit(self._hidden)

    def _dress(self, item: QListWidgetItem) -> None:
        name = item.text()
        colour, count = self._items[name]
        hidden = name in self._hidden
        item.setIcon(_swatch(colour, filled=not hidden))
        group = QPalette.ColorGroup.Disabled if hidden else QPalette.ColorGroup.Active
        item.setForeground(self.palette().color(group, QPalette.ColorRole.Text))
        action = "hidden; click to show them" if hidden else "click to hide them"
        item.setToolTip(f"{name}: {count_text(count, 'site')}, {action}")
        item.setData(Qt.ItemDataRole.AccessibleTextRole, f"{name}, {'hidden' if hidden else 'shown'}")


class ScaleLegend(QWidget):
    """A vertical colour bar with ticks, unit, and a grey field where values are missing."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._scale: ColourScale | None = None
        self.setAutoFillBackground(True)
        self.setBackgroundRole(QPalette.ColorRole.Base)
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Expanding)

    def set_scale(self, scale: ColourScale) -> None:
        """Show another bar."""
        self._scale = scale
        self.setFixedWidth(self._tick_width() + 2 * self.fontMetrics().height() + 26)
        self.setAccessibleName(f"Colour bar: {scale.label}, {scale.lo:.3g} to {scale.hi:.3g}")
        self.setToolTip(scale.label)
        self.update()

    def _tick_texts(self) -> list[tuple[float, str]]:
        assert self._scale is not None
        ticks = tick_values(self._scale.lo, self._scale.hi)
        decimals = max(0, -int(np.floor(np.log10(abs(ticks[1] - ticks[0])) + 1e-9))) if len(ticks) > 1 else 2
        return [(tick, f"{tick + 0.0:.{decimals}f}") for tick in ticks]

    def _tick_width(self) -> int:
        assert self._scale is not None
        texts = [text for _, text in self._tick_texts()] + ([_MISSING_TEXT] if self._scale.missing else [])
        return max((self.fontMetrics().horizontalAdvance(text) for text in texts), default=0)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw bar, ticks and label."""
        if self._scale is None:
            return
        painter = QPainter(self)
        metrics = self.fontMetrics()
        missing_height = metrics.height() + 8 if self._scale.missing else 0
        bar = QRectF(8, metrics.height(), 14, self.height() - 2.5 * metrics.height() - missing_height)
        painter.setPen(self.palette().color(QPalette.ColorRole.Mid))
        painter.setBrush(self._gradient(bar))
        painter.drawRect(bar)
        self._draw_overflow(painter, bar)
        text = self.palette().color(QPalette.ColorRole.WindowText)
        span = self._scale.hi - self._scale.lo
        for value, label in self._tick_texts():
            y = bar.bottom() - bar.height() * (value - self._scale.lo) / span
            painter.setPen(self.palette().color(QPalette.ColorRole.Mid))
            painter.drawLine(QPointF(bar.right(), y), QPointF(bar.right() + 4, y))
            painter.setPen(text)
            painter.drawText(QPointF(bar.right() + 7, y + 0.35 * metrics.ascent()), label)
        if self._scale.missing:
            box = QRectF(bar.left(), bar.bottom() + 11, bar.width(), bar.width())
            painter.fillRect(box, QColor(*MISSING))
            painter.setPen(text)
            painter.drawText(
                QPointF(box.right() + 7, box.center().y() + 0.35 * metrics.ascent()), _MISSING_TEXT
            )
        painter.save()
        painter.translate(self.width() - metrics.descent() - 2, bar.center().y())
        painter.rotate(-90)
        label = metrics.elidedText(self._scale.label, Qt.TextElideMode.ElideRight, int(bar.height()))
        painter.drawText(QPointF(-0.5 * metrics.horizontalAdvance(label), 0), label)
        painter.restore()
        painter.end()

    def _draw_overflow(self, painter: QPainter, bar: QRectF) -> None:
        """Arrowheads where values lie beyond an end of the bar."""
        assert self._scale is not None
        ends = self._scale.colours(np.array([self._scale.lo, self._scale.hi])).tolist()
        tips = (
            (self._scale.below, bar.bottom(), 7.0, ends[0]),
            (self._scale.above, bar.top(), -7.0, ends[1]),
        )
        for beyond, edge, height, colour in tips:
            if beyond:
                painter.setBrush(QColor(*colour))
                corners = [(bar.left(), edge), (bar.right(), edge), (bar.center().x(), edge + height)]
                painter.drawPolygon(QPolygonF([QPointF(x, y) for x, y in corners]))

    def _gradient(self, bar: QRectF) -> QLinearGradient:
        assert self._scale is not None
        gradient = QLinearGradient(bar.bottomLeft(), bar.topLeft())
        steps = np.linspace(0.0, 1.0, 24)
        values = self._scale.lo + steps * (self._scale.hi - self._scale.lo)
        for step, colour in zip(steps, self._scale.colours(values).tolist(), strict=True):
            gradient.setColorAt(float(step), QColor(*colour))
        return gradient


class MapLegend(QStackedWidget):
    """The legend beside the map: nothing, categories, or a colour bar."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.categories = CategoryLegend(self)
        self.scale = ScaleLegend(self)
        self.addWidget(self.categories)
        self.addWidget(self.scale)
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Expanding)
        self.hide()

    def show_categories(self, items: Mapping[str, tuple[RGB, int]]) -> None:
        """Show names with their colours and counts."""
        self.categories.set_items(items)
        self._show(self.categories, bool(items))

    def show_scale(self, scale: ColourScale) -> None:
        """Show a colour bar."""
        self.scale.set_scale(scale)
        self._show(self.scale, True)

    def _show(self, widget: QWidget, wanted: bool) -> None:
        self.setCurrentWidget(widget)
        self.setFixedWidth(widget.minimumWidth())
        self.setVisible(wanted)


def _swatch(colour: RGB, *, filled: bool) -> QIcon:
    pixmap = QPixmap(_SWATCH * 2, _SWATCH * 2)
    pixmap.fill(Qt.GlobalColor.transparent)
    painter = QPainter(pixmap)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setPen(QPen(QColor(128, 128, 128), 2))
    painter.setBrush(QColor(*colour) if filled else Qt.BrushStyle.NoBrush)
    painter.drawEllipse(QRectF(2, 2, 2 * _SWATCH - 4, 2 * _SWATCH - 4))
    painter.end()
    return QIcon(pixmap)
