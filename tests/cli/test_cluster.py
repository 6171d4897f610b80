"""``--cluster`` with a real scheduler and two real workers on loopback, one of them killed in the middle."""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import pytest

from negnn_gui.bench.local_cluster import LocalCluster

from .conftest import cif

pytest.importorskip("distributed")
Run = Callable[..., "subprocess.CompletedProcess[str]"]
RANDOM = ("--model", "random")
pytestmark = pytest.mark.skipif(os.name != "posix", reason="processes are stopped by POSIX signals")


@contextlib.contextmanager
def _ended(process: subprocess.Popen[bytes]) -> Iterator[subprocess.Popen[bytes]]:
    try:
        yield process
    finally:
        process.kill()
        process.wait()


@pytest.fixture
def cluster(tmp_path: Path, environment: Mapping[str, str]) -> Iterator[LocalCluster]:
    place = tmp_path / "cluster"
    place.mkdir()
    with LocalCluster(place, environment) as cluster:
        yield cluster


@pytest.fixture
def thousand(work: Path) -> Path:
    """1,000 crystals, every 50th broken."""
    folder = work / "thousand"
    folder.mkdir()
    for number in range(1000):
        (folder / f"x{number:04d}.cif").write_text("data_broken\n" if number % 50 == 7 else cif(number))
    return folder


@pytest.mark.slow
@pytest.mark.timeout(1800)
def test_a_worker_killed_in_the_middle_loses_and_doubles_nothing(
    cluster: LocalCluster, negnn: Run, work: Path, thousand: Path, environment: Mapping[str, str]
) -> None:
    tables = ("--embeddings", "{}.parquet", "--summary", "{}.summary.csv", "--levels", "0")

    def arguments(name: str) -> list[str]:
        return [each.format(name) for each in ("predict", *RANDOM, "thousand", "-o", "{}.csv", *tables)]

    workers = [cluster.worker(name) for name in ("one", "two")]
    journal = work / "there.csv.partial" / "journal.jsonl"
    command = [sys.executable, "-m", "negnn_gui.cli", *arguments("there"), "--cluster", cluster.address]
    with _ended(subprocess.Popen(command, cwd=work, env=environment, stderr=subprocess.PIPE)) as run:
        end = time.monotonic() + 900
        while not journal.exists() or journal.read_bytes().count(b"\n") < 1:
            assert run.poll() is None and time.monotonic() < end
            time.sleep(0.01)
        workers[0].kill()
        assert run.stderr is not None
        with run.stderr as said:
            assert b"20 failed" in said.read()
        assert run.wait() == 1

    assert negnn(*arguments("here")).returncode == 1
    for kind in ("csv", "errors.csv", "summary.csv", "parquet"):
        assert (work / f"there.{kind}").read_bytes() == (work / f"here.{kind}").read_bytes(), kind
    assert _loads_by_worker(cluster.address, environment) == [1]


def _loads_by_worker(address: str, environment: Mapping[str, str]) -> list[int]:
    """How often each living worker has loaded models, asked from a process with the client's own modules."""
    code = (
        "import sys; from distributed import Client; from negnn_gui.screening.cluster_work import models_loaded;"
        "print(*Client(sys.argv[1]).run(models_loaded).values())"
    )
    command = [sys.executable, "-c", code, address]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
    return [int(word) for word in done.stdout.split()]


def test_no_scheduler_is_a_sentence(quick: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("negnn_gui.screening.cluster._CONNECT_LIMIT_S", 0.5)
    done = quick("predict", *RANDOM, "one.cif", "-o", "sites.csv", "--cluster", "tcp://127.0.0.1:9")
    assert done.returncode == 2
    assert "no Dask scheduler answers at tcp://127.0.0.1:9" in done.stderr
