"""All commands: help, models, pictures, and what must not be imported."""

from __future__ import annotations

import os
import struct
import subprocess
import sys
from collections.abc import Callable, Mapping
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import typer
from typer.testing import CliRunner

from negnn_gui import __version__
from negnn_gui.cli import app
from negnn_gui.cli.console import CommandError, ReportingGroup, needing_extra

Run = Callable[..., "subprocess.CompletedProcess[str]"]

_BLOCK = """
import sys
from importlib.abc import MetaPathFinder

class Refusal(MetaPathFinder):
    def find_spec(self, fullname, path=None, target=None):
        if fullname.partition(".")[0] in {"PySide6", "shiboken6", "pyqtgraph"}:
            raise ModuleNotFoundError(fullname)

sys.meta_path.insert(0, Refusal())
"""


def _commands(group: typer.main.TyperCommand, path: tuple[str, ...] = ()) -> list[tuple[str, ...]]:
    found = []
    for name, command in getattr(group, "commands", {}).items():
        found += [(*path, name), *_commands(command, (*path, name))]
    return found


@pytest.mark.parametrize("path", _commands(typer.main.get_command(app)), ids=" ".join)
def test_each_help_has_an_example(path: tuple[str, ...]) -> None:
    result = CliRunner().invoke(app, [*path, "--help"])
    assert result.exit_code == 0
    _, found, example = " ".join(result.output.split()).partition("Example:")
    assert found, result.output
    assert f"negnn {path[0]}" in example


def test_help_needs_nothing_heavy(environment: Mapping[str, str]) -> None:
    heavy = "{'torch', 'numpy', 'pandas', 'pymatgen', 'pyarrow', 'ase', 'vtkmodules', 'PySide6'}"
    code = f"import sys, negnn_gui.cli; print(sorted({heavy} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True)
    assert done.stdout == "[]\n", done.stderr


def test_the_version_is_shown() -> None:
    assert CliRunner().invoke(app, ["--version"]).output == f"negnn {__version__}\n"


