"""The NumPy dictionary of embeddings: keys of the published tool, values of the table."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from negnn_gui.export.dictionary import DictionaryError, write_dictionary


def table(rows: list[tuple[str, int, int | None, str]]) -> pd.DataFrame:
    frame = pd.DataFrame(rows, columns=["structure", "frame", "site_index", "element"])
    frame["site_index"] = frame["site_index"].astype("Int64")
    frame["source_file"] = "x.cif"
    frame["levels"] = "0"
    for k in range(64):
        frame[f"emb_{k:03d}"] = np.arange(len(rows), dtype=np.float32) + k / 64
    return frame


def written(frame: pd.DataFrame, folder: Path, suffix: str = "parquet") -> dict[str, np.ndarray]:
    path = folder / f"emb.{suffix}"
    if suffix == "csv":
        frame.to_csv(path, index=False)
    else:
        frame.to_parquet(path)
    target = folder / "emb.npz"
    assert write_dictionary(path, target) == len(frame)
    with np.load(target) as file:
        return {key: file[key] for key in file.files}


@pytest.mark.parametrize("suffix", ["parquet", "csv"])
def test_sites_are_named_as_by_the_published_tool(tmp_path: Path, suffix: str) -> None:
    frame = table([("1507756", 0, 0, "Ni"), ("1507756", 0, 1, "O"), ("run", 2, 0, "Na")])
    found = written(frame, tmp_path, suffix)
    assert list(found) == ["1507756_Ni_28_1", "1507756_O_8_2", "run_2_Na_11_1"]
    np.testing.assert_array_equal(found["1507756_O_8_2"], 1 + np.arange(64, dtype=np.float32) / 64)
    assert found["run_2_Na_11_1"].dtype == np.float32


@pytest.mark.parametrize("suffix", ["parquet", "csv"])
def test_pooled_structures_are_named_by_their_file(tmp_path: Path, suffix: str) -> None:
    found = written(table([("NiO", 0, None, ""), ("NaN", 0, None, "")]), tmp_path, suffix)
    assert list(found) == ["NiO", "NaN"]


def test_a_key_for_two_rows_is_refused(tmp_path: Path) -> None:
    with pytest.raises(DictionaryError, match="both be called NiO_Ni_28_1"):
        written(table([("NiO", 0, 0, "Ni"), ("NiO", 0, 0, "Ni")]), tmp_path)
    assert not (tmp_path / "emb.npz").exists()
