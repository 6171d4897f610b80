"""The insight panels under real mouse events, what they show of made-up crystals, and what they save."""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QImage
from pytestqt.qtbot import QtBot

from negnn_gui.analysis.atlas import Atlas
from negnn_gui.app.views.insight import Insight
from negnn_gui.results import Analysis, ModelRef, SiteRef
from negnn_gui.structures.entry import StructureEntry

pytestmark = pytest.mark.gui

Left = Qt.MouseButton.LeftButton


@pytest.fixture
def view(qtbot: QtBot) -> Iterator[Insight]:
    widget = Insight()
    qtbot.addWidget(widget)
    widget.resize(760, 520)
    widget.show()
    qtbot.waitExposed(widget)
    yield widget
    widget.finalise()


def test_neighbours_by_level_of_the_selected_site(
    qtbot: QtBot,
    view: Insight,
    entries: dict[str, StructureEntry],
    analyses: dict[str, Analysis],
    make_atlas: Callable[..., Atlas],
    tmp_path: Path,
) -> None:
    panel = view.by_level
    assert "No atlas" in panel.message.text()
    view.set_atlas(make_atlas())
    view.set_query(entries, analyses, frozenset(), "id-NiO")
    qtbot.waitUntil(lambda: "Select an atom" in panel.message.text())
    view.set_query(entries, analyses, frozenset({SiteRef("id-NiO", 0)}), "id-NiO")
    qtbot.waitUntil(lambda: panel.found is not None)
    assert panel.found is not None and panel.found.same_element[0] == 1.0
    assert panel.table.columnCount() == 6 and panel.table.item(0, 0).text().startswith("Ni in ")
    chosen: list[str] = []
    view.levels_chosen.connect(chosen.append)
    header = panel.table.horizontalHeader()
    place = QPoint(header.sectionViewportPosition(2) + 8, header.height() // 2)
    qtbot.mouseClick(header.viewport(), Left, pos=place)
    assert chosen == ["2"]
    shown: list[np.ndarray] = []
    view.show_on_map.connect(shown.append)
    panel.table.clearSelection()
    qtbot.mouseClick(panel.on_map, Left)
    assert set(shown[0].tolist()) == set(panel.found.rows.ravel().tolist())
    for name in ("levels.png", "levels.svg", "levels.pdf", "levels.csv"):
        assert panel.export.save(tmp_path / name)
    assert not QImage(str(tmp_path / "levels.png")).isNull()
    lines = list(csv.DictReader((tmp_path / "levels.csv").read_text(encoding="utf-8").splitlines()))
    assert len(lines) == 60 and lines[0]["nn_element"] == "Ni" and lines[0]["site_label"] == "Ni1"


def test_an_atlas_of_another_encoder_is_refused_with_the_reason(
    qtbot: QtBot,
    view: Insight,
    entries: dict[str, StructureEntry],
    analyses: dict[str, Analysis],
    make_atlas: Callable[..., Atlas],
) -> None:
    view.set_atlas(make_atlas(encoder=ModelRef("other", "f" * 64)))
    view.set_query(entries, analyses, frozenset({SiteRef("id-NiO", 0)}), "id-NiO")
    qtbot.waitUntil(lambda: "another encoder" in view.by_level.message.text())


def test_similarity_of_a_crystal_and_of_a_selection(
    qtbot: QtBot,
    view: Insight,
    entries: dict[str, StructureEntry],
    analyses: dict[str, Analysis],
    tmp_path: Path,
) -> None:
    view.setCurrentWidget(view.similarity)
    panel = view.similarity
    panel.distinct.setChecked(False)
    view.set_query(entries, analyses, frozenset(), "id-NiO")
    qtbot.waitUntil(lambda: len(panel.sites) == 8)
    assert panel.shown is not None
    vectors = analyses["id-NiO"].embedding("1")
    expected = float(vectors[0] @ vectors[5] / np.linalg.norm(vectors[0]) / np.linalg.norm(vectors[5]))
    assert panel.shown.cosine[0, 5] == pytest.approx(expected, abs=1e-6)
    before = panel.shown.cosine.copy()
    view.set_levels("4")
    qtbot.waitUntil(lambda: "level 4" in panel.note.text())
    assert not np.allclose(panel.shown.cosine, before)
    picked: list[tuple[frozenset[SiteRef], str]] = []
    view.picked.connect(lambda sites, mode: picked.append((sites, mode)))
    at = panel.plot.mapFromScene(panel.plot.getViewBox().mapViewToScene(QPointF(5.5, 0.5)))
    qtbot.mouseClick(panel.plot.viewport(), Left, pos=at)
    assert picked == [(frozenset({SiteRef("id-NiO", 0), SiteRef("id-NiO", 5)}), "replace")]
    chosen = frozenset({SiteRef("id-NiO", 0), SiteRef("id-Fe", 0), SiteRef("id-NdFe", 1)})
    view.set_query(entries, analyses, chosen, "id-NiO")
    qtbot.waitUntil(lambda: len(panel.sites) == 3)
    for name in ("s.png", "s.svg", "s.pdf", "s.csv"):
        assert panel.export.save(tmp_path / name)
    assert len((tmp_path / "s.csv").read_text(encoding="utf-8").splitlines()) == 10


def test_a_panel_behind_another_tab_compares_only_when_looked_at(
    qtbot: QtBot,
    view: Insight,
    entries: dict[str, StructureEntry],
    analyses: dict[str, Analysis],
    make_atlas: Callable[..., Atlas],
) -> None:
    view.setCurrentWidget(view.similarity)
    view.set_atlas(make_atlas())
    view.set_query(entries, analyses, frozenset({SiteRef("id-NiO", 0)}), "id-NiO")
    qtbot.waitUntil(lambda: len(view.similarity.sites) > 0)
    qtbot.wait(150)
    assert view.by_level.found is None
    view.setCurrentWidget(view.by_level)
    qtbot.waitUntil(lambda: view.by_level.found is not None)
    view.set_query(entries, analyses, frozenset(), "id-Fe")
    qtbot.waitUntil(lambda: view.by_level.found is None)
    qtbot.wait(150)
    assert {query.entry.id for query in view.similarity.sites} == {"id-NiO"}
    view.setCurrentWidget(view.similarity)
    qtbot.waitUntil(lambda: {query.entry.id for query in view.similarity.sites} == {"id-Fe"})


def test_very_many_sites_are_compared_at_once_and_only_as_many_as_can_be_seen(
    qtbot: QtBot,
    view: Insight,
    entries: dict[str, StructureEntry],
    analyses: dict[str, Analysis],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("negnn_gui.app.views.similarity_matrix._MOST_LOOKED_AT", 5)
    view.setCurrentWidget(view.similarity)
    view.similarity.distinct.setChecked(False)
    view.set_query(entries, analyses, frozenset(), "id-NiO")
    qtbot.waitUntil(lambda: len(view.similarity.sites) == 5)
    assert "all 8 sites of NiO, 5 shown" in view.similarity.note.text()


def test_elements_and_environments_are_fitted_only_when_looked_at(
    qtbot: QtBot, view: Insight, make_atlas: Callable[..., Atlas], entries: dict[str, StructureEntry]
) -> None:
    pytest.importorskip("openTSNE")
    panel = view.environments
    view.set_atlas(make_atlas())
    assert panel.studies._worker is None
    view.setCurrentWidget(panel)
    qtbot.waitUntil(lambda: panel.layers[0].fitted is not None, timeout=120_000)
    names = panel.legends[0].categories
    assert {names.item(row).text() for row in range(names.count())} <= {"Fe", "Ni", "Gd", "O"}
    # oxygen carries no moment worth the name, and only magnetic sites are shown
    shown = panel.layers[0].known_rows
    item = names.item(0)
    place = names.visualItemRect(item).center()
    qtbot.mouseClick(names.viewport(), Left, pos=place)
    assert len(panel.layers[0].known_rows) < len(shown) == len(panel.layers[1].known_rows)