def test_the_core_and_predict_need_no_qt(environment: Mapping[str, str], work: Path) -> None:
    code = _BLOCK + (
        "import pkgutil, importlib\n"
        "for room in 'structures graphs models inference analysis export screening cli'.split():\n"
        "    package = importlib.import_module('negnn_gui.' + room)\n"
        "    for module in pkgutil.iter_modules(package.__path__, package.__name__ + '.'):\n"
        "        importlib.import_module(module.name)\n"
        "import negnn_gui.api\n"
        "sys.argv = ['negnn', 'predict', '--model', 'random', 'one.cif', '-o', 'sites.csv', '--workers', '0']\n"
        "from negnn_gui.cli import main\n"
        "main()\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=work, env=environment, capture_output=True, text=True
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert (work / "sites.csv").exists()


def test_an_unexpected_error_is_one_sentence_and_a_log(
    environment: Mapping[str, str], work: Path, tmp_path: Path
) -> None:
    code = (
        "from negnn_gui.cli import app, main\n"
        "@app.command()\n"
        "def break_down() -> None:\n"
        "    raise KeyError('lost')\n"
        "import sys\n"
        "sys.argv = ['negnn', 'break-down']\n"
        "main()\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=work, env=environment, capture_output=True, text=True
    )
    assert done.returncode == 3
    assert done.stderr.startswith("negnn: stopped by an unexpected error (KeyError: 'lost'); details are in ")
    log = Path(done.stderr.strip().rpartition(" ")[2])
    assert "Traceback" in log.read_text()
    if sys.platform == "linux":
        assert tmp_path in log.parents


def test_a_command_error_is_status_2() -> None:
    commands = typer.Typer(cls=ReportingGroup)

    @commands.command()
    def one() -> None:
        raise CommandError("this cannot\nbe done")

    @commands.command()
    def other() -> None:
        raise KeyboardInterrupt

    result = CliRunner().invoke(commands, ["one"])
    assert (result.exit_code, result.stderr) == (2, "negnn: this cannot be done\n")
    assert CliRunner().invoke(commands, ["other"]).exit_code == 130


def test_models_are_listed_shown_and_verified(quick: Run) -> None:
    rows = [line.split() for line in quick("models", "list").stdout.splitlines()]
    assert rows[0] == ["ID", "KIND", "ORIGIN", "SHA256"]
    (own,) = [row for row in rows if row[0] == "random"]
    assert own[1:3] == ["moment", "user"]
    shown = quick("models", "show", "random")
    assert shown.returncode == 0
    assert "# Untrained moment model" in shown.stdout
    assert f"sha256: {own[3]}" in shown.stdout
    verified = quick("models", "verify", "random", "random-encoder")
    assert (verified.returncode, verified.stdout) == (0, "random: ok\nrandom-encoder: ok\n")


def test_what_ships_is_whole_and_predicts_by_default(quick: Run, work: Path) -> None:
    rows = [line.split() for line in quick("models", "list").stdout.splitlines()]
    defaults = {row[1]: row[0] for row in rows if row[-1] == "*"}
    assert set(defaults) == {"encoder", "moment"}
    assert quick("models", "verify", *defaults.values()).returncode == 0
    assert quick("predict", "one.cif", "-o", "sites.csv").returncode == 0
    table = pd.read_csv(work / "sites.csv")
    assert set(table.model_id) == {defaults["moment"]}
    assert table.moment_pred_muB.notna().any()


def test_an_unknown_model_is_status_2(quick: Run) -> None:
    for command in ("show", "remove", "verify"):
        done = quick("models", command, "unheard-of")
        assert (done.returncode, done.stdout) == (2, "")
        assert "no model is named 'unheard-of'" in done.stderr


def test_a_shipped_model_is_not_removed(quick: Run) -> None:
    rows = [line.split() for line in quick("models", "list").stdout.splitlines()]
    shipped = next(row[0] for row in rows if row[2] == "shipped")
    done = quick("models", "remove", shipped)
    assert done.returncode == 2
    assert "ships with the program" in done.stderr


def test_a_damaged_model_is_found_and_removed(quick: Run, environment: Mapping[str, str]) -> None:
    folder = Path(environment["XDG_DATA_HOME"]) / "negnn-gui" / "models" / "random"
    weights = folder / "weights.safetensors"
    weights.write_bytes(weights.read_bytes()[:-1] + b"x")
    done = quick("models", "verify", "random", "random-encoder")
    assert done.returncode == 1
    assert done.stdout.startswith("random: ")
    assert done.stdout.endswith("random-encoder: ok\n")
    assert quick("predict", "one.cif", "-o", "sites.csv", "--model", "random").returncode == 2
    assert quick("models", "remove", "random").returncode == 0
    assert not folder.exists()


def test_the_published_encoder_is_imported_used_and_removed(negnn: Run, work: Path) -> None:
    reference = os.environ.get("NEGNN_REFERENCE")
    if not reference:
        pytest.skip("NEGNN_REFERENCE is unset: no published checkpoint to import")
    checkpoint, table = Path(reference) / "cgcnn_60k_pred.pth", Path(reference) / "atom_init.json"
    done = negnn("models", "import", str(checkpoint), "--element-table", str(table), "--name", "published")
    assert (done.returncode, done.stdout.split()[:2]) == (0, ["published", "encoder"]), done.stderr
    assert negnn("embed", "one.cif", "-o", "emb.parquet", "--model", "published").returncode == 0
    assert negnn("models", "remove", "published").returncode == 0
    assert "published" not in negnn("models", "list").stdout


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["nothing.pth"], "needs --element-table"),
        (["nothing.pth", "--element-table", "none.json", "--name", "x"], "negnn: "),
        ([".", "--name", "x"], "has its own name"),
        (["."], "not a model folder"),
    ],
)
def test_what_cannot_be_imported_is_said(quick: Run, arguments: list[str], sentence: str) -> None:
    done = quick("models", "import", *arguments)
    assert done.returncode == 2
    assert sentence in done.stderr
    assert len(done.stderr.splitlines()) == 1


@pytest.mark.parametrize("color", ["element", "moment"])
def test_a_picture_has_exactly_the_size_asked_for(negnn: Run, work: Path, color: str) -> None:
    done = negnn(
        "render",
        "one.cif",
        "-o",
        "fig.png",
        "--view",
        "c",
        "--color",
        color,
        "--size",
        "321x123",
        "--model",
        "random",
    )
    assert (done.returncode, done.stderr) == (0, "")
    data = (work / "fig.png").read_bytes()
    assert data[:8] == b"\x89PNG\r\n\x1a\n"
    assert struct.unpack(">II", data[16:24]) == (321, 123)


