"""The map under real mouse and key events: what is drawn around, clicked or pointed at is what is picked."""

from __future__ import annotations

from collections.abc import Callable, Iterable

import numpy as np
import pytest
from PySide6.QtCore import QEvent, QPoint, QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QMouseEvent, QPolygonF
from PySide6.QtWidgets import QApplication, QWidget
from pytestqt.qtbot import QtBot

from negnn_gui.analysis.atlas import Atlas
from negnn_gui.app.scene.colouring import Colouring
from negnn_gui.app.theme import palette
from negnn_gui.app.views.embedding_map import EmbeddingMap
from negnn_gui.app.views.embedding_map_plot import Tool, inside, nearest_within
from negnn_gui.results import Analysis, ModelRef, SiteRef
from negnn_gui.structures.entry import StructureEntry

pytestmark = pytest.mark.gui

Left, NoButton = Qt.MouseButton.LeftButton, Qt.MouseButton.NoButton
Control, Shift, Plain = (
    Qt.KeyboardModifier.ControlModifier,
    Qt.KeyboardModifier.ShiftModifier,
    Qt.KeyboardModifier.NoModifier,
)
Picks = list[tuple[frozenset[SiteRef], str]]


@pytest.fixture
def picks(view: EmbeddingMap) -> Picks:
    """What the map emits."""
    found: Picks = []
    view.picked.connect(lambda sites, mode: found.append((sites, mode)))
    return found


def send(
    view: EmbeddingMap,
    kind: QEvent.Type,
    place: QPointF,
    button: Qt.MouseButton = NoButton,
    buttons: Qt.MouseButton = NoButton,
    modifiers: Qt.KeyboardModifier = Plain,
) -> None:
    viewport = view.plot.viewport()
    event = QMouseEvent(
        kind, place, QPointF(viewport.mapToGlobal(place.toPoint())), button, buttons, modifiers
    )
    QApplication.sendEvent(viewport, event)


def click(view: EmbeddingMap, place: QPointF, modifiers: Qt.KeyboardModifier = Plain) -> None:
    send(view, QEvent.Type.MouseButtonPress, place, Left, Left, modifiers)
    send(view, QEvent.Type.MouseButtonRelease, place, Left, NoButton, modifiers)


def drag(view: EmbeddingMap, path: Iterable[QPointF], modifiers: Qt.KeyboardModifier = Plain) -> None:
    places = list(path)
    send(view, QEvent.Type.MouseButtonPress, places[0], Left, Left, modifiers)
    for place in places:
        send(view, QEvent.Type.MouseMove, place, NoButton, Left, modifiers)
    send(view, QEvent.Type.MouseButtonRelease, places[-1], Left, NoButton, modifiers)


def pixel(view: EmbeddingMap, ref: SiteRef) -> QPointF:
    row = int(view.layers.sites.index.rows({ref})[0])
    x, y = view.plot.to_pixels(view.layers.xy[[row]])[0]
    return QPointF(x, y)


def sites_of(entries: dict[str, StructureEntry], element: str) -> frozenset[SiteRef]:
    return frozenset(
        SiteRef(entry_id, site)
        for entry_id, entry in entries.items()
        for site, symbol in enumerate(entry.elements)
        if symbol == element
    )


def ring_around(view: EmbeddingMap, refs: frozenset[SiteRef], gap: float = 14.0) -> list[QPointF]:
    """A round freehand path that holds the points of some sites."""
    places = np.array([pixel(view, ref).toTuple() for ref in refs])
    centre = places.mean(axis=0)
    radius = np.linalg.norm(places - centre, axis=1).max() + gap
    turns = np.linspace(0, 2 * np.pi, 24)
    return [QPointF(centre[0] + radius * np.cos(turn), centre[1] + radius * np.sin(turn)) for turn in turns]


def test_lasso_picks_what_lies_inside(
    view: EmbeddingMap, picks: Picks, entries: dict[str, StructureEntry]
) -> None:
    oxygen = sites_of(entries, "O")
    drag(view, ring_around(view, oxygen))
    assert picks == [(oxygen, "replace")]
    drag(view, ring_around(view, oxygen), Control)
    assert picks[1] == (oxygen, "add")


