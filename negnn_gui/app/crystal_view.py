"""The 3D dock and the Display dock, kept in step with the session: what is drawn, how, and what is asked for."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QObject, QPoint, Qt, Signal
from PySide6.QtGui import QKeySequence, QShortcut
from PySide6.QtWidgets import QMenu, QVBoxLayout, QWidget

from negnn_gui.app.bond_search import BondSearch
from negnn_gui.app.coalesce import Coalescer
from negnn_gui.app.comparison import Comparison
from negnn_gui.app.scene.colouring import Colouring, colour_scale, doubtful_sites, site_values
from negnn_gui.app.scene.measure import AtomRef
from negnn_gui.app.scene.moments import Magnitudes, shown_magnitudes
from negnn_gui.app.scene.style import Style
from negnn_gui.app.select_menu import SelectMenu
from negnn_gui.app.views.atom_tip import atom_tip
from negnn_gui.app.views.canvas import CrystalCanvas
from negnn_gui.app.views.crystal_bar import CrystalBar
from negnn_gui.app.views.display_panel import DisplayPanel
from negnn_gui.results import SiteRef

if TYPE_CHECKING:
    from negnn_gui.app.controller import Controller
    from negnn_gui.structures.entry import StructureEntry

_JOIN_S = 5.0


class CrystalView(QObject):
    """Owner of the canvas, of the bar above it and of the Display panel.

    Attributes
    ----------
    canvas : CrystalCanvas
        The structure that is current in the session.
    widget : QWidget
        Bar and canvas, for the 3D dock.
    panel : DisplayPanel
        For the Display dock.
    """

    hovered = Signal(object)
    said = Signal(str)

    def __init__(self, controller: Controller, parent: QObject) -> None:
        super().__init__(parent)
        self._controller = controller
        self._session = controller.session
        self.canvas = CrystalCanvas()
        self.panel = DisplayPanel()
        self.widget = QWidget()
        self.select_menu = SelectMenu(controller, self.widget)
        self.comparison = Comparison(self, controller)
        self.bar = CrystalBar(self.select_menu, self.comparison.menu)
        self.bonds = BondSearch(self)
        self._panel_later = Coalescer(self._show_panel, every_ms=0, parent=self, after_picture=True)
        layout = QVBoxLayout(self.widget)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.addWidget(self.bar)
        layout.addWidget(self.comparison.widget, 1)
        self._connect()
        self._add_keys()

    def _connect(self) -> None:
        canvas, bar, panel, session = self.canvas, self.bar, self.panel, self._session
        canvas.set_cameras(session.views.cameras)
        canvas.set_site_text(self._tip)
        canvas.picked.connect(self._on_picked)
        canvas.hovered.connect(self._on_hovered)
        canvas.style_wanted.connect(self.set_style)
        canvas.menu_wanted.connect(self._show_menu)
        canvas.spin_changed.connect(bar.spin.setChecked)
        bar.atoms_wanted.connect(lambda atoms: self.set_style(replace(session.style(), atoms=atoms)))
        bar.look_wanted.connect(self.look)
        bar.fit_wanted.connect(canvas.fit)
        bar.perspective_wanted.connect(lambda on: self.set_style(replace(session.style(), perspective=on)))
        bar.spin_wanted.connect(canvas.set_spinning)
        panel.style_wanted.connect(self.set_style)
        panel.colouring_wanted.connect(self._controller.set_colouring)
        panel.search_wanted.connect(self.search_bonds)
        panel.cancel_wanted.connect(self._cancel_search)
        panel.refused.connect(self.said)
        session.style_changed.connect(self._on_style)
        session.found_bonds_changed.connect(self._on_found_bonds)
        self.bonds.progress.connect(self._on_search_progress)
        self.bonds.found.connect(session.set_found_bonds)
        self.bonds.failed.connect(self._on_search_failed)
        self.bonds.ended.connect(self._on_search_ended)

    def _add_keys(self) -> None:
        """Keys that mean something while the 3D dock has the focus."""
        within = Qt.ShortcutContext.WidgetWithChildrenShortcut
        for action in self.select_menu.actions():
            if not action.shortcut().isEmpty():
                action.setShortcutContext(within)
                self.widget.addAction(action)
        keys: dict[str, Callable[[], object]] = {
            "F": self.canvas.fit,
            "P": lambda: self.set_style(
                replace(self._session.style(), perspective=not self._session.style().perspective)
            ),
            "S": lambda: self.canvas.set_spinning(not self.canvas.spinning),
        }
        for key, act in keys.items():
            shortcut = QShortcut(QKeySequence(key), self.canvas)
            shortcut.setContext(Qt.ShortcutContext.WidgetShortcut)
            shortcut.activated.connect(act)

    def finalise(self) -> None:
        """Free what VTK holds and join the search for bonds."""
        self._panel_later.stop()
        self.bonds.close(_JOIN_S)
        self.comparison.finalise()
        self.canvas.finalise()

    # --- what the user asks for ---------------------------------------------------------------------

    def look(self, view: str) -> None:
        """Look along a direction; one that there is not is marked where it was typed."""
        try:
            self.canvas.look(view)
        except ValueError as error:
            self.bar.mark(valid=False)
            self.said.emit(str(error))
        else:
            self.bar.mark(valid=True)

    def set_style(self, style: Style) -> None:
        """Draw the current structure another way; what cannot be drawn is refused with a sentence."""
        try:
            self._controller.set_style(style)
        except ValueError as error:
            self.said.emit(f"Not drawn: {error}.")
            self._show_panel()

    def search_bonds(self) -> None:
        """Let CrystalNN find the bonds of the current structure, unless it has."""
        entry = self._session.current
        if entry is None or self._session.found_bonds(entry.id) is not None:
            return
        self.panel.bonds.say(f"CrystalNN: {entry.n_sites:,} sites…", busy=True)
        self.bonds.start(entry)

    # --- session -> views ---------------------------------------------------------------------------

    def show_current(self) -> None:
        """Another structure is current."""
        entry = self._session.current
        if entry is None:
            self.canvas.set_structure(None)
        else:
            style = self._session.style(entry.id)
            self.canvas.set_structure(entry, style, self._session.found_bonds(entry.id))
            if style.bond_rule == "crystalnn":
                self.search_bonds()
        if self.bonds.searching != (None if entry is None else entry.id):
            self.panel.bonds.say("")
        self._show_colours()
        self.show_selection()
        self._panel_later.request()

    def clusters_of(self, entry_id: str) -> NDArray[np.float64] | None:
        """Cluster of each site on the map, None where none are known: the map sets this."""
        return None

    def show_values(self) -> None:
        """Colours or predictions changed."""
        self._show_colours()
        self._show_panel()

    def _show_colours(self) -> None:
        entry = self._session.current
        if entry is not None:
            self.canvas.set_values(*self.coloured(entry))

    def coloured(
        self, entry: StructureEntry
    ) -> tuple[Colouring, NDArray[np.float64], Magnitudes | None, frozenset[int]]:
        """Colouring, values, magnitudes and doubtful sites of a structure: what ``CrystalCanvas.set_values`` takes."""
        analysis = self._session.analysis(entry.id)
        chosen = self._session.colouring
        if analysis is None and chosen.property not in ("element", "input"):
            # Nothing is predicted that could be shown: the elements' own colours say more than grey.
            chosen = Colouring("element", scheme=chosen.scheme)
        magnitudes = shown_magnitudes(analysis, chosen.property)
        values = site_values(entry, analysis, chosen.property)
        if chosen.property == "cluster" and (clusters := self.clusters_of(entry.id)) is not None:
            values = clusters
        return chosen, values, magnitudes, doubtful_sites(analysis, chosen.property)

    def show_selection(self) -> None:
        """Mark what is selected in the current structure."""
        entry = self._session.current
        if entry is not None:
            self.canvas.set_selection(self.selected_in(entry))

    def selected_in(self, entry: StructureEntry) -> frozenset[int]:
        """Selected sites of a structure."""
        return frozenset(ref.site_index for ref in self._session.selection if ref.entry_id == entry.id)

    def _on_style(self) -> None:
        entry = self._session.current
        if entry is not None:
            style = self._session.style(entry.id)
            self.canvas.set_crystal_style(style)
            if style.bond_rule != "crystalnn":
                self.panel.bonds.say("")
        self._show_panel()

    def _show_panel(self) -> None:
        entry = self._session.current
        style = self._session.style(None if entry is None else entry.id)
        chosen, scale = self._session.colouring, None
        if entry is not None:
            chosen, values, *_ = self.coloured(entry)
            scale = colour_scale(entry, chosen, values)
        self.bar.show_state(style.atoms, style.perspective)
        shown = replace(self._session.colouring) if entry is None else chosen
        self.panel.show_state(entry, style, shown, scale, self.canvas.bonds_are_drawn())

    def _tip(self, atom: AtomRef) -> str:
        entry = self._session.current
        return "" if entry is None else self.tip(entry, atom)

    def tip(self, entry: StructureEntry, atom: AtomRef) -> str:
        """Tool tip of an atom of a structure."""
        return atom_tip(entry, self._session.analysis(entry.id), atom)

    # --- bonds --------------------------------------------------------------------------------------

    def _on_found_bonds(self, entry_id: str) -> None:
        current = self._session.current
        if current is not None and current.id == entry_id:
            bonds = self._session.found_bonds(entry_id)
            self.canvas.set_found_bonds(bonds)
            self.panel.bonds.say(f"CrystalNN found {len(bonds or ()):,} bonds in the cell.")

    def _on_search_progress(self, entry_id: str, done: int, total: int) -> None:
        current = self._session.current
        if current is not None and current.id == entry_id:
            self.panel.bonds.say(f"CrystalNN: {done:,} of {total:,} sites…", busy=True)

    def _on_search_failed(self, entry_id: str, sentence: str) -> None:
        self.said.emit(sentence)
        current = self._session.current
        if current is not None and current.id == entry_id:
            self.panel.bonds.say(sentence)
            self.set_style(replace(self._session.style(entry_id), bond_rule="distance"))
            self.panel.bonds.say(sentence)

    def _on_search_ended(self, _entry_id: str) -> None:
        self.panel.bonds.cancel.hide()

    def _cancel_search(self) -> None:
        self.bonds.cancel()
        self.set_style(replace(self._session.style(), bond_rule="distance"))

    # --- views -> controller ------------------------------------------------------------------------

    def _on_picked(self, sites: frozenset[int], mode: str) -> None:
        current = self._session.current
        if current is not None:
            self._controller.select(frozenset(SiteRef(current.id, site) for site in sites), mode)

    def _on_hovered(self, site: int) -> None:
        current = self._session.current
        self.hovered.emit(SiteRef(current.id, site) if current is not None and site >= 0 else None)

    def _show_menu(self, where: QPoint, atom: AtomRef | None) -> None:
        """What a right click offers: for the atom under the pointer, and for all."""
        entry = self._session.current
        if entry is None:
            return
        menu = QMenu(self.widget)
        if atom is not None:
            symbol, label = entry.elements[atom.site], entry.site_labels[atom.site]
            menu.addAction(f"Centre on {label}", partial(self.canvas.centre_on, atom))
            menu.addAction(f"Select all {symbol}", partial(self.select_menu.select_elements, [symbol]))
            style = self._session.style(entry.id)
            menu.addAction(
                f"Hide {symbol}", partial(self.set_style, replace(style, hidden=style.hidden | {symbol}))
            )
            polyhedra = style.polyhedra ^ {symbol}
            words = "Polyhedra" if symbol in polyhedra else "No polyhedra"
            menu.addAction(
                f"{words} around {symbol}", partial(self.set_style, replace(style, polyhedra=polyhedra))
            )
            menu.addSeparator()
        menu.addMenu(self.select_menu)
        menu.addAction("Fit", self.canvas.fit)
        menu.aboutToHide.connect(menu.deleteLater)
        menu.popup(where)
