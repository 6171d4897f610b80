"""Tables from recorded answers of the Materials Project: what is in them, and what survives a bad day."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from pymatgen.core import Lattice, Structure

from negnn_gui.graphs.spec import GraphSpec
from negnn_gui.training import dataset_mp
from negnn_gui.training.dataset_client import ClientError, Patience
from negnn_gui.training.dataset_mp import download_materials
from negnn_gui.training.dataset_parts import DatasetError
from negnn_gui.training.dataset_rows import MP_MAGMOMS, MP_STRUCTURES
from negnn_gui.training.graph_store import open_graph_store
from negnn_gui.training.labels import moment_labels
from negnn_gui.training.tables import read_structures_table


def document(
    name: str, symbols: str, ordering: str | None, moments: Sequence[Any] | None = None, **more: Any
) -> dict[str, Any]:
    """An answer of the summary endpoint: two atoms of a rock salt cell."""
    crystal = Structure(Lattice.cubic(4.2), symbols.split(), [[0, 0, 0], [0.5] * 3])
    if moments is not None:
        crystal.add_site_property("magmom", list(moments))
    properties = {
        "formation_energy_per_atom": -1.5,
        "band_gap": 2.0,
        "energy_above_hull": 0.0,
        "is_metal": False,
    }
    return {
        "material_id": name,
        "structure": json.loads(json.dumps(crystal.as_dict())),
        "ordering": ordering,
        "bulk_modulus": {"voigt": 160.0, "reuss": 158.0, "vrh": 159.0},
        "shear_modulus": None,
        "homogeneous_poisson": 0.25,
        **properties,
        **more,
    }


DOCUMENTS = [
    document("mp-1", "Fe O", "FM", [3.7, 0.2]),
    document("mp-2", "Ni O", "AFM", [-1.7, 0.0]),
    document("mp-3", "Mn S", "FiM", [4.4, -0.1]),
    document("mp-4", "Mn O", "AFM", [4.5, 0.0]),  # a formula that is held back
    document("mp-5", "Na Cl", "NM", [0.0, 0.0]),
    document("mp-6", "Fe O", "NM", [0.0, 0.0]),
    document("mp-7", "Ba Te", "NM"),
    document("mp-8", "Mg O", "FM", [0.1, 0.9]),
    document("mp-9", "Mg O", "NM", [0.0, 0.0]),
]


class Recorded:
    """A database that answers from a list, and fails as often as it is told to."""

    def __init__(self, documents: Sequence[dict[str, Any]], failures: Sequence[ClientError] = ()) -> None:
        self.documents = list(documents)
        self.failures = list(failures)
        self.asked: list[list[str]] = []

    def list_ids(self, ordering: str) -> list[str]:
        return [each["material_id"] for each in self.documents if each["ordering"] == ordering]

    def fetch(self, ids: Sequence[str]) -> list[dict[str, Any]]:
        if self.failures:
            raise self.failures.pop(0)
        self.asked.append(list(ids))
        return [each for each in self.documents if each["material_id"] in ids]

    def release(self) -> str:
        return "2026.01.01"


def hurried(attempts: int = 3) -> Patience:
    return Patience(attempts=attempts, sleep=lambda seconds: None)


def rows(out: Path, name: str) -> dict[str, dict[str, Any]]:
    return {row["structure_id"]: row for row in pq.read_table(out / f"{name}.parquet").to_pylist()}


def test_tables_are_as_described(tmp_path: Path) -> None:
    report = download_materials(Recorded(DOCUMENTS), tmp_path, patience=hurried())
    assert report.complete and report.counts == {"held back": 1}
    assert report.rows == {"mp_magmoms.parquet": 4, "mp_structures.parquet": 8}
    assert pq.read_schema(tmp_path / "mp_magmoms.parquet").equals(MP_MAGMOMS)
    assert pq.read_schema(tmp_path / "mp_structures.parquet").equals(MP_STRUCTURES)
    magnetic, all_rows = rows(tmp_path, "mp_magmoms"), rows(tmp_path, "mp_structures")
    assert set(magnetic) == {"mp-1", "mp-2", "mp-3", "mp-8"}
    assert magnetic["mp-2"]["magmoms"] == pytest.approx([-1.7, 0.0])  # the sign is kept
    assert magnetic["mp-2"]["lattice"] == pytest.approx(np.diag([4.2] * 3).ravel())
    assert magnetic["mp-2"]["atomic_numbers"] == [28, 8]
    assert magnetic["mp-3"]["split"] == "val" and all_rows["mp-7"]["split"] == "test"
    # FeO holds iron; MgO is safe by its elements, but a magnetic entry of it is there
    safe = {name for name, row in all_rows.items() if row["nonmagnetic"]}
    assert safe == {"mp-5", "mp-7"}
    row = all_rows["mp-5"]
    assert (row["mp_id"], row["band_gap_eV"], row["is_metal"]) == ("mp-5", 2.0, 0.0)
    assert (row["bulk_modulus_vrh_GPa"], row["shear_modulus_vrh_GPa"]) == (159.0, None)
    account = json.loads((tmp_path / "mp.meta.json").read_text())
    assert account["source"] == "Materials Project, database 2026.01.01" and "CC BY 4.0" in account["licence"]
    assert sorted(path.name for path in tmp_path.iterdir()) == [
        "mp.meta.json",
        "mp_magmoms.parquet",
        "mp_structures.parquet",
    ]


def test_training_reads_what_was_made(tmp_path: Path) -> None:
    download_materials(Recorded(DOCUMENTS), tmp_path, patience=hurried())
    table = read_structures_table(tmp_path, "mp_magmoms")
    assert list(table.formulas) == ["FeO", "MgO", "MnS", "NiO"] and table.frac_coords.shape == (8, 3)
    labels = moment_labels(tmp_path, "dft", table)
    assert labels == pytest.approx([3.7, 0.2, 0.1, 0.9, 4.4, 0.1, 1.7, 0.0])
    for name in ("mp_magmoms", "mp_structures"):
        store = open_graph_store(read_structures_table(tmp_path, name), GraphSpec(), tmp_path / "cache")
        assert not store.skipped and len(store) == len(rows(tmp_path, name))


@pytest.mark.parametrize("stop_at", [1, 2, 4])
def test_a_stopped_download_goes_on_and_asks_nothing_twice(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, stop_at: int
) -> None:
    monkeypatch.setattr(dataset_mp, "_BATCH", 2)
    whole = tmp_path / "whole"
    download_materials(Recorded(DOCUMENTS), whole, patience=hurried())
    first = Recorded(DOCUMENTS)
    fetch = first.fetch

    def stopping(ids: Sequence[str]) -> list[dict[str, Any]]:
        if len(first.asked) == stop_at:
            raise KeyboardInterrupt
        return fetch(ids)

    monkeypatch.setattr(first, "fetch", stopping)
    out = tmp_path / "out"
    with pytest.raises(KeyboardInterrupt):
        download_materials(first, out, patience=hurried())
    # a kill in the middle of a line of the journal
    with (out / "mp.partial" / "journal.jsonl").open("ab") as journal:
        journal.write(b'{"part": "part-0')
    second = Recorded(DOCUMENTS)
    with pytest.raises(DatasetError, match=r"unfinished run: go on with --resume"):
        download_materials(second, out, patience=hurried())
    with pytest.raises(DatasetError, match="begun with another limit"):
        download_materials(second, out, limit=1, resume=True, patience=hurried())
    report = download_materials(second, out, resume=True, patience=hurried())
    assert report.complete and first.asked + second.asked == [["mp-1", "mp-8"], ["mp-3", "mp-2"], ["mp-4", "mp-5"],
        ["mp-6", "mp-7"], ["mp-9"]]  # fmt: skip
    for name in ("mp_magmoms.parquet", "mp_structures.parquet"):
        assert pq.read_table(out / name).equals(pq.read_table(whole / name))
    again = download_materials(Recorded([]), out, resume=True)
    assert again.untouched and again.rows == report.rows and again.counts == report.counts
    with pytest.raises(DatasetError, match="choose another --out or delete it"):
        download_materials(Recorded(DOCUMENTS), out)


def test_time_limit_and_limit(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(dataset_mp, "_BATCH", 2)
    report = download_materials(Recorded(DOCUMENTS), tmp_path, limit=1, max_seconds=0, patience=hurried())
    assert not report.complete and (report.done, report.total) == (0, 4)
    report = download_materials(Recorded(DOCUMENTS), tmp_path, limit=1, resume=True, patience=hurried())
    assert report.complete and set(rows(tmp_path, "mp_structures")) == {"mp-1", "mp-2", "mp-3", "mp-5"}


def test_a_server_that_recovers_is_waited_for(tmp_path: Path) -> None:
    waits: list[float] = []
    patience = Patience(attempts=4, interval_s=0, sleep=waits.append)
    troubles = [ClientError("the server answers with errors (status 502)", temporary=True)] * 3
    report = download_materials(Recorded(DOCUMENTS, troubles), tmp_path, patience=patience)
    assert report.complete and waits == [2.0, 4.0, 8.0]


def test_what_cannot_be_waited_for_is_one_sentence_and_loses_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(dataset_mp, "_BATCH", 4)
    down = ClientError(
        "the Materials Project cannot be reached: check the network and its proxy", temporary=True
    )

    class Failing(Recorded):
        def fetch(self, ids: Sequence[str]) -> list[dict[str, Any]]:
            if self.asked:
                raise down
            return super().fetch(ids)

    with pytest.raises(DatasetError) as caught:
        download_materials(Failing(DOCUMENTS), tmp_path, patience=hurried())
    assert str(caught.value) == (
        "the Materials Project cannot be reached: check the network and its proxy; given up after 3 tries; "
        "4 of 9 entries are kept, go on with --resume"
    )
    report = download_materials(Recorded(DOCUMENTS), tmp_path, resume=True, patience=hurried())
    assert report.rows["mp_structures.parquet"] == 8
    refused = Recorded(DOCUMENTS, [ClientError("wrong key", temporary=False)])
    with pytest.raises(DatasetError, match="wrong key; 0 of 9 entries are kept"):
        download_materials(refused, tmp_path / "other", patience=hurried())
    assert refused.failures == []  # asked once only


def test_hostile_documents_are_counted_and_named(tmp_path: Path) -> None:
    mixed = document("mp-12", "Fe O", "NM")
    mixed["structure"]["sites"][0]["species"] = [
        {"element": "Fe", "occu": 0.5},
        {"element": "Ni", "occu": 0.5},
    ]
    broken = document("mp-13", "Fe O", "NM")
    del broken["structure"]["lattice"]
    nowhere = document("mp-14", "Fe O", "NM")
    nowhere["structure"]["sites"][0]["abc"] = [float("nan"), 0, 0]
    documents = [
        *DOCUMENTS,
        document("mp-1", "Cr N", "FM", [1.0, 1.0]),  # an id twice: the first stands
        document("mp-10", "Co O", "FM"),
        document("mp-11", "Co O", "FM", [2.6, None]),
        mixed,
        broken,
        nowhere,
        {"material_id": "mp-15", "ordering": "NM", "structure": None},
        document("mp-16", "Co O", "AFM", [[0, 0, 2.6], [0, 0, 0]]),
        document("mp-17", "Co O", "AFM", [260.0, 0.0]),
        document(
            "mp-18", "Ca O", "NM", band_gap="wide", is_metal=None, bulk_modulus=[1.0], energy_above_hull=1e999
        ),
    ]

    class Odd(Recorded):
        def list_ids(self, ordering: str) -> list[str]:
            return [*super().list_ids(ordering), "mp-99"]

        def fetch(self, ids: Sequence[str]) -> list[dict[str, Any]]:
            return [*super().fetch(ids), document("mp-100", "Ni O", "FM", [1.7, 0])]  # nobody asked for this

    report = download_materials(Odd(documents), tmp_path, patience=hurried())
    assert report.counts == {
        "held back": 1,
        "duplicate": 1,
        "no longer there": 1,
        "without moments (in mp_structures only)": 4,
        "disordered": 1,
        "unusable": 3,
    }
    assert set(rows(tmp_path, "mp_magmoms")) == {"mp-1", "mp-2", "mp-3", "mp-8"}
    others = rows(tmp_path, "mp_structures")
    assert {"mp-10", "mp-11", "mp-16", "mp-17", "mp-18"} < set(others) and "mp-100" not in others
    assert others["mp-1"]["reduced_formula"] == "FeO"
    assert [others["mp-18"][name] for name in ("band_gap_eV", "is_metal", "energy_above_hull_eV_atom")] == [
        None
    ] * 3
    listed = (tmp_path / "mp.errors.csv").read_text().splitlines()
    assert listed[0] == "path,frame,reason" and {line.split(",")[0] for line in listed[1:]} == {
        "mp-13",
        "mp-14",
        "mp-15",
    }


def test_nothing_to_write_is_said(tmp_path: Path) -> None:
    with pytest.raises(DatasetError, match="lists no entries"):
        download_materials(Recorded([]), tmp_path, patience=hurried())
    with pytest.raises(DatasetError, match=r"no entry gives a row \(1 held back\)"):
        download_materials(Recorded([DOCUMENTS[3]]), tmp_path, patience=hurried())
    report = download_materials(Recorded([DOCUMENTS[4]]), tmp_path, patience=hurried())
    assert report.rows == {"mp_magmoms.parquet": 0, "mp_structures.parquet": 1}
    assert not (tmp_path / "mp_magmoms.parquet").exists()


def test_a_disk_that_takes_no_more_is_one_sentence_and_loses_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(dataset_mp, "_BATCH", 4)
    resource = pytest.importorskip("resource", reason="limits on file sizes need POSIX")
    full = Recorded(DOCUMENTS)
    fetch = full.fetch
    before = resource.getrlimit(resource.RLIMIT_FSIZE)

    def filling(ids: Sequence[str]) -> list[dict[str, Any]]:
        if full.asked:
            resource.setrlimit(resource.RLIMIT_FSIZE, (1000, before[1]))
        return fetch(ids)

    monkeypatch.setattr(full, "fetch", filling)
    try:
        with pytest.raises(
            DatasetError, match=r"cannot be written \(.+\): mend that, then go on with --resume"
        ):
            download_materials(full, tmp_path, patience=hurried())
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    report = download_materials(Recorded(DOCUMENTS), tmp_path, resume=True, patience=hurried())
    assert report.rows == {"mp_magmoms.parquet": 4, "mp_structures.parquet": 8}


def test_an_output_that_is_a_file_or_in_use_is_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(DatasetError, match="cannot be written"):
        download_materials(Recorded(DOCUMENTS), tmp_path / "file", patience=hurried())

    class Twice(Recorded):
        def fetch(self, ids: Sequence[str]) -> list[dict[str, Any]]:
            with pytest.raises(DatasetError, match="another run is at work"):
                download_materials(Recorded(DOCUMENTS), tmp_path / "out", resume=True, patience=hurried())
            return super().fetch(ids)

    assert download_materials(Twice(DOCUMENTS), tmp_path / "out", patience=hurried()).complete


def test_damaged_memory_is_one_sentence(tmp_path: Path) -> None:
    download_materials(Recorded(DOCUMENTS), tmp_path, max_seconds=0, patience=hurried())
    (tmp_path / "mp.partial" / "items.json").write_text("[")
    with pytest.raises(DatasetError, match="is damaged: delete it and start again"):
        download_materials(Recorded(DOCUMENTS), tmp_path, resume=True, patience=hurried())


def test_large_tables_are_joined_in_groups(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("negnn_gui.training.dataset_parts._ROW_GROUP", 3)
    monkeypatch.setattr(dataset_mp, "_BATCH", 2)
    download_materials(Recorded(DOCUMENTS), tmp_path, patience=hurried())
    assert pq.ParquetFile(tmp_path / "mp_structures.parquet").metadata.num_row_groups > 1
    assert isinstance(pq.read_table(tmp_path / "mp_structures.parquet"), pa.Table)
    assert len(read_structures_table(tmp_path, "mp_structures").ids) == 8