def test_rectangle_picks_what_lies_inside(
    qtbot: QtBot, view: EmbeddingMap, picks: Picks, entries: dict[str, StructureEntry]
) -> None:
    qtbot.mouseClick(view.tools.button(1), Left)
    assert view.plot.tool is Tool.RECTANGLE
    iron = sites_of(entries, "Fe")
    places = np.array([pixel(view, ref).toTuple() for ref in iron])
    low, high = places.min(axis=0) - 12, places.max(axis=0) + 12
    drag(view, [QPointF(*low), QPointF(*(0.5 * (low + high))), QPointF(*high)], Shift)
    assert picks == [(iron, "add")]


def test_an_empty_lasso_clears(view: EmbeddingMap, picks: Picks) -> None:
    corner = view.plot.viewport().width() - 60
    drag(view, [QPointF(corner, 30), QPointF(corner + 12, 30), QPointF(corner + 12, 42)])
    assert picks == [(frozenset(), "replace")]


def test_click_picks_the_nearest_site(view: EmbeddingMap, picks: Picks) -> None:
    nickel = SiteRef("id-NiO", 2)
    place = pixel(view, nickel)
    click(view, place)
    click(view, place, Control)
    click(view, place, Shift)
    assert picks == [
        (frozenset({nickel}), "replace"),
        (frozenset({nickel}), "toggle"),
        (frozenset({nickel}), "add"),
    ]


def test_click_on_nothing_clears_unless_control_is_held(view: EmbeddingMap, picks: Picks) -> None:
    nothing = QPointF(view.plot.viewport().width() - 30, 20)
    click(view, nothing, Control)
    click(view, nothing)
    assert picks == [(frozenset(), "replace")]


def test_panning_moves_the_map_and_picks_nothing(qtbot: QtBot, view: EmbeddingMap, picks: Picks) -> None:
    qtbot.mouseClick(view.tools.button(2), Left)
    ref = SiteRef("id-Fe", 0)
    before = pixel(view, ref)
    drag(view, [QPointF(200, 200), QPointF(215, 200), QPointF(240, 230)])
    assert (pixel(view, ref) - before - QPointF(40, 30)).manhattanLength() < 1.5
    assert not picks
    qtbot.mouseDClick(view.plot.viewport(), Left, pos=QPoint(200, 200))
    assert (pixel(view, ref) - before).manhattanLength() < 1.5


def test_pointing_shows_the_card_and_tells_the_site(view: EmbeddingMap) -> None:
    told: list[SiteRef | None] = []
    view.hovered.connect(told.append)
    ref = SiteRef("id-NiO", 1)
    send(view, QEvent.Type.MouseMove, pixel(view, ref))
    assert told == [ref]
    assert view.card.isVisible()
    for part in ("Ni2 (Ni)", "NiO", "1.71 μB", "1.61 to 1.81", "-1.70 μB"):
        assert part in view.card.text()
    send(view, QEvent.Type.MouseMove, QPointF(view.plot.viewport().width() - 20, 15))
    assert told == [ref, None]
    assert not view.card.isVisible()


def test_the_card_stays_inside_the_plot(view: EmbeddingMap, entries: dict[str, StructureEntry]) -> None:
    for ref in sites_of(entries, "O") | sites_of(entries, "Nd") | sites_of(entries, "Fe"):
        send(view, QEvent.Type.MouseMove, pixel(view, ref))
        assert view.plot.rect().contains(view.card.geometry())


def test_a_card_larger_than_the_plot_lies_on_the_window(
    qtbot: QtBot, entries: dict[str, StructureEntry], analyses: dict[str, Analysis]
) -> None:
    window = QWidget()
    qtbot.addWidget(window)
    window.resize(600, 500)
    small = EmbeddingMap(window)
    small.setGeometry(300, 10, 290, 150)
    small.set_analyses(entries, analyses)
    window.show()
    qtbot.waitExposed(window)
    send(small, QEvent.Type.MouseMove, pixel(small, SiteRef("id-Fe", 0)))
    assert small.card.isVisible() and small.card.height() > small.plot.height()
    assert small.card.parentWidget() is window
    assert window.rect().contains(small.card.geometry())
    send(small, QEvent.Type.MouseMove, QPointF(1, 1))
    assert not small.card.isVisible()


