"""The panels that explain the embeddings, side by side in one dock: a tab each."""

from __future__ import annotations

from collections.abc import Mapping

from PySide6.QtCore import QSize, Signal
from PySide6.QtWidgets import QTabWidget, QWidget

from negnn_gui.analysis.atlas import Atlas
from negnn_gui.app.views.environment_maps import EnvironmentMaps
from negnn_gui.app.views.level_panel import LevelPanel
from negnn_gui.app.views.similarity_matrix import SimilarityMatrix
from negnn_gui.results import Analysis, SiteRef
from negnn_gui.structures.entry import StructureEntry

_SMALLEST = QSize(180, 92)


class Insight(QTabWidget):
    """Neighbours by level, similarity of sites, and the map by element and by environment.

    ``picked`` carries a ``frozenset[SiteRef]`` and "replace" or "add", ``show_on_map`` rows of the atlas,
    ``levels_chosen`` digits such as "2".
    """

    picked = Signal(object, str)
    show_on_map = Signal(object)
    levels_chosen = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setDocumentMode(True)
        # The tallest of the panels must not take the room of the map above.
        self.setMinimumSize(_SMALLEST)
        self.setAccessibleName("Insight")
        self.by_level = LevelPanel(self)
        self.similarity = SimilarityMatrix(self)
        self.environments = EnvironmentMaps(self)
        for panel, title, tip in (
            (self.by_level, "By level", "How the nearest known atoms change with the level"),
            (self.similarity, "Similarity", "How alike the selected sites are to each other"),
            (self.environments, "Elements and environments", "t-SNE by element and by local environment"),
        ):
            self.setTabToolTip(self.addTab(panel, title), tip)
        self.by_level.show_on_map.connect(self.show_on_map)
        self.by_level.level_chosen.connect(self.levels_chosen)
        self.similarity.picked.connect(self.picked)
        self.environments.picked.connect(self.picked)

    def set_atlas(self, atlas: Atlas | None) -> None:
        """Compare with another atlas, or none."""
        self.by_level.set_atlas(atlas)
        self.environments.set_atlas(atlas)

    def set_analyses(self, entries: Mapping[str, StructureEntry], analyses: Mapping[str, Analysis]) -> None:
        """Map the sites of all analysed entries."""
        self.environments.set_analyses(entries, analyses)

    def set_query(
        self,
        entries: Mapping[str, StructureEntry],
        analyses: Mapping[str, Analysis],
        selection: frozenset[SiteRef],
        current: str | None,
    ) -> None:
        """Look at the selected sites, or at the structure shown."""
        self.by_level.set_query(entries, analyses, selection)
        self.similarity.set_query(entries, analyses, selection, current)

    def set_selection(self, selection: frozenset[SiteRef]) -> None:
        """Mark the selected sites on the maps."""
        self.environments.set_selection(selection)

    def set_levels(self, levels: str) -> None:
        """Show other levels."""
        self.similarity.set_levels(levels)
        self.environments.set_levels(levels)

    def finalise(self) -> None:
        """Stop what runs in the background, before the panels go."""
        self.environments.finalise()
