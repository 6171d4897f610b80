"""Whole runs on small tables: they learn, they resume, and what they write predicts."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from negnn_gui.inference.moment_models import load_moment_model
from negnn_gui.models import registry
from negnn_gui.models.backbone import BackboneConfig
from negnn_gui.models.loading import load_encoder
from negnn_gui.models.negnn import DFT, EXPERIMENTAL, MEDIAN, QUANTILES, MomentConfig, pinball_loss
from negnn_gui.models.nodes import NodesConfig
from negnn_gui.training.budget import Budget, parse_duration
from negnn_gui.training.evaluate import element_median_figures, moment_figures
from negnn_gui.training.evaluation import evaluate_model
from negnn_gui.training.fit_run import open_moment_data
from negnn_gui.training.pretrain import PretrainConfig
from negnn_gui.training.pretrain_publish import pretrain_encoder
from negnn_gui.training.pretrain_run import RunOptions, run_pretraining
from negnn_gui.training.publish import SplitPredictions, predict_split
from negnn_gui.training.recipes import train_moment_model


def steps(n: int, **more: object) -> RunOptions:
    return RunOptions(None, max_steps=n, batch_atoms=200, progress=False, device="cpu", **more)  # type: ignore[arg-type]


@pytest.mark.slow
@pytest.mark.parametrize(
    "nodes", [NodesConfig(), NodesConfig(standardised=True)], ids=["as-is", "standardised"]
)
def test_from_tables_to_a_model_that_predicts(tables: Path, tmp_path: Path, nodes: NodesConfig) -> None:
    torch.set_num_threads(1)
    written = pretrain_encoder(
        tables, tmp_path, "tiny-encoder", PretrainConfig(), steps(40, rate=3e-3), "test"
    )
    registry.install(written)
    config = MomentConfig(
        nodes,
        backbone=BackboneConfig("flagship", width=32, layers=2),
        heads=(DFT, EXPERIMENTAL),
        members=2,
        modes=True,
    )
    options = {DFT: steps(150, rate=5e-3), EXPERIMENTAL: steps(150, rate=5e-3)}
    folder = train_moment_model(tables, tmp_path, "tiny-moments", "tiny-encoder", config, options, "test")
    registry.install(folder)
    for name in ("tiny-encoder", "tiny-moments"):
        registry.verify(registry.get(name))
        assert "## Measured" in registry.get(name).card()
    figures = evaluate_model(tables, "tiny-moments", "test", tmp_path / "plots")
    pictures = {path.name: path.stat().st_size for path in (tmp_path / "plots").iterdir()}
    assert len(pictures) == 8 and min(pictures.values()) > 5000 and "parity_dft.png" in pictures
    # the moments follow from the element: a net that learns anything must find that out
    assert figures[DFT]["all"]["mae_muB"] < 0.5 * 1.6
    assert figures[DFT]["all"]["mae_muB"] < figures[DFT]["element_median"]["mae_muB"] + 0.5
    assert 0.7 < figures[DFT]["interval"]["coverage"] <= 1.0
    hidden = evaluate_model(tables, "tiny-encoder", "test")
    assert 0 < hidden["both"] <= 1 and hidden["structures"] > 5
    loaded = load_moment_model("tiny-moments")
    assert loaded.covered[DFT][26] and not loaded.covered[DFT][60] and not loaded.covered[EXPERIMENTAL][8]
    data = open_moment_data(tables, DFT, loaded.model.spec)
    found = predict_split(loaded.model, data, DFT, "val", loaded.domain)
    assert (np.diff(found.quantiles, axis=1) >= 0).all()
    assert np.isfinite(found.truth).all() and 60 not in found.atomic_numbers
    assert found.ood_score is not None and 0 <= found.ood_score.min() <= found.ood_score.max() <= 1


def test_pretraining_lowers_its_loss_and_resumes(tables: Path, tmp_path: Path) -> None:
    torch.set_num_threads(1)
    first = run_pretraining(tables, tmp_path / "run", PretrainConfig(), steps(10, rate=3e-3))
    assert first.steps == 10 and (tmp_path / "run" / "last.ckpt").is_file()
    more = run_pretraining(tables, tmp_path / "run", PretrainConfig(), steps(40, rate=3e-3, resume=True))
    assert more.steps == 40
    log = (tmp_path / "run" / "log").rglob("metrics.csv")
    assert any("val_both" in path.read_text() for path in log)


def test_a_head_for_small_data_learns_on_networks_that_stay_as_they_were(
    tables: Path, tmp_path: Path
) -> None:
    from negnn_gui.models.negnn import MomentModel
    from negnn_gui.training.small_fit import fit_small_data, labelled_sites

    encoder = load_encoder(registry.get(registry.default_id("encoder")))
    config = MomentConfig(backbone=BackboneConfig(width=16, layers=1), heads=(DFT, EXPERIMENTAL), members=2)
    model = MomentModel(config, encoder.spec, encoder)
    frozen = {name: value.clone() for name, value in model.backbone.state_dict().items()}
    before = {name: value.clone() for name, value in encoder.state_dict().items()}
    data = open_moment_data(tables, EXPERIMENTAL, encoder.spec)
    nearness, _ = data.store.shell_moments()  # moments that follow the surroundings, not the element alone
    data = replace(data, moments=(data.moments * (nearness / nearness.mean()) ** 2).astype(np.float32))
    sites = labelled_sites(data, model, "train", 1000)
    head = model.heads[EXPERIMENTAL]

    fit_small_data(data, model, EXPERIMENTAL, tmp_path / "none", steps(1))
    first = head(sites.vectors, sites.atomic_numbers)
    torch.testing.assert_close(first, head.prior[sites.atomic_numbers], atol=0.1, rtol=0)
    untrained = float((first[:, MEDIAN] - sites.moments).abs().mean())
    run = fit_small_data(data, model, EXPERIMENTAL, tmp_path / "run", steps(150))
    assert run.steps == 300
    learned = head(sites.vectors, sites.atomic_numbers)
    assert float((learned[:, MEDIAN] - sites.moments).abs().mean()) < 0.8 * untrained
    for name, value in model.backbone.state_dict().items():
        torch.testing.assert_close(value, frozen[name], rtol=0, atol=0)
    for name, value in encoder.state_dict().items():
        torch.testing.assert_close(value, before[name], rtol=0, atol=0)

    (tmp_path / "run" / EXPERIMENTAL / "member-1.safetensors").unlink()  # stopped after the first member
    more = fit_small_data(data, model, EXPERIMENTAL, tmp_path / "run", steps(5, resume=True))
    assert more.steps == 5


def test_the_budget_warms_up_falls_to_zero_and_counts_what_was_used() -> None:
    budget = Budget(None, 1000, 2e-3)
    rates = [budget.rate(budget.used(step)) for step in range(0, 1001, 10)]
    assert (
        rates[0] < rates[2] and max(rates) == pytest.approx(2e-3, rel=0.01) and rates[-1] == pytest.approx(0)
    )
    timed = Budget(100.0, None, 1e-3)
    timed.load_state_dict({"seconds": 60.0})
    assert timed.used(5) == pytest.approx(0.6)
    assert parse_duration("01:02:03") == 3723 and parse_duration("90") == 90
    for wrong in ("", "1h", "00:00", "1:2:3:4", "-5"):
        with pytest.raises(ValueError, match="duration"):
            parse_duration(wrong)


def test_pinball_loss_is_least_at_the_quantiles() -> None:
    truth = torch.linspace(0, 1, 20001)
    exact = torch.tensor(QUANTILES).repeat(len(truth), 1)
    best = pinball_loss(exact, truth)
    for shift in (-0.1, 0.1):
        assert pinball_loss(exact + shift, truth) > best


def test_figures_of_known_errors() -> None:
    from negnn_gui.inference.calibration import Calibration

    truth = np.array([0.0, 0.0, 2.0, 4.0])
    quantiles = np.repeat((truth + np.array([0.1, -0.3, 0.5, 0.0]))[:, None], len(QUANTILES), axis=1)
    quantiles[:, 0] -= 0.2
    quantiles[:, -1] += 0.2
    figures = moment_figures(
        DFT, SplitPredictions(quantiles, truth, np.array([8, 8, 26, 64]), None), Calibration(0.9, 0.0)
    )
    # a median below zero counts as zero
    assert figures["all"]["mae_muB"] == pytest.approx((0.1 + 0.0 + 0.5 + 0.0) / 4)
    assert figures["magnetic"]["mae_muB"] == pytest.approx(0.25)
    assert figures["d_block"]["atoms"] == 1 and figures["f_block"]["mae_muB"] == pytest.approx(0.0)
    assert figures["interval"]["coverage"] == pytest.approx(0.75)
    json.dumps(figures)
    median = element_median_figures(
        (np.array([1.0, 3.0, 0.0]), np.array([26, 26, 8])), (truth, np.array([8, 8, 26, 26]))
    )
    assert median["mae_muB"] == pytest.approx((0 + 0 + 0 + 2) / 4)
    assert QUANTILES[MEDIAN] == 0.5
