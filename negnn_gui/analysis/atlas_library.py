"""Which atlases there are: the shipped one and those of the user, by name."""

from __future__ import annotations

import re
import shutil
from dataclasses import dataclass
from pathlib import Path

from negnn_gui import locations
from negnn_gui.analysis.atlas_files import AtlasError, AtlasHeading, read_card, read_heading

SHIPPED = "shipped"
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9 ._-]{0,63}")


@dataclass(frozen=True)
class AtlasInfo:
    """An atlas that can be chosen.

    Attributes
    ----------
    id : str
        "shipped", or the name of its folder among the user's atlases.
    problem : str
        Why it cannot be used, "" where nothing is known against it; ``heading`` is None then.
    """

    id: str
    folder: Path
    heading: AtlasHeading | None
    problem: str = ""

    @property
    def card(self) -> str:
        """Its README.md, "" where it has none."""
        return read_card(self.folder)


def user_atlases_dir() -> Path:
    """Folder of the user's atlases."""
    return locations.user_data_dir() / "atlases"


def list_atlases() -> list[AtlasInfo]:
    """The shipped atlas and then the user's, by name; unusable ones too, with the reason."""
    own = user_atlases_dir()
    folders = (
        sorted(
            (path for path in own.iterdir() if path.is_dir() and not path.name.startswith(".")),
            key=lambda p: p.name,
        )
        if own.is_dir()
        else []
    )
    return [describe(SHIPPED, locations.resources_dir() / "atlas"), *(describe(f.name, f) for f in folders)]


def find_atlas(name: str) -> AtlasInfo:
    """The atlas of a name, or in a folder.

    Raises
    ------
    AtlasError
        There is none; the message says which there are.
    """
    known = {info.id: info for info in list_atlases()}
    if name in known:
        return known[name]
    folder = Path(name)
    if folder.is_dir():
        return describe(name, folder)
    raise AtlasError(f"there is no atlas called {name}; there are {', '.join(known)}, or give a folder")


def folder_for(name: str) -> Path:
    """Where an atlas of the user's of this name lies, or would lie.

    Raises
    ------
    AtlasError
        The name cannot be that of a folder, or belongs to the shipped atlas.
    """
    if name == SHIPPED or not _NAME.fullmatch(name) or name.endswith((" ", ".")):
        raise AtlasError(
            f"{name!r} cannot be the name of an atlas: use up to 64 letters, digits, spaces and . _ - "
            f"(and not {SHIPPED!r})"
        )
    return user_atlases_dir() / name


def import_atlas(folder: Path, name: str) -> AtlasInfo:
    """Copy an atlas to the user's own under a name.

    Raises
    ------
    AtlasError
        It cannot be read, or the name is taken or impossible.
    """
    from negnn_gui.analysis.atlas_files import read_atlas

    target = folder_for(name)
    if target.exists():
        raise AtlasError(f"there is an atlas called {name} already: remove it first, or choose another name")
    read_atlas(folder)
    target.parent.mkdir(parents=True, exist_ok=True)
    part = target.with_name(f".{name}.part")
    shutil.rmtree(part, ignore_errors=True)
    shutil.copytree(folder, part)
    part.rename(target)
    return describe(name, target)


def remove_atlas(name: str) -> None:
    """Delete one of the user's atlases.

    Raises
    ------
    AtlasError
        There is none of this name.
    """
    folder = folder_for(name)
    if not folder.is_dir():
        raise AtlasError(f"there is no atlas of yours called {name}")
    shutil.rmtree(folder)


def describe(name: str, folder: Path) -> AtlasInfo:
    """What the index of an atlas says; its other files are not checked."""
    try:
        return AtlasInfo(name, folder, read_heading(folder))
    except AtlasError as error:
        return AtlasInfo(name, folder, None, str(error))
