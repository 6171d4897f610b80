"""``mp_magmoms`` and ``mp_structures`` from the Materials Project.

Moments are the ``magmom`` site property of an entry's structure: collinear, signed, in μB, in the order of its sites.
(The ``magmoms`` of the magnetism documents are rounded to 0.1 μB and belong to the primitive cell.)
A. Jain et al., APL Mater. 1 (2013) 011002; CC BY 4.0.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from negnn_gui.structures.entry import StructureEntry, StructureReadError
from negnn_gui.structures.reading import read_text
from negnn_gui.training.dataset_client import ClientError, Document, MaterialsClient, Patience
from negnn_gui.training.dataset_parts import DatasetError, Parts, disk_errors, write_account, write_table
from negnn_gui.training.dataset_rows import (
    CALCULATED,
    MP_MAGMOMS,
    MP_STRUCTURES,
    NEVER_MAGNETIC,
    crystal_columns,
    split_of,
)
from negnn_gui.training.dataset_run import (
    DISORDERED,
    DUPLICATE,
    HELD_BACK,
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

MAGNETIC = ("FM", "FiM", "AFM")
ORDERINGS = (*MAGNETIC, "NM")
MOMENTS_TABLE, STRUCTURES_TABLE = "mp_magmoms.parquet", "mp_structures.parquet"
_META = "mp.meta.json"
_BATCH = 250
_LARGEST_MOMENT = 15.0  # μB; nothing beyond it is a moment of one atom
_MISSING = "no longer there"
_STRUCTURE_ONLY = "without moments (in mp_structures only)"
# As a part holds it: the moments beside the structure, and whether the entry is magnetic.
_PART = pa.schema([*MP_STRUCTURES, MP_MAGMOMS.field("magmoms"), pa.field("magnetic", pa.bool_())])


def download_materials(
    client: MaterialsClient,
    out: Path,
    *,
    limit: int | None = None,
    resume: bool = False,
    max_seconds: float | None = None,
    patience: Patience | None = None,
    progress: Progress = lambda done, total: None,
) -> DatasetReport:
    """Write both tables into ``out``.

    Parameters
    ----------
    limit : int or None
        At most so many entries of each magnetic ordering.
    max_seconds : float or None
        Stop at the next part after so long; the report is then not ``complete``.

    Raises
    ------
    DatasetError
        The server, the network, the key or the disk do not allow it; what was done is kept.
    """
    meta = out / _META
    before = finished_before(out, meta, (MOMENTS_TABLE, STRUCTURES_TABLE), resume)
    if before is not None:
        return before
    ask = (patience or Patience()).ask
    parts: Parts | None = None

    def list_all() -> list[str]:
        listed: dict[str, None] = {}
        for ordering in ORDERINGS:
            ids = ask(lambda ordering=ordering: client.list_ids(ordering))  # type: ignore[misc]
            listed.update(dict.fromkeys(ids[:limit]))
        if not listed:
            raise DatasetError("the Materials Project lists no entries: try again later")
        return list(listed)

    with disk_errors(out):
        try:
            parts = open_parts(partial_of(meta), {"source": "mp", "limit": limit}, list_all)
            complete = work_through(
                parts,
                lambda ids: rows_of(ids, ask(lambda: client.fetch(ids))),
                _PART,
                _BATCH,
                max_seconds,
                progress,
            )
            if not complete:
                return DatasetReport({}, dict(parts.counts), parts.done, len(parts.items), complete=False)
            return _finish(parts, out, client.release())
        except ClientError as error:
            kept = (
                f"; {parts.done} of {len(parts.items)} entries are kept, go on with --resume" if parts else ""
            )
            raise DatasetError(f"{error}{kept}") from None
        finally:
            if parts is not None:
                parts.close()


def rows_of(ids: Sequence[str], documents: Sequence[Document]) -> Harvest:
    """Rows of the documents that were asked for, in the order of ``ids``."""
    harvest = Harvest()
    by_id: dict[str, Document] = {}
    for document in documents:
        name = str(document.get("material_id"))
        if name in by_id:
            harvest.leave_out(DUPLICATE, name)
        by_id.setdefault(name, document)
    for name in ids:
        if name not in by_id:
            harvest.leave_out(_MISSING, name)
            continue
        try:
            entry = read_text(json.dumps(by_id[name].get("structure")), f"{name}.json")[0]
        except (StructureReadError, TypeError, ValueError) as error:
            reason = error.reason if isinstance(error, StructureReadError) else "it is no JSON document"
            harvest.leave_out(UNUSABLE, name, reason=reason)
            continue
        _add_row(harvest, name, entry, by_id[name])
    return harvest


def _add_row(harvest: Harvest, name: str, entry: StructureEntry, document: Document) -> None:
    if not entry.is_ordered:
        harvest.leave_out(DISORDERED, name)
        return
    split = split_of(entry.formula, CALCULATED)
    if split is None:
        harvest.leave_out(HELD_BACK, name)
        return
    magnetic = document.get("ordering") in MAGNETIC
    moments = _moments(entry) if magnetic else None
    if magnetic and moments is None:
        harvest.counts[_STRUCTURE_ONLY] += 1
    modulus = {kind: document.get(f"{kind}_modulus") for kind in ("bulk", "shear")}
    harvest.rows.append(
        {
            **crystal_columns(name, entry, split),
            "mp_id": name,
            "formation_energy_per_atom": _number(document.get("formation_energy_per_atom")),
            "energy_above_hull_eV_atom": _number(document.get("energy_above_hull")),
            "band_gap_eV": _number(document.get("band_gap")),
            "is_metal": None if document.get("is_metal") is None else float(bool(document["is_metal"])),
            "poisson": _number(document.get("homogeneous_poisson")),
            **{
                f"{kind}_modulus_vrh_GPa": _number(value.get("vrh") if isinstance(value, dict) else None)
                for kind, value in modulus.items()
            },
            "magmoms": moments,
            "magnetic": magnetic,
        }
    )


def _moments(entry: StructureEntry) -> Any:
    """Signed collinear moments (N,), μB; None unless every site has a possible one."""
    moments = entry.moment_input
    if moments is None or entry.moment_vectors is not None or not np.isfinite(moments).all():
        return None
    return moments.astype(np.float32) if np.abs(moments).max() <= _LARGEST_MOMENT else None


def _number(value: object) -> float | None:
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        return None
    return float(value)


def _finish(parts: Parts, out: Path, release: str) -> DatasetReport:
    """Both tables out of the parts, the account beside them, the parts removed."""
    magnetic = _magnetic_formulas(parts)
    rows = {
        MOMENTS_TABLE: write_table(
            out / MOMENTS_TABLE,
            (table.filter(pc.is_valid(table["magmoms"])) for table in parts.tables()),
            MP_MAGMOMS,
            parts.folder,
        ),
        STRUCTURES_TABLE: write_table(
            out / STRUCTURES_TABLE, _judged(parts.tables(), magnetic), MP_STRUCTURES, parts.folder
        ),
    }
    if not any(rows.values()):
        left_out = ", ".join(f"{count} {why}" for why, count in parts.counts.items())
        parts.discard()
        raise DatasetError(f"no entry gives a row ({left_out}): download more of them")
    report = DatasetReport(rows, dict(parts.counts), parts.done, len(parts.items), complete=True)
    source = f"Materials Project, database {release}".removesuffix(", database ")
    account = account_of(report, source, "CC BY 4.0; cite A. Jain et al., APL Mater. 1 (2013) 011002")
    write_account(out / _META, account, parts.failures)
    parts.discard()
    return report


def _magnetic_formulas(parts: Parts) -> set[str]:
    formulas: set[str] = set()
    for table in parts.tables():
        formulas.update(table.filter(table["magnetic"])["reduced_formula"].to_pylist())
    return formulas


def _judged(tables: Iterator[pa.Table], magnetic: set[str]) -> Iterator[pa.Table]:
    """The same with ``nonmagnetic``: no element that could carry a moment, and no magnetic entry of this formula."""
    place = _PART.get_field_index("nonmagnetic")
    for table in tables:
        columns = zip(table["reduced_formula"].to_pylist(), table["atomic_numbers"].to_pylist(), strict=True)
        safe = [formula not in magnetic and NEVER_MAGNETIC.issuperset(zs) for formula, zs in columns]
        yield table.set_column(place, _PART.field(place), pa.array(safe, pa.bool_()))
