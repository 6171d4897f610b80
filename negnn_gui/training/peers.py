"""Other programs' models (peers) to compare with: found in an environment of their own, spoken to through files.

A peer brings versions of pymatgen and torch that need not fit ours, so it runs in another interpreter, as one of the
small programs of ``peer_programs/``. That interpreter is named by ``--peers-python`` or NEGNN_PEERS_PYTHON; without
either it is the one that runs this program, if the extra ``peers`` was installed beside it.
"""

from __future__ import annotations

import hashlib
import importlib.util
import os
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from negnn_gui.export.atomic import write_whole

PEERS_PYTHON = "NEGNN_PEERS_PYTHON"
PEERS = ("chgnet",)
"""Import names of the packages, which are also the names on the command line."""

_PROGRAMS = Path(__file__).resolve().parent / "peer_programs"


class PeerError(ValueError):
    """A peer cannot be found or did not answer; one sentence for the user."""


@dataclass(frozen=True, eq=False)
class PeerMoments:
    """What a peer says of S structures with N atoms in all.

    Attributes
    ----------
    moments : (N,) float64
        abs(m) in μB, NaN in structures that it could not predict.
    reasons : (S,) str
        Why a structure was not predicted; "" where it was.
    graph_s, model_s : float
        Seconds that graphs and model took, without imports and loading.
    cpu_s : float
        Seconds of the processor for both.
    program, model : str
        Such as "CHGNet 0.4.2" and "0.3.0, 412525 parameters".
    """

    moments: NDArray[np.float64]
    reasons: NDArray[np.str_]
    graph_s: float
    model_s: float
    cpu_s: float
    program: str
    model: str

    @property
    def predicted(self) -> NDArray[np.bool_]:
        """(S,) whether each structure was predicted."""
        return np.asarray(self.reasons == "", dtype=bool)

    @property
    def rate(self) -> float:
        """Structures a second, graph and model."""
        return int(self.predicted.sum()) / max(self.graph_s + self.model_s, 1e-9)


def peer_python(peer: str = "chgnet", given: Path | None = None) -> Path:
    """Interpreter that can import ``peer``: ``given``, else NEGNN_PEERS_PYTHON, else this one.

    Raises
    ------
    PeerError
        There is none; the message says how to make one.
    """
    named = given or (Path(os.environ[PEERS_PYTHON]) if os.environ.get(PEERS_PYTHON) else None)
    if named is None:
        if not getattr(sys, "frozen", False) and importlib.util.find_spec(peer) is not None:
            return Path(sys.executable)
        raise PeerError(
            f"{peer} is not installed here: make an environment for it (python -m venv peers; "
            f"peers/bin/pip install {peer}) and name its interpreter with --peers-python or {PEERS_PYTHON}"
        )
    if not os.access(named, os.X_OK) or named.is_dir():
        raise PeerError(
            f"{named} is not a Python interpreter: name one with --peers-python or {PEERS_PYTHON}"
        )
    return (
        named.absolute()
    )  # not resolved: a venv's interpreter is a link, and knows its packages by its place


def run_in_peer(
    python: Path,
    program: str,
    arguments: Sequence[str],
    *,
    threads: int = 1,
    timeout_s: float | None = None,
    folder: Path | None = None,
) -> str:
    """Run ``peer_programs/<program>.py`` with a peer's interpreter; returns what it printed.

    It sees nothing of this program's own environment (``python -I``), has as many CPU threads as it is told, and
    works in ``folder`` (the current one where there is none), where a peer may leave files of its own.

    Raises
    ------
    PeerError
        It failed or took too long; the message holds its own last line.
    """
    command = [str(python), "-I", str(_PROGRAMS / f"{program}.py"), *arguments]
    limits = dict.fromkeys(("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS"), str(threads))
    try:
        done = subprocess.run(
            command,
            cwd=folder,
            env={**os.environ, **limits},
            capture_output=True,
            text=True,
            encoding="utf-8",
            errors="replace",
            timeout=timeout_s,
            check=False,
        )
    except subprocess.TimeoutExpired as error:
        raise PeerError(f"{program} did not answer within {timeout_s:g} s") from error
    except OSError as error:
        raise PeerError(f"{python} cannot be started ({error.strerror})") from error
    if done.returncode != 0:
        last = (done.stderr.strip().splitlines() or ["no message"])[-1]
        raise PeerError(f"{program} failed under {python}: {last}")
    return done.stdout


