"""The embedding map: analysed atoms as points among the known ones; like surroundings lie together."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import ArrayLike
from PySide6.QtCore import QEvent, QPointF, Qt, Signal
from PySide6.QtGui import QPolygonF, QResizeEvent
from PySide6.QtWidgets import (
    QButtonGroup,
    QHBoxLayout,
    QLabel,
    QSizePolicy,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from negnn_gui.analysis.atlas import Atlas
from negnn_gui.app.scene.colouring import Colouring
from negnn_gui.app.views.embedding_map_layers import MapLayers
from negnn_gui.app.views.embedding_map_legend import MapLegend
from negnn_gui.app.views.embedding_map_plot import MapPlot, Tool
from negnn_gui.app.views.embedding_map_points import FloatArray
from negnn_gui.app.views.embedding_map_sites import MapSites
from negnn_gui.app.views.hover_card import HoverCard, known_lines, site_lines
from negnn_gui.app.views.site_text import count_text
from negnn_gui.results import Analysis, SiteRef
from negnn_gui.structures.entry import StructureEntry

_EMPTY = (
    "Open a structure and predict it:\neach of its atoms becomes a point here,\nnear the atoms it is like."
)
_TOOL_TIPS = {
    Tool.LASSO: "Drag around atoms to select them; Ctrl adds",
    Tool.RECTANGLE: "Drag a rectangle around atoms to select them; Ctrl adds",
    Tool.PAN: "Drag to move the map (also with the middle button); the wheel zooms",
}


class EmbeddingMap(QWidget):
    """Principal components of the embeddings at a choice of levels.

    ``picked`` carries a ``frozenset[SiteRef]`` and "replace", "add" or "toggle"; ``hovered`` a ``SiteRef`` or
    None.
    """

    picked = Signal(object, str)
    hovered = Signal(object)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._entries: dict[str, StructureEntry] = {}
        self._analyses: dict[str, Analysis] = {}
        self._atlas: Atlas | None = None
        self._levels = "1"
        self._colouring = Colouring()
        self._selection: frozenset[SiteRef] = frozenset()
        self._cursor: int | None = None
        self._hovered: SiteRef | None = None
        self._build()
        self.layers = MapLayers(self.plot)
        self.layers.density_changed.connect(self._tell_counts)
        self._refresh()

    # --- what to show -------------------------------------------------------------------------------

    def set_analyses(self, entries: Mapping[str, StructureEntry], analyses: Mapping[str, Analysis]) -> None:
        """Show the sites of all analysed entries."""
        self._entries, self._analyses = dict(entries), dict(analyses)
        self._refresh()

    def set_atlas(self, atlas: Atlas | None) -> None:
        """Show known sites underneath, or none."""
        self._atlas = atlas
        self.layers.mark_known(np.empty(0, dtype=np.int64))
        self._refresh()

    def set_levels(self, levels: str) -> None:
        """Show another choice of levels, such as "1" or "012"; points move to their new places."""
        if levels == self._levels:
            return
        self._levels = levels
        self._place(moving=True)

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
        self.plot.clicked.connect(self._on_clicked)
        self.plot.outlined.connect(self._on_outlined)
        self.plot.pointed.connect(self._on_pointed)
        self.plot.stepped.connect(self._on_stepped)
        self.plot.activated.connect(self._on_activated)
        self.plot.cleared.connect(self._on_cleared)
        self.plot.view_changed.connect(self._unhover)
        self.legend = MapLegend(self)
        self.legend.categories.hidden_changed.connect(lambda names: self.layers.set_hidden(names))
        self.card = HoverCard(self.plot)
        self.message = QLabel(_EMPTY, self.plot)
        self.message.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.message.setWordWrap(True)
        self.message.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        middle = QHBoxLayout()
        middle.setSpacing(0)
        middle.addWidget(self.plot, 1)
        middle.addWidget(self.legend)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.addLayout(self._build_bar())
        layout.addLayout(middle, 1)
        self.setFocusProxy(self.plot)

    def _build_bar(self) -> QHBoxLayout:
        bar = QHBoxLayout()
        bar.setContentsMargins(4, 2, 6, 2)
        bar.setSpacing(2)
        self.tools = QButtonGroup(self)
        for number, (tool, tip) in enumerate(_TOOL_TIPS.items()):
            button = self._button(tool.value, tip)
            button.setCheckable(True)
            button.setChecked(tool is self.plot.tool)
            self.tools.addButton(button, number)
            bar.addWidget(button)
        self.tools.idClicked.connect(self._on_tool)
        show_all = self._button("Show all", "Zoom to all points (= or double click)")
        show_all.clicked.connect(self.plot.show_all)
        self.note = QLabel(self)
        self.note.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        self.note.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        bar.addSpacing(6)
        bar.addWidget(show_all)
        bar.addWidget(self.note, 1)
        return bar

    def _button(self, text: str, tip: str) -> QToolButton:
        button = QToolButton(self)
        button.setText(text)
        button.setToolTip(tip)
        button.setAccessibleDescription(tip)
        button.setAutoRaise(True)
        return button

    # --- from data to points ------------------------------------------------------------------------

    def _refresh(self) -> None:
        sites = MapSites(self._entries, self._analyses, self._atlas)
        self._cursor = None
        self.layers.set_sites(sites, sites.index.mask(self._selection))
        self._place(moving=False)
        self._colour()

    def _place(self, *, moving: bool) -> None:
        titles, problem = ("", ""), ""
        try:
            titles = self.layers.set_levels(self._levels, moving=moving)
        except ValueError as error:
            problem = f"The map cannot be drawn: {error}."
        self.plot.setLabel("bottom", titles[0])
        self.plot.setLabel("left", titles[1])
        empty = not len(self.layers.sites) and self.layers.sites.atlas is None
        self.plot.set_axes_visible(not (empty or problem))
        self.message.setText(problem or _EMPTY)
        self.message.setVisible(bool(problem) or empty)
        self._tell_counts(False)

    def _colour(self) -> None:
        self.layers.set_colouring(self._colouring)
        if self.layers.scale is not None:
            self.legend.show_scale(self.layers.scale)
        elif self._colouring.property == "element":
            self.legend.show_categories(self.layers.sites.element_items(self._colouring.scheme))
        else:
            self.legend.show_categories({})

    def _tell_counts(self, dense: bool) -> None:
        short, full = self.layers.sites.describe(self._atlas, len(self.layers.known_rows), dense=dense)
        self.note.setText(short)
        self.note.setToolTip(full)
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
        self._hover_site(self._cursor)

    def _on_activated(self, modifiers: Qt.KeyboardModifier) -> None:
        if self._cursor is not None:
            ref = self.layers.sites.index.ref(self._cursor)
            self.picked.emit(frozenset({ref}), _mode(modifiers, "toggle"))

    # --- hovering -----------------------------------------------------------------------------------

    def _on_pointed(self, place: QPointF | None) -> None:
        if place is None:
            self._unhover()
            return
        row = self.layers.row_at(place)
        if row is not None:
            self._hover_site(row)
            return
        self._unhover()
        known = self.layers.known_at(place)
        if known is not None and self.layers.sites.atlas is not None:
            title, lines = known_lines(self.layers.sites.atlas.sites, known)
            self._show_card(self.layers.known_place(known), title, lines)

    def _hover_site(self, row: int) -> None:
        entry, analysis, site = self.layers.sites.site(row)
        title, lines = site_lines(entry, analysis, site)
        others = int((np.abs(self.layers.xy - self.layers.xy[row]) < 1e-9).all(axis=1).sum()) - 1
        if others:
            lines.append(("", f"{count_text(others, 'other site')} at this very point"))
        self._show_card(self.layers.xy[row], title, lines)
        self._tell_hovered(self.layers.sites.index.ref(row))

    def _unhover(self) -> None:
        if not self.card.isHidden():
            self.card.hide()
            self.plot.hover_point.clear()
        self._tell_hovered(None)

    def _tell_hovered(self, ref: SiteRef | None) -> None:
        if ref != self._hovered:
            self._hovered = ref
            self.hovered.emit(ref)

    def _show_card(self, xy: FloatArray, title: str, lines: list[tuple[str, str]]) -> None:
        self.plot.hover_point.set_points(xy[None], np.zeros((1, 4), dtype=np.uint8))
        x, y = self.plot.to_pixels(xy[None])[0]
        self.card.show_at(QPointF(x, y).toPoint(), title, lines)


def _mode(modifiers: Qt.KeyboardModifier, with_control: str) -> str:
    """What a gesture does to the selection: Ctrl and Shift keep what was selected."""
    if modifiers & Qt.KeyboardModifier.ControlModifier:
        return with_control
    return "add" if modifiers & Qt.KeyboardModifier.ShiftModifier else "replace"
