"""How a row of the Structures list is painted: a mark, a title, and a quieter second line."""

from __future__ import annotations

from dataclasses import dataclass

from PySide6.QtCore import QModelIndex, QPersistentModelIndex, QRect, QSize, Qt
from PySide6.QtGui import QFont, QFontMetrics, QPainter, QPalette
from PySide6.QtWidgets import QApplication, QStyle, QStyledItemDelegate, QStyleOptionViewItem

from negnn_gui.app import theme
from negnn_gui.app.icons import tinted

RowRole = Qt.ItemDataRole.UserRole + 1

_MARK = 16
_GAP = 8
_PADDING = 5


@dataclass(frozen=True)
class RowText:
    """What a row says; ``explanation`` is its tooltip and ``icon`` the name of its mark."""

    title: str
    subtitle: str
    explanation: str
    icon: str
    failed: bool = False


class RowDelegate(QStyledItemDelegate):
    """Paints a :class:`RowText` in two lines, the second cut off with an ellipsis where it is too long."""

    def sizeHint(self, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex) -> QSize:
        height = QFontMetrics(option.font).height() + QFontMetrics(_small(option.font)).height()
        return QSize(120, height + 2 * _PADDING + 1)

    def paint(
        self, painter: QPainter, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex
    ) -> None:
        text: RowText = index.data(RowRole)
        style = option.widget.style() if option.widget is not None else QApplication.style()
        style.drawPrimitive(QStyle.PrimitiveElement.PE_PanelItemViewItem, option, painter, option.widget)
        selected = bool(option.state & QStyle.StateFlag.State_Selected)
        colours = option.palette
        strong = colours.color(QPalette.ColorRole.HighlightedText if selected else QPalette.ColorRole.Text)
        quiet = strong if selected else colours.color(QPalette.ColorRole.PlaceholderText)
        mark = quiet
        if not selected and text.failed:
            quiet = mark = theme.warning_colour(colours)
        elif not selected and text.icon == "predicted":
            mark = theme.good_colour(colours)

        area = option.rect.adjusted(_PADDING + 2, _PADDING, -_PADDING - 2, -_PADDING)
        pixmap = tinted(text.icon, mark, _MARK, painter.device().devicePixelRatioF())
        painter.save()
        painter.drawPixmap(area.left(), area.center().y() - _MARK // 2, pixmap)
        lines = area.adjusted(_MARK + _GAP, 0, 0, 0)
        painter.setFont(option.font)
        painter.setPen(strong)
        first = QFontMetrics(option.font).height()
        _draw_line(painter, QRect(lines.left(), lines.top(), lines.width(), first), text.title)
        painter.setFont(_small(option.font))
        painter.setPen(quiet)
        _draw_line(painter, lines.adjusted(0, first, 0, 0), text.subtitle)
        painter.restore()


def _draw_line(painter: QPainter, area: QRect, text: str) -> None:
    # a file name may hold line breaks
    elided = painter.fontMetrics().elidedText(
        " ".join(text.split()), Qt.TextElideMode.ElideRight, area.width()
    )
    painter.drawText(area, Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter, elided)


def _small(font: QFont) -> QFont:
    smaller = QFont(font)
    smaller.setPointSizeF(max(6.0, 0.9 * font.pointSizeF()))
    return smaller
