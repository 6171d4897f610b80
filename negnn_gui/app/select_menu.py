"""The menu of ways to select sites, and what each of them means in the structure that is shown."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING

from PySide6.QtGui import QAction, QKeySequence
from PySide6.QtWidgets import QMenu, QWidget

if TYPE_CHECKING:
    from negnn_gui.app.controller import Controller
    from negnn_gui.app.site_choices import Sites
    from negnn_gui.structures.entry import StructureEntry


class SelectMenu(QMenu):
    """Selects in the current structure; what is selected in others stays."""

    def __init__(self, controller: Controller, parent: QWidget | None = None) -> None:
        super().__init__("&Select sites", parent)
        self._controller = controller
        self._session = controller.session
        self.setToolTipsVisible(True)
        self._elements = QMenu("Of &element", self)
        self.everything = self._add("&All", self._all, "Ctrl+A", "Every site of the structure in 3D")
        self.none = self._add("&None\tEsc", self._nothing, "", "No site of the structure in 3D")
        self.invert = self._add("&Invert", self._inverted, "Ctrl+I", "The sites that are not selected")
        self.addSeparator()
        self.addMenu(self._elements)
        self.same = self._add("Of the &same elements", self._same, "", "All sites of the elements selected")
        self.alike = self._add(
            "&Equivalent by symmetry",
            self._equivalent,
            "Ctrl+Shift+Y",
            "All sites alike to the selected by symmetry",
        )
        self.grow = self._add(
            "&Grow to neighbours",
            self._grown,
            "Ctrl+G",
            "Also the sites that are bonded to the selected ones",
        )
        self._needing = (self.same, self.alike, self.grow)
        self.aboutToShow.connect(self._prepare)

    def add_element_actions(self, menu: QMenu) -> None:
        """An action for each element of the current structure."""
        entry = self._session.current
        for symbol in () if entry is None else dict.fromkeys(entry.elements):
            menu.addAction(symbol, partial(self.select_elements, [symbol]))

    def select_elements(self, symbols: list[str]) -> None:
        """Select all sites of these elements in the current structure."""
        from negnn_gui.app.site_choices import of_elements

        self._choose(lambda entry, sites: of_elements(entry, symbols))

    def _add(
        self, text: str, choose: Callable[[StructureEntry, Sites], Sites], keys: str, tip: str
    ) -> QAction:
        action = self.addAction(text, lambda: self._choose(choose))
        if keys:
            action.setShortcut(QKeySequence(keys))
        action.setToolTip(tip)
        return action

    def _prepare(self) -> None:
        entry = self._session.current
        self._elements.clear()
        self.add_element_actions(self._elements)
        self._elements.setEnabled(entry is not None)
        chosen = entry is not None and any(ref.entry_id == entry.id for ref in self._session.selection)
        for action in self._needing:
            action.setEnabled(chosen)

    def _choose(self, choose: Callable[[StructureEntry, Sites], Sites]) -> None:
        from negnn_gui.results import SiteRef

        entry = self._session.current
        if entry is None:
            return
        selection = self._session.selection
        here = frozenset(ref.site_index for ref in selection if ref.entry_id == entry.id)
        elsewhere = frozenset(ref for ref in selection if ref.entry_id != entry.id)
        chosen = frozenset(SiteRef(entry.id, site) for site in choose(entry, here))
        self._controller.select(elsewhere | chosen)

    def _nothing(self, entry: StructureEntry, sites: Sites) -> Sites:
        return frozenset()

    def _all(self, entry: StructureEntry, sites: Sites) -> Sites:
        return frozenset(range(entry.n_sites))

    def _inverted(self, entry: StructureEntry, sites: Sites) -> Sites:
        from negnn_gui.app.site_choices import inverted

        return inverted(entry, sites)

    def _same(self, entry: StructureEntry, sites: Sites) -> Sites:
        from negnn_gui.app.site_choices import same_elements

        return same_elements(entry, sites)

    def _equivalent(self, entry: StructureEntry, sites: Sites) -> Sites:
        from negnn_gui.app.site_choices import equivalent

        return equivalent(entry, sites)

    def _grown(self, entry: StructureEntry, sites: Sites) -> Sites:
        from negnn_gui.app.scene.drawing import bonds_of
        from negnn_gui.app.site_choices import grown

        style = self._session.style(entry.id)
        return grown(sites, bonds_of(entry, style, self._session.found_bonds(entry.id)))
