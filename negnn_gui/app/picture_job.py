"""A picture that is drawn while the window stays alive: in small parts, with progress and Cancel."""

from __future__ import annotations

import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from PySide6.QtCore import QObject, QSize, Qt, QTimer, Signal
from PySide6.QtGui import QImage
from PySide6.QtWidgets import QProgressDialog, QWidget

from negnn_gui.app.jobs import sentence
from negnn_gui.app.views.canvas_painting import to_image
from negnn_gui.app.views.image_dialog import ImageChoice

if TYPE_CHECKING:
    from negnn_gui.app.scene.picture import Picture
    from negnn_gui.app.scene.png import PngWriter
    from negnn_gui.app.views.canvas import CrystalCanvas

_TURN_S = 0.04
_SHOW_AFTER_MS = 500


@dataclass(frozen=True, eq=False)
class Shown:
    """What stands in the 3D view: rows of canvases with the names above them, and the size of all together."""

    rows: tuple[tuple[tuple[CrystalCanvas, str], ...], ...]
    size: QSize

    @property
    def canvas(self) -> CrystalCanvas:
        """The one of the current structure."""
        return self.rows[0][0][0]

    @classmethod
    def alone(cls, canvas: CrystalCanvas) -> Shown:
        """One crystal without a name."""
        return cls((((canvas, ""),),), canvas.size())

    def picture(self, choice: ImageChoice) -> Picture:
        """What is to be drawn; it owns scenes of its own, so that the view may change meanwhile.

        Raises
        ------
        GraphicsError
            This machine offers no OpenGL.
        """
        from negnn_gui.app.scene.picture import Panel, Picture

        height = choice.height // len(self.rows)
        rows = [
            [
                Panel(canvas.picture_scene(choice.width // len(row), height, choice.legend), name)
                for canvas, name in row
            ]
            for row in self.rows
        ]
        return Picture(rows, choice.width, choice.height, choice.transparent)


class PictureJob(QObject):
    """Draws a picture into a file, or into memory.

    ``drawn`` carries a ``QImage`` (null where there is a file), ``failed`` a sentence (empty: it was cancelled);
    one of them comes in the end, and never from within the constructor.
    """

    drawn = Signal(object)
    failed = Signal(str)

    def __init__(self, shown: Shown, choice: ImageChoice, path: Path | None, parent: QWidget) -> None:
        super().__init__(parent)
        self._shown, self._choice, self._path = shown, choice, path
        self._picture: Picture | None = None
        self._writer: PngWriter | None = None
        self._image = np.empty((0, choice.width, 4), dtype=np.uint8)
        self._filled = 0
        words = "Drawing the picture…" if path is None else f"Drawing {path.name}…"
        self.progress = QProgressDialog(words, "Cancel", 0, 1000, parent)
        self.progress.setWindowTitle("Export image")
        self.progress.setWindowModality(Qt.WindowModality.WindowModal)
        self.progress.setMinimumDuration(_SHOW_AFTER_MS)
        self.progress.setAutoClose(False)
        self.progress.setAutoReset(False)
        self.progress.setValue(0)
        self.progress.canceled.connect(self.cancel)
        self._timer = QTimer(self)
        self._timer.timeout.connect(self._work)
        self._timer.start(0)

    @property
    def running(self) -> bool:
        """Whether it is still drawing."""
        return self._timer.isActive()

    def cancel(self) -> None:
        """Give up; no file is left behind."""
        if self.running:
            self._end()
            self.failed.emit("")

    def _work(self) -> None:
        """Draw for one turn of the event loop."""
        from negnn_gui.app.scene.window import GraphicsError

        until = time.perf_counter() + _TURN_S
        try:
            if self._picture is None:
                self._begin()
                return
            while time.perf_counter() < until:
                share, band = next(self._bands)
                if band is not None:
                    self._keep(band)
                self.progress.setValue(round(1000 * share))
        except StopIteration:
            self._complete()
        except OSError as error:
            self._give_up(
                f"{self._path.name if self._path else 'The picture'} could not be saved: {sentence(error)}."
            )
        except (GraphicsError, MemoryError) as error:
            self._give_up(
                f"The picture could not be drawn: {error or 'not enough memory'}; try a smaller one."
            )

    def _begin(self) -> None:
        from negnn_gui.app.scene.png import PngWriter

        choice = self._choice
        if self._path is None:
            self._image = np.empty((choice.height, choice.width, 4), dtype=np.uint8)
        else:
            self._writer = PngWriter(self._path, choice.width, choice.height, choice.dots_per_inch)
        self._picture = self._shown.picture(choice)
        self._bands = self._picture.bands()

    def _keep(self, band: np.ndarray) -> None:
        if self._writer is not None:
            self._writer.add(band)
        else:
            self._image[self._filled : self._filled + len(band)] = band
            self._filled += len(band)

    def _complete(self) -> None:
        try:
            if self._writer is not None:
                self._writer.finish()
        except OSError as error:
            self._give_up(
                f"{self._path.name if self._path else 'The picture'} could not be saved: {sentence(error)}."
            )
            return
        image = to_image(self._image) if self._writer is None else QImage()
        self._end()
        self.drawn.emit(image)

    def _give_up(self, sentence: str) -> None:
        self._end()
        self.failed.emit(sentence)

    def _end(self) -> None:
        self._timer.stop()
        self.progress.canceled.disconnect(self.cancel)
        self.progress.close()
        self.progress.deleteLater()
        if self._writer is not None:
            self._writer.discard()
        if self._picture is not None:
            self._picture.release()
        self._image = self._image[:0]
