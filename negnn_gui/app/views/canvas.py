"""The 3D view: a widget that paints the pixels of an unseen VTK window.

It shows on X11, Wayland, macOS, Windows and Qt's offscreen platform alike, and ``grab()`` contains the
crystal. VTK is loaded and its window made when the first crystal is painted, not before.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QEvent, QRectF, QSize, Qt, QTimer, Signal
from PySide6.QtGui import (
    QCloseEvent,
    QImage,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QResizeEvent,
    QWheelEvent,
)
from PySide6.QtWidgets import QSizePolicy, QWidget

from negnn_gui.app.scene.colouring import Colouring
from negnn_gui.app.scene.style import Style
from negnn_gui.app.views.canvas_gestures import Gestures
from negnn_gui.app.views.canvas_painting import (
    paint_measurement,
    paint_rubber_band,
    paint_words,
    theme_of,
    to_image,
)
from negnn_gui.app.views.canvas_pointing import Pointing
from negnn_gui.app.views.canvas_scene import LazyScene
from negnn_gui.app.views.canvas_spin import Spin

if TYPE_CHECKING:
    from negnn_gui.app.scene.bonds import CellBonds
    from negnn_gui.app.scene.camera import Camera
    from negnn_gui.app.scene.crystal import CrystalScene
    from negnn_gui.app.scene.layers import Shapes
    from negnn_gui.app.scene.measure import AtomRef
    from negnn_gui.app.scene.moments import Magnitudes
    from negnn_gui.app.scene.view_state import KeptView
    from negnn_gui.structures.entry import StructureEntry

logger = logging.getLogger(__name__)

EMPTY_TEXT = "Drop a CIF here or press Ctrl+O"
_REST_MS = 160
# Sites of a crystal whose picture takes no longer than the eye needs to see it.
_AT_ONCE = 500


class CrystalCanvas(QWidget):
    """Shows one crystal; emits what the user points at and leaves the decision to others.

    Signals
    -------
    picked(frozenset of int, str)
        Site indices, and "replace", "add" or "toggle".
    hovered(int)
        Site under the pointer, -1 for none.
    measured(str)
        Position, distance, angle or dihedral of 1 to 4 selected atoms; "" for none.
    style_wanted(Style)
        A key asks for bonds or the cell, or for none.
    camera_moved(Camera, Camera)
        Somebody moved the camera: before and after.
    looked(str)
        Somebody chose a named direction; "" for a fit in the same direction.
    menu_wanted(QPoint, AtomRef or None)
        A right click, in global coordinates, and the atom there.
    spin_changed(bool)
        The crystal began or stopped turning by itself.
    shown(str)
        The first picture of a small crystal that was opened or chosen has been handed to the screen; its id.
    """

    picked = Signal(object, str)
    hovered = Signal(int)
    measured = Signal(str)
    style_wanted = Signal(object)
    camera_moved = Signal(object, object)
    looked = Signal(str)
    menu_wanted = Signal(object, object)
    spin_changed = Signal(bool)
    shown = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("crystal-canvas")
        self.setAccessibleName("Crystal structure in 3D")
        self.setWhatsThis(
            "Arrows turn, Shift+arrows move, + and - zoom, 1, 2, 3 look along a, b, c, = shows all"
        )
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setMouseTracking(True)
        self.setMinimumSize(120, 90)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)
        self._lazy = LazyScene()
        self._lazy.theme = theme_of(self.palette())
        # Qt may destroy the widget when its Python half is gone: the window must be freed all the same.
        self.destroyed.connect(self._lazy.release)
        self._pointing = Pointing(self, self._lazy)
        self._gestures = Gestures(self, self._pointing)
        self._spin = Spin(self)
        self._failure = ""
        self._picture: QImage | None = None
        self._pictured: str | None = None
        self._stale = True
        self._quick = False
        self._finalised = False
        self._rest = QTimer(self)
        self._rest.setSingleShot(True)
        self._rest.setInterval(_REST_MS)
        self._rest.timeout.connect(self.refresh)

    def sizeHint(self) -> QSize:
        """A size at which a crystal with its legend is at ease."""
        return QSize(640, 480)

    # --- what is shown ------------------------------------------------------------------------------

    @property
    def entry(self) -> StructureEntry | None:
        """The structure that is shown."""
        return self._lazy.entry

    def set_cameras(self, cameras: dict[str, KeptView]) -> None:
        """Keep where structures are seen from in this dict (by entry id), and look it up there."""
        self._lazy.cameras = cameras

    def set_structure(
        self, entry: StructureEntry | None, style: Style | None = None, found: CellBonds | None = None
    ) -> None:
        """Show a structure, from where it was seen last if it was shown before; None shows an invitation.

        ``style`` None keeps the style; ``found`` are the bonds that CrystalNN found.
        """
        self._lazy.set_entry(entry, style, found)
        self._pointing.forget()
        self.setAccessibleDescription("No structure" if entry is None else f"{entry.name}, {entry.formula}")
        self.refresh()

    def set_values(
        self,
        colouring: Colouring,
        values: NDArray[np.float64] | None,
        magnitudes: Magnitudes | None = None,
        doubtful: frozenset[int] = frozenset(),
    ) -> None:
        """Colour the atoms; ``values`` (N,) as from ``colouring.site_values``, magnitudes for bars and balls.

        ``doubtful`` sites get a ring of their own.
        """
        self._lazy.set_values(colouring, values, magnitudes, doubtful)
        self.refresh()

    def set_found_bonds(self, found: CellBonds | None) -> None:
        """Bonds that CrystalNN found, for a style that asks for them."""
        self._lazy.set_found_bonds(found)
        self.refresh()

    def set_selection(self, sites: frozenset[int]) -> None:
        """Mark sites with rings and measure them, where they are 1 to 4."""
        self._lazy.set_sites(sites)
        self._pointing.measure()
        self.refresh()

    @property
    def pictured(self) -> str | None:
        """Id of the structure that the last painted picture shows."""
        return self._pictured

    @property
    def is_moving(self) -> bool:
        """Whether a finer picture follows as soon as the crystal has been at rest for a moment."""
        return self._rest.isActive()

    @property
    def is_smooth(self) -> bool:
        """Whether the picture is as fine as it will be: nothing is moving, nothing waits to be drawn."""
        return not (self._stale or self._quick or self.is_moving)

    @property
    def crystal_style(self) -> Style:
        """What is drawn of the crystal."""
        return self._lazy.style

    def set_crystal_style(self, style: Style) -> None:
        """Draw in another style.

        Raises
        ------
        ValueError
            The structure cannot be drawn like this.
        """
        if style != self._lazy.style:
            self._lazy.set_style(style)
            self.refresh()

    def set_site_text(self, text: Callable[[AtomRef], str] | None) -> None:
        """Say where the tool tip of a drawn atom comes from; None: label, position and value."""
        self._pointing.site_text = text or self._lazy.describe

    # --- view ---------------------------------------------------------------------------------------

    def look(self, view: str) -> None:
        """Look along a, b, c, a*, b*, c*, "[uvw]" or "(hkl)"; "standard" is the view from the start.

        Raises
        ------
        ValueError
            There is no such view.
        """
        self._lazy.look(view)
        self.refresh()
        self.looked.emit(view)

    def fit(self) -> None:
        """Fit the crystal into the view without turning it."""
        self._lazy.fit()
        self.refresh()
        self.looked.emit("")

    def prepare(self) -> None:
        """Make the scene before it is first painted, so that its camera can be moved."""
        from negnn_gui.app.scene.window import GraphicsError

        with suppress(GraphicsError):
            self._lazy.scene()

    def centre_on(self, atom: AtomRef) -> None:
        """Put an atom into the middle of the view; the crystal turns about it from now on."""
        from negnn_gui.app.scene.measure import atom_position

        drawing = None if self._lazy.made is None else self._lazy.made.drawing
        if drawing is not None:
            place = atom_position(atom, drawing.lattice, drawing.frac)
            self.move_camera(lambda camera: replace(camera, focal=place))

    def bonds_are_drawn(self) -> bool:
        """Whether bonds are drawn."""
        return self._lazy.bonds_are_drawn()

    @property
    def spinning(self) -> bool:
        """Whether the crystal turns by itself."""
        return self._spin.isActive()

    def set_spinning(self, wanted: bool) -> None:
        """Let the crystal turn slowly about the vertical, or stop it."""
        if wanted != self.spinning and not (wanted and self._finalised):
            self._spin.set_spinning(wanted)
            self.spin_changed.emit(wanted)

    @property
    def camera(self) -> Camera | None:
        """Where the crystal is seen from; None before the first picture."""
        return None if self._lazy.made is None else self._lazy.made.camera

    def move_camera(self, move: Callable[[Camera], Camera]) -> None:
        """See the crystal from where ``move`` takes the camera; drawn coarsely until it rests."""
        if self._lazy.made is not None and self._lazy.entry is not None:
            before = self._lazy.made.camera
            self.follow_camera(move)
            self.camera_moved.emit(before, self._lazy.made.camera)

    def follow_camera(self, move: Callable[[Camera], Camera]) -> None:
        """As ``move_camera``, on behalf of another view that is linked with this one: nothing is emitted."""
        if self._lazy.made is not None and self._lazy.entry is not None:
            self._lazy.set_camera(move(self._lazy.made.camera))
            self._rest.start()
            self.refresh()

    def follow_look(self, view: str) -> None:
        """As ``look`` (or ``fit``, for ""), on behalf of a linked view: nothing is emitted."""
        if view:
            self._lazy.look(view)
        else:
            self._lazy.fit()
        self.refresh()

    def picture_scene(self, width: int, height: int, legend: bool = True) -> CrystalScene:
        """The view on white in a scene of its own, for a picture of that size; to be released by the caller.

        Raises
        ------
        GraphicsError
            This machine offers no OpenGL.
        """
        return self._lazy.picture_scene(width, height, (self.width(), self.height()), legend)

    def shapes(self) -> Shapes:
        """The bodies that are drawn, for a file of another program."""
        return self._lazy.shapes()

    @property
    def failure(self) -> str:
        """Why nothing can be drawn on this machine, in one sentence; "" where it can."""
        return self._failure

    def refresh(self) -> None:
        """Draw again when Qt next paints."""
        self._stale = True
        self.update()

    def paint_now(self) -> None:
        """Show a small crystal in the next turn of the event loop; others wait until Qt paints.

        Not at once: painting here paints the whole window, whose lists may still hold what has just been closed.
        Its edges are smoothed when it has been seen for a moment: software OpenGL needs three times as long for that.
        """
        if self._lazy.entry is not None and self._lazy.entry.n_sites <= _AT_ONCE and self.isVisible():
            self._quick = True
            QTimer.singleShot(0, self, self._paint_first)

    def _paint_first(self) -> None:
        self.repaint()
        if self._lazy.entry is not None and self._pictured == self._lazy.entry.id:
            self.shown.emit(self._pictured)

    def warm_up(self) -> None:
        """Prepare VTK while nothing is shown; where there is no OpenGL, the first structure will say so."""
        from negnn_gui.app.scene.window import GraphicsError

        with suppress(GraphicsError):
            self._lazy.warm_up()

    def finalise(self) -> None:
        """Free the VTK window; may be called again. The widget stays blank afterwards."""
        self._finalised = True
        self._rest.stop()
        self._spin.stop()
        self._lazy.release()
        self._picture = None

    # --- what the pointer and the keys do -----------------------------------------------------------

    def toggle_bonds(self) -> None:
        """Show or hide the bonds."""
        self.style_wanted.emit(replace(self._lazy.style, bonds=not self._lazy.bonds_are_drawn()))

    def toggle_cell(self) -> None:
        """Show or hide the unit cell."""
        self.style_wanted.emit(replace(self._lazy.style, cell=not self._lazy.style.cell))

    # --- events -------------------------------------------------------------------------------------

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint the picture, drawing it first if something changed."""
        painter = QPainter(self)
        if self._lazy.entry is not None and self._stale and not self._failure and not self._finalised:
            self._draw()
        if self._lazy.entry is None or self._failure or self._picture is None:
            paint_words(painter, self, self._failure or ("" if self._finalised else EMPTY_TEXT))
            return
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        painter.drawImage(QRectF(self.rect()), self._picture)
        self._pictured = self._lazy.entry.id
        if self._pointing.measurement:
            paint_measurement(painter, self, self._pointing.measurement)
        if self._gestures.band is not None:
            paint_rubber_band(painter, self, self._gestures.band)

    def _draw(self) -> None:
        """Bring the picture up to date; a machine without OpenGL gets a sentence instead."""
        from negnn_gui.app.scene.window import GraphicsError

        self._stale = False
        ratio = self.devicePixelRatioF()
        width, height = max(1, round(self.width() * ratio)), max(1, round(self.height() * ratio))
        try:
            pixels = self._lazy.picture(width, height, ratio, moving=self._rest.isActive(), quick=self._quick)
        except GraphicsError as error:
            self._failure = str(error)
            logger.error(self._failure)
            return
        self._picture = to_image(pixels)
        if self._quick:
            self._quick = False
            self._rest.start()

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Keep a crystal that nobody moved fitted to the view."""
        super().resizeEvent(event)
        if self._lazy.fitted:
            self._lazy.fit()
        if self._picture is not None:
            self._rest.start()
        self.refresh()

    def changeEvent(self, event: QEvent) -> None:
        """Follow the palette from light to dark and back."""
        super().changeEvent(event)
        if event.type() == QEvent.Type.PaletteChange:
            self._lazy.set_theme(theme_of(self.palette()))
            self.refresh()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """See ``Gestures``; taking hold of the crystal stops its spin."""
        self.set_spinning(False)
        self._gestures.press(event)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """See ``Gestures``."""
        self._gestures.move(event)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        """See ``Gestures``."""
        self._gestures.release(event)

    def wheelEvent(self, event: QWheelEvent) -> None:
        """See ``Gestures``."""
        self._gestures.wheel(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """See ``Gestures``."""
        if not self._gestures.key(event):
            super().keyPressEvent(event)

    def leaveEvent(self, event: QEvent) -> None:
        """Nothing is under the pointer any more."""
        self._pointing.leave()

    def closeEvent(self, event: QCloseEvent) -> None:
        """Free the VTK window with the widget."""
        self.finalise()
        super().closeEvent(event)
