"""Results of a screening saved for others: all, the filtered or the selected rows, in every format."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, get_args

import ase.io
import numpy as np
import pandas as pd
import pytest
from pymatgen.io.cif import CifFile

from negnn_gui.export.sidecars import read_meta
from negnn_gui.export.tables import SITE_COLUMNS, SUMMARY_COLUMNS, embedding_names
from negnn_gui.screening.request import ScreeningError
from negnn_gui.screening.result_store import TableName
from negnn_gui.screening.rounds import rounds
from negnn_gui.screening.store_export import (
    ExportCancelledError,
    ExportKind,
    ExportRequest,
    export_store,
)
from negnn_gui.screening.store_run import StoreRequest, StoreRun
from negnn_gui.screening.store_tables import StoreTables

if TYPE_CHECKING:
    from negnn_gui.inference.predictor import Predictor

N = 12
SITES_KINDS = ("csv", "parquet", "json", "embeddings", "embeddings-csv")
Write = Callable[[Path, int], Path]


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory, crystal_text: Callable[[int], str]) -> Path:
    root = tmp_path_factory.mktemp("twelve")
    for number in range(N):
        (root / f"x{number:02d}.cif").write_text(crystal_text(number))
    return root


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory, files: Path, predictor: Predictor) -> Path:
    """Twelve structures of two sites, with embeddings of level 0."""
    folder = tmp_path_factory.mktemp("exported") / "store"
    StoreRun(StoreRequest(folder, (files,), levels="0", workers=0), lambda: predictor).run()
    return folder


def _tables(store: Path) -> StoreTables:
    return StoreTables(store, rounds(store)[-1].n_parts)


def _rows_read(kind: ExportKind, path: Path) -> pd.DataFrame:
    """What an exported file says, one row a site (one row a structure for the summary)."""
    if kind in ("csv", "summary", "embeddings-csv"):
        return pd.read_csv(path)
    if kind in ("parquet", "embeddings"):
        return pd.read_parquet(path)
    if kind == "json":
        structures = json.loads(path.read_text())["structures"]
        return pd.DataFrame(
            [
                {"structure": structure["structure"], **site}
                for structure in structures
                for site in structure["sites"]
            ]
        )
    if kind == "extxyz":
        frames = ase.io.read(path, index=":")
        return pd.DataFrame(
            [
                {"structure": atoms.info["structure"], "moment_pred_muB": moment}
                for atoms in frames
                for moment in atoms.arrays["moment_pred_muB"]
            ]
        )
    blocks = CifFile.from_file(path).data
    return pd.DataFrame(
        [
            {"structure": name.split("_")[0], "moment_pred_muB": float(text)}  # its place is behind the name
            for name, block in blocks.items()
            for text in block.data["_atom_site_negnn_moment_pred_muB"]
        ]
    )


CHOICES: dict[str, tuple[TableName, str, tuple[str, bool] | None]] = {
    "filtered sites": ("sites", 'element == "Fe"', ("moment_pred_muB", True)),
    "filtered structures": ("structures", "n_magnetic >= 0 and frame == 0", ("moment_max_muB", False)),
    "selected sites": ("sites", "", None),
    "selected structures": ("structures", "", None),
}


def _chosen(store: Path, choice: str) -> tuple[TableName, np.ndarray]:
    table, expression, sort = CHOICES[choice]
    tables = _tables(store)
    rows = tables.matching(table, expression)
    if sort is not None:
        rows = tables.ordered(table, rows, *sort)
    return table, rows if choice.startswith("filtered") else rows[[1, 4, 5]]


def _expected(store: Path, kind: ExportKind, choice: str | None) -> pd.DataFrame:
    """The rows that the file must hold, from the store's own table of sites."""
    tables = _tables(store)
    sites = tables.take("sites", np.arange(2 * N)).to_pandas()
    if choice is None:
        return sites
    table, rows = _chosen(store, choice)
    if table == "structures":
        structures = rows
    else:
        structures = np.array(list(dict.fromkeys(rows // 2)))
        if kind in SITES_KINDS and kind != "json":
            return pd.concat(
                [sites.iloc[[row for row in (2 * k, 2 * k + 1) if row in rows]] for k in structures]
            )
    return pd.concat([sites.iloc[[2 * k, 2 * k + 1]] for k in structures])


@pytest.mark.parametrize("choice", [None, *CHOICES])
@pytest.mark.parametrize("kind", get_args(ExportKind))
def test_every_format_holds_the_chosen_rows_with_the_numbers_of_the_store(
    kind: ExportKind, choice: str | None, store: Path, tmp_path: Path
) -> None:
    table, rows = ("sites", None) if choice is None else _chosen(store, choice)
    target = tmp_path / f"out.{kind}"
    count = export_store(ExportRequest(store, target, kind, table, rows))
    expected, found = _expected(store, kind, choice), _rows_read(kind, target)
    assert count == expected.structure.nunique()
    if kind == "summary":
        assert list(found.columns) == list(SUMMARY_COLUMNS)
        assert list(found.structure) == list(dict.fromkeys(expected.structure))
        assert list(found.n_sites) == [2] * count
        maxima = expected.groupby("structure", sort=False).moment_pred_muB.max()
        assert found.moment_max_muB.to_numpy() == pytest.approx(maxima.to_numpy(), abs=1e-4)
    else:
        assert list(found.structure) == list(expected.structure)
    if kind in ("csv", "parquet"):
        assert list(found.columns) == list(SITE_COLUMNS)
        assert list(found.site_index) == list(expected.site_index)
    if kind.startswith("embeddings"):
        assert tuple(found.columns) == embedding_names("0")
        assert np.isfinite(found.iloc[:, -64:].to_numpy(float)).all()
    elif kind != "summary":
        assert found.moment_pred_muB.to_numpy() == pytest.approx(
            expected.moment_pred_muB.to_numpy(), abs=1e-4
        )
    sidecar = read_meta(target.with_suffix(".meta.json"))
    assert sidecar is not None
    assert (sidecar["structures"], sidecar["models"]["moment"]["id"]) == (count, "random")
    assert target.name in sidecar["outputs"]


def test_a_crystal_that_was_changed_or_is_gone_is_said_and_the_older_file_stays(
    store: Path, files: Path, tmp_path: Path, crystal_text: Callable[[int], str]
) -> None:
    target = tmp_path / "old.extxyz"
    export_store(ExportRequest(store, target, "extxyz"))
    before = target.read_bytes()
    path = files / "x03.cif"
    try:
        path.write_text(crystal_text(4))
        with pytest.raises(ScreeningError, match=r"x03\.cif was changed since it was screened"):
            export_store(ExportRequest(store, target, "extxyz"))
        path.unlink()
        with pytest.raises(ScreeningError, match=r"x03\.cif"):
            export_store(ExportRequest(store, target, "extxyz"))
    finally:
        path.write_text(crystal_text(3))
    assert target.read_bytes() == before
    assert sorted(p.name for p in tmp_path.iterdir()) == ["old.extxyz", "old.meta.json"]


def test_a_given_up_export_and_a_structure_of_the_user_leave_everything(store: Path, tmp_path: Path) -> None:
    with pytest.raises(ExportCancelledError):
        export_store(ExportRequest(store, tmp_path / "a.csv", "csv"), cancelled=lambda: True)
    assert not list(tmp_path.iterdir())
    own = tmp_path / "mine.extxyz"
    own.write_text("1\n\nFe 0 0 0\n")
    with pytest.raises(ScreeningError, match="not written by this program"):
        export_store(ExportRequest(store, own, "extxyz"))


def test_embeddings_that_were_not_kept_are_said(files: Path, tmp_path: Path, predictor: Predictor) -> None:
    folder = tmp_path / "store"
    StoreRun(StoreRequest(folder, (files / "x00.cif",), workers=0), lambda: predictor).run()
    with pytest.raises(ScreeningError, match="kept no embeddings"):
        export_store(ExportRequest(folder, tmp_path / "e.parquet", "embeddings"))
