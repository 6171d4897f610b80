"""Places, colours and marks of everything on the embedding map, drawn into the layers of its plot."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QEasingCurve, QObject, QPointF, QRectF, QVariantAnimation
from PySide6.QtGui import QPolygonF
from PySide6.QtWidgets import QStyle

from negnn_gui.analysis.tsne import AXES as TSNE_AXES
from negnn_gui.analysis.tsne import INSTALL as TSNE_INSTALL
from negnn_gui.app.scene.colouring import Colouring, ColourScale
from negnn_gui.app.views.embedding_map_detail import MAX_POINTS, MapDetail
from negnn_gui.app.views.embedding_map_fits import FittedMap
from negnn_gui.app.views.embedding_map_plot import MapPlot, inside, nearest_within
from negnn_gui.app.views.embedding_map_points import FloatArray, opaque
from negnn_gui.app.views.embedding_map_sites import Categories, MapSites
from negnn_gui.app.views.plot_style import plot_colours

IntArray = NDArray[np.int64]
BoolArray = NDArray[np.bool_]

_MAX_MOVING = 200_000
_MOVE_MS = 260
_REACH_PX = 9.0
_PALEST = 35
_KNOWN_REACH_PX = 5.0
_NONE = np.empty((0, 2))


class MapLayers(QObject):
    """The sites of one :class:`MapSites` on a plot, at one choice of levels."""

    def __init__(self, plot: MapPlot, known_alpha: int | None = None) -> None:
        super().__init__(plot)
        self._plot, self._known_alpha = plot, known_alpha
        self._categories: Categories | None = None
        self._known_wanted: BoolArray | None = None
        self.sites = MapSites({}, {})
        self.levels = "1"
        self.fitted: FittedMap | None = None
        self.colouring = Colouring()
        self.names: NDArray[np.object_] | None = None
        self.scale: ColourScale | None = None
        self.xy: FloatArray = _NONE
        self.known_xy: FloatArray = _NONE
        self.known_rows: IntArray = np.empty(0, dtype=np.int64)
        self._marked: IntArray = np.empty(0, dtype=np.int64)
        self._colours: NDArray[np.uint8] = np.empty((0, 3), dtype=np.uint8)
        self._selected: BoolArray = np.empty(0, dtype=np.bool_)
        self._sizes: FloatArray | None = None
        self._hidden: frozenset[str] = frozenset()
        self._shown: BoolArray = np.empty(0, dtype=np.bool_)
        self._origin: tuple[FloatArray, FloatArray, QRectF] = (_NONE, _NONE, QRectF())
        self.detail = MapDetail(plot)
        self._movement = QVariantAnimation(self, startValue=0.0, endValue=1.0, duration=_MOVE_MS)
        self._movement.setEasingCurve(QEasingCurve.Type.InOutCubic)
        self._movement.valueChanged.connect(self._move)

    # --- what to draw -------------------------------------------------------------------------------

    def set_sites(self, sites: MapSites, selected: BoolArray) -> None:
        """Show other sites; ``set_levels`` and ``set_colouring`` have to follow."""
        self.sites, self._selected = sites, selected
        self._marked = self._marked[self._marked < len(sites.atlas or ())]

    def set_levels(
        self,
        levels: str,
        *,
        moving: bool,
        fitted: FittedMap | None = None,
        own: FloatArray | None = None,
    ) -> tuple[str, str]:
        """Place everything at a choice of levels, gliding there if ``moving``; the titles of the axes.

        Principal components unless another map, ``fitted`` at these levels, is given with the (N, 2) places of the
        sites on it, ``own`` (NaN where not known yet: those sites are not drawn).

        Raises
        ------
        ValueError
            The encoder has no such levels; nothing is drawn then.
        """
        self._movement.stop()
        before = self.xy, self.known_xy, QRectF(self._plot.getViewBox().viewRect())
        drawn = self._shown
        self.levels, self.fitted = levels, fitted
        self.xy = self.known_xy = _NONE
        try:
            titles = self._compute_places(own)
        finally:
            self._update_shown()
            if not np.array_equal(drawn, self._shown):
                self._draw_sites()
            self._plot.set_bounds(np.concatenate([self.xy[self._shown], self.known_xy]))
            if moving and self._can_move(before):
                # a site that had no place before appears where it belongs
                self._origin = np.where(np.isnan(before[0]), self.xy, before[0]), before[1], before[2]
                self._movement.start()
            else:
                self._draw_places(self.xy, self.known_xy)
                self._plot.show_all()
        return titles

    def _compute_places(self, own: FloatArray | None) -> tuple[str, str]:
        atlas = self.sites.atlas
        if not len(self.sites) and atlas is None:
            return "", ""
        if self.fitted is not None and own is not None:
            self.xy, titles = own, self.fitted.map.axis_titles
        else:
            titles = self.sites.projection(self.levels).axis_titles
            if len(self.sites):
                self.xy = self.sites.places(self.levels)
        self._choose_known()
        return titles

    def _choose_known(self) -> None:
        """Which known sites are drawn, and where."""
        atlas = self.sites.atlas
        if atlas is None:
            self.known_rows, self.known_xy = np.empty(0, dtype=np.int64), _NONE
            return
        rows = _thinned(len(atlas))
        if self._known_wanted is not None and len(self._known_wanted) == len(atlas):
            rows = rows[self._known_wanted[rows]]
        names = self._known_names()
        if self._hidden and names is not None:
            rows = rows[~np.isin(names[rows].astype(str), list(self._hidden))]
        self.known_rows, self.known_xy = rows, self._known_places()[rows]

    def _known_names(self) -> NDArray[np.object_] | None:
        """(M,) what colours call the known sites, None where colours mean a number."""
        if self._categories is not None:
            return self._categories.known_names
        atlas = self.sites.atlas
        return atlas.sites.element if atlas is not None and self.colouring.property == "element" else None

    def set_known_wanted(self, wanted: BoolArray | None) -> None:
        """Draw only some of the (M,) known sites, or all."""
        self._known_wanted = wanted
        self._draw_known_again()

    def _draw_known_again(self) -> None:
        if len(self.xy) or len(self.known_xy) or self.sites.atlas is not None:
            self._movement.stop()
            self._choose_known()
            self._colour_known()

    def _known_places(self) -> FloatArray:
        """(M, 2) places of all atlas sites."""
        assert self.sites.atlas is not None
        return self.fitted.known if self.fitted is not None else self.sites.atlas.places(self.levels)

    def set_colouring(self, colouring: Colouring, categories: Categories | None = None) -> None:
        """Colour the sites, and the atlas as far as it knows the property; or by ``categories`` of the map's own."""
        self.colouring, self._categories = colouring, categories
        if categories is None:
            self._colours, self.scale = self.sites.colours(colouring)
            self.names = self.sites.elements if colouring.property == "element" else None
        else:
            self._colours, self.scale, self.names = categories.colours, None, categories.names
        if self._hidden:
            self._choose_known()
        self._colour_known()
        self._update_shown()
        self._draw_sites()

    def _colour_known(self) -> None:
        look = plot_colours(self._plot.palette())
        faint = (look.faint.red(), look.faint.green(), look.faint.blue())
        pale = np.tile(np.array(faint, dtype=np.uint8), (len(self.known_xy), 1))
        alpha = _PALEST
        categories = self._categories
        known = (
            self.sites.known_colours(self.colouring, self.scale)
            if categories is None
            else categories.known_colours
        )
        if len(self.known_xy) and known is not None:
            pale, alpha = known[self.known_rows], self._known_alpha or (60 if look.dark else 50)
        self._plot.known_points.set_points(self.known_xy, opaque(pale, alpha))

    def set_sizes(self, sizes: FloatArray | None) -> None:
        """Diameter of each of the (N,) sites in units of the usual one, or all alike."""
        self._sizes = sizes
        self._draw_sites()

    @property
    def sampling(self) -> tuple[str, str] | None:
        """How many sites a fitted map was fitted to and how others got their places, in short and in full.

        None where there is nothing to say: it was fitted to all of them, or they were placed by its own rule.
        """
        if self.fitted is None:
            return None
        short, full = [], []
        of = len(self.sites.atlas or self.sites)
        fitted = of if self.fitted.fitted_rows is None else len(self.fitted.fitted_rows)
        if fitted < of:
            short.append(f"fitted to {fitted:,} of {of:,}")
            what = "known sites" if self.sites.atlas is not None else "sites"
            full.append(f"the map was fitted to {fitted:,} of {of:,} {what}, evenly spaced")
        if self.fitted.by_nearest:
            full.append("sites it was not fitted to lie where their five nearest among these do")
            if self.fitted.map.axis_titles == TSNE_AXES:
                short.append("placed by nearest 5")
                full.append(
                    f"openTSNE, which moves them to their own places, is not installed: {TSNE_INSTALL}"
                )
        return (" · ".join(short), "; ".join(full)) if full else None

    def set_hidden(self, names: frozenset[str]) -> None:
        """Leave out sites, known ones too, of some elements, clusters or motifs (while that is what colours mean)."""
        self._hidden = names
        self._draw_known_again()
        self._update_shown()
        self._draw_sites()

    def set_selected(self, selected: BoolArray) -> None:
        """Mark (N,) sites as selected."""
        self._selected = selected
        self._draw_selected()

    def mark_known(self, rows: IntArray) -> None:
        """Ring some atlas sites and bring them into view."""
        self._marked = rows
        self._draw_marked()
        view = QRectF(self._plot.getViewBox().viewRect())
        if not all(view.contains(QPointF(x, y)) for x, y in self._marked_places()):
            self._plot.show_all()

    # --- what lies where ----------------------------------------------------------------------------

    def shown_rows(self) -> IntArray:
        """Rows of the sites that are drawn."""
        return np.flatnonzero(self._shown)

    def row_at(self, place: QPointF) -> int | None:
        """Row of the site at a place in pixels."""
        rows = self.shown_rows()
        found = nearest_within(place, self._plot.to_pixels(self.xy[rows]), _REACH_PX)
        return None if found is None else int(rows[found])

    def known_at(self, place: QPointF) -> int | None:
        """Row in the atlas of the known site at a place in pixels."""
        found = nearest_within(place, self._plot.to_pixels(self.known_xy), _KNOWN_REACH_PX)
        return None if found is None else int(self.known_rows[found])

    def rows_in(self, outline: QPolygonF) -> IntArray:
        """Rows of the sites within an outline in pixels."""
        rows = self.shown_rows()
        return rows[inside(outline, self._plot.to_pixels(self.xy[rows]))]

    def known_place(self, row: int) -> FloatArray:
        """(2,) place of an atlas site."""
        return self._known_places()[row]

    # --- drawing ------------------------------------------------------------------------------------

    def _update_shown(self) -> None:
        shown: BoolArray = np.asarray(np.isfinite(self.xy).all(axis=1))
        if self._hidden and self.names is not None and len(self.names) == len(shown):
            shown &= ~np.isin(self.names.astype(str), list(self._hidden))
        self._shown = shown

    def _draw_sites(self) -> None:
        if not len(self.xy) == len(self._colours) == len(self._selected):
            self._plot.site_points.clear()
            self._plot.selected_points.clear()
            return
        rows = self.shown_rows()
        self._plot.site_points.set_points(self.xy[rows], opaque(self._colours[rows]))
        self._plot.site_points.set_scales(self._scales_of(rows))
        self._draw_selected()
        self.detail.show(self.xy[rows], self._colours[rows])

    def _draw_selected(self) -> None:
        if not len(self.xy) == len(self._colours) == len(self._selected):
            return
        chosen = self._selected & self._shown
        self.detail.set_some_selected(bool(chosen.any()))
        self._plot.site_points.set_faded(~self._selected[self._shown] if self._selected.any() else None)
        self._plot.selected_points.set_points(self.xy[chosen], opaque(self._colours[chosen]))
        self._plot.selected_points.set_scales(self._scales_of(chosen))

    def _scales_of(self, rows: IntArray | BoolArray) -> FloatArray | None:
        return None if self._sizes is None or len(self._sizes) != len(self.xy) else self._sizes[rows]

    def _draw_places(self, xy: FloatArray, known: FloatArray) -> None:
        shown = xy[self._shown]
        self._plot.site_points.move_points(shown)
        self.detail.move(shown)
        if len(xy) == len(self._selected):
            self._plot.selected_points.move_points(xy[self._selected & self._shown])
        self._plot.known_points.move_points(known)
        self._draw_marked()

    def _draw_marked(self) -> None:
        places = self._marked_places()
        self._plot.marked_points.set_points(places, np.zeros((len(places), 4), dtype=np.uint8))

    def _marked_places(self) -> FloatArray:
        if self.sites.atlas is None or not len(self._marked):
            return _NONE
        return self._known_places()[self._marked]

    # --- movement -----------------------------------------------------------------------------------

    def _can_move(self, before: tuple[FloatArray, FloatArray, QRectF]) -> bool:
        count = len(self.xy) + len(self.known_xy)
        same = len(before[0]) == len(self.xy) and len(before[1]) == len(self.known_xy)
        return same and 0 < count <= _MAX_MOVING and self._plot.isVisible() and self._animations_wanted()

    def _animations_wanted(self) -> bool:
        hint = QStyle.StyleHint.SH_Widget_Animation_Duration
        return self._plot.style().styleHint(hint, None, self._plot) > 0

    def _move(self, share: float) -> None:
        xy, known, view = self._origin
        self._draw_places(xy + share * (self.xy - xy), known + share * (self.known_xy - known))
        if share >= 1.0:
            self._plot.show_all()
        else:
            self._plot.getViewBox().setRange(_between(view, self._plot.view_of_all(), share), padding=0)


def _thinned(n: int) -> IntArray:
    """Rows of a backdrop of at most ``MAX_POINTS`` points, evenly spaced."""
    return np.arange(n) if n <= MAX_POINTS else np.linspace(0, n - 1, MAX_POINTS).astype(np.int64)


def _between(first: QRectF, second: QRectF, share: float) -> QRectF:
    start = np.array(first.getRect())
    left, top, width, height = start + share * (np.array(second.getRect()) - start)
    return QRectF(left, top, width, height)
