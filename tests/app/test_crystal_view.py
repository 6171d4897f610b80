"""The 3D dock and the Display dock: real controls in, session and picture out."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np
import pytest
from pymatgen.core import Lattice, Structure
from PySide6.QtCore import QObject, QPoint, QPointF, Qt
from PySide6.QtGui import QMouseEvent
from PySide6.QtWidgets import QApplication, QCheckBox
from pytestqt.qtbot import QtBot

from negnn_gui.app.controller import Controller
from negnn_gui.app.crystal_view import CrystalView
from negnn_gui.app.scene.colouring import Colouring
from negnn_gui.app.scene.measure import AtomRef
from negnn_gui.app.scene.style import Slab, Style
from negnn_gui.app.views.canvas_pacing import Pacing
from negnn_gui.results import SiteRef
from negnn_gui.structures.entry import StructureEntry

pytestmark = pytest.mark.gui

Button, Mod = Qt.MouseButton, Qt.KeyboardModifier


def entry(
    name: str, elements: list[str], frac: list[list[float]], a: float, **more: object
) -> StructureEntry:
    labels = tuple(f"{symbol}{number}" for number, symbol in enumerate(elements, start=1))
    return StructureEntry(name, None, 0, name, Structure(Lattice.cubic(a), elements, frac), labels, **more)


PEROVSKITE = ([[0.5, 0.5, 0.5], [0, 0, 0], [0.5, 0, 0], [0, 0.5, 0], [0, 0, 0.5]], 3.905)
NACL = (
    [
        *([0, 0, 0], [0, 0.5, 0.5], [0.5, 0, 0.5], [0.5, 0.5, 0]),
        *([0.5, 0.5, 0.5], [0.5, 0, 0], [0, 0.5, 0], [0, 0, 0.5]),
    ],
    5.64,
)


@pytest.fixture
def view(
    qtbot: QtBot, make_controller: Callable[..., Controller], monkeypatch: pytest.MonkeyPatch
) -> Iterator[CrystalView]:
    """A view of SrTiO3, with NaCl open beside it."""
    monkeypatch.setattr(Pacing, "smooth_at_rest", lambda _: False)
    controller = make_controller()
    parent = QObject()
    made = CrystalView(controller, parent)
    qtbot.addWidget(made.widget)
    qtbot.addWidget(made.panel)
    session = controller.session
    session.current_changed.connect(lambda _: made.show_current())
    session.selection_changed.connect(lambda _: made.show_selection())
    session.colouring_changed.connect(lambda _: made.show_values())
    made.widget.resize(500, 400)
    made.widget.show()
    made.panel.show()
    session.add_entries(
        [
            entry("SrTiO3", ["Sr", "Ti", "O", "O", "O"], *PEROVSKITE),
            entry("NaCl", ["Na"] * 4 + ["Cl"] * 4, *NACL, moment_input=np.linspace(-1.0, 1.0, 8)),
        ]
    )
    made.canvas.grab()
    qtbot.waitUntil(made.panel.widget().isEnabled)
    yield made
    made.finalise()
    made.setParent(None)
    parent.deleteLater()


def named(view: CrystalView, name: str) -> QCheckBox:
    """The check box of the Display panel with that name."""
    return next(box for box in view.panel.findChildren(QCheckBox) if box.accessibleName() == name)


def session_style(view: CrystalView) -> Style:
    return view._session.style()


def test_every_control_of_the_panel_changes_the_style_and_shows_it(view: CrystalView) -> None:
    panel = view.panel
    panel.atoms.look.setCurrentIndex(1)
    panel.atoms.look.activated.emit(1)
    assert session_style(view).atoms == "space-filling"
    named(view, "Show O").click()
    named(view, "Polyhedra around Ti").click()
    assert session_style(view).hidden == {"O"} and session_style(view).polyhedra == {"Ti"}
    panel.cell.switches["images"].click()
    panel.cell.repeats[0].setValue(2)
    assert session_style(view).supercell == (2, 1, 1) and not session_style(view).images
    assert view.canvas.crystal_style == session_style(view)
    panel.slab.active.click()
    slab = session_style(view).slab
    assert slab is not None and (slab.normal, slab.lo, slab.hi) == (
        (0, 0, 1),
        0.0,
        pytest.approx(1.95, abs=0.01),
    )
    panel.slab.has_lo.click()
    panel.slab.plane.setText("(1 1 0)")
    panel.slab.plane.editingFinished.emit()
    assert session_style(view).slab == Slab((1, 1, 0), None, slab.hi)
    panel.moments.kind.setCurrentIndex(2)
    panel.moments.kind.activated.emit(2)
    assert session_style(view).moments == "radius"
    panel.colours.legend.click()
    assert not session_style(view).legend
    assert not view.bar.atoms["ball-and-stick"].isChecked()


def test_a_supercell_by_a_matrix_and_one_that_cannot_be(view: CrystalView, qtbot: QtBot) -> None:
    cell = view.panel.cell
    cell.by_matrix.click()
    cell.matrix[0][1].setValue(1)
    assert session_style(view).supercell == ((1, 1, 0), (0, 1, 0), (0, 0, 1))
    with qtbot.waitSignal(view.said) as caught:
        cell.matrix[1][1].setValue(0)
        cell.matrix[1][0].setValue(0)
    assert "spans no cell" in caught.args[0]
    assert abs(round(np.linalg.det(session_style(view).supercell_matrix()))) == 1
    assert cell.matrix[1][1].value() == session_style(view).supercell_matrix()[1][1]


def test_own_choices_stay_with_their_structure(view: CrystalView, qtbot: QtBot) -> None:
    view.panel.cell.repeats[2].setValue(3)
    view.set_style(Style(atoms="sticks", supercell=(1, 1, 3)))
    view._session.set_current("NaCl")
    assert session_style(view) == Style(atoms="sticks")
    qtbot.waitUntil(lambda: view.panel.cell.repeats[2].value() == 1)
    view._session.set_current("SrTiO3")
    assert view.canvas.crystal_style.supercell == (1, 1, 3)


def test_the_longest_bond_of_a_pair_is_edited_and_forgotten(view: CrystalView) -> None:
    bonds = view.panel.bonds
    box = bonds._boxes["O", "Ti"]
    before = box.value()
    box.setValue(1.0)
    assert session_style(view).bond_limits == (("O", "Ti", 1.0),)
    assert view.canvas._lazy.made is not None and view.canvas._lazy.made.drawing is not None
    kinds = np.array(view.canvas.entry.elements)
    drawing = view.canvas._lazy.made.drawing
    pairs = kinds[drawing.atoms.site[drawing.bonds]]
    assert not any({"O", "Ti"} == set(pair) for pair in pairs)
    bonds.usual.click()
    assert session_style(view).bond_limits == () and bonds._boxes["O", "Ti"].value() == before


def test_limits_of_the_colour_bar_can_be_typed(view: CrystalView, qtbot: QtBot) -> None:
    view._session.set_current("NaCl")
    view._session.set_colouring(Colouring("input"))
    colours = view.panel.colours
    assert colours.automatic.isChecked() and not colours.lo.isEnabled()
    colours.automatic.click()
    colours.hi.setValue(2.5)
    assert view._session.colouring.limits == (-1.0, 2.5)
    with qtbot.waitSignal(view.said):
        colours.lo.setValue(3.0)
    assert view._session.colouring.limits == (-1.0, 2.5)
    colours.automatic.click()
    assert view._session.colouring.limits is None


def test_typed_directions_are_looked_along_or_marked(view: CrystalView, qtbot: QtBot) -> None:
    field = view.bar.direction
    for text, towards in (
        ("[1 1 0]", (1, 1, 0)),
        ("(111)", (1, 1, 1)),
        ("1 0 2", (1, 0, 2)),
        ("b*", (0, 1, 0)),
    ):
        field.setText(text)
        qtbot.keyClick(field, Qt.Key.Key_Return)
        np.testing.assert_allclose(
            view.canvas.camera.back, np.array(towards) / np.linalg.norm(towards), atol=1e-9
        )
        assert not field.styleSheet()
    field.setText("[0 0 0]")
    with qtbot.waitSignal(view.said) as caught:
        qtbot.keyClick(field, Qt.Key.Key_Return)
    assert "no view" in caught.args[0] and "border-color" in field.styleSheet()


def test_the_bar_switches_style_and_projection_and_spins_until_grabbed(
    view: CrystalView, qtbot: QtBot
) -> None:
    view.bar.atoms["wireframe"].trigger()
    view.bar.perspective.trigger()
    assert (session_style(view).atoms, session_style(view).perspective) == ("wireframe", True)
    before = view.canvas.camera.back
    view.bar.spin.click()
    assert view.canvas.spinning
    qtbot.waitUntil(lambda: bool(view.canvas.camera.back @ before < 0.99999), timeout=10_000)
    qtbot.mousePress(view.canvas, Button.LeftButton, pos=QPoint(5, 5))
    assert not view.canvas.spinning and not view.bar.spin.isChecked()
    qtbot.mouseRelease(view.canvas, Button.LeftButton, pos=QPoint(5, 5))


def test_sites_are_selected_by_element_symmetry_bonds_and_the_rest(view: CrystalView) -> None:
    menu = view.select_menu

    def selected() -> set[int]:
        return {ref.site_index for ref in view._session.selection}

    view._session.select(frozenset({SiteRef("SrTiO3", 1)}))
    menu.grow.trigger()
    assert selected() == {1, 2, 3, 4}  # the octahedron around titanium
    menu.invert.trigger()
    assert selected() == {0}
    view._session.select(frozenset({SiteRef("SrTiO3", 3), SiteRef("NaCl", 5)}))
    menu.alike.trigger()
    assert view._session.selection == {SiteRef("NaCl", 5), *(SiteRef("SrTiO3", site) for site in (2, 3, 4))}
    menu.same.trigger()
    assert len(view._session.selection) == 4
    menu._prepare()
    titanium = next(action for action in menu._elements.actions() if action.text() == "Ti")
    titanium.trigger()
    assert view._session.selection == {SiteRef("NaCl", 5), SiteRef("SrTiO3", 1)}
    menu.everything.trigger()
    assert len(view._session.selection) == 6
    menu.none.trigger()
    assert view._session.selection == {SiteRef("NaCl", 5)}


def test_the_tool_tip_tells_images_apart(view: CrystalView) -> None:
    here = view._tip(AtomRef(1))
    there = view._tip(AtomRef(1, (1, 0, -1)))
    assert "Ti2 (Ti)" in here and "site 1<" in here and "0.0000  0.0000  0.0000" in here
    assert "site 1, cell (1 0 −1)" in there and "1.0000  0.0000  −1.0000" in there
    nacl = view._session.entries["NaCl"]
    assert "in the file" in view.tip(nacl, AtomRef(0)) and "μB" in view.tip(nacl, AtomRef(0))


def test_a_right_click_offers_the_atom_under_it(view: CrystalView, qtbot: QtBot) -> None:
    view.canvas.look("c")
    view.canvas.grab()
    place = view.canvas.camera.project(
        np.array([3.905 / 2, 3.905 / 2, 3.905 / 2]), view.canvas.width(), view.canvas.height()
    )[0]
    with qtbot.waitSignal(view.canvas.menu_wanted) as caught:
        for kind, held in (
            (QMouseEvent.Type.MouseButtonPress, Button.RightButton),
            (QMouseEvent.Type.MouseButtonRelease, Button.NoButton),
        ):
            at = QPointF(place[0], place[1])
            event = QMouseEvent(
                kind, at, view.canvas.mapToGlobal(at), Button.RightButton, held, Mod.NoModifier
            )
            QApplication.sendEvent(view.canvas, event)
    assert caught.args[1] == AtomRef(0)
    menu = next(m for m in view.widget.children() if m.metaObject().className() == "QMenu" and m.isVisible())
    texts = [action.text() for action in menu.actions()]
    assert texts[:4] == ["Centre on Sr1", "Select all Sr", "Hide Sr", "Polyhedra around Sr"]
    menu.actions()[2].trigger()
    menu.close()
    assert session_style(view).hidden == {"Sr"}


def test_crystalnn_finds_bonds_in_the_background(view: CrystalView, qtbot: QtBot) -> None:
    rule = view.panel.bonds.rule
    with qtbot.waitSignal(view._session.found_bonds_changed, timeout=60_000):
        rule.setCurrentIndex(1)
        rule.activated.emit(1)
        assert view.bonds.searching == "SrTiO3"
    found = view._session.found_bonds("SrTiO3")
    kinds = np.array(["Sr", "Ti", "O", "O", "O"])
    ti_o = [{"Ti", "O"} == {kinds[i], kinds[j]} for i, j in zip(found.first, found.second, strict=True)]
    assert sum(ti_o) == 6
    assert "CrystalNN found" in view.panel.bonds.note.text()
    qtbot.waitUntil(lambda: view.bonds.searching is None)


def test_a_search_that_is_cancelled_goes_back_to_distances(view: CrystalView, qtbot: QtBot) -> None:
    rule = view.panel.bonds.rule
    rule.setCurrentIndex(1)
    rule.activated.emit(1)
    view.panel.bonds.cancel.click()
    assert view.bonds.searching is None and session_style(view).bond_rule == "distance"
    qtbot.waitUntil(lambda: not view.bonds._left, timeout=60_000)
    assert view._session.found_bonds("SrTiO3") is None


def test_structures_side_by_side_turn_together(view: CrystalView, qtbot: QtBot) -> None:
    view.comparison.menu.aboutToShow.emit()
    other = next(action for action in view.comparison.menu.actions() if action.text() == "NaCl")
    other.trigger()
    assert view.comparison.companions == ["NaCl"]
    companion = view.comparison.canvas("NaCl")
    companion.grab()
    view.canvas.look("[110]")
    companion.grab()
    view.canvas.grab()
    np.testing.assert_allclose(companion.camera.back, view.canvas.camera.back, atol=1e-9)
    scale = companion.camera.half_height / view.canvas.camera.half_height
    qtbot.keyClick(companion, Qt.Key.Key_Left)
    qtbot.keyClick(view.canvas, Qt.Key.Key_Plus)
    np.testing.assert_allclose(companion.camera.back, view.canvas.camera.back, atol=1e-9)
    assert companion.camera.half_height / view.canvas.camera.half_height == pytest.approx(scale)
    view._session.select(frozenset({SiteRef("NaCl", 5)}))
    assert companion._lazy.picks.sites == {5} and view.canvas._lazy.picks.sites == frozenset()
    view._session.remove_entries(["NaCl"])
    assert view.comparison.companions == []


def test_the_view_of_a_structure_is_saved_and_restored(view: CrystalView) -> None:
    from negnn_gui.app.scene.view_state import ViewStates

    session = view._session
    view.set_style(Style(supercell=(2, 1, 1)))
    view.canvas.move_camera(lambda camera: camera.rotated(0.4, 0.2))
    view.canvas.grab()
    saved, seen = session.views.to_dict(session.entries), view.canvas.camera
    view.set_style(Style())
    view.canvas.look("c")
    view.canvas.grab()
    session.restore_views(ViewStates.from_dict(saved))
    view.canvas.grab()
    np.testing.assert_allclose(view.canvas.camera.back, seen.back)
    assert view.canvas.camera.half_height == pytest.approx(seen.half_height)
    assert session_style(view).supercell == (2, 1, 1)
