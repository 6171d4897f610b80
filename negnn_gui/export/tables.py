"""The tables other programs rely on: one row a site, one row a site's vector, one row a structure.

Column names, order and meaning are a promise; columns are only ever added at the end.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

import numpy as np
import pandas as pd

from negnn_gui.analysis.doubt import OUT_OF_DOMAIN_FROM
from negnn_gui.export.text import Column, printable

if TYPE_CHECKING:
    from negnn_gui.results import Analysis
    from negnn_gui.structures.entry import StructureEntry

SITE_COLUMNS: tuple[str, ...] = (
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
)

TEXT_COLUMNS = frozenset(
    {
        "structure",
        "source_file",
        "formula",
        "site_label",
        "element",
        "levels",
        "nn_formula",
        "nn_element",
        "model_id",
    }
)
INTEGER_COLUMNS = frozenset({"frame", "site_index", "n_sites", "n_magnetic"})

EMBEDDING_KEYS = ("structure", "source_file", "frame", "site_index", "element", "levels")

EMBEDDING_WIDTH = 64
"""Numbers per level of an atom."""

SUMMARY_COLUMNS: tuple[str, ...] = (
    "structure",
    "source_file",
    "frame",
    "formula",
    "n_sites",
    "moment_max_muB",
    "moment_total_muB",
    "n_magnetic",
    "interval_max_muB",
    "ood_share",
)

MAGNETIC_FROM_MUB = 0.1
"""A site counts as magnetic above this predicted magnitude (μB), as in the accuracy figures."""

Pool = Literal["mean"]


def source_file(entry: StructureEntry) -> str:
    """The path as it was given, in text that every file can hold; "" for structures from memory."""
    return "" if entry.path is None else printable(entry.path)


def site_columns(entry: StructureEntry, analysis: Analysis) -> dict[str, Column]:
    """The sites table of one structure as columns: name to N values, in the order of ``SITE_COLUMNS``.

    Parameters
    ----------
    entry : StructureEntry
        The structure as it was predicted (N sites).
    analysis : Analysis
        What was computed for it.

    Returns
    -------
    dict
        Lists of str, (N,) int64 and (N,) float64 arrays; coordinates in Å, moments in μB; NaN (or "") where
        nothing is known. Full precision: rounding is a matter of the text formats.

    Raises
    ------
    ValueError
        The analysis has another number of sites than the structure.
    """
    n_sites = entry.n_sites
    if analysis.n_sites != n_sites:
        raise ValueError(f"{entry.name}: {n_sites} sites, but an analysis of {analysis.n_sites}")
    fractional, cartesian = entry.frac_coords, entry.cart_coords
    moment, moment_exp, nearest = analysis.moment, analysis.moment_exp, analysis.nearest
    given = entry.moment_input
    return {
        "structure": [printable(entry.name)] * n_sites,
        "source_file": [source_file(entry)] * n_sites,
        "frame": np.full(n_sites, entry.frame, dtype=np.int64),
        "formula": [entry.formula] * n_sites,
        "site_index": np.arange(n_sites, dtype=np.int64),
        "site_label": list(entry.site_labels),
        "element": list(entry.elements),
        "frac_a": fractional[:, 0],
        "frac_b": fractional[:, 1],
        "frac_c": fractional[:, 2],
        "x_A": cartesian[:, 0],
        "y_A": cartesian[:, 1],
        "z_A": cartesian[:, 2],
        "moment_pred_muB": moment.median,
        "moment_lo_muB": moment.lo,
        "moment_hi_muB": moment.hi,
        "moment_alt_muB": moment.alt,
        "moment_alt_weight": moment.alt_weight,
        "moment_exp_pred_muB": moment_exp.median,
        "moment_exp_lo_muB": moment_exp.lo,
        "moment_exp_hi_muB": moment_exp.hi,
        "moment_input_muB": np.full(n_sites, np.nan) if given is None else given,
        "ood_score": analysis.ood_score,
        "nn_formula": list(nearest.formula),
        "nn_element": list(nearest.element),
        "nn_moment_muB": nearest.moment,
        "nn_distance": nearest.distance,
        "model_id": ["" if analysis.model is None else analysis.model.id] * n_sites,
    }


def site_frame(entry: StructureEntry, analysis: Analysis) -> pd.DataFrame:
    """One row a site, in the order of the file: ``site_columns`` as a DataFrame."""
    return _typed(pd.DataFrame(site_columns(entry, analysis)))


def empty_site_frame() -> pd.DataFrame:
    """The sites table without a row."""
    return _typed(pd.DataFrame({column: [] for column in SITE_COLUMNS}))


def embedding_names(levels: str) -> tuple[str, ...]:
    """Names of all columns of an embeddings table for a choice of levels."""
    return (*EMBEDDING_KEYS, *(f"emb_{k:03d}" for k in range(EMBEDDING_WIDTH * len(levels))))


def embedding_columns(
    entry: StructureEntry, analysis: Analysis, levels: str, pool: Pool | None = None
) -> dict[str, Column]:
    """One row a site (or one row in all, with ``pool``): 64 numbers a level, level after level.

    Parameters
    ----------
    levels : str
        Digits of the wanted levels, such as "01".
    pool : "mean" or None
        "mean" averages over the sites; ``site_index`` is then NaN and ``element`` "".

    Raises
    ------
    ValueError
        The encoder has no such level.
    """
    vectors = analysis.embedding(levels)
    if pool == "mean":
        vectors = vectors.mean(axis=0, keepdims=True, dtype=np.float64).astype(np.float32)
    n_rows = len(vectors)
    keys: dict[str, Column] = {
        "structure": [printable(entry.name)] * n_rows,
        "source_file": [source_file(entry)] * n_rows,
        "frame": np.full(n_rows, entry.frame, dtype=np.int64),
        "site_index": np.arange(n_rows, dtype=np.int64) if pool is None else np.full(n_rows, np.nan),
        "element": list(entry.elements) if pool is None else [""] * n_rows,
        "levels": [levels] * n_rows,
    }
    names = embedding_names(levels)[len(EMBEDDING_KEYS) :]
    return keys | {name: vectors[:, k] for k, name in enumerate(names)}


def embedding_frame(
    entry: StructureEntry, analysis: Analysis, levels: str, pool: Pool | None = None
) -> pd.DataFrame:
    """``embedding_columns`` as a DataFrame; ``site_index`` is a nullable integer."""
    return pd.DataFrame(embedding_columns(entry, analysis, levels, pool)).astype({"site_index": "Int64"})


def structure_summary(sites: pd.DataFrame) -> pd.DataFrame:
    """One row a structure from rows of the sites table, in their order.

    Parameters
    ----------
    sites : pandas.DataFrame
        Rows with the columns of ``SITE_COLUMNS``; all of them or a selection.

    Returns
    -------
    pandas.DataFrame
        Columns of ``SUMMARY_COLUMNS``. Sums and maxima run over the sites that have a prediction and are NaN
        where none has; ``n_magnetic`` counts sites of at least 0.1 μB, ``ood_share`` is the share of the
        scored sites beyond the 95th percentile of the training sites.
    """
    scored = sites["ood_score"].notna()
    derived = sites.assign(
        magnetic=sites["moment_pred_muB"] >= MAGNETIC_FROM_MUB,
        width=sites["moment_hi_muB"] - sites["moment_lo_muB"],
        out=(sites["ood_score"] > OUT_OF_DOMAIN_FROM).astype(float).where(scored),
    )
    # The formula is part of the key: an enumerated disordered frame gives several structures.
    groups = derived.groupby(["structure", "source_file", "frame", "formula"], sort=False, dropna=False)
    summary = groups.agg(
        n_sites=("site_index", "size"),
        moment_max_muB=("moment_pred_muB", "max"),
        n_magnetic=("magnetic", "sum"),
        interval_max_muB=("width", "max"),
        ood_share=("out", "mean"),
    )
    summary["moment_total_muB"] = groups["moment_pred_muB"].sum(min_count=1)
    return summary.reset_index()[list(SUMMARY_COLUMNS)]


def _typed(frame: pd.DataFrame) -> pd.DataFrame:
    kinds = {
        column: "str" if column in TEXT_COLUMNS else "int64" if column in INTEGER_COLUMNS else "float64"
        for column in frame.columns
    }
    return frame.astype(kinds)
