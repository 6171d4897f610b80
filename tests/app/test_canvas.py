"""The 3D view as a widget: real events in, pixels and signals out."""

from __future__ import annotations

import gc
import subprocess
import sys
import weakref
from collections.abc import Iterator, Sequence

import numpy as np
import pytest
from pymatgen.core import Lattice, Structure
from PySide6.QtCore import QEvent, QPoint, QPointF, Qt
from PySide6.QtGui import QImage, QMouseEvent, QPalette, QWheelEvent
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from negnn_gui.app.scene.colouring import Colouring
from negnn_gui.app.scene.colourmaps import map_colours
from negnn_gui.app.scene.window import GraphicsError
from negnn_gui.app.theme import palette
from negnn_gui.app.views.canvas import EMPTY_TEXT, CrystalCanvas
from negnn_gui.app.views.canvas_pacing import Pacing
from negnn_gui.app.views.canvas_painting import theme_of
from negnn_gui.structures.entry import StructureEntry

pytestmark = pytest.mark.gui

WIDTH, HEIGHT = 420, 320
Button, Mod = Qt.MouseButton, Qt.KeyboardModifier


def perovskite(name: str = "SrTiO3") -> StructureEntry:
    frac = [[0.5, 0.5, 0.5], [0, 0, 0], [0.5, 0, 0], [0, 0.5, 0], [0, 0, 0.5]]
    structure = Structure(Lattice.cubic(3.905), ["Sr", "Ti", "O", "O", "O"], frac)
    return StructureEntry(name, None, 0, name, structure, ("Sr1", "Ti1", "O1", "O2", "O3"))


@pytest.fixture
def canvas(qtbot: QtBot, monkeypatch: pytest.MonkeyPatch) -> Iterator[CrystalCanvas]:
    """A shown view of a perovskite, seen along c, from which the selection comes back as from a session."""
    # On a busy machine a slow picture would make the next one coarser: pictures that are compared must not be.
    monkeypatch.setattr(Pacing, "smooth_at_rest", lambda _: True)
    widget = CrystalCanvas()
    qtbot.addWidget(widget)
    widget.resize(WIDTH, HEIGHT)
    selected: set[int] = set()

    def follow(sites: frozenset[int], mode: str) -> None:
        if mode == "replace":
            selected.clear()
        selected.symmetric_difference_update(sites) if mode == "toggle" else selected.update(sites)
        widget.set_selection(frozenset(selected))

    widget.picked.connect(follow)
    widget.style_wanted.connect(widget.set_crystal_style)
    widget.set_structure(perovskite())
    widget.look("c")
    widget.show()
    qtbot.waitExposed(widget)
    widget.grab()
    qtbot.waitUntil(lambda: not widget._rest.isActive())  # the window manager may have resized it
    widget.grab()
    yield widget
    widget.finalise()


def pixels(widget: CrystalCanvas) -> np.ndarray:
    """(height, width, 3) of what the widget shows."""
    image = widget.grab().toImage().convertToFormat(QImage.Format.Format_RGBA8888)
    data = np.frombuffer(image.constBits(), dtype=np.uint8).reshape(
        image.height(), image.bytesPerLine() // 4, 4
    )
    return data[:, : image.width(), :3].astype(int)


def place(widget: CrystalCanvas, frac: tuple[float, float, float]) -> QPoint:
    """Where a point of the cell is on the widget."""
    camera, lattice = widget.camera, widget.entry.structure.lattice
    x, y, _ = camera.project(np.array(lattice.get_cartesian_coords(frac)), widget.width(), widget.height())[0]
    return QPoint(round(x), round(y))


def drag(
    widget: CrystalCanvas, start: QPoint, end: QPoint, button: Button, modifiers: Mod = Mod.NoModifier
) -> None:
    """Press, move in steps and release, as a mouse does."""
    kinds = QEvent.Type

    def send(kind: QEvent.Type, at: QPointF, changed: Button, held: Button) -> None:
        event = QMouseEvent(kind, at, widget.mapToGlobal(at), changed, held, modifiers)
        QApplication.sendEvent(widget, event)

    send(kinds.MouseButtonPress, QPointF(start), button, button)
    for step in range(1, 6):
        send(kinds.MouseMove, QPointF(start) + QPointF(end - start) * (step / 5.0), Button.NoButton, button)
    send(kinds.MouseButtonRelease, QPointF(end), button, Button.NoButton)


