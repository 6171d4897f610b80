"""The benchmark runs and its report keeps its shape; how long anything takes is never tested."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import pytest
import typer
from typer.testing import CliRunner

from negnn_gui.bench import command, suite
from negnn_gui.bench.benchmark import Benchmark, LeftOut, Settings, load_predictor
from negnn_gui.bench.figures import REPORT_FORMAT, Figure, Measured

QUICK = Settings(repeats=1, quick=True)


@pytest.fixture
def negnn() -> typer.Typer:
    app = typer.Typer()
    app.callback()(lambda: None)
    command.register(app)
    return app


def _assert_report(report: dict[str, Any]) -> None:
    assert report["format"] == REPORT_FORMAT
    assert report["program"] == "negnn-gui"
    assert report["machine"]["cores"] >= 1
    assert report["machine"]["processor"]
    for outcome in report["benchmarks"]:
        assert outcome["status"] in ("done", "left out", "failed")
        assert bool(outcome["reason"]) == (outcome["status"] != "done")
        assert bool(outcome["figures"]) == (outcome["status"] == "done")
        for figure in outcome["figures"]:
            assert figure.keys() == {"name", "value", "unit", "target", "best", "met"}
            assert isinstance(figure["value"], float)
            assert figure["unit"] in ("", "ms", "s", "/s", "MB", "GB")
            assert (figure["met"] is None) == (figure["target"] is None)


def test_graphs_and_command_report_as_json(negnn: typer.Typer, tmp_path: Path) -> None:
    written = tmp_path / "reports" / "bench.json"
    options = ["--only", "graphs", "--only", "command", "--quick", "--repeats", "1", "-o", str(written)]
    result = CliRunner().invoke(negnn, ["bench", "--json", *options])
    assert result.exit_code == 0, result.output
    report = json.loads(result.stdout)
    _assert_report(report)
    assert [outcome["name"] for outcome in report["benchmarks"]] == ["graphs", "command"]
    assert all(outcome["status"] == "done" for outcome in report["benchmarks"])
    assert json.loads(written.read_text(encoding="utf-8")) == report


@pytest.mark.parametrize("name", ["drop", "throughput", "large_cell"])
def test_prediction_benchmarks_measure_with_the_shipped_model(name: str) -> None:
    try:
        load_predictor(QUICK)
    except LeftOut as reason:
        pytest.skip(str(reason))
    report = suite.run(suite.choose([name]), QUICK).to_dict()
    _assert_report(report)
    assert report["benchmarks"][0]["status"] == "done", report["benchmarks"][0]["reason"]


@pytest.mark.gui
@pytest.mark.parametrize("name", ["window", "large_crystal"])
def test_window_and_drawing_are_measured_in_processes_of_their_own(name: str) -> None:
    report = suite.run(suite.choose([name]), QUICK).to_dict()
    _assert_report(report)
    assert report["benchmarks"][0]["status"] == "done", report["benchmarks"][0]["reason"]
    assert "negnn_gui.bench.probes.answer" not in sys.modules


@pytest.mark.gui
def test_an_unknown_model_leaves_the_heartbeat_out_with_a_reason() -> None:
    report = suite.run(
        suite.choose(["worker"]), Settings(repeats=1, model="no-such-model", quick=True)
    ).to_dict()
    _assert_report(report)
    assert report["benchmarks"][0]["status"] == "left out"
    assert "no-such-model" in report["benchmarks"][0]["reason"]


def test_one_that_fails_or_cannot_run_leaves_the_others_their_figures() -> None:
    def fails(settings: Settings) -> Measured:
        raise ZeroDivisionError("nothing to divide")

    def cannot(settings: Settings) -> Measured:
        raise LeftOut("there is no model")

    def measures(settings: Settings) -> Measured:
        return Measured((Figure("speed", 12.0, "/s", target=10.0, best="high"),))

    benchmarks = [Benchmark(f.__name__, "", f) for f in (fails, cannot, measures)]
    heard = []
    report = suite.run(benchmarks, QUICK, heard.append).to_dict()
    _assert_report(report)
    assert [outcome.status for outcome in heard] == ["failed", "left out", "done"]
    assert report["benchmarks"][0]["reason"] == "ZeroDivisionError: nothing to divide"
    assert report["benchmarks"][2]["figures"][0]["met"] is True


@pytest.mark.parametrize(
    ("value", "best", "met"),
    [(1.4, "low", True), (1.6, "low", False), (1.4, "high", False), (1.6, "high", True)],
)
def test_a_target_is_reached_from_its_good_side(value: float, best: Any, met: bool) -> None:
    assert Figure("ratio", value, "", target=1.5, best=best).met is met


def test_an_unknown_benchmark_is_refused_with_the_known_ones(negnn: typer.Typer) -> None:
    result = CliRunner().invoke(negnn, ["bench", "--only", "nonsense"])
    assert result.exit_code == 2
    assert "nonsense" in result.output
    assert "large_crystal" in result.output


def test_every_benchmark_is_listed(negnn: typer.Typer) -> None:
    listed = CliRunner().invoke(negnn, ["bench", "--list"]).stdout.splitlines()
    assert [line.split()[0] for line in listed] == [benchmark.name for benchmark in suite.BENCHMARKS]


@pytest.mark.parametrize("name", ["peer_speed", "end_to_end"])
def test_without_the_peer_its_benchmark_is_left_out_with_a_reason(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NEGNN_PEERS_PYTHON", "/nowhere/python")
    report = suite.run(suite.choose([name]), QUICK).to_dict()
    _assert_report(report)
    assert report["benchmarks"][0]["status"] == "left out"
    assert "/nowhere/python is not a Python interpreter" in report["benchmarks"][0]["reason"]


@pytest.mark.slow
@pytest.mark.timeout(3600)
def test_a_screening_stopped_twice_here_on_a_cluster_and_in_the_window_loses_and_doubles_nothing() -> None:
    pytest.importorskip("distributed")
    try:
        load_predictor(QUICK)
    except LeftOut as reason:
        pytest.skip(str(reason))
    report = suite.run(suite.choose(["restart"]), QUICK).to_dict()
    _assert_report(report)
    (outcome,) = report["benchmarks"]
    assert outcome["status"] == "done", outcome["reason"]
    assert all(figure["met"] is not False for figure in outcome["figures"]), outcome["figures"]
    assert outcome["conditions"]["kills"] == "here 2, cluster 2, window 2"
    assert outcome["conditions"]["same_table"] == "yes"
