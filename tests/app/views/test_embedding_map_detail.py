"""Very many points: an image of their density, and fewer of them while the map moves."""

from __future__ import annotations

import numpy as np
import pytest
from PySide6.QtCore import QEvent, QPoint, QPointF, QRectF, Qt
from PySide6.QtGui import QMouseEvent
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from negnn_gui.app.scene.colouring import Colouring
from negnn_gui.app.views import embedding_map_points
from negnn_gui.app.views.embedding_map import EmbeddingMap
from negnn_gui.app.views.embedding_map_density import density_image
from negnn_gui.app.views.embedding_map_plot import MapPlot, Tool
from negnn_gui.app.views.embedding_map_points import opaque, topmost
from negnn_gui.results import SiteRef

pytestmark = pytest.mark.gui

Left = Qt.MouseButton.LeftButton
RED, BLUE = (200, 0, 0), (0, 0, 200)


def mouse(widget: MapPlot, kind: QEvent.Type, place: QPointF) -> None:
    button = Qt.MouseButton.NoButton if kind is QEvent.Type.MouseMove else Left
    held = Qt.MouseButton.NoButton if kind is QEvent.Type.MouseButtonRelease else Left
    viewport = widget.viewport()
    everywhere = QPointF(viewport.mapToGlobal(place.toPoint()))
    event = QMouseEvent(kind, place, everywhere, button, held, Qt.KeyboardModifier.NoModifier)
    QApplication.sendEvent(viewport, event)


