"""Pictures of the view: any size, on the clipboard, the same as the command's, and refusals in one sentence."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from pymatgen.core import Lattice, Structure
from PySide6.QtCore import QSize, Qt, QTimer
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QWidget
from pytestqt.qtbot import QtBot

from negnn_gui.app.picture_export import PictureExport
from negnn_gui.app.picture_job import Shown
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


def drawn(shown: Shown, choice: ImageChoice) -> np.ndarray:
    """Pixels of a picture."""
    picture = shown.picture(choice)
    try:
        return picture.image()
    finally:
        picture.release()


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
    dialog = pictures.ask(Shown.alone(canvas))
    assert dialog is not None
    dialog.keep.setChecked(False)
    dialog.width_px.setValue(321)
    dialog.height_px.setValue(123)
    dialog.dpi.setValue(150)
    dialog.background.setCurrentIndex(1)
    with qtbot.waitSignal(pictures.said, timeout=60_000):
        qtbot.mouseClick(dialog.save, Qt.MouseButton.LeftButton)
        answer_file_dialog(path.with_suffix(""))
    assert [left for left in tmp_path.iterdir() if "nacl" in left.name] == [path], "and nothing half done"
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
    window = drawn(Shown.alone(canvas), ImageChoice(480, 360, 300, False, True))
    with Image.open(tmp_path / "command.png") as picture:
        np.testing.assert_array_equal(np.array(picture.convert("RGBA")), window)


def test_a_narrow_picture_holds_what_a_moved_view_shows(canvas: CrystalCanvas) -> None:
    canvas.look("c")
    canvas.grab()
    canvas.move_camera(lambda camera: camera.zoomed(1.0))
    inked = drawn(Shown.alone(canvas), ImageChoice(200, 400, 300, False, False))[..., :3] < 250
    columns = np.flatnonzero(inked.any(axis=(0, 2)))
    assert columns[0] > 0 and columns[-1] < 199


def test_a_large_picture_leaves_the_window_alive_and_can_be_cancelled(
    canvas: CrystalCanvas, pictures: PictureExport, qtbot: QtBot, tmp_path: Path
) -> None:
    kept = tmp_path / "large.png"
    kept.write_bytes(b"older")
    beats: list[float] = []
    timer = QTimer()
    timer.timeout.connect(lambda: beats.append(job.progress.value()))
    timer.start(0)
    job = pictures.save(Shown.alone(canvas), ImageChoice(3000, 2000, 300, False, True), kept)
    assert job is not None
    qtbot.waitUntil(lambda: len({beat for beat in beats if 0 < beat < 1000}) >= 3, timeout=60_000)
    with qtbot.waitSignal(pictures.said, timeout=60_000):
        job.progress.canceled.emit()
    assert not job.running
    assert kept.read_bytes() == b"older"
    assert [left for left in tmp_path.iterdir() if "large" in left.name] == [kept]
    assert "given up" in pictures.heard[-1]  # type: ignore[attr-defined]


def test_the_view_may_change_while_its_picture_is_drawn(
    canvas: CrystalCanvas, pictures: PictureExport, qtbot: QtBot, tmp_path: Path
) -> None:
    choice = ImageChoice(1500, 600, 300, False, True)
    expected = drawn(Shown.alone(canvas), choice)
    job = pictures.save(Shown.alone(canvas), choice, tmp_path / "x.png")
    assert job is not None
    with qtbot.waitSignal(pictures.said, timeout=60_000):
        qtbot.waitUntil(lambda: job.progress.value() > 0, timeout=60_000)
        canvas.set_structure(None)
    with Image.open(tmp_path / "x.png") as picture:
        np.testing.assert_array_equal(np.array(picture), expected)


def test_compared_crystals_stand_in_one_picture_under_their_names(
    canvas: CrystalCanvas, qtbot: QtBot, nacl: StructureEntry
) -> None:
    other = CrystalCanvas()
    qtbot.addWidget(other)
    other.set_structure(nacl)
    shown = Shown((((canvas, "one"), (other, "two")),), QSize(600, 200))
    bare = ImageChoice(640, 320, 300, True, False)
    pixels = drawn(shown, bare)
    assert pixels.shape == (320, 640, 4)
    inked = pixels[..., 3] > 0
    strip = round(26 * 0.7)
    for left in (0, 320):
        assert inked[:strip, left : left + 320].any(), "the name"
        assert inked[strip:, left : left + 320].any(), "the crystal"
    np.testing.assert_array_equal(pixels[strip:, :320], pixels[strip:, 320:])
    assert not np.array_equal(pixels[:strip, :320], pixels[:strip, 320:])
    other.finalise()


def test_the_clipboard_gets_the_picture(canvas: CrystalCanvas, pictures: PictureExport, qtbot: QtBot) -> None:
    with qtbot.waitSignal(pictures.said, timeout=60_000):
        pictures.copy(Shown.alone(canvas), ImageChoice(90, 60, 300, False, False))
    image = QGuiApplication.clipboard().image()
    assert (image.width(), image.height()) == (90, 60)
    assert pictures.heard == ["Copied a picture of 90 × 60 pixels"]  # type: ignore[attr-defined]
    QGuiApplication.clipboard().clear()


def test_refusals_are_one_sentence(
    canvas: CrystalCanvas, pictures: PictureExport, tmp_path: Path, qtbot: QtBot
) -> None:
    small, shown = ImageChoice(60, 40, 300, False, True), Shown.alone(canvas)
    assert not pictures.save(shown, small, tmp_path / "x.jpg")
    with qtbot.waitSignal(pictures.problem, timeout=60_000):
        pictures.save(shown, small, tmp_path / "missing" / "x.png")
    assert not pictures.save_scene(shown, tmp_path / "x.obj")
    assert not pictures.save_scene(shown, tmp_path / "missing" / "x.glb")
    canvas.set_structure(None)
    assert pictures.ask(shown) is None
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
    pictures.ask_for_scene(Shown.alone(canvas))
    answer_file_dialog(path)
    assert path.read_bytes()[:4] == b"glTF"


def test_compared_crystals_stand_beside_each_other_in_the_scene_too(
    canvas: CrystalCanvas, pictures: PictureExport, qtbot: QtBot, nacl: StructureEntry, tmp_path: Path
) -> None:
    other = CrystalCanvas()
    qtbot.addWidget(other)
    other.set_structure(replace(nacl, name="second"))
    path = tmp_path / "both.glb"
    assert pictures.save_scene(Shown((((canvas, ""),), ((other, ""),)), QSize(300, 400)), path)
    data = path.read_bytes()
    size = int.from_bytes(data[12:16], "little")
    document = json.loads(data[20 : 20 + size])
    roots = [document["nodes"][index] for index in document["scenes"][0]["nodes"]]
    assert [root["name"] for root in roots] == ["NaCl", "second"]
    assert len(roots[0]["children"]) == len(roots[1]["children"]) > 2
    other.finalise()
