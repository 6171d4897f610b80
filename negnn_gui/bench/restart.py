"""Thousands of files, some of them bad, by a command that is killed twice: is every row there, and none twice?

Once on this machine, once through a Dask scheduler with two workers of which one is killed too, and once in the
window, which is told twice to stop.
"""

from __future__ import annotations

import importlib.util
import os
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, fields
from pathlib import Path

import pandas as pd

from negnn_gui.bench import processes
from negnn_gui.bench.benchmark import Benchmark, LeftOut, Settings
from negnn_gui.bench.figures import Figure, Measured
from negnn_gui.bench.local_cluster import LocalCluster

_FILES, _BAD = 5000, 100
_QUICK_FILES, _QUICK_BAD = 900, 18
STOPPED_AT = (0.25, 0.55)
"""Shares of the files that are done when the command is killed, or the window told to stop."""

_SITES = 4
"""In each of the crystals."""

_LIMIT_S = 3600.0
_METALS = ("Fe", "Co", "Ni", "Mn", "Cr")
_CIF = """data_{name}
_cell_length_a {a:.4f}
_cell_length_b {a:.4f}
_cell_length_c {c:.4f}
_cell_angle_alpha 90
_cell_angle_beta 90
_cell_angle_gamma 90
loop_
_atom_site_label
_atom_site_type_symbol
_atom_site_fract_x
_atom_site_fract_y
_atom_site_fract_z
{metal}1 {metal} 0 0 0
{metal}2 {metal} 0.5 0.5 {z:.4f}
O1 O 0.5 0.5 0
O2 O 0 0 0.5
"""


@dataclass(frozen=True)
class Kept:
    """What a run left.

    Attributes
    ----------
    missing, doubled : int
        Structures without all of their rows, and sites that are there more than once.
    named : int
        Bad files with a reason of their own.
    seconds : float
        From the first start to the end, restarts included.
    kills : int
        How often the command was killed while it was at work.
    """

    missing: int
    doubled: int
    named: int
    seconds: float
    kills: int


def measure_restart(settings: Settings) -> Measured:
    """Kill ``negnn predict`` twice, go on with ``--resume``, and count; the same with clicks in the window."""
    if os.name != "posix":
        raise LeftOut("a command is killed by a POSIX signal")
    n_files, n_bad = (_QUICK_FILES, _QUICK_BAD) if settings.quick else (_FILES, _BAD)
    model = [] if settings.model is None else ["--model", settings.model]
    with tempfile.TemporaryDirectory(prefix="negnn-bench-restart-") as name:
        place = Path(name)
        good, bad = write_files(place / "files", n_files, n_bad)
        runs = {"here": _killed_twice(place, "here", model, n_files, good, bad)}
        if importlib.util.find_spec("distributed") is not None:
            (place / "cluster").mkdir()
            with LocalCluster(place / "cluster") as cluster:
                workers = [cluster.worker(each) for each in ("one", "two")]
                options = [*model, "--cluster", cluster.address]
                runs["cluster"] = _killed_twice(
                    place, "cluster", options, n_files, good, bad, after_first_kill=workers[0].kill
                )
            same = (place / "here.csv").read_bytes() == (place / "cluster.csv").read_bytes()
        arguments = ["--files", str(n_files), "--bad", str(n_bad), *model]
        in_window = processes.ask("window_restart", arguments, longest_s=_LIMIT_S)
        runs["window"] = Kept(**{field.name: in_window[field.name] for field in fields(Kept)})
        figures = []
        for where, kept in runs.items():
            figures += [
                Figure(f"missing_{where}", float(kept.missing), "", target=0.0),
                Figure(f"doubled_{where}", float(kept.doubled), "", target=0.0),
                Figure(f"named_{where}", float(kept.named), "", target=float(n_bad), best="high"),
                Figure(f"took_{where}", kept.seconds, "s"),
            ]
    details: dict[str, str | int | float] = {
        "files": n_files,
        "bad": n_bad,
        "kills": ", ".join(f"{where} {kept.kills}" for where, kept in runs.items()),
    }
    if "cluster" in runs:
        details["same_table"] = "yes" if same else "no"
    return Measured(tuple(figures), details)