def test_very_many_points_become_a_density_image_and_points_again_when_zoomed_in(
    qtbot: QtBot, view: EmbeddingMap, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("negnn_gui.app.views.embedding_map_detail.MAX_POINTS", 6)
    view.set_selection(frozenset({SiteRef("id-Fe", 0)}))
    view.set_colouring(Colouring("moment"))
    assert view.plot.density_image.isVisible()
    assert not view.plot.site_points.isVisible()
    assert len(view.plot.selected_points.xy) == 1
    assert view.plot.density_image.opacity() < 1.0
    assert "zoom in" in view.note.text()
    x, y = view.layers.xy[view.layers.sites.index.rows({SiteRef("id-Fe", 0)})][0]
    view.plot.getViewBox().setRange(QRectF(x - 0.01, y - 0.01, 0.02, 0.02), padding=0)
    qtbot.waitUntil(lambda: not view.plot.density_image.isVisible(), timeout=3000)
    assert view.plot.site_points.isVisible()
    assert "zoom in" not in view.note.text()


def test_the_density_image_follows_a_drag_before_it_ends(
    qtbot: QtBot, view: EmbeddingMap, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("negnn_gui.app.views.embedding_map_detail.MAX_POINTS", 2)
    view.set_colouring(Colouring("moment"))
    next(button for button in view.tools.buttons() if button.text() == Tool.PAN.value).click()
    box = view.plot.getViewBox()

    def behind() -> float:
        return view.plot.density_image.sceneBoundingRect().left() - box.sceneBoundingRect().left()

    qtbot.waitUntil(lambda: abs(behind()) < 2, timeout=3000)
    middle = QPointF(view.plot.viewport().rect().center())
    mouse(view.plot, QEvent.Type.MouseButtonPress, middle)
    for step in range(1, 6):
        mouse(view.plot, QEvent.Type.MouseMove, middle + QPointF(10 * step, 0))
    assert behind() > 20  # it goes along
    qtbot.waitUntil(lambda: abs(behind()) < 2, timeout=3000)  # and is made anew for what is in view now
    mouse(view.plot, QEvent.Type.MouseButtonRelease, middle)


def test_density_counts_points_where_they_are_in_the_colour_of_the_last() -> None:
    xy = np.array([[0.1, 0.1]] * 20 + [[0.9, 0.9]] + [[5.0, 5.0]])
    colours = np.array([RED] * 19 + [BLUE] + [RED] + [RED], dtype=np.uint8)
    image = density_image(xy, QRectF(0, 0, 1, 1), (30, 30), colours, few=5)
    assert image is not None
    assert image.shape == (10, 10, 4)
    assert image[1, 1].tolist() == [*BLUE, 255]
    assert image[9, 9, :3].tolist() == list(RED)
    assert 0 < image[9, 9, 3] < 255
    assert np.count_nonzero(image[..., 3]) == 2
    assert density_image(xy, QRectF(0, 0, 1, 1), (30, 30), colours, few=21) is None


def test_only_the_topmost_of_points_at_one_place_are_kept() -> None:
    x = np.array([0.2, 0.4, 10.0, 0.1, -0.5])
    rows, counts = topmost(x, np.zeros(5), finest=3.0, few=10)
    assert rows.tolist() == [2, 3, 4]  # cells have their corner at the origin, wherever the points are
    assert counts.tolist() == [1, 3, 1]


def test_cells_get_wider_where_too_many_points_are_left() -> None:
    x, y = (part.ravel() for part in np.mgrid[0.0:60.0, 0.0:60.0])
    few, _ = topmost(x, y, finest=1.0, few=500)
    many, _ = topmost(x, y, finest=1.0, few=5_000)
    assert len(many) == 3600
    assert len(few) == 400  # cells of three


@pytest.fixture
def crowded(qtbot: QtBot) -> MapPlot:
    """A plot of 6,000 sites in two colours; 200 are few to it."""
    plot = MapPlot()
    qtbot.addWidget(plot)
    plot.resize(500, 400)
    plot.show()
    qtbot.waitExposed(plot)
    random = np.random.default_rng(0)
    xy = np.concatenate([random.normal(-2, 1, (3000, 2)), random.normal(2, 1, (3000, 2))])
    colours = np.repeat(np.array([RED, BLUE], dtype=np.uint8), 3000, axis=0)
    plot.site_points.set_points(xy, opaque(colours))
    plot.set_bounds(xy)
    plot.show_all()
    return plot


def picture(plot: MapPlot) -> np.ndarray:
    image = plot.grab().toImage().convertToFormat(plot.grab().toImage().Format.Format_RGB32)
    return np.array(image.constBits()).reshape(image.height(), image.width(), 4)[..., :3].astype(int)


def test_a_hurried_picture_looks_like_the_whole_one(
    crowded: MapPlot, monkeypatch: pytest.MonkeyPatch, qtbot: QtBot
) -> None:
    crowded.site_points.set_hurried(False)
    whole = picture(crowded)
    drawn: list[int] = []

    def counted(*arguments: object) -> tuple[np.ndarray, np.ndarray]:
        found = topmost(*arguments)  # type: ignore[arg-type]
        drawn.append(len(found[0]))
        return found

    monkeypatch.setattr(embedding_map_points, "topmost", counted)
    monkeypatch.setattr(embedding_map_points, "_FEW", 4000)
    crowded.site_points.set_hurried(True)
    hurried = picture(crowded)
    assert drawn and max(drawn) < 4000
    ground = whole[2, -3]
    covered = (abs(whole - ground) > 20).any(axis=2)
    assert covered.mean() > 0.1
    both = (abs(hurried - ground) > 20).any(axis=2)
    assert (covered ^ both).sum() < 0.06 * covered.sum()
    # red stays red and blue stays blue
    assert (abs(whole - hurried).max(axis=2) > 120).sum() < 0.06 * covered.sum()


def test_moving_hurries_and_resting_draws_all(
    crowded: MapPlot, qtbot: QtBot, view: EmbeddingMap, monkeypatch: pytest.MonkeyPatch
) -> None:
    told: list[bool] = []
    monkeypatch.setattr(view.plot.site_points, "set_hurried", told.append)
    next(button for button in view.tools.buttons() if button.text() == Tool.PAN.value).click()
    middle = QPointF(view.plot.viewport().rect().center())
    mouse(view.plot, QEvent.Type.MouseButtonPress, middle)
    mouse(view.plot, QEvent.Type.MouseMove, middle + QPointF(QPoint(30, 0)))
    mouse(view.plot, QEvent.Type.MouseMove, middle + QPointF(QPoint(60, 0)))
    assert told and all(told)
    qtbot.waitUntil(lambda: told[-1] is False, timeout=3000)
    mouse(view.plot, QEvent.Type.MouseButtonRelease, middle)


def test_known_sites_left_out_count_in_the_opacity_of_those_that_stay(
    crowded: MapPlot, monkeypatch: pytest.MonkeyPatch
) -> None:
    crowded.site_points.clear()
    crowded.site_points.setVisible(False)
    places = np.zeros((30, 2))
    crowded.known_points.set_points(places, opaque(np.array([RED] * 30, dtype=np.uint8), 20))
    crowded.set_bounds(np.array([[-1.0, -1.0], [1.0, 1.0]]))
    crowded.show_all()
    x, y = crowded.to_pixels(places[:1])[0].astype(int)
    crowded.known_points.set_hurried(False)
    whole = picture(crowded)[y, x]
    monkeypatch.setattr(embedding_map_points, "_FEW", 5)
    crowded.known_points.set_hurried(True)
    assert abs(picture(crowded)[y, x] - whole).max() < 12
    assert abs(whole - picture(crowded)[2, -3]).max() > 100


def test_the_density_is_that_of_the_level_shown(
    qtbot: QtBot, view: EmbeddingMap, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("negnn_gui.app.views.embedding_map_detail.MAX_POINTS", 2)
    view.set_colouring(Colouring("moment"))
    view.set_levels("4")
    qtbot.waitUntil(lambda: np.allclose(view.plot.site_points.xy, view.layers.xy), timeout=5000)
    qtbot.wait(120)
    expected = density_image(
        view.layers.xy,
        QRectF(view.plot.getViewBox().viewRect()),
        (view.plot.viewport().width(), view.plot.viewport().height()),
        np.zeros((len(view.layers.xy), 3), dtype=np.uint8),
        few=2,
    )
    assert expected is not None
    np.testing.assert_array_equal(view.plot.density_image.image[..., 3], expected[..., 3])
