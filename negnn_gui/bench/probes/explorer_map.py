"""The embedding map of the window, known sites and all, moved by mouse and wheel with very many sites on it."""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable

import numpy as np
from PySide6.QtCore import QEvent, QObject, QPoint, QPointF, QRectF, Qt
from PySide6.QtGui import QMouseEvent, QWheelEvent
from PySide6.QtWidgets import QApplication

from negnn_gui import locations
from negnn_gui.analysis.atlas import Atlas
from negnn_gui.app.views.embedding_map import EmbeddingMap
from negnn_gui.app.views.embedding_map_plot import Tool
from negnn_gui.bench.probes.answer import answer
from negnn_gui.bench.probes.many_sites import many_structures, random_analysis

_STEP_PX = 6
_NOTCH = 15  # an eighth of a click of the wheel, as touch pads send it
_REST_S = 1.0
_Button = Qt.MouseButton


class PaintCount(QObject):
    """Counts how often a widget has been painted."""

    def __init__(self) -> None:
        super().__init__()
        self.paints = 0

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Count, and let the event go on."""
        self.paints += event.type() == QEvent.Type.Paint
        return False


class MovedMap:
    """An :class:`EmbeddingMap` with sites and known sites, driven by real mouse and wheel events."""

    def __init__(self, application: QApplication, sites: int, size: tuple[int, int]) -> None:
        self._application = application
        atlas = Atlas.load(locations.resources_dir() / "atlas")
        self.map = EmbeddingMap()
        self.map.show()
        self.map.set_atlas(atlas)
        entries = many_structures(sites)
        self.map.set_analyses(
            {entry.id: entry for entry in entries},
            {entry.id: random_analysis(entry, k, atlas.encoder) for k, entry in enumerate(entries)},
        )
        self._viewport = self.map.plot.viewport()
        self.map.resize(size[0], size[1])
        self._application.processEvents()
        spare = self.map.size() - self._viewport.size()
        self.map.resize(size[0] + spare.width(), size[1] + spare.height())
        pan = next(button for button in self.map.tools.buttons() if button.text() == Tool.PAN.value)
        pan.click()
        self._count = PaintCount()
        self._viewport.installEventFilter(self._count)
        self.rest()

    def rest(self) -> None:
        """Wait until nothing moves any more."""
        until = time.perf_counter() + _REST_S
        while time.perf_counter() < until:
            self._application.processEvents()
            time.sleep(0.005)

    def zoom_to_sites(self, wanted: int) -> None:
        """Let so many sites be in view, around their middle."""
        xy = self.map.layers.xy
        middle = np.median(xy, axis=0)
        reach = np.abs(xy - middle).max(axis=1)
        half = float(np.sort(reach)[wanted])
        self.map.plot.getViewBox().setRange(
            QRectF(middle[0] - half, middle[1] - half, 2 * half, 2 * half), padding=0
        )
        self.rest()

    def in_view(self) -> int:
        """How many sites are in view."""
        pixels = self.map.plot.to_pixels(self.map.layers.xy)
        width, height = self._viewport.width(), self._viewport.height()
        return int(((pixels >= 0) & (pixels < (width, height))).all(axis=1).sum())

    def pan(self, steps: int) -> dict[str, float]:
        """Time of a picture while dragging to and fro."""
        middle = QPointF(self._viewport.rect().center())
        self._mouse(QEvent.Type.MouseButtonPress, middle, _Button.LeftButton)

        def step(number: int) -> None:
            there = number if number <= steps // 2 else steps - number
            place = middle + QPointF(20 + _STEP_PX * there, 0)
            self._mouse(QEvent.Type.MouseMove, place, _Button.NoButton)

        step(0)  # the jump that begins a drag
        self._application.processEvents()
        each = self._ms_per_picture(step, steps)
        self._mouse(QEvent.Type.MouseButtonRelease, middle, _Button.LeftButton)
        self.rest()
        return each

    def zoom(self, steps: int) -> dict[str, float]:
        """Time of a picture while the wheel turns in and out again."""
        middle = QPointF(self._viewport.rect().center())
        everywhere = QPointF(self._viewport.mapToGlobal(middle.toPoint()))

        def step(number: int) -> None:
            notch = QPoint(0, _NOTCH if number < steps // 2 else -_NOTCH)
            event = QWheelEvent(
                middle,
                everywhere,
                QPoint(),
                notch,
                _Button.NoButton,
                Qt.KeyboardModifier.NoModifier,
                Qt.ScrollPhase.NoScrollPhase,
                False,
            )
            QApplication.sendEvent(self._viewport, event)

        each = self._ms_per_picture(step, steps)
        self.rest()
        return each

    def _ms_per_picture(self, step: Callable[[int], None], steps: int) -> dict[str, float]:
        before, begin, worked = self._count.paints, time.perf_counter(), time.process_time()
        for number in range(steps):
            step(number)
            self._application.processEvents()
        clock, processor = time.perf_counter() - begin, time.process_time() - worked
        if self._count.paints - before < steps:
            raise RuntimeError(
                f"{steps} movements, but only {self._count.paints - before} pictures of the map"
            )
        return {"clock": 1000 * clock / steps, "processor": 1000 * processor / steps}

    def _mouse(self, kind: QEvent.Type, place: QPointF, button: Qt.MouseButton) -> None:
        held = _Button.NoButton if kind is QEvent.Type.MouseButtonRelease else _Button.LeftButton
        everywhere = QPointF(self._viewport.mapToGlobal(place.toPoint()))
        event = QMouseEvent(kind, place, everywhere, button, held, Qt.KeyboardModifier.NoModifier)
        QApplication.sendEvent(self._viewport, event)


def main() -> None:
    """Drag and zoom with all sites in view, and with as many as are still drawn as points."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--points", type=int, required=True)
    parser.add_argument("--steps", type=int, required=True)
    parser.add_argument("--width", type=int, default=800)
    parser.add_argument("--height", type=int, default=600)
    chosen = parser.parse_args()
    application = QApplication([])
    moved = MovedMap(application, chosen.points, (chosen.width, chosen.height))
    found = {"pan": moved.pan(chosen.steps), "zoom": moved.zoom(chosen.steps)}
    moved.zoom_to_sites(int(0.45 * chosen.points))
    found |= {"pan_points": moved.pan(chosen.steps), "zoom_points": moved.zoom(chosen.steps)}
    answer(
        **found,
        sites=len(moved.map.layers.sites),
        known=len(moved.map.layers.known_rows),
        in_view=moved.in_view(),
    )


if __name__ == "__main__":
    main()
