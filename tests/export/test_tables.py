"""The promised columns, to the letter, and what stands in them."""

from __future__ import annotations

import csv
import io
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from pymatgen.core import Lattice, Structure

from negnn_gui.export.tables import (
    SITE_COLUMNS,
    SUMMARY_COLUMNS,
    embedding_frame,
    embedding_names,
    empty_site_frame,
    site_columns,
    site_frame,
    structure_summary,
)
from negnn_gui.export.text import csv_line, csv_rows, csv_table, format_number, printable
from negnn_gui.results import Analysis, ModelRef, MomentPrediction, NearestKnown
from negnn_gui.structures.entry import StructureEntry

PROMISED = [
    "structure",
    "source_file",
    "frame",
    "formula",
    "site_index",
    "site_label",
    "element",
    "frac_a",
    "frac_b",
    "frac_c",
    "x_A",
    "y_A",
    "z_A",
    "moment_pred_muB",
    "moment_lo_muB",
    "moment_hi_muB",
    "moment_alt_muB",
    "moment_alt_weight",
    "moment_exp_pred_muB",
    "moment_exp_lo_muB",
    "moment_exp_hi_muB",
    "moment_input_muB",
    "ood_score",
    "nn_formula",
    "nn_element",
    "nn_moment_muB",
    "nn_distance",
    "model_id",
]


@pytest.fixture
def result() -> tuple[StructureEntry, Analysis]:
    """A conventional cell of NiO in part: two sites, one of them without data."""
    structure = Structure(Lattice.cubic(4.17), ["Ni", "O", "Ni", "O"], np.linspace(0, 0.9, 12).reshape(4, 3))
    entry = StructureEntry(
        id="1",
        path=Path("folder/NiO.cif"),
        frame=3,
        name="NiO",
        structure=structure,
        site_labels=("Ni1", "O1", "Ni2", "O2"),
        moment_input=np.array([-1.9, np.nan, 1.9, 0.0]),
    )
    nan = np.full(4, np.nan)
    moment = MomentPrediction(
        median=np.array([1.70004, 0.0, 1.7, np.nan]),
        lo=np.array([1.5, 0.0, 1.55, np.nan]),
        hi=np.array([1.9, 0.2, 1.82, np.nan]),
        alt=nan,
        alt_weight=nan,
    )
    analysis = Analysis(
        entry_id="1",
        atomic_numbers=np.array([28, 8, 28, 8]),
        embeddings=np.arange(6 * 4 * 64, dtype=np.float32).reshape(6, 4, 64),
        moment=moment,
        moment_exp=MomentPrediction.no_data(4),
        ood_score=np.array([0.1, 0.2, 0.99, np.nan]),
        nearest=NearestKnown(
            ("NiO", "", "NiO", ""), ("Ni", "", "Ni", ""), np.array([1.71, np.nan, 1.7, np.nan]), nan
        ),
        encoder=ModelRef("encoder", "e" * 64),
        model=ModelRef("moments", "m" * 64),
        device="cpu",
    )
    return entry, analysis


def test_the_columns_are_the_promised_ones(result: tuple[StructureEntry, Analysis]) -> None:
    assert list(SITE_COLUMNS) == PROMISED
    assert list(site_frame(*result).columns) == PROMISED
    assert list(site_columns(*result)) == PROMISED
    assert list(empty_site_frame().columns) == PROMISED


def test_a_row_says_what_the_site_is(result: tuple[StructureEntry, Analysis]) -> None:
    frame = site_frame(*result)
    first = frame.iloc[0]
    assert (first.structure, first.source_file, first.frame, first.formula) == (
        "NiO",
        "folder/NiO.cif",
        3,
        "NiO",
    )
    assert list(frame.site_index) == [0, 1, 2, 3]
    assert list(frame.site_label) == ["Ni1", "O1", "Ni2", "O2"]
    assert list(frame.element) == ["Ni", "O", "Ni", "O"]
    np.testing.assert_allclose(frame[["frac_a", "frac_b", "frac_c"]], result[0].structure.frac_coords)
    np.testing.assert_allclose(frame[["x_A", "y_A", "z_A"]], result[0].structure.cart_coords)
    assert list(frame.moment_input_muB[[0, 2, 3]]) == [-1.9, 1.9, 0.0]
    assert (frame.model_id == "moments").all()


def test_no_data_is_empty_and_zero_is_a_value(result: tuple[StructureEntry, Analysis]) -> None:
    text = csv_line(SITE_COLUMNS) + csv_rows(site_columns(*result))
    rows = list(csv.DictReader(io.StringIO(text)))
    assert [row["moment_pred_muB"] for row in rows] == ["1.7", "0", "1.7", ""]
    assert [row["moment_exp_pred_muB"] for row in rows] == [""] * 4
    assert [row["nn_formula"] for row in rows] == ["NiO", "", "NiO", ""]
    assert [row["moment_input_muB"] for row in rows] == ["-1.9", "", "1.9", "0"]