def record(widget: CrystalCanvas) -> tuple[list[tuple[frozenset[int], str]], list[str]]:
    """Lists that what is picked and measured from now on is added to."""
    picked: list[tuple[frozenset[int], str]] = []
    measured: list[str] = []
    widget.picked.connect(lambda sites, mode: picked.append((sites, mode)))
    widget.measured.connect(measured.append)
    return picked, measured


def wheel(widget: CrystalCanvas, at: QPoint, angle: int) -> None:
    event = QWheelEvent(
        QPointF(at), QPointF(widget.mapToGlobal(at)), QPoint(), QPoint(0, angle),
        Button.NoButton, Mod.NoModifier, Qt.ScrollPhase.NoScrollPhase, False,
    )  # fmt: skip
    QApplication.sendEvent(widget, event)


def test_a_grab_contains_the_crystal(canvas: CrystalCanvas) -> None:
    image = pixels(canvas)
    at = place(canvas, (0.5, 0.0, 1.0))  # an oxygen on an edge, seen from above
    red, green, blue = image[at.y() - 1 : at.y() + 2, at.x() - 1 : at.x() + 2].reshape(-1, 3).mean(axis=0)
    assert red > 180 > 60 > max(green, blue)


def test_an_empty_view_invites_and_a_new_structure_replaces_it(qtbot: QtBot) -> None:
    widget = CrystalCanvas()
    qtbot.addWidget(widget)
    widget.resize(WIDTH, HEIGHT)
    widget.show()
    empty = pixels(widget)
    background = palette_background(widget)
    ink = np.abs(empty - background).max(axis=2) > 40
    rows, columns = np.nonzero(ink)
    assert 50 < len(rows) < 4000
    assert abs(rows.mean() - HEIGHT / 2) < 12
    assert abs(columns.mean() - WIDTH / 2) < 30
    widget.set_structure(perovskite())
    assert (np.abs(pixels(widget) - background).max(axis=2) > 40).sum() > 8000
    widget.set_structure(None)
    np.testing.assert_array_equal(pixels(widget), empty)
    assert "CIF" in EMPTY_TEXT
    widget.finalise()


def palette_background(widget: CrystalCanvas) -> np.ndarray:
    return np.array(widget.palette().color(QPalette.ColorRole.Base).getRgb()[:3])


def test_a_click_selects_and_a_click_beside_clears(canvas: CrystalCanvas, qtbot: QtBot) -> None:
    with qtbot.waitSignal(canvas.picked) as caught:
        qtbot.mouseClick(canvas, Button.LeftButton, pos=place(canvas, (0.5, 0.5, 0.5)))
    assert caught.args == [frozenset({0}), "replace"]
    with qtbot.waitSignal(canvas.picked) as caught:
        qtbot.mouseClick(canvas, Button.LeftButton, pos=QPoint(4, 4))
    assert caught.args == [frozenset(), "replace"]


def test_ctrl_click_adds_and_takes_away_and_measures(canvas: CrystalCanvas, qtbot: QtBot) -> None:
    picked, measured = record(canvas)
    strontium, oxygen = place(canvas, (0.5, 0.5, 0.5)), place(canvas, (0.5, 0.0, 1.0))
    qtbot.mouseClick(canvas, Button.LeftButton, pos=strontium)
    qtbot.mouseClick(canvas, Button.LeftButton, Mod.ControlModifier, oxygen)
    qtbot.mouseClick(canvas, Button.LeftButton, Mod.ControlModifier, oxygen)
    assert picked == [({0}, "replace"), ({2}, "toggle"), ({2}, "toggle")]
    assert measured[1] == f"Sr1–O1 (0 0 1):  {3.905 / np.sqrt(2):.3f} Å"
    assert measured[0] == measured[2]
    assert measured[0].startswith("Sr1:  frac 0.5000 0.5000 0.5000")


