"""Embeddings as a NumPy dictionary, keyed as by the tool published with doi 10.1088/2632-2153/ad612b."""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np
import pandas as pd

from negnn_gui.export.atomic import write_whole

_TEXTS = {"structure": str, "element": str, "levels": str}  # a file may be called 1507756 or NaN


class DictionaryError(ValueError):
    """An embeddings table cannot become a dictionary; one sentence for the user."""


def write_dictionary(table: Path, target: Path) -> int:
    """Write the rows of an embeddings table (.parquet or .csv) as ``target`` (.npz); returns their number.

    The key of a site is ``<file stem>_<element>_<Z>_<1-based index>``, that of a pooled structure its file stem;
    frames after the first have their number behind the stem. Each value is a vector of float32.

    Raises
    ------
    DictionaryError
        Two rows have the same key, as files of the same name in several folders give.
    OSError
        A file cannot be read or written.
    """
    if table.suffix.lower() == ".parquet":
        frame = pd.read_parquet(table)
    else:
        frame = pd.read_csv(table, dtype=_TEXTS, keep_default_na=False, na_values={"site_index": [""]})
    keys = _keys(frame)
    twice = keys.duplicated()
    if twice.any():
        raise DictionaryError(
            f"two rows of {table.name} would both be called {keys[twice].iloc[0]}: "
            "embed files of the same name one after the other"
        )
    vectors = frame.filter(regex=r"^emb_\d+$").to_numpy(dtype=np.float32)
    buffer = io.BytesIO()
    np.savez(buffer, allow_pickle=False, **dict(zip(keys, vectors, strict=True)))
    write_whole(target, buffer.getvalue())
    return len(keys)


def _keys(frame: pd.DataFrame) -> pd.Series[str]:
    from pymatgen.core import Element

    stem = frame["structure"].astype(str)
    later = frame["frame"] > 0
    stem = stem.where(~later, stem + "_" + frame["frame"].astype(str))
    by_site = frame["site_index"].notna()
    if not by_site.any():
        return stem
    numbers = {symbol: Element(symbol).Z for symbol in frame["element"].unique()}
    atomic_number = frame["element"].map(numbers).astype(str)
    number = (frame["site_index"].astype(int) + 1).astype(str)
    return stem + "_" + frame["element"] + "_" + atomic_number + "_" + number
