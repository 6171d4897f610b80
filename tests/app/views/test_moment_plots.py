"""The moment plots: what is counted, and that a click on a bar picks the sites behind it."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import QEvent, QPoint, QPointF, Qt
from PySide6.QtGui import QColor, QMouseEvent
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from negnn_gui.app.scene.colouring import Colouring
from negnn_gui.app.theme import palette
from negnn_gui.app.views.moment_plots import MomentPlots
from negnn_gui.app.views.moment_plots_charts import bin_edges, element_boxes, scattered, stacked_bars
from negnn_gui.results import Analysis, SiteRef
from negnn_gui.structures.entry import StructureEntry

Left = Qt.MouseButton.LeftButton
Control = Qt.KeyboardModifier.ControlModifier
Picks = list[tuple[frozenset[SiteRef], str]]


# --- numbers ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("largest", [0.0, 0.004, 0.3, 1.0, 3.96, 7.0, 9.99])
def test_bins_are_round_few_and_hold_everything(largest: float) -> None:
    edges = bin_edges(np.array([0.0, largest]))
    assert edges[0] == 0
    assert edges[-1] > largest
    assert len(edges) - 1 <= 29
    step = edges[1]
    assert round(step / 10 ** np.floor(np.log10(step) + 1e-9), 6) in (1.0, 2.0, 2.5, 5.0)
    assert len(bin_edges(np.empty(0))) > 1


def test_bars_count_every_known_site_once_and_stack() -> None:
    rng = np.random.default_rng(0)
    values = rng.uniform(0, 5, 500)
    values[::7] = np.nan
    elements = np.array(rng.choice(["Fe", "O"], 500), dtype=object)
    bars = stacked_bars(values, elements, ["O", "Fe"])
    rows = np.concatenate([bar.rows for bar in bars])
    assert sorted(rows) == np.flatnonzero(np.isfinite(values)).tolist()
    for bar in bars:
        assert bar.top - bar.bottom == len(bar.rows) > 0
        assert (elements[bar.rows] == bar.name).all()
        assert (values[bar.rows] >= bar.lo - 1e-9).all()
        assert (values[bar.rows] < bar.hi + 1e-9).all()
    for lo in {bar.lo for bar in bars}:
        pile = [bar for bar in bars if bar.lo == lo]
        assert pile[0].bottom == 0
        assert all(above.bottom == below.top for below, above in pairwise(pile))
    assert stacked_bars(np.full(3, np.nan), elements[:3], ["O", "Fe"]) == []


def test_boxes_are_the_quantiles_of_each_element() -> None:
    values = np.array([0.0, 1.0, 2.0, 3.0, 4.0, np.nan, 7.0])
    elements = np.array(["Fe"] * 6 + ["Gd"], dtype=object)
    boxes = element_boxes(values, elements, ["Fe", "Xe", "Gd"])
    assert [(box.name, box.place, box.rows.tolist()) for box in boxes] == [
        ("Fe", 0, [0, 1, 2, 3, 4]),
        ("Gd", 1, [6]),
    ]
    np.testing.assert_allclose(boxes[0].quantiles, np.quantile(values[:5], [0.05, 0.25, 0.5, 0.75, 0.95]))


def test_scattering_is_bounded_and_always_the_same() -> None:
    offsets = scattered(1000)
    assert np.abs(offsets).max() <= 0.3
    assert len(np.unique(offsets)) == 1000
    np.testing.assert_array_equal(offsets[:10], scattered(10))


# --- widget -----------------------------------------------------------------------------------------


@pytest.fixture
def plots(qtbot: QtBot, entries: dict[str, StructureEntry], analyses: dict[str, Analysis]) -> MomentPlots:
    """Plots of all crystals, shown."""
    widget = MomentPlots()
    qtbot.addWidget(widget)
    widget.resize(620, 360)
    widget.set_analyses(entries, analyses)
    widget.show()
    qtbot.waitExposed(widget)
    return widget


@pytest.fixture
def picks(plots: MomentPlots) -> Picks:
    """What the plots emit."""
    found: Picks = []
    plots.picked.connect(lambda sites, mode: found.append((sites, mode)))
    return found


def pixel(plots: MomentPlots, x: float, y: float) -> QPoint:
    view = plots.plot.getViewBox()
    return plots.plot.mapFromScene(view.mapViewToScene(QPointF(x, y)))


def point_at(plots: MomentPlots, place: QPoint) -> None:
    viewport = plots.plot.viewport()
    nothing = Qt.MouseButton.NoButton
    QApplication.sendEvent(
        viewport,
        QMouseEvent(
            QEvent.Type.MouseMove,
            QPointF(place),
            QPointF(viewport.mapToGlobal(place)),
            nothing,
            nothing,
            Qt.KeyboardModifier.NoModifier,
        ),
    )


def nickel() -> frozenset[SiteRef]:
    return frozenset(SiteRef("id-NiO", site) for site in range(4))


pytestmark = pytest.mark.gui


def test_click_on_a_bar_picks_its_sites(qtbot: QtBot, plots: MomentPlots, picks: Picks) -> None:
    viewport = plots.plot.viewport()
    qtbot.mouseClick(viewport, Left, pos=pixel(plots, 1.72, 1.0))
    qtbot.mouseClick(viewport, Left, Control, pixel(plots, 3.61, 0.5))
    iron = frozenset({SiteRef("id-Fe", 0), SiteRef("id-Fe", 1), SiteRef("id-NdFe", 1)})
    assert picks == [(nickel(), "replace"), (iron, "add")]


def test_click_beside_the_bars_clears_unless_control_is_held(
    qtbot: QtBot, plots: MomentPlots, picks: Picks
) -> None:
    viewport = plots.plot.viewport()
    qtbot.mouseClick(viewport, Left, Control, pixel(plots, 2.6, 3.0))
    qtbot.mouseClick(viewport, Left, pos=pixel(plots, 2.6, 3.0))
    assert picks == [(frozenset(), "replace")]


def test_axes_carry_units_and_whole_counts(plots: MomentPlots) -> None:
    assert plots.plot.getAxis("bottom").labelText == "abs(m) DFT (μB)"
    assert plots.plot.getAxis("left").labelText == "Sites"
    assert [text for _, text in plots.plot.getAxis("left")._tickLevels[0]] == ["0", "1", "2", "3", "4"]
    plots.head.setCurrentIndex(1)
    assert plots.plot.getAxis("bottom").labelText == "abs(m) exp. (μB)"
    plots.chart.setCurrentIndex(2)
    assert plots.plot.getAxis("bottom").labelText == "90 % interval width of abs(m) exp. (μB)"


def test_sites_without_data_are_counted_aloud(plots: MomentPlots) -> None:
    assert plots.note.text() == "1 site without data"
    plots.head.setCurrentIndex(1)
    assert plots.note.text() == ""


def test_weak_moments_can_be_left_out(qtbot: QtBot, plots: MomentPlots, picks: Picks) -> None:
    qtbot.mouseClick(plots.plot.viewport(), Left, pos=pixel(plots, 0.08, 1.0))
    assert picks == [(frozenset(SiteRef("id-NiO", site) for site in range(4, 8)), "replace")]
    qtbot.mouseClick(plots.strong, Left, pos=QPoint(8, plots.strong.height() // 2))
    qtbot.mouseClick(plots.plot.viewport(), Left, pos=pixel(plots, 0.08, 1.0))
    assert picks[1] == (frozenset(), "replace")


def test_by_element_a_point_is_one_site_and_the_column_all(
    qtbot: QtBot, plots: MomentPlots, picks: Picks
) -> None:
    plots.chart.setCurrentIndex(1)
    assert plots.plot.getAxis("left").labelText == "abs(m) DFT (μB)"
    viewport = plots.plot.viewport()
    ticks = {name: place for place, name in plots.plot.getAxis("bottom")._tickLevels[0]}
    assert list(ticks) == ["O", "Fe", "Ni"]
    column = ticks["Ni"]
    qtbot.mouseClick(viewport, Left, pos=pixel(plots, column + scattered(4)[2], 1.72))
    qtbot.mouseClick(viewport, Left, pos=pixel(plots, column, 3.0))
    assert picks == [(frozenset({SiteRef("id-NiO", 2)}), "replace"), (nickel(), "replace")]


def test_pointing_says_what_is_there(plots: MomentPlots) -> None:
    point_at(plots, pixel(plots, 1.72, 1.0))
    assert plots.card.isVisible()
    assert "Ni" in plots.card.text()
    assert "4 sites" in plots.card.text()
    assert "μB" in plots.card.text()
    point_at(plots, pixel(plots, 2.6, 3.5))
    assert not plots.card.isVisible()


def test_keys_walk_through_the_bars(qtbot: QtBot, plots: MomentPlots, picks: Picks) -> None:
    for key in (Qt.Key.Key_Right, Qt.Key.Key_Left, Qt.Key.Key_Return):
        qtbot.keyClick(plots.plot, key)
    assert len(picks) == 1
    assert plots.card.isVisible()
    assert picks[0][0] == nickel()  # the last bar: elements come by atomic number


def test_selected_share_is_marked(plots: MomentPlots) -> None:
    place = pixel(plots, 1.72, 0.5)

    def colour() -> QColor:
        return QColor(plots.plot.grab().toImage().pixel(place))

    before = colour()
    plots.set_selection(frozenset({SiteRef("id-NiO", 0)}))
    after = colour()
    assert after.red() - after.blue() > 60 > abs(before.red() - before.blue())
    plots.set_selection(frozenset())
    assert colour() == before


def test_legend_hides_an_element(qtbot: QtBot, plots: MomentPlots, picks: Picks) -> None:
    legend = plots.legend.categories
    row = next(row for row in range(legend.count()) if legend.item(row).text() == "Ni")
    qtbot.mouseClick(legend.viewport(), Left, pos=legend.visualItemRect(legend.item(row)).center())
    qtbot.mouseClick(plots.plot.viewport(), Left, pos=pixel(plots, 1.72, 1.0))
    assert picks == [(frozenset(), "replace")]
    assert "Ni" in [legend.item(row).text() for row in range(legend.count())]


def test_element_colours_follow_the_scheme(plots: MomentPlots) -> None:
    place = pixel(plots, 3.61, 0.5)

    def colour() -> tuple[int, ...]:
        return QColor(plots.plot.grab().toImage().pixel(place)).getRgb()[:3]

    assert colour() == (181, 113, 0)
    plots.set_colouring(Colouring(scheme="jmol"))
    assert colour() == (224, 102, 51)


def test_empty_plots_say_what_to_do(qtbot: QtBot) -> None:
    widget = MomentPlots()
    qtbot.addWidget(widget)
    widget.show()
    assert widget.message.isVisible()
    assert "Open a structure" in widget.message.text()
    for chart in range(3):
        widget.chart.setCurrentIndex(chart)
    qtbot.mouseClick(widget.plot.viewport(), Left, pos=QPoint(60, 60))
    qtbot.keyClick(widget.plot, Qt.Key.Key_Right)


def test_sites_without_any_data_say_so(
    plots: MomentPlots, entries: dict[str, StructureEntry], analyses: dict[str, Analysis]
) -> None:
    from dataclasses import replace

    from negnn_gui.results import MomentPrediction

    blank = replace(analyses["id-Fe"], moment=MomentPrediction.no_data(2))
    plots.set_analyses({"id-Fe": entries["id-Fe"]}, {"id-Fe": blank})
    assert plots.message.isVisible()
    assert "no such data" in plots.message.text()
    assert plots.note.text() == "2 sites without data"


def test_the_plot_follows_light_and_dark(plots: MomentPlots) -> None:
    for dark in (False, True):
        plots.setPalette(palette(dark))
        QApplication.processEvents()
        image = plots.plot.grab().toImage()
        ground = QColor(image.pixel(image.width() - 4, 3))
        assert (ground.lightness() < 80) == dark


def test_picture_and_plotted_numbers_are_saved(
    qtbot: QtBot, plots: MomentPlots, analyses: dict[str, Analysis], tmp_path: Path
) -> None:
    plots.head.setCurrentIndex(1)
    for name in ("m.png", "m.svg", "m.pdf", "m.csv"):
        assert plots.export.save(tmp_path / name)
    assert (tmp_path / "m.png").read_bytes().startswith(b"\x89PNG")
    assert "<svg" in (tmp_path / "m.svg").read_text(encoding="utf-8")
    assert (tmp_path / "m.pdf").read_bytes().startswith(b"%PDF")
    lines = (tmp_path / "m.csv").read_text(encoding="utf-8").splitlines()
    assert lines[0] == "structure,site_index,site_label,element,moment_exp_pred_muB"
    first = lines[1].split(",")
    assert first[:4] == ["NiO", "0", "Ni1", "Ni"]
    assert float(first[4]) == pytest.approx(analyses["id-NiO"].moment_exp.median[0], rel=1e-5)
    expected = sum(int(np.isfinite(a.moment_exp.median).sum()) for a in analyses.values())
    assert len(lines) == 1 + expected
