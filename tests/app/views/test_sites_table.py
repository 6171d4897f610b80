"""The sites table: what is shown, in which order, and what mouse and keys pick."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from PySide6.QtCore import QEvent, QPoint, QPointF, Qt
from PySide6.QtGui import QGuiApplication, QMouseEvent
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from negnn_gui.app.theme import palette
from negnn_gui.app.views.sites_table import SitesTable
from negnn_gui.app.views.sites_table_columns import TABLE_COLUMNS
from negnn_gui.export.tables import SITE_COLUMNS
from negnn_gui.results import Analysis, SiteRef
from negnn_gui.structures.entry import StructureEntry

pytestmark = pytest.mark.gui

Left = Qt.MouseButton.LeftButton
Control, Shift = Qt.KeyboardModifier.ControlModifier, Qt.KeyboardModifier.ShiftModifier
Role = Qt.ItemDataRole
Picks = list[tuple[frozenset[SiteRef], str]]
COLUMN = {column.sources[0]: number for number, column in enumerate(TABLE_COLUMNS)}


@pytest.fixture
def table(qtbot: QtBot, entries: dict[str, StructureEntry], analyses: dict[str, Analysis]) -> SitesTable:
    """A table of all crystals, shown."""
    widget = SitesTable()
    qtbot.addWidget(widget)
    widget.resize(1100, 420)
    widget.set_analyses(entries, analyses)
    widget.show()
    qtbot.waitExposed(widget)
    return widget


@pytest.fixture
def picks(table: SitesTable) -> Picks:
    """What the table emits; as the session does, replacing picks come back as the selection."""
    found: Picks = []

    def on_picked(sites: frozenset[SiteRef], mode: str) -> None:
        found.append((sites, mode))
        if mode == "replace":
            table.set_selection(sites)

    table.picked.connect(on_picked)
    return found


def texts(table: SitesTable, source: str) -> list[str]:
    column = COLUMN[source]
    return [table.model.index(row, column).data() for row in range(table.model.rowCount())]


def place(table: SitesTable, row: int, column: int = 2) -> QPoint:
    return table.view.visualRect(table.model.index(row, column)).center()


def nio(*sites: int) -> frozenset[SiteRef]:
    return frozenset(SiteRef("id-NiO", site) for site in sites)


def test_one_row_a_site_with_units_in_the_header(table: SitesTable) -> None:
    assert table.model.rowCount() == 12
    titles = [column.title for column in TABLE_COLUMNS]
    for title in ("abs(m) DFT (μB)", "90 % DFT (μB)", "abs(m) exp. (μB)", "m in file (μB)", "x (Å)"):
        assert title in titles
    assert texts(table, "site_label")[:5] == ["Ni1", "Ni2", "Ni3", "Ni4", "O1"]
    assert texts(table, "moment_pred_muB")[:2] == ["1.70", "1.71"]
    assert texts(table, "moment_input_muB")[:2] == ["1.70", "-1.70"]
    assert texts(table, "moment_input_muB")[8] == ""
    assert texts(table, "nn_element")[0] == "Ni in NiO"
    assert table.count.text() == "12 sites"


def test_every_csv_column_can_be_seen() -> None:
    seen = {name for column in TABLE_COLUMNS for name in column.sources}
    assert seen == set(SITE_COLUMNS)


def test_uncovered_elements_say_no_data_in_grey(table: SitesTable) -> None:
    index = table.model.index(10, COLUMN["moment_pred_muB"])
    assert table.model.index(10, COLUMN["element"]).data() == "Nd"
    assert index.data() == "no data"
    assert index.data(Role.ForegroundRole) == table.palette().placeholderText().color()
    assert table.model.index(10, COLUMN["moment_exp_pred_muB"]).data() == "2.50"


def test_a_second_spin_state_is_shown(table: SitesTable) -> None:
    assert texts(table, "moment_pred_muB")[9] == "3.61 or 0.90"


def test_numbers_are_right_aligned_and_text_left(table: SitesTable) -> None:
    for column, right in (
        (COLUMN["moment_pred_muB"], True),
        (COLUMN["site_label"], False),
        (COLUMN["frame"], True),
    ):
        wanted = Qt.AlignmentFlag.AlignRight if right else Qt.AlignmentFlag.AlignLeft
        assert table.model.index(0, column).data(Role.TextAlignmentRole) & wanted
        assert table.model.headerData(column, Qt.Orientation.Horizontal, Role.TextAlignmentRole) & wanted


def test_wide_intervals_and_far_sites_are_marked(table: SitesTable) -> None:
    interval, ood = COLUMN["moment_lo_muB"], COLUMN["ood_score"]
    assert table.model.index(0, interval).data() == "0.00 to 3.70"
    assert "Wide" in table.model.index(0, interval).data(Role.ToolTipRole)
    assert table.model.index(1, interval).data(Role.ToolTipRole) is None
    assert "Far" in table.model.index(7, ood).data(Role.ToolTipRole)
    assert table.model.index(0, ood).data(Role.ToolTipRole) is None


def test_header_clicks_sort_numbers_as_numbers_with_unknown_last(qtbot: QtBot, table: SitesTable) -> None:
    header = table.view.horizontalHeader()
    column = COLUMN["moment_pred_muB"]
    at = QPoint(header.sectionViewportPosition(column) + 20, header.height() // 2)
    for descending in (False, True):
        qtbot.mouseClick(header.viewport(), Left, pos=at)
        shown = [text.split(" or ")[0] for text in texts(table, "moment_pred_muB")]
        assert shown[-1] == "no data"
        values = [float(text) for text in shown[:-1]]
        assert values == sorted(values, reverse=descending)
    qtbot.mouseClick(header.viewport(), Left, pos=at)
    assert texts(table, "site_label")[:2] == ["Ni1", "Ni2"]


def test_sorting_text_keeps_the_order_of_equals(table: SitesTable) -> None:
    table.model.sort(COLUMN["element"])
    assert texts(table, "element") == ["Fe"] * 3 + ["Nd"] + ["Ni"] * 4 + ["O"] * 4
    assert texts(table, "site_label")[4:8] == ["Ni1", "Ni2", "Ni3", "Ni4"]


def test_typing_a_filter(qtbot: QtBot, table: SitesTable) -> None:
    qtbot.keyClicks(table.filter, 'element == "Fe" and moment_pred_muB > 3.605')
    qtbot.keyClick(table.filter, Qt.Key.Key_Return)
    assert texts(table, "site_label") == ["Fe2", "Fe1"]
    assert table.count.text() == "2 sites of 12"
    table.filter.clear()
    qtbot.keyClicks(table.filter, "site_index == 1")
    qtbot.waitUntil(lambda: table.model.rowCount() == 3, timeout=3000)


def test_a_wrong_filter_says_so_and_changes_nothing(qtbot: QtBot, table: SitesTable) -> None:
    table.filter.setText("element == Fe")
    table.apply_filter()
    qtbot.keyClicks(table.filter, " and moment_pre > 2")
    qtbot.keyClick(table.filter, Qt.Key.Key_Return)
    assert table.problem.isVisible()
    assert table.problem.text() == "Filter: there is no column moment_pre; did you mean moment_pred_muB?"
    assert table.model.rowCount() == 3
    table.filter.clear()
    table.apply_filter()
    assert not table.problem.isVisible()
    assert table.model.rowCount() == 12


def test_a_filter_that_nothing_meets_says_so(table: SitesTable) -> None:
    table.filter.setText("element == Xe")
    table.apply_filter()
    assert table.message.isVisible()
    assert "No site meets" in table.message.text()


def test_an_empty_table_says_what_to_do(qtbot: QtBot) -> None:
    widget = SitesTable()
    qtbot.addWidget(widget)
    widget.show()
    assert widget.message.isVisible()
    assert "open a structure" in widget.message.text()
    widget.filter.setText("element == Fe")
    widget.apply_filter()
    assert not widget.problem.isVisible()


def test_clicks_pick_rows(qtbot: QtBot, table: SitesTable, picks: Picks) -> None:
    viewport = table.view.viewport()
    qtbot.mouseClick(viewport, Left, pos=place(table, 1))
    qtbot.mouseClick(viewport, Left, Control, place(table, 3))
    qtbot.mouseClick(viewport, Left, Shift, place(table, 5))
    assert picks == [(nio(1), "replace"), (nio(3), "toggle"), (nio(3, 4, 5), "replace")]


def test_dragging_picks_a_range(table: SitesTable, picks: Picks) -> None:
    viewport = table.view.viewport()

    def send(kind: QEvent.Type, row: int, button: Qt.MouseButton, buttons: Qt.MouseButton) -> None:
        at = place(table, row)
        event = QMouseEvent(
            kind,
            QPointF(at),
            QPointF(viewport.mapToGlobal(at)),
            button,
            buttons,
            Qt.KeyboardModifier.NoModifier,
        )
        QApplication.sendEvent(viewport, event)

    send(QEvent.Type.MouseButtonPress, 1, Left, Left)
    send(QEvent.Type.MouseMove, 2, Qt.MouseButton.NoButton, Left)
    send(QEvent.Type.MouseMove, 4, Qt.MouseButton.NoButton, Left)
    send(QEvent.Type.MouseButtonRelease, 4, Left, Qt.MouseButton.NoButton)
    assert [sites for sites, _ in picks] == [nio(1), nio(1, 2), nio(1, 2, 3, 4)]


def test_keys_pick_rows(qtbot: QtBot, table: SitesTable, picks: Picks) -> None:
    qtbot.mouseClick(table.view.viewport(), Left, pos=place(table, 1))
    Key = Qt.Key
    for key, modifiers in (
        (Key.Key_Down, Qt.KeyboardModifier.NoModifier),
        (Key.Key_Down, Shift),
        (Key.Key_Down, Control),
        (Key.Key_Space, Control),
        (Key.Key_A, Control),
        (Key.Key_Escape, Qt.KeyboardModifier.NoModifier),
    ):
        qtbot.keyClick(table.view, key, modifiers)
    assert picks[1:4] == [
        (nio(2), "replace"),
        (nio(2, 3), "replace"),
        (nio(4), "toggle"),
    ]
    assert len(picks[4][0]) == 12
    assert picks[5] == (frozenset(), "replace")


def test_selection_from_elsewhere_is_marked_and_brought_into_view(qtbot: QtBot, table: SitesTable) -> None:
    table.resize(1100, 150)
    QApplication.processEvents()
    wanted = SiteRef("id-NdFe", 1)
    table.set_selection(frozenset({wanted, SiteRef("id-gone", 3)}))
    assert table.model.selected_table_rows().tolist() == [11]
    assert table.view.viewport().rect().contains(place(table, 11))
    highlight = table.palette().highlight().color()
    assert table.model.index(11, 0).data(Role.BackgroundRole) == highlight
    assert table.model.index(10, 0).data(Role.BackgroundRole) is None
    image = table.view.viewport().grab().toImage()
    row = table.view.visualRect(table.model.index(11, 3))
    assert image.pixelColor(row.right() - 12, row.center().y()).getRgb() == highlight.getRgb()


def test_marks_follow_sites_through_sort_and_filter(table: SitesTable) -> None:
    table.set_selection(nio(2))
    table.model.sort(COLUMN["site_index"], Qt.SortOrder.DescendingOrder)
    table.filter.setText("element == Ni")
    table.apply_filter()
    rows = table.model.selected_table_rows()
    assert [table.model.index(int(row), COLUMN["site_label"]).data() for row in rows] == ["Ni3"]


def test_symmetry_distinct_rows_stand_for_all_their_sites(
    qtbot: QtBot, table: SitesTable, picks: Picks
) -> None:
    qtbot.mouseClick(table.distinct, Left, pos=QPoint(8, table.distinct.height() // 2))
    assert texts(table, "site_label") == ["Ni1 ×4", "O1 ×4", "Fe1 ×2", "Nd1", "Fe1"]
    assert texts(table, "moment_input_muB") == ["±1.70", "0.00", "", "", ""]
    assert table.count.text() == "5 distinct of 12"
    qtbot.mouseClick(table.view.viewport(), Left, pos=place(table, 0))
    assert picks == [(nio(0, 1, 2, 3), "replace")]
    table.set_selection(nio(6))
    assert table.model.selected_table_rows().tolist() == [1]
    table.filter.setText("moment_pred_muB == 3.61")
    table.apply_filter()
    assert texts(table, "site_label") == ["Fe1 ×2", "Fe1"]


def test_scope_current_structure_and_selected_sites(table: SitesTable, picks: Picks, qtbot: QtBot) -> None:
    table.set_current("id-Fe")
    table.scope.setCurrentIndex(1)
    assert texts(table, "structure") == ["Fe", "Fe"]
    table.set_current("id-NdFe")
    assert texts(table, "structure") == ["NdFe", "NdFe"]
    table.set_current(None)
    assert table.model.rowCount() == 0
    table.scope.setCurrentIndex(2)
    table.set_selection(nio(1, 5) | {SiteRef("id-Fe", 0)})
    assert texts(table, "site_label") == ["Ni2", "O2", "Fe1"]
    qtbot.mouseClick(table.view.viewport(), Left, pos=place(table, 1))
    assert picks == [(nio(5), "replace")]
    assert table.model.rowCount() == 3  # a click in the list does not shorten it


def test_copy_gives_tsv_under_the_csv_names(qtbot: QtBot, table: SitesTable) -> None:
    table.set_selection(nio(0) | {SiteRef("id-NdFe", 0)})
    qtbot.keyClick(table.view, Qt.Key.Key_C, Control)
    lines = QGuiApplication.clipboard().text().splitlines()
    names = lines[0].split("\t")
    rows = [dict(zip(names, line.split("\t"), strict=True)) for line in lines[1:]]
    assert [row["site_label"] for row in rows] == ["Ni1", "Nd1"]
    assert rows[0]["moment_pred_muB"] == "1.7"
    assert (rows[0]["moment_lo_muB"], rows[0]["moment_hi_muB"]) == ("0", "3.7")
    assert rows[1]["moment_pred_muB"] == ""
    assert set(names) <= set(SITE_COLUMNS)


def test_columns_can_be_shown_and_hidden(table: SitesTable) -> None:
    menu = table.column_menu()
    action = next(action for action in menu.actions() if action.text() == "x (Å)")
    assert not action.isChecked()
    action.trigger()
    assert not table.view.isColumnHidden(COLUMN["x_A"])
    menu.deleteLater()


def test_new_results_keep_filter_order_and_selection(
    table: SitesTable, entries: dict[str, StructureEntry], analyses: dict[str, Analysis]
) -> None:
    table.set_selection(nio(3))
    table.filter.setText("element in (Ni, Fe)")
    table.apply_filter()
    table.model.sort(COLUMN["moment_pred_muB"], Qt.SortOrder.DescendingOrder)
    before = texts(table, "moment_pred_muB")
    table.set_analyses(entries, {name: analyses[name] for name in ("id-NiO", "id-Fe")})
    assert texts(table, "moment_pred_muB") == [text for text in before if text != "3.61"]
    assert len(table.model.selected_table_rows()) == 1
    table.set_analyses({}, {})
    assert table.model.rowCount() == 0


def test_pointing_tells_the_site(table: SitesTable) -> None:
    told: list[SiteRef | None] = []
    table.hovered.connect(told.append)
    viewport = table.view.viewport()
    at = place(table, 2)
    event = QMouseEvent(
        QEvent.Type.MouseMove,
        QPointF(at),
        QPointF(viewport.mapToGlobal(at)),
        Qt.MouseButton.NoButton,
        Qt.MouseButton.NoButton,
        Qt.KeyboardModifier.NoModifier,
    )
    QApplication.sendEvent(viewport, event)
    QApplication.sendEvent(table.view, QEvent(QEvent.Type.Leave))
    assert told == [SiteRef("id-NiO", 2), None]


def test_analyses_of_another_number_of_sites_are_left_out(
    table: SitesTable,
    entries: dict[str, StructureEntry],
    analyse: Callable[..., Analysis],
    caplog: pytest.LogCaptureFixture,
) -> None:
    table.set_analyses({"id-Fe": entries["id-Fe"]}, {"id-Fe": analyse(entries["id-NiO"])})
    assert table.model.rowCount() == 0
    assert "2 sites but an analysis of 8" in caplog.text


def test_warning_colours_follow_the_palette(table: SitesTable) -> None:
    before = table.problem.styleSheet()
    table.setPalette(palette(True))
    QApplication.processEvents()
    light_or_dark = {before, table.problem.styleSheet()}
    table.setPalette(palette(False))
    QApplication.processEvents()
    assert len(light_or_dark | {table.problem.styleSheet()}) == 2