def write_files(folder: Path, n_files: int, n_bad: int) -> tuple[list[str], list[str]]:
    """Small crystals in nested folders, some of the files bad in several ways; names of the good and the bad."""
    broken: tuple[Callable[[str], bytes], ...] = (
        lambda text: b"",
        lambda text: b"data_nothing\n",
        lambda text: text[: text.index("_atom_site_fract_z")].encode(),
        lambda text: text.replace("O2 O 0 0 0.5", "O2 O 0 0").encode(),
        lambda text: text.replace("_cell_angle_beta 90", "_cell_angle_beta nan").encode(),
        lambda text: bytes(range(256)) * 4,
    )
    good: list[str] = []
    bad: list[str] = []
    every = n_files // n_bad
    for number in range(n_files):
        name = f"x{number:05d}.cif"
        place = folder / f"part{number % 7}"
        place.mkdir(parents=True, exist_ok=True)
        text = _CIF.format(
            name=name,
            a=3.9 + 0.0001 * number,
            c=4.1 + 0.0003 * (number % 997),
            metal=_METALS[number % len(_METALS)],
            z=0.5 + 0.00001 * number,
        )
        is_bad = number % every == every // 2 and len(bad) < n_bad
        (place / name).write_bytes(broken[len(bad) % len(broken)](text) if is_bad else text.encode())
        (bad if is_bad else good).append(name)
    return good, bad


def _killed_twice(
    place: Path,
    name: str,
    options: Sequence[str],
    n_files: int,
    good: Sequence[str],
    bad: Sequence[str],
    after_first_kill: Callable[[], None] = lambda: None,
) -> Kept:
    command = [sys.executable, "-m", "negnn_gui.cli", "predict", "files", "-o", f"{name}.csv", *options]
    journal = place / f"{name}.csv.partial" / "journal.jsonl"
    begin = time.monotonic()
    kills = 0
    for share in STOPPED_AT:
        resume = ["--resume"] if kills else []
        with subprocess.Popen([*command, *resume], cwd=place, stderr=subprocess.DEVNULL) as process:
            while process.poll() is None:
                if _files_done(journal) >= share * n_files:
                    process.kill()
                    kills += 1
                    break
                if time.monotonic() - begin > _LIMIT_S:
                    process.kill()
                    raise TimeoutError(f"{name}: not at {share:.0%} of the files within {_LIMIT_S:g} s")
                time.sleep(0.02)
        if kills == 1:
            after_first_kill()
    subprocess.run(
        [*command, "--resume"], cwd=place, stderr=subprocess.DEVNULL, timeout=_LIMIT_S, check=False
    )
    seconds = time.monotonic() - begin
    table = pd.read_csv(place / f"{name}.csv", usecols=["source_file", "site_index"])
    errors = pd.read_csv(place / f"{name}.errors.csv")
    rows = zip(table.source_file, table.site_index, strict=True)
    reasons = list(zip(errors.path, errors.reason, strict=True))
    return kept_of(rows, reasons, good, bad, seconds, kills)


def kept_of(
    rows: Iterable[tuple[str, int]],
    reasons: Sequence[tuple[str | Path, str]],
    good: Sequence[str],
    bad: Sequence[str],
    seconds: float,
    kills: int,
) -> Kept:
    """Count what a run left: (file, site) of every row, and (file, reason) of every failure."""
    sites = Counter(rows)
    sites_of = Counter(Path(file).name for file, _ in sites)
    named = {Path(path).name for path, reason in reasons if reason}
    return Kept(
        missing=sum(sites_of[name] != _SITES for name in good),
        doubled=sum(count - 1 for count in sites.values()),
        named=len(named & set(bad)) if len(reasons) == len(named) else 0,
        seconds=seconds,
        kills=kills,
    )


def _files_done(journal: Path) -> int:
    """Files that a run says it has done; 0 where it has not begun."""
    from negnn_gui.screening.journal import last_checkpoint

    return last_checkpoint(journal)[0].position.file if journal.exists() else 0


RESTART = Benchmark(
    "restart", "A screening stopped twice: a command here, on a cluster, the window", measure_restart
)
