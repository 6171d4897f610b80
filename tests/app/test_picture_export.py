"""Pictures of the view: any size, on the clipboard, the same as the command's, and refusals in one sentence."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from pymatgen.core import Lattice, Structure
from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QGuiApplication, QImage
from PySide6.QtWidgets import QWidget
from pytestqt.qtbot import QtBot

from negnn_gui.app.picture_export import PictureExport
from negnn_gui.app.preferences import Preferences
from negnn_gui.app.scene.render import render_png
from negnn_gui.app.views.canvas import CrystalCanvas
from negnn_gui.app.views.image_dialog import LARGEST, ImageChoice, ImageDialog
from negnn_gui.structures.entry import StructureEntry

pytestmark = pytest.mark.gui


@pytest.fixture
def nacl() -> StructureEntry:
    structure = Structure(Lattice.cubic(5.64), ["Na", "Cl"], [[0, 0, 0], [0.5, 0.5, 0.5]])
    return StructureEntry("NaCl", None, 0, "NaCl", structure, ("Na1", "Cl1"))


@pytest.fixture
def canvas(qtbot: QtBot, nacl: StructureEntry) -> Iterator[CrystalCanvas]:
    widget = CrystalCanvas()
    qtbot.addWidget(widget)
    widget.resize(300, 200)
    widget.set_structure(nacl)
    widget.grab()
    yield widget
    widget.finalise()


@pytest.fixture
def pictures(qtbot: QtBot, preferences: Preferences) -> PictureExport:
    window = QWidget()
    qtbot.addWidget(window)
    made = PictureExport(window, preferences)
    made.heard = []  # type: ignore[attr-defined]
    made.said.connect(made.heard.append)  # type: ignore[attr-defined]
    made.problem.connect(made.heard.append)  # type: ignore[attr-defined]
    return made


def test_the_dialog_keeps_the_shape_and_knows_paper(qtbot: QtBot) -> None:
    dialog = ImageDialog(QSize(400, 200))
    qtbot.addWidget(dialog)
    assert dialog.chosen() == ImageChoice(800, 400, 300, False, True)
    dialog.width_px.setValue(3000)
    assert dialog.height_px.value() == 1500 and dialog.printed.value() == pytest.approx(254.0)
    dialog.printed.setValue(127.0)
    assert (dialog.width_px.value(), dialog.height_px.value()) == (1500, 750)
    dialog.height_px.setValue(LARGEST)
    assert (dialog.width_px.value(), dialog.height_px.value()) == (LARGEST, LARGEST // 2)
    dialog.keep.setChecked(False)
    dialog.height_px.setValue(LARGEST)
    assert (dialog.width_px.value(), dialog.height_px.value()) == (LARGEST, LARGEST)
    dialog.dpi.setValue(600)
    assert "339 × 339 mm" in dialog.note.text()
    for box in (dialog.width_px, dialog.height_px, dialog.dpi, dialog.printed):
        assert box.accessibleName() and box.toolTip()


def test_a_picture_saved_through_the_dialog(
    canvas: CrystalCanvas,
    pictures: PictureExport,
    qtbot: QtBot,
    tmp_path: Path,
    answer_file_dialog: Callable[[Path], None],
) -> None:
    path = tmp_path / "nacl.png"
    dialog = pictures.ask(canvas)
    assert dialog is not None
    dialog.keep.setChecked(False)
    dialog.width_px.setValue(321)
    dialog.height_px.setValue(123)
    dialog.dpi.setValue(150)
    dialog.background.setCurrentIndex(1)
    qtbot.mouseClick(dialog.save, Qt.MouseButton.LeftButton)
    answer_file_dialog(path.with_suffix(""))
    with Image.open(path) as picture:
        assert picture.size == (321, 123)
        assert picture.info["dpi"] == pytest.approx((150, 150), abs=0.1)
        assert picture.convert("RGBA").getpixel((1, 1))[3] == 0
    assert "321 × 123" in pictures.heard[-1]  # type: ignore[attr-defined]


def test_the_window_and_the_command_draw_the_same_picture(
    canvas: CrystalCanvas, nacl: StructureEntry, tmp_path: Path
) -> None:
    canvas.look("c")
    canvas.grab()
    render_png(nacl, None, tmp_path / "command.png", size=(480, 360), view="c")
    image = canvas.image(480, 360).convertToFormat(QImage.Format.Format_RGBA8888)
    window = np.frombuffer(image.constBits(), dtype=np.uint8).reshape(360, 480, 4)
    with Image.open(tmp_path / "command.png") as picture:
        np.testing.assert_array_equal(np.array(picture.convert("RGBA")), window)


def test_a_narrow_picture_holds_what_a_moved_view_shows(canvas: CrystalCanvas) -> None:
    canvas.look("c")
    canvas.grab()
    canvas.move_camera(lambda camera: camera.zoomed(1.0))
    image = canvas.image(200, 400, legend=False).convertToFormat(QImage.Format.Format_RGBA8888)
    drawn = np.frombuffer(image.constBits(), dtype=np.uint8).reshape(400, 200, 4)[..., :3] < 250
    columns = np.flatnonzero(drawn.any(axis=(0, 2)))
    assert columns[0] > 0 and columns[-1] < 199


def test_the_clipboard_gets_the_picture(canvas: CrystalCanvas, pictures: PictureExport) -> None:
    pictures.copy(canvas, ImageChoice(90, 60, 300, False, False))
    image = QGuiApplication.clipboard().image()
    assert (image.width(), image.height()) == (90, 60)
    assert pictures.heard == ["Copied a picture of 90 × 60 pixels"]  # type: ignore[attr-defined]
    QGuiApplication.clipboard().clear()


def test_refusals_are_one_sentence(canvas: CrystalCanvas, pictures: PictureExport, tmp_path: Path) -> None:
    small = ImageChoice(60, 40, 300, False, True)
    assert not pictures.save(canvas, small, tmp_path / "x.jpg")
    assert not pictures.save(canvas, small, tmp_path / "missing" / "x.png")
    assert not pictures.save_scene(canvas, tmp_path / "x.obj")
    assert not pictures.save_scene(canvas, tmp_path / "missing" / "x.glb")
    canvas.set_structure(None)
    assert pictures.ask(canvas) is None
    heard = pictures.heard  # type: ignore[attr-defined]
    assert [
        word in line for word, line in zip((".png", "No such", ".glb", "No such", "Open"), heard, strict=True)
    ] == [True] * 5
    assert list(tmp_path.glob("x.*")) == []


def test_the_scene_is_saved_for_other_programs(
    canvas: CrystalCanvas,
    pictures: PictureExport,
    tmp_path: Path,
    answer_file_dialog: Callable[[Path], None],
) -> None:
    path = tmp_path / "nacl.glb"
    pictures.ask_for_scene(canvas)
    answer_file_dialog(path)
    assert path.read_bytes()[:4] == b"glTF"
