"""The panel with the parameters of the map's fits."""

from __future__ import annotations

from PySide6.QtCore import QPoint, Qt, Signal
from PySide6.QtWidgets import (
    QDialogButtonBox,
    QDoubleSpinBox,
    QFormLayout,
    QFrame,
    QLabel,
    QSpinBox,
    QVBoxLayout,
    QWidget,
)

from negnn_gui.analysis.tsne import TsneOptions
from negnn_gui.analysis.umap_fit import UmapOptions
from negnn_gui.app.views.embedding_map_methods import MapParameters

Button = QDialogButtonBox.StandardButton


class ParametersPanel(QFrame):
    """Opens below the button that asks for it; ``applied`` carries :class:`MapParameters`."""

    applied = Signal(object)

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent, Qt.WindowType.Popup)
        self.setFrameShape(QFrame.Shape.StyledPanel)
        self.setAccessibleName("Parameters of the map")
        self.perplexity = self._number(
            "Perplexity", "About how many neighbours t-SNE keeps near each site, 2 to 200", 2, 200
        )
        self.iterations = self._number(
            "Iterations", "Steps of t-SNE after early exaggeration, 50 to 5,000", 50, 5000
        )
        self.iterations.setSingleStep(50)
        self.neighbours = self._number(
            "Neighbours", "How many neighbours make a site's surroundings for UMAP, 2 to 200", 2, 200
        )
        self.min_distance = QDoubleSpinBox(self)
        self.min_distance.setRange(0.0, 0.99)
        self.min_distance.setSingleStep(0.05)
        self._name(
            self.min_distance, "Least distance", "How near points may come on the map of UMAP, 0 to 0.99"
        )
        self.cluster_size = self._number(
            "Smallest cluster",
            "Fewest different surroundings that make a cluster (HDBSCAN), 2 to 500",
            2,
            500,
        )
        self.buttons = QDialogButtonBox(Button.Apply | Button.RestoreDefaults, self)
        self.buttons.button(Button.Apply).clicked.connect(self._apply)
        self.buttons.button(Button.Apply).setToolTip("Fit again with these parameters")
        self.buttons.button(Button.RestoreDefaults).clicked.connect(lambda: self.show_values(MapParameters()))
        self.buttons.button(Button.RestoreDefaults).setToolTip(
            "Defaults of openTSNE and umap-learn: the maps that come with an atlas were made with them"
        )
        self._lay_out()
        self.show_values(MapParameters())

    def show_values(self, parameters: MapParameters) -> None:
        """Fill in parameters; nothing is fitted until they are applied."""
        self.perplexity.setValue(round(parameters.tsne.perplexity))
        self.iterations.setValue(parameters.tsne.iterations)
        self.neighbours.setValue(parameters.umap.neighbours)
        self.min_distance.setValue(parameters.umap.min_distance)
        self.cluster_size.setValue(parameters.cluster_size)

    @property
    def values(self) -> MapParameters:
        """What the panel says."""
        return MapParameters(
            TsneOptions(float(self.perplexity.value()), self.iterations.value()),
            UmapOptions(self.neighbours.value(), round(self.min_distance.value(), 2)),
            self.cluster_size.value(),
        )

    def open_below(self, button: QWidget, parameters: MapParameters) -> None:
        """Show under a button."""
        self.show_values(parameters)
        self.adjustSize()
        self.move(button.mapToGlobal(QPoint(0, button.height())))
        self.show()
        self.perplexity.setFocus()

    def _apply(self) -> None:
        self.hide()
        self.applied.emit(self.values)

    def _lay_out(self) -> None:
        layout = QVBoxLayout(self)
        for title, rows in (
            ("t-SNE", (self.perplexity, self.iterations)),
            ("UMAP", (self.neighbours, self.min_distance)),
            ("Clusters", (self.cluster_size,)),
        ):
            heading = QLabel(f"<b>{title}</b>", self)
            layout.addWidget(heading)
            form = QFormLayout()
            form.setContentsMargins(10, 0, 0, 4)
            for box in rows:
                form.addRow(box.accessibleName(), box)
            layout.addLayout(form)
        note = QLabel("Random seeds are fixed: the same sites give the same map.", self)
        note.setWordWrap(True)
        layout.addWidget(note)
        layout.addWidget(self.buttons)

    def _number(self, name: str, tip: str, low: int, high: int) -> QSpinBox:
        box = QSpinBox(self)
        box.setRange(low, high)
        box.setGroupSeparatorShown(True)
        self._name(box, name, tip)
        return box

    def _name(self, box: QWidget, name: str, tip: str) -> None:
        box.setAccessibleName(name)
        box.setToolTip(tip)
