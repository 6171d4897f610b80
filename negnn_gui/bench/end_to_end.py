"""From CIF files to rows of a CSV, beside CHGNet's own way from the same files, two cores each."""

from __future__ import annotations

import json
import os
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

from negnn_gui.bench.benchmark import Benchmark, LeftOut, Settings, load_predictor, one_thread
from negnn_gui.bench.crystals import perturbed_examples
from negnn_gui.bench.figures import Figure, Measured
from negnn_gui.screening.batches import MAX_STRUCTURES
from negnn_gui.screening.job import ScreeningJob
from negnn_gui.screening.request import ScreeningProgress, ScreeningRequest, SitesOutput
from negnn_gui.training.peers import PeerError, peer_python, run_in_peer

if TYPE_CHECKING:
    from negnn_gui.inference.predictor import Predictor

_TARGET = 8.0
_THREADS = 2


def measure_end_to_end(settings: Settings) -> Measured:
    """CIFs of about 30 atoms, written by pymatgen, to the sites table.

    Ours is a screening with one process that reads and one thread that predicts, timed from the end of its first
    batch to the finished table: starting a process and loading models is no part of a rate. CHGNet reads with pymatgen
    and predicts on two threads, timed from the first file on; for the seconds of the processor it is run once more on
    one thread, where none are spent waiting.
    """
    if os.name != "posix":
        raise LeftOut("seconds of the processor of other processes are told by POSIX systems only")
    try:
        python = peer_python("chgnet")
    except PeerError as error:
        raise LeftOut(str(error)) from error
    n_ours = 2 * MAX_STRUCTURES if settings.quick else 5 * MAX_STRUCTURES
    n_theirs = 16 if settings.quick else 96
    with tempfile.TemporaryDirectory(prefix="negnn-bench-") as name:
        folder = Path(name) / "cifs"
        atoms = _write_cifs(folder, n_ours)
        few = Path(name) / "few"
        _write_cifs(few, 8)
        with one_thread():
            predictor = load_predictor(settings)
            start_cpu = _screen(predictor, few)[1]
            wall, cpu = _screen(predictor, folder)
        theirs = [_chgnet(python, folder, n_theirs, threads) for threads in (_THREADS, 1)]
    ours = (n_ours - MAX_STRUCTURES) / wall
    ours_cpu = (n_ours - 8) / (cpu - start_cpu)
    peer, peer_cpu = n_theirs / theirs[0]["wall_s"], n_theirs / theirs[1]["cpu_s"]
    return Measured(
        (
            Figure("over_chgnet", ours / peer, "", target=_TARGET, best="high"),
            Figure("over_chgnet_processor", ours_cpu / peer_cpu, "", target=_TARGET, best="high"),
            Figure("ours", ours, "/s", best="high"),
            Figure("chgnet", peer, "/s", best="high"),
            Figure("ours_processor", ours_cpu, "/s", best="high"),
            Figure("chgnet_processor", peer_cpu, "/s", best="high"),
        ),
        {
            "cores": _THREADS,
            "structures": n_ours,
            "structures_chgnet": n_theirs,
            "atoms_per_structure": round(atoms / n_ours, 1),
            "model": predictor.model.id if predictor.model is not None else "",
            "peer": theirs[0]["program"],
            "load_at_end": round(os.getloadavg()[0], 1) if hasattr(os, "getloadavg") else "",
        },
    )


def _write_cifs(folder: Path, count: int) -> int:
    """Write some crystals as pymatgen does; the number of their atoms."""
    folder.mkdir()
    entries = perturbed_examples(count)
    for number, entry in enumerate(entries):
        entry.structure.to(str(folder / f"x{number:04d}.cif"), fmt="cif")
    return sum(entry.n_sites for entry in entries)


def _screen(predictor: Predictor, folder: Path) -> tuple[float, float]:
    """Seconds from the end of the first batch to the finished table, and seconds of the processor in all."""
    marks: list[float] = []

    def note(progress: ScreeningProgress) -> None:
        if progress.structures >= MAX_STRUCTURES and not marks:
            marks.append(time.monotonic())

    target = folder.with_suffix(".csv")
    begin = _processor_s()
    started = time.monotonic()
    request = ScreeningRequest((folder,), SitesOutput(target, "csv"), workers=1)
    report = ScreeningJob(request, lambda: predictor, progress=note).run()
    end = time.monotonic()
    if report.failures:
        raise RuntimeError(f"{report.failures} files could not be read")
    return end - (marks[0] if marks else started), _processor_s() - begin


def _processor_s() -> float:
    """Seconds of the processor that this process and its ended children have used."""
    import resource

    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(each.ru_utime + each.ru_stime for each in used)


def _chgnet(python: Path, folder: Path, most: int, threads: int) -> dict[str, Any]:
    out = folder.with_name(f"chgnet-{threads}.csv")
    arguments = [str(folder), str(out), "--threads", str(threads), "--most", str(most)]
    try:
        told = run_in_peer(python, "chgnet_files", arguments, threads=threads, folder=folder.parent)
    except PeerError as error:
        raise LeftOut(str(error)) from error
    answer: dict[str, Any] = json.loads(told.strip().splitlines()[-1])
    return answer


END_TO_END = Benchmark("end_to_end", "From CIF files to rows, beside CHGNet", measure_end_to_end)
