"""Session files (.negnn): what is open, computed, selected and seen, as a zip of JSON, Parquet and CIF.

::

    session.json                 format, program, structures, selection, views, settings
    structures/sites.parquet     sites of all structures, exact
    structures/0001-NiO.cif      each structure for other programs; never read back
    results/results.parquet      moments, out-of-domain scores, nearest known sites
    results/embeddings-6.parquet vectors of the encoders that have so many levels

Reading one never executes anything and never writes to the disk: members are checked by name and size before they
are unpacked, JSON and Parquet hold plain data, and every value is checked for its kind.
"""

from __future__ import annotations

import json
import re
import uuid
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np

from negnn_gui import __version__
from negnn_gui.export.atomic import replacing
from negnn_gui.export.bounded_zip import MOST_BYTES, BoundedZip, ZipRefusedError
from negnn_gui.export.session_tables import (
    RESULTS,
    SITES,
    SessionTableError,
    analyses_from,
    analysis_facts,
    embeddings_schema,
    embeddings_table,
    entries_from,
    entry_facts,
    from_parquet,
    results_table,
    sites_table,
    to_parquet,
)
from negnn_gui.results import Analysis, SiteRef
from negnn_gui.structures.entry import StructureEntry, StructureReadError
from negnn_gui.structures.own_files import PROGRAM

SUFFIX = ".negnn"
SESSION_FORMAT = 1

_MAIN = "session.json"
_SITES = "structures/sites.parquet"
_RESULTS = "results/results.parquet"
_EMBEDDINGS = re.compile(r"results/embeddings-(\d{1,2})\.parquet")
_CIF = re.compile(r"structures/\d{4,6}-[A-Za-z0-9_+.-]{0,60}\.cif")
_MOST_JSON = 256 * 1024**2


class SessionFileError(Exception):
    """A session file cannot be used; the message is one sentence for the user."""


@dataclass(frozen=True)
class SavedSession:
    """What a session file holds.

    Attributes
    ----------
    entries : tuple of StructureEntry
        Open structures in their order.
    analyses : dict of str to Analysis
        By id of the structure.
    reasons : dict of str to str
        Why structures could not be predicted, by id.
    left_out : frozenset of str
        Ids of those among them that the user chose to leave out.
    read_failures : tuple of StructureReadError
        Files that could not be read.
    selection : frozenset of SiteRef
    current : str or None
        Id of the structure that is shown.
    views : dict
        How it is seen; plain values that the window understands, structures named by ``renamed``.
    settings : dict
        Choices that belong to it; plain values.
    renamed : dict of str to str
        Id in the file to id now; only where it was read.
    """

    entries: tuple[StructureEntry, ...] = ()
    analyses: Mapping[str, Analysis] = field(default_factory=dict)
    reasons: Mapping[str, str] = field(default_factory=dict)
    left_out: frozenset[str] = frozenset()
    read_failures: tuple[StructureReadError, ...] = ()
    selection: frozenset[SiteRef] = frozenset()
    current: str | None = None
    views: Mapping[str, Any] = field(default_factory=dict)
    settings: Mapping[str, Any] = field(default_factory=dict)
    renamed: Mapping[str, str] = field(default_factory=dict)


# --- writing ------------------------------------------------------------------------------------------


def write_session(target: Path, session: SavedSession) -> None:
    """Write a session; an older file is replaced in one step, and whole until then.

    Raises
    ------
    OSError
        The folder cannot be written or the disk is full.
    """
    numbers = {entry.id: number for number, entry in enumerate(session.entries)}
    analyses = {
        numbers[entry.id]: session.analyses[entry.id]
        for entry in session.entries
        if entry.id in session.analyses
    }
    with replacing(target) as temporary, zipfile.ZipFile(temporary, "w", zipfile.ZIP_DEFLATED) as archive:
        main = json.dumps(_main(session, numbers, analyses), indent=1, ensure_ascii=True)
        archive.writestr(_MAIN, main)
        stored = zipfile.ZIP_STORED  # Parquet is packed already
        archive.writestr(_SITES, to_parquet(sites_table(session.entries)), stored)
        archive.writestr(_RESULTS, to_parquet(results_table(analyses)), stored)
        for levels in sorted({analysis.embeddings.shape[0] for analysis in analyses.values()}):
            vectors = [a for a in analyses.values() if a.embeddings.shape[0] == levels]
            archive.writestr(
                f"results/embeddings-{levels}.parquet",
                to_parquet(embeddings_table(vectors, levels)),
                stored,
            )
        for number, entry in enumerate(session.entries):
            archive.writestr(_cif_name(number, entry), cif_copy(entry))


def _main(
    session: SavedSession, numbers: Mapping[str, int], analyses: Mapping[int, Analysis]
) -> dict[str, Any]:
    return {
        "program": PROGRAM,
        "format": SESSION_FORMAT,
        "version": __version__,
        "saved": datetime.now(UTC).isoformat(timespec="seconds"),
        "structures": [entry_facts(entry) for entry in session.entries],
        "results": {str(number): analysis_facts(analysis) for number, analysis in analyses.items()},
        "reasons": {entry_id: str(reason) for entry_id, reason in session.reasons.items()},
        "left_out": sorted(session.left_out),
        "read_failures": [
            {
                "path": None if failure.path is None else str(failure.path),
                "frame": failure.frame,
                "reason": failure.reason,
            }
            for failure in session.read_failures
        ],
        "selection": [
            [numbers[ref.entry_id], ref.site_index]
            for ref in sorted(session.selection)
            if ref.entry_id in numbers
        ],
        "current": session.current,
        "views": dict(session.views),
        "settings": dict(session.settings),
    }


