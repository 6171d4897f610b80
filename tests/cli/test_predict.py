"""``negnn predict`` and ``negnn embed`` as processes: status, files, kills, pipes, terminals."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import ase.io
import pandas as pd
import pytest
from pymatgen.io.cif import CifFile

from negnn_gui.export.tables import SITE_COLUMNS

RANDOM = ("--model", "random")
Run = Callable[..., "subprocess.CompletedProcess[str]"]
posix = pytest.mark.skipif(os.name != "posix", reason="needs POSIX signals and terminals")


def test_all_predicted_is_status_0_and_silence(negnn: Run, work: Path) -> None:
    done = negnn("predict", *RANDOM, "one.cif", "-o", "sites.csv")
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    table = pd.read_csv(work / "sites.csv")
    assert list(table.columns) == list(SITE_COLUMNS)
    assert (list(table.structure), list(table.source_file)) == (["one", "one"], ["one.cif", "one.cif"])
    assert sorted(path.name for path in work.iterdir()) == ["one.cif", "sites.csv", "sites.meta.json"]


def test_some_failed_is_status_1_and_the_rest_is_written(negnn: Run, work: Path) -> None:
    (work / "empty.cif").write_text("")
    done = negnn(
        "predict", "one.cif", "empty.cif", "missing.cif", "-o", "sites.csv", "--embeddings", "emb.parquet"
    )
    assert done.returncode == 1
    assert done.stderr == "negnn: 2 failed, see sites.errors.csv\n"
    assert len(pd.read_csv(work / "sites.csv")) == 2
    errors = pd.read_csv(work / "sites.errors.csv")
    assert list(errors.columns) == ["path", "frame", "reason"]
    assert list(errors.path) == ["empty.cif", "missing.cif"]
    assert len(pd.read_parquet(work / "emb.parquet").columns) == 6 + 128


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["predict", "-o", "sites.csv"], "Missing argument"),
        (["predict", "one.cif"], "Missing option"),
        (["predict", "one.cif", "-o", "sites.csv", "--disorder", "perhaps"], "perhaps"),
        (
            ["predict", "one.cif", "-o", "sites.csv", "--model", "unheard-of"],
            "no model is named 'unheard-of'",
        ),
        (["predict", "one.cif", "-o", "sites.csv", "--device", "abacus"], "abacus"),
        (["predict", "one.cif", "-o", "none/sites.csv"], "folder none of the output does not exist"),
        (
            ["predict", "one.cif", "-o", "s.csv", "--embeddings", "e.parquet", "--levels", "09"],
            "levels must be",
        ),
        (["predict", "one.cif", "-o", "s.csv", "--embeddings", "e.txt"], "written as .parquet or .csv"),
        (["predict", *RANDOM, "sites.csv", "-o", "sites.csv"], "nothing to read"),
        (["predict", "-", "-", "-o", "sites.csv"], "once only"),
        (["embed", "one.cif", "-o", "emb.parquet", "--levels", ""], "levels must be"),
        (["unheard-of"], "No such command"),
    ],
)
def test_wrong_use_is_status_2_and_one_sentence(
    quick: Run, work: Path, arguments: list[str], sentence: str
) -> None:
    done = quick(*arguments)
    assert done.returncode == 2
    assert sentence in done.stderr
    assert "Traceback" not in done.stderr
    assert [path.name for path in work.iterdir()] == ["one.cif"]


def test_standard_input_is_a_structure(quick: Run, work: Path) -> None:
    done = quick("predict", *RANDOM, "-", "-o", "sites.csv", stdin=(work / "one.cif").read_text())
    assert (done.returncode, done.stderr) == (0, "")
    quick("predict", *RANDOM, "one.cif", "-o", "file.csv")
    piped, read = pd.read_csv(work / "sites.csv"), pd.read_csv(work / "file.csv")
    assert (piped.structure[0], piped.source_file[0]) == ("stdin", "-")
    pd.testing.assert_frame_equal(piped.iloc[:, 2:], read.iloc[:, 2:])


def test_rubbish_on_standard_input_is_a_failed_input(quick: Run, work: Path) -> None:
    done = quick("predict", *RANDOM, "-", "-o", "sites.csv", stdin="no structure at all")
    assert done.returncode == 1
    assert list(pd.read_csv(work / "sites.errors.csv").path) == ["-"]


def test_format_by_option_and_by_name(quick: Run, work: Path) -> None:
    assert quick("predict", *RANDOM, "one.cif", "-o", "a.extxyz").returncode == 0
    assert quick("predict", *RANDOM, "one.cif", "-o", "b.parquet").returncode == 0
    assert quick("predict", *RANDOM, "one.cif", "-o", "c.out", "--format", "parquet").returncode == 0
    moments = pd.read_parquet(work / "b.parquet").moment_pred_muB
    assert ase.io.read(work / "a.extxyz").arrays["moment_pred_muB"] == pytest.approx(list(moments), abs=1e-4)
    assert (work / "c.out").read_bytes() == (work / "b.parquet").read_bytes()


def test_json_cif_and_summary_hold_the_same_moments(quick: Run, work: Path) -> None:
    summary = ("--summary", "structures.csv")
    assert quick("predict", *RANDOM, "one.cif", "-o", "sites.csv", *summary).returncode == 0
    moments = pd.read_csv(work / "sites.csv").moment_pred_muB
    table = pd.read_csv(work / "structures.csv")
    assert (list(table.structure), list(table.n_sites)) == (["one"], [2])
    assert table.moment_max_muB[0] == pytest.approx(moments.max())
    for name in ("a.json", "a.cif", "a.mcif"):
        assert quick("predict", *RANDOM, "one.cif", "-o", name).returncode == 0
    (structure,) = json.loads((work / "a.json").read_text())["structures"]
    assert [site["moment_pred_muB"] for site in structure["sites"]] == pytest.approx(list(moments))
    for name in ("a.cif", "a.mcif"):
        found = CifFile.from_file(work / name).data.values()
        (column,) = (block.data["_atom_site_negnn_moment_pred_muB"] for block in found)
        assert [float(text) for text in column] == pytest.approx(list(moments))


def test_a_second_run_gives_the_same_bytes_and_reads_no_output(quick: Run, work: Path) -> None:
    assert quick("predict", *RANDOM, ".", "-o", "sites.csv").returncode == 0
    first = (work / "sites.csv").read_bytes()
    assert quick("predict", *RANDOM, ".", "-o", "sites.csv", "--workers", "2").returncode == 0
    assert (work / "sites.csv").read_bytes() == first
    named = sorted(path.name for path in work.iterdir())
    assert quick("predict", *RANDOM, *named, "-o", "sites.csv").returncode == 0
    assert (work / "sites.csv").read_bytes() == first


def test_embeddings_by_site_and_by_structure(quick: Run, work: Path) -> None:
    assert quick("embed", *RANDOM, "one.cif", "--levels", "012", "-o", "emb.parquet").returncode == 0
    sites = pd.read_parquet(work / "emb.parquet")
    assert (list(sites.element), len(sites.columns)) == (["Fe", "O"], 6 + 192)
    assert (
        quick("embed", *RANDOM, "one.cif", "--levels", "012", "-o", "pool.csv", "--pool", "mean").returncode
        == 0
    )
    pooled = pd.read_csv(work / "pool.csv", dtype={"levels": str})
    assert pooled.iloc[0, 6:].to_numpy(float) == pytest.approx(sites.iloc[:, 6:].mean().to_numpy(), abs=2e-6)
    assert (work / "emb.meta.json").exists()


def test_tables_of_one_name_keep_their_sidecars_apart(quick: Run, work: Path) -> None:
    (work / "empty.cif").write_text("")
    assert quick("predict", *RANDOM, "one.cif", "empty.cif", "-o", "z.csv").returncode == 1
    first = (work / "z.meta.json").read_bytes(), (work / "z.errors.csv").read_bytes()
    assert quick("embed", *RANDOM, "one.cif", "-o", "z.parquet").returncode == 0
    assert ((work / "z.meta.json").read_bytes(), (work / "z.errors.csv").read_bytes()) == first
    assert json.loads((work / "z.parquet.meta.json").read_text())["outputs"] == ["z.parquet"]
    assert quick("embed", *RANDOM, "one.cif", "empty.cif", "-o", "z.parquet").returncode == 1
    assert (work / "z.parquet.errors.csv").is_file()
    done = quick("embed", *RANDOM, "one.cif", "empty.cif", "-o", "z.parquet", "--resume")
    assert (done.returncode, done.stderr) == (1, "negnn: 1 failed, see z.parquet.errors.csv\n")
    assert quick("predict", *RANDOM, "one.cif", "empty.cif", "-o", "z.csv", "--resume").returncode == 1
    assert (work / "z.meta.json").read_bytes() == first[0]


def test_warnings_are_summed_up_in_one_line(quick: Run, work: Path) -> None:
    (work / "close.cif").write_text(
        (work / "one.cif").read_text().replace("O1 O 0.5 0.5 0.5", "O1 O 0.1 0 0")
    )
    done = quick("predict", *RANDOM, "close.cif", "-o", "sites.csv")
    warnings = json.loads((work / "sites.meta.json").read_text())["warnings"]
    assert done.returncode == 0
    number = "1 warning" if len(warnings) == 1 else f"{len(warnings)} warnings"
    assert done.stderr == f"negnn: {number}, see sites.meta.json\n"


def test_own_crystals_below_a_folder_are_left_out_and_that_is_said(quick: Run, work: Path) -> None:
    assert quick("predict", *RANDOM, "one.cif", "-o", "a.extxyz").returncode == 0
    (work / "a.extxyz").rename(work / "b.extxyz")
    (work / "a.meta.json").unlink()
    done = quick("predict", *RANDOM, ".", "-o", "sites.csv")
    assert done.returncode == 0
    assert "left out a file that negnn-gui itself wrote from other structures, b.extxyz" in done.stderr
    assert list(pd.read_csv(work / "sites.csv").source_file) == ["one.cif", "one.cif"]


def _start(work: Path, environment: Mapping[str, str], *arguments: str) -> subprocess.Popen[bytes]:
    # where the tests run in the background of a shell, SIGINT is ignored, and children inherit that
    hears_ctrl_c = "import signal; signal.signal(signal.SIGINT, signal.default_int_handler)"
    command = [sys.executable, "-c", f"{hears_ctrl_c}; from negnn_gui.cli import main; main()", *arguments]
    return subprocess.Popen(command, cwd=work, env=environment, stderr=subprocess.PIPE)


def _wait_for_lines(journal: Path, lines: int, process: subprocess.Popen[bytes]) -> None:
    end = time.monotonic() + 120
    while not journal.exists() or journal.read_bytes().count(b"\n") < lines:
        assert process.poll() is None, "the run ended before it could be stopped"
        assert time.monotonic() < end
        time.sleep(0.005)


@posix
@pytest.mark.slow
@pytest.mark.timeout(900)
def test_killed_twice_and_resumed_ends_with_the_file_of_an_unbroken_run(
    negnn: Run, work: Path, folder: Path, environment: Mapping[str, str]
) -> None:
    whole = negnn("predict", *RANDOM, "many", "-o", "whole.csv", "--embeddings", "whole.parquet")
    assert whole.returncode == 1
    arguments = ("predict", *RANDOM, "many", "-o", "sites.csv", "--embeddings", "sites.parquet", "--resume")
    for lines in (1, 2):
        with _start(work, environment, *arguments) as process:
            _wait_for_lines(work / "sites.csv.partial" / "journal.jsonl", lines, process)
            process.kill()
        assert process.returncode == -signal.SIGKILL
        assert not (work / "sites.csv").exists()
    assert negnn(*arguments).returncode == 1
    for kind in ("csv", "parquet", "errors.csv"):
        assert (work / f"sites.{kind}").read_bytes() == (work / f"whole.{kind}").read_bytes()

    before = [(path.stat().st_mtime_ns, path.read_bytes()) for path in sorted(work.glob("sites.*"))]
    again = negnn(*arguments)
    assert again.returncode == 1
    assert [(path.stat().st_mtime_ns, path.read_bytes()) for path in sorted(work.glob("sites.*"))] == before


@posix
def test_interrupted_is_status_130_and_can_be_resumed(
    negnn: Run, work: Path, folder: Path, environment: Mapping[str, str]
) -> None:
    with _start(work, environment, "predict", *RANDOM, "many", "-o", "sites.csv") as process:
        _wait_for_lines(work / "sites.csv.partial" / "journal.jsonl", 1, process)
        process.send_signal(signal.SIGINT)
        assert process.stderr is not None
        message = process.stderr.read().decode()
    assert message == "negnn: stopped; the same command goes on with --resume\n"
    assert process.returncode == 130
    assert negnn("predict", *RANDOM, "many", "-o", "sites.csv", "--resume").returncode == 1
    assert len(pd.read_csv(work / "sites.csv")) == 2 * 295


@posix
def test_a_full_disk_leaves_the_older_table_and_can_be_resumed(
    negnn: Run, work: Path, folder: Path, environment: Mapping[str, str]
) -> None:
    (work / "sites.csv").write_text("older")
    code = (
        "import resource, sys; resource.setrlimit(resource.RLIMIT_FSIZE, (6000, 6000));"
        "sys.argv = ['negnn', 'predict', '--model', 'random', 'many', '-o', 'sites.csv', '--workers', '0'];"
        "from negnn_gui.cli import main; main()"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=work, env=environment, capture_output=True, text=True
    )
    assert done.returncode == 2
    assert "File too large; mend that, then go on with --resume" in done.stderr
    assert len(done.stderr.splitlines()) == 1
    assert (work / "sites.csv").read_text() == "older"
    assert negnn("predict", *RANDOM, "many", "-o", "sites.csv", "--resume").returncode == 1
    assert len(pd.read_csv(work / "sites.csv")) == 2 * 295


@posix
def test_progress_is_shown_on_a_terminal_only(work: Path, environment: Mapping[str, str]) -> None:
    ours, theirs = os.openpty()
    command = [sys.executable, "-m", "negnn_gui.cli", "predict", *RANDOM, "one.cif", "-o", "sites.csv"]
    with subprocess.Popen(command, cwd=work, env={**environment, "TERM": "xterm"}, stderr=theirs) as process:
        os.close(theirs)
        shown = b"".join(_chunks(ours))
    os.close(ours)
    assert process.returncode == 0
    assert b"files" in shown
    assert b"sites.csv: 1 structures, 2 sites" in shown


def _chunks(terminal: int) -> Iterator[bytes]:
    with contextlib.suppress(OSError):  # Linux reports the end of a terminal as an error
        while chunk := os.read(terminal, 4096):
            yield chunk