def test_titles_and_axes_without_room_are_left_out(qtbot: QtBot, view: EmbeddingMap) -> None:
    left, bottom = view.plot.getAxis("left"), view.plot.getAxis("bottom")
    assert left.isVisible() and left.label.isVisible() and bottom.label.isVisible()
    view.plot.set_titles(
        bottom.labelText, "a title of more letters than the height of this plot has room for"
    )
    view.resize(640, 240)
    qtbot.waitUntil(lambda: not left.label.isVisible())
    assert left.isVisible() and bottom.label.isVisible()
    view.plot.set_titles(bottom.labelText, "PC 2")
    assert left.label.isVisible()
    view.resize(640, 160)
    qtbot.waitUntil(lambda: not left.isVisible() and not bottom.isVisible())
    view.resize(640, 480)
    qtbot.waitUntil(lambda: left.isVisible() and left.label.isVisible() and bottom.isVisible())
    middle = left.label.mapToScene(left.label.boundingRect().center()).y()
    assert abs(middle - left.mapToScene(left.boundingRect().center()).y()) < 12


def test_keys_walk_through_the_points(qtbot: QtBot, view: EmbeddingMap, picks: Picks) -> None:
    told: list[SiteRef | None] = []
    view.hovered.connect(told.append)
    for key in (Qt.Key.Key_Right, Qt.Key.Key_Right, Qt.Key.Key_Left):
        qtbot.keyClick(view.plot, key)
    assert [ref for ref in told if ref] == [SiteRef("id-NiO", 0), SiteRef("id-NiO", 1), SiteRef("id-NiO", 0)]
    qtbot.keyClick(view.plot, Qt.Key.Key_Return)
    qtbot.keyClick(view.plot, Qt.Key.Key_Space, Control)
    qtbot.keyClick(view.plot, Qt.Key.Key_Escape)
    chosen = frozenset({SiteRef("id-NiO", 0)})
    assert picks == [(chosen, "replace"), (chosen, "toggle"), (frozenset(), "replace")]
    qtbot.keyClick(view.plot, Qt.Key.Key_Left)
    assert told[-1] == SiteRef("id-NdFe", 1)


def test_keys_zoom(qtbot: QtBot, view: EmbeddingMap) -> None:
    def width() -> float:
        return QRectF(view.plot.getViewBox().viewRect()).width()

    before = width()
    qtbot.keyClick(view.plot, Qt.Key.Key_Plus)
    assert width() < before
    qtbot.keyClick(view.plot, Qt.Key.Key_Equal)
    assert width() == pytest.approx(before)


def test_selection_is_ringed_in_the_accent_colour(view: EmbeddingMap) -> None:
    refs = frozenset({SiteRef("id-Fe", 0), SiteRef("id-gone", 0)})
    view.set_selection(refs)
    np.testing.assert_allclose(
        view.plot.selected_points.xy, view.layers.xy[view.layers.sites.index.rows(refs)]
    )
    image = view.plot.grab().toImage()
    centre = pixel(view, SiteRef("id-Fe", 0)).toPoint()
    around = [QColor(image.pixel(centre + QPoint(dx, dy))) for dx in range(-8, 9) for dy in range(-8, 9)]
    assert any(c.red() > 200 and 80 < c.green() < 200 and c.blue() < 90 for c in around)
    view.set_selection(frozenset())
    assert not len(view.plot.selected_points.xy)


def test_legend_hides_points_and_they_cannot_be_picked(
    qtbot: QtBot, view: EmbeddingMap, picks: Picks, entries: dict[str, StructureEntry]
) -> None:
    legend = view.legend.categories
    names = [legend.item(row).text() for row in range(legend.count())]
    assert names == ["O", "Fe", "Ni", "Nd"]
    oxygen = sites_of(entries, "O")
    path = ring_around(view, oxygen)
    item = legend.visualItemRect(legend.item(0)).center()
    qtbot.mouseClick(legend.viewport(), Left, pos=item)
    assert len(view.plot.site_points.xy) == len(view.layers.xy) - len(oxygen)
    drag(view, path)
    assert picks == [(frozenset(), "replace")]
    legend.setCurrentRow(0)
    qtbot.keyClick(legend, Qt.Key.Key_Space)
    assert len(view.plot.site_points.xy) == len(view.layers.xy)


