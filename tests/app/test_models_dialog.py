"""Models in the window: listed with their cards, chosen, imported, checked, removed."""

from __future__ import annotations

import shutil

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication, QMessageBox

from negnn_gui.app.views.models_dialog import ModelsDialog

pytestmark = pytest.mark.gui


@pytest.fixture
def home(tiny_models, tmp_path, load_tiny, monkeypatch):
    """A data home of the test's own with the random models in it."""
    home = tmp_path / "own-data"
    shutil.copytree(tiny_models, home)
    monkeypatch.setenv("XDG_DATA_HOME", str(home))
    return home


@pytest.fixture
def dialog(make_bench, home, qtbot, wait_until_idle):
    bench = make_bench()
    wait_until_idle(bench.controller)
    bench.desk.show_models()
    [dialog] = bench.window.findChildren(ModelsDialog)
    dialog.bench = bench
    qtbot.waitUntil(lambda: dialog.list.topLevelItemCount() > 0, timeout=60_000)
    return dialog


def choose(dialog, name: str) -> None:
    [item] = dialog.list.findItems(name, Qt.MatchFlag.MatchExactly)
    dialog.list.setCurrentItem(item)


def test_cards_are_read_and_another_model_predicts(dialog, home, nio, qtbot, wait_until_idle):
    bench = dialog.bench
    choose(dialog, "tiny-random")
    assert "For tests." in dialog.card.toPlainText()
    assert "on the embeddings of tiny-random-encoder" in dialog.facts.text()
    choose(dialog, "tiny-random-encoder")
    assert not dialog.use.isEnabled(), "an encoder predicts no moments"
    bench.controller.open_paths([nio])
    wait_until_idle(bench.controller)
    shipped = next(
        item
        for item in dialog.list.findItems("Moments", Qt.MatchFlag.MatchExactly, 1)
        if item.text(2) == "program"
    )
    dialog.list.setCurrentItem(shipped)
    with qtbot.waitSignal(bench.controller.models_changed, timeout=120_000):
        dialog.use.click()
    name = bench.controller.models.model_id
    qtbot.waitUntil(
        lambda: [i.text(3) for i in dialog.list.findItems(name, Qt.MatchFlag.MatchExactly)] == ["predicts"]
    )
    dialog.close()
    wait_until_idle(bench.controller)
    [analysis] = bench.session.analyses.values()
    assert analysis.model.id == name != "tiny-random"
    said = f"Embedding by\n{analysis.encoder.id} ("
    qtbot.waitUntil(lambda: said in bench.views.details.toPlainText())


def test_models_are_imported_checked_and_removed(dialog, home, tmp_path, qtbot, answer_file_dialog):
    folder = home / "negnn-gui" / "models" / "tiny-random"
    away = tmp_path / "away"
    away.mkdir()
    shutil.move(folder, away / "tiny-random")
    dialog.import_folder.click()
    answer_file_dialog(away / "tiny-random")
    qtbot.waitUntil(lambda: "was added" in dialog.message.text(), timeout=60_000)
    assert folder.is_dir()
    dialog.check.click()
    qtbot.waitUntil(lambda: "are whole" in dialog.message.text(), timeout=60_000)
    (folder / "weights.safetensors").write_bytes(b"something else")
    dialog.check.click()
    qtbot.waitUntil(lambda: dialog.message.text().startswith("tiny-random: "), timeout=60_000)
    qtbot.waitUntil(lambda: dialog.chosen is not None and dialog.chosen.id == "tiny-random", timeout=60_000)
    dialog.remove.click()
    [question] = dialog.findChildren(QMessageBox)
    question.button(QMessageBox.StandardButton.Yes).click()
    qtbot.waitUntil(lambda: not folder.exists(), timeout=60_000)
    dialog.import_folder.click()
    answer_file_dialog(tmp_path)
    qtbot.waitUntil(lambda: "was removed" not in dialog.message.text() and bool(dialog.message.text()))
    assert "\n" not in dialog.message.text()
    dialog.close()
    QApplication.processEvents()
