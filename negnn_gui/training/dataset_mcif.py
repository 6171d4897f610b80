"""``magndata`` from a folder of magnetic CIFs, such as those of MAGNDATA.

S. V. Gallego et al., J. Appl. Cryst. 49 (2016) 1750 and 1941; https://www.cryst.ehu.es/magndata/.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from negnn_gui.structures import formats
from negnn_gui.structures.cif_syntax import CifBlock, parse_blocks
from negnn_gui.structures.content import ContentError, read_whole
from negnn_gui.structures.entry import StructureEntry, StructureReadError
from negnn_gui.structures.reading import expand_paths, read_structures
from negnn_gui.training.dataset_parts import DatasetError, Parts, disk_errors, write_account, write_table
from negnn_gui.training.dataset_rows import MAGNDATA, MEASURED, crystal_columns, split_of
from negnn_gui.training.dataset_run import (
    DISORDERED,
    DUPLICATE,
    HELD_BACK,
    NO_MOMENTS,
    UNUSABLE,
    DatasetReport,
    Harvest,
    Progress,
    account_of,
    finished_before,
    open_parts,
    partial_of,
    work_through,
)
from negnn_gui.training.tables import file_sha256

TABLE = "magndata.parquet"
_META = "magndata.meta.json"
_BATCH = 50
# "0.1097_NdGa.mcif" is entry 0.1097 of MAGNDATA
_ENTRY = re.compile(r"(?:magndata[-_])?(\d\.\d+(?:\.\d+)*)(?![\d.])", re.IGNORECASE)
_DOI = re.compile(r"10\.\d{4,9}/\S+")
_TEMPERATURE = re.compile(r"\d+(?:\.\d+)?")
_DOI_TAGS = ("_citation_doi", "_journal_paper_doi")
_TRANSITION_TAGS = ("_transition_temperature",)
_EXPERIMENT_TAGS = ("_experiment_temperature", "_diffrn_ambient_temperature")


def collect_mcifs(
    folder: Path,
    out: Path,
    *,
    resume: bool = False,
    progress: Progress = lambda done, total: None,
) -> DatasetReport:
    """Write the table of every CIF and mCIF below ``folder`` into ``out``.

    Raises
    ------
    DatasetError
        There is nothing to read, nothing that can be used, or the disk does not allow it.
    """
    if not folder.is_dir():
        raise DatasetError(f"{folder} is no folder: give the one that holds the .mcif files")
    meta = out / _META
    before = finished_before(out, meta, (TABLE,), resume)
    if before is not None:
        return before
    with disk_errors(out):
        header = {"source": "mcif", "folder": str(folder)}
        parts = open_parts(partial_of(meta), header, partial(_files_below, folder))
        try:
            names = structure_ids(parts.items)
            same = _repeated(folder, names)
            work_through(
                parts, lambda files: _rows_of(folder, files, names, same), MAGNDATA, _BATCH, None, progress
            )
            return _finish(parts, out)
        finally:
            parts.close()


def structure_ids(files: Sequence[str]) -> dict[str, str]:
    """Id of each file: ``magndata-0.1097`` for an entry of MAGNDATA, else the file stem."""
    names = {}
    for file in files:
        stem = formats.stem(Path(file).name)
        entry = _ENTRY.match(stem)
        names[file] = f"magndata-{entry[1]}" if entry else stem
    return names


def _files_below(folder: Path) -> list[str]:
    found = [
        path.relative_to(folder).as_posix()
        for path in expand_paths([folder])
        if path != folder and formats.by_name(path.name) is formats.Format.CIF
    ]
    if not found:
        raise DatasetError(f"{folder} holds no .mcif or .cif files: give the folder that does")
    return found


def _repeated(folder: Path, names: dict[str, str]) -> set[str]:
    """Copies of a file of the same id further up the list; other files of that id get one of their own in ``names``."""
    taken = Counter(names.values())
    copies: set[str] = set()
    seen: dict[str, dict[str, str]] = {}
    for file, name in list(names.items()):
        if taken[name] == 1:
            continue
        try:
            digest = file_sha256(folder / file)
        except OSError:  # reading it says why
            digest = file
        if digest in seen.setdefault(name, {}):
            copies.add(file)
            continue
        seen[name][digest] = file
        if len(seen[name]) > 1:
            names[file] = f"{name}-{len(seen[name])}"
    return copies


def _rows_of(folder: Path, files: Sequence[str], names: dict[str, str], copies: set[str]) -> Harvest:
    harvest = Harvest()
    for file in files:
        if file in copies:
            harvest.leave_out(DUPLICATE, file, reason="A copy of another file of this name.")
            continue
        blocks = _crystal_blocks(folder / file)
        for result in read_structures(folder / file):
            if isinstance(result, StructureReadError):
                frame = "" if result.frame is None else str(result.frame)
                harvest.leave_out(UNUSABLE, file, frame, result.reason)
                continue
            block = blocks[result.frame] if result.frame < len(blocks) else None
            name = names[file] if result.frame == 0 else f"{names[file]}:{result.frame}"
            _add_row(harvest, file, name, result, block)
    return harvest


def _add_row(harvest: Harvest, file: str, name: str, entry: StructureEntry, block: CifBlock | None) -> None:
    frame = str(entry.frame)
    if not entry.is_ordered:
        harvest.leave_out(DISORDERED, file, frame, "Sites are shared by several species.")
    elif (vectors := entry.moment_vectors) is None or block is None:
        harvest.leave_out(NO_MOMENTS, file, frame, "No magnetic moments are given.")
    elif (split := split_of(entry.formula, MEASURED)) is None:
        harvest.leave_out(HELD_BACK, file)
    else:
        harvest.rows.append(
            {**crystal_columns(name, entry, split), **_moments(vectors), **_told_by(block, entry)}
        )


def _moments(vectors: NDArray[np.float64]) -> dict[str, Any]:
    """Cartesian moments (3N), μB, zero where ``moment_given`` (N) is false, which then means unknown."""
    given = np.asarray(np.isfinite(vectors).all(axis=1), dtype=bool)
    filled = np.where(given[:, None], vectors, 0.0).astype(np.float32)
    return {"moments": filled.ravel(), "moment_given": given}


def _told_by(block: CifBlock, entry: StructureEntry) -> dict[str, Any]:
    """What else the file states: labels, temperatures in K, magnetic space group (BNS), DOI."""
    labels = set(block.column("_atom_site_label") or ())
    doi = _DOI.search(block.value(*_DOI_TAGS) or "")
    return {
        "site_labels": [_own_label(label, labels) for label in entry.site_labels],
        "transition_temperature_K": _temperature(block.value(*_TRANSITION_TAGS)),
        "experiment_temperature_K": _temperature(block.value(*_EXPERIMENT_TAGS)),
        "bns_number": block.value("_space_group_magn_number_bns"),
        "doi": doi[0] if doi else None,
    }


def _own_label(label: str, labels: set[str]) -> str:
    """The label that the file has: symmetry copies of Fe1, numbered Fe1_2, ... when read, are Fe1 again."""
    plain = re.sub(r"_\d+$", "", label)
    return plain if label not in labels and plain in labels else label


def _temperature(text: str | None) -> float | None:
    """A temperature in K; None where it is not stated as one number ("<4", "~150", "RT")."""
    plain = (text or "").split("(")[0].strip().removesuffix("K").strip()
    return float(plain) if _TEMPERATURE.fullmatch(plain) else None


def _crystal_blocks(path: Path) -> list[CifBlock]:
    """The data blocks of a file that become its frames, in order."""
    try:
        blocks = parse_blocks(read_whole(path))
    except ContentError:
        return []  # reading the structures says why
    crystal = ("_atom_site_fract_", "_atom_site_cartn_", "_cell_length_")
    return [block for block in blocks if block.has_prefix(*crystal)]


def _finish(parts: Parts, out: Path) -> DatasetReport:
    rows = write_table(out / TABLE, parts.tables(), MAGNDATA, parts.folder)
    if not rows:
        left_out = ", ".join(f"{count} {why}" for why, count in parts.counts.items())
        first = f"; the first: {parts.failures[0][0]}: {parts.failures[0][2]}" if parts.failures else ""
        parts.discard()
        raise DatasetError(f"none of the files gives a row ({left_out}){first}")
    report = DatasetReport({TABLE: rows}, dict(parts.counts), parts.done, len(parts.items), complete=True)
    account = account_of(
        report,
        "magnetic CIF files",
        "that of the files; for MAGNDATA cite S. V. Gallego et al., J. Appl. Cryst. 49 (2016) 1750 and 1941, and "
        "the DOI of each entry",
    )
    write_account(out / _META, account, parts.failures)
    parts.discard()
    return report
