"""Structures and analyses as tables of a session file, and back: every number exactly as it was."""

from __future__ import annotations

import io
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

from negnn_gui.results import Analysis, ModelRef, MomentPrediction, NearestKnown
from negnn_gui.structures.entry import StructureEntry

if TYPE_CHECKING:
    from pymatgen.core import Composition

MOST_SITES = 20_000_000
_WIDTH = 64
_PARTS = ("median", "lo", "hi", "alt", "alt_weight")
_KINDS = ("moment", "moment_exp")

SITES = pa.schema(
    [
        ("entry", pa.int32()),
        ("label", pa.string()),
        ("species", pa.string()),
        *((f"frac_{axis}", pa.float64()) for axis in "abc"),
        ("moment_input", pa.float64()),
        *((f"moment_{axis}", pa.float64()) for axis in "xyz"),
    ]
)
RESULTS = pa.schema(
    [
        ("entry", pa.int32()),
        ("atomic_number", pa.int32()),
        *((f"{kind}_{part}", pa.float64()) for kind in _KINDS for part in _PARTS),
        ("ood_score", pa.float64()),
        ("nn_formula", pa.string()),
        ("nn_element", pa.string()),
        ("nn_moment", pa.float64()),
        ("nn_distance", pa.float64()),
    ]
)


class SessionTableError(ValueError):
    """A table is not what it should be; the message is a clause."""


# --- structures ---------------------------------------------------------------------------------------


def entry_facts(entry: StructureEntry) -> dict[str, Any]:
    """What JSON keeps of a structure; its sites are in the table."""
    return {
        "id": entry.id,
        "path": None if entry.path is None else str(entry.path),
        "frame": entry.frame,
        "name": entry.name,
        "lattice_A": np.asarray(entry.structure.lattice.matrix, dtype=np.float64).tolist(),
        "n_sites": entry.n_sites,
        "warnings": list(entry.warnings),
        "has_moments": entry.moment_input is not None,
        "has_vectors": entry.moment_vectors is not None,
        "ordering": entry.ordering,
        "ordering_of": entry.ordering_of,
    }


def sites_table(entries: Sequence[StructureEntry]) -> pa.Table:
    """The sites of all structures, one below the other."""
    tables = [_sites_of(number, entry) for number, entry in enumerate(entries)]
    return pa.concat_tables(tables) if tables else SITES.empty_table()


def _sites_of(number: int, entry: StructureEntry) -> pa.Table:
    n_sites = entry.n_sites
    fractional = np.asarray(entry.structure.frac_coords, dtype=np.float64).reshape(n_sites, 3)
    nothing = np.full((n_sites, 3), np.nan)
    vectors = nothing if entry.moment_vectors is None else np.asarray(entry.moment_vectors, dtype=np.float64)
    given = nothing[:, 0] if entry.moment_input is None else np.asarray(entry.moment_input, dtype=np.float64)
    columns = {
        "entry": np.full(n_sites, number, dtype=np.int32),
        "label": list(entry.site_labels),
        "species": [species_text(site.species) for site in entry.structure],
        **{f"frac_{axis}": fractional[:, k].copy() for k, axis in enumerate("abc")},
        "moment_input": given,
        **{f"moment_{axis}": vectors[:, k].copy() for k, axis in enumerate("xyz")},
    }
    return pa.table(columns, schema=SITES)


def species_text(species: Composition) -> str:
    """Species and occupancies of a site, such as "Fe:0.5 Co:0.5"."""
    return " ".join(f"{kind}:{float(amount)!r}" for kind, amount in species.items())


def entries_from(
    facts: Sequence[Mapping[str, Any]], sites: pa.Table, ids: Sequence[str]
) -> list[StructureEntry]:
    """The structures, under new ids.

    Raises
    ------
    SessionTableError
        Facts and table do not belong together.
    """
    if sum(int(fact["n_sites"]) for fact in facts) != sites.num_rows:
        raise SessionTableError("the numbers of sites do not agree")
    renamed = {str(fact["id"]): entry_id for fact, entry_id in zip(facts, ids, strict=True)}
    entries, start = [], 0
    for number, (fact, entry_id) in enumerate(zip(facts, ids, strict=True)):
        rows = sites.slice(start, int(fact["n_sites"]))
        start += rows.num_rows
        if (rows.column("entry").to_numpy() != number).any():
            raise SessionTableError("the sites are not in the order of the structures")
        parent = renamed.get(str(fact.get("ordering_of", "")), "")  # the first sessions did not say
        entries.append(_entry_from(fact, rows, entry_id, parent))
    return entries


