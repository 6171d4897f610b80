"""Two to four structures side by side, seen from the same side: companions of the one that is current."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Qt, Signal
from PySide6.QtWidgets import QGridLayout, QHBoxLayout, QMenu, QToolButton, QVBoxLayout, QWidget

from negnn_gui.app.picture_job import Shown
from negnn_gui.app.views.canvas import CrystalCanvas
from negnn_gui.app.views.elided_label import ElidedLabel
from negnn_gui.results import SiteRef

if TYPE_CHECKING:
    from negnn_gui.app.controller import Controller
    from negnn_gui.app.crystal_view import CrystalView
    from negnn_gui.app.scene.camera import Camera
    from negnn_gui.structures.entry import StructureEntry

MOST_COMPANIONS = 3
_MOST_LISTED = 40


class Pane(QWidget):
    """A canvas under the name of its structure."""

    closed = Signal()

    def __init__(self, canvas: CrystalCanvas, *, closable: bool, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.canvas = canvas
        # Names of files often differ only in how they end.
        self.name = ElidedLabel(self, Qt.TextElideMode.ElideMiddle)
        self.head = QWidget(self)
        line = QHBoxLayout(self.head)
        line.setContentsMargins(8, 2, 4, 2)
        line.addWidget(self.name, 1)
        self.head.setFixedHeight(self.fontMetrics().height() + 12)
        if closable:
            button = QToolButton(self.head)
            button.setText("✕")
            button.setAutoRaise(True)
            button.setToolTip("Take this structure out of the comparison")
            button.setAccessibleName("Take this structure out of the comparison")
            button.clicked.connect(self.closed)
            line.addWidget(button)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.addWidget(self.head)
        layout.addWidget(canvas, 1)

    def title(self, entry: StructureEntry | None) -> None:
        """Name and formula above the canvas."""
        words = "" if entry is None else entry.name
        if entry is not None and entry.formula != entry.name:
            words += f" ({entry.formula})"
        self.name.setText(words)
        self.name.setToolTip(words)


class Comparison(QObject):
    """Adds panes beside the main one and links all cameras.

    ``widget`` holds the panes; ``changed`` comes when structures join or leave.
    """

    changed = Signal()

    def __init__(self, view: CrystalView, controller: Controller) -> None:
        super().__init__(view)
        self._view = view
        self._controller = controller
        self._session = controller.session
        self.widget = QWidget()
        self._grid = QGridLayout(self.widget)
        self._grid.setContentsMargins(0, 0, 0, 0)
        self._grid.setSpacing(1)
        self._main = Pane(view.canvas, closable=False)
        self._companions: dict[str, Pane] = {}
        self._link(view.canvas)
        self.menu = QMenu("&Compare with", self.widget)
        self.menu.aboutToShow.connect(self._fill_menu)
        self._arrange()
        session = self._session
        session.entries_changed.connect(self._drop_closed)
        session.style_changed.connect(self._restyle)
        session.analysis_changed.connect(lambda entry_id: self._recolour([entry_id]))
        session.colouring_changed.connect(lambda _: self._recolour(self._companions))
        session.selection_changed.connect(lambda _: self._mark())
        session.current_changed.connect(lambda _: self._name_main())

    @property
    def companions(self) -> list[str]:
        """Ids of the structures beside the current one."""
        return list(self._companions)

    def canvas(self, entry_id: str) -> CrystalCanvas:
        """The canvas of a companion."""
        return self._companions[entry_id].canvas

    def compare(self, entry_ids: Iterable[str]) -> None:
        """Show these structures (at most four count) side by side; the current one is among them, or becomes so."""
        known = self._session.entries
        wanted = [entry_id for entry_id in dict.fromkeys(entry_ids) if entry_id in known]
        if not wanted:
            return
        current = self._session.current
        if current is None or current.id not in wanted:
            self._session.set_current(wanted[0])
            current = known[wanted[0]]
        self.end()
        for entry_id in [e for e in wanted if e != current.id][:MOST_COMPANIONS]:
            self._add(known[entry_id])
        self._settle()

    def toggle(self, entry_id: str) -> None:
        """Take a structure in, or out."""
        if entry_id in self._companions:
            self._remove(entry_id)
        elif len(self._companions) < MOST_COMPANIONS and entry_id in self._session.entries:
            self._add(self._session.entries[entry_id])
        self._settle()

    def end(self) -> None:
        """Show the current structure alone."""
        for entry_id in list(self._companions):
            self._remove(entry_id)
        self._settle()

    def finalise(self) -> None:
        """Free what VTK holds."""
        for pane in self._companions.values():
            pane.canvas.finalise()

    # --- panes --------------------------------------------------------------------------------------

    def _add(self, entry: StructureEntry) -> None:
        canvas = CrystalCanvas()
        canvas.setObjectName(f"compared-{entry.id}")
        pane = Pane(canvas, closable=True)
        pane.title(entry)
        pane.closed.connect(partial(self.toggle, entry.id))
        canvas.set_cameras(self._session.views.cameras)
        canvas.set_site_text(partial(self._view.tip, entry))
        canvas.set_structure(entry, self._session.style(entry.id), self._session.found_bonds(entry.id))
        canvas.set_values(*self._view.coloured(entry))
        canvas.set_selection(self._view.selected_in(entry))
        canvas.picked.connect(partial(self._on_picked, entry.id))
        canvas.hovered.connect(partial(self._on_hovered, entry.id))
        self._link(canvas)
        self._companions[entry.id] = pane
        self._face_alike(canvas)

    def _face_alike(self, canvas: CrystalCanvas) -> None:
        """A newcomer is seen from the same side as the current structure."""
        main = self._view.canvas.camera
        entry = canvas.entry
        if main is None or entry is None:
            return
        canvas.prepare()
        canvas.follow_camera(lambda camera: camera.looking(main.back, main.up))
        canvas.follow_look("")

    def _remove(self, entry_id: str) -> None:
        pane = self._companions.pop(entry_id)
        pane.canvas.finalise()
        self._grid.removeWidget(pane)
        pane.hide()
        pane.deleteLater()

    def _settle(self) -> None:
        self._arrange()
        self._name_main()
        self.changed.emit()

    def _arrange(self) -> None:
        """One row; four structures stand in two."""
        panes = [self._main, *self._companions.values()]
        columns = 2 if len(panes) == 4 else len(panes)
        for place, pane in enumerate(panes):
            self._grid.addWidget(pane, place // columns, place % columns)
        for column in range(4):
            self._grid.setColumnStretch(column, 1 if column < columns else 0)
        for row in range(2):
            self._grid.setRowStretch(row, 1 if row * columns < len(panes) else 0)
        self._main.head.setVisible(len(panes) > 1)

    def _name_main(self) -> None:
        self._main.title(self._session.current)

    def shown(self) -> Shown:
        """The panes as they stand, for a picture of all of them."""
        panes = [self._main, *self._companions.values()]
        columns = 2 if len(panes) == 4 else len(panes)
        named = [(pane.canvas, pane.name.text() if len(panes) > 1 else "") for pane in panes]
        rows = tuple(tuple(named[start : start + columns]) for start in range(0, len(named), columns))
        return Shown(rows, self.widget.size() if len(panes) > 1 else self._main.canvas.size())

    # --- linked cameras -----------------------------------------------------------------------------

    def _all(self) -> list[CrystalCanvas]:
        return [self._view.canvas, *(pane.canvas for pane in self._companions.values())]

    def _link(self, canvas: CrystalCanvas) -> None:
        canvas.camera_moved.connect(partial(self._on_camera_moved, canvas))
        canvas.looked.connect(partial(self._on_looked, canvas))

    def _on_camera_moved(self, source: CrystalCanvas, before: Camera, after: Camera) -> None:
        for canvas in self._all():
            if canvas is not source:
                canvas.follow_camera(_same_move(before, after))

    def _on_looked(self, source: CrystalCanvas, view: str) -> None:
        for canvas in self._all():
            if canvas is not source:
                canvas.follow_look(view)

    # --- session -> panes ---------------------------------------------------------------------------

    def _drop_closed(self) -> None:
        gone = [entry_id for entry_id in self._companions if entry_id not in self._session.entries]
        for entry_id in gone:
            self._remove(entry_id)
        if gone:
            self._settle()

    def _restyle(self) -> None:
        for entry_id, pane in self._companions.items():
            pane.canvas.set_crystal_style(self._session.style(entry_id))

    def _recolour(self, entry_ids: Iterable[str]) -> None:
        for entry_id in entry_ids:
            pane = self._companions.get(entry_id)
            if pane is not None and pane.canvas.entry is not None:
                pane.canvas.set_values(*self._view.coloured(pane.canvas.entry))

    def _mark(self) -> None:
        for pane in self._companions.values():
            if pane.canvas.entry is not None:
                pane.canvas.set_selection(self._view.selected_in(pane.canvas.entry))

    def _on_picked(self, entry_id: str, sites: frozenset[int], mode: str) -> None:
        self._controller.select(frozenset(SiteRef(entry_id, site) for site in sites), mode)

    def _on_hovered(self, entry_id: str, site: int) -> None:
        self._view.hovered.emit(SiteRef(entry_id, site) if site >= 0 else None)

    # --- menu ---------------------------------------------------------------------------------------

    def _fill_menu(self) -> None:
        self.menu.clear()
        current = self._session.current
        others = [e for e in self._session.entries.values() if current is None or e.id != current.id]
        full = len(self._companions) >= MOST_COMPANIONS
        for entry in others[:_MOST_LISTED]:
            action = self.menu.addAction(entry.name.replace("&", "&&"), partial(self.toggle, entry.id))
            action.setCheckable(True)
            action.setChecked(entry.id in self._companions)
            action.setEnabled(action.isChecked() or not full)
        if not others:
            self.menu.addAction("Open another structure to compare").setEnabled(False)
        if len(others) > _MOST_LISTED:
            self.menu.addAction("Choose others in the list of structures").setEnabled(False)
        self.menu.addSeparator()
        self.menu.addAction("End comparison", self.end).setEnabled(bool(self._companions))


def _same_move(before: Camera, after: Camera) -> Callable[[Camera], Camera]:
    """The move of one camera, for another: same direction, same change of scale, same shift in the picture."""
    zoom = after.half_height / before.half_height
    shift = (after.focal - before.focal) / before.half_height

    def move(camera: Camera) -> Camera:
        return replace(
            camera,
            back=after.back,
            up=after.up,
            half_height=camera.half_height * zoom,
            focal=camera.focal + shift * camera.half_height,
        )

    return move
