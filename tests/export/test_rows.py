"""Rows of the sites table as CSV, Parquet, JSON and a summary, whatever they come as and however they are cut."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

from negnn_gui.export.rows import ROWS_FORMATS, RowsFormat, write_rows
from negnn_gui.export.tables import SITE_COLUMNS, SUMMARY_COLUMNS, site_columns, site_frame
from negnn_gui.export.writers import write_results

from .conftest import MakeResult


def test_rows_give_the_bytes_that_results_give(tmp_path: Path, make_result: MakeResult) -> None:
    results = [make_result(number) for number in range(7)]
    tables = [site_frame(*result) for result in results]
    for kind in ("csv", "parquet", "json"):
        write_results(tmp_path / "results", results, kind=kind)
        write_rows(tmp_path / "rows", [pd.concat(tables[:3]), *tables[3:]], kind=kind)
        if kind == "parquet":  # row groups may differ
            pd.testing.assert_frame_equal(
                pd.read_parquet(tmp_path / "rows"), pd.read_parquet(tmp_path / "results")
            )
        else:
            assert (tmp_path / "rows").read_bytes() == (tmp_path / "results").read_bytes()


@pytest.mark.parametrize("kind", ROWS_FORMATS)
def test_arrow_frames_and_columns_are_the_same(
    tmp_path: Path, make_result: MakeResult, kind: RowsFormat
) -> None:
    results = [make_result(number) for number in range(3)]
    frames = [site_frame(*result) for result in results]
    given = {
        "arrow": [pa.Table.from_pandas(frame) for frame in frames],
        "frames": frames,
        "columns": [site_columns(*result) for result in results],
    }
    for name, tables in given.items():
        assert write_rows(tmp_path / name, tables, kind=kind) == 7
    contents = {(tmp_path / name).read_bytes() for name in given}
    assert len(contents) == 1


def test_json_can_be_read_and_says_what_is_not_known(tmp_path: Path, make_result: MakeResult) -> None:
    # Two files of the same name after each other are two structures.
    results = [make_result(1), make_result(2), make_result(2)]
    write_results(tmp_path / "x.json", results, kind="json")
    document = json.loads((tmp_path / "x.json").read_text(encoding="utf-8"))
    assert document["program"] == "negnn-gui"
    assert [len(each["sites"]) for each in document["structures"]] == [3, 2, 2]
    first = document["structures"][0]
    assert (first["structure"], first["source_file"], first["frame"]) == ("x1", "a/x1.cif", 0)
    site = first["sites"][1]
    assert (site["site_index"], site["element"], site["moment_pred_muB"]) == (1, "O", None)
    assert first["sites"][0]["moment_pred_muB"] == pytest.approx(results[0][1].moment.median[0], abs=1e-4)
    assert {*first, *site} - {"sites"} == set(SITE_COLUMNS)


def test_no_rows_are_an_empty_table_of_each_kind(tmp_path: Path) -> None:
    for kind in ROWS_FORMATS:
        assert write_rows(tmp_path / kind, [], kind=kind) == 0
    assert json.loads((tmp_path / "json").read_text())["structures"] == []
    assert list(pd.read_csv(tmp_path / "summary").columns) == list(SUMMARY_COLUMNS)
    assert list(pd.read_parquet(tmp_path / "summary-parquet").columns) == list(SUMMARY_COLUMNS)


def test_summary_has_a_row_a_structure(tmp_path: Path, make_result: MakeResult) -> None:
    results = [make_result(number) for number in range(4)]
    write_rows(tmp_path / "s.csv", [site_frame(*result) for result in results], kind="summary")
    table = pd.read_csv(tmp_path / "s.csv")
    assert list(table.columns) == list(SUMMARY_COLUMNS)
    assert list(table.structure) == ["x0", "x1", "x2", "x3"]
    for row, (_, analysis) in zip(table.itertuples(), results, strict=True):
        assert row.n_sites == analysis.n_sites
        assert row.moment_max_muB == pytest.approx(np.nanmax(analysis.moment.median), abs=1e-4)
        assert row.moment_total_muB == pytest.approx(np.nansum(analysis.moment.median), abs=1e-4)


def test_an_error_in_the_middle_leaves_the_older_file(tmp_path: Path, make_result: MakeResult) -> None:
    target = tmp_path / "x.csv"
    target.write_text("older")

    def broken() -> object:
        yield site_frame(*make_result(1))
        raise OSError("the store is gone")

    with pytest.raises(OSError, match="store is gone"):
        write_rows(target, broken())  # type: ignore[arg-type]
    assert target.read_text() == "older"
    assert [path.name for path in tmp_path.iterdir()] == ["x.csv"]
