"""How finely the map is drawn: fewer points while it moves, a density image where very many are in view."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QObject, QRectF, QTimer, Signal

from negnn_gui.app.views.embedding_map_density import density_image
from negnn_gui.app.views.embedding_map_plot import MapPlot
from negnn_gui.app.views.embedding_map_points import FloatArray

MAX_POINTS = 50_000
_REST_MS = 150
_IMAGE_EVERY_MS = 40
_BEHIND = 0.45


class MapDetail(QObject):
    """Watches the view of a plot and keeps it quick.

    While the view moves, points that lie under others are left out; 150 ms after it came to rest all are drawn.
    More than 50,000 sites in view are an image of their density, kept up to date while the view moves.
    ``density_changed`` tells whether the sites are drawn as such an image.
    """

    density_changed = Signal(bool)

    def __init__(self, plot: MapPlot) -> None:
        super().__init__(plot)
        self._plot = plot
        self._xy: FloatArray = np.empty((0, 2))
        self._colours: NDArray[np.uint8] = np.empty((0, 3), dtype=np.uint8)
        self._dense = False
        self._rest = QTimer(self, singleShot=True, interval=_REST_MS)
        self._rest.timeout.connect(self.draw_all)
        self._image = QTimer(self, singleShot=True, interval=_IMAGE_EVERY_MS)
        self._image.timeout.connect(self.choose)
        plot.view_changed.connect(self._on_view_changed)

    def show(self, xy: FloatArray, colours: NDArray[np.uint8]) -> None:
        """The (N, 2) places of the sites that are drawn and their (N, 3) colours."""
        self._xy, self._colours = xy, colours
        self.choose()

    def move(self, xy: FloatArray) -> None:
        """The same sites at other places."""
        self._xy = xy
        if len(xy) > MAX_POINTS:
            self._hurry()
            if not self._image.isActive():
                self._image.start()

    def set_some_selected(self, some_selected: bool) -> None:
        """Let the density image step back behind selected sites."""
        self._plot.density_image.setOpacity(_BEHIND if some_selected else 1.0)

    def choose(self) -> None:
        """Draw the many as a density image, the few that are in view as points."""
        image, view = None, QRectF(self._plot.getViewBox().viewRect())
        if len(self._xy) > MAX_POINTS:
            size = self._plot.viewport().size()
            image = density_image(
                self._xy, view, (size.width(), size.height()), self._colours, few=MAX_POINTS
            )
        if image is not None:
            self._plot.density_image.setImage(image, levels=(0, 255))
            self._plot.density_image.setRect(view)
        self._plot.site_points.setVisible(image is None)
        self._plot.density_image.setVisible(image is not None)
        if self._dense != (image is not None):
            self._dense = image is not None
            self.density_changed.emit(self._dense)

    @property
    def dense(self) -> bool:
        """Whether the sites are drawn as a density image."""
        return self._dense

    def draw_all(self) -> None:
        """Draw every point: the view rests."""
        self._rest.stop()
        for item in self._plot.point_layers:
            item.set_hurried(False)

    def _hurry(self) -> None:
        for item in self._plot.point_layers:
            item.set_hurried(True)
        self._rest.start()

    def _on_view_changed(self) -> None:
        self._hurry()
        if len(self._xy) > MAX_POINTS and not self._image.isActive():
            self._image.start()