def test_without_a_moment_model_its_column_is_empty(result: tuple[StructureEntry, Analysis]) -> None:
    frame = site_frame(result[0], replace(result[1], model=None))
    assert list(frame.model_id) == [""] * 4


def test_an_analysis_of_another_structure_is_refused(result: tuple[StructureEntry, Analysis]) -> None:
    entry, analysis = result
    with pytest.raises(ValueError, match="4 sites, but an analysis of 1"):
        site_frame(entry, replace(analysis, atomic_numbers=np.array([28])))


@pytest.mark.parametrize(
    ("value", "decimals", "text"),
    [
        (0.0, 4, "0"),
        (-0.0, 4, "0"),
        (-0.00001, 4, "0"),
        (1.70, 4, "1.7"),
        (1 / 3, 6, "0.333333"),
        (123456.0, 4, "123456"),
        (1e-5, 6, "0.00001"),
        (100.0, 0, "100"),
        (float("nan"), 4, ""),
        (float("inf"), 4, ""),
    ],
)
def test_numbers_have_one_spelling(value: float, decimals: int, text: str) -> None:
    assert format_number(value, decimals) == text


@pytest.mark.parametrize(
    "name", ["a,b", 'say "x"', "two\nlines", "carriage\rreturn", " blanks ", "é😀", "=1+1"]
)
def test_any_name_survives_the_csv(result: tuple[StructureEntry, Analysis], name: str) -> None:
    entry = replace(result[0], name=name, path=Path(name + ".cif"), site_labels=("Ni,1", 'O"', "Ni2", "O\n2"))
    text = csv_line(SITE_COLUMNS) + csv_rows(site_columns(entry, result[1]))
    rows = list(csv.DictReader(io.StringIO(text, newline="")))
    assert {row["structure"] for row in rows} == {name}
    assert {row["source_file"] for row in rows} == {name + ".cif"}
    assert [row["site_label"] for row in rows] == ["Ni,1", 'O"', "Ni2", "O\n2"]


def test_a_name_that_is_no_utf8_can_be_written() -> None:
    assert printable(Path("caf\udce9.cif")) == "caf\\xe9.cif"


def test_a_dataframe_is_written_like_the_columns(result: tuple[StructureEntry, Analysis]) -> None:
    assert csv_table(site_frame(*result)) == csv_line(SITE_COLUMNS) + csv_rows(site_columns(*result))


def test_embeddings_stand_level_after_level(result: tuple[StructureEntry, Analysis]) -> None:
    frame = embedding_frame(*result, levels="20")
    keys = ["structure", "source_file", "frame", "site_index", "element", "levels"]
    assert list(frame.columns) == [*keys, *(f"emb_{k:03d}" for k in range(128))]
    assert list(frame.columns) == list(embedding_names("20"))
    embeddings = result[1].embeddings
    np.testing.assert_array_equal(frame.iloc[:, 6:70], embeddings[2])
    np.testing.assert_array_equal(frame.iloc[:, 70:], embeddings[0])
    assert list(frame.levels.unique()) == ["20"]


def test_pooled_embeddings_are_one_row(result: tuple[StructureEntry, Analysis]) -> None:
    frame = embedding_frame(*result, levels="1", pool="mean")
    np.testing.assert_allclose(
        frame.iloc[0, 6:].astype(float), result[1].embeddings[1].mean(axis=0), rtol=1e-6
    )
    assert len(frame) == 1
    assert frame.site_index.isna().all()


def test_an_unknown_level_is_refused(result: tuple[StructureEntry, Analysis]) -> None:
    with pytest.raises(ValueError, match="distinct digits from 0 to 5"):
        embedding_frame(*result, levels="07")


def test_the_summary_counts_what_is_known(result: tuple[StructureEntry, Analysis]) -> None:
    other = replace(result[0], frame=4)
    no_data = replace(result[1], moment=MomentPrediction.no_data(4), ood_score=np.full(4, np.nan))
    summary = structure_summary(pd.concat([site_frame(*result), site_frame(other, no_data)]))
    assert list(summary.columns) == list(SUMMARY_COLUMNS)
    first, second = summary.iloc[0], summary.iloc[1]
    assert (first.n_sites, first.n_magnetic) == (4, 2)
    assert first.moment_max_muB == pytest.approx(1.70004)
    assert first.moment_total_muB == pytest.approx(3.40004)
    assert first.interval_max_muB == pytest.approx(0.4)
    assert first.ood_share == pytest.approx(1 / 3)
    assert (second.n_sites, second.n_magnetic) == (4, 0)
    assert np.isnan([second.moment_max_muB, second.moment_total_muB, second.interval_max_muB]).all()
