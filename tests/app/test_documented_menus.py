"""Every menu entry that the documentation names is there: ``**File > Export > Image**`` leads to something."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from PySide6.QtWidgets import QAbstractButton, QDockWidget, QMenu, QTextBrowser, QToolButton

from negnn_gui.app.action_catalogue import plain
from negnn_gui.app.views.settings import PAGES as SETTINGS_PAGES

pytestmark = pytest.mark.gui

ROOT = Path(__file__).resolve().parent.parent.parent
DOCUMENTED = [
    ROOT / "README.md",
    *sorted((ROOT / "docs").glob("*.md")),
    *sorted((ROOT / "resources" / "models").glob("*/README.md")),
]
_PATH = re.compile(r"(?<![*\w])(?:\*\*|\*)([A-Z3][^*\n|]*?(?:\s>\s[^*\n|]+)+)\*{1,2}")

Place = tuple[str, ...]


def documented_paths() -> dict[Place, str]:
    """Menu paths by the page that names them first; a path may go over the end of a line."""
    found: dict[Place, str] = {}
    for page in DOCUMENTED:
        text = re.sub(r"^>.*$", "", page.read_text(encoding="utf-8"), flags=re.MULTILINE)  # quotations
        text = re.sub(r"\n(?=\S)", " ", text)
        for path in _PATH.findall(text):
            found.setdefault(tuple(plain(part) for part in path.split(">")), page.name)
    return found


def test_the_documentation_names_menus_that_this_test_sees() -> None:
    paths = documented_paths()
    assert ("Help", "Show log") in paths
    assert len(paths) > 15


def test_documented_entries_are_in_the_window(make_bench, nio, wait_until_idle) -> None:
    bench = make_bench()
    bench.controller.open_paths([nio])
    wait_until_idle(bench.controller)
    there = _places(bench.window)
    assert ("File", "Export", "Image") in there
    missing = {" > ".join(path): page for path, page in documented_paths().items() if path not in there}
    assert not missing, f"named in the documentation, but not in the window: {missing}"


def _places(window) -> set[Place]:
    """All that a path may lead to: menus, the tool bar's menus, pages of the settings, buttons and links of a dock."""
    places: set[Place] = set()
    for top in window.menuBar().actions():
        _walk(top.menu(), (plain(top.text()),), places)
    for button in window.findChildren(QToolButton):
        if button.menu() is not None:
            _walk(button.menu(), (plain(button.text()),), places)
    assert ("Edit", "Settings") in places
    places |= {("Edit", "Settings", page) for page in SETTINGS_PAGES}
    for dock in window.findChildren(QDockWidget):
        places |= {(dock.windowTitle(), plain(b.text())) for b in dock.findChildren(QAbstractButton)}
        for text in dock.findChildren(QTextBrowser):
            links = re.findall(r"<a [^>]*>(.*?)</a>", text.toHtml(), flags=re.DOTALL)
            places |= {(dock.windowTitle(), re.sub(r"<[^>]*>", "", link)) for link in links}
    return places


def _walk(menu: QMenu | None, place: Place, places: set[Place]) -> None:
    if not isinstance(menu, QMenu):
        return
    menu.aboutToShow.emit()  # some are filled when they are opened
    for action in menu.actions():
        name = plain(action.text())
        if name.startswith(("Undo ", "Redo ")):
            name = name[:4]  # what is undone stands behind it
        here = (*place, name)
        places.add(here)
        _walk(action.menu(), here, places)
