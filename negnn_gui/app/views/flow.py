"""Controls in a row that go on in further rows where the width is not enough, so that none is ever cut off."""

from __future__ import annotations

from PySide6.QtCore import QPoint, QRect, QSize, Qt
from PySide6.QtWidgets import QLayout, QLayoutItem, QSizePolicy, QSpacerItem, QWidget, QWidgetItem


class FlowLayout(QLayout):
    """Lays items out like words: from left to right, and from row to row.

    A widget that wants all the width it can get (an ignored or expanding size policy) takes what is left of its row.
    Spacers are gaps; at the beginning of a row there are none.
    """

    def __init__(self, parent: QWidget | None = None, spacing: int = 2) -> None:
        super().__init__(parent)
        self._items: list[QLayoutItem] = []
        self.setSpacing(spacing)

    def addItem(self, item: QLayoutItem) -> None:
        """For Qt: the layout owns the item from now on."""
        self._items.append(item)
        self.invalidate()

    def add_gap(self, width: int) -> None:
        """Set the controls before it apart from those that follow, by so many pixels."""
        self.addItem(QSpacerItem(width, 0, QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Minimum))

    def count(self) -> int:
        """Number of items."""
        return len(self._items)

    def itemAt(self, index: int) -> QLayoutItem | None:  # Qt asks beyond the end
        """The item, None beyond the last."""
        return self._items[index] if 0 <= index < len(self._items) else None

    def takeAt(self, index: int) -> QLayoutItem | None:
        """Give an item away."""
        return self._items.pop(index) if 0 <= index < len(self._items) else None

    def expandingDirections(self) -> Qt.Orientation:
        """It wants no more than it needs."""
        return Qt.Orientation(0)

    def hasHeightForWidth(self) -> bool:
        """The narrower, the more rows."""
        return True

    def heightForWidth(self, width: int) -> int:
        """Height of all rows, pixels."""
        return self._lay_out(QRect(0, 0, width, 0), move=False)

    def setGeometry(self, rect: QRect) -> None:
        """Move every item to its place."""
        super().setGeometry(rect)
        self._lay_out(rect, move=True)

    def sizeHint(self) -> QSize:
        """All in one row."""
        sizes = [self._size(item) for item in self._shown()]
        gaps = self.spacing() * max(len(sizes) - 1, 0)
        return self._framed(sum(s.width() for s in sizes) + gaps, max((s.height() for s in sizes), default=0))

    def minimumSize(self) -> QSize:
        """The widest item by itself."""
        sizes = [item.minimumSize() for item in self._shown()]
        return self._framed(
            max((s.width() for s in sizes), default=0), max((s.height() for s in sizes), default=0)
        )

    def _framed(self, width: int, height: int) -> QSize:
        edge = self.contentsMargins()
        return QSize(width + edge.left() + edge.right(), height + edge.top() + edge.bottom())

    def _shown(self) -> list[QLayoutItem]:
        return [item for item in self._items if item.spacerItem() is not None or not item.isEmpty()]

    def _lay_out(self, rect: QRect, *, move: bool) -> int:
        edge = self.contentsMargins()
        area = rect.adjusted(edge.left(), edge.top(), -edge.right(), -edge.bottom())
        top = area.y()
        for number, row in enumerate(self._rows(area.width())):
            height = max((self._size(item).height() for item in row), default=0)
            top += self.spacing() if number else 0
            if move:
                self._place(row, area, top, height)
            top += height
        return top + edge.bottom() - rect.y()

    def _rows(self, width: int) -> list[list[QLayoutItem]]:
        rows: list[list[QLayoutItem]] = [[]]
        used = 0
        for item in self._shown():
            wanted = self._size(item).width()
            if rows[-1] and used + self.spacing() + wanted > width:
                rows.append([])
                used = 0
            if item.spacerItem() is not None and not rows[-1]:
                continue
            used += wanted + (self.spacing() if rows[-1] else 0)
            rows[-1].append(item)
        return rows

    def _place(self, row: list[QLayoutItem], area: QRect, top: int, height: int) -> None:
        needed = sum(self._size(item).width() for item in row) + self.spacing() * (len(row) - 1)
        greedy = [item for item in row if _is_greedy(item)]
        spare = max(area.width() - needed, 0)
        left = area.x()
        for item in row:
            size = self._size(item)
            width = min(size.width() + (spare // len(greedy) if item in greedy else 0), area.width())
            drop = (height - size.height()) // 2
            item.setGeometry(QRect(QPoint(left, top + drop), QSize(width, size.height())))
            left += width + self.spacing()

    def _size(self, item: QLayoutItem) -> QSize:
        """What an item gets at least: its hint, or its minimum where it takes what is left."""
        return item.sizeHint().expandedTo(item.minimumSize()) if not _is_greedy(item) else item.minimumSize()


def _is_greedy(item: QLayoutItem) -> bool:
    widget = item.widget() if isinstance(item, QWidgetItem) else None
    if widget is None:
        return False
    return widget.sizePolicy().horizontalPolicy() in (
        QSizePolicy.Policy.Ignored,
        QSizePolicy.Policy.Expanding,
    )


class FlowBar(QWidget):
    """A bar of controls in a :class:`FlowLayout`, with the look of a toolbar."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.row = FlowLayout(self)
        self.row.setContentsMargins(4, 2, 4, 2)
        allow_rows(self)


def allow_rows(bar: QWidget) -> None:
    """Let a widget with a :class:`FlowLayout` grow by as many rows as its width asks for."""
    policy = QSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Minimum)
    policy.setHeightForWidth(True)
    bar.setSizePolicy(policy)
