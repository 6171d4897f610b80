"""What is pointed at in the 3D view: picking, hovering, and measuring the picked atoms."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from PySide6.QtCore import QPointF, QRectF
from PySide6.QtWidgets import QToolTip

if TYPE_CHECKING:
    from negnn_gui.app.scene.measure import AtomRef
    from negnn_gui.app.views.canvas import CrystalCanvas
    from negnn_gui.app.views.canvas_scene import LazyScene


class Pointing:
    """Finds atoms under the pointer and has the canvas tell.

    Attributes
    ----------
    site_text : callable
        Drawn atom -> tool tip.
    measurement : str
        What the picked atoms measure; "" for none or more than four.
    """

    def __init__(self, canvas: CrystalCanvas, lazy: LazyScene) -> None:
        self._canvas, self._lazy = canvas, lazy
        self._hovered: AtomRef | None = None
        self.site_text: Callable[[AtomRef], str] = lazy.describe
        self.measurement = ""

    def pick_at(self, where: QPointF, adding: bool) -> None:
        """Select the atom at a point of the view, or with ``adding`` add it or take it away."""
        if self._lazy.made is None or self._lazy.entry is None:
            return
        ref = self.atom_at(where)
        if not adding:
            self._lazy.picks.replace(ref)
            self._canvas.picked.emit(frozenset() if ref is None else frozenset({ref.site}), "replace")
        elif ref is not None:
            mode = self._lazy.picks.toggle(ref)
            self._canvas.picked.emit(frozenset({ref.site}), mode)
        self.measure()
        self._canvas.refresh()

    def pick_inside(self, band: QRectF, adding: bool) -> None:
        """Select the atoms whose centres lie inside a rubber band."""
        scene = self._lazy.made
        if scene is not None and scene.drawing is not None:
            corner = (band.left(), band.top())
            opposite = (band.right(), band.bottom())
            inside = scene.pick_rectangle(corner, opposite, self._canvas.width(), self._canvas.height())
            sites = frozenset(int(site) for site in scene.drawing.atoms.site[inside])
            self._canvas.picked.emit(sites, "add" if adding else "replace")
        self._canvas.update()

    def clear(self) -> None:
        """Select nothing."""
        self._lazy.picks.clear()
        self._canvas.picked.emit(frozenset(), "replace")
        self.measure()
        self._canvas.refresh()

    def hover(self, where: QPointF, on_screen: QPointF) -> None:
        """Say which atom is under the pointer, with a tool tip."""
        atom = self.atom_at(where)
        if atom != self._hovered:
            self._hovered = atom
            self._canvas.hovered.emit(-1 if atom is None else atom.site)
            QToolTip.showText(on_screen.toPoint(), "" if atom is None else self.site_text(atom), self._canvas)

    def atom_at(self, where: QPointF) -> AtomRef | None:
        """The drawn atom at a point of the view, or None."""
        scene = self._lazy.made
        if scene is None or self._lazy.entry is None:
            return None
        index = scene.pick(where.x(), where.y(), self._canvas.width(), self._canvas.height())
        return None if index < 0 else scene.atom(index)

    def leave(self) -> None:
        """Nothing is under the pointer any more."""
        if self._hovered is not None:
            self._hovered = None
            self._canvas.hovered.emit(-1)

    def forget(self) -> None:
        """Another structure is shown."""
        self._hovered = None
        self.measure()

    def measure(self) -> None:
        """Measure what is picked now."""
        result = self._lazy.measure()
        words = "" if result is None else result.text
        if words != self.measurement:
            self.measurement = words
            self._canvas.measured.emit(words)
