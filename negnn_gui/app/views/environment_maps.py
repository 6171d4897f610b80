"""The paper's picture: the map of magnetic atoms twice, coloured by element and by local environment."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QPointF, Qt, Signal
from PySide6.QtGui import QPolygonF, QResizeEvent, QShowEvent
from PySide6.QtWidgets import QCheckBox, QHBoxLayout, QLabel, QVBoxLayout, QWidget

from negnn_gui.analysis.atlas import Atlas
from negnn_gui.app.scene.colouring import Colouring
from negnn_gui.app.scene.colourmaps import MISSING
from negnn_gui.app.scene.colours import RGB, category_colours, element_colours
from negnn_gui.app.views.elided_label import ElidedLabel
from negnn_gui.app.views.embedding_map_export import write_map_csv
from negnn_gui.app.views.embedding_map_layers import MapLayers
from negnn_gui.app.views.embedding_map_legend import MapLegend
from negnn_gui.app.views.embedding_map_methods import Method
from negnn_gui.app.views.embedding_map_plot import MapPlot
from negnn_gui.app.views.embedding_map_pointing import MapPointing
from negnn_gui.app.views.embedding_map_sites import Categories, MapSites, coloured_by_name
from negnn_gui.app.views.embedding_map_studies import IN_NONE, MapStudies
from negnn_gui.app.views.plot_menu import PlotMenu
from negnn_gui.results import Analysis, SiteRef
from negnn_gui.structures.entry import StructureEntry

_MAGNETIC = 0.1  # μB
_MOST_MOTIFS = 12
_KNOWN_ALPHA = 170
_EMPTY = "The atlas of known atoms, or the atoms of opened structures,\nare mapped here by t-SNE."
OTHER = "others"


class EnvironmentMaps(QWidget):
    """Two linked t-SNE maps of the known sites and the opened ones.

    ``picked`` carries a ``frozenset[SiteRef]`` and "replace" or "add".
    """

    picked = Signal(object, str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._entries: dict[str, StructureEntry] = {}
        self._analyses: dict[str, Analysis] = {}
        self._atlas: Atlas | None = None
        self._selection: frozenset[SiteRef] = frozenset()
        self._levels = "1"
        self._sites = MapSites({}, {})
        self._stale = True
        self._build()

    # --- what to show -------------------------------------------------------------------------------

    def set_analyses(self, entries: Mapping[str, StructureEntry], analyses: Mapping[str, Analysis]) -> None:
        """Show the sites of all analysed entries among the known ones."""
        self._entries, self._analyses = dict(entries), dict(analyses)
        self._refresh()

    def set_atlas(self, atlas: Atlas | None) -> None:
        """Show another atlas, or none."""
        self._atlas = atlas
        self._refresh()

    def set_levels(self, levels: str) -> None:
        """Show the map of another choice of levels."""
        if levels != self._levels:
            self._levels = levels
            self.studies.cancel()
            self._place()

    def set_selection(self, selection: frozenset[SiteRef]) -> None:
        """Mark the selected sites on both maps."""
        self._selection = selection
        for layers in self.layers:
            layers.set_selected(layers.sites.index.mask(selection))

    def finalise(self) -> None:
        """Stop what runs in the background, before the panel goes."""
        self.studies.finalise()

    # --- construction -------------------------------------------------------------------------------

    def _build(self) -> None:
        self.studies = MapStudies(self)
        self.studies.map_found.connect(self._place)
        self.studies.categories_found.connect(self._colour)
        self.studies.told.connect(self._tell)
        self.studies.failed.connect(self._tell)
        self.magnetic = QCheckBox("Magnetic only", self)
        self.magnetic.setChecked(True)
        self.magnetic.setToolTip("Of the known sites show those with abs(m) above 0.1 μB")
        self.magnetic.toggled.connect(lambda _: self._refresh())
        self.note = ElidedLabel(self)
        self.note.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        self.pair = QWidget(self)
        self.plots = (MapPlot(self.pair), MapPlot(self.pair))
        self.legends = (MapLegend(self.pair), MapLegend(self.pair))
        self.layers = tuple(MapLayers(plot, _KNOWN_ALPHA) for plot in self.plots)
        self.pointing = tuple(
            MapPointing(plot, layers) for plot, layers in zip(self.plots, self.layers, strict=True)
        )
        self.export = PlotMenu(
            self.pair,
            "elements-and-environments",
            lambda path: write_map_csv(path, self.layers[1]),
            lambda: bool(len(self.layers[1].known_xy) or len(self.layers[1].xy)),
        )
        self.message = QLabel(_EMPTY, self.pair)
        self.message.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.message.setWordWrap(True)
        self.message.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self._lay_out()
        self._connect()

    def _lay_out(self) -> None:
        bar = QHBoxLayout()
        bar.setContentsMargins(6, 2, 6, 2)
        bar.addWidget(self.magnetic)
        bar.addWidget(self.note, 1)
        bar.addWidget(self.export.button(self))
        row = QHBoxLayout(self.pair)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(0)
        names = ("Known sites by element", "Known sites by local environment")
        for plot, legend, name in zip(self.plots, self.legends, names, strict=True):
            plot.setAccessibleName(name)
            plot.setContextMenuPolicy(Qt.ContextMenuPolicy.NoContextMenu)
            plot.setTitle(name.removeprefix("Known sites ").capitalize(), size="9pt")
            row.addWidget(plot, 1)
            row.addWidget(legend)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.addLayout(bar)
        layout.addWidget(self.pair, 1)

    def _connect(self) -> None:
        first, second = (plot.getViewBox() for plot in self.plots)
        second.setXLink(first)
        second.setYLink(first)
        for plot, legend, layers in zip(self.plots, self.legends, self.layers, strict=True):
            legend.categories.hidden_changed.connect(layers.set_hidden)
            plot.outlined.connect(
                lambda outline, modifiers, layers=layers: self._pick_in(layers, outline, modifiers)
            )
            plot.clicked.connect(
                lambda place, modifiers, layers=layers: self._pick_at(layers, place, modifiers)
            )
            plot.cleared.connect(lambda: self.picked.emit(frozenset(), "replace"))

    # --- from data to points ------------------------------------------------------------------------

    def showEvent(self, event: QShowEvent) -> None:
        """Catch up: nothing is fitted for a panel that nobody looks at."""
        super().showEvent(event)
        if self._stale:
            self._refresh()

    def _refresh(self) -> None:
        self._stale = not self.isVisible()
        if self._stale:
            return
        self._sites = MapSites(self._entries, self._analyses, self._atlas)
        self.studies.set_sites(self._sites)
        wanted = self._wanted()
        for layers in self.layers:
            layers.set_sites(self._sites, self._sites.index.mask(self._selection))
            layers.set_known_wanted(wanted)
        self._place()

    def _wanted(self) -> NDArray[np.bool_] | None:
        atlas = self._sites.atlas
        if atlas is None or not self.magnetic.isChecked():
            return None
        return np.asarray(np.nan_to_num(atlas.known_moment) > _MAGNETIC)

    def _place(self) -> None:
        if self._stale:
            return
        anything = len(self._sites) > 0 or self._sites.atlas is not None
        problem = "" if anything else _EMPTY
        fitted = None
        try:
            if anything:
                fitted = self.studies.fitted_map(Method.TSNE, self._levels)
                own = self.studies.own_places(Method.TSNE, self._levels) if fitted is not None else None
                for plot, layers in zip(self.plots, self.layers, strict=True):
                    titles = layers.set_levels(self._levels, moving=False, fitted=fitted, own=own)
                    plot.set_titles(*titles)
        except ValueError as error:
            problem = f"The map cannot be drawn: {error}."
        for plot in self.plots:
            plot.set_axes_visible(not problem)
        self.message.setText(problem)
        self.message.setVisible(bool(problem))
        if fitted is not None:
            self._tell("")
        self._colour()

    def _colour(self) -> None:
        if self._stale:
            return
        element, motif = self._by_element(), self._by_motif()
        for layers, legend, categories in zip(self.layers, self.legends, (element, motif), strict=True):
            layers.set_colouring(Colouring(), categories)
            legend.show_categories(categories.legend)

    def _by_element(self) -> Categories:
        atlas = self._sites.atlas
        known = np.empty(0, dtype=object) if atlas is None else atlas.sites.element
        own = self._sites.elements
        table = element_colours({*own.tolist(), *known.tolist()})
        return _categories(own, known, table, self._wanted())

    def _by_motif(self) -> Categories:
        atlas = self._sites.atlas
        known = np.empty(0, dtype=object) if atlas is None else _named(atlas.sites.motif)
        found = self.studies.motifs() if len(self._sites) else None
        own = np.full(len(self._sites), IN_NONE, dtype=object) if found is None else found.names
        wanted = self._wanted()
        counts = Counter([*own.tolist(), *(known if wanted is None else known[wanted]).tolist()])
        order = [name for name, _ in counts.most_common() if name != IN_NONE][:_MOST_MOTIFS]
        table: dict[str, RGB] = {
            name: (tint[0], tint[1], tint[2])
            for name, tint in zip(order, category_colours(len(order)).tolist(), strict=True)
        }
        table[OTHER] = MISSING
        return _categories(_or_other(own, order), _or_other(known, order), table, wanted)

    def _tell(self, text: str) -> None:
        atlas = self._sites.atlas
        counts = (
            "" if atlas is None else f"{len(self.layers[0].known_rows):,} known sites · level {self._levels}"
        )
        self.note.setText(text or counts)
        self.note.setToolTip(text or counts)

    # --- intents ------------------------------------------------------------------------------------

    def _pick_in(self, layers: MapLayers, outline: QPolygonF, modifiers: Qt.KeyboardModifier) -> None:
        self.picked.emit(layers.sites.index.refs(layers.rows_in(outline)), _mode(modifiers))

    def _pick_at(self, layers: MapLayers, place: QPointF, modifiers: Qt.KeyboardModifier) -> None:
        row = layers.row_at(place)
        chosen = frozenset() if row is None else frozenset({layers.sites.index.ref(row)})
        if chosen or _mode(modifiers) == "replace":
            self.picked.emit(chosen, _mode(modifiers))

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Keep the message in the middle."""
        super().resizeEvent(event)
        self.message.setGeometry(self.pair.rect().adjusted(16, 16, -16, -16))


def _categories(
    own: NDArray[np.object_],
    known: NDArray[np.object_],
    table: Mapping[str, RGB],
    wanted: NDArray[np.bool_] | None,
) -> Categories:
    """Colour own and known sites by name; the legend counts those shown, most frequent first."""
    shown = known if wanted is None or len(wanted) != len(known) else known[wanted]
    counts = Counter([*own.tolist(), *shown.tolist()])
    legend = {name: (table[name], n) for name, n in counts.most_common() if name != OTHER}
    if counts[OTHER]:
        legend[OTHER] = (table[OTHER], counts[OTHER])
    return Categories(own, coloured_by_name(own, table), coloured_by_name(known, table), legend, known)


def _named(motifs: NDArray[np.object_]) -> NDArray[np.object_]:
    return np.array([name or IN_NONE for name in motifs], dtype=object)


def _or_other(names: NDArray[np.object_], order: list[str]) -> NDArray[np.object_]:
    kept = names.copy()
    kept[~np.isin(names.astype(str), order)] = OTHER
    return kept


def _mode(modifiers: Qt.KeyboardModifier) -> str:
    adding = Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.ShiftModifier
    return "add" if modifiers & adding else "replace"