def test_two_images_of_one_site_can_be_measured(canvas: CrystalCanvas, qtbot: QtBot) -> None:
    picked, measured = record(canvas)
    qtbot.mouseClick(canvas, Button.LeftButton, pos=place(canvas, (0, 0, 1)))
    qtbot.mouseClick(canvas, Button.LeftButton, Mod.ControlModifier, place(canvas, (1, 0, 1)))
    assert picked == [({1}, "replace"), ({1}, "add")]
    assert measured[-1] == "Ti1 (0 0 1)–Ti1 (1 0 1):  3.905 Å"


def test_sites_chosen_elsewhere_are_marked_and_measured(canvas: CrystalCanvas, qtbot: QtBot) -> None:
    before = pixels(canvas)
    with qtbot.waitSignal(canvas.measured) as caught:
        canvas.set_selection(frozenset({0, 1}))
    assert caught.args == [f"Sr1–Ti1:  {3.905 * np.sqrt(3) / 2:.3f} Å"]
    accent = np.abs(pixels(canvas) - (255, 128, 0)).max(axis=2) < 30
    assert accent.sum() > 60
    canvas.set_selection(frozenset())
    np.testing.assert_array_equal(pixels(canvas), before)


@pytest.mark.parametrize(("modifiers", "mode"), [(Mod.ControlModifier, "add"), (Mod.AltModifier, "replace")])
def test_a_rubber_band_selects_what_it_holds(
    canvas: CrystalCanvas, qtbot: QtBot, modifiers: Mod, mode: str
) -> None:
    corner, middle = place(canvas, (0, 1, 1)), place(canvas, (0.55, 0.45, 1))
    with qtbot.waitSignal(canvas.picked) as caught:
        drag(canvas, corner - QPoint(20, 20), middle, Button.LeftButton, modifiers)
    # Seen along c: Ti and the O between two Ti at the corner, O at two edges, and Sr with O in the middle.
    assert caught.args == [frozenset({0, 1, 2, 3, 4}), mode]
    with qtbot.waitSignal(canvas.picked) as caught:
        drag(canvas, corner - QPoint(20, 20), corner + QPoint(20, 20), Button.LeftButton, modifiers)
    assert caught.args == [frozenset({1, 4}), mode]