def test_colouring_shows_a_bar_with_unit_or_a_list(view: EmbeddingMap) -> None:
    view.set_colouring(Colouring("moment"))
    assert view.legend.currentWidget() is view.legend.scale
    assert "abs(m) DFT (μB)" in view.legend.scale.accessibleName()
    view.set_colouring(Colouring("element"))
    assert view.legend.currentWidget() is view.legend.categories


def test_colours_on_screen_are_those_of_the_scheme(view: EmbeddingMap) -> None:
    image = view.plot.grab().toImage()
    for ref, colour in ((SiteRef("id-NiO", 4), (255, 3, 0)), (SiteRef("id-Fe", 0), (181, 113, 0))):
        found = QColor(image.pixel(pixel(view, ref).toPoint()))
        assert max(abs(a - b) for a, b in zip(found.getRgb()[:3], colour, strict=True)) < 16


def test_axes_say_how_much_they_explain(view: EmbeddingMap) -> None:
    titles = [view.plot.getAxis(side).labelText for side in ("bottom", "left")]
    projection = view.layers.sites.projection("1")
    assert tuple(titles) == projection.axis_titles
    assert all("%" in title and "PC" in title for title in titles)


def test_levels_move_the_points_and_come_to_rest(qtbot: QtBot, view: EmbeddingMap) -> None:
    before = view.layers.xy.copy()
    view.set_levels("012")
    target = view.layers.xy
    assert not np.allclose(before, target)
    qtbot.waitUntil(lambda: np.allclose(view.plot.site_points.xy, target), timeout=5000)
    view.set_levels("1")
    qtbot.waitUntil(lambda: np.allclose(view.plot.site_points.xy, before), timeout=5000)


def test_the_same_data_give_the_same_map(
    qtbot: QtBot, view: EmbeddingMap, entries: dict[str, StructureEntry], analyses: dict[str, Analysis]
) -> None:
    other = EmbeddingMap()
    qtbot.addWidget(other)
    for levels in ("0", "45", "1"):
        other.set_levels(levels)
    other.set_analyses(entries, analyses)
    np.testing.assert_array_equal(view.layers.xy, other.layers.xy)


def test_levels_that_do_not_exist_are_told(view: EmbeddingMap) -> None:
    view.set_levels("9")
    assert view.message.isVisible()
    assert "from 0 to 5" in view.message.text()
    view.set_levels("1")
    assert not view.message.isVisible()


def test_an_empty_map_says_what_to_do(qtbot: QtBot) -> None:
    widget = EmbeddingMap()
    qtbot.addWidget(widget)
    widget.show()
    assert widget.message.isVisible()
    assert "Open a structure" in widget.message.text()
    click(widget, QPointF(50, 50))
    qtbot.keyClick(widget.plot, Qt.Key.Key_Right)
    qtbot.keyClick(widget.plot, Qt.Key.Key_Return)


def test_a_single_atom_is_shown(
    qtbot: QtBot,
    entries: dict[str, StructureEntry],
    analyse: Callable[..., Analysis],
    picks: Picks,
    view: EmbeddingMap,
) -> None:
    entry = entries["id-Fe"]
    structure = entry.structure.copy()
    structure.remove_sites([1])
    lone = StructureEntry("id-lone", None, 0, "lone", structure, ("Fe1",))
    view.set_analyses({"id-lone": lone}, {"id-lone": analyse(lone)})
    click(view, pixel(view, SiteRef("id-lone", 0)))
    assert picks == [(frozenset({SiteRef("id-lone", 0)}), "replace")]


# --- with an atlas ----------------------------------------------------------------------------------


def test_known_sites_lie_underneath_and_opening_a_structure_moves_nothing(
    view: EmbeddingMap,
    entries: dict[str, StructureEntry],
    analyses: dict[str, Analysis],
    make_atlas: Callable[..., Atlas],
) -> None:
    atlas = make_atlas()
    view.set_atlas(atlas)
    np.testing.assert_allclose(view.plot.known_points.xy, atlas.places("1"))
    assert view.note.text() == "12 sites · 200 known"
    place = view.layers.xy[view.layers.sites.index.rows({SiteRef("id-Fe", 0)})]
    view.set_analyses({"id-Fe": entries["id-Fe"]}, analyses)
    np.testing.assert_allclose(view.layers.xy[[0]], place)
    iron = atlas.places("1")[atlas.sites.element == "Fe"].mean(axis=0)
    others = atlas.places("1")[atlas.sites.element != "Fe"]
    assert np.linalg.norm(place - iron) < np.linalg.norm(others - iron, axis=1).min()