def _entry_from(fact: Mapping[str, Any], rows: pa.Table, entry_id: str, parent: str) -> StructureEntry:
    from pymatgen.core import Lattice, Structure

    matrix = np.asarray(fact["lattice_A"], dtype=np.float64)
    positions = _matrix(rows, [f"frac_{axis}" for axis in "abc"])
    if matrix.shape != (3, 3) or not np.isfinite(matrix).all() or abs(np.linalg.det(matrix)) < 1e-9:
        raise SessionTableError("a cell has no volume")
    if not rows.num_rows or not np.isfinite(positions).all():
        raise SessionTableError("a structure has no sites, or sites without a place")
    labels = [str(label or "") for label in rows.column("label").to_pylist()]
    known: dict[str, Composition] = {}
    species = [_species(str(text), known) for text in rows.column("species").to_pylist()]
    path = fact["path"]
    return StructureEntry(
        id=entry_id,
        path=None if path is None else Path(str(path)),
        frame=int(fact["frame"]),
        name=str(fact["name"]),
        structure=Structure(Lattice(matrix), species, positions, labels=labels),
        site_labels=tuple(labels),
        moment_input=_floats(rows, "moment_input") if fact["has_moments"] else None,
        moment_vectors=_matrix(rows, [f"moment_{axis}" for axis in "xyz"]) if fact["has_vectors"] else None,
        warnings=tuple(map(str, fact["warnings"])),
        ordering=str(fact.get("ordering", "")),
        ordering_of=parent,
    )


def _species(text: str, known: dict[str, Composition]) -> Composition:
    from pymatgen.core import Composition, get_el_sp

    if text not in known:
        try:
            pairs = [part.rpartition(":") for part in text.split(" ")]
            known[text] = Composition({get_el_sp(kind): float(amount) for kind, _, amount in pairs})
        except (ValueError, KeyError, TypeError) as error:
            raise SessionTableError(f"{text[:40]!r} is no species") from error
    return known[text]


# --- analyses -----------------------------------------------------------------------------------------


def analysis_facts(analysis: Analysis) -> dict[str, Any]:
    """What JSON keeps of an analysis."""
    return {
        "encoder": asdict(analysis.encoder),
        "model": None if analysis.model is None else asdict(analysis.model),
        "device": analysis.device,
        "warnings": list(analysis.warnings),
        "levels": int(analysis.embeddings.shape[0]),
    }


def results_table(analyses: Mapping[int, Analysis]) -> pa.Table:
    """Moments, scores and nearest known sites; ``analyses`` by number of the structure."""
    tables = [_results_of(number, analysis) for number, analysis in analyses.items()]
    return pa.concat_tables(tables) if tables else RESULTS.empty_table()


def _results_of(number: int, analysis: Analysis) -> pa.Table:
    columns: dict[str, Any] = {
        "entry": np.full(analysis.n_sites, number, dtype=np.int32),
        "atomic_number": np.asarray(analysis.atomic_numbers, dtype=np.int32),
        "ood_score": analysis.ood_score,
        "nn_formula": list(analysis.nearest.formula),
        "nn_element": list(analysis.nearest.element),
        "nn_moment": analysis.nearest.moment,
        "nn_distance": analysis.nearest.distance,
    }
    for kind in _KINDS:
        for part in _PARTS:
            columns[f"{kind}_{part}"] = getattr(getattr(analysis, kind), part)
    return pa.table({name: columns[name] for name in RESULTS.names}, schema=RESULTS)


def embeddings_schema(levels: int) -> pa.Schema:
    """One vector of 64 numbers for each level."""
    return pa.schema([(f"level_{k}", pa.list_(pa.float32(), _WIDTH)) for k in range(levels)])


def embeddings_table(analyses: Iterable[Analysis], levels: int) -> pa.Table:
    """The vectors of analyses that have so many levels, in their order."""
    kinds = embeddings_schema(levels)
    tables = []
    for analysis in analyses:
        vectors = [
            pa.FixedSizeListArray.from_arrays(
                pa.array(np.ascontiguousarray(level, dtype=np.float32).ravel()), _WIDTH
            )
            for level in analysis.embeddings
        ]
        tables.append(pa.table(vectors, schema=kinds))
    return pa.concat_tables(tables) if tables else kinds.empty_table()


