"""Known sites in the menu: listed, chosen, made of what is open, given up, and refused."""

from __future__ import annotations

import shutil
import threading

import pytest
from PySide6.QtGui import QAction

from negnn_gui import locations
from negnn_gui.analysis import atlas_library, own_atlas
from negnn_gui.analysis.atlas_library import user_atlases_dir
from negnn_gui.app import atlas_menu
from negnn_gui.app.atlas_menu import AtlasMenu
from negnn_gui.app.workbench import Workbench
from negnn_gui.results import SiteRef

pytestmark = pytest.mark.gui


@pytest.fixture
def bench(tiny_models, tmp_path, load_tiny, monkeypatch, make_bench, nio, wait_until_idle) -> Workbench:
    """NiO, open and predicted, in a data home of the test's own."""
    home = tmp_path / "own-data"
    shutil.copytree(tiny_models, home)
    monkeypatch.setenv("XDG_DATA_HOME", str(home))
    bench = make_bench()
    bench.controller.open_paths([nio])
    wait_until_idle(bench.controller)
    return bench


def filled(bench: Workbench) -> dict[str, QAction]:
    """Lines of the menu as it opens."""
    [menu] = bench.window.findChildren(AtlasMenu)
    menu.aboutToShow.emit()
    return {action.text(): action for action in menu.actions() if action.text()}


def line(bench: Workbench, start: str) -> QAction:
    return next(action for text, action in filled(bench).items() if text.replace("&", "").startswith(start))


def make(bench: Workbench, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    monkeypatch.setattr(atlas_menu, "ask_for_name", lambda parent, title, question, take, tip: take(name))
    line(bench, "Make one").trigger()


def shown_atlas(bench: Workbench) -> str | None:
    atlas = bench.views.map.layers.sites.atlas
    return None if atlas is None else atlas.name


def test_an_atlas_is_made_of_what_is_open_and_used(bench, qtbot, monkeypatch) -> None:
    make(bench, monkeypatch, "mine")
    qtbot.waitUntil(lambda: shown_atlas(bench) == "mine", timeout=60_000)
    assert "Comparing with the atlas mine, 2 sites." in bench.status.text
    qtbot.waitUntil(lambda: bench.status.cancel_button.isHidden(), timeout=60_000)
    assert line(bench, "mine, 2 sites").isChecked() and bench.preferences.atlas == "mine"
    assert [info.id for info in atlas_library.list_atlases()] == ["shipped", "mine"]


def test_a_taken_or_impossible_name_is_refused(bench, qtbot, monkeypatch) -> None:
    problems: list[str] = []
    monkeypatch.setattr(bench, "show_problem", problems.append)
    (user_atlases_dir() / "taken").mkdir(parents=True)
    make(bench, monkeypatch, "taken")
    make(bench, monkeypatch, "../up")
    assert problems[0] == "There is an atlas called taken already: choose another name."
    assert "cannot be the name of an atlas" in problems[1]


def test_making_one_shows_how_far_it_is_and_can_be_given_up(bench, qtbot, monkeypatch) -> None:
    reached, go_on = threading.Event(), threading.Event()
    motifs = own_atlas.site_motifs

    def slow(*given):
        reached.set()
        assert go_on.wait(60)
        return motifs(*given)

    monkeypatch.setattr(own_atlas, "site_motifs", slow)
    bench.controller.duplicate([bench.session.current.id])
    qtbot.waitUntil(lambda: len(bench.session.analyses) == 2 and not bench.controller.busy, timeout=60_000)
    make(bench, monkeypatch, "half")
    qtbot.waitUntil(reached.is_set, timeout=60_000)
    assert "Making the atlas" in bench.status.text and not bench.status.cancel_button.isHidden()
    bench.status.cancel_button.click()
    go_on.set()
    qtbot.waitUntil(lambda: "The atlas half was not made." in bench.status.text, timeout=60_000)
    assert bench.status.cancel_button.isHidden() and not (user_atlases_dir() / "half").exists()
    monkeypatch.setattr(own_atlas, "site_motifs", motifs)
    make(bench, monkeypatch, "half")
    qtbot.waitUntil(lambda: shown_atlas(bench) == "half", timeout=60_000)


def test_another_encoder_or_a_damaged_atlas_is_refused_and_the_one_in_use_stays(
    bench, qtbot, monkeypatch, tmp_path
) -> None:
    make(bench, monkeypatch, "mine")
    qtbot.waitUntil(lambda: shown_atlas(bench) == "mine", timeout=60_000)
    problems: list[str] = []
    monkeypatch.setattr(bench, "show_problem", problems.append)
    line(bench, "Shipped").trigger()
    qtbot.waitUntil(lambda: len(problems) == 1, timeout=60_000)
    assert "was built with the encoder" in problems[0]
    damaged = tmp_path / "damaged"
    shutil.copytree(user_atlases_dir() / "mine", damaged)
    (damaged / "vectors.npy").write_bytes(b"nothing")
    monkeypatch.setattr(atlas_menu, "ask_for_folder", lambda parent, title, start, take: take(damaged))
    line(bench, "Choose a folder").trigger()
    qtbot.waitUntil(lambda: len(problems) == 2, timeout=60_000)
    assert "is damaged" in problems[1]
    assert shown_atlas(bench) == "mine" and line(bench, "mine, 2 sites").isChecked()


def test_a_damaged_shipped_atlas_is_told_and_the_program_works_without(
    bench, qtbot, monkeypatch, tmp_path, make_bench, nio, wait_until_idle
) -> None:
    make(bench, monkeypatch, "mine")
    qtbot.waitUntil(lambda: shown_atlas(bench) == "mine", timeout=60_000)
    resources = tmp_path / "resources"
    resources.mkdir()
    for part in locations.resources_dir().iterdir():
        if part.name != "atlas":
            (resources / part.name).symlink_to(part)
    shutil.copytree(user_atlases_dir() / "mine", resources / "atlas")
    (resources / "atlas" / "vectors.npy").write_bytes(b"nothing")
    monkeypatch.setattr(locations, "resources_dir", lambda: resources)
    bench.preferences.atlas = ""
    other = make_bench()
    other.controller.open_paths([nio])
    wait_until_idle(other.controller)
    qtbot.waitUntil(lambda: other.views.settled and len(other.views.map.layers.sites) == 2, timeout=60_000)
    assert shown_atlas(other) is None
    assert "no atlas" in other.views.map.note.text() and "is damaged" in other.views.map.note.toolTip()
    entry = other.session.current
    other.controller.select(frozenset({SiteRef(entry.id, 0)}))
    qtbot.waitUntil(lambda: "No atlas" in other.views.like.message.text(), timeout=60_000)
    assert len(other.session.analyses) == 1 and other.views.table.model.rowCount() == 2
