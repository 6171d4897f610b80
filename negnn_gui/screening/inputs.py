"""Which files a run reads: arguments expanded in order, each file once, what this program wrote left out."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

from negnn_gui.export.sidecars import own_products
from negnn_gui.export.text import printable
from negnn_gui.structures.own_files import is_own_file
from negnn_gui.structures.reading import expand_paths


def list_inputs(
    paths: Iterable[Path], own_files: frozenset[Path], left_out: list[Path] | None = None
) -> Iterator[Path]:
    """Files to read, in the order of the arguments and sorted below each folder.

    A file named itself is read whatever it is, unless it is one of ``own_files`` (absolute paths of this
    run's outputs). Below a folder, tables and sidecars of earlier runs are left out too, and so are structures
    that this program wrote, wherever they were moved: they repeat the crystals they were made from. A folder
    where nothing is left is given itself: reading it says so.

    Parameters
    ----------
    left_out : list of Path or None
        Grows by the structure files left out for that reason, as far as no sidecar names them.
    """
    seen: set[str] = set()
    products: dict[Path, frozenset[str]] = {}
    for argument in paths:
        found = _below(argument, products, left_out) if argument.is_dir() else [argument]
        for path in found:
            absolute = os.path.normpath(path.absolute())
            if absolute in seen or _is_own(Path(absolute), own_files):
                continue
            seen.add(absolute)
            yield path


def say_left_out(left_out: list[Path], notify: Callable[[str], None]) -> None:
    """Tell the user which structures were not read because this program wrote them."""
    if left_out:
        number = f"{len(left_out):,} files" if len(left_out) > 1 else "a file"
        such = f", such as {printable(left_out[0])}" if len(left_out) > 1 else f", {printable(left_out[0])}"
        notify(
            f"left out {number} that negnn-gui itself wrote from other structures{such}; "
            "name it as an input to read it all the same"
        )


def _below(folder: Path, products: dict[Path, frozenset[str]], left_out: list[Path] | None) -> Iterator[Path]:
    anything = False
    for path in expand_paths([folder]):
        if path.parent not in products:
            products[path.parent] = own_products(path.parent)
        if path != folder and path.name in products[path.parent]:
            continue
        if path != folder and is_own_file(path):
            if left_out is not None:
                left_out.append(path)
            continue
        anything = True
        yield path
    if not anything:
        yield folder


def _is_own(path: Path, own_files: frozenset[Path]) -> bool:
    return path in own_files or not own_files.isdisjoint(path.parents)
