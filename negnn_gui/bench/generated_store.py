"""A store of made-up results, as a screening leaves it, for measuring what reads it."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from negnn_gui.export.blocks import arrow_table
from negnn_gui.export.tables import INTEGER_COLUMNS, SITE_COLUMNS, TEXT_COLUMNS, structure_summary
from negnn_gui.export.text import Column
from negnn_gui.screening.batches import MAX_STRUCTURES
from negnn_gui.screening.journal import Checkpoint, Position
from negnn_gui.screening.result_store import StoreHeader, part_path, schema, write_header
from negnn_gui.screening.rounds import round_folder

_ELEMENTS = np.array(["Fe", "Co", "Ni", "Mn", "O", "S", "La"], dtype=object)


def generate_store(folder: Path, n_structures: int, n_sites: int = 20, seed: int = 1) -> None:
    """Write ``n_structures`` of ``n_sites`` each, in parts of the usual size."""
    write_header(folder, StoreHeader(("generated",)))
    random = np.random.default_rng(seed)
    n_parts = 0
    for first in range(0, n_structures, MAX_STRUCTURES):
        count = min(MAX_STRUCTURES, n_structures - first)
        sites = arrow_table(_columns(random, first, count, n_sites), schema("sites"))
        summary = structure_summary(sites.to_pandas())
        structures = pa.Table.from_pandas(summary, schema=schema("structures"), preserve_index=False)
        pq.write_table(sites, part_path(folder, "sites", n_parts), compression="lz4", write_statistics=False)
        pq.write_table(structures, part_path(folder, "structures", n_parts), compression="lz4")
        n_parts += 1
    journal = round_folder(folder, 1)
    journal.mkdir()
    facts = {"round": 1, "started": "2026-01-01T00:00:00+00:00", "n_inputs": n_structures}
    (journal / "header.json").write_text(json.dumps(facts))
    (journal / "inputs.jsonl").write_text("")
    done = Checkpoint(
        Position(n_structures), {"parts": n_parts}, n_structures, n_structures * n_sites, complete=True
    )
    (journal / "journal.jsonl").write_text(json.dumps(asdict(done)) + "\n")


def _columns(random: np.random.Generator, first: int, count: int, n_sites: int) -> dict[str, Column]:
    rows = count * n_sites
    names = [f"structure_{first + k:06d}" for k in range(count) for _ in range(n_sites)]
    columns: dict[str, Column] = {}
    for name in SITE_COLUMNS:
        if name in TEXT_COLUMNS:
            columns[name] = [""] * rows
        elif name in INTEGER_COLUMNS:
            columns[name] = np.zeros(rows, dtype=np.int64)
        else:
            columns[name] = random.random(rows)
    elements = random.choice(_ELEMENTS, rows).tolist()
    columns |= {
        "structure": names,
        "source_file": [f"/data/structures/{name}.cif" for name in names],
        "formula": ["Fe2O3"] * rows,
        "element": elements,
        "site_index": np.tile(np.arange(n_sites, dtype=np.int64), count),
        "site_label": [f"{element}{k % n_sites}" for k, element in enumerate(elements)],
        "moment_pred_muB": 5.0 * random.random(rows),
        "moment_hi_muB": 5.0 + random.random(rows),
    }
    return columns