def test_dragging_turns_moves_and_zooms_without_selecting(canvas: CrystalCanvas, qtbot: QtBot) -> None:
    middle, beside = QPoint(WIDTH // 2, HEIGHT // 2), QPoint(WIDTH // 2 + 60, HEIGHT // 2 + 30)
    with qtbot.assertNotEmitted(canvas.picked):
        start = canvas.camera
        drag(canvas, middle, beside, Button.LeftButton)
        turned = canvas.camera
        drag(canvas, middle, beside, Button.MiddleButton)
        moved = canvas.camera
        drag(canvas, middle, beside, Button.LeftButton, Mod.ShiftModifier)
        moved_again = canvas.camera
        drag(canvas, middle, middle - QPoint(0, 60), Button.RightButton)
        zoomed = canvas.camera
    assert start.back @ turned.back < 0.99
    np.testing.assert_allclose(turned.focal, start.focal)
    assert turned.half_height == start.half_height
    np.testing.assert_allclose(moved.back, turned.back)
    step = moved.focal - turned.focal
    pixel = 2 * turned.half_height / HEIGHT
    np.testing.assert_allclose([step @ turned.right, step @ turned.up], [-60 * pixel, 30 * pixel])
    np.testing.assert_allclose(moved_again.focal - moved.focal, step)
    assert zoomed.half_height < moved_again.half_height


def test_the_wheel_zooms_about_the_pointer(canvas: CrystalCanvas) -> None:
    at = place(canvas, (1.0, 1.0, 1.0))
    before = canvas.camera.half_height
    wheel(canvas, at, 240)
    assert canvas.camera.half_height == pytest.approx(before / 1.15**2)
    moved = place(canvas, (1.0, 1.0, 1.0)) - at
    assert moved.manhattanLength() <= 2
    wheel(canvas, at, -240)
    assert canvas.camera.half_height == pytest.approx(before)


@pytest.mark.parametrize(
    ("key", "modifiers", "towards"),
    [
        (Qt.Key.Key_1, Mod.NoModifier, (1, 0, 0)),
        (Qt.Key.Key_2, Mod.NoModifier, (0, 1, 0)),
        (Qt.Key.Key_3, Mod.NoModifier, (0, 0, 1)),
        (Qt.Key.Key_1, Mod.ShiftModifier, (1, 0, 0)),
        (Qt.Key.Key_At, Mod.ShiftModifier, (0, 1, 0)),
        (Qt.Key.Key_NumberSign, Mod.ShiftModifier, (0, 0, 1)),
    ],
)
def test_keys_look_along_the_axes(
    canvas: CrystalCanvas, qtbot: QtBot, key: Qt.Key, modifiers: Mod, towards: tuple[int, int, int]
) -> None:
    canvas.look("[321]")
    qtbot.keyClick(canvas, key, modifiers)
    np.testing.assert_allclose(canvas.camera.back, towards, atol=1e-9)


def test_shift_and_a_digit_look_along_the_reciprocal_axis(canvas: CrystalCanvas, qtbot: QtBot) -> None:
    oblique = Structure(Lattice.monoclinic(4, 5, 6, 115), ["Fe"], [[0, 0, 0]])
    canvas.set_structure(StructureEntry("m", None, 0, "m", oblique, ("Fe1",)))
    qtbot.keyClick(canvas, Qt.Key.Key_1)
    along = canvas.camera.back
    qtbot.keyClick(canvas, Qt.Key.Key_1, Mod.ShiftModifier)
    assert along @ canvas.camera.back == pytest.approx(np.cos(np.radians(25)))


def test_other_keys_reset_turn_and_move(canvas: CrystalCanvas, qtbot: QtBot) -> None:
    qtbot.keyClick(canvas, Qt.Key.Key_Equal)
    standard = canvas.camera
    for key in (Qt.Key.Key_Left, Qt.Key.Key_Up, Qt.Key.Key_Plus):
        qtbot.keyClick(canvas, key)
    assert canvas.camera.back @ standard.back < 0.999
    assert canvas.camera.half_height < standard.half_height
    qtbot.keyClick(canvas, Qt.Key.Key_Right, Mod.ShiftModifier)
    assert not np.allclose(canvas.camera.focal, standard.focal)
    qtbot.keyClick(canvas, Qt.Key.Key_Equal)
    np.testing.assert_allclose(canvas.camera.back, standard.back)


def test_ctrl_b_and_ctrl_u_switch_bonds_and_cell(canvas: CrystalCanvas, qtbot: QtBot) -> None:
    drawn = pixels(canvas)
    with qtbot.waitSignal(canvas.style_wanted) as caught:
        qtbot.keyClick(canvas, Qt.Key.Key_B, Mod.ControlModifier)
    assert caught.args[0].bonds is False
    without_bonds = pixels(canvas)
    assert (without_bonds != drawn).any()
    with qtbot.waitSignal(canvas.style_wanted) as caught:
        qtbot.keyClick(canvas, Qt.Key.Key_U, Mod.ControlModifier)
    assert caught.args[0].cell is False
    assert (pixels(canvas) != without_bonds).any()
    qtbot.keyClick(canvas, Qt.Key.Key_B, Mod.ControlModifier)
    qtbot.keyClick(canvas, Qt.Key.Key_U, Mod.ControlModifier)
    np.testing.assert_array_equal(pixels(canvas), drawn)


def test_escape_selects_nothing(canvas: CrystalCanvas, qtbot: QtBot) -> None:
    canvas.set_selection(frozenset({0, 1}))
    picked, measured = record(canvas)
    qtbot.keyClick(canvas, Qt.Key.Key_Escape)
    assert (picked, measured) == ([(frozenset(), "replace")], [""])


def test_hovering_names_the_site_once(canvas: CrystalCanvas, qtbot: QtBot) -> None:
    heard: list[int] = []
    canvas.hovered.connect(heard.append)
    at = place(canvas, (0.5, 0.5, 0.5))
    for point in (at, at + QPoint(1, 0), QPoint(3, 3)):
        local = QPointF(point)
        event = QMouseEvent(
            QEvent.Type.MouseMove,
            local,
            canvas.mapToGlobal(local),
            Button.NoButton,
            Button.NoButton,
            Mod.NoModifier,
        )
        QApplication.sendEvent(canvas, event)
    assert heard == [0, -1]


def test_colours_follow_the_values(canvas: CrystalCanvas) -> None:
    at = place(canvas, (0.5, 0.0, 1.0))
    canvas.set_values(Colouring("moment"), np.array([0.0, 0.0, 3.0, 0.0, 0.0]))
    red, green, blue = pixels(canvas)[place(canvas, (0.5, 0.0, 1.0)).y(), at.x()]
    assert min(red, green) > 190 > 100 > blue  # the yellow end of the map


def test_light_and_dark_follow_the_palette(canvas: CrystalCanvas) -> None:
    for dark in (True, False):
        canvas.setPalette(palette(dark))
        image = pixels(canvas)
        assert tuple(image[2, 2]) == theme_of(canvas.palette()).background
        assert bool(image[2, 2].mean() < 60) is dark


def test_a_moment_of_zero_is_seen_in_light_and_dark() -> None:
    zero = map_colours(np.zeros(1), 0.0, 4.0, "viridis")[0]
    for dark in (True, False):
        ground = theme_of(palette(dark)).background
        lighter, darker = sorted((_luminance(zero), _luminance(ground)), reverse=True)
        assert (lighter + 0.05) / (darker + 0.05) > 1.3


def _luminance(colour: Sequence[int]) -> float:
    """Relative luminance of WCAG 2.2 (0 to 1)."""
    share = np.asarray(colour, dtype=float)[:3] / 255.0
    linear = np.where(share <= 0.04045, share / 12.92, ((share + 0.055) / 1.055) ** 2.4)
    return float(linear @ [0.2126, 0.7152, 0.0722])


def test_the_view_of_a_structure_is_kept_while_another_is_shown(canvas: CrystalCanvas) -> None:
    first = canvas.entry
    drag(canvas, QPoint(100, 100), QPoint(160, 130), Button.LeftButton)
    kept = canvas.camera
    canvas.set_structure(perovskite("another"))
    canvas.grab()
    assert canvas.camera is not kept
    canvas.set_structure(first)
    canvas.grab()
    assert canvas.camera is kept


def test_a_crystal_that_nobody_moved_stays_fitted_when_the_view_is_resized(canvas: CrystalCanvas) -> None:
    for size in ((700, 300), (260, 600)):
        canvas.resize(*size)
        canvas.grab()
        corners = [place(canvas, corner) for corner in ((0, 0, 0), (1, 0, 0), (0, 1, 0), (1, 1, 0))]
        assert all(0 < corner.x() < size[0] and 0 < corner.y() < size[1] for corner in corners)


def test_the_picture_sharpens_when_it_rests(canvas: CrystalCanvas, qtbot: QtBot) -> None:
    canvas._rest.setInterval(60_000)  # longer than the slowest machine takes to draw
    canvas._lazy._pacing._plain = (
        None  # a fast machine draws smoothly even while moving, once it knows that it can
    )
    canvas.move_camera(lambda camera: camera.rotated(0.2, 0.1))
    moving = pixels(canvas)
    canvas._rest.start(1)
    qtbot.waitUntil(lambda: not canvas._rest.isActive())
    qtbot.wait(20)
    resting = pixels(canvas)
    assert resting.shape == moving.shape
    shades = [len(np.unique(image.reshape(-1, 3), axis=0)) for image in (moving, resting)]
    assert shades[1] > shades[0]  # smooth edges have more colours


def test_an_exported_picture_has_its_size_and_leaves_the_view_alone(canvas: CrystalCanvas) -> None:
    before, camera = pixels(canvas), canvas.camera
    scene = canvas.picture_scene(640, 500, legend=False)
    picture = scene.render_image(640, 500, transparent=True)
    assert picture.shape == (500, 640, 4)
    assert picture[3, 3, 3] == 0
    assert tuple(scene.render_image(64, 50)[1, 1]) == (255, 255, 255, 255)
    scene.release()
    canvas.refresh()
    np.testing.assert_array_equal(pixels(canvas), before)
    np.testing.assert_allclose(canvas.camera.back, camera.back)


def test_warming_up_shows_nothing_and_changes_no_picture(
    qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Pacing, "smooth_at_rest", lambda _: True)
    pictures = []
    for warm in (False, True):
        canvas = CrystalCanvas()
        qtbot.addWidget(canvas)
        canvas.resize(320, 260)
        if warm:
            empty = pixels(canvas)
            canvas.warm_up()
            assert canvas.camera is not None, "VTK has been prepared"
            np.testing.assert_array_equal(pixels(canvas), empty)
        canvas.set_structure(perovskite())
        canvas.show()
        pictures.append(pixels(canvas))
        canvas.finalise()
        canvas.warm_up()  # nothing is opened again after the end
    np.testing.assert_array_equal(*pictures)


def test_bad_views_and_supercells_are_refused_and_change_nothing(canvas: CrystalCanvas) -> None:
    before = pixels(canvas)
    with pytest.raises(ValueError, match="is no view"):
        canvas.look("sideways")
    with pytest.raises(ValueError, match="spans no cell"):
        canvas.set_crystal_style(type(canvas.crystal_style)(supercell=(0, 1, 1)))
    canvas.refresh()
    np.testing.assert_array_equal(pixels(canvas), before)


def test_a_machine_without_opengl_shows_a_sentence(qtbot: QtBot, monkeypatch: pytest.MonkeyPatch) -> None:
    sentence = "3D view: this machine offers no OpenGL"

    def refuse(*_: object, **__: object) -> None:
        raise GraphicsError(sentence)

    widget = CrystalCanvas()
    qtbot.addWidget(widget)
    widget.resize(WIDTH, HEIGHT)
    monkeypatch.setattr("negnn_gui.app.scene.stage.OffscreenWindow", refuse)
    widget.set_structure(perovskite())
    image = pixels(widget)
    assert widget.failure == sentence
    assert (np.abs(image - palette_background(widget)).max(axis=2) > 40).sum() > 100  # its words
    widget.look("a")
    widget.set_selection(frozenset({1}))
    np.testing.assert_array_equal(pixels(widget), image)


def test_views_that_come_and_go_leave_nothing(qtbot: QtBot) -> None:
    left = []
    for turn in range(22):
        widget = CrystalCanvas()
        widget.resize(80, 60)
        widget.set_structure(perovskite())
        widget.grab()
        scene = widget._lazy.made
        left += [weakref.ref(widget), weakref.ref(scene), weakref.ref(scene._stage._window.window)]
        if turn % 3 == 0:
            widget.finalise()
            widget.finalise()
        elif turn % 3 == 1:
            widget.close()
        widget.deleteLater()
        del widget, scene
        QApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)
    gc.collect()
    assert [type(alive()).__name__ for alive in left if alive() is not None] == []


def test_a_finalised_view_stays_blank_and_harmless(canvas: CrystalCanvas, qtbot: QtBot) -> None:
    canvas.finalise()
    canvas.finalise()
    image = pixels(canvas)
    assert len(np.unique(image.reshape(-1, 3), axis=0)) == 1
    canvas.set_structure(perovskite("later"))
    canvas.set_selection(frozenset({1}))
    qtbot.mouseClick(canvas, Button.LeftButton, pos=QPoint(50, 50))
    qtbot.keyClick(canvas, Qt.Key.Key_1)
    np.testing.assert_array_equal(pixels(canvas), image)


def test_the_module_loads_neither_vtk_nor_pymatgen() -> None:
    code = (
        "import sys, negnn_gui.app.views.canvas;"
        "print([m for m in ('vtkmodules', 'pymatgen', 'torch', 'ase') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60)
    assert (done.stdout.strip(), done.stderr) == ("[]", "")
