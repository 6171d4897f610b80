"""Which files a run reads: arguments expanded in order, each file once, what this program wrote left out."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from pathlib import Path

from negnn_gui.export.sidecars import own_products
from negnn_gui.structures.reading import expand_paths


def list_inputs(paths: Iterable[Path], own_files: frozenset[Path]) -> Iterator[Path]:
    """Files to read, in the order of the arguments and sorted below each folder.

    A file named itself is read whatever it is, unless it is one of ``own_files`` (absolute paths of this
    run's outputs). Below a folder, tables and sidecars of earlier runs are left out too. A folder where
    nothing is left is given itself: reading it says so.
    """
    seen: set[str] = set()
    products: dict[Path, frozenset[str]] = {}
    for argument in paths:
        found = _below(argument, products) if argument.is_dir() else [argument]
        for path in found:
            absolute = os.path.normpath(path.absolute())
            if absolute in seen or _is_own(Path(absolute), own_files):
                continue
            seen.add(absolute)
            yield path


def _below(folder: Path, products: dict[Path, frozenset[str]]) -> Iterator[Path]:
    anything = False
    for path in expand_paths([folder]):
        if path.parent not in products:
            products[path.parent] = own_products(path.parent)
        if path != folder and path.name in products[path.parent]:
            continue
        anything = True
        yield path
    if not anything:
        yield folder


def _is_own(path: Path, own_files: frozenset[Path]) -> bool:
    return path in own_files or not own_files.isdisjoint(path.parents)
