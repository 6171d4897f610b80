"""The split rule and the schema, against formulas of known place and, where they are, the tables themselves."""

from __future__ import annotations

import os
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from pymatgen.core import Composition

from negnn_gui.training.dataset_rows import (
    CALCULATED,
    MAGNDATA,
    MEASURED,
    MP_MAGMOMS,
    MP_STRUCTURES,
    NEVER_MAGNETIC,
    split_of,
)

TABLES = {
    "mp_magmoms": (MP_MAGMOMS, CALCULATED),
    "mp_structures": (MP_STRUCTURES, CALCULATED),
    "magndata": (MAGNDATA, MEASURED),
}


def test_formulas_of_known_place() -> None:
    known = {"HPbI3": "train", "BaTe": "test", "MnS": "val", "MnO": None, "Cs": "train"}
    assert {formula: split_of(formula, CALCULATED) for formula in known} == known
    assert split_of("NdGa", MEASURED) == "train" and split_of("MnO", MEASURED) is None


def test_parts_are_as_large_as_they_should_be() -> None:
    formulas = [Composition({"Fe": n, "O": m}).formula for n in range(1, 80) for m in range(1, 80)]
    for rule, held_back, test, val in ((CALCULATED, 50, 50, 50), (MEASURED, 70, 40, 40)):
        found = [split_of(formula, rule) for formula in formulas]
        shares = [1000 * found.count(part) / len(found) for part in (None, "test", "val")]
        assert shares == pytest.approx([held_back, test, val], abs=12)


@pytest.mark.parametrize("name", TABLES)
def test_the_tables_of_the_shipped_models_follow_the_same_rule(name: str) -> None:
    data = os.environ.get("NEGNN_DATA")
    if not data:
        pytest.skip(
            "NEGNN_DATA is not set: it names the folder of the tables that the shipped models learned from"
        )
    schema, rule = TABLES[name]
    path = Path(data) / f"{name}.parquet"
    theirs = pq.read_schema(path)
    assert theirs.names == schema.names[: len(theirs.names)]
    assert all(schema.field(each.name).type == each.type for each in theirs)
    rows = pq.read_table(path, columns=["reduced_formula", "split"]).slice(0, 5000).to_pylist()
    assert all(split_of(row["reduced_formula"], rule) == row["split"] for row in rows)
    if name == "mp_structures":
        columns = pq.read_table(path, columns=["nonmagnetic", "atomic_numbers"])
        safe = columns.filter(columns["nonmagnetic"])["atomic_numbers"].combine_chunks().flatten()
        assert set(safe.to_pylist()) == NEVER_MAGNETIC
