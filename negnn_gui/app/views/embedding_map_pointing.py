"""What the pointer is at on the map: a ring around the point and a card that says what it is."""

from __future__ import annotations

import numpy as np
from PySide6.QtCore import QObject, QPointF, Signal

from negnn_gui.app.views.embedding_map_layers import MapLayers
from negnn_gui.app.views.embedding_map_plot import MapPlot
from negnn_gui.app.views.embedding_map_points import FloatArray
from negnn_gui.app.views.hover_card import HoverCard, known_lines, site_lines
from negnn_gui.app.views.site_text import count_text
from negnn_gui.results import SiteRef


class MapPointing(QObject):
    """Follows the pointer over a plot; ``hovered`` carries a ``SiteRef`` or None."""

    hovered = Signal(object)

    def __init__(self, plot: MapPlot, layers: MapLayers) -> None:
        super().__init__(plot)
        self._plot, self._layers = plot, layers
        self._hovered: SiteRef | None = None
        self.card = HoverCard(plot)
        plot.pointed.connect(self._on_pointed)
        plot.view_changed.connect(self.leave)

    def at_site(self, row: int) -> None:
        """Point at a site, by its row."""
        layers = self._layers
        entry, analysis, site = layers.sites.site(row)
        title, lines = site_lines(entry, analysis, site)
        others = int((np.abs(layers.xy - layers.xy[row]) < 1e-9).all(axis=1).sum()) - 1
        if others:
            lines.append(("", f"{count_text(others, 'other site')} at this very point"))
        self._show_card(layers.xy[row], title, lines)
        self._tell(layers.sites.index.ref(row))

    def leave(self) -> None:
        """Point at nothing."""
        if not self.card.isHidden():
            self.card.hide()
            self._plot.hover_point.clear()
        self._tell(None)

    def _on_pointed(self, place: QPointF | None) -> None:
        if place is None:
            self.leave()
            return
        row = self._layers.row_at(place)
        if row is not None:
            self.at_site(row)
            return
        self.leave()
        known, atlas = self._layers.known_at(place), self._layers.sites.atlas
        if known is not None and atlas is not None:
            title, lines = known_lines(atlas.sites, known)
            self._show_card(self._layers.known_place(known), title, lines)

    def _tell(self, ref: SiteRef | None) -> None:
        if ref != self._hovered:
            self._hovered = ref
            self.hovered.emit(ref)

    def _show_card(self, xy: FloatArray, title: str, lines: list[tuple[str, str]]) -> None:
        self._plot.hover_point.set_points(xy[None], np.zeros((1, 4), dtype=np.uint8))
        x, y = self._plot.to_pixels(xy[None])[0]
        self.card.show_at(QPointF(x, y).toPoint(), title, lines)