def analyses_from(
    facts: Mapping[int, Mapping[str, Any]],
    results: pa.Table,
    embeddings: Mapping[int, pa.Table],
    entries: Sequence[StructureEntry],
) -> dict[str, Analysis]:
    """The analyses, by the ids of their structures.

    Parameters
    ----------
    facts : mapping
        By number of the structure, rising.
    embeddings : mapping
        Table of the vectors by number of levels.

    Raises
    ------
    SessionTableError
        Facts and tables do not belong together.
    """
    found: dict[str, Analysis] = {}
    start, starts = 0, dict.fromkeys(embeddings, 0)
    for number, fact in facts.items():
        if not 0 <= number < len(entries):
            raise SessionTableError("a result belongs to no structure")
        entry, levels = entries[number], int(fact["levels"])
        rows = results.slice(start, entry.n_sites)
        start += entry.n_sites
        vectors = embeddings[levels].slice(starts[levels], entry.n_sites)
        starts[levels] += entry.n_sites
        if rows.num_rows != entry.n_sites or vectors.num_rows != entry.n_sites:
            raise SessionTableError("the numbers of results and sites do not agree")
        if (rows.column("entry").to_numpy() != number).any():
            raise SessionTableError("the results are not in the order of the structures")
        found[entry.id] = _analysis_from(fact, rows, vectors, entry.id)
    return found


def _analysis_from(fact: Mapping[str, Any], rows: pa.Table, vectors: pa.Table, entry_id: str) -> Analysis:
    moments = [MomentPrediction(*(_floats(rows, f"{kind}_{part}") for part in _PARTS)) for kind in _KINDS]
    model = fact["model"]
    return Analysis(
        entry_id=entry_id,
        atomic_numbers=rows.column("atomic_number").to_numpy().astype(np.int64),
        embeddings=np.stack([_vectors(vectors, name) for name in vectors.column_names]),
        moment=moments[0],
        moment_exp=moments[1],
        ood_score=_floats(rows, "ood_score"),
        nearest=NearestKnown(
            tuple(str(text or "") for text in rows.column("nn_formula").to_pylist()),
            tuple(str(text or "") for text in rows.column("nn_element").to_pylist()),
            _floats(rows, "nn_moment"),
            _floats(rows, "nn_distance"),
        ),
        encoder=_model(fact["encoder"]),
        model=None if model is None else _model(model),
        device=str(fact["device"]),
        warnings=tuple(map(str, fact["warnings"])),
    )


def _model(fact: Mapping[str, Any]) -> ModelRef:
    return ModelRef(str(fact["id"]), str(fact["sha256"]))


def _vectors(table: pa.Table, name: str) -> NDArray[np.float32]:
    column = table.column(name).combine_chunks()
    if column.null_count:
        raise SessionTableError("an embedding is missing")
    return np.array(column.flatten().to_numpy(zero_copy_only=False), dtype=np.float32).reshape(-1, _WIDTH)


def _floats(table: pa.Table, name: str) -> NDArray[np.float64]:
    return np.array(table.column(name).to_numpy(), dtype=np.float64)


def _matrix(table: pa.Table, names: Sequence[str]) -> NDArray[np.float64]:
    return np.stack([_floats(table, name) for name in names], axis=1)


# --- Parquet ------------------------------------------------------------------------------------------


def to_parquet(table: pa.Table) -> bytes:
    """A table as a Parquet file in memory."""
    sink = pa.BufferOutputStream()
    pq.write_table(table, sink, compression="zstd")
    data: bytes = sink.getvalue().to_pybytes()
    return data


def from_parquet(data: bytes, kinds: pa.Schema, most_bytes: int) -> pa.Table:
    """The columns of ``kinds`` out of a Parquet file.

    Raises
    ------
    SessionTableError
        It is damaged, has other columns, or would take more than ``most_bytes``.
    """
    try:
        file = pq.ParquetFile(io.BytesIO(data))
        meta = file.metadata
        size = sum(meta.row_group(k).total_byte_size for k in range(meta.num_row_groups))
        # Both are what the file says of itself; the second bounds what a run-length code can hide.
        if size > most_bytes or meta.num_rows > MOST_SITES:
            raise SessionTableError("a table is larger than any session")
        if not set(kinds.names) <= set(file.schema_arrow.names):
            raise SessionTableError("a table lacks columns")
        return file.read(columns=kinds.names).select(kinds.names).cast(kinds)
    except (pa.ArrowException, OSError) as error:
        raise SessionTableError("a table is damaged") from error
