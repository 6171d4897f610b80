"""Compare representations, driven as by a user: labels, a run, its table and plots, what is saved, and cancel."""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
from pymatgen.core import Lattice, Structure
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QDialogButtonBox
from pytestqt.qtbot import QtBot

from negnn_gui.analysis import descriptors
from negnn_gui.app.session import Session
from negnn_gui.app.views.compare_representations import CompareRepresentations
from negnn_gui.results import Analysis, ModelRef, MomentPrediction, NearestKnown
from negnn_gui.structures.entry import StructureEntry

pytestmark = pytest.mark.gui
Left = Qt.MouseButton.LeftButton
REF = ModelRef("e", "0")
METALS = ("Ti", "V", "Cr", "Mn", "Fe", "Co", "Ni", "Cu", "Zn", "Zr")


def entries() -> list[StructureEntry]:
    found = []
    for i in range(30):
        structure = Structure(Lattice.cubic(4 + i / 50), [METALS[i % 10], "O"], [[0, 0, 0], [0.5] * 3])
        found.append(StructureEntry(str(i), None, 0, f"s{i}", structure, ("M1", "O2")))
    return found


def analysis(own: StructureEntry) -> Analysis:
    random = np.random.default_rng(int(own.id))
    vectors = random.normal(size=(6, 2, 64)).astype(np.float32)
    vectors[0, :, 0] = [site.specie.Z for site in own.structure]
    nothing = MomentPrediction.no_data(2)
    numbers = np.array([site.specie.Z for site in own.structure])
    return Analysis(
        own.id, numbers, vectors, nothing, nothing, np.zeros(2), NearestKnown.unknown(2), REF, None, "cpu"
    )  # fmt: skip


@pytest.fixture
def session() -> Session:
    made = Session()
    own = entries()
    made.add_entries(own)
    return made


def predict(session: Session) -> None:
    generation = session.begin_prediction(list(session.entries))
    for own in session.entries.values():
        assert session.accept(generation, analysis(own))


@pytest.fixture
def dialog(qtbot: QtBot, session: Session) -> Iterator[CompareRepresentations]:
    made = CompareRepresentations(session)
    qtbot.addWidget(made)
    made.show()
    qtbot.waitExposed(made)
    yield made
    assert made.shutdown()


@pytest.fixture
def labels(tmp_path: Path) -> Path:
    path = tmp_path / "labels.csv"
    rows = [f"s{i},{'no' if i == 29 else i % 10}" for i in range(30)]
    path.write_text("structure,gap\n" + "\n".join(rows) + "\nelsewhere,1\n", encoding="utf-8")
    return path


def test_from_labels_to_a_saved_table(
    qtbot: QtBot,
    session: Session,
    dialog: CompareRepresentations,
    labels: Path,
    tmp_path: Path,
    answer_file_dialog: Callable[[Path], None],
) -> None:
    assert not dialog.run.isEnabled()
    qtbot.mouseClick(dialog.choose, Left)
    answer_file_dialog(labels)
    assert "Predict the open structures first" in dialog.remarks.text()
    predict(session)
    assert dialog.remarks.text().startswith("29 labels of structures in 29 structures are used")
    assert "not a number: line 31 (s29)" in dialog.remarks.text()
    assert "naming no open structure: line 32 (elsewhere)" in dialog.remarks.text()
    dialog.unit.setText("eV")
    dialog.splits.setValue(2)
    said: list[str] = []
    dialog.said.connect(said.append)
    qtbot.mouseClick(dialog.run, Left)
    assert not dialog.run.isEnabled() and dialog.cancel.isEnabled()
    qtbot.waitUntil(lambda: dialog.run.isEnabled(), timeout=60_000)
    table = dialog.results.table
    assert table.rowCount() == len(dialog.chosen()) == 5 and dialog.bar.value() == 10
    assert table.horizontalHeaderItem(1).text() == "MAE (eV)"
    assert table.currentRow() == dialog.results.best_row() and said[0].startswith("Least error: ")
    name = tmp_path / "found"
    qtbot.mouseClick(dialog.save, Left)
    answer_file_dialog(name)
    with (tmp_path / "found.csv").open(encoding="utf-8") as stream:
        rows = list(csv.DictReader(stream))
    assert len(rows) == 10 and rows[0]["label"] == "gap" and float(rows[0]["mae"]) >= 0
    with (tmp_path / "found_predictions.csv").open(encoding="utf-8") as stream:
        known = {row["structure"]: float(row["known"]) for row in csv.DictReader(stream)}
    assert known and all(value == int(own[1:]) % 10 for own, value in known.items())
    qtbot.mouseClick(dialog.picture, Left)
    answer_file_dialog(name)
    assert (tmp_path / "found.png").stat().st_size > 1000


