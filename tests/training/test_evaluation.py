"""``negnn evaluate`` prints and writes what it measured, also beside a peer on the same atoms."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from typer.testing import CliRunner

from negnn_gui.cli import app
from negnn_gui.inference.moment_models import load_moment_model
from negnn_gui.models import registry
from negnn_gui.models.checkpoint import load_model, save_model
from negnn_gui.models.negnn import DFT, QUANTILES
from negnn_gui.training import peers
from negnn_gui.training.card_sections import with_section
from negnn_gui.training.evaluate import second_state_figures
from negnn_gui.training.evidence.learning import LEARNING
from negnn_gui.training.fit_run import open_moment_data

# stands for CHGNet: says the moments that the tables were made with, and fails at every structure of two atoms
_STAND_IN = """
import sys, numpy as np
given = np.load(sys.argv[1])
start, numbers = given["start"], given["atomic_numbers"]
known = dict(np.load({known!r}))
moments = known["moments"][numbers]
reasons = np.full(len(start) - 1, "", dtype="U50")
for row in range(len(reasons)):
    if start[row + 1] - start[row] == 2:
        reasons[row] = "ValueError: two atoms"
        moments[start[row]:start[row + 1]] = np.nan
np.savez(sys.argv[2], moments=moments, reasons=reasons, graph_s=1.0, model_s=1.0, program="CHGNet 0", model="0")
"""


@pytest.fixture
def peer(tables: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An interpreter whose CHGNet knows every element's moment."""
    model = load_moment_model(registry.default_id("moment"))
    data = open_moment_data(tables, DFT, model.model.spec)
    moments = np.zeros(104)
    moments[data.store.atomic_numbers] = np.nan_to_num(data.moments)
    np.savez(tmp_path / "known.npz", moments=moments)
    folder = tmp_path / "programs"
    folder.mkdir()
    (folder / "chgnet_moments.py").write_text(_STAND_IN.format(known=str(tmp_path / "known.npz")))
    monkeypatch.setattr(peers, "_PROGRAMS", folder)
    monkeypatch.setattr(peers, "_version", lambda python, package: "0")
    return Path(sys.executable)


def negnn(*arguments: object) -> tuple[int, str]:
    result = CliRunner().invoke(app, [str(a) for a in arguments])
    return result.exit_code, result.output


def test_everything_asked_for_is_printed_and_written(tables: Path, tmp_path: Path, peer: Path) -> None:
    model, out = registry.default_id("moment"), tmp_path / "out"
    status, printed = negnn(
        "evaluate", model, "--data", tables, "--out", out, "--peer", "chgnet", "--limit", 30,
        "--peers-python", peer,
    )  # fmt: skip
    assert status == 0, printed
    names = {path.name for path in out.iterdir()}
    assert {
        "figures.json",
        "report.md",
        "elements.csv",
        "parity_dft.png",
        "error_against_ood_dft.svg",
    } <= names
    report = (out / "report.md").read_text(encoding="utf-8")
    assert report.strip() in printed
    for phrase in ("all atoms", "d-block", "median error", "intervals hold", "element median", "CHGNet 0"):
        assert phrase in report
    figures = json.loads((out / "figures.json").read_text(encoding="utf-8"))[DFT]
    elements = pd.read_csv(out / "elements.csv")
    of_dft = elements[elements["head"] == DFT].set_index("element")
    assert of_dft["atoms"].sum() == figures["all"]["atoms"]
    assert {"mae_muB", "rmse_muB", "r2", "median_error_muB", "coverage", "mean_width_muB"} <= set(of_dft)
    assert of_dft.loc["Fe", "block"] == "d_block"
    assert (of_dft["coverage"].between(0, 1)).all()


def test_all_are_measured_on_the_atoms_that_the_peer_predicted(
    tables: Path, tmp_path: Path, peer: Path
) -> None:
    model = registry.default_id("moment")
    written = tmp_path / "figures.json"
    status, printed = negnn(
        "evaluate", model, "--data", tables, "-o", written, "--peer", "chgnet", "--peers-python", peer,
        "--peer-max-atoms", 6, "--json",
    )  # fmt: skip
    assert status == 0, printed
    figures = json.loads(written.read_text(encoding="utf-8"))[DFT]["peer"]
    assert list(figures["figures"]) == [model, "element median", "CHGNet 0"]
    assert len({own["atoms"] for own in figures["figures"].values()}) == 1
    assert figures["figures"]["CHGNet 0"]["all"]["mae_muB"] < 0.02  # it knows the answers
    assert set(figures["not_predicted"].values()) == {"ValueError: two atoms"}
    data = open_moment_data(tables, DFT, load_moment_model(model).model.spec)
    graphs = data.graphs("test")
    sizes = data.store.sizes[graphs]
    chosen = graphs[(sizes > 2) & (sizes <= 6)]
    assert figures["structures"] == len(chosen)
    expected = np.isfinite(data.moments[data.store.atoms_of(chosen)]).sum()
    assert figures["figures"][model]["atoms"] == expected
    # only what was asked for is written
    assert not list(tmp_path.glob("evaluation-*"))


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["--limit", "5"], "name it with --peer chgnet"),
        (["--peer", "chgnet", "--peers-python", "/nowhere/python"], "is not a Python interpreter"),
        (["--out", "/proc/nowhere"], "cannot be made"),
    ],
)
def test_what_cannot_be_done_is_said_before_anything_long(
    tables: Path, arguments: list[str], sentence: str
) -> None:
    status, printed = negnn("evaluate", registry.default_id("moment"), "--data", tables, *arguments)
    assert status == 2
    assert sentence in " ".join(printed.split())
    assert "Traceback" not in printed


