"""The 3D view as a file or on the clipboard: asks for size and place, draws, saves, says so."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Qt, Signal
from PySide6.QtGui import QGuiApplication, QImage
from PySide6.QtWidgets import QWidget

from negnn_gui.app.file_dialogs import ask_where_to_save
from negnn_gui.app.jobs import sentence
from negnn_gui.app.picture_job import PictureJob, Shown
from negnn_gui.app.views.image_dialog import DOTS_PER_INCH, LARGEST, ImageChoice, ImageDialog

if TYPE_CHECKING:
    from negnn_gui.app.preferences import Preferences
    from negnn_gui.app.views.canvas import CrystalCanvas


class PictureExport(QObject):
    """``said`` carries a sentence, ``problem`` one for a dialog."""

    said = Signal(str)
    problem = Signal(str)

    def __init__(self, window: QWidget, preferences: Preferences) -> None:
        super().__init__(window)
        self._window = window
        self._preferences = preferences

    def ask(self, shown: Shown | None) -> ImageDialog | None:
        """Show the dialog for a picture of the crystal, or of all that are compared."""
        if shown is None or self._shown(shown.canvas) is None:
            return None
        dialog = ImageDialog(
            shown.size, self._window, self._preferences.image_scale, self._preferences.transparent
        )
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.save_wanted.connect(lambda choice: self._choose_file(shown, choice, dialog))
        dialog.copy_wanted.connect(lambda choice: self.copy(shown, choice))
        dialog.open()
        return dialog

    def copy(self, shown: Shown | None, choice: ImageChoice | None = None) -> None:
        """Put a picture on the clipboard; without a choice as the settings say."""
        if shown is None or self._shown(shown.canvas) is None:
            return
        scale, transparent = self._preferences.image_scale, self._preferences.transparent
        width, height = (min(scale * side, LARGEST) for side in shown.size.toTuple())
        choice = choice or ImageChoice(width, height, DOTS_PER_INCH, transparent, legend=True)
        self._start(shown, choice, None).drawn.connect(self._on_copied)

    def save(self, shown: Shown, choice: ImageChoice, path: Path) -> PictureJob | None:
        """Draw a picture into a PNG file; None where the name does not allow it."""
        if path.suffix.lower() != ".png":
            self.problem.emit(f"{path.name} was not written: pictures are saved as .png; give such a name.")
            return None
        job = self._start(shown, choice, path)
        job.drawn.connect(
            lambda _: self.said.emit(f"Saved {path} ({choice.width:,} × {choice.height:,} pixels)")
        )
        return job

    def cancel(self) -> None:
        """Give up every picture that is being drawn."""
        for job in self.findChildren(PictureJob):
            job.cancel()

    def _start(self, shown: Shown, choice: ImageChoice, path: Path | None) -> PictureJob:
        job = PictureJob(shown, choice, path, self._window)
        job.setParent(self)
        job.failed.connect(self._on_failed)
        job.failed.connect(job.deleteLater)
        job.drawn.connect(job.deleteLater)
        return job

    def _on_copied(self, image: QImage) -> None:
        QGuiApplication.clipboard().setImage(image)
        self.said.emit(f"Copied a picture of {image.width():,} × {image.height():,} pixels")

    def _on_failed(self, sentence: str) -> None:
        if sentence:
            self.problem.emit(sentence)
        else:
            self.said.emit("The picture was given up.")

    def ask_for_scene(self, shown: Shown | None) -> None:
        """Choose where to save the bodies of the crystal, or of all that are compared, as glTF."""
        if shown is not None and self._shown(shown.canvas) is not None:
            self._ask(
                "Export 3D scene",
                ".glb",
                "Binary glTF (*.glb)",
                shown.canvas,
                lambda path: self.save_scene(shown, path),
            )

    def save_scene(self, shown: Shown, path: Path) -> bool:
        """Write the bodies of the crystals as binary glTF, from left to right."""
        from negnn_gui.app.scene.gltf import write_glb_row

        if path.suffix.lower() != ".glb":
            self.problem.emit(f"{path.name} was not written: 3D scenes are saved as .glb; give such a name.")
            return False
        canvases = [canvas for row in shown.rows for canvas, _ in row]
        try:
            with _busy():
                write_glb_row(path, [(_name(canvas), canvas.shapes()) for canvas in canvases])
        except OSError as error:
            self.problem.emit(f"{path.name} could not be saved: {sentence(error)}.")
            return False
        except RuntimeError as error:
            self.problem.emit(f"The 3D scene could not be made: {error}")
            return False
        self.said.emit(f"Saved {path} ({path.stat().st_size / 1e6:.1f} MB, 1 unit is 1 Å)")
        return True

    def _choose_file(self, shown: Shown, choice: ImageChoice, dialog: ImageDialog) -> None:
        def save(path: Path) -> None:
            if self.save(shown, choice, path) is not None:
                dialog.accept()

        self._ask("Export image", ".png", "PNG image (*.png)", shown.canvas, save)

    def _shown(self, canvas: CrystalCanvas | None) -> CrystalCanvas | None:
        if canvas is None or canvas.entry is None:
            self.said.emit("Open a structure first; then its picture can be saved.")
            return None
        if canvas.failure:
            self.said.emit(canvas.failure)
            return None
        return canvas

    def _ask(
        self, title: str, suffix: str, kinds: str, canvas: CrystalCanvas, save: Callable[[Path], object]
    ) -> None:
        def take(path: Path, _kind: str) -> None:
            self._preferences.folder = str(path.parent)
            save(path)

        ask_where_to_save(
            self._window, title, Path(self._preferences.folder) / f"{_name(canvas)}{suffix}", take, kinds
        )


def _name(canvas: CrystalCanvas) -> str:
    return "crystal" if canvas.entry is None else canvas.entry.name


@contextmanager
def _busy() -> Iterator[None]:
    QGuiApplication.setOverrideCursor(Qt.CursorShape.WaitCursor)
    try:
        yield
    finally:
        QGuiApplication.restoreOverrideCursor()