def chgnet_moments(
    python: Path | None,
    lattices: NDArray[np.float64],
    start: NDArray[np.int64],
    atomic_numbers: NDArray[np.int64],
    frac_coords: NDArray[np.float64],
    *,
    threads: int = 1,
    batch: int = 16,
    limit_s: float | None = None,
    cache: Path | None = None,
) -> PeerMoments:
    """Moments by CHGNet for S structures, flat: atoms of structure i are ``start[i]`` to ``start[i + 1]``.

    Parameters
    ----------
    python : Path or None
        Interpreter that has CHGNet; None to take what ``cache`` holds.
    lattices : (S, 3, 3)
        Rows a, b, c in Å.
    limit_s : float or None
        No structure is begun after so many seconds; those left say so in ``reasons``.
    cache : Path or None
        Folder that keeps answers, so that a second model can be compared without asking again: one file for each set
        of structures, asked anew when ``python`` has another version.

    Raises
    ------
    PeerError
        CHGNet could not be run.
    """
    structures = {
        "lattices": lattices,
        "start": start,
        "atomic_numbers": atomic_numbers,
        "frac_coords": frac_coords,
    }
    kept = None if cache is None else cache / f"chgnet-{_key(structures)}.npz"
    if kept is not None and kept.is_file():
        known = _answer(kept)
        if python is None or known.program.endswith(f" {_version(python, 'chgnet')}"):
            return known
    if python is None:
        raise PeerError(
            f"{cache} holds no answers of CHGNet for these structures: name its interpreter with --peers-python"
        )
    with tempfile.TemporaryDirectory(prefix="negnn-peer-") as own:
        given, answer = Path(own) / "structures.npz", Path(own) / "moments.npz"
        np.savez(given, **structures)  # type: ignore[arg-type]
        limit = [] if limit_s is None else ["--limit", str(limit_s)]
        options = ["--threads", str(threads), "--batch", str(batch), *limit]
        arguments = [str(given), str(answer), *options]
        run_in_peer(python, "chgnet_moments", arguments, threads=threads, folder=Path(own))
        found = _answer(answer)
        if kept is not None and limit_s is None:
            kept.parent.mkdir(parents=True, exist_ok=True)
            write_whole(kept, answer.read_bytes())
    return found


def _answer(path: Path) -> PeerMoments:
    with np.load(path, allow_pickle=False) as found:
        return PeerMoments(
            moments=found["moments"].astype(np.float64),
            reasons=found["reasons"],
            graph_s=float(found["graph_s"]),
            model_s=float(found["model_s"]),
            cpu_s=float(found["cpu_s"]) if "cpu_s" in found else float(found["graph_s"] + found["model_s"]),
            program=str(found["program"]),
            model=str(found["model"]),
        )


def _key(structures: Mapping[str, NDArray[np.generic]]) -> str:
    """What an answer depends on beside the version of the package."""
    digest = hashlib.sha256()
    for name, values in structures.items():
        digest.update(name.encode())
        digest.update(np.ascontiguousarray(values).tobytes())
    return digest.hexdigest()[:20]


def _version(python: Path, package: str) -> str:
    """Version of a package that an interpreter has; PeerError where it has none."""
    asked = f"import importlib.metadata as found; print(found.version({package!r}))"
    try:
        told = subprocess.run(
            [str(python), "-I", "-c", asked], capture_output=True, text=True, check=False, timeout=60
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise PeerError(f"{python} cannot be started: {error}") from error
    if told.returncode != 0:
        raise PeerError(
            f"{package} is not installed for {python}: install it there with pip install {package}"
        )
    return told.stdout.strip()
