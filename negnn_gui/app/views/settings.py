"""The settings: each choice takes effect at once; device, threads and model when the dialog closes."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from PySide6.QtWidgets import (
    QCheckBox,
    QComboBox,
    QDialog,
    QDialogButtonBox,
    QFormLayout,
    QLabel,
    QPushButton,
    QScrollArea,
    QSpinBox,
    QTabWidget,
    QVBoxLayout,
    QWidget,
)

from negnn_gui.app.preferences import FONT_PERCENT, IMAGE_SCALE, Preferences
from negnn_gui.app.table_formats import TABLE_FORMATS
from negnn_gui.app.views import section
from negnn_gui.app.views.shortcuts_page import ShortcutsPage

if TYPE_CHECKING:
    from negnn_gui.app.workbench import Workbench

_DISORDER = {
    "ask": "Ask each time",
    "majority": "Most likely species",
    "enumerate": "Ordered structures of the cell (up to 20)",
    "skip": "Leave the structure out",
}
_APPEARANCE = {"system": "As the system", "light": "Light", "dark": "Dark"}
_ELEMENTS = {"vesta": "VESTA", "jmol": "Jmol", "colour-blind": "Colour-blind safe"}
PAGES = ("Predicting", "Appearance", "Exports", "Keys")


class SettingsDialog(QDialog):
    """Four pages over the preferences of a window."""

    def __init__(self, bench: Workbench, page: str = "") -> None:
        super().__init__(bench.window)
        self.setWindowTitle("Settings")
        self._bench = bench
        self._preferences: Preferences = bench.preferences
        self.tabs = QTabWidget()
        self.tabs.setAccessibleName("Pages of the settings")
        self.tabs.setToolTip("Ctrl+Tab goes to the next page")
        pages = (self._predicting(), self._appearance(), self._exports(), ShortcutsPage(bench.desk.shortcuts))
        for title, content in zip(PAGES, pages, strict=True):
            self.tabs.addTab(_scrolling(content), title)
        if page in PAGES:
            self.tabs.setCurrentIndex(PAGES.index(page))
        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Close)
        buttons.rejected.connect(self.reject)
        buttons.button(QDialogButtonBox.StandardButton.Close).setToolTip("Everything chosen here is kept")
        layout = QVBoxLayout(self)
        layout.addWidget(self.tabs, 1)
        layout.addWidget(buttons)
        letters, line = self.fontMetrics().averageCharWidth(), self.fontMetrics().height()
        self.resize(84 * letters, 30 * line)

    # --- pages --------------------------------------------------------------------------------------

    def _predicting(self) -> QWidget:
        preferences, models = self._preferences, self._bench.controller.models
        page, form = _form()
        self.device = _choice(
            _devices(models.devices if models else ("cpu",), preferences.device),
            preferences.device,
            lambda name: setattr(preferences, "device", name),
            "Device that predicts",
            "Automatic takes a GPU where there is one; used when this dialog closes",
        )
        form.addRow("&Device", self.device)
        self.threads = _number(
            1,
            max(os.cpu_count() or 1, preferences.threads),
            preferences.threads,
            lambda count: setattr(preferences, "threads", count),
            "Threads of the CPU",
            "Threads that predict on the CPU; more than one pays only on an otherwise idle machine",
        )
        form.addRow("&Threads on the CPU", self.threads)
        model = QLabel(preferences.model or "the usual one")
        model.setWordWrap(True)
        models_button = QPushButton("&Models…")
        models_button.setToolTip("Choose, import, check and remove models, and read their cards")
        models_button.clicked.connect(self._bench.desk.show_models)
        form.addRow("Moment model", model)
        form.addRow("", models_button)
        self.auto_predict = _flag(
            "&Predict after opening",
            preferences.auto_predict,
            lambda wanted: setattr(preferences, "auto_predict", wanted),
            "Predict structures as they are opened, or only when asked",
        )
        form.addRow("", self.auto_predict)
        self.disorder = _choice(
            _DISORDER,
            preferences.disorder,
            lambda name: setattr(preferences, "disorder", name),
            "Shared or partly empty sites",
            "What to do before predicting a structure with shared or partly empty sites",
        )
        form.addRow("&Disorder", self.disorder)
        return page

    def _appearance(self) -> QWidget:
        preferences = self._preferences
        page, form = _form()
        self.appearance = _choice(
            _APPEARANCE,
            preferences.appearance,
            lambda name: setattr(preferences, "appearance", name),
            "Appearance",
            "Light or dark, or as the system is",
        )
        form.addRow("&Appearance", self.appearance)
        self.letters = _number(
            *FONT_PERCENT,
            preferences.font_percent,
            lambda percent: setattr(preferences, "font_percent", percent),
            "Size of letters in percent",
            "Size of all letters in percent of the system's",
            suffix=" %",
            step=5,
        )
        form.addRow("&Size of letters", self.letters)
        self.elements = _choice(
            _ELEMENTS,
            preferences.element_colours,
            lambda name: setattr(preferences, "element_colours", name),
            "Element colours",
            "Colours of the elements in 3D, on the map and in plots",
        )
        form.addRow("&Element colours", self.elements)
        return page

    def _exports(self) -> QWidget:
        preferences = self._preferences
        page, form = _form()
        self.table = _choice(
            {name: format_.title for name, format_ in TABLE_FORMATS.items()},
            preferences.table_format,
            lambda name: setattr(preferences, "table_format", name),
            "Format of the sites table",
            "What the dialog of Export > Sites table offers first",
        )
        form.addRow("&Sites table", self.table)
        self.scale = _number(
            *IMAGE_SCALE,
            preferences.image_scale,
            lambda scale: setattr(preferences, "image_scale", scale),
            "Size of saved pictures",
            "Pixels of a saved picture for each one on the screen, along each side",
            suffix=" ×",
        )
        form.addRow("&Picture size", self.scale)
        self.transparent = _flag(
            "&Transparent background",
            preferences.transparent,
            lambda wanted: setattr(preferences, "transparent", wanted),
            "Save pictures of the crystal without a background",
        )
        form.addRow("", self.transparent)
        return page


def _devices(known: tuple[str, ...], chosen: str) -> dict[str, str]:
    titles = {"auto": "Automatic", "cpu": "CPU"}
    names = dict.fromkeys(["auto", *known, chosen])
    return {
        name: titles.get(name, name) + ("" if name in ("auto", *known) else " (not there now)")
        for name in names
    }


def _form() -> tuple[QWidget, QFormLayout]:
    page = QWidget()
    form = QFormLayout(page)
    form.setRowWrapPolicy(QFormLayout.RowWrapPolicy.WrapLongRows)
    form.setFieldGrowthPolicy(QFormLayout.FieldGrowthPolicy.FieldsStayAtSizeHint)
    return page, form


def _scrolling(page: QWidget) -> QWidget:
    """Large letters on a small screen: the page scrolls rather than being cut off."""
    area = QScrollArea()
    area.setWidgetResizable(True)
    area.setFrameShape(QScrollArea.Shape.NoFrame)
    area.setWidget(page)
    return area


def _choice(
    titles: Mapping[str, str], chosen: str, take: Callable[[str], object], name: str, tip: str
) -> QComboBox:
    box = section.choice(name, tip, [(title, key) for key, title in titles.items()])
    box.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToContents)  # a dialog has the room a dock lacks
    box.setCurrentIndex(max(box.findData(chosen), 0))
    box.currentIndexChanged.connect(lambda _index: take(box.currentData()))
    return box


def _number(
    least: int,
    most: int,
    value: int,
    take: Callable[[int], object],
    name: str,
    tip: str,
    suffix: str = "",
    step: int = 1,
) -> QSpinBox:
    box = section.whole_number(name, tip, least, most, suffix, step)
    box.setValue(value)
    box.valueChanged.connect(take)
    return box


def _flag(title: str, value: bool, take: Callable[[bool], object], tip: str) -> QCheckBox:
    box = section.flag(title, tip)
    box.setChecked(value)
    box.toggled.connect(take)
    return box
