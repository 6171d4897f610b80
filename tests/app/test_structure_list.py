"""The Structures list: what its rows say, and the intents it emits."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from PySide6.QtCore import QItemSelectionModel, Qt
from pytestqt.qtbot import QtBot

from negnn_gui.app.session import Session
from negnn_gui.app.theme import palette, warning_colour
from negnn_gui.app.views.structure_list import StructureList
from negnn_gui.structures.entry import StructureEntry, StructureReadError

pytestmark = pytest.mark.gui
SELECT = QItemSelectionModel.SelectionFlag.Select


@pytest.fixture
def session(qtbot: QtBot) -> Session:
    return Session()


@pytest.fixture
def listed(session: Session, qtbot: QtBot) -> StructureList:
    view = StructureList(session)
    qtbot.addWidget(view)
    view.resize(260, 300)
    view.show()
    return view


@pytest.fixture
def entry() -> Callable[..., StructureEntry]:
    from pymatgen.core import Lattice, Structure

    iron = Structure(Lattice.cubic(2.87), ["Fe", "Fe"], [[0, 0, 0], [0.5, 0.5, 0.5]])

    def make(name: str, frame: int = 0, warnings: tuple[str, ...] = ()) -> StructureEntry:
        return StructureEntry(
            f"{name}-{frame}", Path(f"/data/{name}.cif"), frame, name, iron, ("Fe1", "Fe2"), warnings=warnings
        )

    return make


def words(view: StructureList, row: int) -> str:
    return view.model().index(row, 0).data(Qt.ItemDataRole.AccessibleTextRole)


def tooltip(view: StructureList, row: int) -> str:
    return view.model().index(row, 0).data(Qt.ItemDataRole.ToolTipRole)


def test_rows_say_name_formula_sites_and_frame(session, listed, entry):
    session.add_entries([entry("alpha"), entry("alpha", frame=3), entry("Fe")])
    assert words(listed, 0) == "alpha, Fe · 2 sites"
    assert words(listed, 1) == "alpha [3], Fe · 2 sites"
    assert words(listed, 2) == "Fe, 2 sites"
    assert tooltip(listed, 0).startswith("/data/alpha.cif\n")


def test_reasons_stand_in_the_row_and_in_its_tooltip(session, listed, entry):
    session.add_entries([entry("alpha", warnings=("The cell was reduced.",))])
    session.reject(session.begin_prediction(["alpha-0"]), "alpha-0", "there is not enough memory")
    session.add_read_failures([StructureReadError(Path("/data/x.cif"), "Line 3: no cell.", frame=2)])
    assert words(listed, 0) == "alpha, there is not enough memory"
    assert "The cell was reduced." in tooltip(listed, 0)
    assert words(listed, 1) == "x.cif [2], Line 3: no cell."
    assert tooltip(listed, 1) == "/data/x.cif\nLine 3: no cell."


def test_text_that_could_not_be_read_has_a_row_too(session, listed):
    session.add_read_failures([StructureReadError(None, "The text holds no structure.")])
    assert words(listed, 0) == "text, The text holds no structure."


def test_list_follows_the_current_structure_and_tells_of_a_choice(session, listed, entry, qtbot):
    session.add_entries([entry("a"), entry("b")])
    assert listed.chosen_ids() == ["a-0"]
    session.set_current("b-0")
    assert listed.chosen_ids() == ["b-0"]
    with qtbot.waitSignal(listed.chosen) as caught:
        listed.setCurrentIndex(listed.model().index(0, 0))
    assert caught.args == ["a-0"]


def test_delete_closes_structures_and_dismisses_messages_together(session, listed, entry, qtbot):
    session.add_entries([entry("a"), entry("b")])
    failure = StructureReadError(Path("x.cif"), "It is empty.")
    session.add_read_failures([failure])
    for row in (1, 2):
        listed.selectionModel().select(listed.model().index(row, 0), SELECT)
    closed, dismissed = [], []
    listed.close_wanted.connect(closed.extend)
    listed.dismiss_wanted.connect(dismissed.extend)
    qtbot.keyClick(listed, Qt.Key.Key_Delete)
    assert closed == ["a-0", "b-0"]
    assert dismissed == [failure]


def test_ten_thousand_rows_are_no_burden(session, listed, entry, qtbot):
    session.add_entries(entry(f"s{number}") for number in range(10_000))
    assert listed.model().rowCount() == 10_000
    session.set_current("s9999-0")
    assert listed.visualRect(listed.currentIndex()).intersects(listed.viewport().rect())


@pytest.mark.parametrize("dark", [False, True])
def test_a_failed_row_is_painted_in_the_warning_colour(session, listed, entry, qtbot, dark):
    listed.setPalette(palette(dark))
    session.add_entries([entry("a")])
    session.add_read_failures([StructureReadError(Path("x.cif"), "It is empty.")])
    image = listed.grab().toImage()
    row = listed.visualRect(listed.model().index(1, 0))
    wanted = warning_colour(palette(dark))
    painted = {
        image.pixelColor(x, y).name()
        for x in range(row.left(), row.right())
        for y in range(row.top(), row.bottom())
    }
    assert wanted.name() in painted
