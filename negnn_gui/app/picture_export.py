"""The 3D view as a file or on the clipboard: asks for size and place, draws, saves, says so."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QBuffer, QIODevice, QObject, Qt, Signal
from PySide6.QtGui import QGuiApplication, QImage
from PySide6.QtWidgets import QWidget

from negnn_gui.app.file_dialogs import ask_where_to_save
from negnn_gui.app.jobs import sentence
from negnn_gui.app.views.image_dialog import DOTS_PER_INCH, ImageChoice, ImageDialog
from negnn_gui.export.atomic import write_whole

if TYPE_CHECKING:
    from negnn_gui.app.preferences import Preferences
    from negnn_gui.app.views.canvas import CrystalCanvas

_PER_METRE = 1.0 / 0.0254


class PictureExport(QObject):
    """``said`` carries a sentence, ``problem`` one for a dialog."""

    said = Signal(str)
    problem = Signal(str)

    def __init__(self, window: QWidget, preferences: Preferences) -> None:
        super().__init__(window)
        self._window = window
        self._preferences = preferences

    def ask(self, canvas: CrystalCanvas | None) -> ImageDialog | None:
        """Show the dialog for a picture of the crystal."""
        shown = self._shown(canvas)
        if shown is None:
            return None
        dialog = ImageDialog(
            shown.size(), self._window, self._preferences.image_scale, self._preferences.transparent
        )
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.save_wanted.connect(lambda choice: self._choose_file(shown, choice, dialog))
        dialog.copy_wanted.connect(lambda choice: self.copy(shown, choice))
        dialog.open()
        return dialog

    def copy(self, canvas: CrystalCanvas | None, choice: ImageChoice | None = None) -> None:
        """Put a picture on the clipboard; without a choice as the settings say."""
        shown = self._shown(canvas)
        if shown is None:
            return
        scale, transparent = self._preferences.image_scale, self._preferences.transparent
        choice = choice or ImageChoice(
            scale * shown.width(), scale * shown.height(), DOTS_PER_INCH, transparent, legend=True
        )
        image = self._draw(shown, choice)
        if image is not None:
            QGuiApplication.clipboard().setImage(image)
            self.said.emit(f"Copied a picture of {image.width():,} × {image.height():,} pixels")

    def save(self, canvas: CrystalCanvas, choice: ImageChoice, path: Path) -> bool:
        """Draw a picture into a PNG file."""
        if path.suffix.lower() != ".png":
            self.problem.emit(f"{path.name} was not written: pictures are saved as .png; give such a name.")
            return False
        image = self._draw(canvas, choice)
        if image is None:
            return False
        try:
            with _busy():
                write_whole(path, _png(image))
        except OSError as error:
            self.problem.emit(f"{path.name} could not be saved: {sentence(error)}.")
            return False
        self.said.emit(f"Saved {path} ({image.width():,} × {image.height():,} pixels)")
        return True

    def ask_for_scene(self, canvas: CrystalCanvas | None) -> None:
        """Choose where to save the bodies of the crystal as glTF."""
        shown = self._shown(canvas)
        if shown is not None:
            self._ask(
                "Export 3D scene",
                ".glb",
                "Binary glTF (*.glb)",
                shown,
                lambda path: self.save_scene(shown, path),
            )

    def save_scene(self, canvas: CrystalCanvas, path: Path) -> bool:
        """Write the bodies of the crystal as binary glTF."""
        from negnn_gui.app.scene.gltf import write_glb

        if path.suffix.lower() != ".glb":
            self.problem.emit(f"{path.name} was not written: 3D scenes are saved as .glb; give such a name.")
            return False
        entry = canvas.entry
        try:
            with _busy():
                write_glb(path, canvas.shapes(), "crystal" if entry is None else entry.name)
        except OSError as error:
            self.problem.emit(f"{path.name} could not be saved: {sentence(error)}.")
            return False
        except RuntimeError as error:
            self.problem.emit(f"The 3D scene could not be made: {error}")
            return False
        self.said.emit(f"Saved {path} ({path.stat().st_size / 1e6:.1f} MB, 1 unit is 1 Å)")
        return True

    def _choose_file(self, canvas: CrystalCanvas, choice: ImageChoice, dialog: ImageDialog) -> None:
        def save(path: Path) -> None:
            if self.save(canvas, choice, path):
                dialog.accept()

        self._ask("Export image", ".png", "PNG image (*.png)", canvas, save)

    def _shown(self, canvas: CrystalCanvas | None) -> CrystalCanvas | None:
        if canvas is None or canvas.entry is None:
            self.said.emit("Open a structure first; then its picture can be saved.")
            return None
        if canvas.failure:
            self.said.emit(canvas.failure)
            return None
        return canvas

    def _draw(self, canvas: CrystalCanvas, choice: ImageChoice) -> QImage | None:
        from negnn_gui.app.scene.window import GraphicsError

        try:
            with _busy():
                image = canvas.image(choice.width, choice.height, choice.transparent, choice.legend)
        except (GraphicsError, MemoryError) as error:
            self.problem.emit(
                f"The picture could not be drawn: {error or 'not enough memory'}; try a smaller one."
            )
            return None
        per_metre = round(choice.dots_per_inch * _PER_METRE)
        image.setDotsPerMeterX(per_metre)
        image.setDotsPerMeterY(per_metre)
        return image

    def _ask(
        self, title: str, suffix: str, kinds: str, canvas: CrystalCanvas, save: Callable[[Path], object]
    ) -> None:
        name = "crystal" if canvas.entry is None else canvas.entry.name

        def take(path: Path, _kind: str) -> None:
            self._preferences.folder = str(path.parent)
            save(path)

        ask_where_to_save(
            self._window, title, Path(self._preferences.folder) / f"{name}{suffix}", take, kinds
        )


def _png(image: QImage) -> bytes:
    """The bytes of a file: Qt, which would write it as well, does not tell why it could not."""
    buffer = QBuffer()
    buffer.open(QIODevice.OpenModeFlag.WriteOnly)
    image.save(buffer, "PNG")  # type: ignore[call-overload]  # it takes a device too
    return bytes(buffer.data().data())


@contextmanager
def _busy() -> Iterator[None]:
    QGuiApplication.setOverrideCursor(Qt.CursorShape.WaitCursor)
    try:
        yield
    finally:
        QGuiApplication.restoreOverrideCursor()