def test_a_card_gets_what_was_measured_once(tables: Path, tmp_path: Path, peer: Path) -> None:
    shipped = registry.get(registry.default_id("moment"))
    mine = tmp_path / "data" / "negnn-gui" / "models" / "mine"
    config = {**json.loads((shipped.folder / "config.json").read_text(encoding="utf-8")), "id": "mine"}
    save_model(mine, config, load_model(shipped.folder)[1], shipped.card())
    few = tmp_path / "few"
    few.mkdir()
    row = dict.fromkeys(LEARNING.columns, "1") | {"family": "gcn", "nodes": "one-hot", "structures": "500"}
    pd.DataFrame([row]).to_csv(few / "learning_curves.csv", index=False)
    for kept in (peer, None):  # the second time the peer's answers are there, and the peer is not
        words = [] if kept is None else ["--peers-python", kept]
        status, printed = negnn(
            "evaluate", "mine", "--data", tables, "-o", tmp_path / "f.json", "--peer", "chgnet",
            "--peers", tmp_path / "kept", "--card", "--evidence", few, *words,
        )  # fmt: skip
        assert status == 0, printed
        assert "rewrote the card of mine" in printed
    card = registry.get("mine").card()
    for title in ("Beside other programs, on the same atoms", "Few labels", "What it cannot say", "Licence"):
        assert card.count(f"## {title}\n") == 1
    assert card.index("## Few labels") < card.index("## What it cannot say")
    assert "| CHGNet 0" in card and "| GCN | 500 |" in card
    registry.verify(registry.get("mine"))  # a card is not part of the identity
    status, printed = negnn("evaluate", "mine", "--data", tables, "--evidence", few)
    assert status == 2 and "add --card" in printed


def test_a_section_takes_the_place_of_the_one_before() -> None:
    card = "# m\n\n## Data\nd\n\n## Few labels\nold\n\n## Licence\nMIT\n"
    assert with_section(card, "Few labels", "new\n") == card.replace("old", "new")
    added = with_section(card, "More", "x")
    assert added.index("## More\nx\n") == added.index("## Licence") - len("## More\nx\n\n")
    assert with_section("# m\n", "More", "x") == "# m\n## More\nx\n"


def test_second_states_beside_a_random_label_of_the_element() -> None:
    two = [0.8, 0.9, 0.95, 4.0, 4.1, 4.15, 4.2, 4.25, 4.3]
    truth, numbers = np.array([0.9, 4.1, 2.0, 0.9]), np.array([26, 26, 26, 8])
    figures = second_state_figures(np.array([two] * 4), truth, None, numbers)
    # only the labels 0.9 and 2.0 of iron lie more than 0.5 from the median 4.1, none other of oxygen
    assert figures["wrong"] == figures["wrong_in_all"] == 3
    assert figures["wrong_near_share"] == pytest.approx(2 / 3)
    assert 0.25 <= figures["random_nearer_share"] <= 0.75
    assert figures["mae_nearer_of_random_muB"] <= figures["mae_median_muB"]


def test_second_states_are_counted_where_they_are_told() -> None:
    two = [0.8, 0.9, 0.95, 4.0, 4.1, 4.15, 4.2, 4.25, 4.3]
    one = np.linspace(1.0, 1.2, len(QUANTILES))
    figures = second_state_figures(np.array([two, two, one]), np.array([0.9, 4.1, 1.1]))
    assert figures["atoms"] == 2
    assert figures["share"] == pytest.approx(2 / 3)
    assert figures["nearer_share"] == pytest.approx(0.5)
    assert figures["mae_median_muB"] == pytest.approx(1.6)
    assert figures["mae_nearer_of_both_muB"] < 0.1


def test_the_states_that_a_model_names_are_the_ones_that_count() -> None:
    one = np.tile(np.full(len(QUANTILES), 4.1), (2, 1))
    modes = np.array([[[4.1, 0.7], [0.9, 0.3]], [[4.1, 0.95], [0.9, 0.05]]])
    figures = second_state_figures(one, np.array([1.0, 4.1]), modes)
    assert (figures["atoms"], figures["nearer_share"]) == (1, 1.0)
    assert figures["mean_weight"] == pytest.approx(0.3)
