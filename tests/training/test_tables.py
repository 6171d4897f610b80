"""Reading, merging and caching of training data."""

from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from negnn_gui.graphs.build import graph_from_arrays
from negnn_gui.graphs.spec import GraphSpec
from negnn_gui.models.negnn import DFT
from negnn_gui.training.batching import AtomBudgetSampler, batches_by_atoms
from negnn_gui.training.fit_run import open_moment_data, open_training_data
from negnn_gui.training.graph_store import open_graph_store
from negnn_gui.training.labels import NO_DFT_MOMENT, covered_elements, moment_labels
from negnn_gui.training.tables import TrainingDataError, merge_tables, read_structures_table

SPEC = GraphSpec()


def test_a_store_gives_the_graphs_of_its_structures(tables: Path, tmp_path: Path) -> None:
    table = read_structures_table(tables, "mp_magmoms")
    store = open_graph_store(table, SPEC, tmp_path)
    assert len(store) == table.n_structures and not store.skipped
    chosen = np.array([7, 3, 90])
    batch = store.batch(chosen)
    begin = 0
    for row in chosen:
        atoms = slice(table.start[row], table.start[row + 1])
        alone = graph_from_arrays(
            table.lattices[row], table.atomic_numbers[atoms], table.frac_coords[atoms], SPEC
        )
        edges = (batch.target >= begin) & (batch.target < begin + alone.n_atoms)
        np.testing.assert_array_equal(batch.source[edges].numpy() - begin, alone.source)
        np.testing.assert_allclose(batch.distance[edges], alone.distance)
        np.testing.assert_allclose(batch.weight[edges], alone.weight)
        begin += alone.n_atoms
    assert begin == batch.n_atoms


def test_the_cache_is_used_and_keyed_by_spec(tables: Path, tmp_path: Path) -> None:
    table = read_structures_table(tables, "magndata")
    open_graph_store(table, SPEC, tmp_path)
    built = {p: p.stat().st_mtime_ns for p in tmp_path.rglob("*.npy")}
    open_graph_store(table, SPEC, tmp_path)
    assert {p: p.stat().st_mtime_ns for p in tmp_path.rglob("*.npy")} == built
    open_graph_store(table, GraphSpec(neighbours=8), tmp_path)
    assert len(list((tmp_path / "graphs").iterdir())) == 2


def test_structures_without_a_graph_are_named_and_left_out(tables: Path, tmp_path: Path) -> None:
    rows = pq.read_table(tables / "magndata.parquet").to_pylist()[:4]
    rows[1]["atomic_numbers"], rows[1]["frac_coords"] = [], []
    rows[2]["lattice"] = [40.0, 0, 0, 0, 40.0, 0, 0, 0, 40.0]
    rows[2]["atomic_numbers"], rows[2]["frac_coords"] = [26], [0.0, 0.0, 0.0]
    pq.write_table(pa.Table.from_pylist(rows), tmp_path / "odd.parquet")
    table = read_structures_table(tmp_path, "odd")
    store = open_graph_store(table, SPEC, tmp_path)
    assert list(store.structure) == [0, 3]
    assert store.skipped[str(table.ids[1])] == "the structure holds no atoms"
    assert "no neighbour" in store.skipped[str(table.ids[2])]


def test_merging_leaves_out_what_is_there_already(tables: Path) -> None:
    one = read_structures_table(tables, "mp_magmoms")
    two = read_structures_table(tables, "mp_structures")
    both = merge_tables([one, two, one])
    assert both.n_structures == one.n_structures + two.n_structures
    last = both.n_structures - 1
    np.testing.assert_allclose(
        both.frac_coords[both.start[last] :], two.frac_coords[two.start[two.n_structures - 1] :]
    )


def test_missing_files_and_columns_are_named(tables: Path, tmp_path: Path) -> None:
    with pytest.raises(TrainingDataError, match=r"mp_magmoms\.parquet is missing"):
        read_structures_table(tmp_path, "mp_magmoms")
    pq.write_table(
        pq.read_table(tables / "magndata.parquet").drop_columns(["lattice"]), tmp_path / "a.parquet"
    )
    with pytest.raises(TrainingDataError, match="lacks the column lattice"):
        read_structures_table(tmp_path, "a")
    (tmp_path / "b.parquet").write_bytes(b"PAR1 not really")
    with pytest.raises(TrainingDataError, match="not a readable parquet file"):
        read_structures_table(tmp_path, "b")


def test_labels_are_magnitudes_and_say_nothing_where_there_is_nothing(tables: Path) -> None:
    table = read_structures_table(tables, "mp_magmoms")
    moments = moment_labels(tables, "dft", table)
    rare = np.isin(table.atomic_numbers, NO_DFT_MOMENT)
    assert rare.any() and np.isnan(moments[rare]).all()
    assert (moments[~rare] >= 0).all() and moments[table.atomic_numbers == 26] == pytest.approx(4.0)
    covered = covered_elements("dft", table.atomic_numbers, moments)
    assert 26 in covered and 60 not in covered and 92 not in covered
    measured = read_structures_table(tables, "magndata")
    given = moment_labels(tables, "experimental", measured)
    assert covered_elements("experimental", measured.atomic_numbers, given) == [25, 26, 28]


def test_batches_hold_every_graph_once_and_no_more_atoms_than_asked() -> None:
    sizes = np.array([3, 50, 7, 120, 20, 20, 1])
    batches = batches_by_atoms(sizes, np.arange(7), 60)
    assert sorted(np.concatenate(batches)) == list(range(7))
    assert all(sizes[b].sum() <= 60 or len(b) == 1 for b in batches)
    sampler = AtomBudgetSampler(np.arange(7), sizes, 60, seed=1)
    first = [b.tolist() for b in sampler]
    assert first == [b.tolist() for b in sampler]
    sampler.set_epoch(1)
    assert first != [b.tolist() for b in sampler]
    halves = [AtomBudgetSampler(np.arange(7), sizes, 25, seed=1, rank=r, world=2) for r in (0, 1)]
    assert len(list(halves[0])) == len(list(halves[1])) > 0


def test_safe_zeros_join_the_training_split_alone(tables: Path) -> None:
    plain = open_moment_data(tables, DFT, SPEC)
    more = open_training_data(tables, DFT, SPEC, 3)
    assert 0 < len(more.graphs("train")) - len(plain.graphs("train")) <= 3
    for split in ("val", "test"):
        np.testing.assert_array_equal(more.graphs(split), plain.graphs(split))
    added = more.graphs("train")[len(plain.graphs("train")) :]
    assert added.min() >= len(plain.store)
    assert (more.moments[more.store.atoms_of(added)] == 0).all()
    assert not set(more.store.atomic_numbers[more.store.atoms_of(added)].tolist()) & {25, 26}
    assert more.table.sha256 != plain.table.sha256
    np.testing.assert_array_equal(more.moments[: len(plain.moments)], plain.moments)