def test_pointing_at_a_known_site_tells_what_it_is(
    view: EmbeddingMap, make_atlas: Callable[..., Atlas]
) -> None:
    atlas = make_atlas()
    view.set_atlas(atlas)
    gadolinium = np.flatnonzero(atlas.sites.element == "Gd")  # none of the user's atoms lies there
    x, y = view.plot.to_pixels(atlas.places("1")[gadolinium])[0]
    send(view, QEvent.Type.MouseMove, QPointF(x, y))
    assert view.card.isVisible()
    for part in ("Gd in Gd", "octahedral", "DFT", "μB", "mp-"):
        assert part in view.card.text()


def test_marked_known_sites_are_ringed_and_brought_into_view(
    view: EmbeddingMap, make_atlas: Callable[..., Atlas]
) -> None:
    atlas = make_atlas()
    view.set_atlas(atlas)
    view.plot.getViewBox().setRange(QRectF(1000, 1000, 1, 1), padding=0)
    view.mark_known([3, 5])
    np.testing.assert_allclose(view.plot.marked_points.xy, atlas.places("1")[[3, 5]])
    seen = QRectF(view.plot.getViewBox().viewRect())
    assert all(seen.contains(QPointF(x, y)) for x, y in atlas.places("1")[[3, 5]])
    view.set_atlas(None)
    assert not len(view.plot.marked_points.xy)
    assert not len(view.plot.known_points.xy)


def test_an_atlas_of_another_encoder_is_left_out_and_told(
    view: EmbeddingMap, make_atlas: Callable[..., Atlas]
) -> None:
    view.set_atlas(make_atlas(encoder=ModelRef("other", "b" * 64)))
    assert not len(view.plot.known_points.xy)
    assert "another encoder" in view.note.text()
    assert "other" in view.note.toolTip()


def test_an_atlas_alone_is_shown(qtbot: QtBot, make_atlas: Callable[..., Atlas]) -> None:
    widget = EmbeddingMap()
    qtbot.addWidget(widget)
    widget.show()
    widget.set_atlas(make_atlas())
    assert len(widget.plot.known_points.xy) == 200
    assert not widget.message.isVisible()
    widget.set_colouring(Colouring("moment"))
    scale = widget.layers.scale
    assert scale is not None and scale.hi > 5, "the bar has the limits of the known moments"


def test_analyses_of_different_encoders_are_not_mixed(
    view: EmbeddingMap,
    entries: dict[str, StructureEntry],
    analyses: dict[str, Analysis],
    analyse: Callable[..., Analysis],
) -> None:
    mixed = analyses | {"id-Fe": analyse(entries["id-Fe"], ModelRef("other", "b" * 64))}
    view.set_analyses(entries, mixed)
    assert len(view.layers.xy) == 10
    assert "2 of another encoder" in view.note.text()


# --- geometry and look ------------------------------------------------------------------------------


def test_inside_follows_a_concave_outline() -> None:
    outline = QPolygonF([QPointF(*p) for p in ((0, 0), (10, 0), (10, 10), (5, 2), (0, 10))])
    points = np.array([[2.0, 1.0], [5.0, 5.0], [9.0, 6.0], [-1.0, 1.0], [np.nan, 1.0]])
    np.testing.assert_array_equal(inside(outline, points), [True, False, True, False, False])


def test_nearest_takes_the_topmost_of_equal_points() -> None:
    pixels = np.array([[0.0, 0.0], [5.0, 0.0], [5.0, 0.0], [np.nan, 0.0]])
    assert nearest_within(QPointF(5, 1), pixels, 3) == 2
    assert nearest_within(QPointF(50, 1), pixels, 3) is None
    assert nearest_within(QPointF(0, 0), np.empty((0, 2)), 3) is None


def test_the_plot_follows_light_and_dark(view: EmbeddingMap) -> None:
    for dark in (False, True):
        view.setPalette(palette(dark))
        QApplication.processEvents()
        image = view.plot.grab().toImage()
        ground = QColor(image.pixel(image.width() - 12, 8))
        assert (ground.lightness() < 80) == dark
