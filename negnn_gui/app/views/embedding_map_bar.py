"""The bar above the embedding map: tools, kind of map, colours of the map's own, and what is going on."""

from __future__ import annotations

from collections.abc import Mapping
from enum import Enum

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QStandardItemModel
from PySide6.QtWidgets import QButtonGroup, QComboBox, QToolButton, QWidget

from negnn_gui.app.views.elided_label import ElidedLabel
from negnn_gui.app.views.embedding_map_methods import TIPS, MapParameters, Method, available, how_to_get
from negnn_gui.app.views.embedding_map_parameters import ParametersPanel
from negnn_gui.app.views.flow import FlowLayout, allow_rows


class Tint(Enum):
    """What colours mean on the map."""

    CHOSEN = "As chosen"
    CLUSTERS = "Clusters"
    MOTIF = "Motif"
    ORDER = "Order parameter"
    FORMULA = "Formula"


class Sizing(Enum):
    """What the size of a point means; the value is a property of sites, "" for none."""

    SAME = ""
    MOMENT = "moment"
    MOMENT_EXP = "moment_exp"
    INTERVAL = "interval"
    OOD = "ood"


_SIZE_TEXTS = {
    Sizing.SAME: ("Same size", "All points of your sites are equally large"),
    Sizing.MOMENT: (
        "Size: abs(m) DFT",
        "The larger the predicted DFT-like moment (μB), the larger the point",
    ),
    Sizing.MOMENT_EXP: (
        "Size: abs(m) exp.",
        "The larger the predicted experimental-like moment (μB), the larger the point",
    ),
    Sizing.INTERVAL: ("Size: interval", "The wider the 90 % interval (μB), the larger the point"),
    Sizing.OOD: (
        "Size: out-of-domain",
        "The less the model has seen the like (0 to 1), the larger the point",
    ),
}
_TINT_TIPS = {
    Tint.CHOSEN: "What colours mean in the crystal and the table",
    Tint.CLUSTERS: "Groups of alike sites at the chosen levels (HDBSCAN); grey sites are in none",
    Tint.MOTIF: "How the nearest neighbours are arranged: octahedral, tetrahedral, …",
    Tint.ORDER: "Local environment by pymatgen's order parameters (0.5 to 1); fewer names than motifs have",
    Tint.FORMULA: "Which compound a site belongs to; the twelve most frequent ones have colours",
}


class MapBar(QWidget):
    """``method_chosen`` carries a :class:`Method`, ``tint_chosen`` a :class:`Tint`, ``size_chosen`` a :class:`Sizing`.

    ``parameters_chosen`` carries :class:`~negnn_gui.app.views.embedding_map_methods.MapParameters`.
    """

    method_chosen = Signal(object)
    tint_chosen = Signal(object)
    size_chosen = Signal(object)
    parameters_chosen = Signal(object)
    cancelled = Signal()

    def __init__(self, tools: Mapping[str, str], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        layout = FlowLayout(self)
        layout.setContentsMargins(4, 2, 6, 2)
        allow_rows(self)
        self.tools = QButtonGroup(self)
        for number, (text, tip) in enumerate(tools.items()):
            button = self._button(text, tip)
            button.setCheckable(True)
            button.setChecked(number == 0)
            self.tools.addButton(button, number)
            layout.addWidget(button)
        self.show_all = self._button("Show all", "Zoom to all points (= or double click)")
        self.method = self._choice("Kind of map", {method.value: TIPS[method] for method in Method})
        self.tint = self._choice("Colours of the map", {tint.value: _TINT_TIPS[tint] for tint in Tint})
        self.sizes = self._choice("Size of points", dict(_SIZE_TEXTS.values()))
        self.sizes.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        self.sizes.setMinimumContentsLength(9)  # the list shows the rest
        self.sizes.view().setMinimumWidth(self.sizes.view().sizeHintForColumn(0) + 28)
        self.parameters = MapParameters()
        self.panel = ParametersPanel(self)
        self.panel.applied.connect(self._on_parameters)
        self.adjust = self._button("Parameters", "Perplexity, neighbours and the like, and fit again")
        self.adjust.clicked.connect(lambda: self.panel.open_below(self.adjust, self.parameters))
        self.note = ElidedLabel(self)
        self.note.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        self.cancel = self._button("Cancel", "Give up what is being computed for the map")
        self.cancel.hide()
        layout.add_gap(6)
        for widget in (self.show_all, self.method, self.tint, self.sizes, self.adjust):
            layout.addWidget(widget)
        layout.addWidget(self.note)
        layout.addWidget(self.cancel)
        self.method.activated.connect(lambda row: self.method_chosen.emit(list(Method)[row]))
        self.tint.activated.connect(lambda row: self.tint_chosen.emit(list(Tint)[row]))
        self.sizes.activated.connect(lambda row: self.size_chosen.emit(list(Sizing)[row]))
        self.cancel.clicked.connect(self.cancelled)
        self._told = ""
        self._counts = ("", "")
        self.offer_methods(frozenset())

    def set_counts(self, short: str, full: str) -> None:
        """What the map shows, in short and in full."""
        self._counts = short, full
        self._write()

    def set_activity(self, text: str) -> None:
        """What is being computed; "" where nothing is."""
        self._told = text
        self.cancel.setVisible(bool(text))
        self._write()

    def show_method(self, method: Method) -> None:
        """Mark a kind of map as chosen."""
        self.method.setCurrentIndex(list(Method).index(method))

    def _write(self) -> None:
        self.note.setText(self._told or self._counts[0])
        self.note.setToolTip(self._counts[1])

    def offer_methods(self, ready: frozenset[Method]) -> None:
        """Let those kinds of map be chosen that can be fitted here or that came with the atlas (``ready``)."""
        model = self.method.model()
        assert isinstance(model, QStandardItemModel)
        reasons = []
        for row, method in enumerate(Method):
            usable = method in ready or available(method)
            model.item(row).setEnabled(usable)
            tip = TIPS[method] if usable else how_to_get(method)
            reasons += [] if usable else [tip]
            self.method.setItemData(row, tip, Qt.ItemDataRole.ToolTipRole)
        self.method.setToolTip("\n".join(["Kind of map", *reasons]))

    def show_tint(self, tint: Tint) -> None:
        """Mark what colours mean."""
        self.tint.setCurrentIndex(list(Tint).index(tint))

    def _on_parameters(self, parameters: MapParameters) -> None:
        self.parameters = parameters
        self.parameters_chosen.emit(parameters)

    def _choice(self, name: str, texts: Mapping[str, str]) -> QComboBox:
        box = QComboBox(self)
        box.setAccessibleName(name)
        box.setToolTip(name)
        for row, (text, tip) in enumerate(texts.items()):
            box.addItem(text)
            box.setItemData(row, tip, Qt.ItemDataRole.ToolTipRole)
        return box

    def _button(self, text: str, tip: str) -> QToolButton:
        button = QToolButton(self)
        button.setText(text)
        button.setToolTip(tip)
        button.setAccessibleDescription(tip)
        button.setAutoRaise(True)
        return button
