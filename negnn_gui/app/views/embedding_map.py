"""The embedding map: analysed atoms as points among the known ones; like surroundings lie together."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import ArrayLike
from PySide6.QtCore import QEvent, QPointF, Qt, Signal
from PySide6.QtGui import QPolygonF, QResizeEvent
from PySide6.QtWidgets import QHBoxLayout, QLabel, QVBoxLayout, QWidget

from negnn_gui.analysis.atlas import Atlas
from negnn_gui.app.scene.colouring import Colouring
from negnn_gui.app.views.embedding_map_bar import MapBar, Sizing, Tint
from negnn_gui.app.views.embedding_map_export import MapExport
from negnn_gui.app.views.embedding_map_layers import MapLayers
from negnn_gui.app.views.embedding_map_legend import MapLegend
from negnn_gui.app.views.embedding_map_methods import MapParameters, Method
from negnn_gui.app.views.embedding_map_plot import MapPlot, Tool
from negnn_gui.app.views.embedding_map_pointing import MapPointing
from negnn_gui.app.views.embedding_map_points import FloatArray
from negnn_gui.app.views.embedding_map_sites import Categories, MapSites
from negnn_gui.app.views.embedding_map_studies import MapStudies
from negnn_gui.results import Analysis, SiteRef
from negnn_gui.structures.entry import StructureEntry

_LOWEST_PX = 146  # three rows of controls and a map below them
_EMPTY = (
    "Open a structure and predict it:\neach of its atoms becomes a point here,\nnear the atoms it is like."
)
_TOOL_TIPS = {
    Tool.LASSO: "Drag around atoms to select them; Ctrl adds",
    Tool.RECTANGLE: "Drag a rectangle around atoms to select them; Ctrl adds",
    Tool.PAN: "Drag to move the map (also with the middle button); the wheel zooms",
}


class EmbeddingMap(QWidget):
    """Principal components, t-SNE or UMAP of the embeddings at a choice of levels.

    ``picked`` carries a ``frozenset[SiteRef]`` and "replace", "add" or "toggle"; ``hovered`` a ``SiteRef`` or
    None; ``clusters_changed`` comes when the map is coloured by clusters that have just been found.
    """

    picked = Signal(object, str)
    hovered = Signal(object)
    clusters_changed = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._entries: dict[str, StructureEntry] = {}
        self._analyses: dict[str, Analysis] = {}
        self._atlas: Atlas | None = None
        self._refusal = ""
        self._levels = "1"
        self._colouring = Colouring()
        self._selection: frozenset[SiteRef] = frozenset()
        self._cursor: int | None = None
        self._shown_method = Method.PCA
        self._method, self._tint, self._sizing = Method.PCA, Tint.CHOSEN, Sizing.SAME
        self._build()
        self._build_studies()
        self.layers = MapLayers(self.plot)
        self.layers.detail.density_changed.connect(self._tell_counts)
        self.pointing = MapPointing(self.plot, self.layers)
        self.pointing.hovered.connect(self.hovered)
        self.card = self.pointing.card
        self.export = MapExport(self)
        self._refresh()

    # --- what to show -------------------------------------------------------------------------------

    def set_analyses(self, entries: Mapping[str, StructureEntry], analyses: Mapping[str, Analysis]) -> None:
        """Show the sites of all analysed entries."""
        self._entries, self._analyses = dict(entries), dict(analyses)
        self._refresh()

    def set_atlas(self, atlas: Atlas | None, refusal: str = "") -> None:
        """Show known sites underneath, or none; ``refusal`` says why there are none where some were asked for."""
        self._atlas, self._refusal = atlas, refusal
        self.layers.mark_known(np.empty(0, dtype=np.int64))
        self._refresh()

    def set_levels(self, levels: str) -> None:
        """Show another choice of levels, such as "1" or "012"; points move to their new places."""
        if levels == self._levels:
            return
        self._levels = levels
        self.studies.cancel()
        self._place(moving=True)
        if self._needs_clusters:
            self._colour()

    def set_method(self, method: Method) -> None:
        """Show another kind of map; one that has to be fitted comes when it is ready."""
        if method is not self._method:
            self._method = method
            self.bar.show_method(method)
            if method is Method.PCA:
                self.studies.cancel()
            self._place(moving=True)

    def cluster_numbers(self, entry_id: str) -> FloatArray | None:
        """(N,) cluster of each site of an entry at the levels shown, NaN for none; None until found."""
        return self.studies.cluster_numbers(entry_id, self._levels)

    def set_parameters(self, parameters: MapParameters) -> None:
        """Fit with other parameters."""
        self.studies.set_parameters(parameters)
        self._place(moving=True)
        self._colour()

    def set_sizing(self, sizing: Sizing) -> None:
        """Let the size of the points mean something else."""
        self._sizing = sizing
        self.layers.set_sizes(self.layers.sites.sizes(sizing.value))

    def finalise(self) -> None:
        """Stop what runs in the background, before the map goes."""
        self.studies.finalise()

    def set_colouring(self, colouring: Colouring) -> None:
        """Colour the sites, and the atlas as far as it knows the property, another way."""
        self._colouring = colouring
        self._colour()

    def set_selection(self, selection: frozenset[SiteRef]) -> None:
        """Mark the selected sites."""
        self._selection = selection
        self.layers.set_selected(self.layers.sites.index.mask(selection))

    def mark_known(self, rows: ArrayLike) -> None:
        """Ring some atlas sites, by their rows in the atlas, and bring them into view."""
        if self.layers.sites.atlas is not None:
            self.layers.mark_known(np.asarray(rows, dtype=np.int64))

    # --- construction -------------------------------------------------------------------------------

    def _build(self) -> None:
        self.plot = MapPlot(self)
        self.plot.setAccessibleName("Embedding map")
        self.plot.setToolTip("Sites whose surroundings are alike lie close together; the axes have no unit")
        self.plot.clicked.connect(self._on_clicked)
        self.plot.outlined.connect(self._on_outlined)
        self.plot.stepped.connect(self._on_stepped)
        self.plot.activated.connect(self._on_activated)
        self.plot.cleared.connect(self._on_cleared)
        self.legend = MapLegend(self)
        self.legend.categories.hidden_changed.connect(lambda names: self.layers.set_hidden(names))
        self.message = QLabel(_EMPTY, self.plot)
        self.message.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.message.setWordWrap(True)
        self.message.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self.setMinimumHeight(_LOWEST_PX)
        middle = QHBoxLayout()
        middle.setSpacing(0)
        middle.addWidget(self.plot, 1)
        middle.addWidget(self.legend)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.addWidget(self._build_bar())
        layout.addLayout(middle, 1)
        self.setFocusProxy(self.plot)

    def _build_bar(self) -> MapBar:
        self.bar = MapBar({tool.value: tip for tool, tip in _TOOL_TIPS.items()}, self)
        self.tools, self.note = self.bar.tools, self.bar.note
        self.tools.idClicked.connect(self._on_tool)
        self.bar.show_all.clicked.connect(self.plot.show_all)
        self.bar.method_chosen.connect(self.set_method)
        self.bar.tint_chosen.connect(self._on_tint)
        self.bar.size_chosen.connect(self.set_sizing)
        self.bar.parameters_chosen.connect(self.set_parameters)
        self.bar.cancelled.connect(self._on_cancelled)
        return self.bar

    def _build_studies(self) -> None:
        self.studies = MapStudies(self)
        self.studies.map_found.connect(lambda: self._place(moving=True))
        self.studies.categories_found.connect(self._on_categories)
        self.studies.told.connect(self.bar.set_activity)
        self.studies.failed.connect(self._on_failed)

    # --- from data to points ------------------------------------------------------------------------

    def _refresh(self) -> None:
        sites = MapSites(self._entries, self._analyses, self._atlas)
        self._cursor = None
        self.studies.set_sites(sites)
        self.layers.set_sites(sites, sites.index.mask(self._selection))
        self.layers.set_sizes(sites.sizes(self._sizing.value))
        self.bar.offer_methods(self.studies.stored_methods())
        self._place(moving=False)
        self._colour()

    def _place(self, *, moving: bool) -> None:
        titles, problem = ("", ""), ""
        try:
            fitted = self.studies.fitted_map(self._method, self._levels) if self._fits() else None
            own = self.studies.own_places(self._method, self._levels) if fitted is not None else None
            self._shown_method = self._method if fitted is not None else Method.PCA
            titles = self.layers.set_levels(self._levels, moving=moving, fitted=fitted, own=own)
        except ValueError as error:
            problem = f"The map cannot be drawn: {error}."
        self.plot.set_titles(*titles)
        empty = not len(self.layers.sites) and self.layers.sites.atlas is None
        self.plot.set_axes_visible(not (empty or problem))
        self.message.setText(problem or _EMPTY)
        self.message.setVisible(bool(problem) or empty)
        self._tell_counts()

    def _fits(self) -> bool:
        sites = self.layers.sites
        return self._method is not Method.PCA and (len(sites) > 0 or sites.atlas is not None)

    @property
    def _needs_clusters(self) -> bool:
        return self._tint is Tint.CLUSTERS or (
            self._tint is Tint.CHOSEN and self._colouring.property == "cluster"
        )

    def _own_categories(self) -> Categories | None:
        """Categories that only the map knows, if they are what colours mean and have been found."""
        if not len(self.layers.sites):
            return None
        if self._needs_clusters:
            return self.studies.clusters(self._levels)
        if self._tint is Tint.FORMULA:
            return self.studies.formulas()
        if self._tint is Tint.ORDER:
            return self.studies.order_parameters()
        return self.studies.motifs() if self._tint is Tint.MOTIF else None

    def _colour(self) -> None:
        own = self._own_categories()
        self.layers.set_colouring(self._colouring, own)
        if own is not None:
            self.legend.show_categories(own.legend)
        elif self.layers.scale is not None:
            self.legend.show_scale(self.layers.scale)
        elif self._colouring.property == "element":
            self.legend.show_categories(self.layers.sites.element_items(self._colouring.scheme))
        else:
            self.legend.show_categories({})

    def _tell_counts(self) -> None:
        drawn, dense = len(self.layers.known_rows), self.layers.detail.dense
        short, full = self.layers.sites.describe(self._atlas, drawn, dense=dense)
        if self.layers.sampling:
            short = " · ".join(filter(None, (short, self.layers.sampling[0])))
            full = f"{full}; {self.layers.sampling[1]}"
        if self._refusal:
            short, full = f"{short} · no atlas".lstrip(" ·"), f"{full}; {self._refusal}".lstrip("; ")
        self.bar.set_counts(short, full)
        self.plot.setAccessibleDescription(f"Levels {self._levels}: {full}")

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Keep the message in the middle."""
        super().resizeEvent(event)
        self.message.setGeometry(self.plot.rect().adjusted(16, 16, -16, -16))

    def changeEvent(self, event: QEvent) -> None:
        """Draw again in the colours of the palette."""
        super().changeEvent(event)
        if event.type() == QEvent.Type.PaletteChange and hasattr(self, "layers"):
            self._colour()

    # --- intents ------------------------------------------------------------------------------------

    def _on_tool(self, number: int) -> None:
        self.plot.tool = list(_TOOL_TIPS)[number]

    def _on_tint(self, tint: Tint) -> None:
        self._tint = tint
        self._colour()

    def _on_categories(self) -> None:
        self._colour()
        if self._needs_clusters:
            self.clusters_changed.emit()

    def _on_cancelled(self) -> None:
        incomplete = self.studies.placing
        self.studies.cancel()
        self._method = Method.PCA if self.layers.fitted is None or incomplete else self._shown_method
        self.bar.show_method(self._method)
        if incomplete:
            self._place(moving=False)

    def _on_failed(self, reason: str) -> None:
        self._on_cancelled()
        self.bar.set_counts(reason, reason)

    def _on_clicked(self, place: QPointF, modifiers: Qt.KeyboardModifier) -> None:
        row = self.layers.row_at(place)
        mode = _mode(modifiers, "toggle")
        if row is not None:
            self._cursor = row
            self.picked.emit(frozenset({self.layers.sites.index.ref(row)}), mode)
        elif mode == "replace":
            self.picked.emit(frozenset(), "replace")

    def _on_outlined(self, outline: QPolygonF, modifiers: Qt.KeyboardModifier) -> None:
        chosen = self.layers.sites.index.refs(self.layers.rows_in(outline))
        self.picked.emit(chosen, _mode(modifiers, "add"))

    def _on_cleared(self) -> None:
        self.picked.emit(frozenset(), "replace")

    def _on_stepped(self, step: int) -> None:
        rows = self.layers.shown_rows()
        if not len(rows):
            return
        if self._cursor is None:
            position = 0 if step > 0 else len(rows) - 1
        else:
            position = (int(np.searchsorted(rows, self._cursor)) + step) % len(rows)
        self._cursor = int(rows[position])
        self.pointing.at_site(self._cursor)

    def _on_activated(self, modifiers: Qt.KeyboardModifier) -> None:
        if self._cursor is not None:
            ref = self.layers.sites.index.ref(self._cursor)
            self.picked.emit(frozenset({ref}), _mode(modifiers, "toggle"))


def _mode(modifiers: Qt.KeyboardModifier, with_control: str) -> str:
    """What a gesture does to the selection: Ctrl and Shift keep what was selected."""
    if modifiers & Qt.KeyboardModifier.ControlModifier:
        return with_control
    return "add" if modifiers & Qt.KeyboardModifier.ShiftModifier else "replace"
