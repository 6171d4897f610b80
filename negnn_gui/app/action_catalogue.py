"""Every action of the menus with the way to it, so that it can be found by name and given other keys."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from PySide6.QtGui import QAction, QKeySequence
from PySide6.QtWidgets import QMainWindow, QMenu

CHANGING = "changing"
"""Property of a menu whose entries come and go (recent files): they can be found, but have no keys of their own."""

STEADY = "steady-name"
"""Property of an action whose text changes ("Undo Rename NiO"): what it is called in lists."""


@dataclass(frozen=True)
class NamedAction:
    """An action as the user knows it.

    Attributes
    ----------
    id : str
        Stays the same from one version of the program to the next: what a choice of keys is remembered by.
    name : str
        "Sites table".
    place : str
        The menus it lies in: "File › Export".
    fixed_keys : str
        Keys that belong to a view and cannot be changed here, such as "1"; "" where there are none.
    changing : bool
        Whether it comes and goes, like a recent file.
    """

    id: str
    name: str
    place: str
    action: QAction
    fixed_keys: str = ""
    changing: bool = False

    @property
    def keys(self) -> str:
        """Keys to show, in the manner of the system; several are separated by a comma."""
        shown = [k.toString(QKeySequence.SequenceFormat.NativeText) for k in self.action.shortcuts()]
        return ", ".join(shown) or self.fixed_keys


def named_actions(window: QMainWindow) -> list[NamedAction]:
    """All entries of the menu bar, in its order; one that stands in two menus comes once."""
    found: dict[int, NamedAction] = {}
    for top in window.menuBar().actions():
        if (menu := _menu_of(top)) is not None:
            for named in _walk(menu, (plain(top.text()),), False):
                found.setdefault(id(named.action), named)
    return list(found.values())


def plain(text: str) -> str:
    """The text of an entry without its underlined letter, its keys and its dots."""
    words = text.partition("\t")[0].replace("&&", "\0").replace("&", "").replace("\0", "&")
    return words.rstrip("….").strip()


def _walk(menu: QMenu, place: tuple[str, ...], changing: bool) -> Iterator[NamedAction]:
    changing = changing or bool(menu.property(CHANGING))
    for action in menu.actions():
        below = _menu_of(action)
        if below is not None:
            yield from _walk(below, (*place, plain(action.text())), changing)
        elif not action.isSeparator() and action.isVisible() and plain(action.text()):
            name = str(action.property(STEADY) or plain(action.text()))
            slug = "/".join(re.sub(r"[^a-z0-9*]+", "-", part.lower()).strip("-") for part in (*place, name))
            yield NamedAction(
                action.objectName() or slug,
                name,
                " › ".join(place),
                action,
                action.text().partition("\t")[2],
                changing,
            )


def _menu_of(action: QAction) -> QMenu | None:
    menu = action.menu()
    return menu if isinstance(menu, QMenu) else None