def _cif_name(number: int, entry: StructureEntry) -> str:
    stem = re.sub(r"[^A-Za-z0-9_+.-]+", "_", entry.name)[:60].strip(".")
    return f"structures/{number + 1:04d}-{stem}.cif"


def cif_copy(entry: StructureEntry) -> str:
    """A structure as a CIF without symmetry: the cell and all sites as they are."""
    lattice = entry.structure.lattice
    lines = [
        f"data_{re.sub(r'[^A-Za-z0-9_.-]+', '_', entry.name) or 'structure'}",
        "_symmetry_Int_Tables_number 1",
    ]
    lines.append("_symmetry_space_group_name_H-M 'P 1'")
    lines += [f"_cell_length_{axis} {value:.10g}" for axis, value in zip("abc", lattice.abc, strict=True)]
    names = ("alpha", "beta", "gamma")
    lines += [f"_cell_angle_{name} {value:.10g}" for name, value in zip(names, lattice.angles, strict=True)]
    fields = ("label", "type_symbol", "fract_x", "fract_y", "fract_z", "occupancy")
    lines += ["loop_", *(f"_atom_site_{name}" for name in fields)]
    for label, site in zip(entry.site_labels, entry.structure, strict=True):
        place = " ".join(f"{x:.10f}" for x in np.asarray(site.frac_coords, dtype=float))
        for kind, amount in site.species.items():
            word = re.sub(r"\s+", "_", label) or str(kind)
            lines.append(f"{word} {getattr(kind, 'symbol', kind)} {place} {float(amount):.6g}")
    return "\n".join(lines) + "\n"


# --- reading ------------------------------------------------------------------------------------------


def read_session(path: Path) -> SavedSession:
    """Read a session; its structures get new ids.

    Raises
    ------
    SessionFileError
        It is no session file, damaged, of a later version, or holds what none should hold.
    """
    try:
        with BoundedZip(path, _is_known) as archive:
            return _session_from(archive)
    except OSError as error:
        raise SessionFileError(f"{path.name} cannot be read: {error.strerror or error}.") from error
    except _LaterVersionError as error:
        raise SessionFileError(f"{path.name} {error}.") from error
    except (ZipRefusedError, SessionTableError) as error:
        raise SessionFileError(f"{path.name} is no session that can be opened: {error}.") from error
    except (
        KeyError,
        IndexError,
        TypeError,
        ValueError,
        AttributeError,
        RecursionError,
        MemoryError,
    ) as error:
        raise SessionFileError(
            f"{path.name} is no session that can be opened: what {_MAIN} says makes no sense "
            f"({type(error).__name__})."
        ) from error


class _LaterVersionError(Exception):
    """Written by a program that is newer than this."""


def _is_known(name: str) -> bool:
    return name in (_MAIN, _SITES, _RESULTS) or bool(_EMBEDDINGS.fullmatch(name) or _CIF.fullmatch(name))


def _session_from(archive: BoundedZip) -> SavedSession:
    main = _read_main(archive)
    facts = main["structures"]
    ids = [uuid.uuid4().hex for _ in facts]
    renamed = {str(fact["id"]): entry_id for fact, entry_id in zip(facts, ids, strict=True)}
    if len(renamed) < len(ids):
        raise SessionTableError("two structures have the same id")
    entries = entries_from(facts, from_parquet(archive.read(_SITES), SITES, MOST_BYTES), ids)
    results = {int(number): fact for number, fact in main["results"].items()}
    levels = {int(fact["levels"]) for fact in results.values()}
    if any(not 1 <= count <= 99 for count in levels):
        raise SessionTableError("a result has no embeddings")
    vectors = {
        count: from_parquet(
            archive.read(f"results/embeddings-{count}.parquet"), embeddings_schema(count), MOST_BYTES
        )
        for count in levels
    }
    table = from_parquet(archive.read(_RESULTS), RESULTS, MOST_BYTES)
    selection = [
        SiteRef(ids[int(number)], int(site))
        for number, site in main["selection"]
        if 0 <= int(number) < len(ids) and 0 <= int(site) < entries[int(number)].n_sites
    ]
    current = main["current"]
    return SavedSession(
        entries=tuple(entries),
        analyses=analyses_from(results, table, vectors, entries),
        reasons={renamed[key]: str(text) for key, text in main["reasons"].items() if key in renamed},
        left_out=frozenset(renamed[str(key)] for key in main.get("left_out", ()) if str(key) in renamed),
        read_failures=tuple(_failure(fact) for fact in main["read_failures"]),
        selection=frozenset(selection),
        current=None if current is None else renamed.get(str(current)),
        views=dict(main["views"]),
        settings=dict(main["settings"]),
        renamed=renamed,
    )


def _read_main(archive: BoundedZip) -> dict[str, Any]:
    data = archive.read(_MAIN)
    if len(data) > _MOST_JSON:
        raise ZipRefusedError(f"{_MAIN} is larger than {_MOST_JSON >> 20} MB")
    main = json.loads(data)
    if not isinstance(main, dict) or main.get("program") != PROGRAM:
        raise SessionTableError("it was not written by this program")
    found = main.get("format")
    if not isinstance(found, int) or isinstance(found, bool) or found < 1:
        raise SessionTableError("it does not say which version it is")
    if found > SESSION_FORMAT:
        raise _LaterVersionError(
            f"was saved by a later version (format {found}, known is {SESSION_FORMAT}): update negnn-gui to open it"
        )
    return main


def _failure(fact: Mapping[str, Any]) -> StructureReadError:
    path, frame = fact["path"], fact["frame"]
    return StructureReadError(
        None if path is None else Path(str(path)), str(fact["reason"]), None if frame is None else int(frame)
    )
