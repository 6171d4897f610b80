"""How large a picture of the crystal shall be, on what, and with a legend or without."""

from __future__ import annotations

from dataclasses import dataclass

from PySide6.QtCore import QSize, Signal
from PySide6.QtWidgets import (
    QCheckBox,
    QDialog,
    QDialogButtonBox,
    QFormLayout,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from negnn_gui.app.views.section import choice, number, whole_number

LARGEST = 8000
DOTS_PER_INCH = 300
_SMALLEST = 16
_MM_PER_INCH = 25.4


@dataclass(frozen=True)
class ImageChoice:
    """A picture: pixels, dots per inch, background left out or white, legend."""

    width: int
    height: int
    dots_per_inch: int
    transparent: bool
    legend: bool


class ImageDialog(QDialog):
    """``save_wanted`` and ``copy_wanted`` carry an :class:`ImageChoice`; it stays open after a copy.

    First it offers ``scale`` pixels for each one of the view, along each side.
    """

    save_wanted = Signal(object)
    copy_wanted = Signal(object)

    def __init__(
        self, view: QSize, parent: QWidget | None = None, scale: int = 2, transparent: bool = False
    ) -> None:
        super().__init__(parent)
        self.setWindowTitle("Export image")
        self._shape = max(view.width(), 1) / max(view.height(), 1)
        tip = f"pixels, {_SMALLEST} to {LARGEST:,}"
        self.width_px = whole_number("Width", f"Width of the picture, {tip}", _SMALLEST, LARGEST)
        self.height_px = whole_number("Height", f"Height of the picture, {tip}", _SMALLEST, LARGEST)
        self.keep = QCheckBox("Keep the shape of the view")
        self.keep.setToolTip("Height follows width, and width height")
        self.keep.setChecked(True)
        self.dpi = whole_number("Resolution", "Dots per inch, written into the file", 36, 2400)
        self.printed = number(
            "Printed width", "Width on paper at this resolution, mm", 1.0, 5000.0, 1.0, " mm", 1
        )
        self.background = choice(
            "Background", "What lies behind the crystal", (("White", False), ("Transparent", True))
        )
        self.legend = QCheckBox("Legend and colour bar")
        self.legend.setToolTip("Say in the picture what the colours mean")
        self.legend.setChecked(True)
        self.note = QLabel()
        for box in (self.width_px, self.height_px):
            box.setSuffix(" px")
            box.setGroupSeparatorShown(True)
        self.dpi.setSuffix(" dpi")
        self.dpi.setValue(DOTS_PER_INCH)
        self._lay_out()
        self.set_pixels(scale * view.width(), scale * view.height())
        self.background.setCurrentIndex(self.background.findData(transparent))
        self.width_px.valueChanged.connect(lambda: self._follow(self.width_px))
        self.height_px.valueChanged.connect(lambda: self._follow(self.height_px))
        self.keep.toggled.connect(lambda: self._follow(self.width_px))
        self.dpi.valueChanged.connect(self._show_print)
        self.printed.valueChanged.connect(self._set_print)

    def _lay_out(self) -> None:
        form = QFormLayout()
        size = QHBoxLayout()
        size.addWidget(self.width_px)
        size.addWidget(QLabel("×"))
        size.addWidget(self.height_px)
        form.addRow("Size", size)
        form.addRow("", self.keep)
        form.addRow("Resolution", self.dpi)
        form.addRow("Printed width", self.printed)
        form.addRow("", self.note)
        form.addRow("Background", self.background)
        form.addRow("", self.legend)
        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Cancel)
        buttons.button(QDialogButtonBox.StandardButton.Cancel).setToolTip("Save nothing")
        self.save = QPushButton("Save…")
        self.save.setDefault(True)
        self.save.setToolTip("Choose a file, and save the picture")
        self.copy = QPushButton("Copy")
        self.copy.setToolTip("Put the picture on the clipboard")
        buttons.addButton(self.save, QDialogButtonBox.ButtonRole.AcceptRole)
        buttons.addButton(self.copy, QDialogButtonBox.ButtonRole.ActionRole)
        buttons.rejected.connect(self.reject)
        self.save.clicked.connect(self._save)
        self.copy.clicked.connect(lambda: self.copy_wanted.emit(self.chosen()))
        layout = QVBoxLayout(self)
        layout.addLayout(form)
        layout.addWidget(buttons)

    def chosen(self) -> ImageChoice:
        """What is set."""
        return ImageChoice(
            self.width_px.value(),
            self.height_px.value(),
            self.dpi.value(),
            bool(self.background.currentData()),
            self.legend.isChecked(),
        )

    def set_pixels(self, width: float, height: float) -> None:
        """Set both sides, made smaller together where one is too large."""
        shrink = min(1.0, LARGEST / max(width, height))
        for box, pixels in ((self.width_px, width), (self.height_px, height)):
            box.blockSignals(True)
            box.setValue(round(pixels * shrink))
            box.blockSignals(False)
        self._show_print()

    def _follow(self, changed: QWidget) -> None:
        width, height = float(self.width_px.value()), float(self.height_px.value())
        if self.keep.isChecked():
            if changed is self.width_px:
                height = width / self._shape
            else:
                width = height * self._shape
        self.set_pixels(width, height)

    def _set_print(self, millimetres: float) -> None:
        width = millimetres / _MM_PER_INCH * self.dpi.value()
        self.set_pixels(width, width / self._shape if self.keep.isChecked() else self.height_px.value())

    def _show_print(self) -> None:
        inch = _MM_PER_INCH / self.dpi.value()
        self.printed.blockSignals(True)
        self.printed.setMaximum(LARGEST * inch)
        self.printed.setValue(self.width_px.value() * inch)
        self.printed.blockSignals(False)
        self.note.setText(
            f"{self.width_px.value() * inch:.0f} × {self.height_px.value() * inch:.0f} mm on paper"
        )

    def _save(self) -> None:
        self.save_wanted.emit(self.chosen())
