"""Small tables of training data: made-up crystals whose moments follow a rule that can be learned."""

from __future__ import annotations

import hashlib
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from pymatgen.core import Composition

_MOMENTS = {26: 4.0, 25: 4.5, 28: 1.7, 8: 0.05, 16: 0.1, 57: 0.0, 60: 0.1}


def split_of(formula: str) -> str:
    k = int(hashlib.sha256(f"negnn-split-1:{formula}".encode()).hexdigest(), 16) % 1000
    return "test" if k % 5 == 0 else "val" if k % 5 == 1 else "train"


def made_up_rows(n: int, seed: int) -> dict[str, list[object]]:
    random = np.random.default_rng(seed)
    rows: dict[str, list[object]] = {
        name: []
        for name in (
            "structure_id", "reduced_formula", "lattice", "atomic_numbers", "frac_coords", "split", "magmoms",
            "moments", "moment_given", "doi",
        )
    }  # fmt: skip
    for index in range(n):
        size = int(random.integers(2, 9))
        numbers = random.choice(list(_MOMENTS), size)
        edge = (14.0 * size) ** (1 / 3)
        lattice = np.eye(3) * edge + random.normal(0, 0.2, (3, 3))
        formula = Composition(
            {int_to_symbol(int(z)): int((numbers == z).sum()) for z in numbers}
        ).reduced_formula
        moments = np.array([_MOMENTS[int(z)] for z in numbers])
        rows["structure_id"].append(f"made-{seed}-{index}")
        rows["reduced_formula"].append(formula)
        rows["lattice"].append(lattice.ravel().tolist())
        rows["atomic_numbers"].append(numbers.tolist())
        rows["frac_coords"].append(random.random(3 * size).tolist())
        rows["split"].append(split_of(formula))
        rows["magmoms"].append((moments * random.choice([-1, 1], size)).tolist())
        rows["moments"].append(np.column_stack([moments * 0, moments * 0, moments]).ravel().tolist())
        rows["doi"].append(f"10.1000/{index}")
        rows["moment_given"].append((moments > 0.2).tolist())
    return rows


def int_to_symbol(z: int) -> str:
    from pymatgen.core import Element

    return Element.from_Z(z).symbol


@pytest.fixture(scope="session")
def tables(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("tables")
    for name, n, seed in (("mp_magmoms", 150, 1), ("mp_structures", 60, 2), ("magndata", 80, 3)):
        rows = made_up_rows(n, seed)
        rows["nonmagnetic"] = [not {25, 26} & set(numbers) for numbers in rows["atomic_numbers"]]  # type: ignore[call-overload]
        pq.write_table(pa.table(rows), folder / f"{name}.parquet")
    return folder


@pytest.fixture(autouse=True)
def own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Graph caches and user models of a test stay in its own folder."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
