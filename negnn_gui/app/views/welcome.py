"""What stands in the 3D dock until something is open: a place to drop, examples, recent files."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QColor, QPainter, QPaintEvent, QPalette, QPen
from PySide6.QtWidgets import QFrame, QGridLayout, QLabel, QPushButton, QSizePolicy, QVBoxLayout, QWidget

_COLUMNS = 4
_SHOWN_RECENT = 8


class DropArea(QFrame):
    """A dashed field; the window itself takes the drop, so this only says that it may be done."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setMinimumHeight(120)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        accent = self.palette().color(QPalette.ColorRole.Accent)
        wash = QColor(accent)
        wash.setAlpha(18)
        painter.setPen(QPen(accent, 1.5, Qt.PenStyle.DashLine))
        painter.setBrush(wash)
        painter.drawRoundedRect(self.rect().adjusted(1, 1, -2, -2), 8, 8)
        painter.end()


class Welcome(QWidget):
    """First page. Emits ``browse_wanted`` and ``open_wanted(list[Path])``."""

    browse_wanted = Signal()
    open_wanted = Signal(object)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAutoFillBackground(True)
        self.setBackgroundRole(QPalette.ColorRole.Base)
        self._examples = _LinkGrid("Examples")
        self._recent = _LinkGrid("Recent")
        for links in (self._examples, self._recent):
            links.open_wanted.connect(self.open_wanted)

        column = QWidget()
        column.setMaximumWidth(560)
        layout = QVBoxLayout(column)
        layout.setSpacing(14)
        layout.addWidget(self._drop_area())
        layout.addWidget(self._examples)
        layout.addWidget(self._recent)
        outer = QVBoxLayout(self)
        outer.addStretch(2)
        outer.addWidget(column, 0, Qt.AlignmentFlag.AlignHCenter)
        outer.addStretch(3)
        column.setMinimumWidth(300)

    def _drop_area(self) -> DropArea:
        area = DropArea()
        title = QLabel("Drop crystal structures here")
        font = title.font()
        font.setPointSizeF(1.35 * font.pointSizeF())
        title.setFont(font)
        hint = QLabel("CIF, mCIF, POSCAR, XSF, extended XYZ and others; files or whole folders")
        hint.setForegroundRole(QPalette.ColorRole.PlaceholderText)
        hint.setWordWrap(True)
        browse = QPushButton("Open files…")
        browse.setAccessibleName("Open files")
        browse.setToolTip("Choose structure files in a dialog")
        browse.clicked.connect(self.browse_wanted)
        layout = QVBoxLayout(area)
        layout.setContentsMargins(18, 16, 18, 16)
        for label in (title, hint):
            label.setAlignment(Qt.AlignmentFlag.AlignCenter)
            layout.addWidget(label)
        layout.addWidget(browse, 0, Qt.AlignmentFlag.AlignHCenter)
        area.setFixedHeight(layout.sizeHint().height() + 8)
        return area

    def set_examples(self, paths: Sequence[Path]) -> None:
        """Offer these example structures."""
        self._examples.set_paths(paths)

    @property
    def examples(self) -> list[Path]:
        """The examples on offer."""
        return list(self._examples.paths)

    def set_recent(self, paths: Sequence[Path]) -> None:
        """Offer these files again (the first few)."""
        self._recent.set_paths(paths[:_SHOWN_RECENT])


class _LinkGrid(QWidget):
    """A heading and a grid of flat buttons, one a file; hidden while there is none."""

    open_wanted = Signal(object)

    def __init__(self, heading: str) -> None:
        super().__init__()
        self._heading = heading
        self.paths: tuple[Path, ...] = ()
        label = QLabel(heading)
        font = label.font()
        font.setBold(True)
        label.setFont(font)
        self._grid = QGridLayout()
        self._grid.setSpacing(4)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(label)
        layout.addLayout(self._grid)
        self.hide()

    def set_paths(self, paths: Sequence[Path]) -> None:
        self.paths = tuple(paths)
        while (item := self._grid.takeAt(0)) is not None:
            if (widget := item.widget()) is not None:
                widget.hide()
                widget.deleteLater()
        for place, path in enumerate(paths):
            self._grid.addWidget(self._button(path), *divmod(place, _COLUMNS))
        self.setVisible(bool(paths))

    def _button(self, path: Path) -> QPushButton:
        button = QPushButton(path.stem or path.name)
        button.setToolTip(str(path))
        button.setAccessibleName(f"{self._heading}: {path.name}")
        button.clicked.connect(lambda: self.open_wanted.emit([path]))
        return button
