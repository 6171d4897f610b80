"""Structures that are hardly crystals: each is predicted, with a warning where it should be, or refused in a line."""

from __future__ import annotations

import json
from pathlib import Path
from subprocess import CompletedProcess

import numpy as np
import pandas as pd
import pytest
from minimal_cif import minimal_cif

from negnn_gui.inference.predictor import PredictionFailure, Predictor
from negnn_gui.structures.entry import StructureEntry, StructureReadError
from negnn_gui.structures.reading import read_structures

from .conftest import Run

PREDICTED = {
    # name: text, sites, what the warning says ("" for none)
    "isolated": (minimal_cif((30, 30, 30), "Fe1 Fe 0 0 0 1", "O1 O 0.5 0.5 0.5 1"), 2, "no neighbour within"),
    "overlapping": (minimal_cif((5, 5, 5), "Fe1 Fe 0 0 0 1", "O1 O 0.06 0 0 1"), 2, "closer than 0.5 Å"),
    "tiny_cell": (minimal_cif((0.1, 0.1, 0.1), "Fe1 Fe 0 0 0 1"), 1, "no moment is given"),
    "deuterium": (minimal_cif((3, 3, 3), "Fe1 Fe 0 0 0 1", "D1 D 0.5 0.5 0.5 1"), 2, ""),
    "vacancy": (minimal_cif((3, 3, 3), "Fe1 Fe 0 0 0 0.9", "O1 O 0.5 0.5 0.5 1"), 2, "most likely species"),
    "disordered": (minimal_cif((3, 3, 3), "Fe1 Fe 0 0 0 0.6", "Co1 Co 0 0 0 0.4"), 1, "most likely species"),
    "single_atom": (minimal_cif((2.5, 2.5, 2.5), "Fe1 Fe 0 0 0 1"), 1, ""),
    "slab": (minimal_cif((2.9, 2.9, 25), "Fe1 Fe 0 0 0.5 1", "Fe2 Fe 0.5 0.5 0.557 1"), 2, ""),
    "molecule": (minimal_cif((14, 14, 14), "O1 O 0.5 0.5 0.5 1", "O2 O 0.5 0.5 0.5864 1"), 2, ""),
}
NO_MOMENT = ("overlapping", "tiny_cell")  # no number rather than a wrong one
REFUSED = {
    "beyond_lawrencium": (minimal_cif((4, 4, 4), "Og1 Og 0 0 0 1"), "Og"),
    "no_atoms": (minimal_cif((4, 4, 4)), "atom"),
}


@pytest.fixture
def crystals(work: Path) -> Path:
    folder = work / "unusual"
    folder.mkdir()
    for name, (text, *_) in {**PREDICTED, **REFUSED}.items():
        (folder / f"{name}.cif").write_text(text)
    return folder


@pytest.fixture
def ended(quick: Run, crystals: Path) -> CompletedProcess[str]:
    return quick("predict", "unusual", "-o", "sites.csv", "--workers", "1", "--disorder", "majority")


def test_the_command_predicts_each_or_says_why_not(ended: CompletedProcess[str], work: Path) -> None:
    assert ended.returncode == 1, ended.stderr
    assert "Traceback" not in ended.stderr
    assert "2 failed, see sites.errors.csv" in ended.stderr
    sites = pd.read_csv(work / "sites.csv")
    for name, (_, n_sites, _) in PREDICTED.items():
        rows = sites[sites["structure"] == name]
        assert len(rows) == n_sites, name
        assert rows["ood_score"].between(0, 1).all()
        if name in NO_MOMENT:
            assert rows[["moment_pred_muB", "moment_lo_muB", "moment_exp_pred_muB"]].isna().all(axis=None), (
                name
            )
            continue
        assert rows["moment_pred_muB"].ge(0).all(), name
        assert (rows["moment_lo_muB"] <= rows["moment_pred_muB"]).all()
        assert (rows["moment_hi_muB"] >= rows["moment_pred_muB"]).all()
    errors = pd.read_csv(work / "sites.errors.csv")
    assert {Path(path).stem for path in errors["path"]} == set(REFUSED)
    for path, reason in zip(errors["path"], errors["reason"], strict=True):
        assert REFUSED[Path(path).stem][1] in reason
        assert "\n" not in reason


def test_no_number_is_given_in_silence(ended: CompletedProcess[str], work: Path) -> None:
    meta = json.loads((work / "sites.meta.json").read_text(encoding="utf-8"))
    for name, (_, _, warning) in PREDICTED.items():
        said = [sentence for sentence in meta["warnings"] if f"{name}.cif" in sentence]
        if warning:
            assert any(warning in sentence for sentence in said), (name, said)


def test_disorder_is_not_decided_in_silence(quick: Run, crystals: Path, work: Path) -> None:
    done = quick("predict", "unusual/vacancy.cif", "unusual/disordered.cif", "-o", "d.csv", "--workers", "1")
    assert done.returncode == 1
    reasons = pd.read_csv(work / "d.errors.csv")["reason"]
    assert len(reasons) == 2
    assert reasons.str.contains("disorder").all()


def test_the_predictor_says_the_same_alone(crystals: Path) -> None:
    predictor = Predictor.load(device="cpu")
    for name, (_, n_sites, warning) in PREDICTED.items():
        (entry,) = read_structures(crystals / f"{name}.cif")
        assert isinstance(entry, StructureEntry)
        (outcome,) = predictor.predict([entry])
        if not entry.is_ordered:  # a choice of species has to be made before
            assert isinstance(outcome, PredictionFailure)
            assert outcome.reason == "the structure is disordered: choose an ordering first"
            continue
        assert not isinstance(outcome, PredictionFailure), name
        assert outcome.n_sites == n_sites
        assert np.isnan(outcome.moment.median).all() == (name in NO_MOMENT), name
        if warning:
            assert any(warning in sentence for sentence in outcome.warnings), (name, outcome.warnings)
    for name, (_, reason) in REFUSED.items():
        (refused,) = read_structures(crystals / f"{name}.cif")
        assert isinstance(refused, StructureReadError)
        assert reason in refused.reason


def test_isolated_atoms_are_marked_as_doubtful(crystals: Path) -> None:
    from negnn_gui.analysis.doubt import doubtful

    predictor = Predictor.load(device="cpu")
    (entry,) = read_structures(crystals / "isolated.cif")
    assert isinstance(entry, StructureEntry)
    (outcome,) = predictor.predict([entry])
    assert not isinstance(outcome, PredictionFailure)
    assert doubtful(outcome, "moment").all(), outcome.ood_score
