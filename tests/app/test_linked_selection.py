"""One selection in three views, by real mouse events: map, 3D and table over two open structures."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
import pytest
from PySide6.QtCore import QEvent, QPointF, Qt
from PySide6.QtGui import QImage, QMouseEvent
from PySide6.QtWidgets import QApplication

from negnn_gui.app.views.embedding_map_plot import MapPlot
from negnn_gui.app.workbench import Workbench

pytestmark = pytest.mark.gui

Left, Nothing = Qt.MouseButton.LeftButton, Qt.MouseButton.NoButton
_ROOM = 5.0


def lasso(plot: MapPlot, outline: Iterable[QPointF]) -> None:
    """Press, follow an outline and let go, as a mouse does."""
    port = plot.viewport()

    def send(kind: QEvent.Type, place: QPointF, button: Qt.MouseButton, held: Qt.MouseButton) -> None:
        event = QMouseEvent(
            kind, place, port.mapToGlobal(place), button, held, Qt.KeyboardModifier.NoModifier
        )
        QApplication.sendEvent(port, event)

    places = list(outline)
    send(QEvent.Type.MouseButtonPress, places[0], Left, Left)
    for place in places[1:]:
        send(QEvent.Type.MouseMove, place, Nothing, Left)
    send(QEvent.Type.MouseButtonRelease, places[-1], Left, Nothing)


def around(bench: Workbench, element: str) -> list[QPointF]:
    """Corners of a box on the map around all points of an element, which holds no other point."""
    layers, plot = bench.views.map.layers, bench.views.map.plot
    pixels = plot.to_pixels(layers.xy)
    mine = layers.sites.elements == element
    low, high = pixels[mine].min(axis=0) - _ROOM, pixels[mine].max(axis=0) + _ROOM
    others = pixels[~mine]
    assert not ((others > low) & (others < high)).all(axis=1).any(), "the groups overlap on this map"
    corners = [(low[0], low[1]), (high[0], low[1]), (high[0], high[1]), (low[0], high[1]), (low[0], low[1])]
    return [QPointF(x, y) for x, y in corners]


def accent_pixels(bench: Workbench) -> int:
    """How much of the crystal's picture has the colour of the rings."""
    canvas = bench.views.canvas
    image = canvas.grab().toImage().convertToFormat(QImage.Format.Format_RGB888)
    data = np.frombuffer(image.constBits(), dtype=np.uint8).reshape(image.height(), image.bytesPerLine())
    pixels = data[:, : 3 * image.width()].reshape(image.height(), image.width(), 3).astype(int)
    return int((np.abs(pixels - [255, 128, 0]).max(axis=2) < 40).sum())


@pytest.fixture
def bench(make_bench, nio, tmp_path, qtbot, wait_until_idle) -> Workbench:
    """Two structures, NiO and FeO, predicted and on the map, without known sites."""
    other = tmp_path / "FeO.cif"
    other.write_text(nio.read_text().replace("Ni", "Fe").replace("2.954", "3.05"))
    bench = make_bench()
    bench.controller.open_paths([nio, other])
    wait_until_idle(bench.controller)
    qtbot.waitUntil(lambda: len(bench.views.map.layers.sites) == 4, timeout=60_000)
    return bench


def test_a_lasso_on_the_map_is_seen_in_3d_and_filters_the_table(bench: Workbench, qtbot) -> None:
    before = accent_pixels(bench)
    lasso(bench.views.map.plot, around(bench, "O"))
    names = {bench.session.entries[ref.entry_id].elements[ref.site_index] for ref in bench.session.selection}
    assert names == {"O"} and len({ref.entry_id for ref in bench.session.selection}) == 2
    table = bench.views.table
    table.scope.setFocus()
    qtbot.keyClick(table.scope, Qt.Key.Key_End)
    assert table.scope.currentText() == "Selected sites" and table.model.rowCount() == 2
    assert table.model.refs([0, 1]) == bench.session.selection
    current = bench.session.current
    assert bench.views.crystal.selected_in(current) == {1}
    qtbot.waitUntil(lambda: accent_pixels(bench) > before + 20, timeout=60_000)
    bench.session.set_current(next(key for key in bench.session.entries if key != current.id))
    assert bench.views.crystal.selected_in(bench.session.current) == {1}
    qtbot.waitUntil(lambda: accent_pixels(bench) > before + 20, timeout=60_000)


def test_a_row_of_the_table_is_marked_on_the_map(bench: Workbench, qtbot) -> None:
    table, layers = bench.views.table, bench.views.map.layers
    row = next(
        k for k in range(4) if bench.session.entries[min(table.model.refs([k])).entry_id].name == "FeO"
    )
    place = table.view.visualRect(table.model.index(row, 0)).center()
    qtbot.mouseClick(table.view.viewport(), Left, pos=place)
    assert bench.session.selection == table.model.refs([row])
    marked = layers.sites.index.rows(bench.session.selection)
    np.testing.assert_allclose(bench.views.map.plot.selected_points.xy, layers.xy[marked])
    assert len(marked) == 1
    qtbot.mouseClick(
        table.view.viewport(),
        Left,
        Qt.KeyboardModifier.ControlModifier,
        table.view.visualRect(table.model.index((row + 1) % 4, 0)).center(),
    )
    assert len(bench.views.map.plot.selected_points.xy) == len(bench.session.selection) == 2


def test_an_atom_clicked_in_3d_is_marked_on_the_map_and_in_the_table(bench: Workbench, qtbot) -> None:
    canvas, current = bench.views.canvas, bench.session.current
    qtbot.waitUntil(lambda: canvas.pictured == current.id, timeout=60_000)
    canvas.look("a")
    canvas.grab()
    camera = canvas.camera
    x, y, _ = camera.project(current.structure.cart_coords[1:2], canvas.width(), canvas.height())[0]
    qtbot.mouseClick(canvas, Left, pos=QPointF(x, y).toPoint())
    assert {ref.entry_id for ref in bench.session.selection} == {current.id}
    layers = bench.views.map.layers
    chosen = layers.sites.index.rows(bench.session.selection)
    np.testing.assert_allclose(bench.views.map.plot.selected_points.xy, layers.xy[chosen])
    rows = bench.views.table.model.selected_table_rows()
    assert bench.views.table.model.refs(rows.tolist()) == bench.session.selection


def test_a_click_on_the_map_shows_the_crystal_of_that_atom(bench: Workbench, qtbot) -> None:
    layers, plot = bench.views.map.layers, bench.views.map.plot
    for row in (0, len(layers.sites) - 1, 0):
        entry, _, site = layers.sites.site(row)
        x, y = plot.to_pixels(layers.xy[[row]])[0]
        qtbot.mouseClick(plot.viewport(), Left, pos=QPointF(x, y).toPoint())
        (ref,) = bench.session.selection
        assert bench.session.current.id == ref.entry_id
        assert bench.views.crystal.selected_in(bench.session.current) == {ref.site_index}
        assert bench.session.entries[ref.entry_id].elements[ref.site_index] == entry.elements[site]
    shown = bench.session.current.id
    lasso(plot, around(bench, "O"))  # sites of both: the crystal that is shown stays
    assert bench.session.current.id == shown
