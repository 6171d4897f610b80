"""What decides the content of the tables is in the fingerprint, and nothing else."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from negnn_gui.results import ModelRef
from negnn_gui.screening.request import EmbeddingsOutput, ScreeningRequest, SitesOutput

MODELS = {"encoder": ModelRef("encoder", "e"), "moment": ModelRef("moments", "m")}
REQUEST = ScreeningRequest((Path("a.cif"), Path("folder")), SitesOutput(Path("sites.csv")))


@pytest.mark.parametrize(
    "other",
    [
        replace(REQUEST, paths=(Path("a.cif"),)),
        replace(REQUEST, paths=(Path("folder"), Path("a.cif"))),
        replace(REQUEST, sites=SitesOutput(Path("sites.csv"), "parquet")),
        replace(REQUEST, embeddings=EmbeddingsOutput(Path("emb.parquet"), "01")),
        replace(REQUEST, disorder="majority"),
        replace(REQUEST, standard_input="data_x"),
    ],
)
def test_what_decides_the_content_counts(other: ScreeningRequest) -> None:
    assert other.fingerprint(MODELS) != REQUEST.fingerprint(MODELS)


def test_each_model_and_the_atlas_count() -> None:
    base = REQUEST.fingerprint(MODELS)
    assert REQUEST.fingerprint(MODELS | {"moment": ModelRef("moments", "another")}) != base
    assert REQUEST.fingerprint(MODELS | {"atlas": ModelRef("atlas", "a")}) != base


@pytest.mark.parametrize(
    "other",
    [
        replace(REQUEST, resume=True, workers=7, time_limit_s=5.0),
        replace(REQUEST, paths=(*REQUEST.paths, Path("sites.csv"), Path("sites.meta.json"))),
    ],
)
def test_how_it_is_run_does_not_count(other: ScreeningRequest) -> None:
    assert other.fingerprint(MODELS) == REQUEST.fingerprint(MODELS)


def test_a_run_without_an_output_is_refused() -> None:
    with pytest.raises(ValueError, match="needs an output"):
        ScreeningRequest((Path("a.cif"),))
