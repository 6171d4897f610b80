"""The table of magnetic CIFs: vectors, labels, what the files state, and what is left out."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.parquet as pq
import pytest

from negnn_gui.graphs.spec import GraphSpec
from negnn_gui.locations import resources_dir
from negnn_gui.training import dataset_mcif, dataset_run
from negnn_gui.training.dataset_mcif import collect_mcifs
from negnn_gui.training.dataset_parts import DatasetError
from negnn_gui.training.dataset_rows import MAGNDATA
from negnn_gui.training.graph_store import open_graph_store
from negnn_gui.training.labels import moment_labels
from negnn_gui.training.tables import read_structures_table

_CIF = """data_x
{tags}
_space_group_magn.number_BNS 1.1
_cell_length_a 4.0
_cell_length_b 5.0
_cell_length_c 6.0
_cell_angle_alpha 90
_cell_angle_beta 90
_cell_angle_gamma 120
loop_
_space_group_symop_magn_operation.id
_space_group_symop_magn_operation.xyz
1 x,y,z,+1
2 -x,-y,-z,-1
loop_
_atom_site_label
_atom_site_type_symbol
_atom_site_fract_x
_atom_site_fract_y
_atom_site_fract_z
_atom_site_occupancy
{metal}_A {metal} 0.25 0.1 0.1 {occupancy}
O_1 O 0.5 0.5 0.5 1
"""
_MOMENTS = """loop_
_atom_site_moment.label
_atom_site_moment.crystalaxis_x
_atom_site_moment.crystalaxis_y
_atom_site_moment.crystalaxis_z
{metal}_A 0 2.0(1) 1.5
"""


def mcif(tags: str = "", metal: str = "Fe", occupancy: float = 1, moments: bool = True) -> str:
    """A made-up triclinic oxide: two metal atoms that inversion with time reversal connects, one oxygen."""
    text = _CIF.format(tags=tags, metal=metal, occupancy=occupancy)
    return text + _MOMENTS.format(metal=metal) if moments else text


def rows(out: Path) -> dict[str, dict[str, Any]]:
    return {row["structure_id"]: row for row in pq.read_table(out / "magndata.parquet").to_pylist()}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """The example MnF2 and two files named as MAGNDATA names them."""
    made = tmp_path / "mcif"
    (made / "more").mkdir(parents=True)
    shutil.copy(resources_dir() / "examples" / "MnF2.mcif", made)
    tags = "_citation_DOI https://doi.org/10.1103/PhysRevB.1.1\n_transition_temperature 67.5(3)\n"
    (made / "0.123_Fe2O.mcif").write_text(mcif(tags + "_experiment_temperature <4"))
    (made / "more" / "1.2.3_Co2O.mcif").write_text(mcif("_transition_temperature ?", metal="Co"))
    return made


def test_the_table_is_as_described(folder: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    report = collect_mcifs(folder, out)
    assert report.complete and report.rows == {"magndata.parquet": 3} and not report.counts
    assert pq.read_schema(out / "magndata.parquet").equals(MAGNDATA)
    found = rows(out)
    assert set(found) == {"MnF2", "magndata-0.123", "magndata-1.2.3"}
    iron = found["magndata-0.123"]
    assert iron["site_labels"] == ["Fe_A", "Fe_A", "O_1"]
    assert iron["atomic_numbers"] == [26, 26, 8] and iron["moment_given"] == [True, True, False]
    # 2 μB along b, at 120° to a, and 1.5 along c; inversion leaves an axial vector, time reversal turns it
    vectors = np.reshape(iron["moments"], (3, 3))
    along_b = np.reshape(iron["lattice"], (3, 3))[1] / 5
    assert vectors[0] == pytest.approx(2 * along_b + [0, 0, 1.5], abs=1e-5)
    assert vectors[1] == pytest.approx(-vectors[0]) and not vectors[2].any()
    assert (iron["transition_temperature_K"], iron["experiment_temperature_K"]) == (67.5, None)
    assert (iron["bns_number"], iron["doi"]) == ("1.1", "10.1103/PhysRevB.1.1")
    assert [found["magndata-1.2.3"][name] for name in ("transition_temperature_K", "doi")] == [None, None]
    fluoride = found["MnF2"]
    both = np.reshape(fluoride["moments"], (-1, 3))[:2]
    np.testing.assert_allclose(both, [[0, 0, 4.6], [0, 0, -4.6]], atol=1e-5)
    assert (fluoride["bns_number"], fluoride["doi"]) == ("136.499", "10.1139/P10-081")
    assert {row["split"] for row in found.values()} <= {"train", "val", "test"}


def test_training_reads_what_was_made(folder: Path, tmp_path: Path) -> None:
    collect_mcifs(folder, tmp_path / "out")
    table = read_structures_table(tmp_path / "out", "magndata")
    labels = moment_labels(tmp_path / "out", "experimental", table)
    iron = slice(table.start[0], table.start[1])
    assert table.ids[0] == "magndata-0.123"
    np.testing.assert_allclose(labels[iron], [2.5, 2.5, np.nan], rtol=1e-5)
    store = open_graph_store(table, GraphSpec(), tmp_path / "cache")
    assert len(store) == 3 and not store.skipped


def test_what_is_left_out_is_counted_and_named(folder: Path, tmp_path: Path) -> None:
    (folder / "disordered.mcif").write_text(mcif(occupancy=0.5))
    (folder / "plain.cif").write_text(mcif(moments=False))
    (folder / "cut.mcif").write_text(mcif()[:150])
    (folder / "empty.mcif").write_text("")
    (folder / "binary.mcif").write_bytes(bytes(range(256)))
    (folder / "wave.mcif").write_text(mcif("_cell_modulation_dimension 1"))
    (folder / "notes.txt").write_text("not a structure")
    (folder / "more" / "MnF2.mcif").write_bytes((folder / "MnF2.mcif").read_bytes())
    (folder / "more" / "0.123_Other.mcif").write_text(mcif(metal="Ni"))
    report = collect_mcifs(folder, tmp_path / "out")
    assert report.counts == {"disordered": 1, "without moments": 1, "duplicate": 1, "unusable": 4}
    # another file of the same id is kept under an id of its own
    found = rows(tmp_path / "out")
    assert set(found) == {"MnF2", "magndata-0.123", "magndata-1.2.3", "magndata-0.123-2"}
    assert found["magndata-0.123-2"]["reduced_formula"] == "Ni2O"
    listed = (tmp_path / "out" / "magndata.errors.csv").read_text()
    for name in ("disordered", "plain", "cut", "empty", "binary", "wave", "more/MnF2"):
        assert f"\n{name}." in listed
    account = json.loads((tmp_path / "out" / "magndata.meta.json").read_text())
    assert account["left_out"] == report.counts and "Gallego" in account["licence"]
    assert str(tmp_path) not in (tmp_path / "out" / "magndata.meta.json").read_text() + listed


def test_held_back_formulas_are_in_no_table(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (folder / "held.mcif").write_text(mcif(metal="Mn").replace("Mn_A Mn 0.25 0.1 0.1", "Mn_A Mn 0 0 0"))
    report = collect_mcifs(folder, tmp_path / "out")
    assert report.counts == {"held back": 1} and "held" not in rows(tmp_path / "out")  # MnO


def test_every_data_block_of_a_file_is_a_row(tmp_path: Path) -> None:
    folder = tmp_path / "mcif"
    folder.mkdir()
    paper = "data_global\n_publ_section_title 'Two states'\n"
    text = paper + mcif("_transition_temperature 10") + mcif("_transition_temperature 20", metal="Ni")
    (folder / "two.mcif").write_text(text)
    collect_mcifs(folder, tmp_path / "out")
    found = rows(tmp_path / "out")
    assert {name: row["transition_temperature_K"] for name, row in found.items()} == {
        "two": 10.0,
        "two:1": 20.0,
    }


def test_a_stopped_run_goes_on(folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(dataset_mcif, "_BATCH", 1)
    out = tmp_path / "out"

    def stop_at(done: int, total: int) -> None:
        if done == 2:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        collect_mcifs(folder, out, progress=stop_at)
    assert not (out / "magndata.parquet").exists()
    with pytest.raises(DatasetError, match="go on with --resume"):
        collect_mcifs(folder, out)
    seen: list[int] = []
    report = collect_mcifs(folder, out, resume=True, progress=lambda done, total: seen.append(done))
    assert report.complete and seen == [2, 3] and len(rows(out)) == 3
    before = (out / "magndata.parquet").stat().st_mtime_ns
    assert collect_mcifs(folder, out, resume=True).untouched
    assert (out / "magndata.parquet").stat().st_mtime_ns == before
    (out / "magndata.meta.json").write_text("{}")
    with pytest.raises(DatasetError, match="is damaged"):
        collect_mcifs(folder, out, resume=True)


def test_nothing_to_read_is_one_sentence(tmp_path: Path) -> None:
    with pytest.raises(DatasetError, match="is no folder"):
        collect_mcifs(tmp_path / "none", tmp_path / "out")
    folder = tmp_path / "mcif"
    folder.mkdir()
    (folder / "POSCAR").write_text("Fe\n1\n3 0 0\n0 3 0\n0 0 3\nFe\n1\ndirect\n0 0 0\n")
    with pytest.raises(DatasetError, match=r"holds no \.mcif or \.cif files"):
        collect_mcifs(folder, tmp_path / "out")
    (folder / "bad.mcif").write_text(mcif(occupancy=0.5))
    with pytest.raises(
        DatasetError, match=r"none of the files gives a row \(1 disordered\); the first: bad\.mcif"
    ):
        collect_mcifs(folder, tmp_path / "out")
    assert not dataset_run.partial_of(tmp_path / "out" / "magndata.meta.json").exists()
