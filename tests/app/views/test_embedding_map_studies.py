"""Clusters, motifs and t-SNE on the map: computed in the background, shown when ready, given up on request."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QContextMenuEvent, QImage
from PySide6.QtWidgets import QApplication, QComboBox, QMessageBox
from pytestqt.qtbot import QtBot

from negnn_gui.analysis import projection, tsne
from negnn_gui.analysis.atlas import Atlas, write_atlas
from negnn_gui.app.views import embedding_map_bar, embedding_map_fits
from negnn_gui.app.views.embedding_map import EmbeddingMap
from negnn_gui.app.views.embedding_map_bar import MapBar, Tint
from negnn_gui.app.views.embedding_map_methods import Method
from negnn_gui.results import Analysis
from negnn_gui.structures.entry import StructureEntry

pytestmark = pytest.mark.gui

needs_tsne = pytest.mark.skipif(not tsne.tsne_available(), reason="openTSNE is not installed")
_PATIENCE_MS = 60_000


@pytest.fixture
def view(
    qtbot: QtBot,
    entries: dict[str, StructureEntry],
    analyses: dict[str, Analysis],
    make_atlas: Callable[..., Atlas],
) -> Iterator[EmbeddingMap]:
    """A map of all crystals over an atlas, shown."""
    widget = EmbeddingMap()
    qtbot.addWidget(widget)
    widget.resize(640, 480)
    widget.set_atlas(make_atlas())
    widget.set_analyses(entries, analyses)
    widget.show()
    qtbot.waitExposed(widget)
    yield widget
    widget.finalise()


@pytest.fixture
def stored_map(make_atlas: Callable[..., Atlas], tmp_path: Path) -> Atlas:
    """An atlas that carries places on a t-SNE map at level 1."""
    plain = make_atlas()
    places = np.random.default_rng(2).normal(size=(len(plain), 2))
    embeddings = np.stack([plain.vectors(str(level)) for level in range(plain.n_levels)])
    folder = tmp_path / "stored"
    write_atlas(
        folder,
        encoder=plain.encoder,
        sites=plain.sites,
        embeddings=embeddings,
        coordinates={"tsne:1": places},
    )
    return Atlas.load(folder, plain.encoder)


def choose(qtbot: QtBot, box: QComboBox, text: str) -> None:
    """Choose a line of a combo box by keyboard."""
    box.setFocus()
    while box.currentText() != text:
        before = box.currentIndex()
        qtbot.keyClick(box, Qt.Key.Key_Down)
        assert box.currentIndex() != before, f"no {text}"


def legend(view: EmbeddingMap) -> list[str]:
    items = view.legend.categories
    return [items.item(row).text() for row in range(items.count())]


def test_motifs_are_named_in_the_legend_and_can_be_hidden(qtbot: QtBot, view: EmbeddingMap) -> None:
    choose(qtbot, view.bar.tint, Tint.MOTIF.value)
    qtbot.waitUntil(lambda: "octahedral" in legend(view), timeout=_PATIENCE_MS)
    item = view.legend.categories.item(legend(view).index("octahedral"))
    place = view.legend.categories.visualItemRect(item).center()
    qtbot.mouseClick(view.legend.categories.viewport(), Qt.MouseButton.LeftButton, pos=place)
    hidden = set(range(len(view.layers.sites))) - set(view.layers.shown_rows().tolist())
    assert hidden == {row for row, name in enumerate(view.layers.names) if name == "octahedral"}
    assert len(hidden) == 8  # all of NiO
    qtbot.keyClick(view.bar.tint, Qt.Key.Key_Home)
    assert legend(view) == ["O", "Fe", "Ni", "Nd"] and len(view.layers.shown_rows()) == 12


def test_order_parameters_name_environments_too(qtbot: QtBot, view: EmbeddingMap) -> None:
    choose(qtbot, view.bar.tint, Tint.ORDER.value)
    qtbot.waitUntil(lambda: "octahedral" in legend(view), timeout=_PATIENCE_MS)
    nio = view.layers.sites.index.span("id-NiO")
    assert set(view.layers.names[nio]) == {"octahedral"}
    assert "14-fold" in legend(view), "body-centred iron has no order parameter"


def test_clusters_are_found_once_and_told_by_entry(
    qtbot: QtBot, view: EmbeddingMap, entries: dict[str, StructureEntry]
) -> None:
    assert view.cluster_numbers("id-NiO") is None
    with qtbot.waitSignal(view.clusters_changed, timeout=_PATIENCE_MS):
        choose(qtbot, view.bar.tint, Tint.CLUSTERS.value)
    numbers = view.cluster_numbers("id-NiO")
    assert numbers is not None
    nickel, oxygen = numbers[:4], numbers[4:]
    assert len(set(nickel)) == len(set(oxygen)) == 1 and nickel[0] != oxygen[0]
    assert sorted(legend(view)[:2]) == ["cluster 0", "cluster 1"]
    assert view.note.text().startswith("12 sites") and view.bar.cancel.isHidden()


@needs_tsne
def test_tsne_replaces_the_map_and_comes_back_at_once(qtbot: QtBot, view: EmbeddingMap) -> None:
    flat = view.layers.xy.copy()
    choose(qtbot, view.bar.method, Method.TSNE.value)
    assert view.layers.fitted is None and not view.bar.cancel.isHidden()
    qtbot.waitUntil(lambda: view.layers.fitted is not None, timeout=_PATIENCE_MS)
    fitted = view.layers.xy.copy()
    assert fitted.shape == flat.shape and not np.allclose(fitted, flat)
    assert view.plot.getAxis("left").labelText == "t-SNE 2" and view.bar.cancel.isHidden()
    qtbot.keyClick(view.bar.method, Qt.Key.Key_Home)
    np.testing.assert_allclose(view.layers.xy, flat)
    choose(qtbot, view.bar.method, Method.TSNE.value)
    np.testing.assert_allclose(view.layers.xy, fitted)


@needs_tsne
def test_a_structure_opened_later_is_placed_on_the_fitted_map_without_moving_it(
    qtbot: QtBot, view: EmbeddingMap, entries: dict[str, StructureEntry], analyses: dict[str, Analysis]
) -> None:
    known = {key: value for key, value in analyses.items() if key != "id-NiO"}
    view.set_analyses({key: entries[key] for key in known}, known)
    choose(qtbot, view.bar.method, Method.TSNE.value)
    qtbot.waitUntil(lambda: view.layers.fitted is not None, timeout=_PATIENCE_MS)
    before, backdrop = view.layers.xy.copy(), view.layers.known_xy.copy()
    assert np.isfinite(before).all() and len(before) == 4
    view.set_analyses(entries, analyses)
    nio = view.layers.sites.index.span("id-NiO")
    assert np.isnan(view.layers.xy[nio]).all() and not view.bar.cancel.isHidden()
    qtbot.waitUntil(lambda: bool(np.isfinite(view.layers.xy).all()), timeout=_PATIENCE_MS)
    assert len(view.layers.shown_rows()) == 12 and len(view.plot.site_points.xy) == 12
    rest = np.setdiff1d(np.arange(12), np.arange(12)[nio])
    np.testing.assert_array_equal(view.layers.xy[rest], before)
    np.testing.assert_array_equal(view.layers.known_xy, backdrop)
    assert view.bar.cancel.isHidden() and "nearest 5" not in view.note.text()


@needs_tsne
def test_cancel_while_a_structure_is_placed_goes_back_to_principal_components(
    qtbot: QtBot, view: EmbeddingMap, entries: dict[str, StructureEntry], analyses: dict[str, Analysis]
) -> None:
    view.set_analyses({}, {})
    choose(qtbot, view.bar.method, Method.TSNE.value)
    qtbot.waitUntil(lambda: view.layers.fitted is not None, timeout=_PATIENCE_MS)
    view.set_analyses(entries, analyses)
    qtbot.mouseClick(view.bar.cancel, Qt.MouseButton.LeftButton)
    assert view.bar.method.currentText() == "PCA" and view.layers.fitted is None
    assert len(view.layers.shown_rows()) == 12


@needs_tsne
def test_very_many_sites_are_sampled_for_tsne_and_all_are_placed(
    qtbot: QtBot, view: EmbeddingMap, make_atlas: Callable[..., Atlas], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(projection, "MAX_FIT_ROWS", 60)
    view.set_atlas(make_atlas(200))
    choose(qtbot, view.bar.method, Method.TSNE.value)
    qtbot.waitUntil(lambda: view.layers.fitted is not None, timeout=_PATIENCE_MS)
    assert "fitted to 60 of 200" in view.note.text()
    assert "evenly spaced" in view.note.toolTip()
    assert np.isfinite(view.layers.xy).all() and np.isfinite(view.layers.known_xy).all()
    assert len(view.layers.known_xy) == 200


def test_an_element_the_atlas_never_saw_is_placed_all_the_same(
    view: EmbeddingMap, make_atlas: Callable[..., Atlas]
) -> None:
    assert "Nd" not in set(make_atlas().sites.element)
    row = int(np.flatnonzero(view.layers.sites.elements == "Nd")[0])
    assert np.isfinite(view.layers.xy[row]).all() and row in view.layers.shown_rows()


def test_without_opentsne_a_stored_map_is_open_by_nearest_sites_and_says_so(
    qtbot: QtBot, view: EmbeddingMap, stored_map: Atlas, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(embedding_map_fits, "tsne_available", lambda: False)
    view.set_atlas(stored_map)
    choose(qtbot, view.bar.method, Method.TSNE.value)
    qtbot.waitUntil(lambda: view.layers.fitted is not None, timeout=_PATIENCE_MS)
    assert np.isfinite(view.layers.xy).all()
    assert "placed by nearest 5" in view.note.text()
    assert 'pip install "negnn-gui[explore]"' in view.note.toolTip()


@needs_tsne
def test_cancel_goes_back_to_principal_components(
    qtbot: QtBot, view: EmbeddingMap, make_atlas: Callable[..., Atlas]
) -> None:
    view.set_atlas(make_atlas(3000))
    choose(qtbot, view.bar.method, Method.TSNE.value)
    qtbot.mouseClick(view.bar.cancel, Qt.MouseButton.LeftButton)
    assert view.bar.method.currentText() == "PCA" and view.bar.cancel.isHidden()
    assert view.layers.fitted is None and view.note.text().startswith("12 sites")


@needs_tsne
def test_too_few_sites_for_tsne_are_told(
    qtbot: QtBot, view: EmbeddingMap, entries: dict[str, StructureEntry], analyses: dict[str, Analysis]
) -> None:
    view.set_atlas(None)
    view.set_analyses({"id-Fe": entries["id-Fe"]}, {"id-Fe": analyses["id-Fe"]})
    choose(qtbot, view.bar.method, Method.TSNE.value)
    qtbot.waitUntil(lambda: "at least four" in view.note.text(), timeout=_PATIENCE_MS)
    assert view.bar.method.currentText() == "PCA"


def test_closing_during_a_fit_is_quick(qtbot: QtBot, view: EmbeddingMap) -> None:
    view.set_method(Method.TSNE)
    view.finalise()
    assert view.studies._worker is None


def test_without_opentsne_the_choice_is_disabled_and_says_how_to_get_it(
    qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(embedding_map_bar, "available", lambda method: method is Method.PCA)
    bar = MapBar({"Lasso": ""})
    qtbot.addWidget(bar)
    bar.show()
    assert 'pip install "negnn-gui[explore]"' in bar.method.toolTip()
    qtbot.keyClick(bar.method, Qt.Key.Key_Down)
    assert bar.method.currentText() == "PCA"


def test_picture_and_places_are_saved(view: EmbeddingMap, tmp_path: Path) -> None:
    for name in ("map.png", "map.svg", "map.pdf", "map.csv"):
        assert view.export.save(tmp_path / name)
    picture = QImage(str(tmp_path / "map.png"))
    assert picture.width() == 2 * (view.plot.width() + view.legend.width())
    assert (tmp_path / "map.svg").read_text(encoding="utf-8").count("<circle") >= 212
    assert (tmp_path / "map.pdf").read_bytes().startswith(b"%PDF")
    lines = (tmp_path / "map.csv").read_text(encoding="utf-8").splitlines()
    assert len(lines) == 1 + 12 + 200
    first = dict(zip(lines[0].split(","), lines[1].split(","), strict=True))
    assert (first["kind"], first["structure"], first["site_label"]) == ("site", "NiO", "Ni1")
    assert float(first["map_x"]) == pytest.approx(view.layers.xy[0, 0], rel=1e-4)
    target = tmp_path / "missing" / "map.png"
    assert not view.export.save(target)
    [told] = view.plot.findChildren(QMessageBox)
    assert told.isVisible()
    assert told.text() == f"map.png could not be saved: No such file or directory: {target}."
    told.accept()


def test_the_menu_opens_where_the_right_button_is_pressed(qtbot: QtBot, view: EmbeddingMap) -> None:
    viewport = view.plot.viewport()
    place = viewport.rect().center()
    asked = QContextMenuEvent(QContextMenuEvent.Reason.Mouse, place, viewport.mapToGlobal(place))
    QApplication.sendEvent(viewport, asked)
    qtbot.waitUntil(view.export.menu.isVisible)
    assert [action.text() for action in view.export.menu.actions() if action.text()] == [
        "Save picture…",
        "Save places as CSV…",
        "Show all",
    ]
    view.export.menu.close()
