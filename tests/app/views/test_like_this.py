"""Atoms like this one: the list, its spread, what is told instead, and what leaves as CSV."""

from __future__ import annotations

import csv
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QColor
from pytestqt.qtbot import QtBot

from negnn_gui.analysis.atlas import Atlas
from negnn_gui.app.views.like_this import LikeThis
from negnn_gui.app.views.like_this_query import MAX_QUERIES, doubts, find_like, queries
from negnn_gui.results import Analysis, ModelRef, SiteRef
from negnn_gui.structures.entry import StructureEntry

pytestmark = pytest.mark.gui
Left = Qt.MouseButton.LeftButton


@pytest.fixture
def panel(qtbot: QtBot) -> LikeThis:
    """An empty panel, shown."""
    widget = LikeThis()
    qtbot.addWidget(widget)
    widget.resize(560, 420)
    widget.show()
    qtbot.waitExposed(widget)
    return widget


@pytest.fixture
def ask(
    qtbot: QtBot,
    panel: LikeThis,
    entries: dict[str, StructureEntry],
    analyses: dict[str, Analysis],
    make_atlas: Callable[..., Atlas],
) -> Callable[..., Atlas]:
    """Give the panel an atlas and a selection, and wait for the list."""
    atlas = make_atlas()

    def select(*refs: SiteRef) -> Atlas:
        panel.set_atlas(atlas)
        panel.set_query(entries, analyses, frozenset(refs))
        qtbot.waitUntil(lambda: panel.like is not None, timeout=5000)
        return atlas

    return select


def cells(panel: LikeThis, column: int) -> list[str]:
    return [panel.table.item(row, column).text() for row in range(panel.table.rowCount())]


def test_the_nearest_known_sites_are_listed(
    panel: LikeThis, ask: Callable[..., Atlas], analyses: dict[str, Analysis]
) -> None:
    atlas = ask(SiteRef("id-Fe", 0))
    found = atlas.nearest(analyses["id-Fe"].embeddings[1][:1], "1", 10)
    assert panel.like is not None
    np.testing.assert_array_equal(panel.like.rows, found.index[0])
    assert cells(panel, 0) == ["Fe"] * 10
    assert cells(panel, 3) == [f"{moment:.2f}" for moment in atlas.sites.moment_dft[found.index[0]]]
    assert cells(panel, 5) == [f"{distance:.4f}" for distance in found.distance[0]]
    assert panel.title.text().startswith("Fe1 in Fe\nmedian of like sites 3.6")
    assert "predicted DFT 3.60 μB, 1.60 to 5.60" in panel.title.text()
    assert panel.table.isColumnHidden(6)


@pytest.mark.parametrize("size", [(460, 190), (240, 150)])
def test_a_small_panel_scrolls_rather_than_squeezing_its_title(
    qtbot: QtBot, panel: LikeThis, ask: Callable[..., Atlas], size: tuple[int, int]
) -> None:
    panel.resize(*size)
    ask(SiteRef("id-Fe", 0))
    qtbot.waitUntil(lambda: panel.title.height() >= panel.title.heightForWidth(panel.title.width()))
    assert panel.title.visibleRegion().boundingRect().top() == 0
    assert panel.on_map.geometry().top() > panel.title.geometry().bottom()


def test_number_metric_and_level_can_be_chosen(
    qtbot: QtBot, panel: LikeThis, ask: Callable[..., Atlas], analyses: dict[str, Analysis]
) -> None:
    atlas = ask(SiteRef("id-Fe", 0))
    panel.count.setValue(3)
    panel.distance.setCurrentText("euclidean")
    panel.set_levels("01")
    wanted = atlas.nearest(analyses["id-Fe"].embedding("01")[:1], "01", 3, "euclidean")
    qtbot.waitUntil(lambda: panel.table.rowCount() == 3, timeout=5000)
    assert panel.like is not None
    np.testing.assert_array_equal(panel.like.rows, wanted.index[0])
    np.testing.assert_allclose(panel.like.distance, wanted.distance[0])


def test_several_atoms_share_one_list_that_says_which(panel: LikeThis, ask: Callable[..., Atlas]) -> None:
    ask(SiteRef("id-Fe", 0), SiteRef("id-NiO", 1))
    assert not panel.table.isColumnHidden(6)
    assert set(cells(panel, 6)) == {"Fe1 in Fe", "Ni2 in NiO"}
    assert panel.like is not None
    assert (np.diff(panel.like.distance) >= 0).all()
    assert len(set(panel.like.rows)) == len(panel.like.rows) == 20
    assert panel.title.text().startswith("2 selected sites")


def test_an_element_the_atlas_never_saw_is_flagged(panel: LikeThis, ask: Callable[..., Atlas]) -> None:
    ask(SiteRef("id-NdFe", 0))
    assert panel.remark.isVisible()
    assert panel.remark.text() == "The atlas holds no Nd."
    assert "predicted exp. 2.50 μB" in panel.title.text()


def test_a_site_unlike_the_training_data_is_flagged(panel: LikeThis, ask: Callable[..., Atlas]) -> None:
    ask(SiteRef("id-NiO", 7))
    assert "unlike all training data" in panel.remark.text()