def test_options_draw_what_the_window_draws_in_that_style(negnn: Run, work: Path) -> None:
    from PIL import Image

    from negnn_gui.app.scene.colouring import Colouring
    from negnn_gui.app.scene.render import render_file_image
    from negnn_gui.app.scene.style import Slab, Style
    from negnn_gui.structures.reading import read_structures

    options = (
        "--size 200x150 --view (111) --perspective --style sticks --hide O --polyhedra Ni --no-bonds --no-cell"
        " --no-axes --no-images --supercell 2x1x1 --slab 001::3.5 --complete bonds --bond-limit O-Ni=2.5"
        " --bond-scale 1.2 --moments none --moment-length 1.5 --element-colors jmol --no-legend --dpi 300"
    )
    done = negnn("render", "one.cif", "-o", "fig.png", *options.split(), "--moment-axis", "[1 0 0]")
    assert (done.returncode, done.stderr) == (0, "")
    style = Style(
        atoms="sticks",
        bonds=False,
        cell=False,
        axes=False,
        legend=False,
        images=False,
        complete="bonds",
        supercell=(2, 1, 1),
        moments="none",
        moment_length=1.5,
        moment_axis=(1, 0, 0),
        hidden=frozenset("O"),
        polyhedra=frozenset({"Ni"}),
        bond_scale=1.2,
        bond_limits=(("Ni", "O", 2.5),),
        slab=Slab((0, 0, 1), None, 3.5),
        perspective=True,
    )
    [entry] = read_structures(work / "one.cif")
    expected = render_file_image(
        entry, None, size=(200, 150), view="(111)", style=style, colouring=Colouring(scheme="jmol")
    )
    with Image.open(work / "fig.png") as picture:
        assert picture.info["dpi"] == pytest.approx((300, 300), abs=0.1)
        drawn = np.array(picture.convert("RGBA"))
    assert np.mean(np.abs(drawn.astype(int) - expected).max(axis=2) > 8) < 1e-3
    assert np.any(expected[..., :3] != 255)


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["one.cif", "-o", "fig.png", "--supercell", "2x2"], "such as 2x2x1"),
        (["one.cif", "-o", "fig.png", "--supercell", "0x1x1"], "spans no cell"),
        (["one.cif", "-o", "fig.png", "--slab", "001"], "HKL:FROM:TO"),
        (["one.cif", "-o", "fig.png", "--bond-limit", "Fe=2"], "such as Fe-O=2.4"),
        (["one.cif", "-o", "fig.png", "--hide", "oxygen"], "takes elements"),
        (["one.cif", "-o", "fig.png", "--moment-axis", "up"], "such as [0 0 1]"),
        (["one.cif", "-o", "fig.png", "--color-limits", "4:1"], "not below"),
        (["one.cif", "-o", "fig.png", "--color-map", "rainbow"], "no colour map"),
        (["one.cif", "-o", "fig.png", "--size", "big"], "WIDTHxHEIGHT"),
        (["one.cif", "-o", "fig.jpg"], "written as .png"),
        (["one.cif", "-o", "fig.png", "--frame", "3"], "has no frame 3"),
        (["none.cif", "-o", "fig.png"], "does not exist"),
        (["one.cif", "-o", "fig.png", "--view", "d"], "negnn: "),
        (["one.cif", "-o", "no/fig.png"], "no/fig.png"),
    ],
)
def test_what_cannot_be_drawn_is_said(quick: Run, work: Path, arguments: list[str], sentence: str) -> None:
    done = quick("render", *arguments)
    assert done.returncode == 2
    assert sentence in done.stderr
    assert "Traceback" not in done.stderr
    assert [path.name for path in work.iterdir()] == ["one.cif"]


@pytest.mark.parametrize(
    ("frozen", "sentence"),
    [
        (False, "lightning is missing: pip install 'negnn-gui[train]'"),
        (True, "this command needs lightning, which bundles leave out: install the program with Python, "),
    ],
)
def test_a_missing_library_is_told_as_the_installation_can_mend_it(
    monkeypatch: pytest.MonkeyPatch, frozen: bool, sentence: str
) -> None:
    monkeypatch.setattr(sys, "frozen", frozen, raising=False)
    with pytest.raises(CommandError) as told, needing_extra("train"):
        raise ModuleNotFoundError("No module named 'lightning'", name="lightning")
    assert str(told.value).startswith(sentence)