def test_cancel_keeps_the_window_alive(
    qtbot: QtBot, session: Session, dialog: CompareRepresentations, labels: Path
) -> None:
    predict(session)
    dialog.take_labels(labels)
    dialog.splits.setValue(20)
    qtbot.mouseClick(dialog.run, Left)
    qtbot.mouseClick(dialog.cancel, Left)
    assert dialog.remarks.text().startswith("Cancelled: ")
    qtbot.waitUntil(lambda: dialog.run.isEnabled(), timeout=60_000)
    dialog.splits.setValue(1)
    qtbot.mouseClick(dialog.run, Left)
    qtbot.waitUntil(lambda: dialog.run.isEnabled(), timeout=60_000)
    assert dialog.results.table.rowCount() == 5
    box = dialog.findChild(QDialogButtonBox)
    assert isinstance(box, QDialogButtonBox)
    close = box.button(QDialogButtonBox.StandardButton.Close)
    qtbot.mouseClick(close, Left)
    assert not dialog.isVisible()
    dialog.show()
    assert dialog.close() and not dialog.isVisible()


def test_what_is_wrong_is_said_and_nothing_runs(
    session: Session, dialog: CompareRepresentations, tmp_path: Path
) -> None:
    predict(session)
    path = tmp_path / "few.csv"
    path.write_text("structure,m\ns1,2\n", encoding="utf-8")
    dialog.take_labels(path)
    assert "only 1 row can be used and 20 are needed" in dialog.remarks.text() and not dialog.run.isEnabled()
    path.write_text("id,m\ns1,2\n", encoding="utf-8")
    dialog.take_labels(path)
    assert "has no column “structure”" in dialog.remarks.text()


def test_a_missing_library_is_named_with_its_installation(
    qtbot: QtBot, session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(descriptors, "find_spec", lambda name: None)
    made = CompareRepresentations(session)
    qtbot.addWidget(made)
    items = [made.list.item(i) for i in range(made.list.count())]
    soap = next(item for item in items if item.text().startswith("SOAP"))
    assert soap.text() == "SOAP (not installed)" and "pip install 'negnn-gui[paper]'" in soap.toolTip()
    assert not soap.flags() & Qt.ItemFlag.ItemIsEnabled


def test_labels_of_sites_with_keys_alone(
    qtbot: QtBot, session: Session, dialog: CompareRepresentations, tmp_path: Path
) -> None:
    predict(session)
    path = tmp_path / "sites.csv"
    rows = [f"s{i},{k},{(i % 10 + k) / 4}" for i in range(12) for k in (0, 1)]
    again = ["s0,0,9", "s1,7,1", "s2,0,strong"]
    path.write_text("structure,site_index,moment\n" + "\n".join([*rows, *again]) + "\n", encoding="utf-8")
    dialog.take_labels(path)
    said = dialog.remarks.text()
    assert said.startswith("24 labels of sites in 12 structures are used")
    assert "1 row left out, repeating a row above (the first counts): line 26 (s0)" in said
    assert "1 row left out, with a site_index beyond the last site: line 27 (s1)" in said
    assert "1 row left out, with something that is not a number: line 28 (s2)" in said
    dialog.splits.setValue(1)
    for index in range(dialog.list.count()):
        item = dialog.list.item(index)
        item.setCheckState(Qt.CheckState.Unchecked)
    assert not dialog.run.isEnabled()
    dialog.list.setFocus()
    qtbot.keyClick(dialog.list, Qt.Key.Key_Home)
    qtbot.keyClick(dialog.list, Qt.Key.Key_Space)
    assert len(dialog.chosen()) == 1 and dialog.run.isEnabled()
    dialog.run.setFocus()
    qtbot.keyClick(dialog.run, Qt.Key.Key_Space)
    qtbot.waitUntil(lambda: dialog.run.isEnabled(), timeout=60_000)
    result = dialog.results.results[0]
    assert len(result.rows) and result.fault == ""
    qtbot.keyClick(dialog, Qt.Key.Key_Escape)
    assert not dialog.isVisible()