@pytest.mark.parametrize("case", ["no atlas", "nothing selected", "not predicted", "another encoder"])
def test_what_cannot_be_compared_is_told(
    case: str,
    qtbot: QtBot,
    panel: LikeThis,
    entries: dict[str, StructureEntry],
    analyses: dict[str, Analysis],
    make_atlas: Callable[..., Atlas],
) -> None:
    said = {
        "no atlas": "No atlas is loaded",
        "nothing selected": "Select atoms",
        "not predicted": "not been predicted",
        "another encoder": "another encoder",
    }[case]
    encoder = ModelRef("other", "b" * 64) if case == "another encoder" else analyses["id-Fe"].encoder
    panel.set_atlas(None if case == "no atlas" else make_atlas(encoder=encoder))
    selection = frozenset() if case == "nothing selected" else frozenset({SiteRef("id-Fe", 0)})
    panel.set_query(entries, {} if case == "not predicted" else analyses, selection)
    qtbot.waitUntil(lambda: said in panel.message.text(), timeout=5000)
    assert panel.message.isVisible()
    assert panel.like is None
    panel.export_csv(Path("never-written.csv"))
    assert not Path("never-written.csv").exists()


def test_show_on_map_gives_all_or_the_chosen_lines(
    qtbot: QtBot, panel: LikeThis, ask: Callable[..., Atlas]
) -> None:
    ask(SiteRef("id-Fe", 0))
    assert panel.like is not None
    with qtbot.waitSignal(panel.show_on_map) as shown:
        qtbot.mouseClick(panel.on_map, Left)
    np.testing.assert_array_equal(shown.args[0], panel.like.rows)
    line = panel.table.visualItemRect(panel.table.item(2, 0)).center()
    qtbot.mouseClick(panel.table.viewport(), Left, pos=line)
    with qtbot.waitSignal(panel.show_on_map) as shown:
        qtbot.mouseClick(panel.on_map, Left)
    np.testing.assert_array_equal(shown.args[0], panel.like.rows[[2]])


def test_export_writes_what_is_listed(
    qtbot: QtBot,
    panel: LikeThis,
    ask: Callable[..., Atlas],
    tmp_path: Path,
    answer_file_dialog: Callable[[Path], None],
) -> None:
    atlas = ask(SiteRef("id-Fe", 0), SiteRef("id-NiO", 1))
    target = tmp_path / "like.csv"
    qtbot.mouseClick(panel.export, Left)
    answer_file_dialog(target)
    with target.open(encoding="utf-8", newline="") as stream:
        rows = list(csv.DictReader(stream))
    assert panel.like is not None
    assert [row["nn_formula"] for row in rows] == [atlas.sites.formula[row] for row in panel.like.rows]
    assert [int(row["rank"]) for row in rows] == list(range(1, 21))
    assert {row["site_label"] for row in rows} == {"Fe1", "Ni2"}
    assert {(row["metric"], row["levels"]) for row in rows} == {("cosine", "1")}
    np.testing.assert_allclose([float(row["distance"]) for row in rows], panel.like.distance, rtol=1e-5)


def test_a_place_that_cannot_be_written_is_told(
    panel: LikeThis, ask: Callable[..., Atlas], tmp_path: Path
) -> None:
    ask(SiteRef("id-Fe", 0))
    target = tmp_path / "missing" / "like.csv"
    panel.export_csv(target)
    assert panel.remark.text() == f"like.csv could not be saved: No such file or directory: {target}."
    assert panel.remark.isVisible()


def test_the_spread_is_drawn(panel: LikeThis, ask: Callable[..., Atlas]) -> None:
    ask(SiteRef("id-Fe", 0))
    image = panel.spread.grab().toImage()
    colours = [QColor(image.pixel(x, y)) for x in range(image.width()) for y in range(image.height())]
    assert any(colour.red() > 220 and colour.blue() < 80 for colour in colours)  # the predicted interval


def test_the_spread_is_saved_as_a_picture_and_its_data_alone(
    panel: LikeThis, ask: Callable[..., Atlas], tmp_path: Path
) -> None:
    ask(SiteRef("id-Fe", 0))
    for name in ("like.png", "like.svg", "like.pdf", "like.csv"):
        assert panel.plot_menu.save(tmp_path / name)
    assert (tmp_path / "like.png").read_bytes().startswith(b"\x89PNG")
    assert "<svg" in (tmp_path / "like.svg").read_text(encoding="utf-8")
    assert (tmp_path / "like.pdf").read_bytes().startswith(b"%PDF")
    panel.export_csv(tmp_path / "alone.csv")
    assert (tmp_path / "alone.csv").read_bytes() == (tmp_path / "like.csv").read_bytes()


def test_very_many_atoms_are_cut_and_told(
    entries: dict[str, StructureEntry], analyses: dict[str, Analysis], make_atlas: Callable[..., Atlas]
) -> None:
    one = queries(entries, analyses, frozenset({SiteRef("id-Fe", 0)}))
    asked = one * (MAX_QUERIES + 5)
    atlas = make_atlas()
    like = find_like(atlas, asked, levels="1", metric="cosine", k=4)
    assert len(like.queries) == MAX_QUERIES
    assert len(like.rows) == 4
    assert "The first 200 of 205 selected sites were compared." in doubts(atlas, asked)
