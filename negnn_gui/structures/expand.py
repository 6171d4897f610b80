"""Paths as a user gives them become single files: folders are walked, other files in them passed over."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path

from negnn_gui import locations
from negnn_gui.structures import formats
from negnn_gui.structures.content import ContentError, read_head


def is_structure_file(path: Path) -> bool:
    """Whether a file found in a folder should be opened, judged by its name.

    Names that mean many things (``.json``, ``.yaml``, ``.in``, ``.out``, ``.xml``) are looked into: the first
    64 kB must show a structure.
    """
    path = Path(path)
    if path.name.startswith(".") or formats.by_name(path.name) is None or path.is_dir():
        return False
    if not formats.is_ambiguous(path.name):
        return True
    try:
        return formats.holds_structure(read_head(path))
    except ContentError:
        return False


def expand_paths(paths: Iterable[Path | str]) -> Iterator[Path]:
    """Files named by ``paths``: a file as it is, whatever it is; a folder as the structure files below it.

    Order is that of ``paths``; below a folder files and folders are taken together, sorted by name. A folder
    reached a second time through a link is left out. A folder that holds no structure file, or cannot be
    listed, is yielded itself, so that reading it says so.
    """
    for given in paths:
        path = Path(given)
        if not path.is_dir():
            yield path
            continue
        empty = True
        for found in _walk(path, set()):
            empty = False
            yield found
        if empty:
            yield path


def example_paths() -> list[Path]:
    """The example structures that ship with the program, sorted by name without regard to case."""
    folder = locations.resources_dir() / "examples"
    return sorted(
        (path for path in folder.iterdir() if is_structure_file(path)), key=lambda p: p.name.lower()
    )


def _walk(folder: Path, seen: set[tuple[int, int]]) -> Iterator[Path]:
    """Structure files below ``folder``; ``seen`` holds (device, inode) of the folders already entered."""
    try:
        status = folder.stat()
        if (status.st_dev, status.st_ino) in seen:
            return
        seen.add((status.st_dev, status.st_ino))
        children = sorted(folder.iterdir(), key=lambda child: child.name)
    except OSError:
        # Reading the folder's own path later gives the reason in one line.
        yield folder
        return
    for child in children:
        if child.name.startswith("."):
            continue
        if child.is_dir():
            yield from _walk(child, seen)
        elif is_structure_file(child):
            yield child
