"""What stands beside a table: ``.meta.json`` says how it was made, ``.errors.csv`` what failed."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from negnn_gui import __version__
from negnn_gui.export.text import csv_line
from negnn_gui.results import ModelRef
from negnn_gui.structures.own_files import PROGRAM
from negnn_gui.structures.reading import is_structure_file

META_FORMAT = 1
ERROR_COLUMNS = ("path", "frame", "reason")
META_SUFFIX = ".meta.json"
ERRORS_SUFFIX = ".errors.csv"


@dataclass(frozen=True)
class RunRecord:
    """How a table came about; only paths that the user gave, as they were given.

    Attributes
    ----------
    models : dict of str to ModelRef
        By what they do: "encoder", "moment", "atlas".
    device : str
        Device that computed it; several joined by ", " where a run fell back or was resumed elsewhere.
    options : dict
        The options of the command by name.
    inputs : tuple of str
        Paths as given.
    outputs : tuple of str
        Names (without folder) of the files this run wrote.
    started : str
        UTC, ISO 8601.
    wall_time_s : float
        Seconds of work, interruptions not counted.
    warnings : tuple of str
        What was repaired or chosen, one sentence each; ``n_warnings`` counts also those not listed.
    fingerprint : str
        Digest of all that decides the content; a run with the same one gives the same table.
    """

    models: Mapping[str, ModelRef]
    device: str
    options: Mapping[str, Any]
    inputs: tuple[str, ...]
    outputs: tuple[str, ...]
    started: str
    wall_time_s: float
    structures: int
    sites: int
    failures: int
    warnings: tuple[str, ...] = ()
    n_warnings: int = 0
    fingerprint: str = ""
    program: str = field(default=PROGRAM)
    version: str = field(default=__version__)
    format: int = field(default=META_FORMAT)


def meta_path(table: Path) -> Path:
    """``sites.meta.json`` for ``sites.csv``; ``sites.csv.meta.json`` where that belongs to another table of ours."""
    return _beside(table, META_SUFFIX)


def errors_path(table: Path) -> Path:
    """``sites.errors.csv`` for ``sites.csv``, or ``sites.csv.errors.csv`` likewise."""
    return _beside(table, ERRORS_SUFFIX)


def _beside(table: Path, suffix: str) -> Path:
    sidecar = read_meta(table.with_suffix(META_SUFFIX))
    if sidecar is None or table.name in _strings(sidecar.get("outputs")):
        return table.with_suffix(suffix)
    return table.with_name(table.name + suffix)


def meta_text(record: RunRecord) -> str:
    """The sidecar as JSON; the program and version come first, so a glance tells whose file it is."""
    values = asdict(record)
    first = {key: values.pop(key) for key in ("program", "version", "format")}
    return json.dumps({**first, **values}, indent=1, ensure_ascii=False) + "\n"


def read_meta(path: Path) -> dict[str, Any] | None:
    """What a sidecar of this program says; None where the file is absent, unreadable or not ours."""
    try:
        values = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    if not isinstance(values, dict) or values.get("program") != PROGRAM:
        return None
    return values


def errors_header() -> str:
    """First line of the errors table."""
    return csv_line(ERROR_COLUMNS)


def own_products(folder: Path) -> frozenset[str]:
    """Names of the files in ``folder`` that this program wrote, as the sidecars there say."""
    names: set[str] = set()
    for sidecar in sorted(folder.glob(f"*{META_SUFFIX}")):
        values = read_meta(sidecar)
        if values is not None:
            names.update({sidecar.name, *_strings(values.get("outputs"))})
    return frozenset(names)


def why_not_overwrite(path: Path) -> str | None:
    """Why a table must not be written to ``path``: a structure file is there that is not ours. None if it may."""
    if path.is_file() and is_structure_file(path) and path.name not in own_products(path.parent):
        return f"{path} is a structure file not written by this program; choose another output"
    return None


def _strings(values: object) -> Iterable[str]:
    return [v for v in values if isinstance(v, str)] if isinstance(values, list) else []
