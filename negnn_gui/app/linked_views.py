"""The views, kept together: session -> views, and what is picked in one of them -> controller.

Some load VTK, pyqtgraph and NumPy, so they are made one after the other once the window has been painted.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QTimer, Signal
from PySide6.QtWidgets import QWidget

from negnn_gui.app.coalesce import Coalescer
from negnn_gui.app.views.details import Details
from negnn_gui.app.views.structure_list import StructureList

if TYPE_CHECKING:
    from negnn_gui.analysis.atlas import Atlas
    from negnn_gui.app.controller import Controller
    from negnn_gui.app.crystal_view import CrystalView
    from negnn_gui.app.jobs import LoadedModels
    from negnn_gui.app.scene.colouring import Colouring
    from negnn_gui.app.views.canvas import CrystalCanvas
    from negnn_gui.app.views.embedding_map import EmbeddingMap
    from negnn_gui.app.views.insight import Insight
    from negnn_gui.app.views.like_this import LikeThis
    from negnn_gui.app.views.moment_plots import MomentPlots
    from negnn_gui.app.views.sites_table import SitesTable
    from negnn_gui.results import SiteRef

logger = logging.getLogger(__name__)


class LinkedViews(QObject):
    """Owner of all views; those from the canvas on are None until :meth:`make`.

    ``ready`` comes once all of them stand; ``hovered`` carries a ``SiteRef`` or None.
    """

    ready = Signal()
    hovered = Signal(object)
    said = Signal(str)
    card_wanted = Signal()

    def __init__(
        self, controller: Controller, place: Callable[[str, QWidget], None], parent: QObject
    ) -> None:
        super().__init__(parent)
        self._controller = controller
        self._session = controller.session
        self._place = place
        self.crystal: CrystalView | None = None
        self.canvas: CrystalCanvas | None = None
        self.map: EmbeddingMap | None = None
        self.table: SitesTable | None = None
        self.plots: MomentPlots | None = None
        self.like: LikeThis | None = None
        self.insight: Insight | None = None
        self._atlas: Atlas | None = None
        self._atlas_wanted = True
        self._refusal = ""
        self._steps = [
            self._make_canvas,
            self._make_table,
            self._make_map,
            self._make_plots,
            self._make_like,
            self._make_insight,
            self._link,
            self._warm_up,
        ]
        self._finalised = False
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.timeout.connect(self._step)
        self._update = Coalescer(self._show_analyses, parent=self, after_picture=True)
        self._make_lists()

    def _make_lists(self) -> None:
        controller = self._controller
        self.structures = StructureList(self._session)
        self.structures.chosen.connect(controller.show_entry)
        self.structures.close_wanted.connect(controller.close_entries)
        self.structures.predict_wanted.connect(controller.predict)
        self.structures.dismiss_wanted.connect(controller.dismiss_read_failures)
        self._place("structures", self.structures)
        self.details = Details(self._session)
        self.details.card_wanted.connect(self.card_wanted)
        controller.models_changed.connect(self.details.set_models)
        controller.notices_changed.connect(self.details.set_notices)
        self._place("details", self.details)

    def make(self) -> None:
        """Begin to make the other views, one in each turn of the event loop."""
        if not self._finalised:
            self._timer.start(0)

    @property
    def settled(self) -> bool:
        """Whether all views stand and show what the session holds."""
        moving = self.canvas is not None and self.canvas.is_moving
        return not self._steps and not self._update.pending and not moving

    def finalise(self) -> None:
        """Free what VTK holds and stop the map's fits, before the window goes."""
        self._finalised = True
        self._timer.stop()
        self._update.stop()
        if self.crystal is not None:
            self.crystal.finalise()
        for view in (self.map, self.insight):
            if view is not None:
                view.finalise()

    def _step(self) -> None:
        self._steps.pop(0)()
        if self._steps:
            self._timer.start(0)
        else:
            self.ready.emit()

    # --- making -------------------------------------------------------------------------------------

    def _make_canvas(self) -> None:
        from negnn_gui.app.crystal_view import CrystalView

        self.crystal = CrystalView(self._controller, self)
        self.crystal.hovered.connect(self.hovered)
        self.crystal.said.connect(self.said)
        self.canvas = self.crystal.canvas
        self.structures.compare_wanted.connect(self.crystal.comparison.compare)
        self._place("crystal", self.crystal.widget)
        self._place("display", self.crystal.panel)

    def _make_table(self) -> None:
        from negnn_gui.app.views.sites_table import SitesTable

        self.table = SitesTable()
        self.table.picked.connect(self._controller.select)
        self.table.hovered.connect(self.hovered)
        self._place("sites", self.table)

    def _make_map(self) -> None:
        from negnn_gui.app.views.embedding_map import EmbeddingMap

        self.map = EmbeddingMap()
        self.map.set_levels(self._session.levels)
        self.map.picked.connect(self._controller.select)
        self.map.picked.connect(self._show_structure_of)
        self.map.hovered.connect(self.hovered)
        self.map.clusters_changed.connect(self._show_values_in_crystal)
        if self.crystal is not None:
            self.crystal.clusters_of = self.map.cluster_numbers  # type: ignore[method-assign]
        self._place("map", self.map)

    def _make_plots(self) -> None:
        from negnn_gui.app.views.moment_plots import MomentPlots

        self.plots = MomentPlots()
        self.plots.picked.connect(self._controller.select)
        self._place("moments", self.plots)

    def _make_like(self) -> None:
        from negnn_gui.app.views.like_this import LikeThis

        assert self.map is not None
        self.like = LikeThis()
        self.like.set_levels(self._session.levels)
        self.like.show_on_map.connect(self.map.mark_known)
        self._place("like", self.like)

    def _make_insight(self) -> None:
        from negnn_gui.app.views.insight import Insight

        assert self.map is not None
        self.insight = Insight()
        self.insight.set_levels(self._session.levels)
        self.insight.show_on_map.connect(self.map.mark_known)
        self.insight.picked.connect(self._controller.select)
        self.insight.picked.connect(self._show_structure_of)
        self.insight.levels_chosen.connect(self._controller.set_levels)
        self._place("insight", self.insight)

    def _warm_up(self) -> None:
        if self.canvas is not None and not self._session.entries:
            self.canvas.warm_up()

    def _link(self) -> None:
        session = self._session
        session.entries_changed.connect(self._update.request)
        session.analysis_changed.connect(self._on_analysis)
        session.current_changed.connect(self._show_current)
        session.selection_changed.connect(self._show_selection)
        session.colouring_changed.connect(self._show_colouring)
        session.levels_changed.connect(self._show_levels)
        self._controller.models_changed.connect(self._on_models)
        self._show_current()
        self._show_colouring()
        if session.entries:
            self._show_analyses()

    # --- session -> views ---------------------------------------------------------------------------

    def _on_analysis(self, entry_id: str) -> None:
        current = self._session.current
        if current is not None and current.id == entry_id and self.crystal is not None:
            self.crystal.show_values()
        self._update.request()

    def _show_analyses(self) -> None:
        entries, analyses = self._session.entries, self._session.analyses
        for view in (self.table, self.map, self.plots, self.insight):
            if view is not None:
                view.set_analyses(entries, analyses)
        self._ask_for_like_sites()

    def _show_current(self, _entry_id: str | None = None) -> None:
        current = self._session.current
        if self.crystal is not None:
            self.crystal.show_current()
            self.crystal.canvas.paint_now()
        if self.table is not None:
            self.table.set_current(None if current is None else current.id)
        self._ask_for_like_sites()

    def _show_selection(self, selection: frozenset[SiteRef]) -> None:
        if self.crystal is not None:
            self.crystal.show_selection()
        for view in (self.table, self.map, self.plots, self.insight):
            if view is not None:
                view.set_selection(selection)
        self._ask_for_like_sites()

    def _show_structure_of(self, picked: frozenset[SiteRef], _mode: str) -> None:
        """Show the crystal of the sites picked on a map, unless some of them are in the one shown."""
        wanted = {ref.entry_id for ref in picked & self._session.selection}
        current = self._session.current
        if wanted and (current is None or current.id not in wanted):
            self._controller.show_entry(next(key for key in self._session.entries if key in wanted))

    def _ask_for_like_sites(self) -> None:
        if self.like is not None:
            session = self._session
            self.like.set_query(session.entries, session.analyses, session.selection)
        if self.insight is not None:
            session = self._session
            current = None if session.current is None else session.current.id
            self.insight.set_query(session.entries, session.analyses, session.selection, current)

    def _show_colouring(self, _colouring: Colouring | None = None) -> None:
        if self.map is not None:
            self.map.set_colouring(self._session.colouring)
        self._show_values_in_crystal()

    def _show_values_in_crystal(self) -> None:
        if self.crystal is not None:
            self.crystal.show_values()

    def _show_levels(self, levels: str) -> None:
        for view in (self.map, self.like, self.insight):
            if view is not None:
                view.set_levels(levels)
        if self._session.colouring.property == "cluster":
            self._show_values_in_crystal()

    def _on_models(self, models: LoadedModels) -> None:
        self.use_atlas(models.atlas, models.atlas_problem)

    def use_atlas(self, atlas: Atlas | None, refusal: str = "") -> None:
        """Compare with another atlas; ``refusal`` says why there is none where one was asked for."""
        self._atlas, self._refusal = atlas, refusal
        for view in (self.like, self.insight):
            if view is not None:
                view.set_atlas(atlas)
        self.show_atlas(self._atlas_wanted)

    def show_atlas(self, wanted: bool) -> None:
        """Show the known sites on the map, or the user's own alone."""
        self._atlas_wanted = wanted
        if self.map is not None:
            self.map.set_atlas(self._atlas if wanted else None, self._refusal if wanted else "")
