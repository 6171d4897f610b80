"""The bar above the embedding map: tools, kind of map, colours of the map's own, and what is going on."""

from __future__ import annotations

from collections.abc import Mapping
from enum import Enum

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QStandardItemModel
from PySide6.QtWidgets import QButtonGroup, QComboBox, QHBoxLayout, QToolButton, QWidget

from negnn_gui.analysis.tsne import INSTALL, tsne_available
from negnn_gui.app.views.elided_label import ElidedLabel


class Method(Enum):
    """How vectors become points."""

    PCA = "PCA"
    TSNE = "t-SNE"


class Tint(Enum):
    """What colours mean on the map."""

    CHOSEN = "As chosen"
    CLUSTERS = "Clusters"
    MOTIF = "Motif"


_METHOD_TIPS = {
    Method.PCA: "Principal components: distances are true as far as two axes can show them",
    Method.TSNE: "t-SNE: keeps neighbours together; distances between groups mean little",
}
_TINT_TIPS = {
    Tint.CHOSEN: "What colours mean in the crystal and the table",
    Tint.CLUSTERS: "Groups of alike sites at the chosen levels (HDBSCAN); grey sites are in none",
    Tint.MOTIF: "How the nearest neighbours are arranged: octahedral, tetrahedral, …",
}


class MapBar(QWidget):
    """``method_chosen`` carries a :class:`Method`, ``tint_chosen`` a :class:`Tint`."""

    method_chosen = Signal(object)
    tint_chosen = Signal(object)
    cancelled = Signal()

    def __init__(self, tools: Mapping[str, str], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(4, 2, 6, 2)
        layout.setSpacing(2)
        self.tools = QButtonGroup(self)
        for number, (text, tip) in enumerate(tools.items()):
            button = self._button(text, tip)
            button.setCheckable(True)
            button.setChecked(number == 0)
            self.tools.addButton(button, number)
            layout.addWidget(button)
        self.show_all = self._button("Show all", "Zoom to all points (= or double click)")
        self.method = self._choice("Kind of map", {method.value: _METHOD_TIPS[method] for method in Method})
        self.tint = self._choice("Colours of the map", {tint.value: _TINT_TIPS[tint] for tint in Tint})
        if not tsne_available():
            self._disable_tsne()
        self.note = ElidedLabel(self)
        self.note.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        self.cancel = self._button("Cancel", "Give up what is being computed for the map")
        self.cancel.hide()
        layout.addSpacing(6)
        for widget in (self.show_all, self.method, self.tint):
            layout.addWidget(widget)
        layout.addWidget(self.note, 1)
        layout.addWidget(self.cancel)
        self.method.activated.connect(lambda row: self.method_chosen.emit(list(Method)[row]))
        self.tint.activated.connect(lambda row: self.tint_chosen.emit(list(Tint)[row]))
        self.cancel.clicked.connect(self.cancelled)
        self._told = ""
        self._counts = ("", "")

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

    def _disable_tsne(self) -> None:
        row = list(Method).index(Method.TSNE)
        model = self.method.model()
        assert isinstance(model, QStandardItemModel)
        model.item(row).setEnabled(False)
        tip = f"t-SNE needs openTSNE, which is not installed: {INSTALL}"
        self.method.setItemData(row, tip, Qt.ItemDataRole.ToolTipRole)
        self.method.setToolTip(tip)

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
